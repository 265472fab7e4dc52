//! Property tests over arbitrary texts and queries.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    query::{
        Field, FieldTest, Filter, KeyPath, Phrase, PhraseEnd, SearchError, Test, ValueKind,
        identifier::identifier_tests, notation::now, parse_parameters, parse_search,
    },
    text::{Pattern, key_of},
};

/// Texts that are similar enough to queries to get deep into the parser.
fn almost_queries() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "actor",
        "action",
        "severity",
        "since",
        "ip",
        "sequence",
        "metadata.",
        "occurred_at",
        ":",
        ":",
        ",",
        "-",
        "!",
        "=",
        ">=",
        "<",
        "..",
        "*",
        "\"",
        "\\",
        "(",
        ")",
        " ",
        " ",
        "high",
        "7d",
        "2026-01-01",
        "10.0.0.0/8",
        "1",
        "é",
        "東",
        "\u{0}",
        "\u{a0}",
        "OR",
        " AND ",
        "NOT ",
        " (",
    ]);
    prop_oneof![vec(pieces, 0..12).prop_map(|pieces| pieces.concat()), "\\PC{0,60}"]
}

fn check_place(text: &str, error: &SearchError) -> Result<(), TestCaseError> {
    prop_assert!(error.start <= error.end && error.end <= text.len(), "{error:?}");
    prop_assert!(text.is_char_boundary(error.start) && text.is_char_boundary(error.end), "{error:?}");
    prop_assert!(!error.code.is_empty() && error.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    Ok(())
}

/// Any text in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A test of a field of texts, and how it is written.
fn field_terms() -> impl Strategy<Value = (String, Filter)> {
    let text_fields: Vec<Field> =
        Field::standard().iter().filter(|line| line.kind == ValueKind::Text).map(|line| line.field.clone()).collect();
    let fields = prop_oneof![
        select(text_fields).prop_map(|field| (field.name(), field)),
        "\\PC{1,10}".prop_map(|key| (format!("metadata.{}", quoted(&key)), Field::Metadata(KeyPath::of_name(key)))),
    ];
    let tests = prop_oneof![
        proptest::collection::btree_set("\\PC{0,12}", 1..4).prop_map(|values| {
            let written: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            let keys: BTreeSet<String> = values.iter().map(|value| key_of(value).into_owned()).collect();
            (written.join(","), Test::OneOf(keys.into_iter().collect()))
        }),
        "\\PC{1,12}"
            .prop_map(|prefix| (format!("{}*", quoted(&prefix)), Test::Like(Pattern::prefix(&prefix).unwrap()))),
    ];
    (fields, tests).prop_map(|((name, field), (written, test))| {
        (format!("{name}:{written}"), Filter::Field(FieldTest { field, test }))
    })
}

fn terms() -> impl Strategy<Value = (String, Filter)> {
    let words = "[a-z0-9]{1,12}";
    let ends = || select(vec![(PhraseEnd::Whole, ""), (PhraseEnd::Prefix, "*")]);
    let text_of = |words: &str, end| Filter::Text(Phrase::of_text(words, end).unwrap());
    let term = prop_oneof![
        field_terms(),
        words.prop_map(move |word| {
            let words = vec![text_of(&word, PhraseEnd::Whole)];
            let filter = Filter::any_of([words, identifier_tests(&word)].concat());
            (word, filter)
        }),
        words.prop_map(move |word| (format!("{word}*"), text_of(&word, PhraseEnd::Prefix))),
        (vec(words, 1..4), ends()).prop_map(move |(words, (end, star))| {
            let text = words.join(" - ");
            let phrase = text_of(&words.join(" "), end);
            let filter = match end {
                PhraseEnd::Whole => Filter::any_of([vec![phrase], identifier_tests(&text)].concat()),
                PhraseEnd::Prefix => phrase,
            };
            (format!("{}{star}", quoted(&text)), filter)
        }),
    ];
    (term, any::<bool>()).prop_map(|((text, filter), negated)| {
        if negated { (format!("-{text}"), Filter::Not(Box::new(filter))) } else { (text, filter) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_it_panic_and_every_error_has_a_place_in_it(text in almost_queries()) {
        if let Err(error) = parse_search(&text, now()) {
            check_place(&text, &error)?;
        }
    }

    #[test]
    fn no_parameter_makes_it_panic(name in select(vec!["q", "actor", "severity", "since", "ip", "x"]), value in almost_queries()) {
        let pairs = [(name.to_owned(), value.clone())];
        for error in parse_parameters(&pairs, now()).err().unwrap_or_default() {
            prop_assert!(error.start <= error.end && error.end <= value.len(), "{error:?}");
            prop_assert_eq!(error.parameter, name);
        }
    }

    #[test]
    fn what_is_written_out_means_what_it_was_made_of(terms in vec(terms(), 0..6)) {
        let text: Vec<String> = terms.iter().map(|(text, _)| text.clone()).collect();
        let expected = Filter::all_of(terms.into_iter().map(|(_, filter)| filter).collect());
        prop_assert_eq!(parse_search(&text.join("  "), now()), Ok(expected));
    }

    #[test]
    fn a_literal_parameter_is_taken_as_it_is(value in "\\PC{0,40}") {
        let pairs = [("actor.name".to_owned(), format!("={value}"))];
        let expected = Filter::Field(FieldTest { field: Field::ActorName, test: Test::Exactly(vec![value]) });
        prop_assert_eq!(parse_parameters(&pairs, now()), Ok(expected));
    }
}
