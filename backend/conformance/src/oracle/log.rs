//! Owns one tenant's log: positions, duplicates, order and pages.

use std::cmp::Ordering;

use auditlog_core::{
    event::{Adjustment, AdjustmentCode, Event, SaltSource, StoredEvent},
    id::{EventId, TenantId},
    intake::{Atomicity, PreparedBatch, PreparedEvent, Provenance},
    leaf,
    merkle::{CompactRange, Hash},
    query::{Order, Position},
    store::{
        EventOutcome, Finding, Findings, ListRequest, LogVerification, PAGE_BYTES_MAX, Page, Part, Receipt,
        ReceiptStatus, ScanPage, ScanRequest, SequenceSpan, Sequences, TreeHead, View, id_conflict, not_stored,
    },
    timestamp::Timestamp,
};

use super::{
    matching::{self, Candidate},
    words::{self, SearchedTexts},
};

/// The events of one tenant; the index in the list is the sequence.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    stored: StoredEvent,
    leaf_hash: Hash,
    /// The tokens of each searched text.
    texts: SearchedTexts,
}

impl Log {
    pub(super) const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    pub(super) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(super) fn append(&mut self, batch: PreparedBatch) -> Vec<EventOutcome> {
        let before = self.entries.len();
        let mut outcomes = Vec::new();
        for (index, prepared) in (0..).zip(batch.events) {
            outcomes.push(self.append_one(prepared, SaltSource { seed: batch.salt_seed, index }));
        }
        if batch.atomicity == Atomicity::AllOrNothing && outcomes.iter().any(Result::is_err) {
            self.entries.truncate(before);
            outcomes = outcomes.into_iter().map(|outcome| outcome.and_then(|_| Err(not_stored()))).collect();
        }
        outcomes
    }

    fn append_one(&mut self, prepared: PreparedEvent, salt: SaltSource) -> EventOutcome {
        let id = prepared.event.id;
        if let Some(first) = self.get(&id) {
            if !says_the_same(&prepared, &first.event) {
                return Err(id_conflict(id));
            }
            let (status, received_at) = (ReceiptStatus::Duplicate, first.event.received_at);
            return Ok(Receipt { status, id, sequence: first.sequence, received_at });
        }
        let sequence = self.size();
        let received_at = prepared.event.received_at;
        let texts = words::searched_texts(&prepared.event);
        let stored = StoredEvent { event: prepared.event, sequence, salt };
        self.entries.push(Entry { stored, leaf_hash: prepared.leaf_hash, texts });
        Ok(Receipt { status: ReceiptStatus::Stored, id, sequence, received_at })
    }

    pub(super) fn get(&self, id: &EventId) -> Option<&StoredEvent> {
        self.entries.iter().map(|entry| &entry.stored).find(|stored| stored.event.id == *id)
    }

    pub(super) fn event(&self, sequence: u64) -> Option<&StoredEvent> {
        self.entries.get(usize::try_from(sequence).ok()?).map(|entry| &entry.stored)
    }

    /// Every event of the view, by sequence.
    pub(super) fn matching(&self, view: &View) -> Vec<&StoredEvent> {
        let seen = self.entries.iter().filter(|entry| entry.stored.sequence < view.head);
        seen.filter(|entry| matching::holds(&view.filter, &Candidate { stored: &entry.stored, texts: &entry.texts }))
            .map(|entry| &entry.stored)
            .collect()
    }

    pub(super) fn list(&self, request: &ListRequest) -> Page {
        let mut events = self.matching(&request.view);
        events.sort_by(|one, other| in_order(request.order, position(one), position(other)));
        if let Some(after) = request.after {
            events.retain(|stored| in_order(request.order, after, position(stored)) == Ordering::Less);
        }
        let found = events.len();
        events.truncate(request.limit);
        let mut bytes = 0;
        let fitting = events.iter().take_while(|stored| {
            bytes += stored.event.text_bytes();
            bytes <= PAGE_BYTES_MAX
        });
        let fitting = fitting.count().max(1);
        events.truncate(fitting);
        let more = found > events.len();
        let next = events.last().filter(|_| more).map(|last| position(last));
        Page { events: events.into_iter().cloned().collect(), next }
    }

    pub(super) fn scan(&self, request: &ScanRequest) -> ScanPage {
        let mut events = self.matching(&request.view);
        events.retain(|stored| stored.sequence >= request.from);
        let end = request.view.head.min(self.size()).max(request.from);
        let next = events.get(request.limit).map_or(end, |left| left.sequence);
        events.truncate(request.limit);
        ScanPage { events: events.into_iter().cloned().collect(), next }
    }

    pub(super) fn leaf_hashes(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| entry.leaf_hash).collect()
    }

    pub(super) fn tree_head(&self) -> TreeHead {
        let mut range = CompactRange::new();
        for entry in &self.entries {
            range.append(entry.leaf_hash);
        }
        TreeHead { size: range.size(), root: range.root() }
    }

    pub(super) fn verify(&self, tenant_id: &TenantId) -> LogVerification {
        let mut range = CompactRange::new();
        let (mut intact, mut damaged, mut findings) = (Sequences::default(), Sequences::default(), Findings::default());
        for Entry { stored, leaf_hash, .. } in &self.entries {
            let recomputed = leaf::leaf_hash(&stored.event, &stored.salt);
            range.append(recomputed);
            let span = SequenceSpan { first: stored.sequence, last: stored.sequence };
            if recomputed == *leaf_hash {
                intact.push(span);
            } else {
                damaged.push(span);
                let detail = "the event is not the one that was acknowledged";
                findings.push(Finding::new(Part::Events, detail).about(span));
            }
        }
        let whole = LogVerification::whole(tenant_id.clone(), range.size(), range.root());
        LogVerification { intact, damaged, findings, ..whole }
    }
}

/// The event's position in every order.
pub(super) fn position(stored: &StoredEvent) -> Position {
    Position { occurred_at: stored.event.occurred_at, sequence: stored.sequence }
}

/// `Less` where `one` comes before `other`.
fn in_order(order: Order, one: Position, other: Position) -> Ordering {
    let rising = (one.occurred_at, one.sequence).cmp(&(other.occurred_at, other.sequence));
    match order {
        Order::OldestFirst => rising,
        Order::NewestFirst => rising.reverse(),
    }
}

/// Whether all client-set members equal those of the stored event. The time of receipt and the credential are the
/// server's, and an absent `occurred_at` means the time of receipt. A time that was replaced at the receipt is compared
/// as it was sent.
fn says_the_same(sent: &PreparedEvent, first: &Event) -> bool {
    let mut expected = sent.event.clone();
    expected.received_at = first.received_at;
    expected.submitted_by = first.submitted_by.clone();
    expected.occurred_at = first.occurred_at;
    expected.adjustments = first.adjustments.clone();
    let is_same_time = match sent.occurred_at_provenance {
        Provenance::Client => time_as_sent(&sent.event) == time_as_sent(first),
        Provenance::Server => first.occurred_at == first.received_at,
    };
    is_same_time && *expected == *first && are_adjusted_alike(&sent.event, first)
}

/// The time that the client sent, which the adjustment of a replaced one records.
fn time_as_sent(event: &Event) -> Timestamp {
    let clock = event.adjustments.as_slice().iter().find(|adjusted| adjusted.code == AdjustmentCode::Clock);
    let original = clock.and_then(|clock| Timestamp::parse_rfc3339(clock.original.as_deref()?));
    original.unwrap_or(event.occurred_at)
}

/// Whether the client's values were adjusted alike. The adjustment of a time takes the place of another one in a full
/// list, so only those that both events list are compared, and the number of all of them.
fn are_adjusted_alike(one: &Event, other: &Event) -> bool {
    let (one, other) = (adjustments_of_values(one), adjustments_of_values(other));
    one.count == other.count && one.listed.iter().zip(&other.listed).all(|(one, other)| one == other)
}

/// The adjustments of an event beside that of its time.
struct Adjusted<'a> {
    listed: Vec<&'a Adjustment>,
    /// With those that are not listed.
    count: u64,
}

fn adjustments_of_values(event: &Event) -> Adjusted<'_> {
    let all = event.adjustments.as_slice().iter().filter(|adjusted| adjusted.code != AdjustmentCode::Clock);
    let (others, listed): (Vec<_>, Vec<_>) = all.partition(|adjusted| adjusted.code == AdjustmentCode::More);
    let left_out: u64 = others.iter().filter_map(|more| more.size).sum();
    Adjusted { count: listed.len() as u64 + left_out, listed }
}
