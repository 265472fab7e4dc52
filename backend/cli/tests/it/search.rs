//! `search` and `get`: the server receives the query, pages are followed, formats are valid.

use serde_json::{Value, json};

use crate::harness::{Installation, User};

/// 2,300 events: more than two of the largest pages.
fn fill(user: &User<'_>) {
    let events: Vec<String> = (0..2_300)
        .map(|number| {
            let outcome = if number % 10 == 0 { "denied" } else { "success" };
            let event = json!({
                "action": if number % 2 == 0 { "doc.read" } else { "doc.update" },
                "actor": {"type": "user", "id": format!("user-{}", number % 7)},
                "source": {"service": "docs"},
                "outcome": {"status": outcome},
                "occurred_at": format!("2026-01-01T{:02}:{:02}:{:02}Z", number / 3600, number / 60 % 60, number % 60),
                "message": format!("page {number}\u{1b}[31m opened"),
            });
            event.to_string()
        })
        .collect();
    user.run_with_input(&["send"], &events.join("\n")).ok();
}

#[test]
fn terms_pages_orders_and_formats() {
    let place = Installation::new();
    let (_server, user) = place.started();
    fill(&user);
    let docs = "service:docs";

    // The language, with several arguments and with terms that look like flags.
    assert_eq!(user.count(docs), 2_300);
    assert_eq!(user.ok(&["search", "--count", docs, "-outcome:success"]).trim(), "230");
    assert_eq!(user.ok(&["search", docs, "-outcome:success", "action:doc.read", "--count"]).trim(), "230");
    assert_eq!(user.count("actor:user-1,user-2 action:doc.*"), 658);
    assert_eq!(user.count("\"page 17\""), 1);

    // Every page, each event once, in both orders.
    let newest: Vec<Value> = user.search(&[docs, "--all"]);
    let mut oldest = user.search(&[docs, "--all", "--order", "oldest"]);
    oldest.reverse();
    assert_eq!(newest.len(), 2_300);
    assert_eq!(newest, oldest);
    assert_eq!(user.search(&[docs]).len(), 50);
    assert_eq!(user.search(&[docs, "--limit", "1234"]), newest[..1_234]);

    // JSON is one document, and its text is the server's.
    let array: Vec<Value> = serde_json::from_str(&user.ok(&["search", docs, "-o", "json", "--limit", "3"])).unwrap();
    assert_eq!(array, newest[..3]);
    assert_eq!(user.ok(&["search", "actor:nobody", "-o", "json"]), "[]\n");
    assert_eq!(user.ok(&["search", docs, "--count", "-o", "json"]), "{\"total\":2300}\n");

    // The table shows the requested columns, and control characters in events have no effect.
    let table = user.ok(&["search", docs, "--limit", "2", "--columns", "time,actor,message"]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["TIME", "ACTOR", "MESSAGE"]);
    assert!(lines[1].starts_with("2026-01-01 00:38:19.000  user:user-3  page 2299"), "{table}");
    assert!(!table.contains('\u{1b}') && table.contains("\\u{1b}"), "{table:?}");
    let run = user.run(&["search", docs, "--limit", "2"]);
    assert!(run.stderr.contains("more match"), "{run:?}");
    assert_eq!(user.run(&["search", docs, "--limit", "2", "-q"]).stderr, "");
}

#[test]
fn a_search_that_is_not_understood_is_shown_with_its_place() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let message = user.run(&["search", "actor:alice", "acter:red"]).failed(2);
    let lines: Vec<&str> = message.lines().collect();
    let query = lines.iter().position(|line| line.trim() == "actor:alice acter:red").unwrap();
    let (start, carets) = (lines[query].find("acter").unwrap(), lines[query + 1].find('^').unwrap());
    assert_eq!(carets, start, "{message}");

    let message = user.run(&["get", "no-id"]).failed(2);
    assert!(message.contains("UUID"), "{message}");
    let message = user.run(&["get", "01932b5e-7c00-7abc-8def-0123456789ab"]).failed(1);
    assert!(message.contains("event_not_found"), "{message}");
}

#[test]
fn a_search_that_finds_nothing_says_what_would() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let event = json!({
        "action": "iam.role_assume", "actor": {"type": "user", "id": "Alice"}, "source": {"service": "iam"},
        "occurred_at": "2026-01-01T00:00:00Z",
    });
    user.run_with_input(&["send"], &event.to_string()).ok();
    let notes = |arguments: &[&str]| user.run(&[&["search"], arguments].concat()).stderr;
    assert_eq!(
        notes(&["ole_assum"]),
        "no event matches\n\
         as a part of a value there are events, the newest of 2026-01-01: auditlog search 'action:*ole_assum*'\n"
    );
    let found = notes(&["actor:alice", "occurred_at:2025-01-01"]);
    assert!(
        found.contains("at other times there are events, the newest of 2026-01-01: auditlog search actor:alice\n"),
        "{found}"
    );
    let found = notes(&["actor:=alice"]);
    assert!(found.contains("in another spelling there are events"), "{found}");
    assert_eq!(notes(&["nobody"]), "no event matches\n");
    assert_eq!(notes(&["ole_assum", "-o", "json"]), "");
}

#[test]
fn a_reader_that_leaves_ends_the_search_without_an_error() {
    let place = Installation::new();
    let (_server, user) = place.started();
    fill(&user);
    let mut child = user
        .command(&["search", "--all", "-o", "ndjson"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Closed unread: the first write that reaches the pipe fails.
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
