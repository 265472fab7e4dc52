//! The texts of an event that are searched for words; the documentation of core's `query/field.rs` lists them. Both the
//! token index and the verification of its candidates iterate the texts through this module.

use std::ops::Range;

use arrow_array::RecordBatch;
use auditlog_core::event::Group;

use super::{
    ColumnsError, TargetColumns, TextColumn, UnreadableColumn,
    json_text::{visit_actor_strings, visit_strings},
    schema::name,
    text_column, visit_changes,
};

/// The kind of a searched text. The token index records for each word the kinds of text that it occurs in, so that a
/// search reads the columns of these kinds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TextKind {
    /// The message.
    Message,
    /// Metadata.
    Metadata,
    /// Paths and values of changes.
    Changes,
    /// The actor, and those on whose behalf it acted.
    Actor,
    /// The targets.
    Targets,
    /// The context, and the host of the source.
    Context,
    /// The raw record.
    Raw,
    /// All others: action, outcome, source without host, reason, producer.
    Other,
}

impl TextKind {
    /// Every kind, in the order of the bits of a set.
    pub(crate) const ALL: [Self; 8] = [
        Self::Message,
        Self::Metadata,
        Self::Changes,
        Self::Actor,
        Self::Targets,
        Self::Context,
        Self::Raw,
        Self::Other,
    ];
}

/// A set of kinds of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextKinds(u8);

impl TextKinds {
    /// No kind.
    pub(crate) const NONE: Self = Self(0);
    /// Every kind.
    pub(crate) const ALL: Self = Self(u8::MAX);

    /// The set of one kind.
    pub(crate) const fn of(kind: TextKind) -> Self {
        Self(1 << kind as u8)
    }

    /// The set with these bits, in the order of [`TextKind::ALL`].
    pub(crate) const fn of_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The set as bits.
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// The kinds that are in one of two sets.
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The kinds that are in both sets.
    pub(crate) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether a kind is in the set.
    pub(crate) const fn has(self, kind: TextKind) -> bool {
        self.0 & Self::of(kind).0 != 0
    }
}

/// A column of searched texts.
#[derive(Clone, Copy)]
struct SearchedColumn {
    /// The name, as projections spell it.
    name: &'static str,
    group: Group,
    kind: TextKind,
}

impl SearchedColumn {
    const fn new(name: &'static str, group: Group, kind: TextKind) -> Self {
        Self { name, group, kind }
    }
}

/// A column of JSON with searched texts in it.
#[derive(Clone, Copy)]
struct SearchedJson {
    column: SearchedColumn,
    search: Search,
}

/// The columns that are searched unchanged.
const PLAIN: [SearchedColumn; 24] = [
    SearchedColumn::new(name::ACTION, Group::Core, TextKind::Other),
    SearchedColumn::new(name::MESSAGE, Group::Content, TextKind::Message),
    SearchedColumn::new(name::OUTCOME_CODE, Group::Core, TextKind::Other),
    SearchedColumn::new(name::OUTCOME_REASON, Group::Content, TextKind::Other),
    SearchedColumn::new(name::ACTOR_ID, Group::Actor, TextKind::Actor),
    SearchedColumn::new(name::ACTOR_NAME, Group::Actor, TextKind::Actor),
    SearchedColumn::new(name::ACTOR_EMAIL, Group::Actor, TextKind::Actor),
    SearchedColumn::new(name::SOURCE_SERVICE, Group::Core, TextKind::Other),
    SearchedColumn::new(name::SOURCE_COMPONENT, Group::Core, TextKind::Other),
    SearchedColumn::new(name::SOURCE_VERSION, Group::Core, TextKind::Other),
    SearchedColumn::new(name::SOURCE_ENVIRONMENT, Group::Core, TextKind::Other),
    SearchedColumn::new(name::SOURCE_REGION, Group::Core, TextKind::Other),
    SearchedColumn::new(name::SOURCE_HOST, Group::Context, TextKind::Context),
    SearchedColumn::new(name::CONTEXT_ADDRESS, Group::Context, TextKind::Context),
    SearchedColumn::new(name::CONTEXT_USER_AGENT, Group::Context, TextKind::Context),
    SearchedColumn::new(name::CONTEXT_AUTH_METHOD, Group::Context, TextKind::Context),
    SearchedColumn::new(name::LOCATION_COUNTRY, Group::Context, TextKind::Context),
    SearchedColumn::new(name::LOCATION_REGION, Group::Context, TextKind::Context),
    SearchedColumn::new(name::LOCATION_CITY, Group::Context, TextKind::Context),
    SearchedColumn::new(name::REASON_TEXT, Group::Content, TextKind::Other),
    SearchedColumn::new(name::REASON_TICKET, Group::Content, TextKind::Other),
    SearchedColumn::new(name::PRODUCER_ID, Group::Core, TextKind::Other),
    SearchedColumn::new(name::RAW_FORMAT, Group::Content, TextKind::Raw),
    SearchedColumn::new(name::RAW_BODY, Group::Content, TextKind::Raw),
];

/// Passes the texts in a JSON text to the callback until it returns true. `None` where the JSON does not read back.
type Search = fn(&str, &mut dyn FnMut(&str) -> bool) -> Option<bool>;

/// The columns of JSON with searched texts in it.
const JSON: [SearchedJson; 5] = [
    SearchedJson { column: SearchedColumn::new(name::ACTOR_GROUPS, Group::Actor, TextKind::Actor), search: any_string },
    SearchedJson {
        column: SearchedColumn::new(name::ACTOR_ATTRIBUTES, Group::Actor, TextKind::Actor),
        search: any_string,
    },
    SearchedJson {
        column: SearchedColumn::new(name::ON_BEHALF_OF, Group::Actor, TextKind::Actor),
        search: any_of_actors,
    },
    SearchedJson {
        column: SearchedColumn::new(name::METADATA, Group::Content, TextKind::Metadata),
        search: any_string,
    },
    SearchedJson {
        column: SearchedColumn::new(name::CHANGES, Group::Changes, TextKind::Changes),
        search: any_of_changes,
    },
];

/// The parts of targets that are searched unchanged.
const TARGETS: [&str; 4] = [name::TARGET_TYPE, name::TARGET_ID, name::TARGET_NAME, name::TARGET_URL];

/// The searched columns of targets: those of [`TARGETS`], and the attributes.
const TARGET_COLUMNS: [SearchedColumn; 5] = [
    SearchedColumn::new("targets.type", Group::Targets, TextKind::Targets),
    SearchedColumn::new("targets.id", Group::Targets, TextKind::Targets),
    SearchedColumn::new("targets.name", Group::Targets, TextKind::Targets),
    SearchedColumn::new("targets.url", Group::Targets, TextKind::Targets),
    SearchedColumn::new("targets.attributes", Group::Targets, TextKind::Targets),
];

/// The columns that hold searched texts of some groups and kinds, as projections spell them.
pub(crate) fn searched_columns(is_searched: impl Fn(Group) -> bool, kinds: TextKinds) -> Vec<&'static str> {
    let all = PLAIN.into_iter().chain(JSON.map(|json| json.column)).chain(TARGET_COLUMNS);
    all.filter(|column| is_searched(column.group) && kinds.has(column.kind)).map(|column| column.name).collect()
}

/// The number of columns with searched texts.
pub(crate) const SEARCHED_COLUMNS: usize = PLAIN.len() + JSON.len() + TARGET_COLUMNS.len();

/// Where a searched text is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextSource {
    /// The number of its column, below [`SEARCHED_COLUMNS`].
    pub(crate) column: usize,
    /// The column's name, as projections spell it.
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    pub(crate) kind: TextKind,
    /// The row in the batch.
    pub(crate) row: usize,
}

impl TextSource {
    const fn new(number: usize, column: SearchedColumn, row: usize) -> Self {
        Self { column: number, name: column.name, group: column.group, kind: column.kind, row }
    }
}

/// The searched texts of one batch that belong to some groups.
pub(crate) struct SearchedTexts<'a> {
    plain: [TextColumn<'a>; PLAIN.len()],
    json: [TextColumn<'a>; JSON.len()],
    targets: TargetColumns<'a>,
}

impl<'a> SearchedTexts<'a> {
    /// Finds the columns. Those of other groups are absent.
    pub(crate) fn of(batch: &'a RecordBatch, is_searched: impl Fn(Group) -> bool) -> Self {
        let view = |column: SearchedColumn| {
            if is_searched(column.group) { text_column(batch, column.name) } else { TextColumn::ABSENT }
        };
        Self {
            plain: PLAIN.map(view),
            json: JSON.map(|json| view(json.column)),
            targets: if is_searched(Group::Targets) { TargetColumns::of(batch) } else { TargetColumns::ABSENT },
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
        if self.plain.iter().any(|column| column.get(row).is_some_and(&mut found)) {
            return Ok(true);
        }
        let mut any_in = |json: Option<&str>, column, search: Search| match json.filter(|json| worthwhile(json)) {
            Some(json) => search(json, &mut found).ok_or(UnreadableColumn(column)),
            None => Ok(false),
        };
        for (texts, SearchedJson { column, search }) in self.json.iter().zip(JSON) {
            if any_in(texts.get(row), column.name, search)? {
                return Ok(true);
            }
        }
        let attributes = self.target_attributes();
        for at in self.targets.range(row) {
            if any_in(attributes.get(at), name::TARGETS, any_string)? {
                return Ok(true);
            }
        }
        let mut parts = self.target_texts();
        Ok(parts.any(|part| self.targets.range(row).any(|at| part.get(at).is_some_and(&mut found))))
    }

    /// Passes each searched text of some rows to `found`, one column after the other: neighbours in a column resemble
    /// each other.
    ///
    /// # Errors
    /// [`ColumnsError::Unreadable`] where a text does not read back.
    pub(crate) fn each(&self, rows: Range<usize>, mut found: impl FnMut(TextSource, &str)) -> Result<(), ColumnsError> {
        for (number, (texts, column)) in self.plain.iter().zip(PLAIN).enumerate() {
            for (row, text) in rows.clone().filter_map(|row| Some((row, texts.get(row)?))) {
                found(TextSource::new(number, column, row), text);
            }
        }
        for (number, (texts, SearchedJson { column, search })) in self.json.iter().zip(JSON).enumerate() {
            for (row, json) in rows.clone().filter_map(|row| Some((row, texts.get(row)?))) {
                let source = TextSource::new(PLAIN.len() + number, column, row);
                each_in(json, search, |text| found(source, text)).ok_or(UnreadableColumn(column.name).at(row))?;
            }
        }
        for (number, (texts, column)) in self.target_texts().zip(TARGET_COLUMNS).enumerate() {
            for row in rows.clone() {
                let source = TextSource::new(PLAIN.len() + JSON.len() + number, column, row);
                self.targets.range(row).filter_map(|at| texts.get(at)).for_each(|text| found(source, text));
            }
        }
        let (texts, [.., column]) = (self.target_attributes(), TARGET_COLUMNS);
        for row in rows {
            let source = TextSource::new(SEARCHED_COLUMNS - 1, column, row);
            for json in self.targets.range(row).filter_map(|at| texts.get(at)) {
                each_in(json, any_string, |text| found(source, text)).ok_or(UnreadableColumn(name::TARGETS).at(row))?;
            }
        }
        Ok(())
    }

    /// The columns whose values are searched unchanged. Those of targets come from [`Self::target_texts`].
    pub(crate) fn plain(&self) -> impl Iterator<Item = TextColumn<'a>> + use<'a> {
        self.plain.into_iter()
    }

    /// The columns of JSON with searched texts in it. That of targets comes from [`Self::target_attributes`].
    pub(crate) fn json(&self) -> impl Iterator<Item = TextColumn<'a>> + use<'a> {
        self.json.into_iter()
    }

    /// The targets, to find the row that one belongs to.
    pub(crate) fn targets(&self) -> TargetColumns<'a> {
        self.targets
    }

    /// The parts of targets whose values are searched unchanged.
    pub(crate) fn target_texts(&self) -> impl Iterator<Item = TextColumn<'a>> + use<'a> {
        let targets = self.targets;
        TARGETS.into_iter().map(move |name| targets.part(name))
    }

    /// The part of targets with JSON.
    pub(crate) fn target_attributes(&self) -> TextColumn<'a> {
        self.targets.part(name::TARGET_ATTRIBUTES)
    }
}

/// Passes all texts in a JSON text to `found`. `None` where it does not read back.
fn each_in(json: &str, search: Search, mut found: impl FnMut(&str)) -> Option<()> {
    search(json, &mut |text| {
        found(text);
        false
    })
    .map(drop)
}

fn any_string(json: &str, found: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
    let mut any = false;
    visit_strings(json, &mut |text| any = any || found(text))?;
    Some(any)
}

fn any_of_actors(json: &str, found: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
    let mut any = false;
    visit_actor_strings(json, &mut |text| any = any || found(text))?;
    Some(any)
}

fn any_of_changes(json: &str, found: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
    let mut any = false;
    visit_changes(json, |path, _, old, new| {
        any = any || found(&path);
        [old, new]
            .into_iter()
            .flatten()
            .try_for_each(|value| visit_strings(value, &mut |text| any = any || found(text)))
    })?;
    Some(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_of_a_set_of_kinds_are_in_their_order() {
        for (position, kind) in TextKind::ALL.into_iter().enumerate() {
            assert_eq!(TextKinds::of(kind).bits(), 1 << position);
        }
    }
}
