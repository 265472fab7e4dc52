//! The limits of event v1. docs/spec/event-v1.md lists them for clients. Every length is counted in UTF-8 bytes of the
//! value itself, after unescaping. Beyond the limits of the first part an event or a batch is refused; beyond those of
//! the second the value is adjusted.

/// The JSON text of one event, as sent.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Events in one batch.
pub const BATCH_EVENTS_MAX: usize = 1_000;
/// The JSON text of one batch, decompressed. The reader of the request body enforces it.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Violations reported for one event; further ones are not reported.
pub const VIOLATIONS_MAX: usize = 32;

/// How far `occurred_at` may lie ahead of the receipt.
pub const AHEAD_HOURS_MAX: i64 = 24;
/// The canonical text of what a producer sent. Beyond it an event loses `raw.body`, the values of `changes`,
/// `attributes` and `metadata`, in this order.
pub const KEPT_BYTES_MAX: usize = 256 * 1024;
/// `external_id`, `action`, types and the names of services and formats.
pub const NAME_BYTES_MAX: usize = 256;
/// Ids, and every string that has no limit of its own.
pub const TEXT_BYTES_MAX: usize = 1024;
/// `url` and `user_agent`.
pub const LONG_TEXT_BYTES_MAX: usize = 2 * 1024;
/// `message`.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024;
/// `raw.body`.
pub const RAW_BODY_BYTES_MAX: usize = 128 * 1024;
/// The RFC 8785 text of a change's `old` or `new`.
pub const CHANGE_VALUE_BYTES_MAX: usize = 8 * 1024;

/// A name in `metadata` or `attributes`.
pub const OPEN_NAME_BYTES_MAX: usize = 256;
/// A string in `metadata` or `attributes`.
pub const OPEN_TEXT_BYTES_MAX: usize = 8 * 1024;
/// The RFC 8785 text of `metadata` or `attributes`.
pub const OPEN_BYTES_MAX: usize = 32 * 1024;
/// Levels of lists and objects in `metadata` or `attributes`, the object itself included.
pub const OPEN_LEVELS_MAX: usize = 8;
/// Values in `metadata`.
pub const METADATA_VALUES_MAX: usize = 256;
/// Values in `attributes`.
pub const ATTRIBUTES_VALUES_MAX: usize = 64;

/// Groups of an actor.
pub const GROUPS_COUNT_MAX: usize = 32;
/// Actors in `on_behalf_of`.
pub const ON_BEHALF_OF_COUNT_MAX: usize = 8;
/// Targets.
pub const TARGETS_COUNT_MAX: usize = 32;
/// Changes.
pub const CHANGES_COUNT_MAX: usize = 64;

/// Adjustments.
pub const ADJUSTMENTS_COUNT_MAX: usize = 64;
/// The RFC 8785 text of all adjustments: 64 of the longest would be as long as a hundred ordinary events.
pub const ADJUSTMENTS_BYTES_MAX: usize = 16 * 1024;
/// `original` of an adjustment.
pub const ORIGINAL_BYTES_MAX: usize = 256;
/// `pointer` of an adjustment.
pub const POINTER_BYTES_MAX: usize = 1024;

/// The canonical text of a stored event. One that has more than 256 KiB without its adjustments consists of texts that
/// are printed as short as they were sent or shorter, and of what the server adds to them.
pub const STORED_EVENT_BYTES_MAX: usize = EVENT_BYTES_MAX + ADJUSTMENTS_BYTES_MAX + SET_BYTES_MAX;
/// What the server adds to what was sent: its own members, defaults, and the hash of a record that it has removed. It
/// is some 1,200 bytes at most.
const SET_BYTES_MAX: usize = 4 * 1024;
