//! Owns the metrics of requests, events and queries, and their encoding for Prometheus.

use std::{sync::Arc, time::Duration};

use auditlog_core::store::{Observe, QueryError};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::telemetry::{
    answer_metrics::AnswerMetrics, export_metrics::ExportMetrics, process_collector::ProcessCollector,
    store_collector::StoreCollector, tail_metrics::TailMetrics,
};

/// The upper bounds of the latency buckets, in seconds.
const LATENCY_BUCKETS: [f64; 16] =
    [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct IngestLabels {
    outcome: IngestOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueryLabels {
    kind: QueryKind,
    outcome: QueryOutcome,
}

/// The outcome for an event that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum IngestOutcome {
    /// The event was stored.
    Stored,
    /// The event had been stored before.
    Duplicate,
    /// The event violates a rule, or another event has its id.
    Rejected,
}

/// The kind of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum QueryKind {
    /// One event by its id.
    Get,
    /// A page of events.
    List,
    /// The number of matching events.
    Count,
    /// An aggregation by value and time.
    Aggregate,
    /// A piece of an export, streamed or in the background.
    Scan,
}

/// How a query ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
enum QueryOutcome {
    Answered,
    Refused,
    Timeout,
    Cancelled,
    Failed,
}

/// The server's metrics.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabels, Histogram>,
    in_flight: Gauge,
    events: Family<IngestLabels, Counter>,
    queries: Family<QueryLabels, Counter>,
    answers: AnswerMetrics,
    tails: TailMetrics,
    exports: ExportMetrics,
}

impl Metrics {
    /// Registers the metrics, starting at zero except for those of the store.
    pub(crate) fn new(store: Arc<dyn Observe>) -> Self {
        let mut every = Registry::default();
        every.register_collector(Box::new(ProcessCollector));
        let registry = every.sub_registry_with_prefix("auditlog");
        let requests = Family::default();
        registry.register("http_requests", "HTTP requests answered", Family::clone(&requests));
        let latency: Family<RouteLabels, Histogram> = Family::new_with_constructor(|| Histogram::new(LATENCY_BUCKETS));
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to the head of its answer",
            Unit::Seconds,
            latency.clone(),
        );
        let in_flight = Gauge::default();
        registry.register("http_requests_in_flight", "HTTP requests being answered", in_flight.clone());
        let events = Family::default();
        registry.register("events", "Events sent, by outcome", Family::clone(&events));
        let queries = Family::default();
        registry.register("queries", "Queries, by kind and outcome", Family::clone(&queries));
        let answers = AnswerMetrics::new(registry);
        let tails = TailMetrics::new(registry);
        let exports = ExportMetrics::new(registry);
        registry.register_collector(Box::new(StoreCollector::new(store)));
        Self { registry: every, requests, latency, in_flight, events, queries, answers, tails, exports }
    }

    /// The metrics of answers in flight.
    pub(crate) const fn answers(&self) -> &AnswerMetrics {
        &self.answers
    }

    /// The metrics of live tails.
    pub(crate) const fn tails(&self) -> &TailMetrics {
        &self.tails
    }

    /// The metrics of export jobs.
    pub(crate) const fn exports(&self) -> &ExportMetrics {
        &self.exports
    }

    /// The metrics in the OpenMetrics text format.
    pub(crate) fn print(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Counts a request as in flight until the returned guard is dropped.
    pub(crate) fn begin_request(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts an answer.
    pub(crate) fn count_request(&self, method: &'static str, route: &str, status: u16, latency: Duration) {
        let route = route.to_owned();
        let by_route = RouteLabels { method, route: route.clone() };
        self.latency.get_or_create(&by_route).observe(latency.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    }

    /// Counts events that were sent.
    pub(crate) fn count_events(&self, outcome: IngestOutcome, events: u64) {
        if events > 0 {
            self.events.get_or_create(&IngestLabels { outcome }).inc_by(events);
        }
    }

    /// Counts a query.
    pub(crate) fn count_query<T>(&self, kind: QueryKind, result: &Result<T, QueryError>) {
        let outcome = match result {
            Ok(_) => QueryOutcome::Answered,
            Err(QueryError::TooManyGroups) => QueryOutcome::Refused,
            Err(QueryError::DeadlineExceeded) => QueryOutcome::Timeout,
            Err(QueryError::Cancelled) => QueryOutcome::Cancelled,
            Err(QueryError::Corrupted(_) | QueryError::Unavailable(_)) => QueryOutcome::Failed,
        };
        self.queries.get_or_create(&QueryLabels { kind, outcome }).inc();
    }
}

/// A request that is being answered.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
