//! Transfers of an export's file: over a bad network, to a command that is interrupted, from a server that is killed.

use std::{
    fs,
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{
    export::{fill, json_file, kept, manifest_path, part_path},
    export_formats::{assert_same, events_of, listed},
    harness::{Installation, Run, text},
    proxy::Proxy,
};

/// A wait that exceeds this has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn a_transfer_that_was_interrupted_is_gone_on_with() {
    let place = Installation::new();
    let (server, user) = place.started();
    fill(&user);
    let (id, file) = kept(&user, &place.path("whole.csv"), &[]);
    let half = file.len() / 2;
    let (mut flipped, mut longer) = (file[..half].to_vec(), file.clone());
    flipped[half / 3] ^= 1;
    longer.push(b'\n');
    let nearly = (file.len() - 1) as u64;
    for (name, part, all_of_it) in [
        ("half", file[..half].to_vec(), false),
        ("all", file.clone(), false),
        ("nothing", Vec::new(), true),
        ("flipped", flipped, true),
        ("longer", longer, true),
    ] {
        let path = place.path(name);
        fs::write(part_path(&path), &part).unwrap();
        let proxy = Proxy::new(server.address(), &[]);
        let run = user.at(&proxy.url).run(&["export", "--resume", &id, "--keep", "--file", text(&path)]);
        assert_eq!(run.code, 0, "{name}: {run:?}");
        assert!(fs::read(&path).unwrap() == file, "{name}");
        assert_eq!(proxy.passed() > nearly, all_of_it, "{name}: {} bytes came", proxy.passed());
        assert!(!part_path(&path).exists(), "{name}");
        let noticed = run.stderr.contains("is not of this file");
        assert_eq!(noticed, ["flipped", "longer"].contains(&name), "{run:?}");
    }

    // Named by the server, in the current directory; deleted on the server after the download.
    let name = json_file(&manifest_path(&place.path("half")))["file_name"].as_str().unwrap().to_owned();
    let directory = place.path("elsewhere");
    fs::create_dir(&directory).unwrap();
    let mut command = user.command(&["export", "--resume", &id]);
    Run::of(command.current_dir(&directory).output().unwrap()).ok();
    assert!(fs::read(directory.join(&name)).unwrap() == file);
    assert!(name.starts_with("auditlog-default-"), "{name}");
    assert_eq!(Path::new(&name).extension().unwrap(), "csv");
    let gone = user.run(&["export", "--resume", &id, "--file", text(&place.path("gone"))]).failed(1);
    assert!(gone.contains("export_not_found"), "{gone}");
}

#[test]
fn connections_that_break_are_taken_up_again() {
    let place = Installation::new();
    let (server, user) = place.started();
    fill(&user);
    let whole = place.path("whole.ndjson");
    let (id, file) = kept(&user, &whole, &[]);
    let proxy = Proxy::new(server.address(), &[100_000, 600, 300_000, 1_000_000]);
    let path = place.path("through.ndjson");
    user.at(&proxy.url).ok(&["export", "--resume", &id, "--file", text(&path)]);
    assert_eq!(proxy.cuts_left(), 0, "the file is long enough for each of the cuts");
    assert!(fs::read(path).unwrap() == file);
}

/// A command that runs while the test does something else.
pub(crate) struct Fetching(Child);

impl Fetching {
    pub(crate) fn start(mut command: Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    pub(crate) fn end(mut self) -> Run {
        let mut run = Run { code: 0, stdout: String::new(), stderr: String::new() };
        self.0.stdout.take().unwrap().read_to_string(&mut run.stdout).unwrap();
        self.0.stderr.take().unwrap().read_to_string(&mut run.stderr).unwrap();
        run.code = self.0.wait().unwrap().code().unwrap_or(-1);
        run
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        // It may have ended by itself; either way it must not outlive the test.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_that_is_killed_and_started_again_is_waited_for() {
    let place = Installation::new();
    let (server, user) = place.started();
    fill(&user);
    let (id, file) = kept(&user, &place.path("whole.ndjson"), &[]);
    let address = server.address().to_owned();
    let (proxy, cuts) = Proxy::holding(&address, &[500_000]);
    let path = place.path("through.ndjson");
    let arguments = ["export", "--resume", &id, "--keep", "--retry-for", "60", "--file", text(&path)];
    let fetching = Fetching::start(user.at(&proxy.url).command(&arguments));
    let cut = cuts.recv_timeout(PATIENCE).unwrap();
    server.signal("KILL");
    server.wait();
    drop(cut);
    let _server = place.start_at(&address, &[]);
    fetching.end().ok();
    assert!(fs::read(path).unwrap() == file);
}

#[test]
fn ctrl_c_says_how_to_go_on() {
    let place = Installation::new();
    let (server, user) = place.started();
    fill(&user);
    let (proxy, cuts) = Proxy::holding(server.address(), &[500_000]);
    let path = place.path("it's mine.ndjson");
    let fetching =
        Fetching::start(user.at(&proxy.url).command(&["export", "-service:auditlog", "--file", text(&path)]));
    let _cut = cuts.recv_timeout(PATIENCE).unwrap();
    let status = Command::new("kill").args(["-INT", &fetching.0.id().to_string()]).status().unwrap();
    assert!(status.success());
    let said = fetching.end().failed(130);
    assert!(!path.exists());

    // The printed command is valid for a shell.
    let command = said.lines().map(str::trim).find(|line| line.starts_with("auditlog export --resume")).unwrap();
    let script = command.replacen("auditlog", env!("CARGO_BIN_EXE_auditlog"), 1);
    let mut shell = Command::new("sh");
    for (name, value) in user.command(&[]).get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let run = Run::of(shell.args(["-c", &script]).output().unwrap());
    assert!(run.stderr.contains("resuming after"), "{run:?}");
    run.ok();
    assert_same(&events_of("ndjson", fs::read(path).unwrap()), &listed(&user, "-service:auditlog"), "after Ctrl-C");
}
