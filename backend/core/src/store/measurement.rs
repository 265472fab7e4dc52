//! Measurements that a store exposes without knowing who publishes them.

/// How a number may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasurementKind {
    /// Only up, from 0 at start.
    Counter,
    /// Up and down.
    Gauge,
}

/// One measurement of a store.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Snake case with the unit last, without the product's prefix: `tail_bytes`. Counters carry no `_total`.
    pub name: &'static str,
    /// One sentence for operators.
    pub help: &'static str,
    /// How it may change.
    pub kind: MeasurementKind,
    /// Its value now.
    pub value: f64,
}

/// Exposes measurements. Names and order never change between calls.
pub trait Observe: Send + Sync + 'static {
    /// The current measurements. Cheap enough to be called every second.
    fn measurements(&self) -> Vec<Measurement>;
}
