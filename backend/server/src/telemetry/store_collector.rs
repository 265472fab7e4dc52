//! Exposes a store's metrics among the server's Prometheus metrics, so that the store need not depend on Prometheus.

use std::{fmt, sync::Arc};

use auditlog_core::store::{MeasurementKind, Observe};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

/// Queries the store each time the metrics are encoded.
pub(super) struct StoreCollector {
    store: Arc<dyn Observe>,
}

impl StoreCollector {
    pub(super) fn new(store: Arc<dyn Observe>) -> Self {
        Self { store }
    }
}

impl fmt::Debug for StoreCollector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StoreCollector").finish_non_exhaustive()
    }
}

impl Collector for StoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for measurement in self.store.measurements() {
            let name = format!("store_{}", measurement.name);
            match measurement.kind {
                MeasurementKind::Counter => {
                    write(&mut encoder, &name, measurement.help, &ConstCounter::new(measurement.value))?;
                }
                MeasurementKind::Gauge => {
                    write(&mut encoder, &name, measurement.help, &ConstGauge::new(measurement.value))?;
                }
            }
        }
        Ok(())
    }
}

fn write(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    let metric_encoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
    metric.encode(metric_encoder)
}
