//! Owns the metrics of this process that the operating system provides, under the names that all Prometheus clients
//! use.

use std::fs;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

/// Queries the system each time the metrics are encoded. Values that the system does not provide, which is all of them
/// except on Linux, are omitted.
#[derive(Debug)]
pub(super) struct ProcessCollector;

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        if let Some(bytes) = resident_bytes() {
            let gauge = ConstGauge::new(bytes);
            let about = About { name: "process_resident_memory_bytes", help: "Memory of this process in use." };
            write(&mut encoder, about, &gauge)?;
        }
        if let Some(files) = open_files() {
            let gauge = ConstGauge::new(files);
            let about = About { name: "process_open_fds", help: "Files and connections that this process has open." };
            write(&mut encoder, about, &gauge)?;
        }
        if let Some(seconds) = processor_seconds() {
            let counter = ConstCounter::new(seconds);
            let about = About { name: "process_cpu_seconds", help: "Processor time that this process has used." };
            write(&mut encoder, about, &counter)?;
        }
        Ok(())
    }
}

/// The name of a metric and its description for operators.
#[derive(Clone, Copy)]
struct About {
    name: &'static str,
    help: &'static str,
}

fn write(encoder: &mut DescriptorEncoder<'_>, about: About, metric: &impl EncodeMetric) -> Result<(), std::fmt::Error> {
    metric.encode(encoder.encode_descriptor(about.name, about.help, None, metric.metric_type())?)
}

fn resident_bytes() -> Option<i64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let kib: i64 =
        text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// Excludes the descriptor that is open for the count itself.
fn open_files() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1)).ok()
}

fn processor_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may contain any character; user and system time are the 12th and 13th fields after it.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<u32>().ok()? + fields.next()?.parse::<u32>().ok()?;
    // Linux reports these times in hundredths of a second on every architecture.
    Some(f64::from(ticks) / 100.0)
}
