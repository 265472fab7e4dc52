//! Owns durability: a bounded queue, one writer thread that puts several waiting requests into one commit, and the
//! thread that keeps the write-ahead log short.
//!
//! Everything that changes the ledger or what readers see goes through the writer, one job after the other: requests,
//! changes of control data, and the results of sealing, compaction and reindexing.

mod checkpointer;
mod clock_reset;
mod control_job;
mod decide;
mod draft;
mod ids;
mod job;
mod queue;
mod segments_job;
mod thread_writes;
mod writer;

pub(crate) use checkpointer::Checkpointer;
pub(crate) use clock_reset::ClockReset;
pub(crate) use decide::Probed;
pub(crate) use draft::Draft;
pub(crate) use ids::TailIds;
pub(crate) use job::{Append, Claim, ControlJob, FrozenLog, FrozenTail, Job, NewSegment, Reply, SegmentChange};
pub(crate) use queue::{Queue, QueueLimits};
pub(crate) use segments_job::parts_by_tenant;
pub(crate) use writer::{Log, Writer};
