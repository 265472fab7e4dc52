//! Owns connections: accepting a bounded number of them, serving HTTP/1.1 on them, and closing them. When the server
//! stops, requests in flight may finish within the grace period.

mod bodies;
mod stream;
mod turn;
mod watch;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use self::{
    bodies::{AnswerBody, RequestBody},
    stream::WatchedStream,
    turn::{Place, Places, Turn},
    watch::Watch,
};
use crate::{
    app::App, config::ServerSection, jobs, limits::UntilSent, problem::Problem, request::PeerAddress, router,
    standing::Standing,
};

/// The maximum number of header fields of a request.
const HEADERS_MAX: usize = 100;
/// The delay before accepting again when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The buffer size of a connection, for an answer or a request.
const BUFFERED_BYTES_MAX: usize = 64 * 1_024;
/// How long aborted connections and jobs may take to end.
const CUT_WAIT: Duration = Duration::from_secs(1);
/// How much of an answer the operating system may hold without being able to send it yet.
const UNSENT_BYTES_MAX: u32 = 128 * 1_024;

/// A server that listens but does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local_address: SocketAddr,
    app: App,
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Every request in flight was answered.
    Drained,
    /// The grace period expired first; the remaining connections were aborted.
    TimedOut {
        /// The number of aborted connections.
        connections: usize,
    },
}

impl Server {
    /// Binds the address that the settings name.
    ///
    /// # Errors
    /// The error of the system if the address cannot be bound.
    pub async fn bind(app: App) -> io::Result<Self> {
        let listener = TcpListener::bind(app.settings().listen).await?;
        bound_unsent_bytes(&listener);
        let local_address = listener.local_addr()?;
        Ok(Self { listener, local_address, app })
    }

    /// The bound address, with the actual port.
    #[must_use]
    pub const fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Serves until `stop` resolves, then lets requests in flight finish.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Shutdown {
        let settings = self.app.settings().clone();
        let stopping = self.app.stopping().clone();
        let mut jobs = tokio::spawn(jobs::run(self.app.export_jobs().clone()));
        let router = router::router(self.app);
        let connections = Connections::new(&settings);
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut stop => break,
                accepted = connections.accept(&self.listener) => accepted,
            };
            match accepted {
                Ok(connection) => connections.serve(connection, router.clone()),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        // Stops listening first, so that a load balancer notices immediately.
        drop(self.listener);
        stopping.cancel();
        let deadline = Instant::now() + settings.shutdown_grace();
        let shutdown = connections.drain(deadline).await;
        // Jobs stop as soon as the server is stopping; they resume later from their durable progress.
        match timeout_at(deadline.max(Instant::now() + CUT_WAIT), &mut jobs).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the export jobs failed unexpectedly"),
            Err(_elapsed) => {
                tracing::warn!("jobs did not stop in time and are aborted; they resume after the next start");
                jobs.abort();
            }
        }
        shutdown
    }
}

/// The connections that are open.
struct Connections {
    http: http1::Builder,
    places: Places,
    /// The time after which a connection is closed if its client reads no bytes of the answer.
    write_timeout: Duration,
    /// The delay of the answer to a failed authentication.
    refusal_delay: Duration,
    graceful: GracefulShutdown,
    /// Cancelled to abort the remaining connections.
    cut: CancellationToken,
}

/// Limits how much of an answer the operating system holds if the client does not read it, for every connection of this
/// listener; its default is megabytes per connection. Data on its way to a client that reads is not limited by this.
fn bound_unsent_bytes(listener: &TcpListener) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(listener).set_tcp_notsent_lowat(UNSENT_BYTES_MAX) {
        tracing::debug!(%error, "the system does not limit the unsent data of a connection");
    }
}

/// An accepted connection with its place.
struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
}

impl Connections {
    fn new(settings: &ServerSection) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(settings.header_read_timeout())
            .max_header_size(settings.header_max_bytes.get())
            .max_headers(HEADERS_MAX)
            .max_buf_size(BUFFERED_BYTES_MAX.max(settings.header_max_bytes.get()));
        Self {
            http,
            places: Places::new(settings.max_connections),
            write_timeout: settings.answer_write_timeout(),
            refusal_delay: settings.refusal_delay(),
            graceful: GracefulShutdown::new(),
            cut: CancellationToken::new(),
        }
    }

    /// Waits for a connection, then for a place for it.
    async fn accept(&self, listener: &TcpListener) -> io::Result<Connection> {
        let (stream, peer) = listener.accept().await?;
        let place =
            self.places.take().await.ok_or_else(|| io::Error::other("no place for a connection is available"))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, peer, place })
    }

    fn serve(&self, connection: Connection, router: Router) {
        let Connection { stream, peer, place } = connection;
        let turn = self.places.turn();
        let service = {
            let (turn, refusal_delay) = (Arc::clone(&turn), self.refusal_delay);
            service_fn(move |request| answer(router.clone(), request, peer, Arc::clone(&turn), refusal_delay))
        };
        let stream = WatchedStream::new(stream, Arc::clone(&turn), self.write_timeout);
        let served = self.graceful.watch(self.http.serve_connection(TokioIo::new(stream), service));
        let cut = self.cut.clone();
        tokio::spawn(async move {
            tokio::select! {
                served = served => if let Err(error) = served {
                    tracing::debug!(%error, %peer, "a connection ended early");
                },
                () = turn.given_up() => tracing::debug!(%peer, "a connection was given up"),
                () = cut.cancelled() => tracing::debug!(%peer, "a connection was cut because the server stops"),
            }
            drop(place);
        });
    }

    /// Waits until every request is answered, and aborts the remaining connections at the deadline.
    async fn drain(self, deadline: Instant) -> Shutdown {
        tracing::info!(connections = self.places.taken(), "no new connections; finishing the requests in flight");
        if timeout_at(deadline, self.graceful.shutdown()).await.is_ok() {
            return Shutdown::Drained;
        }
        let connections = self.places.taken();
        self.cut.cancel();
        if timeout_at(Instant::now() + CUT_WAIT, self.places.until_free()).await.is_err() {
            tracing::warn!(connections = self.places.taken(), "connections that were cut did not end");
        }
        Shutdown::TimedOut { connections }
    }
}

/// Answers one request and tracks which side of the connection has to act next.
async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    turn: Arc<Turn>,
    refusal_delay: Duration,
) -> Result<Response<AnswerBody>, Infallible> {
    turn.asked();
    let mut request = request.map(|body| Body::new(RequestBody::new(body, Arc::clone(&turn))));
    request.extensions_mut().insert(PeerAddress(peer));
    let (response, held) = UntilSent::collect(router.oneshot(request)).await;
    let mut response = response?;
    if is_held_back(&response) {
        // Meanwhile the server does no work and holds no resources for this client, and another connection may take its
        // place.
        drop(held);
        turn.begin_holding_back();
        tokio::time::sleep(refusal_delay).await;
        turn.end_holding_back();
    } else {
        turn.hold(held);
    }
    let watch = response.extensions_mut().remove::<Standing>().map(|standing| Watch::begin(standing, &turn));
    Ok(response.map(|body| AnswerBody::new(body, turn, watch)))
}

/// Whether the answer is delayed: an answer to invalid credentials is, so that repeated attempts cost the server
/// little.
fn is_held_back(response: &Response<Body>) -> bool {
    response.extensions().get::<Problem>().is_some_and(|problem| problem.code.is_failed_authentication())
}
