//! Owns the description of the machine on which a figure was measured.

use std::{fmt, fs, path::Path, process::Command, thread};

use serde::Serialize;

/// The machine and the versions.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    cores: usize,
    processor: String,
    memory_gib: u64,
    kernel: String,
    disk: String,
    server: String,
}

impl Machine {
    /// Describes this machine.
    #[must_use]
    pub fn look(work_dir: &Path, server_binary: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let kib: u64 = memory.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
        Self {
            cores: thread::available_parallelism().map_or(1, Into::into),
            processor: field(&read("/proc/cpuinfo"), "model name"),
            memory_gib: kib.div_ceil(1 << 20),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            disk: disk(work_dir),
            server: output(Command::new(server_binary).arg("--version")),
        }
    }
}

/// The device and file system of a directory.
fn disk(directory: &Path) -> String {
    let listed = output(Command::new("df").args(["-T", "--output=source,fstype"]).arg(directory));
    let listed = if listed.is_empty() { output(Command::new("df").arg("-T").arg(directory)) } else { listed };
    listed.lines().last().unwrap_or_default().split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn output(command: &mut Command) -> String {
    command.output().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}; {} cores ({}), {} GiB, Linux {}, disk {}",
            self.server, self.cores, self.processor, self.memory_gib, self.kernel, self.disk
        )
    }
}
