//! Export jobs: the same file as a streamed export, made in the background, downloadable in any parts, and only by the
//! key that created the export.

use std::{
    io::Read as _,
    num::{NonZeroU64, NonZeroUsize},
    time::{Duration, Instant},
};

use auditlog_core::{
    id::TenantId,
    merkle::CompactRange,
    store::{
        AppendError, ControlCommit, ControlWriter as _, Export, ExportChange, ExportFiles as _, ExportKey,
        ExportStatus, QueryError, Revision,
    },
};
use auditlog_server::config::ServerSection;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{Answer, Client, Queries, TestServer, event};

const EXPORTS: &str = "/api/v1/exports";

/// A tenant with a few thousand events, which is several pieces of a walk.
async fn filled(server: &TestServer) -> Client {
    let acme = server.tenant("acme").await;
    let numbered = |number: usize| {
        let action = if number.is_multiple_of(3) { "invoice.create" } else { "user.login" };
        event(&json!({"action": action, "message": format!("Grüße\n\"{number}\"")}))
    };
    let events: Vec<Value> = (0..2_300).map(numbered).collect();
    for events in events.chunks(1_000) {
        acme.post("/api/v1/events/batch", &json!(events)).await.expect(200);
    }
    acme
}

/// Creates an export and returns its path.
async fn ask(client: &Client, body: &Value) -> String {
    let created = client.post(EXPORTS, body).await.expect(201);
    format!("{EXPORTS}/{}", created["id"].as_str().unwrap())
}

/// The export once its status satisfies the condition.
async fn until(client: &Client, path: &str, satisfies: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let export = client.get(path).await.expect(200);
        if satisfies(&export) {
            return export;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{export}");
        tokio::task::yield_now().await;
    }
}

async fn until_ended(client: &Client, path: &str) -> Value {
    until(client, path, |export| export.get("finished_at").is_some()).await
}

async fn fetch(client: &Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    client.send(Method::GET, &format!("{path}/file"), headers, "".into()).await
}

fn hex(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// The actions of the audit events about exports.
async fn told(client: &Client) -> Vec<String> {
    let page = client.get("/api/v1/events?action=export.*&order=oldest").await.expect(200);
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_job_makes_the_file_that_a_stream_would_send() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    for (body, query) in [
        (json!({}), "q=action:*".to_owned()),
        (json!({"query": "action:invoice.* -outcome:failure"}), "q=action:invoice.*+-outcome:failure".to_owned()),
        (json!({"query": "action:none", "format": "json"}), "q=action:none&format=json".to_owned()),
        (json!({"query": "action:user.*", "format": "json"}), "q=action:user.*&format=json".to_owned()),
        (json!({"query": "action:none", "format": "csv"}), "q=action:none&format=csv".to_owned()),
        (
            json!({"query": "action:user.*", "format": "csv", "columns": ["sequence", "metadata.a,b", "message"]}),
            "q=action:user.*&format=csv&columns=sequence,%22metadata.a,b%22,message".to_owned(),
        ),
        (json!({"query": "action:user.*", "format": "parquet"}), "q=action:user.*&format=parquet".to_owned()),
        (json!({"query": "action:user.*", "compression": "gzip"}), "q=action:user.*&compression=gzip".to_owned()),
        (json!({"query": "action:user.*", "compression": "zstd"}), "q=action:user.*&compression=zstd".to_owned()),
    ] {
        // Streamed first, because creating an export adds an event.
        let streamed = acme.get(&format!("/api/v1/events/export?{query}")).await;
        assert_eq!(streamed.status, 200, "{query}");
        let export = until_ended(&acme, &ask(&acme, &body).await).await;
        assert_eq!(export["status"], "completed", "{export}");
        let path = format!("{EXPORTS}/{}", export["id"].as_str().unwrap());
        let file = fetch(&acme, &path, &[]).await;
        assert_eq!(file.status, 200);
        assert!(file.body == streamed.body, "{body}: {} and {} bytes", file.body.len(), streamed.body.len());
        for header in ["content-type", "content-disposition"] {
            assert_eq!(file.header(header), streamed.header(header), "{body}");
        }
        let manifest = &export["manifest"];
        assert_eq!(manifest["sha256"], hex(&file.body), "{body}");
        assert_eq!(file.header("etag"), format!("\"{}\"", hex(&file.body)));
        assert_eq!((&manifest["bytes"], &export["progress"]["bytes"]), (&json!(file.body.len()), &manifest["bytes"]));
        assert_eq!(export["progress"]["scanned"], export["progress"]["total"]);
        acme.send(Method::DELETE, &path, &[], "".into()).await;
    }
}

#[tokio::test]
async fn the_manifest_says_what_the_file_is_and_of_which_log() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    let head = acme.get("/api/v1/stats").await.expect(200)["events"].as_u64().unwrap();
    let query = "action:invoice.create since:1h";
    let body = json!({"query": query, "format": "csv", "compression": "gzip", "columns": ["id", "actor.id"]});
    let created = acme.post(EXPORTS, &body).await.expect(201);
    let path = format!("{EXPORTS}/{}", created["id"].as_str().unwrap());
    assert_eq!(
        (&created["query"], &created["format"], &created["owner"]["id"]),
        (&json!(query), &json!("csv"), &json!(acme.key_id()))
    );
    let _ = server.clock.advance(Duration::from_secs(3));
    let export = until_ended(&acme, &path).await;
    let listed = acme.get("/api/v1/events?action=invoice.create&order=oldest&limit=1000&count=true").await.expect(200);
    let sequences: Vec<u64> = listed["events"].as_array().unwrap().iter().map(sequence).collect();
    let verified = acme.post("/api/v1/log/verify", &Value::Null).await.expect(200);
    let manifest = export["manifest"].as_object().unwrap();
    assert_eq!(manifest["events"], listed["total"]);
    assert_eq!(manifest["first_sequence"], sequences.first().unwrap().to_string());
    assert_eq!(manifest["last_sequence"], sequences.last().unwrap().to_string());
    assert_eq!((&manifest["columns"], &export["columns"]), (&json!(["id", "actor.id"]), &json!(["id", "actor.id"])));
    assert_eq!(manifest["query"], query);
    assert_eq!((&manifest["resolved_at"], &manifest["created_at"]), (&created["created_at"], &created["created_at"]));
    assert_eq!((&manifest["tenant_id"], &manifest["export_id"]), (&json!("acme"), &created["id"]));
    assert_eq!((&manifest["withheld"], &manifest["media_type"]), (&json!([]), &json!("application/gzip")));
    assert_eq!(manifest["log"]["size"], head.to_string(), "{verified}");
    // Only the job's own event follows, so the root is that of all events but the last.
    let root = STANDARD.decode(manifest["log"]["root_hash"].as_str().unwrap()).unwrap();
    let tree = server.store.oracle.leaf_hashes(&TenantId::parse("acme").unwrap());
    let expected = tree[..usize::try_from(head).unwrap()].iter().fold(CompactRange::new(), |mut range, leaf_hash| {
        range.append(*leaf_hash);
        range
    });
    assert_eq!(root, expected.root());
}

fn sequence(event: &Value) -> u64 {
    event["sequence"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_file_is_fetched_in_any_parts() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    let path = ask(&acme, &json!({})).await;
    until_ended(&acme, &path).await;
    let whole = fetch(&acme, &path, &[]).await;
    let (bytes, tag) = (whole.body.len(), whole.header("etag").to_owned());
    assert_eq!((whole.header("accept-ranges"), whole.header("content-length")), ("bytes", &*bytes.to_string()));
    assert!(bytes > 300_000, "{bytes}");
    for (range, part) in [
        ("bytes=0-0".to_owned(), 0..1),
        ("bytes=65530-200000".to_owned(), 65_530..200_001),
        (format!("bytes={}-", bytes - 7), bytes - 7..bytes),
        ("bytes=-70000".to_owned(), bytes - 70_000..bytes),
    ] {
        for headers in [vec![("range", range.as_str())], vec![("range", &*range), ("if-range", &tag)]] {
            let answer = fetch(&acme, &path, &headers).await;
            assert_eq!(answer.status, 206, "{range}");
            assert!(answer.body == whole.body[part.clone()], "{range}");
            let expected = format!("bytes {}-{}/{bytes}", part.start, part.end - 1);
            assert_eq!(answer.header("content-range"), expected);
            assert_eq!(answer.header("content-length"), part.len().to_string());
            assert_eq!(answer.header("etag"), tag);
        }
    }
    let other = fetch(&acme, &path, &[("range", "bytes=10-"), ("if-range", "\"another\"")]).await;
    assert_eq!((other.status.as_u16(), other.body.len()), (200, bytes), "of another file all of it is wanted");
    let beyond = fetch(&acme, &path, &[("range", &*format!("bytes={bytes}-"))]).await;
    beyond.problem(416, "range_not_satisfiable");
    assert_eq!(beyond.header("content-range"), format!("bytes */{bytes}"));
    let head = acme.send(Method::HEAD, &format!("{path}/file"), &[], "".into()).await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.body.len()), (200, &*bytes.to_string(), 0));
}

#[tokio::test]
async fn what_is_wrong_with_an_export_is_told_with_its_place() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    for (body, pointer, code) in [
        (json!({"query": "action:a OR"}), "/query", ""),
        (json!({"query": " "}), "/query", "invalid_value"),
        (json!({"format": "xml"}), "/format", "invalid_value"),
        (json!({"compression": "lz4"}), "/compression", "invalid_value"),
        (json!({"format": "parquet", "compression": "gzip"}), "/compression", "invalid_value"),
        (json!({"columns": ["id"]}), "/columns", "invalid_value"),
        (json!({"format": "csv", "columns": ["ip"]}), "/columns", "unknown_field"),
        (json!({"format": "csv", "columns": []}), "/columns", "invalid_value"),
        (json!({"format": "csv", "columns": "id"}), "/columns", "invalid_value"),
        (json!({"sample": 1}), "/sample", "unknown_field"),
    ] {
        let problem = acme.post(EXPORTS, &body).await.problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
        assert!(code.is_empty() || problem["errors"][0]["code"] == code, "{body}: {problem}");
        assert_eq!(problem["errors"][0].get("position").is_some(), code.is_empty(), "{body}: {problem}");
    }
    assert_eq!(acme.get(EXPORTS).await.expect(200), json!({"exports": [], "next_cursor": null}));
    assert!(told(&acme).await.is_empty(), "what was refused was not done");
}

#[tokio::test]
async fn personal_groups_are_neither_asked_for_nor_written() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    let viewer = server.key(&acme, "audit_viewer").await;
    for (body, pointer) in [
        (json!({"query": "actor:alice"}), "/query"),
        (json!({"format": "csv", "columns": ["id", "message"]}), "/columns"),
    ] {
        let problem = viewer.post(EXPORTS, &body).await.problem(403, "field_not_permitted");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let path = ask(&viewer, &json!({"query": "action:user.login"})).await;
    let export = until_ended(&viewer, &path).await;
    assert_eq!(export["manifest"]["withheld"], json!(["actor", "context", "content"]));
    let text = String::from_utf8(fetch(&viewer, &path, &[]).await.body.to_vec()).unwrap();
    assert_eq!(text.lines().count(), export["manifest"]["events"]);
    assert!(!text.contains("alice") && !text.contains("Grüße") && text.contains("\"withheld\""));
    // Words are looked for in what the reader sees.
    let all = export["manifest"]["events"].as_u64();
    for (query, expected) in [("action:user.login Grüße", Some(0)), ("action:user.login -Grüße", all)] {
        let path = ask(&viewer, &json!({"query": query})).await;
        assert_eq!(until_ended(&viewer, &path).await["manifest"]["events"].as_u64(), expected, "{query}");
    }
}

#[tokio::test]
async fn an_export_is_its_keys_own_and_admins_clean_up() {
    let server = TestServer::start().await;
    let admin = filled(&server).await;
    let (reader, other) = (server.key(&admin, "audit_reader").await, server.key(&admin, "audit_reader").await);
    let stranger = server.tenant("stranger").await;
    let path = ask(&reader, &json!({})).await;
    until_ended(&reader, &path).await;
    for client in [&other, &stranger] {
        let nobodys = format!("{EXPORTS}/01932b5e-7c00-7abc-8def-0123456789ab");
        for (method, rest) in
            [(Method::GET, ""), (Method::GET, "/file"), (Method::POST, "/cancel"), (Method::DELETE, "")]
        {
            let ask = async |path: &str| client.send(method.clone(), &format!("{path}{rest}"), &[], "".into()).await;
            let (own, none) = (ask(&path).await, ask(&nobodys).await);
            assert_eq!(own.problem(404, "export_not_found")["detail"], none.problem(404, "export_not_found")["detail"]);
        }
        assert_eq!(client.get(EXPORTS).await.expect(200), json!({"exports": [], "next_cursor": null}));
    }
    assert_eq!(admin.get(EXPORTS).await.expect(200)["exports"][0]["owner"]["id"], reader.key_id());
    fetch(&admin, &path, &[]).await.problem(403, "permission_denied");
    admin.send(Method::POST, &format!("{path}/cancel"), &[], "".into()).await.problem(409, "export_finished");
    assert_eq!(admin.send(Method::DELETE, &path, &[], "".into()).await.status, 204);
    reader.get(&path).await.problem(404, "export_not_found");
    assert_eq!(server.store.oracle.list_files(), Ok(Vec::new()), "its file is gone with it");
    assert_eq!(told(&admin).await, ["export.create", "export.delete"]);
}

#[tokio::test]
async fn a_running_job_shows_its_progress_and_can_be_cancelled() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    // The job reads the first piece and waits in the second.
    server.store.set_queries(Queries::FailingAfter(2, QueryError::DeadlineExceeded));
    let path = ask(&acme, &json!({})).await;
    let running = until(&acme, &path, |export| export["progress"]["events"] == 1_000).await;
    assert_eq!((&running["status"], &running["progress"]["scanned"]), (&json!("running"), &json!(1_000)));
    assert!(running["progress"]["total"].as_u64().unwrap() > 2_300 && running.get("expires_at").is_none(), "{running}");
    fetch(&acme, &path, &[]).await.problem(409, "export_not_ready");
    let waiting = acme.get(&ask(&acme, &json!({})).await).await.expect(200);
    assert_eq!(waiting["status"], "queued", "one is made at a time");

    let cancel = async || acme.send(Method::POST, &format!("{path}/cancel"), &[], "".into()).await.expect(200);
    let cancelled = cancel().await;
    assert_eq!((&cancelled["status"], &cancelled["progress"]["events"]), (&json!("cancelled"), &json!(1_000)));
    assert_eq!(cancel().await["finished_at"], cancelled["finished_at"], "once is enough");
    fetch(&acme, &path, &[]).await.problem(409, "export_not_ready");
    server.store.set_queries(Queries::Answered);
    let second = format!("{EXPORTS}/{}", waiting["id"].as_str().unwrap());
    assert_eq!(until_ended(&acme, &second).await["status"], "completed", "the next one goes on");
    assert_eq!(acme.get(&path).await.expect(200)["status"], "cancelled");
    assert_eq!(told(&acme).await, ["export.create", "export.create", "export.cancel"]);
    until_files(&server, 1).await;
}

/// Waits until this many files are left.
async fn until_files(server: &TestServer, files: usize) {
    let begun = Instant::now();
    while server.store.oracle.list_files().unwrap().len() != files {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_job_that_cannot_go_on_says_why() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    server.store.set_queries(Queries::FailingAfter(2, QueryError::Corrupted("a segment".to_owned())));
    let path = ask(&acme, &json!({})).await;
    let failed = until_ended(&acme, &path).await;
    assert_eq!((&failed["status"], &failed["problem"]["code"]), (&json!("failed"), &json!("data_damaged")));
    assert!(failed.get("manifest").is_none());
    let refusal = fetch(&acme, &path, &[]).await.problem(409, "export_not_ready");
    assert!(refusal["detail"].as_str().unwrap().contains("checksum"), "{refusal}");
    server.store.set_queries(Queries::Panicking);
    let path = ask(&acme, &json!({})).await;
    assert_eq!(until_ended(&acme, &path).await["problem"]["code"], "internal_error");
    server.store.set_queries(Queries::Answered);
    let path = ask(&acme, &json!({})).await;
    assert_eq!(until_ended(&acme, &path).await["status"], "completed", "the worker goes on");
    until_files(&server, 1).await;
}

#[tokio::test]
async fn a_revoked_key_takes_its_exports_with_it() {
    let server = TestServer::start().await;
    let admin = filled(&server).await;
    let reader = server.key(&admin, "audit_reader").await;
    until_ended(&reader, &ask(&reader, &json!({})).await).await;
    server.store.set_queries(Queries::FailingAfter(1, QueryError::DeadlineExceeded));
    let second = ask(&reader, &json!({})).await;
    until(&reader, &second, |export| export["status"] == "running").await;
    let path = format!("/api/v1/api-keys/{}", reader.key_id());
    admin.send(Method::DELETE, &path, &[], "".into()).await.expect(200);
    server.store.set_queries(Queries::Answered);
    assert_eq!(admin.get(EXPORTS).await.expect(200), json!({"exports": [], "next_cursor": null}));
    assert_eq!(told(&admin).await, ["export.create", "export.create", "export.delete", "export.delete"]);
    assert_eq!(server.store.exports(), Vec::new());
    until_files(&server, 0).await;
}

#[tokio::test]
async fn a_suspended_tenants_jobs_end() {
    let server = TestServer::start().await;
    let acme = filled(&server).await;
    server.store.set_queries(Queries::FailingAfter(1, QueryError::DeadlineExceeded));
    let path = ask(&acme, &json!({})).await;
    until(&acme, &path, |export| export["progress"]["events"] == 500).await;
    let suspend = async |status: &str| {
        server.system.json(Method::PATCH, "/api/v1/tenants/acme", &json!({"status": status})).await.expect(200)
    };
    suspend("suspended").await;
    server.store.set_queries(Queries::Answered);
    let begun = Instant::now();
    while server.store.exports()[0].status.ended_at().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    suspend("active").await;
    assert_eq!(acme.get(&path).await.expect(200)["problem"]["code"], "tenant_suspended");
}

#[tokio::test]
async fn exports_are_forgotten_after_their_time_and_there_is_room_for_so_many() {
    let server = TestServer::start_with(|settings| {
        settings.export_retention_ms = NonZeroU64::new(3_600_000).unwrap();
        settings.export_concurrency = NonZeroUsize::new(2).unwrap();
    })
    .await;
    let acme = server.tenant("acme").await;
    for number in 0..25 {
        let export = until_ended(&acme, &ask(&acme, &json!({})).await).await;
        assert_eq!(export["status"], "completed", "{number}");
        let [ended, over] = ["finished_at", "expires_at"].map(|name| export[name].as_str().unwrap()[..19].to_owned());
        assert_ne!(ended, over);
    }
    acme.post(EXPORTS, &json!({})).await.problem(409, "too_many_exports");
    let listed = acme.get(EXPORTS).await.expect(200);
    let created: Vec<&str> =
        listed["exports"].as_array().unwrap().iter().map(|export| export["created_at"].as_str().unwrap()).collect();
    assert!(created.is_sorted_by(|newer, older| newer >= older), "{created:?}");
    let path = format!("{EXPORTS}/{}", listed["exports"][0]["id"].as_str().unwrap());
    let _ = server.clock.advance(Duration::from_mins(61));
    acme.get(&path).await.problem(404, "export_not_found");
    fetch(&acme, &path, &[]).await.problem(404, "export_not_found");
    assert_eq!(acme.get(EXPORTS).await.expect(200), json!({"exports": [], "next_cursor": null}));
}

/// Records each piece, so that a restart finds a record in the middle of the file.
fn recorded_at_once(settings: &mut ServerSection) {
    settings.export_sync_ms = NonZeroU64::MIN;
}

/// A server with a job that has three pieces of its file and waits for the fourth.
async fn in_the_middle_of(format: &str, compression: &str) -> (TestServer, Client, String) {
    let server = TestServer::start_with(recorded_at_once).await;
    let acme = filled(&server).await;
    server.store.set_queries(Queries::FailingAfter(3, QueryError::DeadlineExceeded));
    let path = ask(&acme, &json!({"format": format, "compression": compression})).await;
    until(&acme, &path, |export| export["progress"]["events"] == 1_500).await;
    (server, acme, path)
}

/// The decompressed content of the file.
fn unpacked(file: &[u8], compression: &str) -> Vec<u8> {
    match compression {
        "gzip" => {
            let mut unpacked = Vec::new();
            flate2::read::MultiGzDecoder::new(file).read_to_end(&mut unpacked).unwrap();
            unpacked
        }
        "zstd" => zstd::decode_all(file).unwrap(),
        _ => file.to_vec(),
    }
}

#[tokio::test]
async fn a_job_goes_on_where_it_was_when_the_server_is_started_again() {
    for (format, compression) in
        [("ndjson", "none"), ("json", "none"), ("csv", "none"), ("parquet", "none"), ("json", "gzip"), ("csv", "zstd")]
    {
        let what = format!("{format} {compression}");
        let (server, acme, path) = in_the_middle_of(format, compression).await;
        let server = server
            .restarted(recorded_at_once, |store| {
                let left = store.exports();
                // A Parquet file is rebuilt.
                assert_eq!(left[0].progress.events, if format == "parquet" { 0 } else { 1_500 }, "{what}");
                store.set_queries(Queries::Answered);
            })
            .await;
        let acme = acme.at(server.nobody.address);
        let export = until_ended(&acme, &path).await;
        let file = fetch(&acme, &path, &[]).await.body;
        assert_eq!(export["manifest"]["sha256"], hex(&file), "{what}");
        // The log has grown by the event that records the job.
        let head = export["manifest"]["log"]["size"].as_str().unwrap();
        let streamed = acme.get(&format!("/api/v1/events/export?format={format}&q=-action:export.*")).await.body;
        assert_eq!(export["manifest"]["events"].to_string(), head);
        assert!(unpacked(&file, compression) == streamed, "{what}: {} and {} bytes", file.len(), streamed.len());
    }
}

#[tokio::test]
async fn a_file_that_is_not_as_it_was_left_is_made_anew() {
    let (server, acme, path) = in_the_middle_of("ndjson", "none").await;
    let server = server
        .restarted(recorded_at_once, |store| {
            let record = store.exports().remove(0);
            let key = ExportKey { tenant_id: record.tenant_id, id: record.id };
            let mut writer = store.create_file(&key).unwrap();
            writer.append(&vec![b'x'; usize::try_from(record.progress.bytes).unwrap()]).unwrap();
            store.set_queries(Queries::Answered);
        })
        .await;
    let acme = acme.at(server.nobody.address);
    until_ended(&acme, &path).await;
    let streamed = acme.get("/api/v1/events/export?q=-action:export.*").await.body;
    assert!(fetch(&acme, &path, &[]).await.body == streamed);
}

#[tokio::test]
async fn a_worker_that_lost_its_job_leaves_the_file_of_the_completed_job_alone() {
    let server = TestServer::start_with(|settings| settings.query_timeout_ms = 100.try_into().unwrap()).await;
    let acme = server.tenant("acme").await;
    server.store.set_queries(Queries::Waiting);
    let path = ask(&acme, &json!({})).await;
    server.store.until_waiting(1).await;
    // Another worker completes the job while this one waits for the store.
    let export = server.store.exports().remove(0);
    let at = export.created_at;
    let completed = Export { status: ExportStatus::Completed { at }, ..export.clone() };
    let commit = ControlCommit::new(vec![ExportChange::Update(completed).into()], Vec::new());
    server.store.oracle.commit(commit).await.unwrap();
    server.store.set_queries(Queries::Answered);
    until_ended(&acme, &path).await;
    // The next job begins when the worker has put the first one away.
    let next = ask(&acme, &json!({})).await;
    until_ended(&acme, &next).await;
    assert!(server.store.oracle.list_files().unwrap().contains(&export.key()));
}

#[tokio::test]
async fn a_completed_job_is_recorded_though_the_server_stops() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    server.store.set_queries(Queries::FailingAfter(0, QueryError::DeadlineExceeded));
    let path = ask(&acme, &json!({})).await;
    while server.store.exports()[0].revision == Revision::FIRST {
        tokio::task::yield_now().await;
    }
    // The file is complete, and the store refuses the record of that.
    server.store.fail_appends(Some(AppendError::Stopped("the disk is away".into())));
    server.store.set_queries(Queries::Answered);
    tokio::time::timeout(Duration::from_secs(20), server.store.until_refused_changes(1)).await.unwrap();
    server.store.fail_appends(None);
    let server = server
        .restarted(
            |_| {},
            |store| {
                let status = &store.exports()[0].status;
                assert!(matches!(status, ExportStatus::Completed { .. }), "{status:?}");
            },
        )
        .await;
    assert_eq!(until_ended(&acme.at(server.nobody.address), &path).await["status"], "completed");
}

#[tokio::test]
async fn a_file_is_complete_only_after_its_worker_has_renewed_the_lease() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    let unavailable = AppendError::Unavailable("the disk is away".into());
    server.store.fail_renewals(Some(unavailable.into()));
    let path = ask(&acme, &json!({})).await;
    // At the beginning, before the only piece, and twice before the end of the file.
    tokio::time::timeout(Duration::from_secs(20), server.store.until_refused_renewals(4)).await.unwrap();
    let key = server.store.exports().remove(0).key();
    assert!(server.store.oracle.open_file(&key).unwrap().is_none());
    server.store.fail_renewals(None);
    assert_eq!(until_ended(&acme, &path).await["status"], "completed");
    assert!(server.store.oracle.open_file(&key).unwrap().is_some());
}

#[tokio::test]
async fn a_worker_that_begins_a_job_raises_its_revision() {
    let server = TestServer::start().await;
    let acme = server.tenant("acme").await;
    server.store.set_queries(Queries::Waiting);
    let _path = ask(&acme, &json!({"format": "parquet"})).await;
    server.store.until_waiting(1).await;
    // Interrupted work of another process has the first revision, and is outdated before anything is written.
    assert_eq!(server.store.exports()[0].revision, Revision::FIRST.next());
}
