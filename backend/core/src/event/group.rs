//! Owns the six groups of a leaf: the units in which parts of an event can be withheld or erased.

/// The six groups a leaf commits to, in leaf order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// id, tenant, times, credential, action, category, outcome status and code, severity, source without its host,
    /// producer. Nothing personal.
    Core,
    /// actor, `on_behalf_of`. Personal.
    Actor,
    /// targets.
    Targets,
    /// context, the source's host. Personal.
    Context,
    /// changes.
    Changes,
    /// `external_id`, message, reason, outcome.reason, metadata, raw. Personal.
    Content,
}

impl Group {
    /// Every group, in leaf order.
    pub const ALL: [Self; 6] = [Self::Core, Self::Actor, Self::Targets, Self::Context, Self::Changes, Self::Content];

    /// The group's one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Actor => "actor",
            Self::Targets => "targets",
            Self::Context => "context",
            Self::Changes => "changes",
            Self::Content => "content",
        }
    }

    /// Whether seeing the group needs the permission to see personal data.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Actor | Self::Context | Self::Content)
    }
}
