//! Owns the sections of the configuration, their keys and defaults. Units stand last in every name.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::config::Secret;

const MIB: u64 = 1 << 20;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How requests are taken in.
    pub server: ServerSection,
    /// Where and how events are kept on one machine.
    pub storage: StorageSection,
    /// What is logged and how.
    pub log: LogSection,
    /// The keys of the first start.
    pub bootstrap: BootstrapSection,
}

/// How requests are taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSection {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The word in new API keys that says which installation they belong to: `live`, `staging`.
    pub key_environment: String,
    /// How many connections are open at once. A further one gets the place of the one whose client was waited for
    /// longest: to send a request or the rest of it, or to take an answer.
    pub max_connections: NonZeroUsize,
    /// How many API keys of one tenant, and of the system, are neither revoked nor expired at most. As many others are
    /// kept; of further ones the log alone tells.
    pub api_keys_max: NonZeroUsize,
    /// How long a connection may take to send the head of a request, also while it idles between requests.
    pub header_read_timeout_ms: NonZeroU64,
    /// How large the head of a request may be.
    pub header_max_bytes: NonZeroUsize,
    /// How long the body of a request may take to arrive.
    pub body_read_timeout_ms: NonZeroU64,
    /// How long a client may take none of the bytes of its answer before the connection is closed.
    pub answer_write_timeout_ms: NonZeroU64,
    /// How long the answer 401 is held back, so that nobody tries credentials by the thousand.
    pub refusal_delay_ms: NonZeroU64,
    /// How long a request may take in all; verification and reindexing have their own limit.
    pub request_timeout_ms: NonZeroU64,
    /// How many bytes of batches are held in memory at once, half of them for one tenant at most and the last quarter
    /// for tenants without a batch; further batches are read when there is room.
    pub batch_bytes_max: NonZeroU64,
    /// How many bytes of answers are held in memory at once, from before they are made until their clients have taken
    /// them; half of them for one tenant at most, and the last quarter for tenants that hold none. Further large answers
    /// are refused with 429; answers of at most 64 KiB are not.
    pub answer_bytes_max: NonZeroU64,
    /// How long requests and streams in flight may take to finish once the server is told to stop. What is left then is
    /// cut.
    pub shutdown_grace_s: NonZeroU64,
    /// How many queries are answered at once, half of them for one tenant and a quarter for one key at most, and the last
    /// quarter for tenants without one; further ones are refused with 429. A query counts until its answer is taken.
    pub query_concurrency: NonZeroUsize,
    /// How long one query may run.
    pub query_timeout_ms: NonZeroU64,
    /// How many live tails are open at once, half of them for one tenant and a quarter for one key at most, and the last
    /// quarter for tenants without one; further ones are refused with 429.
    pub tail_concurrency: NonZeroUsize,
    /// How many bytes of what is new are held in memory for all live tails together, in equal shares for each tenant
    /// that has some. A reader that has fallen behind them is cut off, and may come again.
    pub tail_bytes_max: NonZeroU64,
    /// After how long a live tail gets a comment.
    pub tail_heartbeat_ms: NonZeroU64,
    /// How long one verification of stored logs, or one reindexing, may run, and wait for its turn.
    pub verify_timeout_ms: NonZeroU64,
    /// How many export jobs make their files at once; the others wait, and tenants take turns.
    pub export_concurrency: NonZeroUsize,
    /// For how long an export job is worked on before a waiting job of another tenant gets its turn.
    pub export_slice_ms: NonZeroU64,
    /// After how long an export job makes durable how far it has come, so that it goes on there after a restart.
    pub export_sync_ms: NonZeroU64,
    /// For how long an export job and its file are kept once it has ended.
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

/// Where and how events are kept on one machine. The server itself does not look at it; the composition root hands it
/// to the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageSection {
    /// The data directory.
    pub data_dir: PathBuf,
    /// After how many events the tail is sealed into a segment.
    pub seal_events: NonZeroU64,
    /// After how many bytes of events the tail is sealed into a segment.
    pub seal_bytes: NonZeroU64,
    /// How many bytes of unsealed events are held in memory before writers are told to wait.
    pub tail_bytes_max: NonZeroU64,
    /// How many bytes of requests may wait to be committed before writers are told to wait.
    pub queue_bytes_max: NonZeroU64,
    /// How large the write-ahead log may grow.
    pub wal_bytes_max: NonZeroU64,
    /// How many bytes of segment data and metadata are cached in memory.
    pub cache_bytes_max: NonZeroU64,
    /// How many bytes of disk must stay free; below that writes are refused and reads go on.
    pub min_free_bytes: u64,
}

impl Default for StorageSection {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            seal_events: nonzero(100_000),
            seal_bytes: nonzero(64 * MIB),
            tail_bytes_max: nonzero(256 * MIB),
            queue_bytes_max: nonzero(32 * MIB),
            wal_bytes_max: nonzero(256 * MIB),
            cache_bytes_max: nonzero(128 * MIB),
            min_free_bytes: 512 * MIB,
        }
    }
}

/// What is logged and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSection {
    /// The form of a line.
    pub format: LogFormat,
    /// A level (`error`, `warn`, `info`, `debug`, `trace`) or a list of `target=level`.
    pub level: String,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".to_owned() }
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people: time, level and message, with colours on a terminal. Requests that succeed are left out unless
    /// `level` is `debug`.
    Pretty,
    /// Pretty where standard output and standard error are a terminal, JSON elsewhere.
    Auto,
}

/// The keys of the first start. Without them the server makes its own.
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
