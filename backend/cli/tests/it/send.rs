//! `send`: sent events are found, once, and every refusal is explained.

use serde_json::json;

use crate::{
    harness::{Installation, text},
    proxy::Proxy,
};

const ID: &str = "01932b5e-7c00-7abc-8def-0123456789ab";

#[test]
fn an_event_described_by_flags_is_found_with_all_it_says() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let receipt = user.ok(&[
        "send",
        "-o",
        "json",
        "--action",
        "plan.update",
        "--actor",
        "user:alice",
        "--actor-name",
        "Alice",
        "--on-behalf-of",
        "user:root:0",
        "--target",
        "plan:4711",
        "--target",
        "team:x",
        "--service",
        "billing",
        "--outcome",
        "failure",
        "--outcome-code",
        "limit",
        "--severity",
        "high",
        "--message",
        "more seats",
        "--reason",
        "growth",
        "--ticket",
        "OPS-1",
        "--ip",
        "203.0.113.7",
        "--trace-id",
        "abc",
        "--metadata",
        "plan=team",
        "--metadata",
        "seats:=25",
        "--occurred-at",
        "2026-01-02T03:04:05Z",
    ]);
    let receipt: serde_json::Value = serde_json::from_str(&receipt).unwrap();
    assert_eq!(receipt["status"], "stored");

    let event = user.ok(&["get", receipt["id"].as_str().unwrap(), "-o", "json"]);
    let event: serde_json::Value = serde_json::from_str(&event).unwrap();
    for (pointer, expected) in [
        ("/action", json!("plan.update")),
        ("/category", json!("update")),
        ("/actor", json!({"type": "user", "id": "alice", "name": "Alice"})),
        ("/on_behalf_of", json!([{"type": "user", "id": "root:0"}])),
        ("/targets", json!([{"type": "plan", "id": "4711"}, {"type": "team", "id": "x"}])),
        ("/source", json!({"service": "billing"})),
        ("/outcome", json!({"status": "failure", "code": "limit"})),
        ("/severity", json!("high")),
        ("/message", json!("more seats")),
        ("/reason", json!({"text": "growth", "ticket": "OPS-1"})),
        ("/context", json!({"ip": "203.0.113.7", "trace_id": "abc"})),
        ("/metadata", json!({"plan": "team", "seats": 25})),
        ("/occurred_at", json!("2026-01-02T03:04:05.000000Z")),
        ("/sequence", receipt["sequence"].clone()),
    ] {
        assert_eq!(event.pointer(pointer), Some(&expected), "{pointer}");
    }

    let card = user.ok(&["get", receipt["id"].as_str().unwrap()]);
    assert!(card.lines().any(|line| line.split_whitespace().eq(["actor.id", "alice"])), "{card}");
}

#[test]
fn sending_the_same_event_again_stores_nothing() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let arguments =
        ["send", "--id", ID, "--action", "a.create", "--actor", "user:x", "--service", "s", "--message", "one"];
    assert!(user.ok(&arguments).contains("stored"));
    assert!(user.ok(&arguments).contains("stored before"));
    assert_eq!(user.count("action:a.create"), 1);
    let event = user.ok(&["get", &ID.to_uppercase(), "-o", "json"]);
    assert!(event.contains(ID), "{event}");

    let mut other = arguments;
    other[10] = "another";
    let conflict = user.run(&other).failed(1);
    assert!(conflict.contains("event_id_conflict"), "{conflict}");
}

#[test]
fn ndjson_an_array_and_spread_out_json_are_all_taken() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let event =
        |actor: &str| json!({"action": "x.read", "actor": {"type": "user", "id": actor}, "source": {"service": "s"}});
    let inputs = [
        format!("{}\n{}\n", event("a"), event("b")),
        json!([event("c"), event("d")]).to_string(),
        format!("{:#}\n\n{:#}", event("e"), event("f")),
    ];
    for input in &inputs {
        assert_eq!(user.run_with_input(&["send"], input).ok(), "2 stored\n", "{input}");
    }
    assert_eq!(user.count("actor:a,b,c,d,e,f"), 6);
}

#[test]
fn rejected_events_are_named_and_the_others_are_stored() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let good = json!({"action": "x.read", "actor": {"type": "user", "id": "a"}, "source": {"service": "s"}});
    let bad = json!({"action": " ", "actor": {"type": "user"}, "source": {"service": "s"}});
    let run = user.run_with_input(&["send"], &format!("{good}\n{bad}\n{good}\n"));
    assert_eq!(run.code, 3, "{run:?}");
    assert_eq!(run.stdout, "2 stored, 1 rejected\n");
    for part in ["event 2", "/action", "/actor/id"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }

    // A batch of which nothing is stored is reported in the same way.
    let run = user.run_with_input(&["send"], &format!("{bad}\n{bad}\n"));
    assert_eq!((run.code, run.stdout.as_str()), (3, "0 stored, 2 rejected\n"), "{run:?}");
    assert!(run.stderr.contains("event 1") && run.stderr.contains("event 2"), "{run:?}");

    let run = user.run_with_input(&["send"], &format!("{good}\n{{\"action\":\n"));
    assert!(run.failed(1).contains("event 2"));
    let run = user.run_with_input(&["send"], "");
    assert!(run.failed(2).contains("nothing to send"));
}

#[test]
fn one_line_never_spoils_the_others() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let event = |message: &str| {
        json!({"action": "x.read", "actor": {"type": "user", "id": "a"}, "source": {"service": "s"}, "message": message})
            .to_string()
    };
    // Together with those before it in its batch it would be longer than the server accepts.
    let (good, too_long) = (event(&"x".repeat(1_000_000)), event(&"x".repeat(6 << 20)));
    let lines = [&good, &good, &good, &too_long, &good].map(String::as_str);
    let run = user.run_with_input(&["send"], &lines.join("\n"));
    assert_eq!((run.code, run.stdout.as_str()), (3, "4 stored, 1 rejected; 4 adjusted\n"), "{run:?}");
    for part in ["event 4", "event_too_large", "1048576"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }

    // So would it be alone, and no reader holds one that is much longer.
    let endless = event(&"x".repeat(40 << 20));
    let invalid = r#"{"action":}"#;
    let lines =
        [&too_long, &endless, &event("first"), invalid, &event("last"), &too_long].map(|line| format!("{line}\n"));
    let run = user.run_with_input(&["send", "-o", "json"], &lines.concat());
    assert_eq!(run.code, 3, "{run:?}");
    let results: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let statuses = results.iter().map(|result| result["status"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(statuses, ["rejected", "rejected", "stored", "rejected", "stored", "rejected"]);
    assert!(run.stderr.contains("event 4") && run.stderr.contains("malformed_json"), "{}", run.stderr);
    assert_eq!((user.count("message:first"), user.count("message:last")), (1, 1));

    // Where the end of one is unknown, those before it are stored.
    let run = user.run_with_input(&["send"], &format!("{}\n{{\"action\":\n", event("before")));
    assert!(run.failed(1).contains("the events before it were sent"));
    assert_eq!(user.count("message:before"), 1);

    // With --atomic nothing is.
    for spoiled in [&too_long, &endless, invalid] {
        let run = user.run_with_input(&["send", "--atomic"], &format!("{}\n{spoiled}\n", event("together")));
        assert_ne!(run.code, 0, "{run:?}");
    }
    assert_eq!(user.count("message:together"), 0);
}

#[test]
fn what_was_adjusted_is_reported_and_shown() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let agent = "x".repeat(5_000);
    let event = ["send", "--action", "A b", "--actor", "user:x", "--service", "s", "--user-agent", &agent];
    let report = user.ok(&event);
    assert!(report.ends_with("\nadjusted: context.user_agent truncated\n"), "{report}");
    let receipt: serde_json::Value = serde_json::from_str(&user.ok(&[&event[..], &["-o", "json"]].concat())).unwrap();
    assert_eq!(receipt["adjustments"][0]["size"], 5_000);
    let card = user.ok(&["get", receipt["id"].as_str().unwrap()]);
    let mark = ["adjusted", "context.user_agent", "truncated"];
    assert!(card.lines().any(|line| line.split_whitespace().eq(mark)), "{card}");
    let table = user.ok(&["search", "actor:x", "--columns", "action,adjusted"]);
    assert!(table.lines().any(|line| line.split_whitespace().eq(["A", "b", mark[1], mark[2]])), "{table}");

    let good = json!({"action": "b", "actor": {"type": "user", "id": "y"}, "source": {"service": "s"}});
    let mut adjusted = good.clone();
    adjusted["context"] = json!({"ip": "203.0.113.7:443"});
    let lines = format!("{good}\n{adjusted}\n");
    assert_eq!(user.run_with_input(&["send"], &lines).ok(), "2 stored; 1 adjusted\n");

    // A producer's own tests have adjustments refused.
    let message = user.run(&[&event[..], &["--strict"]].concat()).failed(1);
    assert!(message.contains("/context/user_agent") && message.contains("would_be_adjusted"), "{message}");
    let run = user.run_with_input(&["send", "--strict"], &lines);
    assert_eq!((run.code, run.stdout.as_str()), (3, "1 stored, 1 rejected\n"), "{run:?}");
    assert!(run.stderr.contains("event 2") && run.stderr.contains("/context/ip"), "{run:?}");
}

#[test]
fn an_atomic_input_is_stored_as_a_whole_or_not_at_all() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let good = json!({"action": "x.read", "actor": {"type": "user", "id": "a"}, "source": {"service": "s"}});
    let bad = json!({"action": "x.read", "actor": {"type": "user"}, "source": {"service": "s"}});
    let run = user.run_with_input(&["send", "--atomic"], &format!("{good}\n{bad}\n{good}\n"));
    assert_eq!((run.code, run.stdout.as_str()), (3, "0 stored, 1 rejected, 2 not stored\n"), "{run:?}");
    assert!(run.stderr.contains("event 2") && !run.stderr.contains("event 1"), "{run:?}");

    // One that does not fit into one batch is not begun.
    let event = format!("{good}\n");
    let message = user.run_with_input(&["send", "--atomic"], &event.repeat(1_001)).failed(2);
    assert!(message.contains("1,000 events in 8 MiB"), "{message}");
    let mut long = good.clone();
    long["message"] = json!("x".repeat(1_000_000));
    let message = user.run_with_input(&["send", "--atomic"], &format!("{long}\n").repeat(9)).failed(2);
    assert!(message.contains("nothing was sent"), "{message}");
    let message = user.run_with_input(&["send", "--atomic"], &format!("{good}\n{{")).failed(1);
    assert!(message.contains("event 2") && message.contains("nothing was sent"), "{message}");
    assert_eq!(user.count("action:x.read"), 0);

    assert_eq!(user.run_with_input(&["send", "--atomic"], &event.repeat(1_000)).ok(), "1,000 stored\n");
    assert_eq!(user.count("action:x.read"), 1_000);
}

#[test]
fn an_event_with_an_external_id_is_stored_once() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let flags = [
        "send",
        "--action",
        "a.create",
        "--actor",
        "user:x",
        "--service",
        "s",
        "--external-id",
        "e-1",
        "--occurred-at",
        "2026-01-02T03:04:05Z",
    ];
    assert!(user.ok(&flags).starts_with("stored"));
    assert!(user.ok(&flags).starts_with("was stored before"));
    let event = json!({
        "external_id": "e-1", "occurred_at": "2026-01-02T03:04:05Z", "action": "a.create", "source": {"service": "s"},
        "actor": {"type": "user", "id": "x"}
    });
    assert_eq!(user.run_with_input(&["send"], &event.to_string()).ok(), "0 stored, 1 stored before\n");
    let file = place.path("events.ndjson");
    std::fs::write(&file, event.to_string()).unwrap();
    let report = user.ok(&["import", "--format", "ndjson", text(&file)]);
    assert!(report.contains("stored before              1"), "{report}");
    assert_eq!(user.count("external_id:e-1"), 1);

    assert!(user.run(&flags[..9]).failed(2).contains("--occurred-at"));
    let id = "01932b5e-7c00-7abc-8def-0123456789ab";
    assert!(user.ok(&[&flags[..9], &["--id", id]].concat()).starts_with("stored"), "the id is given");
    user.run(&[&flags[..8], &["", "--occurred-at", "2026-01-02T03:04:05Z"]].concat()).failed(2);
}

#[test]
fn an_event_whose_answer_is_lost_is_stored_once_whatever_stands_for_its_id() {
    let place = Installation::new();
    let (server, user) = place.started();
    let event = |members: &str| {
        format!(r#"{{{members}"action":"x.read","actor":{{"type":"user","id":"a"}},"source":{{"service":"s"}}}}"#)
    };
    for absent in ["null", "\"\"", "[]", "{ }"] {
        for members in [format!(r#""id": {absent}, "#), format!(r#""external_id":{absent}, "id" :{absent},"#)] {
            let before = user.count("action:x.read");
            let proxy = Proxy::new(server.address(), &[1]);
            let run = user.at(&proxy.url).run_with_input(&["send", "--retry-for", "60"], &event(&members));
            assert_eq!(run.ok(), "0 stored, 1 stored before\n", "{members}");
            assert_eq!(proxy.cuts_left(), 0);
            assert_eq!(user.count("action:x.read"), before + 1, "{members}");
        }
    }
    let run = user.run_with_input(&["send"], &event(r#""id":1,"#));
    assert!(run.stderr.contains("/id") && run.stderr.contains("wrong_type"), "{run:?}");
    run.failed(3);
}

#[test]
fn a_byte_order_mark_is_skipped_and_every_escape_reaches_the_server() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let event = |members: &str, message: &str| {
        format!(
            r#"{{"action":"x.read","actor":{{"type":"user","id":"a"}},"source":{{"service":"s"}},{members}"message":"{message}"}}"#
        )
    };
    let lines = [
        event("", "first"),
        event("", r"\u0000\ud800"),
        event(r#""\ud800":1,"#, "name"),
        event(r#""occurred_at":"\udfff","#, "time"),
    ];
    let refusals = ["unknown_field", "invalid_timestamp"];
    let input = format!("\u{feff}{}\n", lines.join("\n"));
    let run = user.run_with_input(&["send"], &input);
    assert_eq!((run.code, run.stdout.as_str()), (3, "2 stored, 2 rejected; 1 adjusted\n"), "{run:?}");
    assert!(refusals.iter().all(|code| run.stderr.contains(code)), "{run:?}");

    let file = place.path("events.ndjson");
    std::fs::write(&file, &input).unwrap();
    let run = user.run(&["import", "--format", "ndjson", text(&file)]);
    assert!(run.stdout.contains("stored                     2") && run.stdout.contains("4 records"), "{run:?}");
    assert!(refusals.iter().all(|code| run.stderr.contains(code)), "{run:?}");
    run.failed(3);
    let messages: Vec<_> = user.search(&["action:x.read"]).iter().map(|event| event["message"].clone()).collect();
    assert_eq!(messages.iter().filter(|message| **message == "\u{fffd}\u{fffd}").count(), 2, "{messages:?}");

    // A line of nothing but the mark is blank.
    std::fs::write(&file, "\u{feff}\r\n").unwrap();
    assert!(user.ok(&["import", "--format", "ndjson", text(&file)]).contains("0 records"));
}

#[test]
fn a_refusal_says_what_where_and_what_to_do() {
    let place = Installation::new();
    let (server, user) = place.started();
    let event = ["send", "--action", "a.b", "--actor", "user:x", "--service", "s", "--severity", "urgent"];
    let message = user.run(&event).failed(1);
    for part in ["error:", "invalid_event", "/severity", "request id"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let message = user.run(&["send", "--action", "a.b", "--actor", "alice", "--service", "s"]).failed(2);
    assert!(message.contains("TYPE:ID") && message.contains("hint:"), "{message}");

    let stranger = place.user(&server, "alk_live_aaaaaaaaaaaaaaaa_00_00");
    let message = stranger.run(&["search"]).failed(2);
    assert!(message.contains("API key"), "{message}");
    let nobody = place.user(&server, "");
    let message = nobody.run(&["search"]).failed(1);
    assert!(message.contains("missing_credentials") && message.contains("AUDITLOG_KEY"), "{message}");

    server.stop();
    let message = user.run(&["search"]).failed(1);
    assert!(message.contains("does not answer") && message.contains("auditlog serve"), "{message}");
}
