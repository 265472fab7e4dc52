//! The terminal output: the same commands on a pseudo-terminal.

use std::{
    fs::{File, OpenOptions},
    io::Read,
    os::unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rustix::{
    fs::OFlags,
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

use crate::harness::{Installation, text};

/// A program has shown its output by then, even on the slowest machine.
const SHOWN_MAX: Duration = Duration::from_mins(1);

/// A program on a terminal; killed when it goes out of scope.
struct OnTerminal {
    child: Child,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl OnTerminal {
    fn start(mut command: Command) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let open = || {
            let path = std::ffi::OsStr::from_bytes(name.to_bytes());
            let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap();
            OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).unwrap()
        };
        let child = command.stdin(Stdio::null()).stdout(open()).stderr(open()).env("TERM", "xterm").spawn().unwrap();
        // Only the program holds the other side now, so that reading ends when it exits.
        drop(command);
        let screen = Arc::new(Mutex::new(Vec::new()));
        let reader = std::thread::spawn({
            let (screen, mut terminal) = (Arc::clone(&screen), File::from(terminal));
            move || {
                let mut bytes = [0; 4_096];
                while let Ok(count @ 1..) = terminal.read(&mut bytes) {
                    screen.lock().unwrap().extend_from_slice(&bytes[..count]);
                }
            }
        });
        Self { child, screen, reader: Some(reader) }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    /// Waits until the screen shows this text.
    fn wait_for(&self, text: &str) -> String {
        let began = Instant::now();
        loop {
            let shown = self.shown();
            if shown.contains(text) {
                return shown;
            }
            assert!(began.elapsed() < SHOWN_MAX, "{text:?} is not shown: {shown}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the program has ended, and returns everything that it showed.
    fn wait(mut self) -> String {
        assert!(self.child.wait().unwrap().success(), "{}", self.shown());
        self.reader.take().unwrap().join().unwrap();
        self.shown()
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // It may have ended by itself; either way it must not outlive the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_server_on_a_terminal_shows_its_keys_and_what_goes_wrong_and_no_request_that_succeeds() {
    let place = Installation::new();
    let mut serve = place.command();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data-dir", text(&place.data_dir())]);
    let server = OnTerminal::start(serve);
    let shown = server.wait_for("A lost key");
    let url = shown.lines().find_map(|line| line.trim().strip_prefix("export AUDITLOG_URL=")).unwrap();
    let key = shown.lines().find_map(|line| line.trim().strip_prefix("export AUDITLOG_KEY=")).unwrap();
    assert!(key.starts_with("alk_live_") && shown.contains("system key"), "{shown}");
    assert!(!place.data_dir().join("first-keys.json").exists());

    let ask = |key: &str, path: &str| {
        let request = ureq::get(format!("{url}{path}")).header("authorization", format!("Bearer {key}"));
        request.config().http_status_as_error(false).build().call().unwrap().status().as_u16()
    };
    assert_eq!(ask(key, "/api/v1/events"), 200);
    assert_eq!(ask(key, "/api/v1/nothing"), 404);
    let shown = server.wait_for("status: 404");
    assert!(!shown.contains("status: 200") && !shown.contains("listening"), "{shown}");
    assert!(shown.contains("\u{1b}[32mINFO"), "no colour: {shown}");
    assert!(!shown.contains("\"level\""), "{shown}");

    let status = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert!(server.wait().contains("stopped"));
}

#[test]
fn a_new_key_is_shown_on_a_terminal() {
    let place = Installation::new();
    let (server, user) = place.started();
    let shown = OnTerminal::start(user.command(&["key", "create", "--role", "audit_reader"])).wait();
    let key = shown.lines().find(|line| line.starts_with("alk_live_")).unwrap();
    place.user(&server, key.trim()).ok(&["search"]);
}

#[test]
fn a_terminal_obeys_no_event_and_a_program_gets_every_byte() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let foreign = "x\u{9b}2J\u{202e}\u{2066}\u{61c}\u{7f}y";
    let event = serde_json::json!({
        "action": "a.b", "actor": {"type": "user", "id": foreign}, "source": {"service": "s"}, "message": foreign,
        "metadata": {foreign: foreign},
    });
    assert_eq!(user.run_with_input(&["send"], &event.to_string()).code, 0);
    let id = user.search(&["action:a.b"])[0]["id"].as_str().unwrap().to_owned();
    let dangerous = ['\u{9b}', '\u{202e}', '\u{2066}', '\u{61c}', '\u{7f}'];
    for arguments in [
        vec!["search", "action:a.b"],
        vec!["search", "action:a.b", "--columns", "message,actor", "y"],
        vec!["search", "action:a.b", "-o", "json"],
        vec!["search", "action:a.b", "-o", "ndjson"],
        vec!["tail", "-o", "json"],
        vec!["get", &id],
        vec!["get", &id, "-o", "json"],
        vec!["facets", "action:a.b", "--field", "actor"],
        vec!["facets", "action:a.b", "--field", "actor", "-o", "json"],
        vec!["aggregate", "action:a.b", "--by", "actor", "-o", "json"],
        vec!["export", "action:a.b", "--file", "-", "--format", "csv"],
    ] {
        let shown = OnTerminal::start(user.command(&arguments)).wait();
        assert!(!shown.contains(dangerous), "{arguments:?}: {shown:?}");
    }
    let piped = user.ok(&["search", "action:a.b", "-o", "ndjson"]);
    assert!(dangerous.iter().all(|character| piped.contains(*character)), "{piped:?}");
    // A server's message about a mistake repeats the user's text.
    let refused = user.run(&["search", &format!("ip:{foreign}")]);
    assert!(refused.code != 0 && !refused.stderr.contains(dangerous), "{refused:?}");
}
