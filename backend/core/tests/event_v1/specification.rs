//! docs/spec/event-v1.md agrees with the code.

use auditlog_core::event::{
    ActorType, Category, ChangeOperation, OutcomeStatus, Severity, SubmitterType, limits, violation::code,
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
fn every_limit_is_specified() {
    let bytes =
        |bytes: usize| if bytes.is_multiple_of(1024) { format!("{} KiB", bytes / 1024) } else { format!("{bytes} B") };
    for (what, limit) in [
        ("event, its JSON text as sent", bytes(limits::EVENT_BYTES_MAX)),
        ("`tenant_id`, `action`", bytes(limits::SHORT_NAME_BYTES_MAX)),
        ("ids, types, `source.service`, `raw.format`", bytes(limits::ID_BYTES_MAX)),
        ("every string not listed here", bytes(limits::TEXT_BYTES_MAX)),
        ("`url`, `user_agent`", bytes(limits::LONG_TEXT_BYTES_MAX)),
        ("`message`", bytes(limits::MESSAGE_BYTES_MAX)),
        ("a name in `metadata` or `attributes`", bytes(limits::ATTRIBUTE_NAME_BYTES_MAX)),
        ("a string in `metadata` or `attributes`", bytes(limits::ATTRIBUTE_VALUE_BYTES_MAX)),
        ("names in `metadata`", limits::METADATA_COUNT_MAX.to_string()),
        ("names in `attributes`", limits::ATTRIBUTES_COUNT_MAX.to_string()),
        ("`groups`", limits::GROUPS_COUNT_MAX.to_string()),
        ("`on_behalf_of`", limits::ON_BEHALF_OF_COUNT_MAX.to_string()),
        ("`targets`", limits::TARGETS_COUNT_MAX.to_string()),
        ("`changes`", limits::CHANGES_COUNT_MAX.to_string()),
    ] {
        assert!(SPECIFICATION.contains(&format!("| {what} | {limit} |")), "{what}: {limit}");
    }
}

#[test]
fn the_verbs_of_the_specification_have_its_categories() {
    let chapter = SPECIFICATION.split("\n## ").find(|chapter| chapter.starts_with("5.")).unwrap();
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
