//! Owns connections: accepting them within bounds, serving HTTP/1.1 on them, and ending them without cutting a request
//! short.

mod bodies;
mod stream;
mod turn;
mod watch;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use self::{
    bodies::{AnswerBody, RequestBody},
    stream::{Patience, WatchedStream},
    turn::{Place, Places, Turn},
    watch::Watch,
};
use crate::{app::App, auth::Standing, config::ServerSection, jobs, limits::UntilSent, request::PeerAddress, router};

/// Header fields of a request beyond this many are refused.
const HEADERS_MAX: usize = 100;
/// How long to wait before accepting again where the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How much of an answer the system holds that it cannot send yet.
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
    /// The wait ran out first; the connections that were left are cut.
    TimedOut {
        /// How many were left.
        connections: usize,
    },
}

impl Server {
    /// Takes the address that the settings name.
    ///
    /// # Errors
    /// What the system says where the address cannot be had.
    pub async fn bind(app: App) -> io::Result<Self> {
        let listener = TcpListener::bind(app.settings().listen).await?;
        bound_unsent_bytes(&listener);
        let local_address = listener.local_addr()?;
        Ok(Self { listener, local_address, app })
    }

    /// The address it listens on, with the port that was taken.
    #[must_use]
    pub const fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Serves until `stop` resolves, then lets requests in flight finish.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Shutdown {
        let settings = self.app.settings().clone();
        let stopping = self.app.stopping().clone();
        let jobs = tokio::spawn(jobs::run(self.app.clone()));
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
        // Not accepting any more, so that a load balancer sees it at once.
        drop(self.listener);
        stopping.cancel();
        let shutdown = connections.drain(settings.shutdown_timeout()).await;
        // Jobs stop where they are as soon as they are told to; what they have made durable is gone on with.
        if let Err(error) = jobs.await {
            tracing::error!(%error, "the jobs ended badly");
        }
        shutdown
    }
}

/// The connections that are open.
struct Connections {
    http: http1::Builder,
    places: Places,
    patience: Patience,
    graceful: GracefulShutdown,
}

/// Bounds what the system holds of answers that clients do not take, for every connection of this listener. By itself
/// it takes megabytes of each. What is on its way to a client that reads is not bounded by this.
fn bound_unsent_bytes(listener: &TcpListener) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(listener).set_tcp_notsent_lowat(UNSENT_BYTES_MAX) {
        tracing::debug!(%error, "the system does not bound what it holds of answers");
    }
}

/// An accepted connection with its place among those that may be open.
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
            .max_headers(HEADERS_MAX);
        Self {
            http,
            places: Places::new(settings.max_connections),
            patience: Patience {
                write_timeout: settings.answer_write_timeout(),
                refusal_delay: settings.refusal_delay(),
            },
            graceful: GracefulShutdown::new(),
        }
    }

    /// Waits for a connection, then for a place for it.
    async fn accept(&self, listener: &TcpListener) -> io::Result<Connection> {
        let (stream, peer) = listener.accept().await?;
        let place = self.places.take().await.ok_or_else(|| io::Error::other("there are no places any more"))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, peer, place })
    }

    fn serve(&self, connection: Connection, router: Router) {
        let Connection { stream, peer, place } = connection;
        let turn = self.places.turn();
        let service = {
            let (turn, refusal_delay) = (Arc::clone(&turn), self.patience.refusal_delay);
            service_fn(move |request| answer(router.clone(), request, peer, (Arc::clone(&turn), refusal_delay)))
        };
        let stream = WatchedStream::new(stream, Arc::clone(&turn), self.patience);
        let served = self.graceful.watch(self.http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            tokio::select! {
                served = served => if let Err(error) = served {
                    tracing::debug!(%error, %peer, "a connection ended early");
                },
                () = turn.given_up() => tracing::debug!(%peer, "a connection was given up"),
            }
            drop(place);
        });
    }

    async fn drain(self, timeout: Duration) -> Shutdown {
        tracing::info!(connections = self.places.taken(), "no new connections; finishing the requests in flight");
        match tokio::time::timeout(timeout, self.graceful.shutdown()).await {
            Ok(()) => Shutdown::Drained,
            Err(_elapsed) => Shutdown::TimedOut { connections: self.places.taken() },
        }
    }
}

/// Answers one request and keeps account of whose turn it is meanwhile.
async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    (turn, refusal_delay): (Arc<Turn>, Duration),
) -> Result<Response<AnswerBody>, Infallible> {
    turn.asked();
    let mut request = request.map(|body| Body::new(RequestBody::new(body, Arc::clone(&turn))));
    request.extensions_mut().insert(PeerAddress(peer));
    let mut response = router.oneshot(request).await?;
    if is_held_back(response.status()) {
        // Nothing is done for this client meanwhile, so its place is another's if it is needed.
        turn.to_client();
        tokio::time::sleep(refusal_delay).await;
        turn.to_server();
    }
    turn.hold(response.extensions_mut().remove::<UntilSent>());
    let watch = response.extensions_mut().remove::<Standing>().map(|standing| Watch::begin(standing, &turn));
    Ok(response.map(|body| AnswerBody::new(body, turn, watch)))
}

/// The answers that clients in a loop get by the thousand: keys that are not valid, bodies that are too large or
/// unreadable, more requests than are allowed. Held back for a moment, they cost little, however often they are asked
/// for. What a client in good order is told as well, that something is not there or conflicts, is not among them.
fn is_held_back(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status, StatusCode::NOT_FOUND | StatusCode::CONFLICT)
}
