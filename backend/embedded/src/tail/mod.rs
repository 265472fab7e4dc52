//! Owns the events that are committed and not sealed yet, and how readers see them together with the sealed ones.
//!
//! Only the writer thread changes anything here. A reader takes one tenant's [`LogView`], which never changes again.
//! This module knows neither how batches become durable nor how segments are written.

mod batch;
mod join;
mod log_view;
mod published;
mod rows;

pub(crate) use batch::TailBatch;
pub(crate) use join::push_joined;
pub(crate) use log_view::{LogView, SegmentPart};
pub(crate) use published::Published;
pub(crate) use rows::{RowGroups, Rows};
