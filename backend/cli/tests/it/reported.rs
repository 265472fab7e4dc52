//! What users of audit logs report as events that do not get in, or that are there and not found.

use serde_json::{Value, json};

use crate::harness::{Installation, Run, User};

fn event(action: &str, more: &Value) -> String {
    let mut event = json!({"action": action, "actor": {"type": "user", "id": "u-1"}, "source": {"service": "shop"}});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event.to_string()
}

fn send(user: &User<'_>, events: &[String]) -> Run {
    user.run_with_input(&["send"], &events.join("\n"))
}

fn sent(user: &User<'_>, events: &[String]) {
    send(user, events).ok();
}

#[test]
fn an_actor_in_two_spellings_is_one_to_a_filter_and_two_in_a_chart() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let mail = |action: &str, id: &str| event(action, &json!({"actor": {"type": "user", "id": id}}));
    let (tall, small) = ("LenaO@acme.example", "lenao@acme.example");
    sent(&user, &[mail("mail.read", tall), mail("mail.read", small), mail("mail.delete", tall)]);
    for query in ["actor:lenao@acme.example", "actor:LENAO@ACME.EXAMPLE", "actor:lenao*", "lenao@acme.example"] {
        assert_eq!(user.count(query), 3, "{query}");
    }
    assert_eq!(user.count("actor:=lenao@acme.example"), 1);
    let groups = user.ok(&["aggregate", "--by", "actor", "action:mail.*"]);
    let count_of = |id: &str| {
        let row = groups.lines().find(|line| line.contains(id)).unwrap_or_else(|| panic!("{groups}"));
        row.split_whitespace().find_map(|word| word.parse::<u64>().ok())
    };
    assert_eq!((count_of(tall), count_of(small)), (Some(2), Some(1)), "{groups}");
}

#[test]
fn composed_and_decomposed_accents_are_the_same_word() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let shared = |message: &str| event("file.share", &json!({"message": message}));
    sent(
        &user,
        &[
            shared("given to Ren\u{e9} M\u{f6}ller"),
            shared("given to Rene\u{301} Mo\u{308}ller"),
            shared("given to rene alone"),
        ],
    );
    for (query, count) in [("ren\u{e9}", 2), ("rene\u{301}", 2), ("m\u{f6}ller", 2), ("rene", 1), ("ller", 0)] {
        assert_eq!(user.count(query), count, "{query}");
    }
}

#[test]
fn whatever_is_pasted_from_an_alert_finds_the_event() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let alert = json!({
        "actor": {"type": "user", "id": "u-417", "name": "Ida Holm", "email": "ida.holm@acme.example"},
        "targets": [{"type": "access_request", "id": "5d1f7a52-0f7e-4d0e-8c8e-0a1b2c3d4e5f"}],
        "context": {"ip": "192.0.2.77", "request_id": "req-31bc", "session_id": "s:81", "trace_id": "4bf92f3577b34da6"},
        "external_id": "alert/7781",
    });
    let other = json!({"actor": {"type": "user", "id": "u-4170"}, "context": {"ip": "192.0.2.7"}});
    let dated =
        |more: &Value| event("iam.role_assume", more).replacen('{', r#"{"occurred_at":"2026-01-02T03:04:05Z","#, 1);
    sent(&user, &[dated(&alert), event("iam.roles", &other)]);
    let id = user.search(&["u-417"])[0]["id"].as_str().unwrap().to_owned();
    for pasted in [
        "ida.holm@acme.example",
        "192.0.2.77",
        "5d1f7a52-0f7e-4d0e-8c8e-0a1b2c3d4e5f",
        "req-31bc",
        "s:81",
        "4bf92f3577b34da6",
        "u-417",
        "alert/7781",
        "iam.role_assume",
        "Holm",
        &id,
    ] {
        assert_eq!(user.count(pasted), 1, "{pasted}");
    }
}

#[test]
fn a_batch_of_which_nothing_is_stored_fails() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let dated = |action: &str| event(action, &json!({"date": 1_796_000_000.123}));
    let run = send(&user, &[dated("user.login"), dated("user.logout")]);
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("/date"), "{run:?}");
    assert_eq!(user.count("service:shop"), 0);
}

#[test]
fn an_address_keeps_no_event_out_in_whichever_form_it_is_sent() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let login = |ip: &str| event("user.login", &json!({"context": {"ip": ip}}));
    let forms =
        ["198.51.100.9:52144", "[2001:db8::9]:443", "198.51.100.9, 10.0.0.1", "fe80::1%eth0", "unknown", "", "x"];
    sent(&user, &forms.map(login));
    assert_eq!(user.count("action:user.login"), 7);
    assert_eq!(user.count("ip:198.51.100.9"), 2);
    assert_eq!(user.count("198.51.100.9"), 2);
    assert_eq!(user.count("ip:2001:db8::/32"), 1);
    assert_eq!(user.count("context.address:unknown"), 1);
}

#[test]
fn a_user_agent_keeps_no_failed_sign_in_out() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let failed = |agent: &str| event("user.login_failed", &json!({"context": {"user_agent": agent}}));
    sent(&user, &[failed(&format!("Mozilla/5.0 {}", "A".repeat(9_000))), failed("Mozilla/5.0 \u{0}")]);
    let found = user.search(&["action:user.login_failed", "--order", "oldest"]);
    let adjusted =
        |event: &Value| (event["adjustments"][0]["code"].clone(), event["adjustments"][0]["pointer"].clone());
    let at = json!("/context/user_agent");
    assert_eq!(found.len(), 2);
    let codes: Vec<_> = found.iter().map(adjusted).collect();
    assert!(codes.contains(&(json!("truncated"), at.clone())) && codes.contains(&(json!("replaced"), at)), "{codes:?}");
}

#[test]
fn a_list_in_metadata_is_found_by_each_element() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let start = |requests: Value| event("session.start", &json!({"metadata": {"requests": requests}}));
    sent(&user, &[start(json!(["r-1", "r-2"])), start(json!("r-1, r-2")), start(json!({"r-2": [{"by": "r-3"}]}))]);
    assert_eq!(user.count("metadata.requests:r-2"), 1);
    assert_eq!(user.count("metadata.requests.r-2.by:r-3"), 1);
    // An object is compared as its JSON text.
    assert_eq!(user.count("metadata.requests:*r-2*"), 3);
}

#[test]
fn a_clock_that_is_three_days_ahead_keeps_no_event_out() {
    let place = Installation::new();
    let (_server, user) = place.started();
    sent(&user, &[event("device.login", &json!({"occurred_at": "2999-01-01T00:00:00Z"}))]);
    let found = user.search(&["action:device.login", "since:1h"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["skewed"], true);
    assert_eq!(found[0]["occurred_at"], found[0]["received_at"]);
    assert_eq!(
        found[0]["adjustments"],
        json!([{"code": "clock", "original": "2999-01-01T00:00:00.000000Z", "pointer": "/occurred_at"}])
    );
}
