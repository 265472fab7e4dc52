//! `tail`: the last events, new ones, and a server that stops meanwhile.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use auditlog_core::event::limits::EVENT_BYTES_MAX;
use serde_json::{Value, json};

use crate::harness::{Installation, User};

fn send(user: &User<'_>, numbers: std::ops::Range<u64>) {
    let event = |number| {
        format!(
            r#"{{"action":"a.b","actor":{{"type":"user","id":"x"}},"source":{{"service":"s"}},"message":"number {number}"}}"#
        )
    };
    let lines: Vec<String> = numbers.map(event).collect();
    user.run_with_input(&["send"], &lines.join("\n")).ok();
}

/// A command that follows; killed when it goes out of scope.
struct Following {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Following {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// Reads a line; an empty one where none comes within a minute.
    fn line_in_time(&mut self) -> String {
        let Self { child, stdout } = self;
        thread::scope(|scope| {
            let (sender, lines) = mpsc::channel();
            scope.spawn(move || {
                let mut line = String::new();
                stdout.read_line(&mut line).unwrap();
                sender.send(line)
            });
            let line = lines.recv_timeout(Duration::from_mins(1));
            if line.is_err() {
                child.kill().unwrap();
            }
            line.unwrap_or_default()
        })
    }

    fn messages(&mut self, count: u64) -> Vec<String> {
        let message =
            |line: String| serde_json::from_str::<Value>(&line).unwrap()["message"].as_str().unwrap().to_owned();
        (0..count).map(|_| message(self.line())).collect()
    }

    /// Interrupts the command as Ctrl-C does. Returns its exit code and its messages.
    fn interrupt(mut self) -> (Option<i32>, String) {
        let status = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
        let code = self.child.wait().unwrap().code();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (code, said)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // It may have ended by itself; either way it must not outlive the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn numbers(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(|number| format!("number {number}")).collect()
}

#[test]
fn the_last_events_come_first_and_then_those_that_come() {
    let place = Installation::new();
    let (_server, user) = place.started();
    send(&user, 0..20);
    let last = user.ok(&["tail", "-n", "3", "-o", "json", "service:s"]);
    assert_eq!(last.lines().count(), 3);
    assert!(last.lines().next().unwrap().contains("number 17"), "{last}");
    assert_eq!(user.ok(&["tail"]).lines().count(), 11, "ten events below their titles");

    let mut following = Following::start(&mut user.command(&["tail", "-f", "-n", "2", "-o", "json", "service:s"]));
    assert_eq!(following.messages(2), numbers(18..20));
    send(&user, 20..23);
    assert_eq!(following.messages(3), numbers(20..23));
    assert_eq!(following.interrupt(), (Some(0), String::new()));
}

/// An event of almost 1 MiB that is stored with more: nothing of it is too long but its metadata, of which only the
/// adjustments are left.
fn largest() -> String {
    let deep = json!({ "a".repeat(250): { "b".repeat(250): { "c".repeat(250): vec!["@"; 100] } } });
    let actor = json!({"type": "anonymous", "groups": vec!["\u{1}".repeat(1_024); 32]});
    let with = |groups: usize| {
        let last = json!({"type": "anonymous", "groups": vec!["\u{1}".repeat(1_020); groups]});
        let actors = [vec![actor.clone(); 5], vec![last]].concat();
        let event = json!({
            "id": "01932b5e-7c00-7abc-8def-0123456789ab", "action": "a.b", "actor": {"type": "user", "id": "x"},
            "source": {"service": "s"}, "on_behalf_of": actors, "metadata": deep,
        });
        event.to_string().replace("\"@\"", "1e400")
    };
    let groups = (1..32).rev().find(|groups| with(*groups).len() <= EVENT_BYTES_MAX).unwrap();
    with(groups)
}

#[test]
fn the_largest_event_arrives() {
    let place = Installation::new();
    let (_server, user) = place.started();
    send(&user, 0..1);
    let mut following = Following::start(&mut user.command(&["tail", "-f", "-n", "1", "-o", "json", "service:s"]));
    assert_eq!(following.messages(1), numbers(0..1));
    user.run_with_input(&["send"], &largest()).ok();
    send(&user, 1..2);
    let line = following.line_in_time();
    assert!(line.len() > EVENT_BYTES_MAX, "{} bytes", line.len());
    assert_eq!(following.messages(1), numbers(1..2));
    assert_eq!(following.interrupt(), (Some(0), String::new()));
}

#[test]
fn a_line_that_is_longer_than_any_event_ends_it_with_the_reason() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = BufReader::new(client.unwrap());
            let is_head = |line: &String| !line.is_empty();
            client.by_ref().lines().map(Result::unwrap).take_while(is_head).for_each(drop);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nid: 1\n\n";
            let endless = "x".repeat(2 * EVENT_BYTES_MAX);
            // The command may have hung up.
            let _ = client.get_mut().write_all(format!("{head}data: {endless}\n\n").as_bytes());
        }
    });
    let place = Installation::new();
    let mut command = place.command();
    command.args(["tail", "-f", "-n", "0", "--url", &url]);
    let mut following = Following::start(&mut command);
    assert_eq!(following.line_in_time(), "");
    let mut said = String::new();
    following.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(following.child.wait().unwrap().code(), Some(1), "{said}");
    assert!(said.contains("a line is longer than") && !said.contains("connected again"), "{said}");
}

#[test]
fn a_server_that_is_killed_and_started_again_leaves_no_gap() {
    let place = Installation::new();
    let (server, user) = place.started();
    let address = server.address().to_owned();
    let mut following =
        Following::start(&mut user.command(&["tail", "-f", "-n", "0", "-o", "json", "--retry-for", "60", "service:s"]));
    // The stream is open once the server counts it.
    let metrics = format!("{}/metrics", server.url);
    let text = || ureq::get(&metrics).call().unwrap().body_mut().read_to_string().unwrap();
    while !text().contains("auditlog_tails 1") {
        std::thread::yield_now();
    }
    let mut server = server;
    for round in 0..3 {
        send(&user, round * 10..round * 10 + 5);
        assert_eq!(following.messages(5), numbers(round * 10..round * 10 + 5));
        server.signal(if round == 1 { "TERM" } else { "KILL" });
        server.wait();
        server = place.start_at(&address, &[]);
        send(&user, round * 10 + 5..round * 10 + 10);
        assert_eq!(following.messages(5), numbers(round * 10 + 5..round * 10 + 10));
    }
    let (code, said) = following.interrupt();
    assert_eq!(code, Some(0), "{said}");
    // A server that is stopping may accept one more connection, only to close it.
    assert!(said.matches("connected again").count() >= 3, "{said}");
    assert!(said.contains("server_stopping"), "{said}");
}

#[test]
fn a_key_that_is_revoked_ends_it_with_the_reason() {
    let place = Installation::new();
    let config = place.path("tail.toml");
    std::fs::write(&config, "[server]\ntail_heartbeat_ms = 10\n").unwrap();
    let server = place.start_with(&["--config", config.to_str().unwrap()]);
    let admin = place.user(&server, &place.keys().default);
    let created: Value = serde_json::from_str(&admin.ok(&[
        "key",
        "create",
        "--name",
        "r",
        "--role",
        "audit_reader",
        "-o",
        "json",
        "--print-key",
    ]))
    .unwrap();
    let reader = place.user(&server, created["key"].as_str().unwrap());
    let mut following = Following::start(&mut reader.command(&["tail", "-f", "-n", "1", "-o", "json"]));
    following.line();
    admin.ok(&["key", "revoke", created["id"].as_str().unwrap()]);
    let mut said = String::new();
    following.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(following.child.wait().unwrap().code(), Some(1), "{said}");
    assert!(said.contains("key_revoked"), "{said}");
}

#[test]
fn a_query_that_is_not_understood_is_shown_with_its_place() {
    let place = Installation::new();
    let (_server, user) = place.started();
    for arguments in [&["tail", "acter:red"][..], &["tail", "-f", "acter:red"]] {
        let message = user.run(arguments).failed(2);
        assert!(message.contains('^') && message.contains("acter"), "{message}");
    }
}
