//! Owns connections: accepting them within bounds, serving HTTP/1.1 on them, and ending them without cutting a request
//! short.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::ServiceExt;

use crate::{app::App, config::ServerSection, request::PeerAddress, router};

/// Header fields of a request beyond this many are refused.
const HEADERS_MAX: usize = 100;
/// How long to wait before accepting again where the system has no more file descriptors.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

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
        connections.drain(settings.shutdown_timeout()).await
    }
}

/// An accepted connection with its place among those that may be open.
struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
}

/// The connections that are open.
struct Connections {
    http: http1::Builder,
    places: Arc<Semaphore>,
    places_max: usize,
    graceful: GracefulShutdown,
}

impl Connections {
    fn new(settings: &ServerSection) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(settings.header_read_timeout())
            .max_header_size(settings.header_max_bytes.get())
            .max_headers(HEADERS_MAX);
        let places_max = settings.max_connections.get().min(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(places_max));
        Self { http, places, places_max, graceful: GracefulShutdown::new() }
    }

    /// Waits for a place, then for a connection: what is beyond the bound stays in the system's own queue.
    async fn accept(&self, listener: &TcpListener) -> io::Result<Connection> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, peer, place })
    }

    fn serve(&self, connection: Connection, router: Router) {
        let Connection { stream, peer, place } = connection;
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(PeerAddress(peer));
            router.clone().oneshot(request)
        });
        let served = self.graceful.watch(self.http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = served.await {
                tracing::debug!(%error, %peer, "a connection ended early");
            }
            drop(place);
        });
    }

    async fn drain(self, timeout: std::time::Duration) -> Shutdown {
        tracing::info!(connections = self.open(), "no new connections; finishing the requests in flight");
        let (places, places_max) = (Arc::clone(&self.places), self.places_max);
        match tokio::time::timeout(timeout, self.graceful.shutdown()).await {
            Ok(()) => Shutdown::Drained,
            Err(_elapsed) => Shutdown::TimedOut { connections: places_max - places.available_permits() },
        }
    }

    fn open(&self) -> usize {
        self.places_max - self.places.available_permits()
    }
}
