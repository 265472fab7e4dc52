//! Random texts, valid and broken, read by this reader and by `serde_json`. Both must agree on what is JSON and on its
//! value; where ours refuses what `serde_json` accepts, the refusal must have one of the documented reasons.

use std::fmt::Write;

use auditlog_core::{
    event::JsonText,
    json::{JsonErrorKind, LocatedError, Reader},
};
use proptest::prelude::*;
use serde_json::Value;

/// A JSON text as its author might write it: any spacing, any escapes, names in any order.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        any::<i32>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter_map("finite", |number| number.is_finite().then(|| format!("{number:e}"))),
        "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,2})?",
        string_text(),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..8), space())
                .prop_map(|(items, space)| { format!("[{space}{}{space}]", items.join(&format!("{space},"))) }),
            (prop::collection::vec((string_text(), inner), 0..8), space()).prop_map(|(members, space)| {
                let members: Vec<_> =
                    members.into_iter().map(|(name, value)| format!("{name}{space}:{value}{space}")).collect();
                format!("{{{space}{}}}", members.join(","))
            }),
        ]
    })
}

fn space() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,2}"
}

/// A string in quotes, some of its characters escaped in one way or another.
fn string_text() -> impl Strategy<Value = String> {
    prop::collection::vec((any::<char>(), 0..4_u8), 0..12).prop_map(|characters| {
        let mut text = String::from("\"");
        for (character, style) in characters {
            match (character, style) {
                ('"' | '\\', _) => text.extend(['\\', character]),
                (_, 0 | 1) if character >= ' ' => text.push(character),
                (_, 2) if character.is_ascii_alphabetic() => text.push(character),
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(text, "\\u{unit:04x}").unwrap();
                    }
                }
            }
        }
        text.push('"');
        text
    })
}

/// Whether two values are equal, except for the last digit of a number, which `serde_json` may round wrongly.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let (left, right) = (left.as_f64().unwrap(), right.as_f64().unwrap());
            (left - right).abs() <= left.abs() * 1e-15
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

fn assert_agreement(bytes: &[u8]) -> Result<(), TestCaseError> {
    let theirs = serde_json::from_slice::<Value>(bytes);
    let ours = std::str::from_utf8(bytes).ok().map(JsonText::parse);
    let skimmed = Reader::new(bytes).and_then(|mut reader| {
        reader.skim_value()?;
        reader.finish()
    });
    match ours {
        None => prop_assert!(theirs.is_err() && skimmed.is_err()),
        Some(Ok(canonical)) => {
            let value: Value = serde_json::from_str(canonical.as_str()).unwrap();
            prop_assert!(same(&value, &theirs.unwrap()), "{canonical:?}");
            prop_assert_eq!(JsonText::parse(canonical.as_str()).unwrap(), canonical);
            prop_assert!(skimmed.is_ok());
        }
        Some(Err(LocatedError { error, .. })) if error.kind.is_malformed() => {
            prop_assert!(theirs.is_err(), "{error}");
            prop_assert!(skimmed.is_err());
        }
        Some(Err(LocatedError { error, .. })) => {
            prop_assert!(skimmed.is_ok(), "skipping takes what is JSON");
            match error.kind {
                // serde_json refuses these too, so no reason is needed.
                JsonErrorKind::LoneSurrogate => prop_assert!(theirs.is_err()),
                JsonErrorKind::NumberOutOfRange
                | JsonErrorKind::DuplicateKey
                | JsonErrorKind::NulCharacter
                | JsonErrorKind::TooDeep => {}
                other => prop_assert!(false, "{other:?} is no refusal"),
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn valid_texts_are_read_alike(text in json_text()) {
        assert_agreement(text.as_bytes())?;
    }

    #[test]
    fn broken_texts_are_refused_alike(text in json_text(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4)) {
        let mut bytes = text.into_bytes();
        for (place, byte, kind) in edits {
            let place = place.index(bytes.len() + 1);
            match kind {
                0 => bytes.insert(place, byte),
                1 if place < bytes.len() => drop(bytes.remove(place)),
                _ if place < bytes.len() => bytes[place] = b"{}[]\",:\\01-.eEtfnu "[usize::from(byte) % 19],
                _ => {}
            }
        }
        assert_agreement(&bytes)?;
    }

    #[test]
    fn a_cut_text_is_refused(text in json_text(), at in any::<prop::sample::Index>()) {
        let cut = at.index(text.len());
        assert_agreement(&text.as_bytes()[..cut])?;
    }

    #[test]
    fn names_come_out_in_order_whatever_order_they_came_in(names in prop::collection::hash_set(any::<String>(), 0..12)) {
        let object = |names: &mut dyn Iterator<Item = &String>| {
            let members: Vec<_> = names.map(|name| format!("{}:1", Value::from(name.as_str()))).collect();
            JsonText::parse(&format!("{{{}}}", members.join(",")))
        };
        prop_assume!(names.iter().all(|name| !name.contains('\0')));
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_by(|left, right| left.encode_utf16().cmp(right.encode_utf16()));
        let expected: Vec<_> = sorted.iter().map(|name| format!("{}:1", Value::from(name.as_str()))).collect();
        let text = object(&mut names.iter()).unwrap();
        prop_assert_eq!(text.as_str().matches(":1").count(), expected.join(",").matches(":1").count());
        prop_assert_eq!(&text, &object(&mut sorted.into_iter()).unwrap());
    }
}

#[test]
fn depth_is_limited_for_reading_and_unlimited_for_skipping() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(JsonText::parse(&nested(128)).is_ok());
    let error = JsonText::parse(&nested(129)).unwrap_err();
    assert_eq!(error.error.kind, JsonErrorKind::TooDeep);
    let deep = nested(1_000_000);
    let mut reader = Reader::new(deep.as_bytes()).unwrap();
    assert_eq!(reader.skim_value(), Ok(()));
    assert_eq!(reader.finish(), Ok(()));
}
