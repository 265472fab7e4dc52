//! Owns how the parts of an event are described in the OpenAPI document; see `schema.rs` for the whole.
#![expect(dead_code, reason = "these types describe JSON that core reads and writes")]

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The kind of action.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Category {
    Create,
    Read,
    Update,
    Delete,
    Execute,
    Auth,
    Grant,
    Other,
}

/// How much an event matters; defaults to `info`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// A group of fields that can be withheld: `actor` consists of `actor` and `on_behalf_of`, `context` of `context` and
/// `source.host`, `content` of `external_id`, `message`, `reason`, `outcome.reason`, `metadata` and `raw`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Group {
    Core,
    Actor,
    Targets,
    Context,
    Changes,
    Content,
}

/// How an action ended.
#[derive(Serialize, ToSchema)]
pub(super) struct Outcome {
    /// Defaults to `success`.
    #[schema(nullable = false)]
    status: Option<OutcomeStatus>,
    /// The error code of the system that refused or failed.
    #[schema(nullable = false, example = "AccessDenied")]
    code: Option<String>,
    /// The message of the system that refused or failed.
    #[schema(nullable = false)]
    reason: Option<String>,
}

/// The result of an action.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeStatus {
    Success,
    Failure,
    Denied,
    Unknown,
}

/// A person or system that acts.
#[derive(Serialize, ToSchema)]
pub(super) struct Actor {
    #[serde(rename = "type")]
    kind: ActorType,
    /// The actor's id in the producer's system, at most 1 KiB. Defaults to the type of `system`, `anonymous` and
    /// `unknown`; required for other types.
    #[schema(nullable = false, example = "u-17")]
    id: Option<String>,
    /// A human-readable name.
    #[schema(nullable = false)]
    name: Option<String>,
    /// The actor's email address.
    #[schema(nullable = false)]
    email: Option<String>,
    /// The actor's groups.
    #[schema(max_items = 32, nullable = false)]
    groups: Option<Vec<String>>,
    /// Custom data: any JSON of at most 8 levels, 64 values and 32 KiB.
    #[schema(nullable = false)]
    attributes: Option<BTreeMap<String, Value>>,
}

/// The kind of actor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ActorType {
    User,
    Service,
    ApiKey,
    Agent,
    System,
    Anonymous,
    Unknown,
}

/// An object that was acted on. It has an id or a name.
#[derive(Serialize, ToSchema)]
pub(super) struct Target {
    /// The kind of object.
    #[serde(rename = "type")]
    #[schema(nullable = false, example = "invoice")]
    kind: Option<String>,
    /// The target's id in the producer's system.
    #[schema(nullable = false, example = "inv-2026-117")]
    id: Option<String>,
    /// A human-readable name.
    #[schema(nullable = false)]
    name: Option<String>,
    /// A URL at which the target can be viewed.
    #[schema(nullable = false)]
    url: Option<String>,
    /// Custom data: any JSON of at most 8 levels, 64 values and 32 KiB.
    #[schema(nullable = false)]
    attributes: Option<BTreeMap<String, Value>>,
}

/// One changed value in a target.
#[derive(Serialize, ToSchema)]
pub(super) struct Change {
    /// A JSON Pointer to the changed value.
    #[schema(example = "/email")]
    path: String,
    op: ChangeOperation,
    /// The value before the change: any JSON of at most 8 KiB; `null` is a value.
    old: Option<Value>,
    /// The value after the change: any JSON of at most 8 KiB; `null` is a value.
    new: Option<Value>,
}

/// What a change did to the value at its path.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChangeOperation {
    Add,
    Remove,
    Replace,
}

/// The service that reports an event.
#[derive(Serialize, ToSchema)]
pub(super) struct Source {
    /// The service's name.
    #[schema(example = "billing")]
    service: String,
    /// The component of the service.
    #[schema(nullable = false)]
    component: Option<String>,
    /// The version of the service.
    #[schema(nullable = false)]
    version: Option<String>,
    /// The environment that the service is deployed to.
    #[schema(nullable = false, example = "production")]
    environment: Option<String>,
    /// The region that the service runs in.
    #[schema(nullable = false)]
    region: Option<String>,
    /// The host that the service runs on.
    #[schema(nullable = false)]
    host: Option<String>,
}

/// The origin and request of an action.
#[derive(Serialize, ToSchema)]
pub(super) struct Context {
    /// The actor's IP address. A producer may send it with a port, a zone or brackets, or as the list of an
    /// `X-Forwarded-For` header, of which the first address counts.
    #[schema(nullable = false, example = "203.0.113.7")]
    ip: Option<String>,
    /// The text that the address was taken from, where it says more than `ip`, or a text without an address.
    #[schema(nullable = false, example = "203.0.113.7:51234")]
    address: Option<String>,
    /// The actor's client program, such as the `User-Agent` of its request.
    #[schema(nullable = false)]
    user_agent: Option<String>,
    /// The id that the reporting system gave the request in which the action was performed.
    #[schema(nullable = false)]
    request_id: Option<String>,
    /// An id that links requests across services.
    #[schema(nullable = false)]
    correlation_id: Option<String>,
    /// The id of the actor's session.
    #[schema(nullable = false)]
    session_id: Option<String>,
    /// The id of the distributed trace.
    #[schema(nullable = false)]
    trace_id: Option<String>,
    /// The id of the span in the trace.
    #[schema(nullable = false)]
    span_id: Option<String>,
    /// How the actor was authenticated.
    #[schema(nullable = false)]
    auth_method: Option<String>,
    #[schema(nullable = false)]
    location: Option<Location>,
}

/// The location of the IP address.
#[derive(Serialize, ToSchema)]
pub(super) struct Location {
    /// The country.
    #[schema(nullable = false)]
    country: Option<String>,
    /// The region within the country.
    #[schema(nullable = false)]
    region: Option<String>,
    /// The city within the region.
    #[schema(nullable = false)]
    city: Option<String>,
}

/// The reason for an action.
#[derive(Serialize, ToSchema)]
pub(super) struct Reason {
    /// The reason, as text.
    text: String,
    /// The ticket that requested the action.
    #[schema(nullable = false)]
    ticket: Option<String>,
}

/// A producer's own numbering of its events. The numbers are stored, and not checked for gaps.
#[derive(Serialize, ToSchema)]
pub(super) struct Producer {
    /// The producer's id.
    id: String,
    /// The producer's number of this event, at most 2^53.
    sequence: u64,
}

/// The credential that sent an event; set by the server. Visible to every reader of the event.
#[derive(Serialize, ToSchema)]
pub(super) struct Submitter {
    /// The kind of credential; `server` for events in which the server records changes of its own control data.
    #[serde(rename = "type")]
    kind: SubmitterType,
    /// The public id of the credential; absent for `server`.
    #[schema(nullable = false, pattern = "^[a-z0-9-]{1,64}$", example = "0123456789abcdef")]
    id: Option<String>,
}

/// The kind of credential that sent an event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SubmitterType {
    ApiKey,
    Token,
    User,
    Server,
}

/// A record in the format of the system that wrote it. Of a body longer than 128 KiB the beginning is kept.
#[derive(Serialize, ToSchema)]
pub(super) struct Raw {
    /// The name of the format.
    #[schema(example = "cloudtrail")]
    format: String,
    /// The record, verbatim, or its beginning.
    #[schema(nullable = false)]
    body: Option<String>,
    /// SHA-256 of the whole record where `body` is not all of it, in lower-case hexadecimal.
    #[schema(nullable = false, pattern = "^[0-9a-f]{64}$")]
    sha256: Option<String>,
    /// Length in bytes of the whole record where `body` is not all of it.
    #[schema(nullable = false)]
    size: Option<u64>,
    /// `true` if `body` is not the whole record; otherwise absent.
    #[schema(nullable = false)]
    truncated: Option<bool>,
}

/// A value that was adjusted so that the event could be stored.
#[derive(Serialize, ToSchema)]
pub(super) struct Adjustment {
    /// A JSON Pointer to the value; empty for `more`.
    #[schema(example = "/context/user_agent")]
    pointer: String,
    code: AdjustmentCode,
    /// The value as it was sent, or its beginning, where it is kept nowhere else.
    #[schema(nullable = false)]
    original: Option<String>,
    /// Of the whole value: bytes of a text, entries of a list. For `more`: the number of adjustments left out.
    #[schema(nullable = false)]
    size: Option<u64>,
    /// SHA-256 of the whole value, in lower-case hexadecimal.
    #[schema(nullable = false, pattern = "^[0-9a-f]{64}$")]
    sha256: Option<String>,
}

/// What was done to a value: `clock` set it to the time of receipt, `defaulted` set it to `unknown`, `json_as_text`
/// made a deeply nested value its JSON text, `number_as_text` made a number beyond ±2^53 the text as it was written,
/// `parsed` took an address out of a text, `replaced` replaced characters by U+FFFD or numbered a repeated name,
/// `truncated` cut it off. `more` counts the adjustments that are not listed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AdjustmentCode {
    Clock,
    Defaulted,
    JsonAsText,
    More,
    NumberAsText,
    Parsed,
    Replaced,
    Truncated,
}
