//! The texts of an event that are searched for words; the documentation of core's `query/field.rs` lists them. Both the
//! token index and the verification of its candidates iterate the texts through this module.

use arrow_array::RecordBatch;

use super::{
    TargetColumns, TextColumn, UnreadableColumn, read_actors, schema::name, text_column, visit_changes, visit_scalars,
};
use crate::columns::json_text::ScalarText;

/// The searched texts of one batch.
pub(crate) struct SearchedTexts<'a> {
    plain: [TextColumn<'a>; 6],
    on_behalf_of: TextColumn<'a>,
    targets: TargetColumns<'a>,
    metadata: TextColumn<'a>,
    changes: TextColumn<'a>,
}

/// The columns that hold searched texts, as projections spell them.
pub(crate) const SEARCHED_COLUMNS: [&str; 10] = [
    name::MESSAGE,
    name::REASON_TEXT,
    name::REASON_TICKET,
    name::OUTCOME_REASON,
    name::ACTOR_NAME,
    name::RAW_BODY,
    name::ON_BEHALF_OF,
    name::METADATA,
    name::CHANGES,
    "targets.name",
];

impl<'a> SearchedTexts<'a> {
    /// Finds the columns.
    pub(crate) fn of(batch: &'a RecordBatch) -> Self {
        let text = |name| text_column(batch, name);
        Self {
            plain: [
                text(name::MESSAGE),
                text(name::REASON_TEXT),
                text(name::REASON_TICKET),
                text(name::OUTCOME_REASON),
                text(name::ACTOR_NAME),
                text(name::RAW_BODY),
            ],
            on_behalf_of: text(name::ON_BEHALF_OF),
            targets: TargetColumns::of(batch),
            metadata: text(name::METADATA),
            changes: text(name::CHANGES),
        }
    }

    /// Passes each searched text of the row to `found`, one after the other, until it returns true. Returns whether it
    /// did. JSON is parsed for the texts in it only where `worthwhile` returns true for the whole JSON text.
    pub(crate) fn any(
        &self,
        row: usize,
        worthwhile: impl Fn(&str) -> bool,
        mut found: impl FnMut(&str) -> bool,
    ) -> Result<bool, UnreadableColumn> {
        if self.plain.iter().any(|column| column.get(row).is_some_and(&mut found)) || self.any_target(row, &mut found) {
            return Ok(true);
        }
        let json = |column: TextColumn<'a>| column.get(row).filter(|json| worthwhile(json));
        Ok(any_in(json(self.on_behalf_of), name::ON_BEHALF_OF, |json| any_actor(json, &mut found))?
            || any_in(json(self.metadata), name::METADATA, |json| any_scalar(json, &mut found))?
            || any_in(json(self.changes), name::CHANGES, |json| any_change(json, &mut found))?)
    }

    /// The columns whose values are searched unchanged. Those of targets come from [`Self::target_names`].
    pub(crate) fn plain(&self) -> impl Iterator<Item = TextColumn<'a>> + use<'a> {
        self.plain.into_iter()
    }

    /// The columns of JSON with searched texts in it.
    pub(crate) fn json(&self) -> [TextColumn<'a>; 3] {
        [self.on_behalf_of, self.metadata, self.changes]
    }

    /// The names of targets, and which of them belong to a row.
    pub(crate) fn target_names(&self) -> (TargetColumns<'a>, TextColumn<'a>) {
        (self.targets, self.targets.part(name::TARGET_NAME))
    }

    fn any_target(&self, row: usize, found: &mut impl FnMut(&str) -> bool) -> bool {
        let names = self.targets.part(name::TARGET_NAME);
        self.targets.range(row).any(|at| names.get(at).is_some_and(&mut *found))
    }
}

/// Searches a row's JSON, if the row has any. `search` returns `None` where it does not read back.
fn any_in(
    json: Option<&str>,
    column: &'static str,
    search: impl FnOnce(&str) -> Option<bool>,
) -> Result<bool, UnreadableColumn> {
    json.map_or(Ok(false), |json| search(json).ok_or(UnreadableColumn(column)))
}

fn any_actor(json: &str, found: &mut impl FnMut(&str) -> bool) -> Option<bool> {
    let actors = read_actors(json)?;
    Some(actors.iter().any(|actor| actor.name.as_deref().is_some_and(&mut *found)))
}

fn any_scalar(json: &str, found: &mut impl FnMut(&str) -> bool) -> Option<bool> {
    let mut any = false;
    visit_scalars(json, |_, value| {
        if let ScalarText::String(value) = value {
            any = any || found(&value);
        }
    })?;
    Some(any)
}

fn any_change(json: &str, found: &mut impl FnMut(&str) -> bool) -> Option<bool> {
    let mut any = false;
    visit_changes(json, |path, _, old, new| {
        any = any || found(&path) || old.is_some_and(&mut *found) || new.is_some_and(&mut *found);
        Some(())
    })?;
    Some(any)
}
