//! docs/spec/event-v1.md agrees with the code.

use auditlog_core::{
    event::{
        ActorType, AdjustmentCode, Category, ChangeOperation, Group, OutcomeStatus, Severity, SubmitterType, limits,
        parse_event, violation::code,
    },
    json::DEPTH_MAX,
};

const SPECIFICATION: &str = include_str!("../../../../docs/spec/event-v1.md");

#[test]
fn every_code_and_word_is_specified() {
    let events = [ActorType::NAMES, Category::NAMES, ChangeOperation::NAMES, OutcomeStatus::NAMES, Severity::NAMES];
    let words = events.into_iter().chain([SubmitterType::NAMES]).flatten();
    for word in code::ALL.iter().chain(words) {
        assert!(SPECIFICATION.contains(&format!("`{word}`")), "{word}");
    }
}

#[test]
fn exactly_the_codes_of_adjustments_are_listed() {
    let chapter = SPECIFICATION.split("\n## ").find(|chapter| chapter.starts_with("4.")).unwrap();
    let table = chapter.split("| code |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let listed: Vec<&str> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    assert_eq!(listed, AdjustmentCode::NAMES);
    assert!(AdjustmentCode::NAMES.is_sorted() && AdjustmentCode::ALL.is_sorted(), "the order of an event's list");
}

#[test]
fn the_groups_of_leaf_v1_are_those_of_the_crate() {
    let leaf = include_str!("../../../../docs/spec/leaf-v1.md");
    for (number, group) in (1..).zip(Group::ALL) {
        assert!(leaf.contains(&format!("| {number} | `{}` | ", group.as_str())), "{group:?}");
    }
}

#[test]
fn every_limit_is_specified() {
    let bytes = |bytes: usize| match bytes {
        _ if bytes.is_multiple_of(1024 * 1024) => format!("{} MiB", bytes / 1024 / 1024),
        _ if bytes.is_multiple_of(1024) => format!("{} KiB", bytes / 1024),
        _ => format!("{bytes} B"),
    };
    let count = |count: usize| count.to_string();
    for (what, limit) in [
        ("event, its JSON text as sent", bytes(limits::EVENT_BYTES_MAX)),
        ("levels of lists and objects", DEPTH_MAX.to_string()),
        ("events in a batch", "1,000".to_owned()),
        ("batch, decompressed", bytes(limits::BATCH_BYTES_MAX)),
        ("`external_id`, `action`, types, `source.service`, `raw.format`", bytes(limits::NAME_BYTES_MAX)),
        ("every string not listed here, ids included", bytes(limits::TEXT_BYTES_MAX)),
        ("`url`, `user_agent`", bytes(limits::LONG_TEXT_BYTES_MAX)),
        ("`message`", bytes(limits::MESSAGE_BYTES_MAX)),
        ("`changes[].old`, `changes[].new`, in canonical form", bytes(limits::CHANGE_VALUE_BYTES_MAX)),
        ("`raw.body`", bytes(limits::RAW_BODY_BYTES_MAX)),
        ("a name in `metadata` or `attributes`", format!("{} B", limits::OPEN_NAME_BYTES_MAX)),
        ("a string in `metadata` or `attributes`", bytes(limits::OPEN_TEXT_BYTES_MAX)),
        ("levels in `metadata` or `attributes`", count(limits::OPEN_LEVELS_MAX)),
        ("values in `metadata`", count(limits::METADATA_VALUES_MAX)),
        ("values in `attributes`", count(limits::ATTRIBUTES_VALUES_MAX)),
        ("`metadata` or `attributes`, in canonical form", bytes(limits::OPEN_BYTES_MAX)),
        ("`groups`", count(limits::GROUPS_COUNT_MAX)),
        ("`on_behalf_of`", count(limits::ON_BEHALF_OF_COUNT_MAX)),
        ("`targets`", count(limits::TARGETS_COUNT_MAX)),
        ("`changes`", count(limits::CHANGES_COUNT_MAX)),
        ("what the producer sent of an event, in canonical form", bytes(limits::KEPT_BYTES_MAX)),
    ] {
        assert!(SPECIFICATION.contains(&format!("| {what} | {limit} |")), "{what}: {limit}");
    }
    assert_eq!(limits::BATCH_EVENTS_MAX, 1_000);
    for text in [
        format!("beyond the {}th entry", limits::ADJUSTMENTS_COUNT_MAX),
        format!("beyond {} were left out", bytes(limits::ADJUSTMENTS_BYTES_MAX)),
        format!("up to {} bytes", limits::ORIGINAL_BYTES_MAX),
        format!("longer than {}", bytes(limits::POINTER_BYTES_MAX)),
        format!("more than {} hours", limits::AHEAD_HOURS_MAX),
        format!("up to {}; only", limits::VIOLATIONS_MAX),
    ] {
        assert!(SPECIFICATION.contains(&text), "{text}");
    }
}

#[test]
fn the_example_of_a_derived_id_is_right() {
    let text = r#"{"action":"a.b","actor":{"type":"unknown"},"source":{"service":"github"},"external_id":"a-1",
        "occurred_at":"2026-01-01T00:00:00.123456Z"}"#;
    let id = parse_event(text.as_bytes()).unwrap().id.unwrap();
    assert!(SPECIFICATION.contains(&format!("give `{id}`")), "{id}");
}

#[test]
fn the_verbs_of_the_specification_have_its_categories() {
    let chapter = SPECIFICATION.split("\n## ").find(|chapter| chapter.starts_with("7.")).unwrap();
    let mut verb_count = 0;
    for row in chapter.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`'));
        let category = Category::parse(cells.nth(1).unwrap()).unwrap();
        for verb in cells.next().unwrap().split(", ") {
            assert_eq!(Category::of_action(&format!("thing.{verb}")), category, "{verb}");
            verb_count += 1;
        }
    }
    assert!(verb_count > 90, "{verb_count}");
}
