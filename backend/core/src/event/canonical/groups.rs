//! Owns the two ways of writing members by group: only those of selected groups into one text, or each member into both
//! the whole text and the text of its group.

use super::parts::{write_adjustments, write_outcome, write_source};
use crate::{
    event::{Adjustments, Group, Outcome, Source},
    json::ObjectWriter,
};

/// A set of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::event) struct Groups(u8);

impl Groups {
    pub(in crate::event) const ALL: Self = Self(u8::MAX);

    pub(in crate::event) const fn only(group: Group) -> Self {
        Self(1 << group as u8)
    }

    pub(in crate::event) const fn without(self, group: Group) -> Self {
        Self(self.0 & !(1 << group as u8))
    }

    pub(in crate::event) const fn contain(self, group: Group) -> bool {
        self.0 & (1 << group as u8) != 0
    }
}

/// Receives the members of an event, one after the other.
pub(super) trait Sink {
    /// Receives a member of one group.
    fn member(&mut self, group: Group, write: impl FnOnce(&mut ObjectWriter<'_>));

    /// Receives a member whose parts belong to several groups: `write` writes those of the groups that it is given.
    fn shared_member(&mut self, groups: &[Group], write: impl Fn(Groups, &mut ObjectWriter<'_>));

    /// Receives the outcome, whose free text is content.
    fn outcome(&mut self, outcome: &Outcome) {
        let write = |groups, object: &mut ObjectWriter<'_>| write_outcome(outcome, groups, object);
        match outcome.reason {
            None => self.member(Group::Core, |object| write(Groups::ALL, object)),
            Some(_) => self.shared_member(&[Group::Core, Group::Content], write),
        }
    }

    /// Receives the source, whose host is context.
    fn source(&mut self, source: &Source) {
        let write = |groups, object: &mut ObjectWriter<'_>| write_source(source, groups, object);
        match source.host {
            None => self.member(Group::Core, |object| write(Groups::ALL, object)),
            Some(_) => self.shared_member(&[Group::Core, Group::Context], write),
        }
    }

    /// Receives the adjustments, each of which belongs to the group of the field that it names.
    fn adjustments(&mut self, adjustments: &Adjustments) {
        if !adjustments.is_empty() {
            self.shared_member(&Group::ALL, |groups, object| write_adjustments(adjustments, groups, object));
        }
    }
}

/// Keeps the members of the selected groups.
pub(super) struct Selected<'o> {
    pub(super) object: ObjectWriter<'o>,
    pub(super) groups: Groups,
}

impl Sink for Selected<'_> {
    #[inline]
    fn member(&mut self, group: Group, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        if self.groups.contain(group) {
            write(&mut self.object);
        }
    }

    fn shared_member(&mut self, _: &[Group], write: impl Fn(Groups, &mut ObjectWriter<'_>)) {
        write(self.groups, &mut self.object);
    }
}

/// The RFC 8785 texts of the six groups of one event. Allocated once and reused for each event.
#[derive(Debug, Clone, Default)]
pub struct GroupTexts([String; Group::ALL.len()]);

impl GroupTexts {
    /// The text of a group; `null` where the event has no member of it.
    #[must_use]
    pub fn get(&self, group: Group) -> &str {
        &self.0[group as usize]
    }

    pub(super) fn clear(&mut self) {
        for text in &mut self.0 {
            text.clear();
            text.push('{');
        }
    }

    pub(super) fn close(&mut self) {
        for text in &mut self.0 {
            ObjectWriter::resume(text).end_or_null();
        }
    }

    fn object(&mut self, group: Group) -> ObjectWriter<'_> {
        ObjectWriter::resume(&mut self.0[group as usize])
    }
}

/// Writes every member into the whole text, and copies it from there into the text of its group: copying costs a
/// fraction of printing.
pub(super) struct SharedOut<'o, 'g> {
    pub(super) object: ObjectWriter<'o>,
    pub(super) groups: &'g mut GroupTexts,
}

impl Sink for SharedOut<'_, '_> {
    #[inline]
    fn member(&mut self, group: Group, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        let member = self.object.written_by(write);
        if !member.is_empty() {
            self.groups.object(group).printed_member(member);
        }
    }

    fn shared_member(&mut self, groups: &[Group], write: impl Fn(Groups, &mut ObjectWriter<'_>)) {
        write(Groups::ALL, &mut self.object);
        for group in groups {
            write(Groups::only(*group), &mut self.groups.object(*group));
        }
    }
}
