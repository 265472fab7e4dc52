//! Owns one connection to the server, opened on demand and again after a failure. Never retries a call by itself: the
//! caller decides whether a call whose answer was lost may be repeated.

use std::{fmt, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, StatusCode,
    client::conn::http1::{SendRequest, handshake},
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

/// The address of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub SocketAddr);

impl Address {
    /// Reads `http://127.0.0.1:8080` or `127.0.0.1:8080`.
    ///
    /// # Errors
    /// Describes what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let authority = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
        let authority = authority.replace("localhost", "127.0.0.1");
        authority.parse().map(Self).map_err(|_| format!("{text} is not http:// with an IP address and a port"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "http://{}", self.0)
    }
}

/// The credential of a request.
#[derive(Debug, Clone, Default)]
pub struct Credential(Option<HeaderValue>);

impl Credential {
    /// An API key. Keys are plain ASCII; any other text is sent as no credential.
    #[must_use]
    pub fn of_key(key: &str) -> Self {
        Self(HeaderValue::from_str(&format!("Bearer {key}")).ok())
    }

    /// The header that carries it.
    pub(crate) const fn header(&self) -> Option<&HeaderValue> {
        self.0.as_ref()
    }

    /// None.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// GET, POST, …
    pub method: Method,
    /// Path and query.
    pub target: &'a str,
    /// JSON; empty for none.
    pub body: Bytes,
}

impl<'a> Call<'a> {
    /// A GET.
    #[must_use]
    pub const fn get(target: &'a str) -> Self {
        Self { method: Method::GET, target, body: Bytes::new() }
    }

    /// A POST of JSON.
    #[must_use]
    pub const fn post(target: &'a str, body: Bytes) -> Self {
        Self { method: Method::POST, target, body }
    }
}

/// One answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// When to retry, if the answer names it.
    pub retry_after: Option<Duration>,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The body as text, for messages.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(400).collect()
    }
}

/// Why there is no answer. In each case it is unknown whether the server acted on the call.
#[derive(Debug)]
pub enum CallError {
    /// No process listens.
    Unreachable(std::io::Error),
    /// The connection broke.
    Broken(hyper::Error),
    /// The answer did not arrive in time.
    TimedOut,
    /// The call cannot be expressed in HTTP.
    Malformed(hyper::http::Error),
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(formatter, "the server cannot be reached: {error}"),
            Self::Broken(error) => write!(formatter, "the connection broke: {error}"),
            Self::TimedOut => formatter.write_str("no answer within the time limit"),
            Self::Malformed(error) => write!(formatter, "the request cannot be made: {error}"),
        }
    }
}

impl std::error::Error for CallError {}

/// One connection.
#[derive(Debug)]
pub struct Client {
    address: Address,
    limit: Duration,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client that has not connected yet.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self { address, limit: Duration::from_mins(1), sender: None }
    }

    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// Describes why there is no answer; the next call opens a new connection.
    pub async fn call(&mut self, credential: &Credential, call: Call<'_>) -> Result<Answer, CallError> {
        let answer = match timeout(self.limit, self.attempt(credential, call)).await {
            Ok(answer) => answer,
            Err(_) => Err(CallError::TimedOut),
        };
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }

    async fn attempt(&mut self, credential: &Credential, call: Call<'_>) -> Result<Answer, CallError> {
        let request = self.request(credential, call)?;
        let mut sender = self.connected().await?;
        let response = sender.send_request(request).await.map_err(CallError::Broken)?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(CallError::Broken)?.to_bytes();
        self.sender = Some(sender);
        let seconds = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer { status: head.status, retry_after: seconds.map(Duration::from_secs), body })
    }

    fn request(&self, credential: &Credential, call: Call<'_>) -> Result<Request<Full<Bytes>>, CallError> {
        let mut request =
            Request::builder().method(call.method).uri(call.target).header(HOST, self.address.0.to_string());
        if let Some(authorization) = &credential.0 {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !call.body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(call.body)).map_err(CallError::Malformed)
    }

    async fn connected(&mut self) -> Result<SendRequest<Full<Bytes>>, CallError> {
        if let Some(mut sender) = self.sender.take()
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let stream = TcpStream::connect(self.address.0).await.map_err(CallError::Unreachable)?;
        stream.set_nodelay(true).map_err(CallError::Unreachable)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(CallError::Broken)?;
        // It ends by itself when the sender is dropped; an error reaches the caller through the sender.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(sender)
    }
}
