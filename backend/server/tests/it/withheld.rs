//! Readers without the permission to see personal data get neither the data nor answers about it.

use serde_json::{Value, json};

use crate::harness::{TestServer, event};

#[tokio::test]
async fn personal_groups_are_left_out_and_named() {
    let server = TestServer::start().await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    let sent = event(&json!({
        "on_behalf_of": [{"type": "user", "id": "secret-person"}],
        "targets": [{"type": "invoice", "id": "i-1"}],
        "changes": [{"path": "/total", "op": "replace", "old": 1, "new": 2}],
        "context": {"ip": "10.0.0.1"},
        "message": "secret-message",
        "metadata": {"k": "secret-value"},
        "reason": {"text": "secret-reason"},
        "outcome": {"status": "failure", "code": "E1", "reason": "secret-outcome"},
        "raw": {"format": "x", "body": "secret-raw"},
    }));
    let receipt = server.admin.post("/api/v1/events", &sent).await.expect(201);
    let path = format!("/api/v1/events/{}", receipt["id"].as_str().unwrap());
    let listed = viewer.get("/api/v1/events?action=user.login").await.expect(200)["events"][0].clone();
    for shown in [viewer.get(&path).await.expect(200), listed] {
        assert!(!shown.to_string().contains("secret"), "{shown}");
        assert_eq!(shown["withheld"], json!(["actor", "context", "content"]));
        for hidden in ["actor", "on_behalf_of", "context", "message", "metadata", "reason", "raw"] {
            assert_eq!(shown.get(hidden), None, "{hidden}");
        }
        assert_eq!(shown["outcome"], json!({"status": "failure", "code": "E1"}));
        assert_eq!(shown["targets"], sent["targets"]);
        assert_eq!(shown["changes"], sent["changes"]);
    }
    let reader = server.key(&server.admin, "audit_reader").await;
    let whole = reader.get(&path).await.expect(200);
    assert_eq!((&whole["message"], whole.get("withheld")), (&json!("secret-message"), None));
}

#[tokio::test]
async fn a_search_on_what_may_not_be_seen_is_refused_by_name() {
    let server = TestServer::start().await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    for (query, field) in [
        ("actor=alice", "actor"),
        ("actor.id=!alice", "actor.id"),
        ("on_behalf_of=alice", "on_behalf_of.id"),
        ("ip=10.0.0.0/8", "context.ip"),
        ("request_id=r", "context.request_id"),
        ("metadata.env=prod", "metadata.env"),
        ("message=hello", "message"),
        ("reason.ticket=T", "reason.ticket"),
        ("outcome.reason=why", "outcome.reason"),
        ("q=action:user.login+actor:alice", "actor"),
        ("action=user.login&actor.email=a*", "actor.email"),
    ] {
        for suffix in ["", "&count=true", "&limit=1"] {
            let answer = viewer.get(&format!("/api/v1/events?{query}{suffix}")).await;
            let problem = answer.problem(403, "field_not_permitted");
            assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{query}");
        }
    }
    for query in ["action=user.login", "outcome=success", "target=i-1", "service=x", "severity=high", "since=1d"] {
        let page = viewer.get(&format!("/api/v1/events?{query}")).await.expect(200);
        assert!(page["events"].is_array(), "{query}");
    }
}

#[tokio::test]
async fn words_are_looked_for_only_where_the_reader_sees() {
    let server = TestServer::start().await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    let reader = server.key(&server.admin, "audit_reader").await;
    let send = async |text: &str| {
        let sent = event(&json!({
            "action": "doc.share",
            "actor": {"type": "user", "id": format!("{text}-person"), "email": format!("{text}@acme.example")},
            "targets": [{"type": "doc", "id": "d-1", "name": "the payroll list"}],
            "context": {"ip": "10.0.0.7", "request_id": text, "user_agent": format!("{text} agent")},
            "message": format!("a {text} message"),
            "metadata": {"k": text},
        }));
        server.admin.post("/api/v1/events", &sent).await.expect(201);
    };
    send("secret").await;
    send("other").await;
    let count = async |query: &str| {
        let page = viewer.get(&format!("/api/v1/events?count=true&highlight=true&action=doc.share&{query}")).await;
        let page = page.expect(200);
        assert!(!page.to_string().contains("secret"), "{page}");
        assert_eq!(page["withheld"], json!(["actor", "context", "content"]), "{query}");
        assert_eq!(page["events"].as_array().unwrap().len() as u64, page["total"].as_u64().unwrap());
        page["total"].as_u64().unwrap()
    };
    for (query, expected) in [
        ("q=secret", 0),
        ("q=secre*", 0),
        ("q=-secret", 2),
        ("q=secret@acme.example", 0),
        ("q=secret-person", 0),
        ("q=10.0.0.7", 0),
        ("q=payroll", 2),
        ("q=-payroll", 0),
        ("q=doc.share", 2),
        ("q=d-1+-agent", 2),
        ("q=secret+OR+payroll", 2),
        ("q=%22%E2%98%85%22", 0),
    ] {
        assert_eq!(count(query).await, expected, "{query}");
    }
    let aggregated = async |path: &str| viewer.get(&format!("/api/v1/events/aggregate?{path}")).await.expect(200);
    let found = aggregated("q=secret").await;
    assert_eq!((&found["count"], &found["withheld"]), (&json!(0), &json!(["actor", "context", "content"])));
    assert_eq!(aggregated("action=doc.share").await.get("withheld"), None);
    let facets = viewer.get("/api/v1/events/facets?field=action&q=secret").await.expect(200);
    assert_eq!((&facets["count"], &facets["withheld"]), (&json!(0), &json!(["actor", "context", "content"])));
    let exported = viewer.get("/api/v1/events/export?format=ndjson&q=secret+action:doc.share").await;
    assert_eq!((exported.status.as_u16(), exported.body.is_empty()), (200, true));
    assert_eq!(exported.header("auditlog-withheld"), "actor, context, content");
    assert_eq!(viewer.get("/api/v1/events/export?action=doc.share").await.header("auditlog-withheld"), "");
    let (stream, _) = viewer.follow("/api/v1/events/tail?q=secret", &[]).await;
    assert_eq!(stream.headers["auditlog-withheld"], "actor, context, content");

    // A caller who may see all groups finds them, and gets no list of withheld groups.
    let page = reader.get("/api/v1/events?q=secret&action=doc.share&count=true").await.expect(200);
    assert_eq!((page["total"].as_u64(), page.get("withheld")), (Some(1), None));
    // A cursor belongs to the words that its query looked for.
    let first = reader.get("/api/v1/events?q=doc&action=doc.share&limit=1").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    viewer
        .get(&format!("/api/v1/events?q=doc&action=doc.share&limit=1&cursor={cursor}"))
        .await
        .problem(400, "cursor_mismatch");
}

#[tokio::test]
async fn a_writer_reads_nothing() {
    let server = TestServer::start().await;
    let writer = server.key(&server.admin, "audit_writer").await;
    let receipt: Value = writer.post("/api/v1/events", &event(&json!({}))).await.expect(201);
    let path = format!("/api/v1/events/{}", receipt["id"].as_str().unwrap());
    for path in [path.as_str(), "/api/v1/events", "/api/v1/api-keys"] {
        writer.get(path).await.problem(403, "permission_denied");
    }
}
