//! The column of targets: a list of structs, so that other tools see targets as nested rows.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, StringArray, StructArray, builder::StringBuilder};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use auditlog_core::event::{JsonObject, StoredEvent, Target};

use super::{
    ColumnsError, TextColumn, json_text,
    schema::{name, target_element, target_fields},
};

/// Builds the column; an event without targets has a null.
pub(super) fn build(events: &[StoredEvent]) -> Result<ArrayRef, ColumnsError> {
    let targets = || events.iter().flat_map(|event| &event.event.targets);
    let mut attributes = StringBuilder::new();
    let mut value = String::new();
    for target in targets() {
        value.clear();
        json_text::write_attributes(&target.attributes, &mut value);
        attributes.append_option((!value.is_empty()).then_some(&value));
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(targets().map(|target| target.kind.as_deref()).collect::<StringArray>()),
        Arc::new(targets().map(|target| target.id.as_deref()).collect::<StringArray>()),
        Arc::new(targets().map(|target| target.name.as_deref()).collect::<StringArray>()),
        Arc::new(targets().map(|target| target.url.as_deref()).collect::<StringArray>()),
        Arc::new(attributes.finish()),
    ];
    let structs = StructArray::try_new(target_fields(), columns, None)?;
    let offsets = OffsetBuffer::from_lengths(events.iter().map(|event| event.event.targets.len()));
    let present: NullBuffer = events.iter().map(|event| !event.event.targets.is_empty()).collect();
    Ok(Arc::new(ListArray::try_new(target_element(), offsets, Arc::new(structs), Some(present))?))
}

/// The column of targets of one batch.
#[derive(Clone, Copy)]
pub(crate) struct TargetColumns<'a> {
    list: Option<&'a ListArray>,
    kinds: TextColumn<'a>,
    ids: TextColumn<'a>,
    names: TextColumn<'a>,
    urls: TextColumn<'a>,
    attributes: TextColumn<'a>,
}

impl<'a> TargetColumns<'a> {
    /// The columns of a batch that lacks them.
    pub(crate) const ABSENT: Self = Self {
        list: None,
        kinds: TextColumn::ABSENT,
        ids: TextColumn::ABSENT,
        names: TextColumn::ABSENT,
        urls: TextColumn::ABSENT,
        attributes: TextColumn::ABSENT,
    };

    /// Views the column; parts of it that were not read are absent.
    pub(crate) fn of(batch: &'a RecordBatch) -> Self {
        let list = batch.column_by_name(name::TARGETS).and_then(|array| array.as_any().downcast_ref::<ListArray>());
        let structs = list.and_then(|list| list.values().as_any().downcast_ref::<StructArray>());
        let part = |name| {
            let array = structs.and_then(|structs| structs.column_by_name(name));
            array.map_or(TextColumn::ABSENT, |array| TextColumn::of(array.as_ref()))
        };
        Self {
            list,
            kinds: part(name::TARGET_TYPE),
            ids: part(name::TARGET_ID),
            names: part(name::TARGET_NAME),
            urls: part(name::TARGET_URL),
            attributes: part(name::TARGET_ATTRIBUTES),
        }
    }

    /// One part of the targets, by the name it has in the struct.
    pub(crate) fn part(&self, name: &str) -> TextColumn<'a> {
        match name {
            name::TARGET_TYPE => self.kinds,
            name::TARGET_ID => self.ids,
            name::TARGET_NAME => self.names,
            name::TARGET_URL => self.urls,
            name::TARGET_ATTRIBUTES => self.attributes,
            _ => TextColumn::ABSENT,
        }
    }

    /// The range of the row's targets in the parts.
    pub(crate) fn range(&self, row: usize) -> std::ops::Range<usize> {
        let Some(list) = self.list.filter(|list| !list.is_null(row)) else { return 0..0 };
        let offset = |index: usize| list.value_offsets().get(index).and_then(|offset| usize::try_from(*offset).ok());
        offset(row).unwrap_or(0)..offset(row + 1).unwrap_or(0)
    }

    /// The row that a target belongs to, by its position in the parts.
    pub(crate) fn row_of(&self, at: usize) -> Option<usize> {
        let (offsets, at) = (self.list?.value_offsets(), i32::try_from(at).ok()?);
        offsets.partition_point(|offset| *offset <= at).checked_sub(1)
    }

    /// The row's targets.
    pub(super) fn read(&self, row: usize) -> Result<Vec<Target>, ColumnsError> {
        self.range(row).map(|at| self.read_one(at, row)).collect()
    }

    fn read_one(&self, at: usize, row: usize) -> Result<Target, ColumnsError> {
        let unreadable = ColumnsError::Unreadable { row, column: name::TARGETS };
        let owned = |column: TextColumn<'_>| column.get(at).map(str::to_owned);
        let attributes = self.attributes.get(at).map(json_text::read_attributes);
        let Some(attributes) = attributes.unwrap_or_else(|| Some(JsonObject::default())) else {
            return Err(unreadable);
        };
        let (kind, id) = (owned(self.kinds), owned(self.ids));
        Ok(Target { kind, id, name: owned(self.names), url: owned(self.urls), attributes })
    }
}
