//! Owns the data model of a validated event. Knows nothing of parsing, printing or storage.

use std::net::IpAddr;

use crate::{
    event::{Adjustments, JsonObject, JsonText, SaltSource, Submitter},
    id::{EventId, TenantId},
    timestamp::{MICROS_PER_SECOND, Timestamp},
};

/// A complete, valid event in normal form: what the leaf commits to.
///
/// `None`, empty lists and empty attributes all mean that the field is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Unique within the tenant.
    pub id: EventId,
    /// The id in the system of record.
    pub external_id: Option<String>,
    /// The owner, taken from the credential.
    pub tenant_id: TenantId,
    /// When it happened, as the producer says.
    pub occurred_at: Timestamp,
    /// When the server received the request that carried it.
    pub received_at: Timestamp,
    /// Which credential sent that request.
    pub submitted_by: Submitter,
    /// What was done; never empty, without control characters and without white space around it.
    pub action: String,
    /// The kind of action; derived from the action's verb where the producer set none.
    pub category: Category,
    /// How it ended.
    pub outcome: Outcome,
    /// How much it matters.
    pub severity: Severity,
    /// Who did it.
    pub actor: Actor,
    /// For whom it was done, outermost human first.
    pub on_behalf_of: Vec<Actor>,
    /// The things that the action affected.
    pub targets: Vec<Target>,
    /// What it changed there.
    pub changes: Vec<Change>,
    /// The service that reports it.
    pub source: Source,
    /// The origin of the action and the request it was part of.
    pub context: Context,
    /// Why the actor did it.
    pub reason: Option<Reason>,
    /// A sentence for people.
    pub message: Option<String>,
    /// Anything else.
    pub metadata: JsonObject,
    /// The producer's own numbering.
    pub producer: Option<Producer>,
    /// The record as another system wrote it.
    pub raw: Option<Raw>,
    /// What was adjusted in the values that the producer sent.
    pub adjustments: Adjustments,
}

/// An event with its position in the tenant's log.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// The acknowledged event. Boxed, because an event has a kilobyte of fields and is moved often.
    pub event: Box<Event>,
    /// The leaf's index in the tenant's log, from 0.
    pub sequence: u64,
    /// What the group salts of the leaf are derived from.
    pub salt: SaltSource,
}

/// The distance of `occurred_at` from `received_at` beyond which an event is marked `skewed`: five minutes.
pub const SKEW_MICROS_MAX: i64 = 5 * 60 * MICROS_PER_SECOND;

impl Event {
    /// Whether the time that the producer sent differs by more than five minutes from the time of receipt.
    #[must_use]
    pub fn is_skewed(&self) -> bool {
        self.sent_time().as_micros().abs_diff(self.received_at.as_micros()) > SKEW_MICROS_MAX.unsigned_abs()
    }

    /// When it happened as the producer sent it: [`Event::occurred_at`], unless that was replaced.
    #[must_use]
    pub fn sent_time(&self) -> Timestamp {
        self.adjustments.sent_time().unwrap_or(self.occurred_at)
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

pub(in crate::event) use named_enum;

named_enum! {
    /// The kind of action.
    Category {
        /// Something was created.
        Create = "create",
        /// Something was read.
        Read = "read",
        /// Something was changed.
        Update = "update",
        /// Something was deleted.
        Delete = "delete",
        /// Something was run.
        Execute = "execute",
        /// An actor authenticated or signed out.
        Auth = "auth",
        /// A right was granted, denied or revoked.
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
        /// To be noticed in a review.
        Low = "low",
        /// To be looked into soon.
        Medium = "medium",
        /// To be looked into now.
        High = "high",
        /// Needs an immediate alert.
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
        /// Somebody who was not signed in.
        Anonymous = "anonymous",
        /// The producer does not know.
        Unknown = "unknown",
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
    /// The kind of change made at the path.
    ChangeOperation {
        /// A value was added.
        Add = "add",
        /// A value was removed.
        Remove = "remove",
        /// A value was replaced by another.
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
    /// That system's explanation. Group `content`.
    pub reason: Option<String>,
}

/// The outcome of an event that states none: success.
impl Default for Outcome {
    fn default() -> Self {
        Self { status: OutcomeStatus::Success, code: None, reason: None }
    }
}

/// A person or a program that acts.
#[derive(Debug, Clone, PartialEq)]
pub struct Actor {
    /// What kind.
    pub kind: ActorType,
    /// The id in the producer's system.
    pub id: String,
    /// A name for people.
    pub name: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// At most 32, in the producer's order.
    pub groups: Vec<String>,
    /// Anything else.
    pub attributes: JsonObject,
}

impl Actor {
    /// An actor of which only kind and id are known.
    #[must_use]
    pub fn new(kind: ActorType, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), name: None, email: None, groups: Vec::new(), attributes: JsonObject::default() }
    }
}

/// An object that an action was applied to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Target {
    /// The kind of object.
    pub kind: Option<String>,
    /// The id in the producer's system; a target has an id or a name.
    pub id: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// A link to it.
    pub url: Option<String>,
    /// Anything else.
    pub attributes: JsonObject,
}

/// One change in a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// A JSON Pointer (RFC 6901).
    pub path: String,
    /// The kind of change.
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
    /// The host it runs on. Group `context`.
    pub host: Option<String>,
}

/// The origin of an action and the request it was part of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// The address of the actor.
    pub ip: Option<IpAddr>,
    /// The text that the address was taken from, or a text without an address in its place.
    pub address: Option<String>,
    /// The actor's client program, such as the `User-Agent` of its request.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// The id that connects requests of several services.
    pub correlation_id: Option<String>,
    /// The actor's session.
    pub session_id: Option<String>,
    /// The distributed trace.
    pub trace_id: Option<String>,
    /// The span in it.
    pub span_id: Option<String>,
    /// How the actor proved who they are.
    pub auth_method: Option<String>,
    /// The geographic location of the address.
    pub location: Location,
}

/// The geographic location of an address.
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
    /// The ticket that requested it.
    pub ticket: Option<String>,
}

/// The number that a producer gave the event. It is stored, and not checked for gaps.
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
    /// The format's name, for example `cloudtrail`.
    pub format: String,
    /// The record, or its beginning; at most 128 KiB.
    pub body: Option<String>,
    /// What is known of the whole record where `body` is not all of it.
    pub cut: Option<RawCut>,
}

/// A record of which a part is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawCut {
    /// SHA-256 of the whole record.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub size: u64,
}
