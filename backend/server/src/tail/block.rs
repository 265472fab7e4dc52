//! Owns a block of consecutive events in the form that readers receive. Readers share its encoding, and readers with
//! the same filter and visibility share the result of the filter.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use auditlog_core::{
    event::{Event, StoredEvent, Visibility},
    query::{Filter, Meter, QueryBudget},
    store::QueryError,
};
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::{
    tail::{
        frame,
        matching::{BYTES_PER_TURN, Matching},
    },
    telemetry::TailCounters,
};

/// The maximum number of filters whose results a block caches; with further filters each reader filters for itself.
const SELECTIONS_MAX: usize = 8;

/// Which events a reader gets, and which of their fields.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    filter: Arc<Filter>,
    key: SelectionKey,
}

/// Readers with equal keys get equal bytes.
type SelectionKey = (VisibilityKey, [u8; 16]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum VisibilityKey {
    All,
    WithoutPersonal,
}

impl Selection {
    pub(crate) fn new(filter: Filter, visibility: Visibility) -> Self {
        let visibility = match visibility {
            Visibility::All => VisibilityKey::All,
            Visibility::WithoutPersonal => VisibilityKey::WithoutPersonal,
        };
        let key = (visibility, filter.fingerprint());
        Self { filter: Arc::new(filter), key }
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    pub(super) const fn visibility(&self) -> Visibility {
        match self.key.0 {
            VisibilityKey::All => Visibility::All,
            VisibilityKey::WithoutPersonal => Visibility::WithoutPersonal,
        }
    }
}

/// Frames for one reader or many.
#[derive(Debug, Clone, Default)]
pub(super) struct Selected {
    pub(super) text: Bytes,
    pub(super) frames: u64,
}

/// The frames gathered for a reader so far.
#[derive(Debug)]
struct Gathered {
    /// The first row that was not examined.
    next_row: usize,
    text: Vec<u8>,
    frames: u64,
}

/// Events with consecutive sequences.
#[derive(Debug)]
pub(super) struct Block {
    events: Vec<StoredEvent>,
    first: u64,
    whole: Frames,
    without_personal: OnceLock<Frames>,
    selections: Mutex<HashMap<SelectionKey, Arc<OnceCell<Selected>>>>,
    bytes: AtomicUsize,
    counters: TailCounters,
}

/// The concatenated frames of all events of a block.
#[derive(Debug)]
struct Frames {
    text: Bytes,
    /// The end offset of each frame.
    ends: Vec<usize>,
}

impl Block {
    /// Encodes the events with all fields: most readers may see all of them, and the length serves to estimate the
    /// block's memory.
    pub(super) fn new(events: Vec<StoredEvent>, first: u64, counters: TailCounters) -> Self {
        let whole = Frames::print(&events, Visibility::All, &counters);
        // An event takes about as much heap memory as its frame.
        let bytes = events.len() * (size_of::<StoredEvent>() + size_of::<Event>()) + 2 * whole.text.len();
        Self {
            events,
            first,
            whole,
            without_personal: OnceLock::new(),
            selections: Mutex::default(),
            bytes: AtomicUsize::new(bytes),
            counters,
        }
    }

    /// The sequence after the last event.
    pub(super) fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// The maximum size of what a reader gets of the block.
    pub(super) fn text_bytes(&self) -> usize {
        self.whole.text.len()
    }

    /// The memory of the block, in bytes (approximate).
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The frames that a reader gets of the events from sequence `next` on.
    pub(super) async fn select(
        self: &Arc<Self>,
        selection: &Selection,
        next: u64,
        matching: &Matching,
        budget: QueryBudget,
    ) -> Result<Selected, QueryError> {
        let skipped = usize::try_from(next.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.events.len());
        if *selection.filter == Filter::All && selection.visibility() == Visibility::All {
            return Ok(self.all_from(skipped));
        }
        if skipped > 0 {
            return self.put_together(selection, skipped, matching, budget).await;
        }
        let kept = {
            let mut selections = self.selections.lock();
            let has_room = selections.len() < SELECTIONS_MAX;
            match selections.get(&selection.key) {
                None if has_room => Some(Arc::clone(selections.entry(selection.key).or_default())),
                kept => kept.cloned(),
            }
        };
        let Some(kept) = kept else { return self.put_together(selection, 0, matching, budget).await };
        let make = async || Ok(self.keep(self.put_together(selection, 0, matching, budget).await?));
        kept.get_or_try_init(make).await.cloned()
    }

    fn keep(&self, selected: Selected) -> Selected {
        self.bytes.fetch_add(selected.text.len(), Ordering::Relaxed);
        selected
    }

    fn all_from(&self, row: usize) -> Selected {
        let text = self.whole.text.slice(self.whole.range(row).start..);
        Selected { text, frames: (self.events.len() - row) as u64 }
    }

    /// Applies the filter to each event, in pieces, so that others get their turns in between.
    async fn put_together(
        self: &Arc<Self>,
        selection: &Selection,
        skipped: usize,
        matching: &Matching,
        budget: QueryBudget,
    ) -> Result<Selected, QueryError> {
        let mut gathered = Gathered { next_row: skipped, text: Vec::new(), frames: 0 };
        while gathered.next_row < self.events.len() {
            let (block, selection) = (Arc::clone(self), selection.clone());
            let gather = move |budget: &QueryBudget| block.gather(&selection, gathered, budget);
            gathered = matching.run(budget.clone(), gather).await?;
        }
        Ok(Selected { text: gathered.text.into(), frames: gathered.frames })
    }

    /// Continues with a limited number of events, at least one.
    fn gather(
        &self,
        selection: &Selection,
        mut gathered: Gathered,
        budget: &QueryBudget,
    ) -> Result<Gathered, QueryError> {
        let frames = self.frames(selection.visibility());
        let (matcher, meter) = (selection.filter.matcher(), Meter::new(budget));
        while let Some(event) = self.events.get(gathered.next_row) {
            if meter.examined() >= BYTES_PER_TURN {
                break;
            }
            if matcher.matches(event, &meter)? {
                gathered.text.extend_from_slice(&frames.text[frames.range(gathered.next_row)]);
                gathered.frames += 1;
            }
            gathered.next_row += 1;
        }
        Ok(gathered)
    }

    fn frames(&self, visibility: Visibility) -> &Frames {
        match visibility {
            Visibility::All => &self.whole,
            Visibility::WithoutPersonal => self.without_personal.get_or_init(|| {
                let frames = Frames::print(&self.events, visibility, &self.counters);
                self.bytes.fetch_add(frames.text.len(), Ordering::Relaxed);
                frames
            }),
        }
    }
}

impl Frames {
    fn print(events: &[StoredEvent], visibility: Visibility, counters: &TailCounters) -> Self {
        let mut text = String::with_capacity(events.len() * 1_024);
        let mut ends = Vec::with_capacity(events.len());
        for event in events {
            frame::write_event(event, visibility, &mut text);
            ends.push(text.len());
        }
        counters.count_printed(events.len() as u64);
        text.shrink_to_fit();
        Self { text: text.into(), ends }
    }

    /// The range of a row's frame.
    fn range(&self, row: usize) -> Range<usize> {
        let end_of = |row: usize| self.ends.get(row).copied().unwrap_or(self.text.len());
        row.checked_sub(1).map_or(0, end_of)..end_of(row)
    }
}
