//! Owns the parsing of `/metrics`: Prometheus text, as far as hammer needs it.

use crate::api::{Address, Call, Client, Credential};

/// The metrics of a server.
#[derive(Debug, Clone, Default)]
pub struct Metrics(String);

impl Metrics {
    /// Requests them. Empty if the server does not answer.
    pub async fn ask(address: Address) -> Self {
        let answer = Client::new(address).call(&Credential::none(), Call::get("/metrics")).await;
        Self(answer.map(|answer| String::from_utf8_lossy(&answer.body).into_owned()).unwrap_or_default())
    }

    /// Whether the server did not answer.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sum over all labels of the metric with this name; 0 if it is absent.
    #[must_use]
    pub fn sum(&self, name: &str) -> f64 {
        self.0
            .lines()
            .filter_map(|line| {
                let rest = line.strip_prefix(name)?;
                let named = rest.starts_with('{') || rest.starts_with(' ');
                named.then(|| rest.rsplit(' ').next()?.parse::<f64>().ok())?
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_over_labels_and_ignores_longer_names() {
        let metrics = Metrics("# HELP a b\na{x=\"1\"} 2\na{x=\"2\"} 3.5\nab 7\nc 1\n".to_owned());
        assert!((metrics.sum("a") - 5.5).abs() < f64::EPSILON);
        assert!(metrics.sum("d").abs() < f64::EPSILON);
    }
}
