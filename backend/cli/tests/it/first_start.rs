//! The first start creates keys, and leaves them where only their owner can read them.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use serde_json::Value;

use crate::harness::{Installation, text};

#[test]
fn the_first_start_leaves_working_keys_in_the_file_and_the_next_one_none() {
    let place = Installation::new();
    let server = place.start();
    let keys = place.keys();
    let mode = fs::metadata(place.bootstrap_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let (user, system) = (place.user(&server, &keys.default), place.user(&server, &keys.system));
    user.ok(&["search"]);
    user.ok(&["key", "list"]);
    system.ok(&["tenant", "list"]);
    assert!(system.run(&["search"]).failed(1).contains("permission_denied"));

    let shown = server.stop();
    assert!(!shown.contains(&keys.default) && !shown.contains(&keys.system), "{shown}");
    assert!(shown.contains(text(&place.bootstrap_file())), "{shown}");
    assert!(shown.contains("search") && shown.contains("curl"), "{shown}");

    fs::remove_file(place.bootstrap_file()).unwrap();
    let server = place.start();
    place.user(&server, &keys.default).ok(&["search"]);
    let shown = server.stop();
    assert!(!shown.contains("alk_"), "{shown}");
    assert!(!place.bootstrap_file().exists());
}

#[test]
fn the_examples_of_the_first_start_work_as_they_are_printed() {
    let place = Installation::new();
    let server = place.start();
    let (user, url) = (place.user(&server, &place.keys().default), server.url.clone());
    // The examples are on standard output, which is read at the end; so this test reads them from a second first start.
    let elsewhere = Installation::new();
    let shown = elsewhere.start().stop();
    let program = env!("CARGO_BIN_EXE_auditlog");
    let examples: Vec<&str> = shown.lines().map(str::trim).filter(|line| line.starts_with(program)).collect();
    assert_eq!(examples.len(), 3, "{shown}");
    let curls: Vec<String> = shown
        .replace("\\\n", " ")
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| line.starts_with("curl"))
        .collect();
    assert_eq!(curls.len(), 2, "{shown}");
    for example in examples.into_iter().map(str::to_owned).chain(curls) {
        let script = format!("set -e; {example}");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("AUDITLOG_URL", &url)
            .env("AUDITLOG_KEY", place.keys().default)
            .output()
            .unwrap();
        assert!(output.status.success(), "{example}: {output:?}");
        let answer = String::from_utf8_lossy(&output.stdout);
        assert!(!answer.contains("\"code\""), "{example}: {answer}");
    }
    assert_eq!(user.count("actor:alice action:invoice.delete"), 1);
    assert_eq!(user.count("actor:bob"), 1);
}

#[test]
fn keys_given_by_the_configuration_are_used_and_not_shown() {
    let other = Installation::new();
    drop(other.start());
    let given = other.keys();

    let place = Installation::new();
    let config = place.path("auditlog.toml");
    fs::write(
        &config,
        format!("[bootstrap]\ndefault_key = \"{}\"\nsystem_key = \"{}\"\n", given.default, given.system),
    )
    .unwrap();
    let server = place.start_with(&["--config", config.to_str().unwrap()]);
    place.user(&server, &given.default).ok(&["search"]);
    assert_eq!(place.keys().system, given.system);
    let shown = server.stop();
    assert!(!shown.contains(&given.default) && !shown.contains(&given.system), "{shown}");
}

#[test]
fn a_second_server_on_the_same_directory_is_refused_and_shows_no_keys() {
    let place = Installation::new();
    let server = place.start();
    let data_dir = place.data_dir();
    let refused = place.run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir.to_str().unwrap()]);
    assert!(!refused.stdout.contains("alk_"), "{refused:?}");
    assert!(refused.failed(1).contains("in use"));
    server.stop();
}

#[test]
fn a_taken_port_is_named_before_any_key_is_made() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Installation::new();
    let data_dir = place.data_dir();
    let refused = place.run(&["serve", "--listen", &address, "--data-dir", data_dir.to_str().unwrap()]);
    assert!(!refused.stdout.contains("alk_"), "{refused:?}");
    assert!(refused.failed(1).contains(&address));
    // The first start is still to come.
    assert!(!place.bootstrap_file().exists());
    place.start().stop();
    assert!(place.bootstrap_file().exists());
}

#[test]
fn without_a_terminal_and_a_named_file_the_keys_are_in_the_data_directory() {
    let place = Installation::new();
    let server = place.start_without_bootstrap_file();
    let file = place.data_dir().join("first-keys.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let keys: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    place.user(&server, keys["default_key"].as_str().unwrap()).ok(&["search"]);
    place.user(&server, keys["system_key"].as_str().unwrap()).ok(&["tenant", "list"]);
    let shown = server.stop();
    assert!(shown.contains(text(&file)) && !shown.contains("alk_live"), "{shown}");
    assert!(place.run(&["check", "--data-dir", text(&place.data_dir())]).ok().contains("intact"));
    assert!(!place.start_without_bootstrap_file().stop().contains("first start"));
}

#[test]
fn keys_never_go_through_a_link_or_over_another_file() {
    let place = Installation::new();
    let target = place.path("target");
    symlink(&target, place.bootstrap_file()).unwrap();
    let data_dir = place.data_dir();
    let file = place.bootstrap_file();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data-dir", text(&data_dir), "--bootstrap-file", text(&file)];
    assert!(place.run(&serve).failed(1).contains(text(&file)));
    assert!(!target.exists());
    fs::remove_file(&file).unwrap();
    fs::write(&file, "mine").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    place.run(&serve).failed(1);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    // Nothing was begun: the first start is still to come.
    fs::remove_file(&file).unwrap();
    let server = place.start();
    place.user(&server, &place.keys().default).ok(&["search"]);
}

#[test]
fn a_first_start_goes_on_with_the_keys_that_one_cut_short_has_left() {
    let place = Installation::new();
    drop(place.start());
    let left = fs::read_to_string(place.bootstrap_file()).unwrap();
    fs::remove_dir_all(place.data_dir()).unwrap();
    let server = place.start();
    assert_eq!(fs::read_to_string(place.bootstrap_file()).unwrap(), left);
    place.user(&server, &place.keys().default).ok(&["search"]);
}
