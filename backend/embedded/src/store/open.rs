//! Owns the order of the steps that open a store.

use std::{
    sync::{Arc, atomic::AtomicU64},
    thread,
};

use auditlog_core::{
    clock::{Clock, Entropy},
    timestamp::Timestamp,
};
use parking_lot::Mutex;

use crate::{
    cache::Cache,
    commit::{Checkpointer, Queue, QueueLimits, Writer},
    condition::Condition,
    control::Control,
    data_directory::{DataDirectory, Origin, Reserve},
    engine::Engine,
    error::{OpenError, StoreError},
    ledger::{Checkpoint, Ledger, LedgerKey, open_ledger},
    maintenance,
    options::{ClockCheck, Maintenance, Options},
    receipt_clock::{ReceiptClock, why_behind},
    recovery::{Recovered, leftovers, recover},
    reindex,
    signal::Signal,
    store::close::Threads,
    tail::Published,
};

pub(super) fn open(
    options: Options,
    clock: Arc<dyn Clock>,
    entropy: &dyn Entropy,
) -> Result<(Arc<Engine>, Threads), OpenError> {
    check_release(clock.now(), &options)?;
    let directory = DataDirectory::open(&options.data_dir, entropy)?;
    let paths = directory.paths();
    let key = LedgerKey::derive(&directory.secrets().pepper);
    let mut ledger = match directory.origin() {
        Origin::New => Ledger::create(&paths.ledger(), &key)?,
        Origin::Existing => open_ledger(paths, &key)?,
    };
    let cache = Arc::new(Cache::new(usize::try_from(options.cache_bytes_max).unwrap_or(usize::MAX)));
    let recovered = recover(&ledger, paths, &cache)?;
    check_newest(clock.now(), recovered.newest_receipt, &options)?;
    let leftovers = leftovers::examine(paths, &recovered)?;
    ledger.settle()?;
    leftovers.carry_out(paths)?;
    if directory.origin() == Origin::New {
        directory.finish_creation()?;
    }
    let reserve = Reserve::open(paths, options.min_free_bytes);
    ledger.begin_run(paths)?;
    Ok(start(options, clock, Opened { directory, ledger, reserve, cache, recovered })?)
}

struct Opened {
    directory: DataDirectory,
    ledger: Ledger,
    reserve: Reserve,
    cache: Arc<Cache>,
    recovered: Recovered,
}

/// Starts the threads.
fn start(options: Options, clock: Arc<dyn Clock>, opened: Opened) -> Result<(Arc<Engine>, Threads), StoreError> {
    let Opened { directory, ledger, reserve, cache, recovered } = opened;
    let options = Arc::new(options);
    let checkpoint = Checkpoint::open(&directory.paths().ledger())?;
    let condition = Arc::new(Condition::default());
    let (checkpointer, checkpoint_thread) =
        Checkpointer::start(checkpoint, options.wal_bytes_max, Arc::clone(&condition))?;
    let limits = QueueLimits { requests_max: options.queue_requests_max, bytes_max: options.queue_bytes_max };
    let published = Arc::new(Published::default());
    published.replace(recovered.views);
    let engine = Arc::new(Engine {
        directory,
        receipts: Arc::new(ReceiptClock::new(clock, recovered.newest_receipt)),
        cache,
        published,
        control: Arc::new(Control::new(recovered.control)),
        queue: Arc::new(Queue::new(limits)),
        checkpointer,
        condition,
        counters: Arc::default(),
        last_segment: AtomicU64::new(recovered.last_segment),
        sealing: Mutex::default(),
        compacting: Mutex::default(),
        seal_due: Arc::default(),
        compaction_due: Signal::default(),
        options,
    });
    let writer = Writer {
        options: Arc::clone(&engine.options),
        ledger,
        reserve,
        queue: Arc::clone(&engine.queue),
        checkpointer: Arc::clone(&engine.checkpointer),
        published: Arc::clone(&engine.published),
        control: Arc::clone(&engine.control),
        condition: Arc::clone(&engine.condition),
        receipts: Arc::clone(&engine.receipts),
        counters: Arc::clone(&engine.counters),
        seal_due: Arc::clone(&engine.seal_due),
        logs: recovered.logs,
        ids: recovered.ids,
        last_commit: recovered.last_commit,
        generation: 1,
        commit_bytes: recovered.commit_bytes,
    };
    let mut threads = Threads::new(checkpoint_thread);
    threads.start_writer(writer)?;
    renew_outdated_indexes(&engine)?;
    if engine.options.maintenance == Maintenance::Background {
        threads.add(maintenance::start_sealing(&engine)?);
        threads.add(maintenance::start_compacting(&engine)?);
    }
    Ok((engine, threads))
}

/// Runs on a thread that may wait for the writer. The caller's thread may not where it drives other tasks.
fn renew_outdated_indexes(engine: &Engine) -> Result<(), StoreError> {
    let renewed = thread::scope(|scope| scope.spawn(|| reindex::renew_outdated(engine)).join());
    renewed.unwrap_or_else(|_| Err(StoreError::Stopped("rebuilding indexes failed".into())))
}

fn check_release(now: Timestamp, options: &Options) -> Result<(), OpenError> {
    let earliest = options.earliest_start;
    if now >= earliest {
        return Ok(());
    }
    refuse_clock(now, format!("this release was made on {earliest}"), options.clock_check)
}

fn check_newest(now: Timestamp, newest: Timestamp, options: &Options) -> Result<(), OpenError> {
    why_behind(now, newest).map_or(Ok(()), |reason| refuse_clock(now, reason, options.clock_check))
}

fn refuse_clock(now: Timestamp, reason: String, check: ClockCheck) -> Result<(), OpenError> {
    match check {
        ClockCheck::Refuse => Err(OpenError::Clock { now, reason }),
        ClockCheck::Override => {
            tracing::warn!(%now, reason, "the clock looks wrong, but the operator confirmed that it is right");
            Ok(())
        }
    }
}
