//! Owns the sections of the configuration, their keys and defaults. Names of keys end with their unit.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::{NonZeroU64, NonZeroUsize},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::config::Secret;

const MIB: u64 = 1 << 20;

/// The whole configuration. The section of the store, `S`, is defined by the store's crate; the composition root names
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, bound(deserialize = "S: Deserialize<'de> + Default"))]
pub struct Config<S> {
    /// Limits and timeouts of HTTP requests.
    pub server: ServerSection,
    /// The store. The server merges and validates this section, and does not read it.
    pub storage: S,
    /// Logging.
    pub log: LogSection,
    /// The keys of the first start.
    pub bootstrap: BootstrapSection,
}

/// Limits and timeouts of HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSection {
    /// The address to listen on; port 0 selects a free port.
    pub listen: SocketAddr,
    /// The word in new API keys that identifies the installation: `live`, `staging`.
    pub key_environment: String,
    /// The maximum number of open connections. A further connection replaces the one that has waited longest for its
    /// client: to send a request or the rest of it, or to read an answer.
    pub max_connections: NonZeroUsize,
    /// The maximum number of API keys of one tenant, or of the system, that are neither revoked nor expired. The same
    /// number of ended keys is kept; older ones remain only in the log.
    pub api_keys_max: NonZeroUsize,
    /// The timeout for the head of a request, which also applies while a connection is idle between requests.
    pub header_read_timeout_ms: NonZeroU64,
    /// The maximum size of the head of a request.
    pub header_max_bytes: NonZeroUsize,
    /// The timeout for the body of a request.
    pub body_read_timeout_ms: NonZeroU64,
    /// The time after which a connection is closed if its client reads no bytes of the answer.
    pub answer_write_timeout_ms: NonZeroU64,
    /// The delay before the answer 401, which limits the rate at which credentials can be guessed.
    pub refusal_delay_ms: NonZeroU64,
    /// The timeout of a whole request; verification and reindexing have their own.
    pub request_timeout_ms: NonZeroU64,
    /// The maximum size of batches and of events above 64 KiB held in memory, at most half of it for one tenant and the
    /// last quarter for tenants without any; further ones are read when memory becomes free.
    pub batch_bytes_max: NonZeroU64,
    /// The maximum size of answers held in memory, from before they are made until their clients have read them; at
    /// most half of it for one tenant, and the last quarter for tenants that hold none. Further large answers are
    /// refused with 429; answers of at most 64 KiB are not.
    pub answer_bytes_max: NonZeroU64,
    /// The time that requests and streams in flight may take to finish when the server stops. The remaining ones are
    /// aborted.
    pub shutdown_grace_s: NonZeroU64,
    /// The maximum number of concurrent queries, at most half of them for one tenant and a quarter for one key, and the
    /// last quarter for tenants without one; further ones are refused with 429. A query counts until its client has
    /// read the answer.
    pub query_concurrency: NonZeroUsize,
    /// The timeout of a query.
    pub query_timeout_ms: NonZeroU64,
    /// The maximum number of open live tails, at most half of them for one tenant and a quarter for one key, and the
    /// last quarter for tenants without one; further ones are refused with 429.
    pub tail_concurrency: NonZeroUsize,
    /// The maximum size of new events held in memory for all live tails together, in equal shares for each tenant with
    /// open tails. A reader that falls behind these events is disconnected and may resume.
    pub tail_bytes_max: NonZeroU64,
    /// The interval of the heartbeat comments of a live tail.
    pub tail_heartbeat_ms: NonZeroU64,
    /// The timeout of a verification or a reindexing, and also of its wait for its turn.
    pub verify_timeout_ms: NonZeroU64,
    /// The maximum number of export jobs in progress; further jobs wait, and tenants take turns.
    pub export_concurrency: NonZeroUsize,
    /// How long an export job runs before a waiting job of another tenant gets its turn.
    pub export_slice_ms: NonZeroU64,
    /// How often an export job makes its progress durable, from which it resumes after a restart.
    pub export_sync_ms: NonZeroU64,
    /// How long an export job and its file are kept after it has ended.
    pub export_retention_ms: NonZeroU64,
}

impl Default for ServerSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            key_environment: "live".to_owned(),
            max_connections: count(4_096),
            api_keys_max: count(1_000),
            header_read_timeout_ms: nonzero(30_000),
            header_max_bytes: count(32 * 1_024),
            body_read_timeout_ms: nonzero(30_000),
            answer_write_timeout_ms: nonzero(30_000),
            refusal_delay_ms: nonzero(250),
            request_timeout_ms: nonzero(60_000),
            batch_bytes_max: nonzero(128 * MIB),
            answer_bytes_max: nonzero(128 * MIB),
            shutdown_grace_s: nonzero(20),
            query_concurrency: count(32),
            query_timeout_ms: nonzero(10_000),
            tail_concurrency: count(256),
            tail_bytes_max: nonzero(64 * MIB),
            tail_heartbeat_ms: nonzero(15_000),
            verify_timeout_ms: nonzero(600_000),
            export_concurrency: count(1),
            export_slice_ms: nonzero(5_000),
            export_sync_ms: nonzero(5_000),
            export_retention_ms: nonzero(7 * 24 * 3_600_000),
        }
    }
}

impl ServerSection {
    /// `header_read_timeout_ms` as a duration.
    #[must_use]
    pub fn header_read_timeout(&self) -> Duration {
        Duration::from_millis(self.header_read_timeout_ms.get())
    }

    /// `body_read_timeout_ms` as a duration.
    #[must_use]
    pub fn body_read_timeout(&self) -> Duration {
        Duration::from_millis(self.body_read_timeout_ms.get())
    }

    /// `answer_write_timeout_ms` as a duration.
    #[must_use]
    pub fn answer_write_timeout(&self) -> Duration {
        Duration::from_millis(self.answer_write_timeout_ms.get())
    }

    /// `refusal_delay_ms` as a duration.
    #[must_use]
    pub fn refusal_delay(&self) -> Duration {
        Duration::from_millis(self.refusal_delay_ms.get())
    }

    /// `request_timeout_ms` as a duration.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms.get())
    }

    /// `shutdown_grace_s` as a duration.
    #[must_use]
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace_s.get())
    }

    /// `query_timeout_ms` as a duration.
    #[must_use]
    pub fn query_timeout(&self) -> Duration {
        Duration::from_millis(self.query_timeout_ms.get())
    }

    /// `tail_heartbeat_ms` as a duration.
    #[must_use]
    pub fn tail_heartbeat(&self) -> Duration {
        Duration::from_millis(self.tail_heartbeat_ms.get())
    }

    /// `verify_timeout_ms` as a duration.
    #[must_use]
    pub fn verify_timeout(&self) -> Duration {
        Duration::from_millis(self.verify_timeout_ms.get())
    }

    /// `export_slice_ms` as a duration.
    #[must_use]
    pub fn export_slice(&self) -> Duration {
        Duration::from_millis(self.export_slice_ms.get())
    }

    /// `export_sync_ms` as a duration.
    #[must_use]
    pub fn export_sync(&self) -> Duration {
        Duration::from_millis(self.export_sync_ms.get())
    }

    /// `export_retention_ms` as a duration.
    #[must_use]
    pub fn export_retention(&self) -> Duration {
        Duration::from_millis(self.export_retention_ms.get())
    }
}

/// Logging.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSection {
    /// The format of a log line.
    pub format: LogFormat,
    /// A level (`error`, `warn`, `info`, `debug`, `trace`) or a list of `target=level`.
    pub level: String,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".to_owned() }
    }
}

/// The format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// Human-readable: time, level and message, with colours on a terminal. Successful requests are left out unless
    /// `level` is `debug`.
    Pretty,
    /// Pretty if standard output and standard error are a terminal, otherwise JSON.
    Auto,
}

/// The keys of the first start. If they are not set, the server generates keys.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BootstrapSection {
    /// The key of tenant `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_key: Option<Secret>,
    /// The system key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_key: Option<Secret>,
}

/// A default that is not zero; zero reads as one.
fn count(value: usize) -> NonZeroUsize {
    NonZeroUsize::new(value).unwrap_or(NonZeroUsize::MIN)
}

/// A default that is not zero; zero reads as one.
fn nonzero(value: u64) -> NonZeroU64 {
    NonZeroU64::new(value).unwrap_or(NonZeroU64::MIN)
}
