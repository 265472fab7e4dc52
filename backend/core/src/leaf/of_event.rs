//! Computes the leaf of an event from its canonical group texts.

use super::{
    commitment::{Leaf, group_digest},
    salt::EventKey,
};
use crate::{
    event::{
        Event, Group, SaltSource,
        canonical::{self, GroupTexts},
    },
    merkle::Hash,
};

/// The leaf of an event under its salts.
#[must_use]
pub fn leaf_of(event: &Event, salt: &SaltSource) -> Leaf {
    let key = EventKey::derive(salt);
    let mut text = String::with_capacity(1024);
    let digests = Group::ALL.map(|group| {
        text.clear();
        canonical::write_group(event, group, &mut text);
        group_digest(&key.group_salt(group), group, &text)
    });
    Leaf::from_digests(&digests)
}

/// The same leaf, for callers that already have the group texts because they just printed the event.
#[must_use]
pub fn leaf_of_texts(texts: &GroupTexts, salt: &SaltSource) -> Leaf {
    let key = EventKey::derive(salt);
    Leaf::from_digests(&Group::ALL.map(|group| group_digest(&key.group_salt(group), group, texts.get(group))))
}

/// The hash of the event's leaf in the tree.
#[must_use]
pub fn leaf_hash(event: &Event, salt: &SaltSource) -> Hash {
    leaf_of(event, salt).hash()
}
