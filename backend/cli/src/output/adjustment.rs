//! The adjustments of an event in a few words each. The whole record of them is in the event's JSON.

use serde_json::Value;

use super::{excerpt::field_name, grouped};

/// What was done to which field: `context.user_agent truncated`.
pub(crate) fn adjustment_mark(adjustment: &Value) -> String {
    let text = |name: &str| adjustment.get(name).and_then(Value::as_str);
    let code = text("code").unwrap_or_default();
    if code == "more" {
        let count = adjustment.get("size").and_then(Value::as_u64).unwrap_or_default();
        return format!("{} more", grouped(count));
    }
    let name = field_name(text("pointer").unwrap_or_default());
    match text("original") {
        Some(original) => format!("{name} {code} (sent as {original})"),
        None => format!("{name} {code}"),
    }
}

/// All of them, separated by commas.
pub(crate) fn adjustment_marks(adjustments: &[Value]) -> String {
    adjustments.iter().map(adjustment_mark).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_adjustment_names_its_field_and_what_was_sent_where_that_is_kept_nowhere_else() {
        let adjustments = [
            json!({"pointer": "/context/user_agent", "code": "truncated", "size": 5_000, "sha256": "00"}),
            json!({"pointer": "/metadata/a~1b/0", "code": "json_as_text"}),
            json!({"pointer": "/occurred_at", "code": "clock", "original": "1969-12-31T23:59:59.000000Z"}),
            json!({"pointer": "", "code": "more", "size": 1_200}),
        ];
        let expected = "context.user_agent truncated, metadata.a/b.0 json_as_text, \
                        occurred_at clock (sent as 1969-12-31T23:59:59.000000Z), 1,200 more";
        assert_eq!(adjustment_marks(&adjustments), expected);
    }
}
