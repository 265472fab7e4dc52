//! Long work ends with its key: when the key is revoked or expires, and when its tenant is suspended. An event whose
//! body was still being sent then is not stored.

use std::time::Duration;

use auditlog_core::store::QueryError;
use http_body_util::{BodyExt, Empty};
use hyper::{Method, Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::harness::{Client, Queries, TestServer, event};

const EXPORTS: &str = "/api/v1/exports";
const TAIL: &str = "/api/v1/events/tail";
/// No heartbeat and no deadline ends anything in these tests.
const NEVER_MS: u64 = 3_600_000;
const LONG: Duration = Duration::from_secs(30);

async fn patient_server() -> TestServer {
    TestServer::start_with(|settings| {
        settings.tail_heartbeat_ms = NEVER_MS.try_into().unwrap();
        settings.query_timeout_ms = NEVER_MS.try_into().unwrap();
    })
    .await
}

/// A cause that ends a reader of tenant `acme`, and the code that reports it.
#[derive(Debug, Clone, Copy)]
enum End {
    Revoked,
    Expired,
    Bound,
    Suspended,
}

impl End {
    const ALL: [Self; 4] = [Self::Revoked, Self::Expired, Self::Bound, Self::Suspended];

    async fn bring(self, server: &TestServer, admin: &Client, reader: &Client) {
        let path = format!("/api/v1/api-keys/{}", reader.key_id());
        match self {
            Self::Revoked => drop(admin.send(Method::DELETE, &path, &[], "".into()).await.expect(200)),
            Self::Expired => drop(server.clock.advance(Duration::from_hours(1))),
            Self::Bound => {
                let body = json!({"allowed_networks": ["10.0.0.0/8"]});
                admin.json(Method::PATCH, &path, &body).await.expect(200);
            }
            Self::Suspended => {
                let body = json!({"status": "suspended"});
                server.system.json(Method::PATCH, "/api/v1/tenants/acme", &body).await.expect(200);
            }
        }
    }

    const fn status(self) -> u16 {
        match self {
            Self::Revoked | Self::Expired => 401,
            Self::Bound | Self::Suspended => 403,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Revoked => "key_revoked",
            Self::Expired => "key_expired",
            Self::Bound => "address_not_allowed",
            Self::Suspended => "tenant_suspended",
        }
    }
}

/// A key that may read and ends in an hour.
async fn reader(server: &TestServer, admin: &Client) -> Client {
    holder(server, admin, "audit_reader").await
}

/// A key with this role that ends in an hour.
async fn holder(server: &TestServer, admin: &Client, role: &str) -> Client {
    let body = json!({"name": role, "role": role, "expires_at": "2031-05-06T13:00:00Z"});
    let created = admin.post("/api/v1/api-keys", &body).await.expect(201);
    server.nobody.with_key(created["key"].as_str().unwrap())
}

#[tokio::test]
async fn an_idle_tail_ends_with_its_key() {
    for end in End::ALL {
        let server = patient_server().await;
        let admin = server.tenant("acme").await;
        let reader = reader(&server, &admin).await;
        let (mut stream, _) = reader.follow(TAIL, &[]).await;
        end.bring(&server, &admin, &reader).await;
        let (problem, _) = timeout(LONG, stream.end()).await.unwrap_or_else(|_| panic!("{end:?}"));
        assert_eq!(problem["code"], end.code(), "{end:?}");
    }
}

#[tokio::test]
async fn changes_of_others_end_nothing() {
    let server = patient_server().await;
    let (admin, other) = (server.tenant("acme").await, server.tenant("other").await);
    let reader = reader(&server, &admin).await;
    let (mut stream, _) = reader.follow(TAIL, &[]).await;
    let neighbour = server.key(&admin, "audit_reader").await;
    for (manager, key) in [(&admin, &neighbour), (&other, &other)] {
        manager.send(Method::DELETE, &format!("/api/v1/api-keys/{}", key.key_id()), &[], "".into()).await.expect(200);
    }
    server.system.json(Method::PATCH, "/api/v1/tenants/other", &json!({"status": "suspended"})).await.expect(200);
    let path = format!("/api/v1/api-keys/{}", reader.key_id());
    admin.json(Method::PATCH, &path, &json!({"name": "renamed"})).await.expect(200);
    admin.post("/api/v1/events", &event(&json!({"action": "goes.on"}))).await.expect(201);
    while stream.next_event().await.value()["action"] != "goes.on" {}
}

/// Opens the stream of an export and returns it after its head.
async fn export(reader: &Client) -> hyper::body::Incoming {
    let stream = TcpStream::connect(reader.address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::builder().uri("/api/v1/events/export").header("host", "localhost");
    let request = request.header("authorization", format!("Bearer {}", reader.key()));
    let response = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}

#[tokio::test]
async fn an_export_that_is_sent_breaks_off_with_its_key() {
    for end in End::ALL {
        let server = patient_server().await;
        let admin = server.tenant("acme").await;
        admin.post("/api/v1/events/batch", &json!(vec![event(&json!({})); 800])).await.expect(200);
        let reader = reader(&server, &admin).await;
        // Reading the second piece never ends.
        server.store.set_queries(Queries::WaitingAfter(1));
        let body = export(&reader).await;
        server.store.until_waiting(1).await;
        end.bring(&server, &admin, &reader).await;
        let sent = timeout(LONG, body.collect()).await.unwrap_or_else(|_| panic!("{end:?}"));
        assert!(sent.is_err(), "{end:?}: the transfer fails, so that what has come does not look complete");
    }
}

async fn ask(client: &Client) -> String {
    let created = client.post(EXPORTS, &json!({})).await.expect(201);
    format!("{EXPORTS}/{}", created["id"].as_str().unwrap())
}

/// The export once its status satisfies the condition.
async fn until(client: &Client, path: &str, satisfies: impl Fn(&Value) -> bool) -> Value {
    let looked_at = async {
        loop {
            let export = client.get(path).await.expect(200);
            if satisfies(&export) {
                return export;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, looked_at).await.unwrap_or_else(|_| panic!("{path} does not come so far"))
}

#[tokio::test]
async fn an_export_job_ends_with_its_key_while_it_is_read() {
    for end in [End::Expired, End::Suspended] {
        let server = patient_server().await;
        let admin = server.tenant("acme").await;
        let reader = reader(&server, &admin).await;
        server.store.set_queries(Queries::Waiting);
        let path = ask(&reader).await;
        server.store.until_waiting(1).await;
        end.bring(&server, &admin, &reader).await;
        ended(&server, &admin, &path, end).await;
    }
}

#[tokio::test]
async fn an_export_job_ends_with_its_key_while_it_waits_for_another() {
    for end in [End::Expired, End::Suspended] {
        let server = patient_server().await;
        let (admin, other) = (server.tenant("acme").await, server.tenant("other").await);
        let reader = reader(&server, &admin).await;
        server.store.set_queries(Queries::Waiting);
        let _first = ask(&other).await;
        server.store.until_waiting(1).await;
        let path = ask(&reader).await;
        assert_eq!(reader.get(&path).await.expect(200)["status"], "queued");
        end.bring(&server, &admin, &reader).await;
        ended(&server, &admin, &path, end).await;
        assert_eq!(server.store.waiting(), 1, "nothing was read for it");
    }
}

/// The job has failed for this reason, as seen with a key that may still read.
async fn ended(server: &TestServer, admin: &Client, path: &str, end: End) {
    if matches!(end, End::Suspended) {
        let looked_at = async {
            let is_ended = || {
                let exports = server.store.exports();
                exports
                    .iter()
                    .any(|export| path.ends_with(&export.id.to_string()) && export.status.ended_at().is_some())
            };
            while !is_ended() {
                tokio::task::yield_now().await;
            }
        };
        timeout(LONG, looked_at).await.unwrap_or_else(|_| panic!("{end:?}"));
        server.system.json(Method::PATCH, "/api/v1/tenants/acme", &json!({"status": "active"})).await.expect(200);
    }
    let export = until(admin, path, |export| export.get("finished_at").is_some()).await;
    assert_eq!((&export["status"], &export["problem"]["code"]), (&json!("failed"), &json!(end.code())), "{export}");
}

/// Sends the head of a request and returns the connection as soon as the server asks for the body.
async fn begin(client: &Client, path: &str, body: &str) -> TcpStream {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        client.key(),
        body.len()
    );
    let mut stream = TcpStream::connect(client.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(timeout(LONG, stream.read_u8()).await.expect("the body is asked for").unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&answer));
    stream
}

/// Sends the body and returns the answer.
async fn finish(mut stream: TcpStream, body: &str) -> String {
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(LONG, stream.read_to_string(&mut answer)).await.expect("it is answered").unwrap();
    answer
}

#[tokio::test]
async fn a_body_that_arrives_behind_the_end_of_its_key_stores_nothing() {
    let late = event(&json!({"action": "too.late"}));
    let large = vec![event(&json!({"action": "too.late", "message": "x".repeat(2_000)})); 50];
    for end in End::ALL {
        let server = patient_server().await;
        let admin = server.tenant("acme").await;
        let sender = holder(&server, &admin, "audit_admin").await;
        let mut begun = Vec::new();
        for (path, body) in [
            ("/api/v1/events", late.clone()),
            ("/api/v1/events/batch", json!([late])),
            ("/api/v1/events/batch", json!(large)),
            (EXPORTS, json!({})),
        ] {
            let body = body.to_string();
            begun.push((path, begin(&sender, path, &body).await, body));
        }
        end.bring(&server, &admin, &sender).await;
        for (path, stream, body) in begun {
            let answer = finish(stream, &body).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {}", end.status())), "{end:?} {path}: {answer}");
            assert!(answer.contains(end.code()), "{end:?} {path}: {answer}");
        }
        if matches!(end, End::Suspended) {
            server.system.json(Method::PATCH, "/api/v1/tenants/acme", &json!({"status": "active"})).await.expect(200);
        }
        let found = admin.get("/api/v1/events?count=true&q=action:too.late").await.expect(200);
        assert_eq!(found["total"], 0, "{end:?}");
        assert!(server.store.exports().is_empty(), "{end:?}");
    }
}

#[tokio::test]
async fn a_verification_ends_with_its_key() {
    for end in End::ALL {
        let server = patient_server().await;
        let admin = server.tenant("acme").await;
        let reader = reader(&server, &admin).await;
        server.store.set_queries(Queries::Waiting);
        let verified = tokio::spawn({
            let client = reader.clone();
            async move { client.json(Method::POST, "/api/v1/log/verify", &Value::Null).await }
        });
        server.store.until_waiting(1).await;
        end.bring(&server, &admin, &reader).await;
        let answer = timeout(LONG, verified).await.unwrap_or_else(|_| panic!("{end:?}")).unwrap();
        answer.problem(end.status(), end.code());
        assert_eq!(timeout(LONG, server.store.until_ended()).await.unwrap(), QueryError::Cancelled, "{end:?}");
    }
}
