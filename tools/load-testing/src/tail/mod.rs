//! Owns the proof of the live tail: events are sent at a steady rate, many readers follow them, and one does not read.
//! Each reader must get each requested event once, in the order of the log and with the content that was sent, and
//! neither the rate nor the acknowledgements may suffer.

mod book;
mod reader;
mod report;
mod sender;

use std::{
    fs,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use crate::{
    api::Credential,
    campaign::Fault,
    server::{Keys, Metrics, ServerPlan, ServerProcess, create_tenants},
};
use book::Book;
use reader::{Reader, Stalled, Wanted};
pub use report::TailReport;

const START_MAX: Duration = Duration::from_secs(30);
/// How long readers may take to receive the last event.
const DELIVERY_MAX: Duration = Duration::from_secs(30);

/// The options of a run.
#[derive(Debug, Clone)]
pub struct TailPlan {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// The directory of all files; removed after a run without violations.
    pub work_dir: PathBuf,
    /// The number of events.
    pub events: NonZeroU64,
    /// Events per second.
    pub events_per_second: NonZeroU64,
    /// Events per request.
    pub batch: NonZeroU64,
    /// The number of sending connections.
    pub connections: NonZeroUsize,
    /// The number of readers; every fifth with a filter for a tenth of the events.
    pub readers: NonZeroUsize,
    /// The seed of the keys.
    pub seed: u64,
}

/// Runs the proof on a server of its own.
///
/// # Errors
/// The server cannot be started or queried. Its mistakes are in the report.
pub async fn run(plan: &TailPlan) -> Result<TailReport, Fault> {
    fs::create_dir_all(&plan.work_dir)?;
    let keys = Keys::mint(plan.seed)?;
    let mut server = ServerProcess::spawn(&ServerPlan {
        binary: plan.server_binary.clone(),
        data_dir: plan.work_dir.join("data"),
        keys: Some(keys.clone()),
        bootstrap_file: plan.work_dir.join("keys.json"),
        log_file: plan.work_dir.join("server.log"),
        settings: vec![("AUDITLOG__LOG__LEVEL", "warn".to_owned())],
    })?;
    server.ready(START_MAX).await?;
    let address = server.address();
    let tenant = create_tenants(address, &keys.system_key, 1, "tail").await?.remove(0);
    let book = Arc::new(Book::new(plan));
    let readers = follow(plan, &book, address, &tenant.credential).await?;
    let stalled = Stalled::open(address, &tenant.credential).await?;

    let before = Metrics::ask(address).await;
    book.begin(Instant::now());
    let sent = sender::send(plan, &book, address, &tenant.credential).await;
    let took = book.elapsed();
    let after = Metrics::ask(address).await;

    let deadline = Instant::now() + DELIVERY_MAX;
    let mut got = Vec::with_capacity(readers.len());
    for reader in readers {
        let left = deadline.saturating_duration_since(Instant::now());
        got.push(reader.finish(left).await?);
    }
    let stalled =
        timeout(DELIVERY_MAX, stalled.read_on(&book)).await.unwrap_or_else(|_| "sent nothing more".to_owned());
    // The last events are counted a moment after they have arrived.
    sleep(Duration::from_millis(100)).await;
    let end = Metrics::ask(address).await;
    server.stop()?;
    let report = TailReport::of(plan, &book, report::Run { sent, took, got, stalled, before, after, end });
    if report.violations.is_empty() {
        fs::remove_dir_all(&plan.work_dir)?;
    }
    Ok(report)
}

/// A reader's task, and the signal that no more events are sent.
struct Following {
    task: tokio::task::JoinHandle<Result<reader::Got, Fault>>,
    stop: oneshot::Sender<()>,
}

impl Following {
    async fn finish(mut self, left: Duration) -> Result<reader::Got, Fault> {
        if let Ok(done) = timeout(left, &mut self.task).await {
            return done?;
        }
        // It returns what it has; missing events appear in the comparison.
        let _ = self.stop.send(());
        self.task.await?
    }
}

async fn follow(
    plan: &TailPlan,
    book: &Arc<Book>,
    address: crate::api::Address,
    credential: &Credential,
) -> Result<Vec<Following>, Fault> {
    let mut readers = Vec::new();
    for number in 0..plan.readers.get() {
        let wanted = if number % 5 == 4 { Wanted::Bucket(number as u64 / 5 % book::BUCKETS) } else { Wanted::All };
        let reader = Reader::open(address, credential, wanted).await?;
        let (stop, stopped) = oneshot::channel();
        let book = Arc::clone(book);
        readers.push(Following { task: tokio::spawn(async move { reader.read(&book, stopped).await }), stop });
    }
    Ok(readers)
}
