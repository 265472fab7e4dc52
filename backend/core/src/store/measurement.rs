//! Measurements that a store exposes without knowing who publishes them.

/// Which way a number may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasurementKind {
    /// Only up, from 0 at start.
    Counter,
    /// Up and down.
    Gauge,
}

/// One number a store tells about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Snake case with the unit last, without the product's prefix: `tail_bytes`. Counters carry no `_total`.
    pub name: &'static str,
    /// One sentence for operators.
    pub help: &'static str,
    /// Which way it may go.
    pub kind: MeasurementKind,
    /// Its value now.
    pub value: f64,
}

/// Tells numbers about itself. Names and order never change between calls.
pub trait Observe: Send + Sync + 'static {
    /// The numbers now. Cheap enough to be asked every second.
    fn measurements(&self) -> Vec<Measurement>;
}
