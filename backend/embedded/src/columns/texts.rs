//! The texts of an event that are searched for words; the documentation of core's `query/field.rs` lists them. Both the
//! token index and the verification of its candidates iterate the texts through this module.

use arrow_array::RecordBatch;
use auditlog_core::event::Group;

use super::{
    TargetColumns, TextColumn, UnreadableColumn,
    json_text::{visit_actor_strings, visit_strings},
    schema::name,
    text_column, visit_changes,
};

/// The columns that are searched unchanged.
const PLAIN: [(&str, Group); 24] = [
    (name::ACTION, Group::Core),
    (name::MESSAGE, Group::Content),
    (name::OUTCOME_CODE, Group::Core),
    (name::OUTCOME_REASON, Group::Content),
    (name::ACTOR_ID, Group::Actor),
    (name::ACTOR_NAME, Group::Actor),
    (name::ACTOR_EMAIL, Group::Actor),
    (name::SOURCE_SERVICE, Group::Core),
    (name::SOURCE_COMPONENT, Group::Core),
    (name::SOURCE_VERSION, Group::Core),
    (name::SOURCE_ENVIRONMENT, Group::Core),
    (name::SOURCE_REGION, Group::Core),
    (name::SOURCE_HOST, Group::Context),
    (name::CONTEXT_ADDRESS, Group::Context),
    (name::CONTEXT_USER_AGENT, Group::Context),
    (name::CONTEXT_AUTH_METHOD, Group::Context),
    (name::LOCATION_COUNTRY, Group::Context),
    (name::LOCATION_REGION, Group::Context),
    (name::LOCATION_CITY, Group::Context),
    (name::REASON_TEXT, Group::Content),
    (name::REASON_TICKET, Group::Content),
    (name::PRODUCER_ID, Group::Core),
    (name::RAW_FORMAT, Group::Content),
    (name::RAW_BODY, Group::Content),
];

/// Passes the texts in a JSON text to the callback until it returns true. `None` where the JSON does not read back.
type Search = fn(&str, &mut dyn FnMut(&str) -> bool) -> Option<bool>;

/// The columns of JSON with searched texts in it.
const JSON: [(&str, Group, Search); 5] = [
    (name::ACTOR_GROUPS, Group::Actor, any_string),
    (name::ACTOR_ATTRIBUTES, Group::Actor, any_string),
    (name::ON_BEHALF_OF, Group::Actor, any_of_actors),
    (name::METADATA, Group::Content, any_string),
    (name::CHANGES, Group::Changes, any_of_changes),
];

/// The parts of targets that are searched unchanged.
const TARGETS: [&str; 4] = [name::TARGET_TYPE, name::TARGET_ID, name::TARGET_NAME, name::TARGET_URL];

/// The searched columns of targets, as projections spell them.
const TARGET_COLUMNS: [&str; 5] = ["targets.type", "targets.id", "targets.name", "targets.url", "targets.attributes"];

/// The columns that hold searched texts of some groups, as projections spell them.
pub(crate) fn searched_columns(is_searched: impl Fn(Group) -> bool) -> Vec<&'static str> {
    let of_rows = PLAIN.into_iter().chain(JSON.map(|(name, group, _)| (name, group)));
    let all = of_rows.chain(TARGET_COLUMNS.map(|name| (name, Group::Targets)));
    all.filter(|(_, group)| is_searched(*group)).map(|(name, _)| name).collect()
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
        let column = |name, group| if is_searched(group) { text_column(batch, name) } else { TextColumn::ABSENT };
        Self {
            plain: PLAIN.map(|(name, group)| column(name, group)),
            json: JSON.map(|(name, group, _)| column(name, group)),
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
        for (column, (name, _, search)) in self.json.iter().zip(JSON) {
            if any_in(column.get(row), name, search)? {
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
