//! No client can send events of the service that the audit log's own events use, whichever command sends them.

use std::fs;

use serde_json::json;

use crate::harness::{Installation, text};

#[test]
fn no_command_sends_events_as_the_audit_log() {
    let place = Installation::new();
    let (server, admin) = place.started();
    let key = admin.ok(&["key", "create", "--name", "writer", "--role", "audit_writer", "--print-key", "-o", "json"]);
    let key: serde_json::Value = serde_json::from_str(&key).unwrap();
    let writer = place.user(&server, key["key"].as_str().unwrap());
    let before = admin.count("service:auditlog");

    let flags = ["send", "--action", "api_key.revoke", "--actor", "system:operator", "--service", "AuditLog"];
    let message = writer.run(&flags).failed(1);
    for part in ["invalid_event", "/source/service", "reporting service"] {
        assert!(message.contains(part), "{part}: {message}");
    }

    let line = |service: &str| {
        let actor = json!({"type": "system", "id": "operator"});
        json!({"action": "api_key.revoke", "actor": actor, "source": {"service": service}}).to_string()
    };
    let lines = format!("{}\n{}\n{}\n", line("auditlog"), line("AUDITLOG"), line("billing"));
    let run = writer.run_with_input(&["send"], &lines);
    assert_eq!((run.code, run.stdout.as_str()), (3, "1 stored, 2 rejected\n"), "{run:?}");
    assert!(run.stderr.contains("event 1") && run.stderr.contains("/source/service"), "{run:?}");

    let file = place.path("forged.ndjson");
    fs::write(&file, lines).unwrap();
    let run = writer.run(&["import", "--format", "ndjson", text(&file)]);
    assert_eq!(run.code, 3, "{run:?}");
    for line in ["forged.ndjson:1: rejected", "forged.ndjson:2: rejected"] {
        assert!(run.stderr.contains(line), "{line}: {run:?}");
    }

    assert_eq!(admin.count("service:auditlog"), before);
    assert_eq!(admin.count("service:=AuditLog,=AUDITLOG"), 0);
    // `submitted_by` distinguishes what the writer sent from the server's own events.
    assert_eq!(admin.count("action:api_key.revoke submitted_by.type:server"), 0);
    assert_eq!(admin.count(&format!("submitted_by:{}", key["id"].as_str().unwrap())), 2);
}

/// A record of AWS `CloudTrail` is never refused, not even one of an application whose name is the reserved one.
#[test]
fn a_cloudtrail_record_of_that_name_is_stored_under_another() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let record = json!({
        "eventVersion": "1.08", "eventID": "6f2b7d0a-1111-4222-8333-444455556666", "eventTime": "2026-01-02T03:04:05Z",
        "eventSource": "auditlog.amazonaws.com", "eventName": "RevokeKey", "awsRegion": "eu-west-1",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/alice", "userName": "alice"},
    });
    let file = place.path("trail.json");
    fs::write(&file, json!({"Records": [record]}).to_string()).unwrap();
    user.ok(&["import", "--format", "cloudtrail", text(&file)]);
    assert_eq!(user.count("service:aws.auditlog action:aws.auditlog.revoke_key"), 1);
}
