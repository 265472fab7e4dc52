//! Owns one server process.

use std::{
    fmt,
    fs::OpenOptions,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    api::{Address, Call, Client, Credential},
    server::Keys,
};

/// How often a starting server is polled for readiness, and a stopping one for its end.
const POLL: Duration = Duration::from_millis(2);
/// A server that used less than this share of a core over [`QUIET_WINDOW`] has nothing left to seal or compact.
const QUIET_SECONDS: f64 = 0.03;
const QUIET_WINDOW: Duration = Duration::from_secs(2);

/// How to start a server.
#[derive(Debug, Clone)]
pub struct ServerPlan {
    /// The `auditlog` binary.
    pub binary: PathBuf,
    /// The data directory.
    pub data_dir: PathBuf,
    /// The keys of its first start; without them it creates its own.
    pub keys: Option<Keys>,
    /// The file for the keys of its first start.
    pub bootstrap_file: PathBuf,
    /// The file to which its output is appended.
    pub log_file: PathBuf,
    /// Environment variables of its configuration.
    pub settings: Vec<(&'static str, String)>,
}

/// Why a server did not become ready.
#[derive(Debug)]
pub enum StartError {
    /// The process cannot be started or watched.
    Process(io::Error),
    /// It ended by itself; the text is the end of its output.
    Exited(ExitStatus, String),
    /// It is running but did not become ready in time.
    TimedOut(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(error) => write!(formatter, "the server cannot be started: {error}"),
            Self::Exited(status, output) => write!(formatter, "the server ended with {status}: {output}"),
            Self::TimedOut(output) => write!(formatter, "the server did not become ready: {output}"),
        }
    }
}

impl std::error::Error for StartError {}

/// A running server. Killed when it is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    address: Address,
    log_file: PathBuf,
    started: Instant,
}

impl ServerProcess {
    /// Starts the process without waiting for it.
    pub fn spawn(plan: &ServerPlan) -> io::Result<Self> {
        Self::spawn_at(plan, Address(free_address()?))
    }

    /// The same at the address of an earlier process, for clients that keep using it.
    pub fn spawn_at(plan: &ServerPlan, address: Address) -> io::Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(&plan.log_file)?;
        let started = Instant::now();
        let child = Command::new(&plan.binary)
            .arg("serve")
            .arg("--data-dir")
            .arg(&plan.data_dir)
            .args(["--listen", &address.0.to_string()])
            .arg("--bootstrap-file")
            .arg(&plan.bootstrap_file)
            .envs(plan.keys.iter().flat_map(Keys::settings))
            .envs(plan.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        Ok(Self { child, address, log_file: plan.log_file.clone(), started })
    }

    /// The address at which it listens.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it reports that it is ready, and returns the time since its start.
    pub async fn ready(&mut self, limit: Duration) -> Result<Duration, StartError> {
        let mut client = Client::new(self.address);
        loop {
            let answer = client.call(&Credential::none(), Call::get("/health/ready")).await;
            if answer.is_ok_and(|answer| answer.status.is_success()) {
                return Ok(self.started.elapsed());
            }
            if let Some(status) = self.child.try_wait().map_err(StartError::Process)? {
                return Err(StartError::Exited(status, self.last_output()));
            }
            if self.started.elapsed() > limit {
                return Err(StartError::TimedOut(self.last_output()));
            }
            sleep(POLL).await;
        }
    }

    /// Waits until it has been idle for a while, and returns when that began.
    pub async fn quiet(&self) -> Instant {
        loop {
            let since = Instant::now();
            let before = processor_seconds(self.id()).unwrap_or(0.0);
            // Idleness is the absence of events, so there is nothing else to wait for.
            sleep(QUIET_WINDOW).await;
            if processor_seconds(self.id()).unwrap_or(0.0) - before < QUIET_SECONDS {
                return since;
            }
        }
    }

    /// Its exit status, if it ended by itself.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// The end of its output.
    #[must_use]
    pub fn last_output(&self) -> String {
        let text = std::fs::read_to_string(&self.log_file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(12).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Kills it with SIGKILL and waits until the process is gone.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Stops it with SIGTERM and waits for it.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        self.terminate()?;
        self.child.wait()
    }

    /// The same for a server that may hang: it is killed after the limit, and has no status.
    pub async fn stop_within(mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        self.terminate()?;
        let asked = Instant::now();
        while asked.elapsed() < limit {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            sleep(POLL).await;
        }
        Ok(None)
    }

    fn terminate(&self) -> io::Result<()> {
        // The shell's builtin `kill` exists wherever a shell exists.
        Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status().map(drop)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // A process that has already ended cannot be killed, which is the wanted state.
        let _ = self.kill();
    }
}

/// An address at which no process listens now.
///
/// Each start gets its own loopback address if the system has more than one. With 127.0.0.1 alone, the port would be
/// free until the server binds it, and over thousands of starts another server or a connection takes it first.
fn free_address() -> io::Result<SocketAddr> {
    static STARTS: AtomicU32 = AtomicU32::new(0);
    if !cfg!(target_os = "linux") {
        return TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr();
    }
    // Concurrent processes begin at different addresses. 127.0.0.0, 127.0.0.1 and 127.255.255.255 are excluded.
    let number = std::process::id().wrapping_mul(4_099).wrapping_add(STARTS.fetch_add(1, Ordering::Relaxed));
    let host = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + 1 + number % 0x00ff_fffd);
    TcpListener::bind((host, 0))?.local_addr()
}

/// The processor time a process has used, from `/proc`. `None` where that cannot be read.
#[must_use]
pub fn processor_seconds(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything; user and system time are the 12th and 13th fields behind it.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u32 = fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?;
    // Linux shows these times in hundredths of a second on every architecture.
    Some(f64::from(ticks) / 100.0)
}

/// The bytes that a process has passed to the kernel for writing to disks, from `/proc`.
#[must_use]
pub fn written_bytes(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/io")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("write_bytes: "))?.parse().ok()
}

/// The processor time that everything on this machine has used, in seconds of one core.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "it takes millions of years to use 2^53 ticks")]
pub fn machine_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let fields: Vec<u64> = text.lines().next()?.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    // User, nice, system, idle, waiting, interrupts, soft interrupts, stolen: all but idle and waiting.
    let busy = fields.iter().enumerate().filter(|(place, _)| matches!(place, 0..=2 | 5..=7));
    Some(busy.map(|(_, &ticks)| ticks).sum::<u64>() as f64 / 100.0)
}

/// The resident memory of a process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// Now, in KiB.
    pub resident_kib: u64,
    /// The maximum so far, in KiB.
    pub highest_kib: u64,
}

/// The memory of a process, from `/proc`.
#[must_use]
pub fn memory_of(process: u32) -> Option<Memory> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some(Memory { resident_kib: value("VmRSS:")?, highest_kib: value("VmHWM:")? })
}
