//! Owns the meaning of a written value for a field: which notations the field's kind allows, and the resulting test.

use ipnet::IpNet;

use crate::{
    event::address_of,
    id::EventId,
    query::{
        Bounds, Field, SearchError, Test, ValueKind,
        error::Span,
        form::Form,
        moment::Moment,
        range::{Ends, empty_range},
        stored_text::stored_text,
        suggest::nearest,
    },
    text::key_of,
    timestamp::Timestamp,
};

/// The meaning of a value for the field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// The key of the field is this. Several of a field are a set.
    Key(String),
    /// The field is exactly this text. Several of a field are a set.
    Exact(String),
    /// The field satisfies this test; several of a field are alternatives.
    Matching(Test),
    /// The field is in this range; several of a field must all hold.
    Range(Test),
}

/// Decides the meaning of `form`, written at `span`, for `field`.
pub(super) fn meaning_of(field: &Field, form: &Form<'_>, span: Span, now: Timestamp) -> Result<Meaning, SearchError> {
    if *form == Form::Present {
        return Ok(Meaning::Matching(Test::Present));
    }
    match field.kind() {
        ValueKind::Text => text_meaning(field, form, span),
        ValueKind::Word => word_meaning(field, form, span),
        ValueKind::Id => exact_text(field, form, span).and_then(|text| id_meaning(text, span)),
        ValueKind::Address => exact_text(field, form, span).and_then(|text| address_meaning(text, span)),
        ValueKind::Time => time_meaning(field, form, span, now),
        ValueKind::Integer => integer_meaning(field, form, span),
        ValueKind::Scalar => scalar_meaning(field, form, span),
    }
}

fn text_meaning(field: &Field, form: &Form<'_>, span: Span) -> Result<Meaning, SearchError> {
    match form {
        Form::Pattern(pattern) => Ok(Meaning::Matching(Test::Like(pattern.clone()))),
        Form::Exact(text) => Ok(exactly(field, text)),
        _ => exact_text(field, form, span).map(|text| equal(field, text)),
    }
}

fn equal(field: &Field, text: &str) -> Meaning {
    Meaning::Key(key_of(&stored_text(field, text)).into_owned())
}

fn exactly(field: &Field, text: &str) -> Meaning {
    Meaning::Exact(stored_text(field, text).into_owned())
}

fn word_meaning(field: &Field, form: &Form<'_>, span: Span) -> Result<Meaning, SearchError> {
    let words = field.words();
    let rank_of = |word: &str| {
        let known = words.iter().position(|known| known.eq_ignore_ascii_case(word));
        known.ok_or_else(|| unknown_word(field, word, span))
    };
    let Some(ends) = Ends::of(form).filter(|_| *field == Field::Severity) else {
        let word = exact_text(field, form, span)?;
        return rank_of(word).map(|rank| Meaning::Key(words[rank].to_owned()));
    };
    let bounds = ends.bounds(|text| rank_of(text).map(|rank| (rank, rank)), span)?;
    let in_range = (0..words.len()).filter(|rank| bounds.contain(rank));
    let mut set: Vec<String> = in_range.map(|rank| words[rank].to_owned()).collect();
    if set.is_empty() {
        return Err(empty_range(span));
    }
    set.sort_unstable();
    Ok(Meaning::Range(Test::OneOf(set)))
}

fn id_meaning(text: &str, span: Span) -> Result<Meaning, SearchError> {
    EventId::parse(text).map(|id| Meaning::Key(id.to_string())).ok_or_else(|| {
        span.error("invalid_id", format!("`{text}` is no event id. Ids are UUIDs of version 7, written with hyphens"))
    })
}

fn address_meaning(text: &str, span: Span) -> Result<Meaning, SearchError> {
    let network = text.parse().map(|network| Meaning::Matching(Test::Network(canonical_network(network))));
    // As in events: an address may have a port, and an IPv4 address written as IPv6 is the IPv4 address.
    let address = || address_of(text).map(|address| Meaning::Key(address.to_string()));
    network.ok().or_else(address).ok_or_else(|| {
        span.error(
            "invalid_network",
            format!("`{text}` is neither an address (`10.1.2.3`, `2001:db8::1`) nor a network (`10.0.0.0/8`)"),
        )
    })
}

/// The network without host bits. A part of `::ffff:0:0/96` is the corresponding IPv4 network.
pub(super) fn canonical_network(network: IpNet) -> IpNet {
    let mapped = network.addr().to_canonical();
    let length = network.prefix_len().checked_sub(96).filter(|_| network.addr().is_ipv6() && mapped.is_ipv4());
    let as_ipv4 = length.and_then(|length| IpNet::new(mapped, length).ok());
    as_ipv4.unwrap_or(network).trunc()
}

fn time_meaning(field: &Field, form: &Form<'_>, span: Span, now: Timestamp) -> Result<Meaning, SearchError> {
    let parse = |text: &str| Moment::parse(text, span, now).map(|moment| (moment.first, moment.last));
    if let Some(ends) = Ends::of(form) {
        return Ok(Meaning::Range(Test::Time(ends.bounds(parse, span)?)));
    }
    let (first, last) = parse(exact_text(field, form, span)?)?;
    Ok(Meaning::Matching(Test::Time(Bounds { from: Some(first), to: Some(last) })))
}

fn integer_meaning(field: &Field, form: &Form<'_>, span: Span) -> Result<Meaning, SearchError> {
    if let Some(ends) = Ends::of(form) {
        let parse = |text: &str| parse_integer(text, span).map(|value| (value, value));
        return Ok(Meaning::Range(Test::Integer(ends.bounds(parse, span)?)));
    }
    let value = parse_integer(exact_text(field, form, span)?, span)?;
    Ok(Meaning::Matching(Test::Integer(Bounds { from: Some(value), to: Some(value) })))
}

fn scalar_meaning(field: &Field, form: &Form<'_>, span: Span) -> Result<Meaning, SearchError> {
    let is_comparison = matches!(form, Form::Compare(..));
    // A text may contain two dots; it is a range only where both ends are numbers.
    let is_range = |ends: &Ends<'_>| is_comparison || ends.all(|text| number_of(text).is_some());
    if let Some(ends) = Ends::of(form).filter(is_range) {
        let parse = |text: &str| parse_number(text, span).map(|value| (value, value));
        return Ok(Meaning::Range(Test::Number(ends.bounds(parse, span)?)));
    }
    Ok(match form {
        Form::Present => Meaning::Matching(Test::Present),
        Form::Pattern(pattern) => Meaning::Matching(Test::Like(pattern.clone())),
        Form::Plain(text) => equal(field, text),
        Form::Exact(text) => exactly(field, text),
        Form::Quoted(text) | Form::Compare(_, text) => equal(field, text),
    })
}

/// The text of a form that means equality, for fields that support nothing else.
fn exact_text<'a>(field: &Field, form: &'a Form<'_>, span: Span) -> Result<&'a str, SearchError> {
    match form {
        Form::Plain(text) => Ok(text),
        Form::Quoted(text) | Form::Exact(text) => Ok(text),
        Form::Pattern(_) | Form::Present => Err(prefix_not_supported(field, span)),
        Form::Compare(..) => Err(span.error(
            "range_not_supported",
            format!(
                "`{}` takes no range. Where the sign is part of the value, write `=` before the value",
                field.name()
            ),
        )),
    }
}

fn parse_integer(text: &str, span: Span) -> Result<u64, SearchError> {
    let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits_only
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| span.error("invalid_integer", format!("`{text}` is not a whole number from 0 to 2^64 - 1")))
}

fn parse_number(text: &str, span: Span) -> Result<f64, SearchError> {
    number_of(text)
        .ok_or_else(|| span.error("invalid_number", format!("`{text}` is not a number; ranges apply to numbers")))
}

/// Reads a JSON-like number. The standard library would accept `inf` and `nan` too.
fn number_of(text: &str) -> Option<f64> {
    let plausible = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    plausible.then(|| text.parse().ok()).flatten().filter(|value: &f64| value.is_finite())
}

fn prefix_not_supported(field: &Field, span: Span) -> SearchError {
    let instead = match field.kind() {
        ValueKind::Word => format!("write one of {}", field.words().join(", ")),
        ValueKind::Address => "write a network, `10.0.0.0/8`".to_owned(),
        ValueKind::Time | ValueKind::Integer => "write a range, `a..b`".to_owned(),
        ValueKind::Text | ValueKind::Id | ValueKind::Scalar => "write the whole value".to_owned(),
    };
    span.error("prefix_not_supported", format!("`{}` takes no star; {instead}", field.name()))
}

fn unknown_word(field: &Field, word: &str, span: Span) -> SearchError {
    let words = field.words();
    let hint =
        nearest(word, words.iter().copied()).map_or_else(String::new, |near| format!(". Did you mean `{near}`?"));
    let list = words.join(", ");
    span.error("unknown_word", format!("`{}` is never `{word}`; it is one of {list}{hint}", field.name()))
}
