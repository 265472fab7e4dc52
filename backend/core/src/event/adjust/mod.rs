//! The adjusting step: it brings the content of an event within the rules of event v1 and records what it did, so that
//! no value that an end user or a foreign system can choose keeps an event out.
//!
//! The parser calls it for every value that it reads. The rules are the limits of `event::limits` and the table of
//! [`AdjustmentCode`]; docs/spec/event-v1.md lists both. Adjusting an adjusted value changes nothing. This module knows
//! neither JSON readers nor the fields of an event.

mod address;
mod adjustment;
mod cut;
mod notes;
mod size;
mod tree;

pub(super) use adjustment::AdjustmentCollector;
pub use adjustment::{Adjustment, AdjustmentCode, Adjustments};

pub(crate) use address::address_of;
pub(super) use address::{SentAddress, parse_address};
pub(super) use cut::{Cut, cut_json_text, cut_pointer, cut_text, whole_of};
pub(super) use notes::Notes;
pub(super) use size::fit_event;
pub(super) use tree::{TreeLimits, fit_object};
