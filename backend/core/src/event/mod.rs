//! Event v1: its data model, its parser and validator, and its canonical form. docs/spec/event-v1.md is the
//! specification.
//!
//! An [`Event`] comes from two places only: the parser, which enforces every rule, and the store, which keeps what the
//! parser accepted. All other code may rely on that.

mod adjust;
pub mod canonical;
mod category;
mod draft;
mod group;
mod json_text;
mod json_value;
pub mod limits;
mod member_names;
mod model;
mod parse;
mod present;
mod salt_source;
mod submission;
mod text_bytes;
pub mod violation;

pub(crate) use adjust::address_of;
pub use adjust::{Adjustment, AdjustmentCode, Adjustments};
pub use draft::EventDraft;
pub use group::Group;
pub use json_text::JsonText;
pub use json_value::{JsonObject, JsonValue, JsonValueError};
pub use model::{
    Actor, ActorType, Category, Change, ChangeOperation, Context, Event, Location, Outcome, OutcomeStatus, Producer,
    Raw, RawCut, Reason, SKEW_MICROS_MAX, Severity, Source, StoredEvent, SubmitterType, Target,
};
pub use parse::{
    BatchError, BatchFormat, ParseErrors, ParsedEvent, parse_adjustments, parse_batch, parse_canonical, parse_event,
};
pub use present::{Visibility, write_json, write_json_with};
pub use salt_source::{SALT_BYTES, SaltSource};
pub use submission::{RESERVED_SERVICE, Submission, Submitter};
pub use violation::Violation;
