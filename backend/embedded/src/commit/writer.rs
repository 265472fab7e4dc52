//! Owns the writer thread: the only thread that changes the ledger and what readers see.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Instant,
};

use auditlog_core::{
    id::TenantId,
    merkle::{CompactRange, Hash},
    store::{AppendError, EventOutcome},
};

use crate::{
    commit::{
        Append, Checkpointer, Draft, FrozenLog, FrozenTail, Job, Queue, Reply, TailIds,
        decide::{Known, decide},
        draft::{DraftLog, FinishedDraft},
    },
    condition::Condition,
    control::Control,
    counters::Counters,
    data_directory::Reserve,
    error::StoreError,
    ledger::{Change, Ledger, TenantNumber},
    options::Options,
    receipt_clock::ReceiptClock,
    signal::Signal,
    tail::{LogView, Published, push_joined},
};

/// The approximate size of the pages that a commit changes besides those of its payload.
pub(super) const COMMIT_OVERHEAD_BYTES: u64 = 6 * 16_384;

/// The writer's state of one tenant's log.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub tenant_id: TenantId,
    pub number: TenantNumber,
    /// The tree as of the last commit.
    pub tree: CompactRange,
    /// The blocks of 256 leaves that were completed since the last seal: position and hash.
    pub blocks: Vec<(u64, Hash)>,
}

/// The state of the writer thread. Only it has the ledger's writing connection.
pub(crate) struct Writer {
    pub options: Arc<Options>,
    pub ledger: Ledger,
    /// Measures the free disk space, and reserves some of it.
    pub reserve: Reserve,
    pub queue: Arc<Queue>,
    pub checkpointer: Arc<Checkpointer>,
    pub published: Arc<Published>,
    pub control: Arc<Control>,
    pub condition: Arc<Condition>,
    /// Decides whether a request comes too late, and records the times of receipt.
    pub receipts: Arc<ReceiptClock>,
    pub counters: Arc<Counters>,
    /// Signalled when the tail is large enough to be sealed.
    pub seal_due: Arc<Signal>,
    pub logs: HashMap<TenantId, Log>,
    pub ids: TailIds,
    pub last_commit: u64,
    pub generation: u64,
    /// The size of the rows of unsealed commits, in bytes: deleting them writes as much again.
    pub commit_bytes: u64,
}

type Answer = (Reply<Vec<EventOutcome>, AppendError>, Vec<EventOutcome>);

impl Writer {
    /// Works until the queue is closed and empty, or until a failure that must not be retried. Returns the ledger if
    /// there was no failure.
    pub(crate) fn run(mut self) -> Option<Ledger> {
        while let Some(jobs) = self.queue.take(self.options.commit_bytes_max) {
            if let Err(error) = self.handle(jobs) {
                self.stop(&error.to_string());
                return None;
            }
        }
        Some(self.ledger)
    }

    /// After a failed write or sync the contents of the disk are unknown, so nothing is retried: the next start finds
    /// out.
    fn stop(&self, reason: &str) {
        tracing::error!(reason, "the store accepts no more writes");
        self.condition.stopped(reason);
        for job in self.queue.abandon(reason) {
            job.refuse(reason);
        }
    }

    /// Fails only where the ledger fails.
    fn handle(&mut self, jobs: Vec<Job>) -> Result<(), StoreError> {
        let mut appends = Vec::new();
        for job in jobs {
            match job {
                Job::Append(append) => appends.push(*append),
                Job::Control(job) => self.apply(job)?,
                Job::ResetClock(reset) => self.reset_clock(*reset)?,
                Job::Freeze(reply) => {
                    let frozen = self.freeze();
                    // There is no receiver where a seal was abandoned; the next seal includes these events.
                    drop(reply.send(Ok(frozen)));
                }
                Job::Segments(change, reply) => self.record_segments(*change, reply)?,
            }
        }
        if appends.is_empty() { Ok(()) } else { self.append(appends) }
    }

    fn append(&mut self, mut appends: Vec<Append>) -> Result<(), StoreError> {
        if let Err(refusal) = self.reserve.check_ordinary() {
            for append in appends {
                drop(append.reply.map(|reply| reply.send(Err(refusal.clone()))));
            }
            return Ok(());
        }
        // Requests overtake each other on their way here. They are nearly in order, so sorting visits each about once.
        appends.sort_by_key(|append| append.received_at);
        let mut draft = Draft::default();
        let mut answers: Vec<Answer> = Vec::with_capacity(appends.len());
        for mut append in appends {
            let reply = append.reply.take();
            let placed = self.receipts.check(append.received_at);
            match placed.and_then(|()| self.place(&mut draft, append, &BTreeMap::new())) {
                Ok(outcomes) => answers.extend(reply.map(|reply| (reply, outcomes))),
                Err(refusal) => drop(reply.map(|reply| reply.send(Err(refusal)))),
            }
        }
        let outcome = if draft.is_empty() { Ok(()) } else { self.commit(draft, |_| Ok(())) };
        for (reply, outcomes) in answers {
            let answer = match &outcome {
                Ok(()) => Ok(outcomes),
                Err(error) => Err(AppendError::Stopped(error.to_string())),
            };
            drop(reply.send(answer));
        }
        outcome
    }

    /// Decides on a request and adds new events to the draft. `new_tenants` are created in the same commit.
    pub(super) fn place(
        &self,
        draft: &mut Draft,
        append: Append,
        new_tenants: &BTreeMap<TenantId, TenantNumber>,
    ) -> Result<Vec<EventOutcome>, AppendError> {
        let log = self.log_of(&append.tenant_id, new_tenants)?;
        let view = self.published.log(&append.tenant_id);
        let known = Known { view: view.as_deref(), ids: &self.ids, draft };
        // Where a segment's index cannot be read, it is unknown whether an id exists: only this request is refused.
        let outcomes = decide(&append, &known, draft.next_sequence(&log)).map_err(StoreError::refusal)?;
        self.counters.count_outcomes(&outcomes);
        draft.place(append, &outcomes, &log).map_err(StoreError::refusal)?;
        Ok(outcomes)
    }

    fn log_of(&self, tenant: &TenantId, new: &BTreeMap<TenantId, TenantNumber>) -> Result<Log, AppendError> {
        if let Some(log) = self.logs.get(tenant) {
            return Ok(log.clone());
        }
        let number = self.control.tenant(tenant).map(|numbered| numbered.number).or_else(|| new.get(tenant).copied());
        let number = number.ok_or_else(|| AppendError::UnknownTenant(tenant.clone()))?;
        Ok(Log::new(tenant.clone(), number))
    }

    /// Makes the draft durable together with the rows that `beside` adds to the change, then publishes it to readers.
    pub(super) fn commit(
        &mut self,
        draft: Draft,
        beside: impl FnOnce(&Change<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let started = Instant::now();
        let (intake, newest_receipt) = (draft.intake(), draft.newest_receipt());
        let FinishedDraft { row, logs } = draft.finish(self.last_commit + 1)?;
        let bytes = (row.payload.len() + row.leaf_hashes.len() * size_of::<Hash>()) as u64;
        {
            let _gate = self.checkpointer.enter()?;
            let change = self.ledger.change()?;
            beside(&change)?;
            if !row.leaf_hashes.is_empty() {
                change.insert_commit(&row)?;
            }
            self.checkpointer.grew(bytes + COMMIT_OVERHEAD_BYTES, change.commit()?);
        }
        if let Some(newest_receipt) = newest_receipt {
            self.receipts.received(newest_receipt);
        }
        self.commit_bytes += bytes;
        if !row.leaf_hashes.is_empty() {
            self.last_commit += 1;
        }
        self.counters.count_commit(started.elapsed(), intake);
        self.publish(logs)
    }

    fn publish(&mut self, drafts: Vec<DraftLog>) -> Result<(), StoreError> {
        let mut views = Vec::with_capacity(drafts.len());
        for DraftLog { log, groups, ids } in drafts {
            let view = self.published.log(&log.tenant_id);
            let mut batches = view.as_ref().map_or_else(Vec::new, |view| view.batches.clone());
            for batch in groups.finish(self.generation)? {
                push_joined(&mut batches, batch)?;
            }
            let view = match view {
                Some(view) => view.with_batches(batches),
                None => LogView::new(log.tenant_id.clone(), log.number, Vec::new(), batches),
            };
            views.push(view.with_tree(log.tree.clone()));
            for (id, sequence) in ids {
                self.ids.insert(log.number, id, sequence);
            }
            match self.logs.get_mut(&log.tenant_id) {
                Some(own) => {
                    own.tree = log.tree;
                    own.blocks.extend(log.blocks);
                }
                None => drop(self.logs.insert(log.tenant_id.clone(), log)),
            }
        }
        self.published.replace(views);
        let (tail, options) = (&self.published, &self.options);
        if tail.tail_events() >= options.seal_events || tail.tail_bytes() >= options.seal_bytes {
            self.seal_due.ring();
        }
        Ok(())
    }

    /// Ends the generation and returns everything in the tail.
    fn freeze(&mut self) -> FrozenTail {
        let generation = self.generation;
        self.generation += 1;
        self.ids.freeze();
        let views = self.published.logs().into_iter().filter(|view| !view.batches.is_empty());
        let frozen = views.filter_map(|view| {
            let log = self.logs.get(&view.tenant_id)?;
            Some(FrozenLog {
                tenant_id: log.tenant_id.clone(),
                number: log.number,
                tree: log.tree.clone(),
                blocks: log.blocks.clone(),
                batches: view.batches.clone(),
            })
        });
        FrozenTail {
            last_commit: self.last_commit,
            generation,
            commit_bytes: self.commit_bytes,
            newest_receipt: self.receipts.newest(),
            logs: frozen.collect(),
        }
    }
}
