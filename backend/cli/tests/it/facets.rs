//! `facets`: one block per field, with the counts of jq in the real records.

use serde_json::Value;

use crate::{
    charts::Asking,
    cloudtrail::{RECORDS, import, jq_counts},
    drawn::{Drawn, ungrouped},
    harness::Installation,
};

#[test]
fn each_field_has_a_block_with_what_jq_counts() {
    let place = Installation::new();
    let server = place.start_sealing(500);
    let key = place.keys().default;
    let user = place.user(&server, &key);
    import(&user).ok();
    let asked = ["facets", "raw.format:cloudtrail", "--field", "source.region", "--field", "outcome.code"];
    let found = Drawn::read(&user.ok(&[&asked[..], &["--limit", "1000"]].concat()));
    assert_eq!(ungrouped(&found.card["events"]), RECORDS.to_string());
    let [regions, codes] = &found.charts[..] else { panic!("{found:?}") };
    assert_eq!((regions.title.as_str(), codes.title.as_str()), ("source.region", "outcome.code"));
    assert_eq!(regions.counts(), jq_counts(".awsRegion", "true"));
    assert_eq!(codes.counts(), jq_counts(".errorCode", ".errorCode != null"));
    for chart in &found.charts {
        chart.check_proportions(RECORDS);
    }

    let denied = Drawn::read(&user.ok(&["facets", "outcome:denied", "-category:read", "--field", "outcome"]));
    assert_eq!(denied.charts[0].rows.len(), 1, "{denied:?}");
    assert_eq!(denied.charts[0].rows[0].label, "denied");

    let printed = user.ok(&[&asked[..], &["-l", "3", "-o", "json"]].concat());
    let fields = [("field", "source.region"), ("field", "outcome.code"), ("limit", "3")];
    let answer = Asking { server: &server, key: &key }.get("facets", &fields);
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), answer);
}

#[test]
fn the_usual_fields_are_counted_and_those_that_are_withheld_are_named() {
    let place = Installation::new();
    let (server, user) = place.started();
    user.ok(&["send", "--action", "doc.read", "--actor", "user:alice", "--service", "docs"]);
    let found = Drawn::read(&user.ok(&["facets", "service:docs"]));
    let titles: Vec<&str> = found.charts.iter().map(|chart| chart.title.as_str()).collect();
    assert_eq!(titles.len(), 10, "{titles:?}");
    let chart = |title: &str| &found.charts[titles.iter().position(|other| *other == title).unwrap()];
    assert_eq!(chart("actor").rows[0].label, "alice");
    assert_eq!(chart("source.environment").remarks, ["no values; 1 event has none"]);

    let viewer = user.ok(&["key", "create", "--role", "audit_viewer", "--print-key"]);
    let text = place.user(&server, viewer.trim()).ok(&["facets", "service:docs"]);
    assert!(
        text.ends_with("\nnot counted, because the key lacks the permission: actor.type, actor, context.auth_method\n"),
        "{text}"
    );
    assert!(!text.contains("alice"), "{text}");
}

#[test]
fn a_field_that_cannot_be_counted_is_told_of_its_flag() {
    let place = Installation::new();
    let (_server, user) = place.started();
    for (field, expected) in [
        ("acton", "--field: There is no field `acton`. Did you mean `action`?"),
        ("occurred_at", "--field: `occurred_at` is a time"),
    ] {
        let message = user.run(&["facets", "--field", "severity", "--field", field]).failed(2);
        assert!(message.starts_with("error: --field") && message.contains(expected), "{message}");
    }
    let message = user.run(&["facets", "acter:red"]).failed(2);
    assert!(message.contains("^^^^^ There is no field `acter`"), "{message}");
}
