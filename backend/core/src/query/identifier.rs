//! Owns which values identify something that people copy from an alert: a word of the search box finds events by any of
//! them, so that whatever is pasted finds the event.

use std::collections::BTreeSet;

use crate::{
    event::address_of,
    id::EventId,
    query::{Field, FieldTest, Filter, Test, stored_text::stored_text, value::canonical_network},
    text::key_of,
};

/// The fields of identifying texts.
const IDENTIFYING: [Field; 12] = [
    Field::ExternalId,
    Field::Action,
    Field::AnyActor,
    Field::ActorEmail,
    Field::OnBehalfOfEmail,
    Field::TargetId,
    Field::SourceHost,
    Field::ContextRequestId,
    Field::ContextCorrelationId,
    Field::ContextSessionId,
    Field::ContextTraceId,
    Field::ContextSpanId,
];

/// The tests of which one holds where an identifying value of an event is this text.
pub(super) fn identifier_tests(text: &str) -> Vec<Filter> {
    tests_of(&[text])
}

/// The same for a text that was pasted from a sentence or a list: also without the punctuation around it.
pub(super) fn pasted_identifier_tests(text: &str) -> Vec<Filter> {
    let inner = text.trim_start_matches(OPENING).trim_end_matches(CLOSING);
    if inner.is_empty() || inner == text { tests_of(&[text]) } else { tests_of(&[text, inner]) }
}

/// Punctuation that stands in front of an identifier in a sentence, and behind one.
const OPENING: [char; 11] = ['(', '[', '{', '<', '\'', '"', '`', '«', '“', '‘', '„'];
const CLOSING: [char; 17] = ['.', ',', ';', ':', '!', '?', '…', ')', ']', '}', '>', '\'', '"', '`', '»', '”', '’'];

/// The tests of which one holds where an identifying value is one of these spellings.
fn tests_of(spellings: &[&str]) -> Vec<Filter> {
    let holding = |field, values| Filter::Field(FieldTest { field, test: Test::OneOf(values) });
    let id = spellings.iter().find_map(|text| EventId::parse(text));
    let id = id.map(|id| holding(Field::Id, vec![id.to_string()]));
    let address = spellings.iter().find_map(|text| address_of(text));
    let address = address.map(|address| holding(Field::ContextIp, vec![address.to_string()]));
    let network = spellings.iter().find_map(|text| text.parse().ok()).map(|network| {
        Filter::Field(FieldTest { field: Field::ContextIp, test: Test::Network(canonical_network(network)) })
    });
    let texts = IDENTIFYING.into_iter().map(|field| {
        // A set: both spellings may be cut to one, and values are searched in their order.
        let keys: BTreeSet<String> =
            spellings.iter().map(|text| key_of(&stored_text(&field, text)).into_owned()).collect();
        holding(field, keys.into_iter().collect())
    });
    id.into_iter().chain(address).chain(network).chain(texts).collect()
}

/// Whether these are the alternatives that a text of the search box stands for: its words, if it has any, and each
/// identifying value.
pub(super) fn is_term(parts: &[Filter]) -> bool {
    let identifiers = match parts {
        [Filter::Text(_), identifiers @ ..] | identifiers => identifiers,
    };
    let has = |field: &Field| identifiers.iter().any(|part| is_test_of(part, field));
    let is_identifying = |part: &Filter| {
        let others = [Field::Id, Field::ContextIp];
        IDENTIFYING.iter().chain(&others).any(|field| is_test_of(part, field))
    };
    IDENTIFYING.iter().all(has) && identifiers.iter().all(is_identifying)
}

fn is_test_of(part: &Filter, field: &Field) -> bool {
    let is_pasted = |test: &Test| match test {
        Test::OneOf(values) => values.len() <= 2,
        Test::Network(_) => true,
        _ => false,
    };
    matches!(part, Filter::Field(FieldTest { field: tested, test }) if tested == field && is_pasted(test))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::is_one_of;

    fn values_of(text: &str, field: &Field) -> Vec<String> {
        let tests = identifier_tests(text);
        assert!(is_term(&tests), "{text}");
        let of_field = |part: Filter| match part {
            Filter::Field(FieldTest { field: tested, test: Test::OneOf(values) }) if tested == *field => values,
            _ => Vec::new(),
        };
        tests.into_iter().flat_map(of_field).collect()
    }

    #[test]
    fn an_address_is_found_in_each_form_in_which_it_is_sent() {
        for (text, expected) in [
            ("198.51.100.9", "198.51.100.9"),
            ("198.51.100.9:51432", "198.51.100.9"),
            ("[2001:DB8::1]:443", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(values_of(text, &Field::ContextIp), [expected], "{text}");
            assert_eq!(values_of(text, &Field::TargetId), [key_of(text).into_owned()]);
        }
        assert_eq!(values_of("198.51.100.9, 10.0.0.1", &Field::ContextIp), [] as [String; 0]);
        let network = Test::Network("10.0.0.0/8".parse().unwrap());
        let network = Filter::Field(FieldTest { field: Field::ContextIp, test: network });
        assert!(identifier_tests("10.1.2.3/8").contains(&network) && is_term(&identifier_tests("10.1.2.3/8")));
    }

    #[test]
    fn punctuation_around_a_pasted_identifier_is_left_out() {
        for (text, inner) in [
            ("req-7f3a.", "req-7f3a"),
            ("[REQ-7f3a],", "req-7f3a"),
            ("'4442587FB7D0A2F9';", "4442587fb7d0a2f9"),
            ("(mara@acme.example).", "mara@acme.example"),
        ] {
            let tests = pasted_identifier_tests(text);
            assert!(is_term(&tests), "{text}");
            let keys_of = |field: &Field| {
                tests.iter().find_map(|test| match test {
                    Filter::Field(FieldTest { field: tested, test: Test::OneOf(keys) }) if tested == field => {
                        Some(keys)
                    }
                    _ => None,
                })
            };
            let keys = keys_of(&Field::ContextRequestId).unwrap();
            assert!(keys.is_sorted() && keys.len() == 2, "{keys:?}");
            // The punctuation may belong to the identifier.
            assert!([text, inner].into_iter().all(|value| is_one_of(value, keys)), "{text}: {keys:?}");
        }
        let address = |text: &str| {
            let ip = FieldTest { field: Field::ContextIp, test: Test::OneOf(vec!["198.51.100.9".to_owned()]) };
            pasted_identifier_tests(text).contains(&Filter::Field(ip))
        };
        assert!(["198.51.100.9.", "198.51.100.9,", "(198.51.100.9:443)", "<198.51.100.9>"].into_iter().all(address));
        let id = "01932b5e-7c00-7abc-8def-0123456789ab";
        let tests = pasted_identifier_tests(&format!("{{{id}}},"));
        let holding = FieldTest { field: Field::Id, test: Test::OneOf(vec![id.to_owned()]) };
        assert!(tests.contains(&Filter::Field(holding)));
        let long = format!("{}.", "a".repeat(2_000));
        for test in pasted_identifier_tests(&long) {
            let Filter::Field(FieldTest { test: Test::OneOf(keys), .. }) = test else { panic!("{test:?}") };
            assert_eq!(keys.len(), 1, "both are cut to one");
        }
        for text in ["a", "...", ".profile", "#4711"] {
            assert_eq!(pasted_identifier_tests(text), identifier_tests(text));
        }
    }

    #[test]
    fn a_term_is_recognised_whatever_its_key_is() {
        // The key of this id has two letters for the ligature, and is an id itself.
        let id = "01932b5e-7c00-7abc-8def-0123456789\u{fb00}";
        assert!(is_term(&identifier_tests(id)));
        let mut tests = identifier_tests("a");
        tests.pop();
        assert!(!is_term(&tests) && !is_term(&[]));
    }
}
