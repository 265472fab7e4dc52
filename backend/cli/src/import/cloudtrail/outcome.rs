//! Owns the outcome.

use auditlog_core::event::OutcomeStatus;

use super::{event_text::Outcome, record::Record};

/// `AccessDenied…` and `…Unauthorized…` are denials, every other error is a failure. A failed sign-in has no error
/// code, but its response names the failure.
pub(super) fn outcome_of(record: &Record) -> Outcome<'_> {
    let code = record.text("/errorCode");
    let reason = record.text("/errorMessage");
    let status = match code {
        Some(code) if is_refusal(code) => OutcomeStatus::Denied,
        Some(_) => OutcomeStatus::Failure,
        None if reason.is_some() || answers_failure(record) => OutcomeStatus::Failure,
        None => OutcomeStatus::Success,
    };
    Outcome { status: status.as_str(), code, reason }
}

fn is_refusal(code: &str) -> bool {
    code.contains("AccessDenied") || code.contains("Unauthorized")
}

/// `ConsoleLogin` responds with `{"ConsoleLogin": "Failure"}`, and `CheckMfa` likewise.
fn answers_failure(record: &Record) -> bool {
    let name = record.text("/eventName").unwrap_or_default();
    record.text(&format!("/responseElements/{name}")) == Some("Failure")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_failures_and_successes_are_told_apart() {
        let cases = [
            (json!({}), "success"),
            (json!({"errorCode": "AccessDenied"}), "denied"),
            (json!({"errorCode": "AccessDeniedException"}), "denied"),
            (json!({"errorCode": "Client.UnauthorizedOperation"}), "denied"),
            (json!({"errorCode": "UnauthorizedAccess"}), "denied"),
            (json!({"errorCode": "ThrottlingException"}), "failure"),
            (json!({"errorCode": "Client.InvalidVpcID.NotFound"}), "failure"),
            (json!({"errorMessage": "Failed authentication"}), "failure"),
            (json!({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}), "failure"),
            (json!({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Success"}}), "success"),
            (json!({"errorCode": null, "responseElements": null}), "success"),
        ];
        for (record, expected) in cases {
            let parsed = Record::parse(&record.to_string()).unwrap();
            assert_eq!(outcome_of(&parsed).status, expected, "{record}");
        }
    }
}
