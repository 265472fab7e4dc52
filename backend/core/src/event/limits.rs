//! The limits of event v1. docs/spec/event-v1.md lists them for clients. Every length is counted in UTF-8 bytes of the
//! value itself, after unescaping.

/// The JSON text of one event, as sent.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;
/// Events in one batch.
pub const BATCH_EVENTS_MAX: usize = 1_000;
/// The JSON text of one batch, decompressed. The reader of the request body enforces it.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Violations reported for one event; further ones are not reported.
pub const VIOLATIONS_MAX: usize = 32;
/// How far `occurred_at` may lie ahead of the receipt.
pub const AHEAD_HOURS_MAX: i64 = 24;

/// `tenant_id` and `action`.
pub const SHORT_NAME_BYTES_MAX: usize = 128;
/// Ids, types and the names of services.
pub const ID_BYTES_MAX: usize = 256;
/// Every string that has no limit of its own.
pub const TEXT_BYTES_MAX: usize = 1024;
/// `url` and `user_agent`.
pub const LONG_TEXT_BYTES_MAX: usize = 2 * 1024;
/// `message`.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024;
/// `raw.body`; of a longer one only hash and size are kept.
pub const RAW_BODY_BYTES_MAX: usize = 32 * 1024;
/// The RFC 8785 text of a change's `old` or `new`.
pub const CHANGE_VALUE_BYTES_MAX: usize = 4 * 1024;
/// A name in `metadata` or `attributes`.
pub const ATTRIBUTE_NAME_BYTES_MAX: usize = 64;
/// A string in `metadata` or `attributes`.
pub const ATTRIBUTE_VALUE_BYTES_MAX: usize = 1024;

/// Names in `metadata`.
pub const METADATA_COUNT_MAX: usize = 64;
/// Names in `attributes`.
pub const ATTRIBUTES_COUNT_MAX: usize = 32;
/// Groups of an actor.
pub const GROUPS_COUNT_MAX: usize = 32;
/// Actors in `on_behalf_of`.
pub const ON_BEHALF_OF_COUNT_MAX: usize = 8;
/// Targets.
pub const TARGETS_COUNT_MAX: usize = 32;
/// Changes.
pub const CHANGES_COUNT_MAX: usize = 64;
