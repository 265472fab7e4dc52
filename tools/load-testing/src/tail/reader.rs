//! Owns the readers: each parses its stream and records the events. One reads nothing until everything was sent.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Request,
    body::Incoming,
    client::conn::http1::handshake,
    header::{AUTHORIZATION, HOST},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::oneshot};

use crate::{
    api::{Address, Credential},
    campaign::Fault,
    load::Latencies,
    tail::book::{BUCKETS, Book, Delivered},
};

const PATH: &str = "/api/v1/events/tail";

/// The request of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    Bucket(u64),
}

impl Wanted {
    pub(super) const fn includes(self, number: u64) -> bool {
        match self {
            Self::All => true,
            Self::Bucket(bucket) => number % BUCKETS == bucket,
        }
    }

    fn target(self) -> String {
        match self {
            Self::All => PATH.to_owned(),
            Self::Bucket(bucket) => format!("{PATH}?metadata.bucket=b{bucket}"),
        }
    }
}

/// The result of a reader.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) wanted: Wanted,
    /// The events in the order of arrival.
    pub(super) events: Vec<Delivered>,
    /// The time from when an event was due to its arrival.
    pub(super) latencies: Latencies,
    /// Anything else: the end of the stream, an event that cannot be parsed.
    pub(super) odd: Vec<String>,
}

/// An open stream.
pub(super) struct Reader {
    wanted: Wanted,
    body: Incoming,
    unread: BytesMut,
}

impl Reader {
    /// Opens a stream and reads its beginning, so that it misses no event that is sent from now on.
    pub(super) async fn open(address: Address, credential: &Credential, wanted: Wanted) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address.0).await?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        // The task ends with the body.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        let mut request = Request::get(wanted.target()).header(HOST, address.0.to_string());
        if let Some(authorization) = credential.header() {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
        if !response.status().is_success() {
            return Err(format!("{} is answered with {}", wanted.target(), response.status()).into());
        }
        let mut body = response.into_body();
        let opening = body.frame().await.ok_or("the stream does not begin")??;
        let unread = BytesMut::from(opening.into_data().unwrap_or_default().as_ref());
        Ok(Self { wanted, body, unread })
    }

    /// Reads until all sent events have arrived, the stream ends, or the signal to stop comes.
    pub(super) async fn read(mut self, book: &Arc<Book>, mut stop: oneshot::Receiver<()>) -> Result<Got, Fault> {
        let expected = (0..book.events()).filter(|number| self.wanted.includes(*number)).count();
        let mut got = Got { wanted: self.wanted, events: Vec::new(), latencies: Latencies::default(), odd: Vec::new() };
        while got.events.len() < expected && got.odd.is_empty() {
            let frame = tokio::select! {
                frame = self.body.frame() => frame,
                _ = &mut stop => return Ok(got),
            };
            let Some(frame) = frame else {
                got.odd.push("the stream ended".to_owned());
                break;
            };
            self.unread.extend_from_slice(&frame?.into_data().unwrap_or_default());
            self.take_apart(book.elapsed(), book, &mut got);
        }
        Ok(got)
    }

    /// Takes the complete frames out of the buffer.
    fn take_apart(&mut self, now: Duration, book: &Book, got: &mut Got) {
        while let Some(end) = memchr::memmem::find(&self.unread, b"\n\n") {
            let frame = self.unread.split_to(end + 2).freeze();
            match Frame::read(&frame) {
                Frame::Event { sequence, number } => {
                    got.events.push(Delivered { sequence, number });
                    got.latencies.note(now.saturating_sub(book.due(number)));
                }
                Frame::Nothing => {}
                Frame::Odd => got.odd.push(String::from_utf8_lossy(&frame).chars().take(400).collect()),
            }
        }
    }
}

enum Frame {
    Event { sequence: u64, number: u64 },
    Nothing,
    Odd,
}

impl Frame {
    fn read(frame: &[u8]) -> Self {
        if frame.starts_with(b"event:") {
            return Self::Odd;
        }
        let Some(data) = memchr::memmem::find(frame, b"\ndata: ") else { return Self::Nothing };
        let (id, data) = frame.split_at(data);
        let sequence = id.strip_prefix(b"id: ").and_then(digits);
        // Only an event with unchanged content can have this number after this name.
        let number = memchr::memmem::find(data, b"\"number\":").and_then(|at| digits(&data[at + 9..]));
        let order = memchr::memmem::find(data, b"\"order-").and_then(|at| digits(&data[at + 7..]));
        let own = memchr::memmem::find(data, b"\"sequence\":\"").and_then(|at| digits(&data[at + 12..]));
        match (sequence, number) {
            (Some(sequence), Some(number)) if own == Some(sequence) && order == Some(number) => {
                Self::Event { sequence, number }
            }
            _ => Self::Odd,
        }
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&text[..length]).ok()?.parse().ok()
}

/// A reader that reads nothing until it is allowed to.
pub(super) struct Stalled(Reader);

impl Stalled {
    pub(super) async fn open(address: Address, credential: &Credential) -> Result<Self, Fault> {
        Reader::open(address, credential, Wanted::All).await.map(Self)
    }

    /// Reads its stream, and returns how that ended: events without a gap, up to a last one that gives the reason.
    pub(super) async fn read_on(self, book: &Arc<Book>) -> String {
        // Dropped only at the end of this function, so the signal never comes.
        let (_keep, stop) = oneshot::channel();
        let Ok(got) = self.0.read(book, stop).await else { return "cut off in the middle of a frame".to_owned() };
        if got.events.windows(2).any(|pair| pair[1].sequence != pair[0].sequence + 1) {
            return "GAP: events are missing before the end of its stream".to_owned();
        }
        let end = got.odd.first().map_or("it got everything", String::as_str);
        let end = if end.contains("slow_reader") { "slow_reader" } else { end };
        format!("{end}, behind {} events", got.events.len())
    }
}
