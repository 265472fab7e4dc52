//! Owns connections whose answers are read as the attacker likes: not at all, or until they end.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{api::Address, hostile::connect_with_small_buffer};

/// An answer must begin within this time.
const BEGINNING_MAX: Duration = Duration::from_secs(15);
const HEAD_BYTES_MAX: usize = 64 << 10;

/// A request whose answer is not read. The connection is closed when this is dropped.
pub(super) struct Unread {
    _connection: TcpStream,
}

impl Unread {
    /// Sends the request over a connection with the smallest buffer that the system allows.
    pub(super) async fn send(address: Address, request: &[u8]) -> io::Result<Self> {
        let mut stream = connect_with_small_buffer(address).await?;
        stream.write_all(request).await?;
        Ok(Self { _connection: stream })
    }
}

/// An answer whose head has arrived.
pub(super) struct OpenStream {
    pub status: u16,
    stream: TcpStream,
}

impl OpenStream {
    /// Sends a request and waits for the head of its answer.
    pub(super) async fn open(address: Address, request: &[u8]) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address.0).await?;
        stream.write_all(request).await?;
        let head = timeout(BEGINNING_MAX, read_head(&mut stream)).await??;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no answer of HTTP: {head}")))?;
        Ok(Self { status, stream })
    }

    /// Reads and discards the answer until it ends. Returns `false` if it does not end within the limit.
    pub(super) async fn ends_within(mut self, limit: Duration) -> bool {
        let mut bytes = [0; 4_096];
        timeout(limit, async { while matches!(self.stream.read(&mut bytes).await, Ok(1..)) {} }).await.is_ok()
    }
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A request without a body that closes its connection.
pub(super) fn get(key: &str, target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: server\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n")
        .into_bytes()
}

/// A batch compressed with gzip.
pub(super) fn post_batch(key: &str, gzip: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /api/v1/events/batch HTTP/1.1\r\nhost: server\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        gzip.len()
    );
    [head.as_bytes(), gzip].concat()
}
