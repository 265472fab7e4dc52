//! Owns the metrics of answers in flight.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// The metrics of answers in flight.
#[derive(Debug, Default)]
pub(crate) struct AnswerMetrics {
    bytes: Gauge,
    room_bytes: Gauge,
    refused: Counter,
}

impl AnswerMetrics {
    /// Registers the metrics, starting at zero.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "answer_bytes",
            "Bytes of complete answers that are made but not sent yet",
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

    /// The gauge of the bytes of complete answers.
    pub(crate) const fn bytes(&self) -> &Gauge {
        &self.bytes
    }

    /// The gauge of reserved bytes.
    pub(crate) fn room_bytes(&self) -> Gauge {
        self.room_bytes.clone()
    }

    /// Counts a refused answer.
    pub(crate) fn count_refused(&self) {
        self.refused.inc();
    }
}
