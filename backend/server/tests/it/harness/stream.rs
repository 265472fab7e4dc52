//! A reader of server-sent events: one connection, frame by frame.

use std::collections::VecDeque;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{HeaderMap, Request, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::harness::Client;

/// An open stream.
pub(crate) struct EventStream {
    pub(crate) headers: HeaderMap,
    body: Incoming,
    unread: String,
    frames: VecDeque<StreamFrame>,
}

/// The text between two empty lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StreamFrame {
    pub(crate) comment: Option<String>,
    pub(crate) retry: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) data: Option<String>,
}

impl Client {
    /// Opens a stream and returns it after its first frame, with which every stream begins.
    pub(crate) async fn follow(&self, path: &str, headers: &[(&str, &str)]) -> (EventStream, StreamFrame) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().uri(path).header("host", "localhost");
        request = request.header("authorization", format!("Bearer {}", self.key()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let headers = response.headers().clone();
        let body = response.into_body();
        let mut stream = EventStream { headers, body, unread: String::new(), frames: VecDeque::new() };
        let opening = stream.next_frame().await.unwrap();
        assert!(opening.retry.is_some() && opening.id.is_some() && opening.data.is_none(), "{opening:?}");
        (stream, opening)
    }
}

impl EventStream {
    /// The next frame; `None` if the stream has ended.
    pub(crate) async fn next_frame(&mut self) -> Option<StreamFrame> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            let piece = self.body.frame().await?.unwrap().into_data().unwrap();
            self.unread.push_str(std::str::from_utf8(&piece).unwrap());
            while let Some(end) = self.unread.find("\n\n") {
                let frame: String = self.unread.drain(..end + 2).collect();
                self.frames.push_back(StreamFrame::parse(frame.trim_end()));
            }
        }
    }

    /// The next frame with data.
    pub(crate) async fn next_event(&mut self) -> StreamFrame {
        loop {
            let frame = self.next_frame().await.expect("the stream goes on");
            if frame.data.is_some() {
                return frame;
            }
        }
    }

    /// The sequences of the next events, which must equal their ids.
    pub(crate) async fn next_sequences(&mut self, count: usize) -> Vec<u64> {
        let mut sequences = Vec::new();
        while sequences.len() < count {
            let frame = self.next_event().await;
            assert_eq!(frame.event, None, "{frame:?}");
            assert_eq!(frame.value()["sequence"], frame.id.clone().unwrap());
            sequences.push(frame.id.unwrap().parse().unwrap());
        }
        sequences
    }

    /// The problem that the stream ends with, and the id to resume from.
    pub(crate) async fn end(&mut self) -> (Value, String) {
        loop {
            let frame = self.next_event().await;
            if frame.event.as_deref() == Some("end") {
                assert_eq!(self.next_frame().await, None, "nothing comes behind the end");
                return (frame.value(), frame.id.unwrap());
            }
        }
    }
}

impl StreamFrame {
    fn parse(text: &str) -> Self {
        let mut frame = Self::default();
        for line in text.split('\n') {
            let (name, value) = line.split_once(':').unwrap();
            let field = match name {
                "" => &mut frame.comment,
                "retry" => &mut frame.retry,
                "event" => &mut frame.event,
                "id" => &mut frame.id,
                "data" => &mut frame.data,
                other => panic!("{other} is no field of a stream"),
            };
            assert_eq!(field.replace(value.strip_prefix(' ').unwrap().to_owned()), None, "{text}");
        }
        frame
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(self.data.as_deref().unwrap()).unwrap()
    }
}
