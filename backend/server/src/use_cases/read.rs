//! Owns what use cases that read events need.

use std::sync::Arc;

use auditlog_core::{clock::Clock, store::EventStore};

use crate::{
    export::LogReader,
    limits::{AnswerMemory, QuerySlots, TailSlots},
    standing::StandingChecks,
    tail::Tails,
    telemetry::Metrics,
    use_cases::CursorSecret,
};

/// The services that read events. Cheap to clone: all clones share one state.
#[derive(Clone)]
pub(crate) struct ReadServices {
    pub(crate) events: Arc<dyn EventStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) checks: StandingChecks,
    pub(crate) cursor_secret: CursorSecret,
    pub(crate) query_slots: QuerySlots,
    pub(crate) tail_slots: TailSlots,
    pub(crate) answer_memory: AnswerMemory,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tails: Tails,
    pub(crate) log: LogReader,
}
