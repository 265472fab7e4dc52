//! Reads the actors, the targets and the changes of an event.

use super::{
    members::{ActorMember, ChangeMember, Member, TargetMember},
    parser::{Parsed, Parser, Seen},
};
use crate::{
    event::{
        Actor, ActorType, Change, ChangeOperation, Target,
        limits::{GROUPS_COUNT_MAX, LONG_TEXT_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX},
        violation::code,
    },
    json::{Kind, Path},
};

impl Parser<'_> {
    pub(super) fn actor(&mut self, at: &Path<'_>) -> Parsed<Option<Actor>> {
        let Some(mut seen) = self.open::<ActorMember>(at)? else { return Ok(None) };
        let (mut kind, mut id, mut actor) = (None, None, Actor::new(ActorType::Unknown, String::new()));
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                ActorMember::Attributes => actor.attributes = self.attributes(at)?,
                ActorMember::Email => actor.email = self.text(at, TEXT_BYTES_MAX)?,
                ActorMember::Groups => actor.groups = self.groups(at)?,
                ActorMember::Id => id = self.text(at, TEXT_BYTES_MAX)?,
                ActorMember::Name => actor.name = self.text(at, TEXT_BYTES_MAX)?,
                ActorMember::Type => kind = self.word(at, ActorType::NAMES, ActorType::parse)?,
            }
        }
        self.require(at, &seen, &[ActorMember::Type]);
        let Some(kind) = kind else { return Ok(None) };
        let id = match kind {
            ActorType::System | ActorType::Anonymous | ActorType::Unknown => {
                id.filter(|id| !id.is_empty()).unwrap_or_else(|| kind.as_str().to_owned())
            }
            ActorType::User | ActorType::Service | ActorType::ApiKey | ActorType::Agent => {
                self.require(at, &seen, &[ActorMember::Id]);
                let Some(id) = id else { return Ok(None) };
                self.defaulted(&at.member(ActorMember::Id.name()), id)
            }
        };
        Ok(Some(Actor { kind, id, ..actor }))
    }

    /// Reads the groups of an actor, without empty ones.
    fn groups(&mut self, at: &Path<'_>) -> Parsed<Vec<String>> {
        let mut kept_count = 0;
        self.list(at, GROUPS_COUNT_MAX, |parser, sent_at| {
            if !parser.expect_kind(sent_at, Kind::String)? {
                return Ok(None);
            }
            let group = parser.text(&at.item(kept_count), TEXT_BYTES_MAX)?.filter(|group| !group.is_empty());
            kept_count += usize::from(group.is_some());
            Ok(group)
        })
    }

    pub(super) fn target(&mut self, at: &Path<'_>) -> Parsed<Option<Target>> {
        let Some(mut seen) = self.open::<TargetMember>(at)? else { return Ok(None) };
        let mut target = Target::default();
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                TargetMember::Attributes => target.attributes = self.attributes(at)?,
                TargetMember::Id => target.id = self.text(at, TEXT_BYTES_MAX)?,
                TargetMember::Name => target.name = self.text(at, TEXT_BYTES_MAX)?,
                TargetMember::Type => target.kind = self.text(at, NAME_BYTES_MAX)?,
                TargetMember::Url => target.url = self.text(at, LONG_TEXT_BYTES_MAX)?,
            }
        }
        self.name_target(at, &seen, &mut target);
        Ok(Some(target))
    }

    /// A target has an id or a name. An empty one counts as absent where the other is given.
    fn name_target(&mut self, at: &Path<'_>, seen: &Seen<TargetMember>, target: &mut Target) {
        let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        if is_given(&target.id) || is_given(&target.name) {
            target.id.take_if(|id| id.is_empty());
            target.name.take_if(|name| name.is_empty());
            return;
        }
        if !seen.has(TargetMember::Id) && !seen.has(TargetMember::Name) {
            self.note(&at.member("id"), code::MISSING_FIELD, "a target has an id or a name");
        } else if target.id.is_some() {
            target.id = Some(self.defaulted(&at.member("id"), String::new()));
            target.name = None;
        } else if target.name.is_some() {
            target.name = Some(self.defaulted(&at.member("name"), String::new()));
        }
    }

    pub(super) fn change(&mut self, at: &Path<'_>) -> Parsed<Option<Change>> {
        let Some(mut seen) = self.open::<ChangeMember>(at)? else { return Ok(None) };
        let (mut path, mut operation, mut old, mut new) = (None, None, None, None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                ChangeMember::New => new = self.change_value(at)?,
                ChangeMember::Old => old = self.change_value(at)?,
                ChangeMember::Op => operation = self.word(at, ChangeOperation::NAMES, ChangeOperation::parse)?,
                ChangeMember::Path => path = self.pointer(at)?,
            }
        }
        self.require(at, &seen, &[ChangeMember::Path, ChangeMember::Op]);
        let (Some(path), Some(operation)) = (path, operation) else { return Ok(None) };
        Ok(Some(Change { path, operation, old, new }))
    }
}
