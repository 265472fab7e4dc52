//! `aggregate`: its output agrees with what jq counts, in real records and in generated events.

use std::fs;

use serde_json::{Value, json};

use crate::{
    charts::Asking,
    cloudtrail::{RECORDS, import, jq, jq_counts},
    demo_data::FIXED,
    drawn::{Drawn, ungrouped},
    harness::{Installation, User},
    jq::{counts_of, jq as jq_of},
};

const REAL: &str = "raw.format:cloudtrail";
const GENERATED: &str = "-service:auditlog";

fn drawn(user: &User<'_>, arguments: &[&str]) -> Drawn {
    Drawn::read(&user.ok(&[&["aggregate"], arguments].concat()))
}

#[test]
fn charts_of_real_records_show_what_jq_counts() {
    let place = Installation::new();
    let server = place.start_sealing(500);
    let user = place.user(&server, &place.keys().default);
    import(&user).ok();

    let found = drawn(&user, &[REAL, "--by", "outcome.code", "--limit", "1000"]);
    let codes = &found.charts[0];
    let expected = jq_counts(".errorCode", ".errorCode != null");
    assert_eq!(codes.counts(), expected);
    assert!(codes.rows.is_sorted_by(|one, next| one.count >= next.count), "{codes:?}");
    codes.check_proportions(RECORDS);
    let missing = jq("map(select(.errorCode == null)) | length");
    let summary = format!("{} values; {missing} events have none", expected.as_object().unwrap().len());
    assert_eq!(codes.remarks.len(), 1, "{codes:?}");
    assert_eq!(ungrouped(&codes.remarks[0]), summary);

    let found = drawn(&user, &[REAL, "--by", "outcome.code", "--limit", "2"]);
    let counts = jq("map(select(.errorCode != null)) | group_by(.errorCode) | map(length) | sort | reverse");
    let (listed, others) = counts.as_array().unwrap().split_at(2);
    assert_eq!(found.charts[0].rows.iter().map(|row| json!(row.count)).collect::<Vec<_>>(), listed);
    let others: u64 = others.iter().map(|count| count.as_u64().unwrap()).sum();
    let summary =
        format!("2 of {} values; {others} events have others, {missing} none", expected.as_object().unwrap().len());
    assert_eq!(ungrouped(&found.charts[0].remarks[0]), summary);

    // Twelve hours ahead in winter, so a day there begins at noon.
    let days = drawn(
        &user,
        &[REAL, "--by", "occurred_at", "--interval", "day", "--time-zone", "pacific/auckland", "outcome:denied"],
    );
    let denied = r#"(.errorCode // "") | test("^AccessDenied|Unauthorized")"#;
    let expected = jq_counts("(.eventTime | fromdate + 43200 | todate)[0:10]", denied);
    assert_eq!(days.charts[0].counts(), expected);
    assert_eq!(days.charts[0].remarks[0], format!("{} days, Pacific/Auckland", expected.as_object().unwrap().len()));

    let metrics = [REAL, "--distinct", "request_id", "--min", "occurred_at", "--max", "occurred_at"];
    let card = drawn(&user, &metrics).card;
    assert_eq!(ungrouped(&card["events"]), RECORDS.to_string());
    let different = jq("map(.requestID | select(. != null)) | unique | length").to_string();
    assert_eq!(ungrouped(&card["distinct context.request_id"]), different);
    let times = jq(r#"map(.eventTime[0:19] + ".000000Z") | [min, max]"#);
    assert_eq!(json!([card["min occurred_at"], card["max occurred_at"]]), times);
}

#[test]
fn json_is_the_answer_of_the_server() {
    let place = Installation::new();
    let server = place.start_sealing(500);
    let key = place.keys().default;
    let user = place.user(&server, &key);
    import(&user).ok();
    let asking = Asking { server: &server, key: &key };
    let asked = ["--by", "outcome.code", "--by", "occurred_at", "--interval", "hour", "--limit", "3"];
    let metrics = ["--distinct", "actor", "--max", "sequence"];
    let printed = user.ok(&[&["aggregate", REAL, "-o", "json"], &asked[..], &metrics].concat());
    let answer = asking.aggregate(&[
        ("group_by", "outcome.code"),
        ("group_by", "occurred_at"),
        ("interval", "hour"),
        ("limit", "3"),
        ("distinct", "actor"),
        ("max", "sequence"),
    ]);
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), answer);
    // In the order of the server, one line per member.
    assert!(
        printed.starts_with(&format!("{{\n  \"count\": {RECORDS},\n  \"distinct\": {{\n    \"actor\"")),
        "{printed}"
    );

    let listed = user.ok(&["aggregate", REAL, "--by", "outcome.code", "-l", "3", "-o", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let buckets = listed["groups"]["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 3);
    for bucket in buckets {
        let code = bucket["value"].as_str().unwrap();
        let expected = jq(&format!("map(select(.errorCode == \"{code}\")) | length"));
        assert_eq!(*bucket, json!({"value": code, "count": expected}));
    }
}

#[test]
fn groups_within_groups_and_hours_of_a_place_are_those_of_jq() {
    let place = Installation::new();
    let server = place.start_sealing(3_000);
    let user = place.user(&server, &place.keys().default);
    let arguments = [&["demo-data", "--events", "20000"], &FIXED[..]].concat();
    user.ok(&arguments);
    let events = place.path("events.ndjson");
    fs::write(&events, place.run(&[&arguments[..], &["--stdout"]].concat()).ok()).unwrap();
    let outcome = r#"(.outcome.status // "success")"#;

    let found = drawn(&user, &[GENERATED, "--by", "service", "--by", "outcome", "--limit", "1000"]);
    let chart = &found.charts[0];
    assert_eq!(chart.title, "source.service / outcome.status");
    assert_eq!(chart.counts(), jq_of(&counts_of(".source.service", "true"), &events));
    let inner =
        format!("group_by(.source.service) | map({{(.[0].source.service): ({})}}) | add", counts_of(outcome, "true"));
    assert_eq!(chart.inner_counts(), jq_of(&inner, &events));
    chart.check_proportions(20_000);

    // Within a group, values that are not listed are summarised, too.
    let denied = drawn(&user, &[GENERATED, "outcome:denied", "--by", "service", "--by", "action", "--limit", "1"]);
    let program = r#"map(select(.outcome.status == "denied")) | group_by(.source.service) | max_by(length)
        | [length, (group_by(.action) | length, (map(length) | max))]"#;
    let counts = jq_of(program, &events);
    let [all, different, listed] = [0, 1, 2].map(|index| counts[index].as_u64().unwrap());
    assert!(different > 1, "{counts}");
    assert_eq!(denied.charts[0].rows[1].count, listed);
    let inner = format!("1 of {different} values; {} events have others", all - listed);
    assert_eq!(denied.charts[0].remarks[0], inner);

    // The clock is set back at 1:00 UTC: the hour from two to three comes twice.
    let label = r#"(.occurred_at[0:19] + "Z" | fromdate) as $time
        | (if $time < ("2026-10-25T01:00:00Z" | fromdate) then 2 else 1 end) as $ahead
        | "\($time + $ahead * 3600 | todate | .[0:10] + " " + .[11:13]):00 +0\($ahead):00""#;
    let hours = drawn(&user, &[GENERATED, "--by", "occurred_at", "--interval", "hour", "--time-zone", "Europe/Berlin"]);
    let chart = &hours.charts[0];
    let expected = jq_of(&counts_of(&format!("({label})"), "true"), &events);
    assert_eq!(chart.counts(), expected);
    assert!(
        ["+02:00", "+01:00"].iter().all(|ahead| expected[format!("2026-10-25 02:00 {ahead}")].is_u64()),
        "{expected}"
    );
    let starts = |condition: &str| {
        let start = r#".occurred_at[0:13] + ":00:00Z" | fromdate"#;
        let found = jq_of(&format!("map(select({condition}) | {start}) | unique | [length, .[-1] - .[0]]"), &events);
        (found[0].as_u64().unwrap(), found[1].as_u64().unwrap() / 3_600 + 1)
    };
    let (listed, span) = starts("true");
    assert_eq!((chart.remarks.as_slice(), listed), (&[format!("{listed} hours, Europe/Berlin")][..], span));
    let (listed, span) = starts(r#".outcome.code == "forbidden""#);
    assert!(listed < span, "{listed} of {span}");
    let sparse = drawn(&user, &[GENERATED, "outcome.code:forbidden", "--by", "occurred_at", "--interval", "hour"]);
    let gaps = "intervals without events are not listed";
    assert_eq!(sparse.charts[0].remarks, [&format!("{listed} hours, UTC"), gaps]);

    // Metrics over all events are also computed for each group.
    let found =
        drawn(&user, &[GENERATED, "--by", "action", "--distinct", "actor.id", "--distinct", "id", "--limit", "3"]);
    assert_eq!(found.charts[0].columns, ["EVENTS", "SHARE", "distinct actor.id", "distinct id"]);
    for row in &found.charts[0].rows {
        let different = format!("map(select(.action == \"{}\") | .actor.id) | unique | length", row.label);
        assert_eq!(ungrouped(&row.values[0]), jq_of(&different, &events).to_string(), "{row:?}");
        assert_eq!(ungrouped(&row.values[1]), row.count.to_string());
    }
    let estimate = ungrouped(found.card["distinct id"].strip_prefix("about ").unwrap());
    assert!((19_400..20_600).contains(&estimate.parse::<u64>().unwrap()), "{estimate}");
}

#[test]
fn terms_narrow_a_saved_search_and_a_terminal_obeys_no_value() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let hostile = "\u{1b}[31mred\n\u{202e}x";
    for (plan, outcome) in [(hostile, "success"), (hostile, "denied"), ("日本", "success"), ("", "success")] {
        let event = json!({
            "action": "plan.buy", "actor": {"type": "user", "id": "x"}, "source": {"service": "shop"},
            "outcome": {"status": outcome}, "metadata": {"plan": plan},
        });
        user.run_with_input(&["send"], &event.to_string()).ok();
    }
    user.ok(&["saved-search", "create", "shop", "service:shop"]);

    let text = user.ok(&["aggregate", "--saved", "shop", "--by", "metadata.plan"]);
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    let expected = json!({r"\u{1b}[31mred\n\u{202e}x": 2, "日本": 1, "\"\"": 1});
    assert_eq!(Drawn::read(&text).charts[0].counts(), expected);

    let narrowed = drawn(&user, &["--saved", "shop", "-outcome:success", "--by", "outcome"]);
    assert_eq!(narrowed.charts[0].counts(), json!({"denied": 1}));
    let nothing = user.run(&["aggregate", "actor:nobody", "--by", "action", "--max", "sequence"]);
    let found = Drawn::read(&nothing.ok());
    assert_eq!((found.card["events"].as_str(), found.card["max sequence"].as_str()), ("0", "none"));
    assert_eq!(found.charts[0].remarks, ["no values"]);
}

#[test]
fn what_is_not_understood_is_told_of_the_term_or_the_flag() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let message = user.run(&["aggregate", "actor:alice", "acter:red", "--by", "action"]).failed(2);
    let lines: Vec<&str> = message.lines().collect();
    let query = lines.iter().position(|line| line.trim() == "actor:alice acter:red").unwrap();
    assert_eq!(lines[query + 1].find('^'), lines[query].find("acter"), "{message}");

    for (arguments, expected) in [
        (&["--by", "acton"][..], "--by: There is no field `acton`. Did you mean `action`?"),
        (&["--distinct", "acter"], "--distinct: There is no field `acter`. Did you mean `actor`?"),
        (&["--by", "action", "--by", "actor", "--by", "ip"], "--by: groups nest at most 2 levels deep"),
        (&["--by", "occurred_at", "--time-zone", "Berlin"], "--time-zone: `Berlin` is not a time zone"),
        (&["--by", "action", "--interval", "hour"], "add `--by occurred_at`"),
        (&["--min", "action"], "--min: `action` is of the kind"),
    ] {
        let run = user.run(&[&["aggregate"], arguments].concat());
        assert!(run.stdout.is_empty(), "{run:?}");
        let message = run.failed(2);
        assert!(message.starts_with("error: --") && message.contains(expected), "{message}");
    }

    let viewer = user.ok(&["key", "create", "--role", "audit_viewer", "--print-key"]);
    let refused = user.run(&["aggregate", "--by", "actor", "--key", viewer.trim()]).failed(1);
    assert!(refused.contains("field_not_permitted") && refused.contains("hint: use a key"), "{refused}");
}
