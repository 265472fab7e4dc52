//! Owns the fingerprint of a filter, by which a cursor recognises its query.

use sha2::{Digest, Sha256};

use crate::query::{Bounds, FieldTest, Filter, OwnedToken, PhraseEnd, PhraseScope, Test, TokenKind};

impl Filter {
    /// Sixteen bytes of a SHA-256 over an unambiguous text form of the filter. Equal filters have equal fingerprints,
    /// in every process and release that writes cursors of the same version.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 16] {
        let mut into = String::from("auditlog.filter.v2 ");
        write_filter(self, &mut into);
        let digest: [u8; 32] = Sha256::digest(into.as_bytes()).into();
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest[..16]);
        fingerprint
    }
}

/// Writes prefix notation. Every list and string is preceded by its length, so no two filters have the same text.
fn write_filter(filter: &Filter, into: &mut String) {
    match filter {
        Filter::All => into.push_str("all;"),
        Filter::And(parts) => write_parts("and", parts, into),
        Filter::Or(parts) => write_parts("or", parts, into),
        Filter::Not(part) => {
            into.push_str("not;");
            write_filter(part, into);
        }
        Filter::Field(FieldTest { field, test }) => {
            into.push_str("field;");
            write_string(&field.name(), into);
            write_test(test, into);
        }
        Filter::Text(phrase) => {
            if phrase.scope() == PhraseScope::WithoutPersonal {
                into.push_str("without_personal;");
            }
            let name = match phrase.end() {
                PhraseEnd::Whole => "text",
                PhraseEnd::Prefix => "text_prefix",
            };
            into.push_str(name);
            write_count(phrase.tokens().len(), into);
            for OwnedToken { key, kind } in phrase.tokens() {
                // Every string begins with a space.
                into.push_str(match kind {
                    TokenKind::Word => "",
                    TokenKind::Starting => "starting",
                    TokenKind::Continuing => "continuing",
                });
                write_string(key, into);
            }
        }
    }
}

fn write_parts(name: &str, parts: &[Filter], into: &mut String) {
    into.push_str(name);
    write_count(parts.len(), into);
    for part in parts {
        write_filter(part, into);
    }
}

fn write_test(test: &Test, into: &mut String) {
    match test {
        Test::Present => into.push_str("present;"),
        Test::OneOf(values) => write_strings("one_of", values, into),
        Test::Exactly(values) => write_strings("exactly", values, into),
        Test::Like(pattern) => write_strings("like", pattern.pieces(), into),
        Test::Time(bounds) => write_bounds("time", bounds, ToString::to_string, into),
        Test::Integer(bounds) => write_bounds("integer", bounds, ToString::to_string, into),
        // The bits are written, because two numbers may print alike at the precision of a printer.
        Test::Number(bounds) => write_bounds("number", bounds, |value| value.to_bits().to_string(), into),
        Test::Network(network) => {
            into.push_str("network;");
            write_string(&network.to_string(), into);
        }
    }
}

fn write_bounds<T>(name: &str, bounds: &Bounds<T>, print: impl Fn(&T) -> String, into: &mut String) {
    into.push_str(name);
    for bound in [&bounds.from, &bounds.to] {
        into.push(' ');
        into.push_str(&bound.as_ref().map_or_else(|| "open".to_owned(), &print));
    }
    into.push(';');
}

fn write_strings(name: &str, values: &[String], into: &mut String) {
    into.push_str(name);
    write_count(values.len(), into);
    for value in values {
        write_string(value, into);
    }
}

fn write_string(value: &str, into: &mut String) {
    write_count(value.len(), into);
    into.push_str(value);
}

fn write_count(count: usize, into: &mut String) {
    into.push(' ');
    into.push_str(&count.to_string());
    into.push(';');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Field, Phrase};

    fn one_of(values: &[&str]) -> Filter {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Filter::Field(FieldTest { field: Field::Action, test: Test::OneOf(values) })
    }

    fn text(tokens: &[&str], end: PhraseEnd) -> Filter {
        Filter::Text(Phrase::of_tokens(tokens.iter().map(|token| OwnedToken::word(*token)).collect(), end).unwrap())
    }

    #[test]
    fn a_fingerprint_is_the_same_in_every_release() {
        // A changed value here makes every cursor in use belong to another query: give the text a new version then.
        let filter = Filter::And(vec![one_of(&["user.login"]), Filter::Not(Box::new(text(&["a"], PhraseEnd::Whole)))]);
        let expected = Sha256::digest(
            b"auditlog.filter.v2 and 2;field; 6;actionone_of 1; 10;user.loginnot;text 1; 1;a".as_slice(),
        );
        assert_eq!(filter.fingerprint(), expected[..16]);
    }

    #[test]
    fn different_filters_have_different_fingerprints() {
        let time =
            |from, to| Filter::Field(FieldTest { field: Field::OccurredAt, test: Test::Time(Bounds { from, to }) });
        let filters = [
            Filter::All,
            Filter::And(vec![]),
            Filter::Or(vec![]),
            Filter::And(vec![Filter::All]),
            one_of(&["a", "b"]),
            one_of(&["a 1;b"]),
            one_of(&["ab"]),
            Filter::Not(Box::new(one_of(&["ab"]))),
            text(&["a", "b"], PhraseEnd::Whole),
            text(&["ab"], PhraseEnd::Whole),
            text(&["東京"], PhraseEnd::Whole),
            Filter::Text(Phrase::of_text("東京", PhraseEnd::Whole).unwrap()),
            Filter::Text(Phrase::of_text("東 京", PhraseEnd::Whole).unwrap()),
            text(&["ab"], PhraseEnd::Prefix),
            text(&["a", "b"], PhraseEnd::Prefix),
            Filter::Field(FieldTest { field: Field::Action, test: Test::Present }),
            Filter::Field(FieldTest { field: Field::OccurredAt, test: Test::Present }),
            time(None, None),
            time(Some(1), None),
            time(None, Some(1)),
            time(Some(1), Some(1)),
        ];
        for (index, filter) in filters.iter().enumerate() {
            for other in &filters[index + 1..] {
                assert_ne!(filter.fingerprint(), other.fingerprint(), "{filter:?} {other:?}");
            }
        }
    }
}
