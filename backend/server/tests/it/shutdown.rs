//! Stopping: what was taken in is answered, nothing new is taken, and the wait is bounded.

use auditlog_server::serve::Shutdown;
use serde_json::json;
use tokio::net::TcpStream;

use crate::harness::{TestServer, event};

#[tokio::test]
async fn requests_in_flight_are_answered_before_it_ends() {
    let mut server = TestServer::start().await;
    server.store.close_gate();
    let sends: Vec<_> = (0..5)
        .map(|_| {
            let client = server.admin.clone();
            tokio::spawn(async move { client.post("/api/v1/events", &event(&json!({}))).await })
        })
        .collect();
    server.store.until_waiting(5).await;
    let idle = TcpStream::connect(server.admin.address).await.unwrap();
    server.stop();
    // It refuses new connections while it still waits for the old ones.
    while TcpStream::connect(server.admin.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.store.open_gate();
    for send in sends {
        send.await.unwrap().expect(201);
    }
    assert_eq!(server.stopped().await, Shutdown::Drained);
    drop(idle);
}

#[tokio::test]
async fn the_wait_is_bounded() {
    let mut server = TestServer::start_with(|settings| settings.shutdown_timeout_ms = 50.try_into().unwrap()).await;
    server.store.close_gate();
    let client = server.admin.clone();
    let send = tokio::spawn(async move { client.post("/api/v1/events", &event(&json!({}))).await });
    server.store.until_waiting(1).await;
    server.stop();
    assert_eq!(server.stopped().await, Shutdown::TimedOut { connections: 1 });
    send.abort();
}
