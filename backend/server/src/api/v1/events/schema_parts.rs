//! Owns how the parts of an event are described in the OpenAPI document; see `schema.rs` for the whole.
#![expect(dead_code, reason = "these types describe JSON that core reads and writes")]

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::v1::events::schema::Scalar;

/// The kind of thing that was done.
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

/// How much an event matters; `info` where it is absent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// A group of fields that can be withheld: `actor` holds `actor` and `on_behalf_of`, `content` holds `message`,
/// `reason`, `outcome.reason`, `metadata` and `raw`.
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
    /// `success` where it is absent.
    #[schema(nullable = false)]
    status: Option<OutcomeStatus>,
    /// The error code of the system that refused or failed.
    #[schema(nullable = false, example = "AccessDenied")]
    code: Option<String>,
    /// What that system said.
    #[schema(nullable = false)]
    reason: Option<String>,
}

/// The verdict.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeStatus {
    Success,
    Failure,
    Denied,
    Unknown,
}

/// Somebody or something that acts.
#[derive(Serialize, ToSchema)]
pub(super) struct Actor {
    #[serde(rename = "type")]
    kind: ActorType,
    /// The id in the producer's world.
    #[schema(example = "u-17")]
    id: String,
    /// A name for people.
    #[schema(nullable = false)]
    name: Option<String>,
    /// Where to reach them.
    #[schema(nullable = false)]
    email: Option<String>,
    /// The groups they belong to.
    #[schema(max_items = 32, nullable = false)]
    groups: Option<Vec<String>>,
    /// Anything else: at most 32 names.
    #[schema(nullable = false)]
    attributes: Option<BTreeMap<String, Scalar>>,
}

/// What kind of actor it was.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ActorType {
    User,
    Service,
    ApiKey,
    Agent,
    System,
    Anonymous,
}

/// A thing that something was done to.
#[derive(Serialize, ToSchema)]
pub(super) struct Target {
    /// What kind of thing.
    #[serde(rename = "type")]
    #[schema(example = "invoice")]
    kind: String,
    /// The id in the producer's world.
    #[schema(example = "inv-2026-117")]
    id: String,
    /// A name for people.
    #[schema(nullable = false)]
    name: Option<String>,
    /// Where to look at it.
    #[schema(nullable = false)]
    url: Option<String>,
    /// Anything else: at most 32 names.
    #[schema(nullable = false)]
    attributes: Option<BTreeMap<String, Scalar>>,
}

/// One changed place in a target.
#[derive(Serialize, ToSchema)]
pub(super) struct Change {
    /// A JSON Pointer.
    #[schema(example = "/email")]
    path: String,
    op: ChangeOperation,
    /// The value before, any JSON of at most 4 KiB; `null` is a value.
    old: Option<Value>,
    /// The value after, any JSON of at most 4 KiB; `null` is a value.
    new: Option<Value>,
}

/// What a change did to the place that its path names.
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
    /// The part of it.
    #[schema(nullable = false)]
    component: Option<String>,
    /// Its version.
    #[schema(nullable = false)]
    version: Option<String>,
    /// Where it is deployed to.
    #[schema(nullable = false, example = "production")]
    environment: Option<String>,
    /// The region it runs in.
    #[schema(nullable = false)]
    region: Option<String>,
    /// The host it runs on.
    #[schema(nullable = false)]
    host: Option<String>,
}

/// From where and in which request something was done.
#[derive(Serialize, ToSchema)]
pub(super) struct Context {
    /// The address of the actor.
    #[schema(nullable = false, example = "203.0.113.7")]
    ip: Option<String>,
    /// The actor's software.
    #[schema(nullable = false)]
    user_agent: Option<String>,
    /// The request.
    #[schema(nullable = false)]
    request_id: Option<String>,
    /// What ties requests of several services together.
    #[schema(nullable = false)]
    correlation_id: Option<String>,
    /// The actor's session.
    #[schema(nullable = false)]
    session_id: Option<String>,
    /// The distributed trace.
    #[schema(nullable = false)]
    trace_id: Option<String>,
    /// The span in it.
    #[schema(nullable = false)]
    span_id: Option<String>,
    /// How the actor proved who they are.
    #[schema(nullable = false)]
    auth_method: Option<String>,
    #[schema(nullable = false)]
    location: Option<Location>,
}

/// Where an address is.
#[derive(Serialize, ToSchema)]
pub(super) struct Location {
    /// The country.
    #[schema(nullable = false)]
    country: Option<String>,
    /// The region in it.
    #[schema(nullable = false)]
    region: Option<String>,
    /// The city in it.
    #[schema(nullable = false)]
    city: Option<String>,
}

/// Why the actor did it.
#[derive(Serialize, ToSchema)]
pub(super) struct Reason {
    /// In words.
    text: String,
    /// The ticket that asked for it.
    #[schema(nullable = false)]
    ticket: Option<String>,
}

/// A producer's own numbering; gaps in it are reported.
#[derive(Serialize, ToSchema)]
pub(super) struct Producer {
    /// The producer.
    id: String,
    /// Its number for this event, at most 2^53.
    sequence: u64,
}

/// The credential that sent an event; the server sets it. Everybody who sees an event sees this.
#[derive(Serialize, ToSchema)]
pub(super) struct Submitter {
    /// `server` of the events by which the server records changes of its own control data.
    #[serde(rename = "type")]
    kind: SubmitterType,
    /// The public id of the credential; `server` has none.
    #[schema(nullable = false, pattern = "^[a-z0-9-]{1,64}$", example = "0123456789abcdef")]
    id: Option<String>,
}

/// What kind of credential sent an event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SubmitterType {
    ApiKey,
    Token,
    User,
    Server,
}

/// A record as another system wrote it. Of a body longer than 32 KiB only its hash and size are kept.
#[derive(Serialize, ToSchema)]
pub(super) struct Raw {
    /// The format's name.
    #[schema(example = "cloudtrail")]
    format: String,
    /// The record's bytes, verbatim.
    #[schema(nullable = false)]
    body: Option<String>,
    /// SHA-256 of a body that was too long to be kept, in hexadecimal.
    #[schema(nullable = false)]
    sha256: Option<String>,
    /// The length of a body that was too long to be kept, in bytes.
    #[schema(nullable = false)]
    size: Option<u64>,
    /// There and true where the body was too long to be kept.
    #[schema(nullable = false)]
    truncated: Option<bool>,
}
