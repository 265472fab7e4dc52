//! Owns how bodies report who has to act next on a connection: the client while the rest of a request's body is
//! awaited, then the server, and the client again once an answer's body is complete.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use crate::serve::{turn::Turn, watch::Watch};

/// The body of a request while it arrives.
pub(super) struct RequestBody {
    body: Incoming,
    turn: Arc<Turn>,
}

impl RequestBody {
    pub(super) const fn new(body: Incoming, turn: Arc<Turn>) -> Self {
        Self { body, turn }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        // Only the end of the body ends the wait; otherwise a client that sends single bytes now and then would never
        // count as waited for.
        if frame.is_pending() {
            self.turn.to_client();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.turn.to_server();
    }
}

/// The body of an answer. It is dropped when all of it is in the connection's buffer.
pub(super) struct AnswerBody {
    body: Body,
    turn: Arc<Turn>,
    _watch: Option<Watch>,
}

impl AnswerBody {
    pub(super) const fn new(body: Body, turn: Arc<Turn>, watch: Option<Watch>) -> Self {
        Self { body, turn, _watch: watch }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.turn.answered();
    }
}
