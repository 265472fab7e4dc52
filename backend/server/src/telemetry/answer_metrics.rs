//! Owns the numbers of answers that are in flight.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// The numbers of answers that are in flight.
#[derive(Debug, Default)]
pub(crate) struct AnswerMetrics {
    bytes: Gauge,
    room_bytes: Gauge,
    refused: Counter,
}

impl AnswerMetrics {
    /// Starts at zero.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "answer_bytes",
            "Bytes of complete answers that are made and not sent yet",
            metrics.bytes.clone(),
        );
        registry.register(
            "answer_room_bytes",
            "Bytes reserved for large answers and for streams, at most answer_bytes_max",
            metrics.room_bytes.clone(),
        );
        registry.register(
            "answers_refused",
            "Answers refused because the memory for answers is full",
            metrics.refused.clone(),
        );
        metrics
    }

    /// Where the bytes of complete answers are counted.
    pub(crate) const fn bytes(&self) -> &Gauge {
        &self.bytes
    }

    /// Where reserved bytes are shown.
    pub(crate) fn room_bytes(&self) -> Gauge {
        self.room_bytes.clone()
    }

    /// Counts an answer that was refused.
    pub(crate) fn count_refused(&self) {
        self.refused.inc();
    }
}
