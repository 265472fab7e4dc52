//! Stopping: accepted requests are answered, new ones are refused, and the wait is bounded.

use auditlog_server::serve::Shutdown;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

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
    let mut server = TestServer::start_with(|settings| settings.shutdown_grace_s = 1.try_into().unwrap()).await;
    server.store.close_gate();
    let client = server.admin.clone();
    let send = tokio::spawn(async move { client.post("/api/v1/events", &event(&json!({}))).await });
    server.store.until_waiting(1).await;
    server.stop();
    assert_eq!(server.stopped().await, Shutdown::TimedOut { connections: 1 });
    send.abort();
}

#[tokio::test]
async fn what_is_left_after_the_grace_is_cut() {
    let mut server = TestServer::start_with(|settings| settings.shutdown_grace_s = 1.try_into().unwrap()).await;
    let large = event(&json!({"raw": {"format": "text", "body": "x".repeat(30_000)}}));
    for _ in 0..6 {
        server.admin.post("/api/v1/events/batch", &vec![large.clone(); 200].into()).await.expect(200);
    }
    let mut streams = Vec::new();
    for path in ["/api/v1/events/export", "/api/v1/events/tail?after=start", "/api/v1/events?limit=1000"] {
        let mut stream = TcpStream::connect(server.admin.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", server.admin.key());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.readable().await.unwrap();
        streams.push(stream);
    }
    server.stop();
    let Shutdown::TimedOut { connections } = server.stopped().await else { panic!("nothing was left") };
    assert_eq!(connections, 3);
    // No more is sent: a client gets what its system has already received, and no end of the answer.
    for mut stream in streams {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.len() < 7_000_000 && !rest.ends_with(b"0\r\n\r\n"), "{} bytes came", rest.len());
    }
}
