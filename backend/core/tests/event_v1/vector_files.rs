//! The vectors of event v1: the files are fresh, and the crate stores and refuses what they say.

use std::{collections::HashSet, fs, path::PathBuf};

use auditlog_core::{
    event::{EventDraft, canonical::write_event, parse_canonical, parse_event, violation::code},
    id::EventId,
};

use crate::{
    fixtures::{received_at, submission},
    vectors::{self, FRESH_ID, Sent},
};

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/vectors").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn fresh_id() -> EventId {
    EventId::parse(FRESH_ID).unwrap()
}

#[test]
fn the_vectors_in_the_repository_are_fresh() {
    for (name, text) in
        [("event-v1-refused.json", vectors::refused_text()), ("event-v1-stored.json", vectors::stored_text())]
    {
        assert!(file(name) == text, "write {name} again with the example event-vectors of this crate");
    }
}

#[test]
fn names_and_texts_of_vectors_are_distinct() {
    let refused = vectors::all_refused();
    let stored = vectors::all_stored();
    assert!(refused.len() >= 300 && stored.len() >= 150, "{} refused, {} stored", refused.len(), stored.len());
    let names: HashSet<&String> =
        refused.iter().map(|one| &one.name).chain(stored.iter().map(|one| &one.name)).collect();
    assert_eq!(names.len(), refused.len() + stored.len());
    let texts: HashSet<&String> = stored.iter().map(|one| &one.text).collect();
    assert_eq!(texts.len(), stored.len());
}

#[test]
fn the_crate_refuses_every_vector_for_its_reason() {
    for vectors::Refused { name, sent, pointer, code } in vectors::all_refused() {
        let bytes = match &sent {
            Sent::Text(text) => text.clone().into_bytes(),
            Sent::Hexadecimal(digits) => {
                (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
            }
        };
        let found = match parse_event(&bytes) {
            Err(errors) => errors.into_violations(),
            Ok(draft) => draft.complete(&submission(), fresh_id()).map(drop).err().into_iter().collect(),
        };
        let found: Vec<_> = found.into_iter().map(|one| (one.pointer, one.code)).collect();
        assert_eq!(found, [(pointer, code)], "{name}");
    }
}

#[test]
fn the_crate_stores_every_vector_as_it_says() {
    for stored in vectors::all_stored() {
        let name = &stored.name;
        let draft = parse_event(stored.text.as_bytes()).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        let event = draft.clone().complete(&submission(), fresh_id()).unwrap();
        let (mut canonical, expected) = (String::new(), stored.canonical());
        write_event(&event, &mut canonical);
        assert_eq!(shortened(&canonical), shortened(&expected), "{name}");
        assert!(canonical == expected, "{name}");
        assert_eq!(parse_canonical(&canonical).as_ref(), Ok(&event), "{name}");
        assert_strict(name, &draft, &stored.adjusted_pointers());
    }
}

/// With `strict=true` each adjustment is a violation of its pointer.
fn assert_strict(name: &str, draft: &EventDraft, expected: &[&str]) {
    let found = draft.check_unadjusted(received_at()).err().unwrap_or_default();
    assert!(found.iter().all(|one| one.code == code::WOULD_BE_ADJUSTED), "{name}: {found:?}");
    assert_eq!(found.len(), expected.len().min(32), "{name}");
    if expected.len() <= 32 && expected.iter().all(|pointer| pointer.len() <= 128) {
        let (mut found, mut expected): (Vec<&str>, _) =
            (found.iter().map(|one| one.pointer.as_str()).collect(), expected.to_vec());
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name}");
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(2_000).collect()
}
