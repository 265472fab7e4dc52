//! The table of fields that can be queried: their names, the group each belongs to and the kind of its values.
//!
//! Words are searched in all texts that producers choose freely: `action`, `message`, `outcome.code`, `outcome.reason`,
//! `reason.*`; `id`, `name`, `email`, `groups` and `attributes` of `actor` and `on_behalf_of`; `type`, `id`, `name`,
//! `url` and `attributes` of `targets`; `source.*`; `context.address`, `context.user_agent`, `context.auth_method` and
//! `context.location.*`; `metadata`; paths and values of `changes`; `producer.id`; `raw.format` and `raw.body`. Of
//! `metadata`, `attributes` and the values of `changes` each string value is a text, at any depth. A phrase never spans
//! two texts. Not searched for words are the words of fixed sets, and the values that identify one thing only: `id`,
//! `external_id`, `context.ip`, and the request, correlation, session, trace and span id.

use crate::{
    event::{ActorType, Category, Group, OutcomeStatus, Severity, SubmitterType},
    query::KeyPath,
};

/// The kind of a field's values, which decides the tests it allows. A parsed filter never contains other tests of the
/// field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Any text: by its key (`OneOf`), in one spelling (`Exactly`), by a pattern (`Like`).
    Text,
    /// One of a fixed set of words: exact (`OneOf`). Ranges of ranked words (severity) are parsed into sets.
    Word,
    /// A UUID of version 7: exact (`OneOf` of lower-case ids).
    Id,
    /// A time: exact and range, both as `Time`.
    Time,
    /// A whole number: exact and range, both as `Integer`.
    Integer,
    /// An address: exact (`OneOf` of canonical addresses), network (`Network`).
    Address,
    /// A JSON value: like a text, and by a range of numbers (`Number`).
    Scalar,
}

impl ValueKind {
    /// The kind's name in the documentation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Word => "word",
            Self::Id => "id",
            Self::Time => "time",
            Self::Integer => "integer",
            Self::Address => "address",
            Self::Scalar => "scalar",
        }
    }
}

/// One row of the table: a field that every event may have. Fields with producer-defined keys, such as `metadata.KEY`,
/// have no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardField {
    /// The field.
    pub field: Field,
    /// Its full name.
    pub name: &'static str,
    /// Shorter names that mean the same.
    pub aliases: &'static [&'static str],
    /// The kind of its values.
    pub kind: ValueKind,
    /// The group it belongs to.
    pub group: Group,
    /// One line for readers of the API.
    pub description: &'static str,
}

/// Declares the enum and its table together, so that neither can lack an entry of the other.
macro_rules! fields {
    ($($variant:ident $name:literal [$($alias:literal)*] $kind:ident $group:ident $description:literal)+) => {
        /// A field that can be queried.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Field {
            $(#[doc = concat!("`", $name, "`: ", $description)] $variant,)+
            /// `metadata.PATH`: the values at a path that producers choose.
            Metadata(KeyPath),
            /// `actor.attributes.PATH`: the same for the actor.
            ActorAttribute(KeyPath),
            /// `target.attributes.PATH`: the same for any target.
            TargetAttribute(KeyPath),
        }

        static STANDARD: &[StandardField] = &[$(StandardField {
            field: Field::$variant,
            name: $name,
            aliases: &[$($alias),*],
            kind: ValueKind::$kind,
            group: Group::$group,
            description: $description,
        }),+];

        impl Field {
            /// The field's full name, with its path.
            #[must_use]
            pub fn name(&self) -> String {
                match self {
                    $(Self::$variant => $name.to_owned(),)+
                    Self::Metadata(path) => format!("{METADATA_PREFIX}{path}"),
                    Self::ActorAttribute(path) => format!("{ACTOR_ATTRIBUTES_PREFIX}{path}"),
                    Self::TargetAttribute(path) => format!("{TARGET_ATTRIBUTES_PREFIX}{path}"),
                }
            }

            /// The kind of its values.
            #[must_use]
            pub const fn kind(&self) -> ValueKind {
                match self {
                    $(Self::$variant => ValueKind::$kind,)+
                    Self::Metadata(_) | Self::ActorAttribute(_) | Self::TargetAttribute(_) => ValueKind::Scalar,
                }
            }

            /// Whether its values are texts that producers choose.
            pub(super) const fn has_texts(&self) -> bool {
                matches!(self.kind(), ValueKind::Text | ValueKind::Scalar)
            }

            /// The group it belongs to.
            #[must_use]
            pub const fn group(&self) -> Group {
                match self {
                    $(Self::$variant => Group::$group,)+
                    Self::Metadata(_) => Group::Content,
                    Self::ActorAttribute(_) => Group::Actor,
                    Self::TargetAttribute(_) => Group::Targets,
                }
            }
        }
    };
}

fields! {
    Id "id" [] Id Core "The event's id."
    ExternalId "external_id" [] Text Content "The event's id in the system of record."
    Sequence "sequence" [] Integer Core "The event's position in the tenant's log, from 0."
    OccurredAt "occurred_at" [] Time Core "The time of the event, as the producer states it."
    ReceivedAt "received_at" [] Time Core "The time at which the server received the event."
    SubmittedByType "submitted_by.type" [] Word Core "The credential's kind; `server` for events of the server itself."
    SubmittedById "submitted_by.id" ["submitted_by"] Text Core "The credential's public id, for example an API key's."
    Action "action" [] Text Core "The action that the event reports."
    Category "category" [] Word Core "The category of the action."
    OutcomeStatus "outcome.status" ["outcome"] Word Core "The status of the outcome."
    OutcomeCode "outcome.code" [] Text Core "The error code of the system that refused or failed."
    OutcomeReason "outcome.reason" [] Text Content "The message of the system that refused or failed."
    Severity "severity" [] Word Core "The severity of the event; ranked, so ranges are allowed."
    AnyActor "actor" [] Text Actor "The id of the actor or of any actor in `on_behalf_of`."
    ActorType "actor.type" [] Word Actor "The actor's kind."
    ActorId "actor.id" [] Text Actor "The actor's id."
    ActorName "actor.name" [] Text Actor "The actor's name."
    ActorEmail "actor.email" [] Text Actor "The actor's email address."
    ActorGroups "actor.groups" [] Text Actor "Any group of the actor."
    OnBehalfOfType "on_behalf_of.type" [] Word Actor "The kind of any actor in `on_behalf_of`."
    OnBehalfOfId "on_behalf_of.id" ["on_behalf_of"] Text Actor "The id of any actor in `on_behalf_of`."
    OnBehalfOfName "on_behalf_of.name" [] Text Actor "The name of any actor in `on_behalf_of`."
    OnBehalfOfEmail "on_behalf_of.email" [] Text Actor "The email address of any actor in `on_behalf_of`."
    TargetType "target.type" [] Text Targets "The type of any target."
    TargetId "target.id" ["target"] Text Targets "The id of any target."
    TargetName "target.name" [] Text Targets "The name of any target."
    TargetUrl "target.url" [] Text Targets "The URL of any target."
    ChangesPath "changes.path" [] Text Changes "The path of any change."
    SourceService "source.service" ["service"] Text Core "The service that reports the event."
    SourceComponent "source.component" [] Text Core "The component of the service that reports the event."
    SourceVersion "source.version" [] Text Core "The version of the service that reports the event."
    SourceEnvironment "source.environment" [] Text Core "The environment of the service that reports the event."
    SourceRegion "source.region" [] Text Core "The region of the service that reports the event."
    SourceHost "source.host" [] Text Context "The host of the service that reports the event."
    ContextIp "context.ip" ["ip"] Address Context "The actor's address."
    ContextAddress "context.address" [] Text Context "The text that the address was taken from."
    ContextUserAgent "context.user_agent" [] Text Context "The actor's client program, such as the `User-Agent` of its request."
    ContextRequestId "context.request_id" ["request_id"] Text Context "The id of the request in which the action was performed."
    ContextCorrelationId "context.correlation_id" ["correlation_id"] Text Context "The id that connects requests."
    ContextSessionId "context.session_id" ["session_id"] Text Context "The id of the actor's session."
    ContextTraceId "context.trace_id" ["trace_id"] Text Context "The id of the distributed trace."
    ContextSpanId "context.span_id" [] Text Context "The id of the span in the distributed trace."
    ContextAuthMethod "context.auth_method" [] Text Context "The method by which the actor authenticated."
    LocationCountry "context.location.country" [] Text Context "The country of the actor's address."
    LocationRegion "context.location.region" [] Text Context "The region of the actor's address."
    LocationCity "context.location.city" [] Text Context "The city of the actor's address."
    ReasonText "reason.text" [] Text Content "The actor's reason for the action."
    ReasonTicket "reason.ticket" [] Text Content "The ticket that requested the action."
    Message "message" [] Text Content "The event as a sentence for people, compared as a whole; to search for words inside it, use `q`."
    ProducerId "producer.id" [] Text Core "The producer that numbers its events."
    ProducerSequence "producer.sequence" [] Integer Core "The producer's own number of the event."
    RawFormat "raw.format" [] Text Content "The format of the original record of another system."
}

const METADATA_PREFIX: &str = "metadata.";
const ACTOR_ATTRIBUTES_PREFIX: &str = "actor.attributes.";
const TARGET_ATTRIBUTES_PREFIX: &str = "target.attributes.";

/// The prefixes of the names of fields with producer-defined keys.
pub(super) const KEY_PREFIXES: [&str; 3] = [METADATA_PREFIX, ACTOR_ATTRIBUTES_PREFIX, TARGET_ATTRIBUTES_PREFIX];

impl Field {
    /// Every field except those with producer-defined keys, in the order of the documentation.
    #[must_use]
    pub fn standard() -> &'static [StandardField] {
        STANDARD
    }

    /// Reads a full name or an alias. `None` where there is no such field.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if KEY_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            return Self::parse_keyed(name);
        }
        let line = STANDARD.iter().find(|line| line.name == name || line.aliases.contains(&name))?;
        Some(line.field.clone())
    }

    /// Reads the name of a field with a path. `None` where there is none.
    fn parse_keyed(name: &str) -> Option<Self> {
        let path_behind = |prefix| name.strip_prefix(prefix).and_then(KeyPath::parse);
        path_behind(METADATA_PREFIX)
            .map(Self::Metadata)
            .or_else(|| path_behind(ACTOR_ATTRIBUTES_PREFIX).map(Self::ActorAttribute))
            .or_else(|| path_behind(TARGET_ATTRIBUTES_PREFIX).map(Self::TargetAttribute))
    }

    /// The values a field of words can have, in rising rank where they are ranked. Empty for every other field.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        match self {
            Self::Category => Category::ALL.iter().map(|word| word.as_str()).collect(),
            Self::OutcomeStatus => OutcomeStatus::ALL.iter().map(|word| word.as_str()).collect(),
            Self::Severity => Severity::ALL.iter().map(|word| word.as_str()).collect(),
            Self::ActorType | Self::OnBehalfOfType => ActorType::ALL.iter().map(|word| word.as_str()).collect(),
            Self::SubmittedByType => SubmitterType::ALL.iter().map(|word| word.as_str()).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_and_alias_names_one_field() {
        let mut seen = HashSet::new();
        for line in Field::standard() {
            for name in line.aliases.iter().chain([&line.name]) {
                assert!(seen.insert(*name), "{name} names two fields");
                assert_eq!(Field::parse(name).as_ref(), Some(&line.field), "{name}");
            }
            assert_eq!(line.field.name(), line.name);
            assert_eq!((line.field.kind(), line.field.group()), (line.kind, line.group), "{}", line.name);
        }
    }

    #[test]
    fn a_path_is_everything_behind_the_prefix() {
        let path = |text| KeyPath::parse(text).unwrap();
        assert_eq!(Field::parse("actor.attributes.a.b"), Some(Field::ActorAttribute(path("a.b"))));
        assert_eq!(Field::parse("target.attributes.x y"), Some(Field::TargetAttribute(path("x y"))));
        for name in ["actor.attributes.a.b", "target.attributes.x y"] {
            assert_eq!(Field::parse(name).map(|field| field.name()).as_deref(), Some(name));
        }
        assert_eq!(Field::parse("metadata.a.b c"), Some(Field::Metadata(path("a.b c"))));
        assert_eq!(Field::Metadata(path("a.\"b c\"")).name(), "metadata.a.\"b c\"");
        for bad in ["metadata.", "metadata", "Metadata.a", "actor.attributes", "target.attributes.", ""] {
            assert_eq!(Field::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn exactly_the_fields_of_words_list_their_words() {
        for line in Field::standard() {
            assert_eq!(line.kind == ValueKind::Word, !line.field.words().is_empty(), "{}", line.name);
        }
    }
}
