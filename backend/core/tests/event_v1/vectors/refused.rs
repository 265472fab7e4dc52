//! Events that are refused for one reason, with its code and pointer.

use std::collections::HashMap;

use auditlog_core::event::violation::code;
use serde_json::json;

use super::{
    malformed_rows::{TEXT_ROWS, deep_rows, nested_rows, plain_rows, required_rows},
    refused_fields,
    sent::{event, event_of},
};

/// An event, and why it is refused.
pub(crate) struct Refused {
    /// The code, the pointer, and a number where another event has the same.
    pub(crate) name: String,
    pub(crate) sent: Sent,
    pub(crate) pointer: String,
    pub(crate) code: &'static str,
}

/// What is sent.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Sent {
    Text(String),
    /// Bytes that are not UTF-8, as hexadecimal digits.
    Hexadecimal(&'static str),
}

/// A text that is sent, the pointer, and the code.
pub(super) type Row = (String, String, &'static str);

/// Every vector. An event that is in several tables stands once.
pub(crate) fn all() -> Vec<Refused> {
    let texts = [tables(), malformed(), times(), ids(), receipt(), refused_fields::all()].into_iter().flatten();
    let texts = texts.map(|(text, pointer, code)| (Sent::Text(text), pointer, code));
    let bytes = NOT_UTF_8.map(|digits| (Sent::Hexadecimal(digits), String::new(), code::MALFORMED_JSON));
    let (mut seen, mut counts) = (std::collections::HashSet::new(), HashMap::new());
    let mut all = Vec::new();
    for (sent, pointer, code) in texts.chain(bytes).filter(|(sent, ..)| seen.insert(sent.clone())) {
        let mut name = format!("{code} at {pointer:.60}");
        let count = counts.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            name = format!("{name} ({count})");
        }
        all.push(Refused { name, sent, pointer, code });
    }
    all
}

fn tables() -> Vec<Row> {
    let plain = [required_rows(), plain_rows(), nested_rows()].concat().into_iter();
    let plain = plain.map(|(member, value, pointer, code)| (event_of(member, &value), pointer.to_owned(), code));
    let deep = deep_rows().into_iter();
    plain.chain(deep.map(|(member, value, pointer)| (event_of(member, &value), pointer, code::TOO_DEEP))).collect()
}

fn malformed() -> Vec<Row> {
    let smallest = event(&[]);
    let members = &smallest[1..smallest.len() - 1];
    let row =
        |(text, pointer, code): &(&str, &str, &'static str)| (text.replace('@', members), (*pointer).to_owned(), *code);
    let space = 1024 * 1024 - smallest.len();
    let large = [
        (format!("{smallest}{} ", " ".repeat(space)), String::new(), code::EVENT_TOO_LARGE),
        ("[".repeat(2 * 1024 * 1024), String::new(), code::EVENT_TOO_LARGE),
    ];
    TEXT_ROWS.iter().map(row).chain(large).collect()
}

/// A lone byte, an encoded surrogate, a longer form than needed, a sequence that is cut short, and UTF-16.
const NOT_UTF_8: [&str; 5] = [
    "7b226d657373616765223a22ff227d",
    "7b226d657373616765223a22eda080227d",
    "7b226d657373616765223a22c080227d",
    "7b226d657373616765223a22e282227d",
    "fffe7b007d00",
];

fn times() -> Vec<Row> {
    [
        "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-11-14T24:00:00Z",
        "2024-11-14T11:60:00Z",
        "2024-11-14T11:00:61Z",
        "2024-11-14T11:00:00+24:00",
        "2024-11-14T11:00:00+0100",
        "2024-11-14T11:00:00 UTC",
        "2024-11-14T11:00Z",
        "14.11.2024 11:00",
        "1731582000",
        "now",
        " ",
        " 2024-11-14T11:00:00Z",
        "\u{662}\u{660}\u{662}\u{664}-11-14T11:00:00Z",
    ]
    .into_iter()
    .map(|text| (event_of("occurred_at", &json!(text)), "/occurred_at".to_owned(), code::INVALID_TIMESTAMP))
    .collect()
}

fn ids() -> Vec<Row> {
    let versions = "01234568f".chars().map(|version| format!("01932b5e-7c00-{version}abc-8def-0123456789ab"));
    let variants = "07cf".chars().map(|variant| format!("01932b5e-7c00-7abc-{variant}def-0123456789ab"));
    let others = [
        "01932b5e-7c00-7abc-8def-0123456789a",
        "01932b5e-7c00-7abc-8def-0123456789abc",
        " 01932b5e-7c00-7abc-8def-0123456789ab",
        "{01932b5e-7c00-7abc-8def-0123456789ab}",
        "urn:uuid:01932b5e-7c00-7abc-8def-0123456789ab",
        "01932b5e-7c00-7abc-8def-0123456789ag",
        "01932b5e_7c00_7abc_8def_0123456789ab",
        "\u{ff10}1932b5e-7c00-7abc-8def-0123456789ab",
        "00000000-0000-0000-0000-000000000000",
        "01HF6Z3Q8V9JYB7K3N5M2P4R6T",
        " ",
    ];
    versions
        .chain(variants)
        .chain(others.map(str::to_owned))
        .map(|text| (event_of("id", &json!(text)), "/id".to_owned(), code::INVALID_VALUE))
        .collect()
}

/// What is checked against the credential.
fn receipt() -> Vec<Row> {
    let tenants = ["\"other\"", "\"ACME\"", "\"acme \"", "\"acme\\u0000\""];
    let services = ["\"auditlog\"", "\"AuditLog\"", "\"AUDITLOG\"", "\"\\u0061uditlog\""];
    let tenant = |literal: &str| (event(&[("tenant_id", literal)]), "/tenant_id".to_owned(), code::TENANT_MISMATCH);
    let service = |literal: &str| {
        let source = format!("{{\"service\":{literal}}}");
        (event(&[("source", &source)]), "/source/service".to_owned(), code::RESERVED_SERVICE)
    };
    tenants.into_iter().map(tenant).chain(services.into_iter().map(service)).collect()
}
