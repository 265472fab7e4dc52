//! `key`: creates, lists and revokes keys, and replaces a lost one.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use serde_json::Value;

use crate::harness::{Installation, Run, text};

#[test]
fn a_key_may_do_what_it_was_given_until_it_is_revoked() {
    let place = Installation::new();
    let (server, user) = place.started();
    let created = user.ok(&[
        "key",
        "create",
        "--name",
        "ci",
        "--role",
        "audit_writer",
        "--expires",
        "90d",
        "-o",
        "json",
        "--print-key",
    ]);
    let created: Value = serde_json::from_str(&created).unwrap();
    let (id, key) = (created["id"].as_str().unwrap(), created["key"].as_str().unwrap());

    let writer = place.user(&server, key);
    writer.ok(&["send", "--action", "a.b", "--actor", "user:x", "--service", "s"]);
    assert!(writer.run(&["search"]).failed(1).contains("permission_denied"));

    let list = user.ok(&["key", "list"]);
    let row = list.lines().find(|line| line.starts_with(id)).unwrap();
    assert!(row.contains("active") && row.contains("ci") && row.contains("events.write"), "{list}");
    assert!(!list.contains(key) && !list.contains("alk_"), "{list}");

    // The whole key is accepted like its id: a user who leaked it has just the key at hand.
    assert!(user.ok(&["key", "revoke", key]).contains("revoked"));
    user.ok(&["key", "revoke", id]);
    let refused = writer.run(&["send", "--action", "a.b", "--actor", "user:x", "--service", "s"]).failed(1);
    assert!(refused.contains("key_revoked"), "{refused}");
    assert!(user.ok(&["key", "list"]).lines().any(|line| line.starts_with(id) && line.contains("revoked")));
    // Changes of keys are recorded in the log itself.
    assert_eq!(user.count(&format!("action:api_key.revoke target:{id}")), 1);
}

#[test]
fn a_key_alone_on_the_output_can_be_taken_by_a_script_that_asks_for_it() {
    let place = Installation::new();
    let (server, user) = place.started();
    let key = user.ok(&["key", "create", "--permission", "events.read", "--network", "10.0.0.0/8", "--print-key"]);
    assert!(key.starts_with("alk_live_") && key.ends_with('\n') && key.lines().count() == 1, "{key:?}");
    let elsewhere = place.user(&server, key.trim());
    assert!(elsewhere.run(&["search"]).failed(1).contains("address_not_allowed"));

    for wrong in [
        vec!["key", "create", "--role", "emperor"],
        vec!["key", "create", "--expires", "soon"],
        vec!["key", "create", "--system"],
        vec!["key", "revoke", "../tenants"],
        vec!["key"],
    ] {
        user.run(&wrong).failed(2);
    }
    let refused = user.run(&["key", "create", "--role", "system_admin"]).failed(1);
    assert!(refused.contains("permission"), "{refused}");
}

#[test]
fn a_lost_first_key_is_replaced_on_the_stopped_data_directory() {
    let place = Installation::new();
    let (server, user) = place.started();
    user.ok(&["send", "--action", "a.b", "--actor", "user:x", "--service", "s"]);
    let data_dir = place.data_dir();
    let data_dir = text(&data_dir);
    let busy = place.run(&["key", "create", "--data-dir", data_dir, "--tenant", "default"]).failed(1);
    assert!(busy.contains("in use"), "{busy}");
    server.stop();

    let key = place
        .run(&["key", "create", "--data-dir", data_dir, "--tenant", "default", "--role", "audit_admin", "--print-key"])
        .ok();
    let system = place.run(&["key", "create", "--data-dir", data_dir, "--system", "-o", "json", "--print-key"]).ok();
    let system: Value = serde_json::from_str(&system).unwrap();
    place.run(&["key", "create", "--data-dir", data_dir]).failed(2);
    assert!(
        place
            .run(&["key", "create", "--data-dir", data_dir, "--tenant", "nobody"])
            .failed(1)
            .contains("tenant_not_found")
    );
    assert!(
        place.run(&["key", "create", "--data-dir", "/nowhere", "--tenant", "default"]).failed(2).contains("/nowhere")
    );

    let server = place.start();
    let user = place.user(&server, key.trim());
    assert_eq!(user.count("action:a.b"), 1);
    assert_eq!(user.count("action:api_key.create actor:operator"), 4);
    place.user(&server, system["key"].as_str().unwrap()).ok(&["tenant", "list"]);
}

#[test]
fn a_key_goes_to_a_new_file_where_nobody_watches() {
    let place = Installation::new();
    let (server, user) = place.started();
    let directory = place.path("elsewhere");
    fs::create_dir(&directory).unwrap();
    let create = |more: &[&str]| {
        let mut command = user.command(&[&["key", "create", "--role", "audit_reader"], more].concat());
        Run::of(command.current_dir(&directory).output().unwrap())
    };
    let works = |file: &Path| {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        place.user(&server, fs::read_to_string(file).unwrap().trim()).ok(&["search"]);
    };
    let unnamed = create(&[]);
    assert!(!format!("{unnamed:?}").contains("alk_"), "{unnamed:?}");
    works(&directory.join(unnamed.ok().trim()));
    assert_eq!(create(&["--key-file", "ci.key"]).ok(), "ci.key\n");
    works(&directory.join("ci.key"));
    let json = create(&["--key-file", "json.key", "-o", "json"]).ok();
    let record: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&record["key_file"], record.get("key")), (&Value::from("json.key"), None));
    works(&directory.join("json.key"));
}

#[test]
fn no_key_is_made_that_cannot_be_kept() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let (target, link, readable) = (place.path("target"), place.path("link"), place.path("readable"));
    symlink(&target, &link).unwrap();
    fs::write(&readable, "mine").unwrap();
    let before = user.ok(&["key", "list"]);
    for file in [&link, &readable, &place.path("nowhere/key")] {
        user.run(&["key", "create", "--key-file", text(file)]).failed(1);
    }
    user.run(&["key", "create", "--role", "audit_reader", "--key-file", "x", "--print-key"]).failed(2);
    assert_eq!(user.ok(&["key", "list"]), before);
    assert!(!target.exists());
    assert_eq!(fs::read_to_string(readable).unwrap(), "mine");
    // A file created for a key that the server then refuses is removed.
    let refused = place.path("refused.key");
    user.run(&["key", "create", "--role", "system_admin", "--key-file", text(&refused)]).failed(1);
    assert!(!refused.exists());
}

#[test]
fn a_list_has_every_key_however_many_parts_it_is_given_in() {
    let place = Installation::new();
    let (server, user) = place.started();
    let key = place.keys().default;
    let body = r#"{"name": "n", "role": "audit_writer"}"#;
    // More than one page of the list; creating them with commands would take longer than all the rest.
    for _ in 0..101 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        write!(
            stream,
            "POST /api/v1/api-keys HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
    let listed: Value = serde_json::from_str(&user.ok(&["key", "list", "-o", "json"])).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 102);
}
