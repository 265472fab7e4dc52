//! Owns raw bytes that no HTTP client would send, and the first line of the answer.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::sleep,
};

use crate::api::Address;

/// The number of bytes of an answer that are examined.
const ANSWER_BYTES_MAX: usize = 1_024;
/// The pause after a closed connection. Connecting as fast as possible would be another kind of attack.
pub(super) const BEFORE_AGAIN: Duration = Duration::from_secs(1);

/// A connection with the smallest receive buffer that the system allows: unread bytes stay with the server.
pub(crate) async fn connect_with_small_buffer(address: Address) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4_096)?;
    socket.connect(address.0).await
}

/// Sends bytes and returns how they were answered: the status, or that the connection was closed.
pub(super) async fn send(address: Address, bytes: &[u8]) -> String {
    match exchange(address, bytes).await {
        Ok(answer) => answer,
        Err(_) => "closed".to_owned(),
    }
}

async fn exchange(address: Address, bytes: &[u8]) -> io::Result<String> {
    let stream = TcpStream::connect(address.0).await?;
    let (mut reader, mut writer) = stream.into_split();
    // The answer may arrive, and the connection may be closed, before everything is sent.
    let (_, answer) = tokio::join!(writer.write_all(bytes), async {
        let mut answer = vec![0; ANSWER_BYTES_MAX];
        let count = reader.read(&mut answer).await?;
        answer.truncate(count);
        Ok::<_, io::Error>(answer)
    });
    let answer = String::from_utf8_lossy(&answer?).into_owned();
    Ok(answer.split(' ').nth(1).map_or_else(|| "closed".to_owned(), str::to_owned))
}

/// Reads and discards bytes until the server closes.
pub(super) async fn until_closed(stream: &mut TcpStream) {
    let mut bytes = [0; 4_096];
    while matches!(stream.read(&mut bytes).await, Ok(1..)) {}
}

/// Sends `bytes` repeatedly, with a pause before each, until the server closes.
pub(super) async fn trickle(stream: &mut TcpStream, bytes: &[u8], pause: Duration) {
    let (mut reader, mut writer) = stream.split();
    let write = async {
        loop {
            sleep(pause).await;
            if writer.write_all(bytes).await.is_err() {
                return;
            }
        }
    };
    let read = async {
        let mut bytes = [0; 4_096];
        while matches!(reader.read(&mut bytes).await, Ok(1..)) {}
    };
    tokio::select! { () = write => {}, () = read => {} }
}
