//! `import --format ndjson`: ids derived from the lines, all kinds of files, and interrupted imports.

use std::{
    fs::{self, File},
    io::Write,
    process::Stdio,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use crate::harness::{Installation, text};

fn line(actor: &str) -> String {
    json!({"action": "x.read", "actor": {"type": "user", "id": actor}, "source": {"service": "s"}}).to_string()
}

#[test]
fn importing_twice_adds_nothing_and_every_bad_line_is_named() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let (plain, zipped) = (place.path("logs/a.ndjson"), place.path("logs/deep/b.jsonl.gz"));
    fs::create_dir_all(zipped.parent().unwrap()).unwrap();
    fs::write(place.path("logs/README"), "no events").unwrap();
    // Equal lines at different places are different events; a blank line is not an event.
    // A line that is too long for an event does not keep out those that are sent with it.
    let long = format!("{{{}}}", " ".repeat(9 << 20));
    let lines = [&line("a"), "", &line("a"), "not json", r#"{"action":"x"}"#, &long];
    fs::write(&plain, lines.join("\n")).unwrap();
    let mut encoder = GzEncoder::new(File::create(&zipped).unwrap(), Compression::default());
    encoder.write_all(format!("{}\n{}", line("b"), line("c")).as_bytes()).unwrap();
    encoder.finish().unwrap();

    let directory = place.path("logs");
    let run = user.run(&["import", "--format", "ndjson", text(&directory)]);
    assert_eq!(run.code, 3, "{run:?}");
    for part in ["2 files, 7 records", "stored                     4", "rejected                   3"] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    for number in [4, 5, 6] {
        assert!(run.stderr.contains(&format!("a.ndjson:{number}: rejected")), "{number}: {run:?}");
    }
    assert_eq!(user.count("service:s"), 4);

    let run = user.run(&["import", "--format", "ndjson", text(&directory)]);
    assert!(run.stdout.contains("stored before              4"), "{run:?}");
    assert_eq!(user.count("service:s"), 4);
}

#[test]
fn a_line_of_any_length_is_named_and_the_lines_after_it_are_imported() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let (plain, zipped) = (place.path("a.ndjson"), place.path("b.ndjson.gz"));
    let endless = "x".repeat(40 << 20);
    let at_the_limit = "y".repeat(16 << 20);
    let lines = |good: &str, separator| {
        [good, &endless, good, &at_the_limit, good, &endless].map(str::to_owned).join(separator)
    };
    fs::write(&plain, lines(&line("a"), "\n")).unwrap();
    let mut encoder = GzEncoder::new(File::create(&zipped).unwrap(), Compression::fast());
    encoder.write_all(lines(&line("b"), "\r\n").as_bytes()).unwrap();
    encoder.finish().unwrap();
    let run = user.run(&["import", "--format", "ndjson", text(&plain), text(&zipped)]);
    for part in ["2 files, 12 records", "stored                     6", "rejected                   6"] {
        assert!(run.stdout.contains(part), "{part}: {run:?}");
    }
    let (endless, at_the_limit) = (endless.len(), at_the_limit.len());
    for (name, number, bytes) in [
        ("a.ndjson", 2, endless + 1),
        ("a.ndjson", 4, at_the_limit + 1),
        ("a.ndjson", 6, endless),
        ("b.ndjson.gz", 2, endless + 2),
        ("b.ndjson.gz", 4, at_the_limit + 2),
        ("b.ndjson.gz", 6, endless),
    ] {
        let told = format!("{name}:{number}: rejected: it has {bytes} bytes, where at most 1048576 are allowed\n");
        assert!(run.stderr.contains(&told), "{told}: {}", run.stderr);
    }
    run.failed(3);
}

#[test]
fn lines_whose_ids_are_empty_are_imported_once() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let file = place.path("a.ndjson");
    let with = |members: &str| line("a").replacen('{', &format!("{{{members},"), 1);
    let lines = [r#""id":null"#, r#""id" : """#, r#""external_id":"","id":{}"#].map(with);
    fs::write(&file, lines.join("\n")).unwrap();
    for told in ["stored                     3", "stored before              3"] {
        let report = user.ok(&["import", "--format", "ndjson", text(&file)]);
        assert!(report.contains(told), "{told}: {report}");
    }
    assert_eq!(user.count("actor:a"), 3);
}

#[test]
fn a_directory_without_files_to_import_says_what_it_looks_for() {
    let place = Installation::new();
    let (_server, user) = place.started();
    fs::create_dir(place.path("empty")).unwrap();
    let message = user.run(&["import", "--format", "ndjson", text(&place.path("empty"))]).failed(2);
    assert!(message.contains(".ndjson"), "{message}");
}

#[test]
fn a_broken_file_is_named_and_what_stood_before_it_is_stored() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(line("z").repeat(5_000).as_bytes()).unwrap();
    let mut broken = encoder.finish().unwrap();
    broken.truncate(broken.len() / 2);
    fs::write(place.path("1.ndjson"), line("a")).unwrap();
    fs::write(place.path("2.ndjson.gz"), broken).unwrap();
    let files = [place.path("1.ndjson"), place.path("2.ndjson.gz")];
    let message =
        user.run(&["import", "--format", "ndjson", "--batch-size", "1", text(&files[0]), text(&files[1])]).failed(1);
    assert!(message.contains("2.ndjson.gz") && message.contains("same command again"), "{message}");
    assert_eq!(user.count("actor:a"), 1);
}

#[test]
fn an_import_that_was_killed_continues_where_it_was() {
    let place = Installation::new();
    let (server, user) = place.started();
    let file = place.path("events.ndjson");
    let events = place.run(&["demo-data", "--stdout", "--events", "60000", "--until", "2026-11-01T00:00:00Z"]).ok();
    fs::write(&file, events).unwrap();
    let journal = place.path("import.json");
    let arguments = ["import", "--format", "ndjson", "--batch-size", "50", "--journal", text(&journal), text(&file)];

    let mut import = user.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The journal appears with the first acknowledgement.
    while !journal.exists() {
        assert!(import.try_wait().unwrap().is_none(), "the import ended before it could be killed");
        std::thread::yield_now();
    }
    import.kill().unwrap();
    assert!(!import.wait().unwrap().success());
    let before = user.count("-service:auditlog");
    assert!((50..60_000).contains(&before), "{before}");

    let run = user.run(&arguments);
    assert!(run.stderr.contains("continuing behind record"), "{run:?}");
    assert!(!run.stdout.contains("60,000 records"), "nothing was left out: {run:?}");
    assert_eq!(run.code, 0);
    assert_eq!(user.count("-service:auditlog"), 60_000);
    assert!(!journal.exists());

    // A finished import that is repeated reads everything again, and the server reports that nothing is new.
    let run = user.run(&arguments);
    assert!(run.stdout.contains("stored before         60,000"), "{run:?}");
    server.stop();
}

#[test]
fn a_server_that_restarts_under_an_import_loses_nothing() {
    let place = Installation::new();
    let (server, user) = place.started();
    let address = server.address().to_owned();
    let file = place.path("events.ndjson");
    let events = place.run(&["demo-data", "--stdout", "--events", "60000", "--until", "2026-11-01T00:00:00Z"]).ok();
    fs::write(&file, events).unwrap();
    let journal = place.path("import.json");
    let arguments = [
        "import",
        "--format",
        "ndjson",
        "--batch-size",
        "50",
        "--retry-for",
        "60",
        "--journal",
        text(&journal),
        text(&file),
    ];
    let import = user.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !journal.exists() {
        std::thread::yield_now();
    }
    server.signal("KILL");
    server.wait();
    let server = place.start_at(&address, &[]);
    let output = import.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(place.user(&server, &place.keys().default).count("-service:auditlog"), 60_000);
}
