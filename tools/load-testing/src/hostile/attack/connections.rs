//! Owns clients that occupy connections without using them.

use std::{sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt as _, net::TcpStream, task::JoinSet, time::sleep};

use crate::hostile::attack::{
    Target,
    raw::{BEFORE_AGAIN, connect_with_small_buffer, trickle, until_closed},
};

/// The number of idle connections: more than the server accepts.
const IDLE: usize = 5_000;
/// The number of unfinished requests of each sort.
const HALVES: usize = 500;
/// The number of connections that read nothing.
const NOT_READING: usize = 200;
/// The interval between new connections.
const BETWEEN: Duration = Duration::from_micros(200);

pub(super) fn stay_idle(tasks: &mut JoinSet<()>, target: &Arc<Target>) {
    for number in 0..IDLE {
        let first_request: &[u8] =
            if number % 2 == 0 { b"" } else { b"GET /health/live HTTP/1.1\r\nhost: server\r\n\r\n" };
        tasks.spawn(hold(Arc::clone(target), number, async move |stream: &mut TcpStream, _: &Target| {
            if stream.write_all(first_request).await.is_ok() {
                until_closed(stream).await;
            }
        }));
    }
}

pub(super) fn send_halves(tasks: &mut JoinSet<()>, target: &Arc<Target>) {
    for number in 0..HALVES {
        tasks.spawn(hold(Arc::clone(target), number, async |stream: &mut TcpStream, _: &Target| {
            if stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: ser").await.is_ok() {
                until_closed(stream).await;
            }
        }));
        tasks.spawn(hold(Arc::clone(target), number, async |stream: &mut TcpStream, _: &Target| {
            if stream.write_all(b"GET /health/live HTTP/1.1\r\nx: ").await.is_ok() {
                trickle(stream, b"a", Duration::from_millis(100)).await;
            }
        }));
        tasks.spawn(hold(Arc::clone(target), number, async |stream: &mut TcpStream, target: &Target| {
            let head = format!(
                "POST /api/v1/events/batch HTTP/1.1\r\nhost: server\r\nauthorization: Bearer {}\r\n\
                 content-type: application/json\r\ncontent-length: 8388608\r\n\r\n[",
                target.stranger
            );
            if stream.write_all(head.as_bytes()).await.is_ok() {
                trickle(stream, b" ", Duration::from_millis(500)).await;
            }
        }));
    }
}

pub(super) fn read_nothing(tasks: &mut JoinSet<()>, target: &Arc<Target>) {
    for number in 0..NOT_READING {
        tasks.spawn(hold(Arc::clone(target), number, async |stream: &mut TcpStream, target: &Target| {
            let page = format!(
                "GET /api/v1/events?limit=1000 HTTP/1.1\r\nhost: server\r\nauthorization: Bearer {}\r\n\r\n",
                target.neighbour
            );
            let documentation = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: server\r\n\r\n";
            let requests = format!("{page}{documentation}").repeat(20);
            // Sends requests until the server reads no more.
            while stream.write_all(requests.as_bytes()).await.is_ok() {
                sleep(BEFORE_AGAIN).await;
            }
        }));
    }
}

/// Opens a connection, and another one each time it is closed.
async fn hold(target: Arc<Target>, number: usize, behave: impl AsyncFn(&mut TcpStream, &Target)) {
    sleep(BETWEEN * u32::try_from(number).unwrap_or(u32::MAX)).await;
    loop {
        match connect_with_small_buffer(target.address).await {
            Ok(mut stream) => {
                target.answers.note("opened");
                behave(&mut stream, &target).await;
                target.answers.note("closed");
            }
            Err(_) => target.answers.note("not opened"),
        }
        sleep(BEFORE_AGAIN).await;
    }
}
