//! Writes stored events as the API returns them: the canonical members that the reader may see, the event's position in
//! the log, and the names of the withheld groups.

use crate::{
    event::{
        Group, StoredEvent,
        canonical::{Groups, write_visible},
    },
    json::ObjectWriter,
};

/// The groups of an event that a reader may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// All of them.
    All,
    /// Those that are not personal.
    WithoutPersonal,
}

impl Visibility {
    /// The one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::WithoutPersonal => "without_personal",
        }
    }

    /// Reads the spelling back. `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::All, Self::WithoutPersonal].into_iter().find(|visibility| visibility.as_str() == text)
    }

    /// Whether a group is withheld.
    #[must_use]
    pub const fn withholds(self, group: Group) -> bool {
        matches!(self, Self::WithoutPersonal) && group.is_personal()
    }
}

/// Appends an event as a JSON object: `sequence` as a string, the visible members, `skewed` where the producer's clock
/// was off, and `withheld`, the names of the withheld groups, whether or not the event had members of them.
pub fn write_json(stored: &StoredEvent, visibility: Visibility, out: &mut String) {
    write_json_with(stored, visibility, |_| (), out);
}

/// The same, followed by further members that `write_more` writes.
pub fn write_json_with(
    stored: &StoredEvent,
    visibility: Visibility,
    write_more: impl FnOnce(&mut ObjectWriter<'_>),
    out: &mut String,
) {
    let withheld = || Group::ALL.into_iter().filter(|group| visibility.withholds(*group));
    let visible = withheld().fold(Groups::ALL, Groups::without);
    let mut object = ObjectWriter::begin(out);
    object.string("sequence", &stored.sequence.to_string());
    object = write_visible(&stored.event, visible, object);
    if stored.event.is_skewed() {
        object.member("skewed").push_str("true");
    }
    let withheld: Vec<Group> = withheld().collect();
    object.optional_list("withheld", &withheld, |group, out| {
        out.push('"');
        out.push_str(group.as_str());
        out.push('"');
    });
    write_more(&mut object);
    object.end();
}
