//! Checks docs/api/query-language.md against the code: its field table, words, examples and codes are read and
//! compared.

use std::collections::BTreeSet;

use crate::{
    query::{
        CursorError, Field, KeyPath, PARENTHESES_MAX, PHRASE_WORDS_MAX, SEARCH_BYTES_MAX, TERMS_MAX, VALUES_MAX,
        ValueKind, key_path::PATH_PARTS_MAX, notation::now, parse_parameters, parse_search, search::BAD,
    },
    text::STARS_MAX,
};

const PAGE: &str = include_str!("../../../../docs/api/query-language.md");

/// The cells of the rows of the table whose header begins with this cell.
fn rows_of(first_header: &str) -> Vec<Vec<&'static str>> {
    let header = format!("| {first_header} |");
    let rows = PAGE.lines().skip_while(|line| !line.starts_with(&header)).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

fn unquoted(cell: &str) -> Vec<&str> {
    cell.split(", ").map(|name| name.trim_matches('`')).filter(|name| !name.is_empty()).collect()
}

/// The lines of the fenced blocks with this label.
fn block_lines(label: &str) -> Vec<&'static str> {
    let blocks = PAGE.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix(label));
    blocks.flat_map(|block| block.lines().filter(|line| !line.is_empty())).collect()
}

#[test]
fn the_page_lists_every_field_as_it_is() {
    let rows = rows_of("field | aliases");
    for (row, line) in rows.iter().zip(Field::standard()) {
        let expected = [line.kind.as_str(), line.group.as_str(), line.description];
        assert_eq!((unquoted(row[0]), unquoted(row[1])), (vec![line.name], line.aliases.to_vec()));
        assert_eq!(row[2..5], expected, "{}", line.name);
        let filter = parse_search(row[5].trim_matches('`'), now()).expect(line.name);
        assert_eq!(filter.groups(), BTreeSet::from([line.group]), "{}", line.name);
    }
    let keyed =
        [Field::Metadata, Field::ActorAttribute, Field::TargetAttribute].map(|field| field(KeyPath::of_name("PATH")));
    let last = &rows[Field::standard().len()..];
    assert_eq!(last.len(), keyed.len());
    for (row, field) in last.iter().zip(keyed) {
        assert_eq!(row[0].trim_matches('`'), field.name());
        assert_eq!(row[2..4], [field.kind().as_str(), field.group().as_str()]);
        assert!(parse_search(row[5].trim_matches('`'), now()).is_ok(), "{}", row[5]);
    }
}

#[test]
fn the_page_lists_every_word() {
    let mut listed = BTreeSet::new();
    for row in rows_of("field | words") {
        for name in unquoted(row[0]).into_iter().filter_map(Field::parse) {
            assert_eq!(row[1].split(", ").collect::<Vec<_>>(), name.words(), "{}", row[0]);
            listed.insert(name);
        }
    }
    let of_words = Field::standard().iter().filter(|line| line.kind == ValueKind::Word);
    assert_eq!(listed, of_words.map(|line| line.field.clone()).collect());
}

#[test]
fn the_examples_on_the_page_work() {
    let searches = block_lines("search");
    assert!(searches.len() >= 5);
    for line in searches {
        assert!(parse_search(line, now()).is_ok(), "{line}");
    }
    let parameters = block_lines("parameters");
    assert!(parameters.len() >= 5);
    for line in parameters {
        let pairs: Vec<_> = line.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert!(parse_parameters(&pairs, now()).is_ok(), "{line}");
    }
}

#[test]
fn the_page_lists_every_limit() {
    let listed: Vec<(String, &str)> =
        rows_of("limit").iter().map(|row| (row[1].replace(',', ""), row[2].trim_matches('`'))).collect();
    let expected = [
        (SEARCH_BYTES_MAX, "query_too_long"),
        (PARENTHESES_MAX, "nesting_too_deep"),
        (PHRASE_WORDS_MAX, "phrase_too_long"),
        (TERMS_MAX, "too_many_terms"),
        (VALUES_MAX, "too_many_terms"),
        (STARS_MAX, "too_many_stars"),
        (PATH_PARTS_MAX, "unknown_field"),
        (VALUES_MAX, "too_many_terms"),
    ];
    assert_eq!(listed, expected.map(|(limit, code)| (limit.to_string(), code)));
}

#[test]
fn the_page_lists_every_code() {
    let listed: BTreeSet<&str> = rows_of("code").iter().flat_map(|row| unquoted(row[0])).collect();
    let elsewhere = ["unknown_parameter", "query_too_long", "phrase_too_long", "too_many_terms", "nesting_too_deep"];
    let tested: BTreeSet<&str> = BAD.iter().map(|(code, _)| *code).chain(elsewhere).collect();
    assert_eq!(listed, tested);
    for error in [CursorError::Malformed, CursorError::WrongSignature, CursorError::OtherQuery] {
        assert!(PAGE.contains(&format!("`{}`", error.code())), "{error:?}");
    }
}
