//! Reads the actors, the targets and the changes of an event.

use super::{
    members::{ActorMember, ChangeMember, Member, TargetMember},
    parser::{Parsed, Parser},
};
use crate::{
    event::{
        Actor, ActorType, Change, ChangeOperation, JsonText, Target,
        limits::{
            ATTRIBUTES_COUNT_MAX, CHANGE_VALUE_BYTES_MAX, GROUPS_COUNT_MAX, ID_BYTES_MAX, LONG_TEXT_BYTES_MAX,
            TEXT_BYTES_MAX,
        },
        violation::code,
    },
    json::{Path, is_pointer},
};

impl Parser<'_> {
    pub(super) fn actor(&mut self, at: &Path<'_>) -> Parsed<Option<Actor>> {
        let Some(mut seen) = self.open::<ActorMember>(at)? else { return Ok(None) };
        let (mut kind, mut actor) = (None, Actor::new(ActorType::Anonymous, String::new()));
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                ActorMember::Attributes => actor.attributes = self.attributes(at, ATTRIBUTES_COUNT_MAX)?,
                ActorMember::Email => actor.email = self.text(at, TEXT_BYTES_MAX)?,
                ActorMember::Groups => actor.groups = self.list(at, GROUPS_COUNT_MAX, Self::group)?,
                ActorMember::Id => actor.id = self.name(at, ID_BYTES_MAX)?.unwrap_or_default(),
                ActorMember::Name => actor.name = self.text(at, TEXT_BYTES_MAX)?,
                ActorMember::Type => kind = self.word(at, ActorType::NAMES, ActorType::parse)?,
            }
        }
        self.require(at, &seen, &[ActorMember::Type, ActorMember::Id]);
        Ok(kind.map(|kind| Actor { kind, ..actor }))
    }

    fn group(&mut self, at: &Path<'_>) -> Parsed<Option<String>> {
        self.text(at, TEXT_BYTES_MAX)
    }

    pub(super) fn target(&mut self, at: &Path<'_>) -> Parsed<Option<Target>> {
        let Some(mut seen) = self.open::<TargetMember>(at)? else { return Ok(None) };
        let mut target = Target::default();
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                TargetMember::Attributes => target.attributes = self.attributes(at, ATTRIBUTES_COUNT_MAX)?,
                TargetMember::Id => target.id = self.name(at, ID_BYTES_MAX)?.unwrap_or_default(),
                TargetMember::Name => target.name = self.text(at, TEXT_BYTES_MAX)?,
                TargetMember::Type => target.kind = self.name(at, ID_BYTES_MAX)?.unwrap_or_default(),
                TargetMember::Url => target.url = self.text(at, LONG_TEXT_BYTES_MAX)?,
            }
        }
        self.require(at, &seen, &[TargetMember::Type, TargetMember::Id]);
        Ok(Some(target))
    }

    pub(super) fn change(&mut self, at: &Path<'_>) -> Parsed<Option<Change>> {
        let Some(mut seen) = self.open::<ChangeMember>(at)? else { return Ok(None) };
        let (mut path, mut operation, mut old, mut new) = (None, None, None, None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                ChangeMember::New => new = self.any_value(at)?,
                ChangeMember::Old => old = self.any_value(at)?,
                ChangeMember::Op => operation = self.word(at, ChangeOperation::NAMES, ChangeOperation::parse)?,
                ChangeMember::Path => path = self.pointer(at)?,
            }
        }
        self.require(at, &seen, &[ChangeMember::Path, ChangeMember::Op]);
        let (Some(path), Some(operation)) = (path, operation) else { return Ok(None) };
        Ok(Some(Change { path, operation, old, new }))
    }

    fn pointer(&mut self, at: &Path<'_>) -> Parsed<Option<String>> {
        let Some(pointer) = self.text(at, TEXT_BYTES_MAX)? else { return Ok(None) };
        if !is_pointer(&pointer) {
            self.note(at, code::INVALID_VALUE, "it must be a JSON Pointer, as /name/0");
            return Ok(None);
        }
        Ok(Some(pointer))
    }

    fn any_value(&mut self, at: &Path<'_>) -> Parsed<Option<JsonText>> {
        let read = JsonText::read(&mut self.reader, at);
        let Some(value) = self.settle_located(read)? else { return Ok(None) };
        Ok(self.check_length(at, value.as_str().len(), CHANGE_VALUE_BYTES_MAX).then_some(value))
    }
}
