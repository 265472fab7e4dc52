//! Owns the data model of a validated event. Knows nothing of parsing, printing or storage.

use std::net::IpAddr;

use crate::{
    event::{Attributes, JsonText, Submitter},
    id::{EventId, TenantId},
    leaf::SaltSource,
    timestamp::{MICROS_PER_SECOND, Timestamp},
};

/// A complete, valid event in normal form: what the leaf commits to.
///
/// `None`, empty lists and empty attributes all mean that the field is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Unique within the tenant.
    pub id: EventId,
    /// The owner, taken from the credential.
    pub tenant_id: TenantId,
    /// When it happened, as the producer says.
    pub occurred_at: Timestamp,
    /// When the server received the request that carried it.
    pub received_at: Timestamp,
    /// Which credential sent that request.
    pub submitted_by: Submitter,
    /// What was done: `[a-z0-9_.-]{1,128}`.
    pub action: String,
    /// The kind of thing that was done; derived from the action's verb where the producer gave none.
    pub category: Category,
    /// How it ended.
    pub outcome: Outcome,
    /// How much it matters.
    pub severity: Severity,
    /// Who did it.
    pub actor: Actor,
    /// For whom it was done, outermost human first.
    pub on_behalf_of: Vec<Actor>,
    /// What it was done to.
    pub targets: Vec<Target>,
    /// What it changed there.
    pub changes: Vec<Change>,
    /// Which service says so.
    pub source: Source,
    /// From where and in which request it was done.
    pub context: Context,
    /// Why the actor did it.
    pub reason: Option<Reason>,
    /// A sentence for people.
    pub message: Option<String>,
    /// Anything else, as scalars.
    pub metadata: Attributes,
    /// The producer's own numbering.
    pub producer: Option<Producer>,
    /// The record as another system wrote it.
    pub raw: Option<Raw>,
}

/// An event in its place in the tenant's log.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// What was acknowledged. Boxed, because an event is a kilobyte of fields and is handed on often.
    pub event: Box<Event>,
    /// The leaf's index in the tenant's log, from 0.
    pub sequence: u64,
    /// What the group salts of the leaf are derived from.
    pub salt: SaltSource,
}

/// How far `occurred_at` may lie from `received_at` before the event is marked `skewed`: five minutes.
pub const SKEW_MICROS_MAX: i64 = 5 * 60 * MICROS_PER_SECOND;

impl Event {
    /// Whether the producer's time lies more than five minutes from the time of receipt.
    #[must_use]
    pub fn is_skewed(&self) -> bool {
        self.occurred_at.as_micros().abs_diff(self.received_at.as_micros()) > SKEW_MICROS_MAX.unsigned_abs()
    }
}

/// Declares an enum whose variants have one spelling in JSON, columns and queries.
macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Every spelling, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// The value's one spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads the spelling back. `None` for any other text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

named_enum! {
    /// The kind of thing that was done.
    Category {
        /// Something came to be.
        Create = "create",
        /// Something was looked at.
        Read = "read",
        /// Something was changed.
        Update = "update",
        /// Something ceased to be.
        Delete = "delete",
        /// Something was run.
        Execute = "execute",
        /// Somebody proved who they are, or stopped being signed in.
        Auth = "auth",
        /// Somebody was given or denied a right.
        Grant = "grant",
        /// None of these.
        Other = "other",
    }
}

named_enum! {
    /// How an action ended.
    OutcomeStatus {
        /// It was done.
        Success = "success",
        /// It was tried and failed.
        Failure = "failure",
        /// It was not allowed.
        Denied = "denied",
        /// The producer does not know.
        Unknown = "unknown",
    }
}

named_enum! {
    /// How much an event matters, in rising order.
    Severity {
        /// Ordinary business.
        Info = "info",
        /// Worth a look in review.
        Low = "low",
        /// Worth a look soon.
        Medium = "medium",
        /// Worth a look now.
        High = "high",
        /// Somebody should be woken.
        Critical = "critical",
    }
}

named_enum! {
    /// What kind of actor it was.
    ActorType {
        /// A person.
        User = "user",
        /// A program.
        Service = "service",
        /// A program or person known only by its key.
        ApiKey = "api_key",
        /// An AI agent.
        Agent = "agent",
        /// The system itself.
        System = "system",
        /// Nobody knows who.
        Anonymous = "anonymous",
    }
}

named_enum! {
    /// What kind of credential submitted an event.
    SubmitterType {
        /// An API key.
        ApiKey = "api_key",
        /// An access token.
        Token = "token",
        /// A person who is signed in.
        User = "user",
        /// The server itself.
        Server = "server",
    }
}

named_enum! {
    /// What a change did to the place that its path names.
    ChangeOperation {
        /// A value came to be.
        Add = "add",
        /// A value ceased to be.
        Remove = "remove",
        /// A value was exchanged for another.
        Replace = "replace",
    }
}

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub status: OutcomeStatus,
    /// The error code of the system that refused or failed. Group `core`: no free text.
    pub code: Option<String>,
    /// What that system said. Group `content`.
    pub reason: Option<String>,
}

/// What an event says that says nothing of how it ended: success.
impl Default for Outcome {
    fn default() -> Self {
        Self { status: OutcomeStatus::Success, code: None, reason: None }
    }
}

/// Somebody or something that acts.
#[derive(Debug, Clone, PartialEq)]
pub struct Actor {
    /// What kind.
    pub kind: ActorType,
    /// The id in the producer's world.
    pub id: String,
    /// A name for people.
    pub name: Option<String>,
    /// Where to reach them.
    pub email: Option<String>,
    /// At most 32, in the producer's order.
    pub groups: Vec<String>,
    /// Anything else, as scalars.
    pub attributes: Attributes,
}

impl Actor {
    /// An actor of whom nothing else is known.
    #[must_use]
    pub fn new(kind: ActorType, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), name: None, email: None, groups: Vec::new(), attributes: Attributes::default() }
    }
}

/// A thing that something was done to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Target {
    /// What kind of thing.
    pub kind: String,
    /// The id in the producer's world.
    pub id: String,
    /// A name for people.
    pub name: Option<String>,
    /// Where to look at it.
    pub url: Option<String>,
    /// Anything else, as scalars.
    pub attributes: Attributes,
}

/// One changed place in a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// A JSON Pointer (RFC 6901).
    pub path: String,
    /// What was done there.
    pub operation: ChangeOperation,
    /// The value before; a JSON `null` is a value.
    pub old: Option<JsonText>,
    /// The value after; a JSON `null` is a value.
    pub new: Option<JsonText>,
}

/// The service that reports an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// The service's name.
    pub service: String,
    /// The part of it.
    pub component: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Where it is deployed to: `production`, `staging`.
    pub environment: Option<String>,
    /// The region it runs in.
    pub region: Option<String>,
    /// The host it runs on.
    pub host: Option<String>,
}

/// From where and in which request something was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// The address of the actor.
    pub ip: Option<IpAddr>,
    /// The actor's software.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// What ties requests of several services together.
    pub correlation_id: Option<String>,
    /// The actor's session.
    pub session_id: Option<String>,
    /// The distributed trace.
    pub trace_id: Option<String>,
    /// The span in it.
    pub span_id: Option<String>,
    /// How the actor proved who they are.
    pub auth_method: Option<String>,
    /// Where the address is.
    pub location: Location,
}

/// Where an address is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Location {
    /// The country.
    pub country: Option<String>,
    /// The region in it.
    pub region: Option<String>,
    /// The city in it.
    pub city: Option<String>,
}

/// Why the actor did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// In words.
    pub text: String,
    /// The ticket that asked for it.
    pub ticket: Option<String>,
}

/// A producer's own numbering; gaps in it are reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Producer {
    /// The producer.
    pub id: String,
    /// Its number for this event, at most 2^53.
    pub sequence: u64,
}

/// A record as another system wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// The format's name, `cloudtrail` for one.
    pub format: String,
    /// Its bytes, or what is left of them.
    pub body: RawBody,
}

/// The bytes of a foreign record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawBody {
    /// Verbatim, at most 32 KiB.
    Whole(String),
    /// Longer than that: only this is kept.
    Truncated {
        /// SHA-256 of the whole body.
        sha256: [u8; 32],
        /// The body's length in bytes.
        size: u64,
    },
}
