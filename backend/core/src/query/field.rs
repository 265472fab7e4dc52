//! The table of fields that can be queried: their names, the group each belongs to and the kind of values it has.
//!
//! The texts that words are searched in: `message`, `reason.text`, `reason.ticket`, `outcome.reason`, the names of
//! `actor`, `on_behalf_of` and `targets`, string values of `metadata`, paths and values of `changes` (as their JSON
//! text), and `raw.body`. Each is a text of its own: a phrase never spans two.

/// The six groups a leaf commits to, in leaf order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// id, tenant, times, action, category, outcome status and code, severity, source, producer. Nothing personal.
    Core,
    /// actor, `on_behalf_of`. Personal.
    Actor,
    /// targets.
    Targets,
    /// context. Personal.
    Context,
    /// changes.
    Changes,
    /// message, reason, outcome.reason, metadata, raw. Personal.
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

/// What kind of values a field has, which decides the tests it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Any text: exact, prefix.
    Text,
    /// One of a fixed set of words: exact; words that are ranked (severity) also in ranges, which parse into sets.
    Word,
    /// A UUID of version 7: exact.
    Id,
    /// A time: exact, range.
    Time,
    /// A whole number: exact, range.
    Integer,
    /// An address: exact, network.
    Address,
    /// A scalar: exact, prefix, number range.
    Scalar,
}

/// A field that can be queried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// `id`
    Id,
    /// `sequence`
    Sequence,
    /// `occurred_at`
    OccurredAt,
    /// `received_at`
    ReceivedAt,
    /// `action`
    Action,
    /// `category`
    Category,
    /// `outcome.status`, in the search box also `outcome`
    OutcomeStatus,
    /// `outcome.code`
    OutcomeCode,
    /// `outcome.reason`
    OutcomeReason,
    /// `severity`
    Severity,
    /// `actor`: the ids of the actor and of everybody in `on_behalf_of`
    AnyActor,
    /// `actor.type`
    ActorType,
    /// `actor.id`
    ActorId,
    /// `actor.name`
    ActorName,
    /// `actor.email`
    ActorEmail,
    /// `actor.groups`
    ActorGroups,
    /// `on_behalf_of.type`
    OnBehalfOfType,
    /// `on_behalf_of.id`, also `on_behalf_of`
    OnBehalfOfId,
    /// `on_behalf_of.name`
    OnBehalfOfName,
    /// `on_behalf_of.email`
    OnBehalfOfEmail,
    /// `target.type`
    TargetType,
    /// `target.id`, also `target`
    TargetId,
    /// `target.name`
    TargetName,
    /// `target.url`
    TargetUrl,
    /// `source.service`, also `service`
    SourceService,
    /// `source.component`
    SourceComponent,
    /// `source.version`
    SourceVersion,
    /// `source.environment`
    SourceEnvironment,
    /// `source.region`
    SourceRegion,
    /// `source.host`
    SourceHost,
    /// `context.ip`, also `ip`
    ContextIp,
    /// `context.user_agent`
    ContextUserAgent,
    /// `context.request_id`, also `request_id`
    ContextRequestId,
    /// `context.correlation_id`, also `correlation_id`
    ContextCorrelationId,
    /// `context.session_id`, also `session_id`
    ContextSessionId,
    /// `context.trace_id`, also `trace_id`
    ContextTraceId,
    /// `context.span_id`
    ContextSpanId,
    /// `context.auth_method`
    ContextAuthMethod,
    /// `context.location.country`
    LocationCountry,
    /// `context.location.region`
    LocationRegion,
    /// `context.location.city`
    LocationCity,
    /// `reason.text`
    ReasonText,
    /// `reason.ticket`
    ReasonTicket,
    /// `message`
    Message,
    /// `metadata.KEY`
    Metadata(String),
    /// `producer.id`
    ProducerId,
    /// `producer.sequence`
    ProducerSequence,
    /// `raw.format`
    RawFormat,
}
