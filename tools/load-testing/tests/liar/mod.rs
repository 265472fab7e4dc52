//! A server in memory that implements just enough of the API, and can be configured to break one promise. The API key
//! is the tenant's id.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use auditlog_load_testing::api::Address;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The promise to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    None,
    LosesAnEvent,
    StoresARetryTwice,
    ShowsAnotherTenantsEvent,
    AnswersForeignIds,
    LeavesAGap,
    ChangesAWord,
    MissesInLookups,
    MiscountsTheTotal,
}

type Logs = BTreeMap<String, Vec<Value>>;

/// The running server; it ends with the test's runtime.
pub(crate) struct LyingServer(SocketAddr);

impl LyingServer {
    pub(crate) async fn start(lie: Lie) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let logs = Arc::new(Mutex::new(Logs::new()));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let logs = Arc::clone(&logs);
                let service = service_fn(move |request| answer(lie, Arc::clone(&logs), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self(address)
    }

    pub(crate) fn address(&self) -> Address {
        Address(self.0)
    }
}

async fn answer(
    lie: Lie,
    logs: Arc<Mutex<Logs>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let tenant = request.headers()["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned();
    let (method, target) = (request.method().clone(), request.uri().clone());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let mut logs = logs.lock().unwrap();
    let (status, answer) = match (method, target.path()) {
        (Method::POST, "/api/v1/events/batch") => {
            let events: Vec<Value> = serde_json::from_slice(&body).unwrap();
            let results: Vec<Value> = events.into_iter().map(|event| store(lie, &mut logs, &tenant, event)).collect();
            (StatusCode::OK, json!({"results": results}))
        }
        (Method::POST, _) => {
            let result = store(lie, &mut logs, &tenant, serde_json::from_slice(&body).unwrap());
            (StatusCode::CREATED, result)
        }
        (_, "/api/v1/events") => (StatusCode::OK, page(lie, &logs, &tenant, target.query().unwrap_or(""))),
        (_, path) => get(lie, &logs, &tenant, path.rsplit('/').next().unwrap()),
    };
    Ok(Response::builder().status(status).body(Full::new(answer.to_string().into())).unwrap())
}

fn store(lie: Lie, logs: &mut Logs, tenant: &str, mut event: Value) -> Value {
    let log = logs.entry(tenant.to_owned()).or_default();
    let known = log.iter().position(|known| known["id"] == event["id"]);
    if let Some(place) = known
        && lie != Lie::StoresARetryTwice
    {
        return receipt(&log[place], "duplicate");
    }
    if lie == Lie::LeavesAGap && log.len() == 100 {
        log.push(json!({"id": "", "hidden": true}));
    }
    event["sequence"] = log.len().to_string().into();
    event["tenant_id"] = tenant.into();
    let receipt = receipt(&event, "stored");
    if lie == Lie::LosesAnEvent && log.len() == 100 {
        event["hidden"] = true.into();
    }
    if lie == Lie::ChangesAWord && log.len() == 100 {
        event["context"]["request_id"] = "another".into();
    }
    log.push(event);
    receipt
}

fn receipt(event: &Value, status: &str) -> Value {
    json!({"status": status, "id": event["id"], "sequence": event["sequence"], "duplicate": status == "duplicate"})
}

fn page(lie: Lie, logs: &Logs, tenant: &str, query: &str) -> Value {
    let parameter = |name: &str| {
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let mut events: Vec<&Value> =
        logs.get(tenant).into_iter().flatten().filter(|event| event["hidden"].is_null()).collect();
    if lie == Lie::ShowsAnotherTenantsEvent
        && let Some(foreign) = logs.iter().find(|(id, _)| *id != tenant).and_then(|(_, log)| log.last())
    {
        events.push(foreign);
    }
    let place = |event: &Value| {
        let sequence: u64 = event["sequence"].as_str().unwrap().parse().unwrap();
        (event["occurred_at"].as_str().unwrap().to_owned(), sequence)
    };
    events.sort_by_cached_key(|event| place(event));
    if parameter("order") == Some("newest") {
        events.reverse();
    }
    let first: usize = parameter("cursor").map_or(0, |cursor| cursor.parse().unwrap());
    let last = (first + 1_000).min(events.len());
    let total = events.len() + usize::from(lie == Lie::MiscountsTheTotal);
    json!({
        "events": events[first..last],
        "next_cursor": (last < events.len()).then(|| last.to_string()),
        "total": total,
    })
}

fn get(lie: Lie, logs: &Logs, tenant: &str, id: &str) -> (StatusCode, Value) {
    let own = |(owner, _): &(&String, &Vec<Value>)| *owner == tenant || lie == Lie::AnswersForeignIds;
    let found = logs.iter().filter(own).flat_map(|(_, log)| log).find(|event| event["id"] == id);
    let missing = lie == Lie::MissesInLookups && id.ends_with('7');
    match found {
        Some(event) if !missing => (StatusCode::OK, event.clone()),
        _ => (StatusCode::NOT_FOUND, json!({"code": "event_not_found"})),
    }
}
