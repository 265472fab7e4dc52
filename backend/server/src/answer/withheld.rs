//! Owns how a streamed answer names the groups in whose texts the words of its query were not looked for. Other answers
//! have the member `withheld`.

use auditlog_core::event::Group;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header with the groups, comma-separated, in leaf order.
const WITHHELD: HeaderName = HeaderName::from_static("auditlog-withheld");

/// Names the groups in the headers of an answer, where there are any.
pub(crate) fn name_withheld(groups: &[Group], headers: &mut HeaderMap) {
    let names: Vec<&str> = groups.iter().map(|group| group.as_str()).collect();
    if let Some(value) = HeaderValue::from_str(&names.join(", ")).ok().filter(|value| !value.is_empty()) {
        headers.insert(WITHHELD, value);
    }
}
