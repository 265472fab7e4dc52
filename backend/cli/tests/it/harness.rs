//! Starts servers, runs commands, and cleans both up.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The place of one installation: data directory, keys, the user's state.
pub(crate) struct Installation {
    directory: TempDir,
}

impl Installation {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn bootstrap_file(&self) -> PathBuf {
        self.path("keys.json")
    }

    /// Starts a server and waits until it prints its address.
    pub(crate) fn start(&self) -> Server {
        self.start_with(&[])
    }

    pub(crate) fn start_with(&self, arguments: &[&str]) -> Server {
        self.start_at("127.0.0.1:0", arguments)
    }

    /// Starts a server that seals after this many events, so that a few are enough for segments.
    pub(crate) fn start_sealing(&self, seal_events: u64) -> Server {
        let config = self.path("sealing.toml");
        fs::write(&config, format!("[storage]\nseal_events = {seal_events}\n")).unwrap();
        self.start_with(&["--config", text(&config)])
    }

    /// Starts a server at a given address, which another process already knows.
    pub(crate) fn start_at(&self, address: &str, arguments: &[&str]) -> Server {
        self.start_by(self.command(), address, arguments)
    }

    /// Starts a server as from a shell whose soft limit of open files is this number.
    pub(crate) fn start_with_open_files(&self, limit: u32) -> Server {
        let mut shell = self.clean(Command::new("sh"));
        let script = format!("ulimit -S -n {limit} && exec \"$@\"");
        shell.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_auditlog")]);
        self.start_by(shell, "127.0.0.1:0", &[])
    }

    /// Starts a server without a file for its first keys.
    pub(crate) fn start_without_bootstrap_file(&self) -> Server {
        self.start_as(self.command(), "127.0.0.1:0", &[])
    }

    fn start_by(&self, command: Command, address: &str, arguments: &[&str]) -> Server {
        let file = self.bootstrap_file();
        self.start_as(command, address, &[&["--bootstrap-file", text(&file)], arguments].concat())
    }

    fn start_as(&self, mut command: Command, address: &str, arguments: &[&str]) -> Server {
        let errors = self.path("server.err");
        let mut child = command
            .args(["serve", "--listen", address, "--log-format", "json", "--data-dir"])
            .arg(self.data_dir())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut welcome = String::new();
        stdout.read_line(&mut welcome).unwrap();
        let Some((_, rest)) = welcome.split_once("serves ") else {
            let status = child.wait().unwrap();
            panic!("the server did not start ({status}): {welcome}{}", fs::read_to_string(errors).unwrap());
        };
        let url = rest.split_whitespace().next().unwrap().to_owned();
        Server { child, url, stdout, welcome, stopped: false }
    }

    /// The binary, without environment variables that could affect a test.
    pub(crate) fn command(&self) -> Command {
        self.clean(Command::new(env!("CARGO_BIN_EXE_auditlog")))
    }

    fn clean(&self, mut command: Command) -> Command {
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AUDITLOG")) {
            command.env_remove(name);
        }
        command.env("XDG_STATE_HOME", self.path("state")).env("AUDITLOG__STORAGE__MIN_FREE_BYTES", "0");
        command
    }

    /// Runs a command that needs no server.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command().args(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// The files of the data directory with this ending.
    pub(crate) fn files_ending(&self, ending: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut directories = vec![self.data_dir()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else if text(&path).ends_with(ending) {
                    found.push(path);
                }
            }
        }
        found
    }

    /// The keys that the first start left in the bootstrap file.
    pub(crate) fn keys(&self) -> Keys {
        let keys: Value = serde_json::from_str(&fs::read_to_string(self.bootstrap_file()).unwrap()).unwrap();
        let key = |name: &str| keys[name].as_str().unwrap().to_owned();
        Keys { default: key("default_key"), system: key("system_key") }
    }

    /// A started server and a user with the default key.
    pub(crate) fn started(&self) -> (Server, User<'_>) {
        let server = self.start();
        let user = self.user(&server, &self.keys().default);
        (server, user)
    }

    pub(crate) fn user(&self, server: &Server, key: &str) -> User<'_> {
        User { installation: self, url: server.url.clone(), key: key.to_owned() }
    }
}

/// The keys of the first start.
pub(crate) struct Keys {
    pub(crate) default: String,
    pub(crate) system: String,
}

/// A running server; killed when it goes out of scope.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    stdout: BufReader<ChildStdout>,
    welcome: String,
    stopped: bool,
}

impl Server {
    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the store counts a segment: its files appear earlier, before it is recorded.
    pub(crate) fn wait_for_segments(&self) {
        let metrics = format!("{}/metrics", self.url);
        while self.segments(&metrics) < 1.0 {
            std::thread::yield_now();
        }
    }

    fn segments(&self, metrics: &str) -> f64 {
        let text = ureq::get(metrics).call().unwrap().body_mut().read_to_string().unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix("auditlog_store_segments "));
        value.unwrap_or_else(|| panic!("{} has no number of segments: {text}", self.url)).parse().unwrap()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end, and returns the status and everything that the server printed.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        self.stopped = true;
        let mut output = self.welcome.clone();
        self.stdout.read_to_string(&mut output).unwrap();
        (status, output)
    }

    /// Stops the server as an operator does.
    pub(crate) fn stop(self) -> String {
        self.signal("TERM");
        let (status, output) = self.wait();
        assert!(status.success(), "{status}");
        output
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.stopped {
            // It may have ended by itself; either way it must not outlive the test.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A user with a key.
pub(crate) struct User<'a> {
    installation: &'a Installation,
    url: String,
    key: String,
}

impl User<'_> {
    /// The same user over another address of the same server.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self { installation: self.installation, url: url.to_owned(), key: self.key.clone() }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.installation.command();
        command.env("AUDITLOG_URL", &self.url).env("AUDITLOG_KEY", &self.key).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs a command.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    /// Runs a command that must succeed, and returns its output.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).ok()
    }

    /// Runs a command with a file as its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Run {
        let path = self.installation.path("stdin");
        fs::write(&path, input).unwrap();
        Run::of(self.command(arguments).stdin(File::open(path).unwrap()).output().unwrap())
    }

    /// Runs `search --count`.
    pub(crate) fn count(&self, query: &str) -> u64 {
        self.ok(&["search", "--count", query]).trim().parse().unwrap()
    }

    /// Runs `search` and returns the events.
    pub(crate) fn search(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.ok(&[&["search", "-o", "ndjson"], arguments].concat());
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The output of a command that must have succeeded.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }

    /// The messages of a command that must have ended with `code`.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.stderr
    }
}

/// A path as a command's argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
