//! Owns some neighbouring events as every reader gets them: printed once, and put together once for all readers with
//! the same filter.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use auditlog_core::{
    event::{Event, StoredEvent, Visibility},
    query::Filter,
};
use bytes::Bytes;

use crate::{tail::frame, telemetry::TailCounters};

/// For so many different filters a block keeps what was put together; for further ones each reader does it anew.
const SELECTIONS_MAX: usize = 8;

/// Which events a reader gets, and what of them.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    filter: Filter,
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
        Self { filter, key }
    }

    pub(super) const fn filter(&self) -> &Filter {
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

/// Events with neighbouring sequences.
#[derive(Debug)]
pub(super) struct Block {
    events: Vec<StoredEvent>,
    first: u64,
    whole: Frames,
    without_personal: OnceLock<Frames>,
    selections: Mutex<HashMap<SelectionKey, Arc<OnceLock<Selected>>>>,
    bytes: AtomicUsize,
    counters: TailCounters,
}

/// The frames of all events of a block, one behind the other.
#[derive(Debug)]
struct Frames {
    text: Bytes,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Block {
    /// Prints the events whole: most readers may see all of them, and the length tells what the block takes.
    pub(super) fn new(events: Vec<StoredEvent>, first: u64, counters: TailCounters) -> Self {
        let whole = Frames::print(&events, Visibility::All, &counters);
        // What an event holds on the heap is about as long as its frame.
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

    /// The sequence behind the last event.
    pub(super) fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// What the block takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The frames that a reader gets of the events from sequence `next` on.
    pub(super) fn select(&self, selection: &Selection, next: u64) -> Selected {
        let skipped = usize::try_from(next.saturating_sub(self.first)).unwrap_or(usize::MAX);
        if skipped > 0 {
            return self.put_together(selection, skipped.min(self.events.len()));
        }
        let kept = {
            let mut selections = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
            let has_room = selections.len() < SELECTIONS_MAX;
            match selections.get(&selection.key) {
                None if has_room => Some(Arc::clone(selections.entry(selection.key).or_default())),
                kept => kept.cloned(),
            }
        };
        match kept {
            Some(kept) => kept.get_or_init(|| self.keep(self.put_together(selection, 0))).clone(),
            None => self.put_together(selection, 0),
        }
    }

    fn keep(&self, selected: Selected) -> Selected {
        self.bytes.fetch_add(selected.text.len(), Ordering::Relaxed);
        selected
    }

    fn put_together(&self, selection: &Selection, skipped: usize) -> Selected {
        let frames = self.frames(selection.visibility());
        if selection.filter == Filter::All {
            let text = frames.text.slice(frames.range(skipped).start..);
            return Selected { text, frames: (self.events.len() - skipped) as u64 };
        }
        let mut text = Vec::new();
        let mut count = 0;
        for (row, event) in self.events.iter().enumerate().skip(skipped) {
            if selection.filter.matches(event) {
                text.extend_from_slice(&frames.text[frames.range(row)]);
                count += 1;
            }
        }
        Selected { text: text.into(), frames: count }
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

    /// Where the frame of a row is.
    fn range(&self, row: usize) -> Range<usize> {
        let end_of = |row: usize| self.ends.get(row).copied().unwrap_or(self.text.len());
        row.checked_sub(1).map_or(0, end_of)..end_of(row)
    }
}
