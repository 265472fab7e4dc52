//! Decides whether one value satisfies a test.

use auditlog_core::{query::Test, text::is_one_of};

use crate::columns::ScalarText;

/// Whether a text satisfies the test.
pub(super) fn text_satisfies(value: &str, test: &Test) -> bool {
    match test {
        Test::Present => true,
        Test::OneOf(keys) => is_one_of(value, keys),
        Test::Exactly(values) => values.binary_search_by(|known| known.as_str().cmp(value)).is_ok(),
        Test::Like(pattern) => pattern.matches(value),
        Test::Network(network) => value.parse().is_ok_and(|address: std::net::IpAddr| network.contains(&address)),
        Test::Time(_) | Test::Integer(_) | Test::Number(_) => false,
    }
}

/// Whether a scalar of `metadata` satisfies the test.
pub(super) fn scalar_satisfies(value: &ScalarText<'_>, test: &Test) -> bool {
    match test {
        Test::Number(bounds) => value.as_number().is_some_and(|number| bounds.contain(&number)),
        _ => text_satisfies(value.as_str(), test),
    }
}
