//! Prepares drafts for appending: completes, prints and hashes them on the handler's thread.

use crate::{
    clock::Entropy,
    event::{
        EventDraft, SaltSource, Submission, Violation,
        canonical::{self, GroupTexts},
    },
    id::EventId,
    intake::{Atomicity, PreparedBatch, PreparedEvent, Provenance},
    leaf::leaf_of_texts,
};

/// The random bytes of an event id.
const ID_RANDOM_BYTES: usize = 10;

/// Most canonical texts are shorter, so that those of a request fit without growing.
const CANONICAL_CAPACITY: usize = 1024;

/// The drafts of one request after preparation.
#[derive(Debug)]
pub struct Prepared {
    /// The events that could be completed, in order. Empty where none could; it must not be appended then.
    pub batch: PreparedBatch,
    /// For each draft, its event's index in the batch, or why it could not be completed.
    pub verdicts: Vec<Result<usize, Violation>>,
}

/// Completes, prints and hashes the drafts of one request. Each event of the batch is decided on its own; the caller
/// may change that.
#[must_use]
pub fn prepare(
    drafts: impl ExactSizeIterator<Item = EventDraft>,
    submission: Submission,
    salt_seed: [u8; 16],
    entropy: &dyn Entropy,
) -> Prepared {
    // One call for the ids of all events: a system call for each would cost more than printing the event.
    let mut random = vec![0; drafts.len() * ID_RANDOM_BYTES];
    entropy.fill(&mut random);
    let (random, _) = random.as_chunks::<ID_RANDOM_BYTES>();

    let mut events: Vec<PreparedEvent> = Vec::with_capacity(random.len());
    let mut verdicts = Vec::with_capacity(random.len());
    let mut group_texts = GroupTexts::default();
    let mut canonical_texts = String::with_capacity(random.len() * CANONICAL_CAPACITY);
    for (draft, random) in drafts.zip(random) {
        let id_provenance = provenance(draft.id.as_ref());
        let occurred_at_provenance = provenance(draft.occurred_at.as_ref());
        let fresh_id = EventId::from_parts(submission.received_at, *random);
        let index = events.len();
        let verdict = draft.complete(&submission, fresh_id).map(|event| {
            let event = Box::new(event);
            let salt = SaltSource { seed: salt_seed, index: salt_index(index) };
            let start = canonical_texts.len();
            canonical::write_event_and_groups(&event, &mut canonical_texts, &mut group_texts);
            let canonical = start..canonical_texts.len();
            let leaf_hash = leaf_of_texts(&group_texts, &salt).hash();
            events.push(PreparedEvent { event, canonical, leaf_hash, id_provenance, occurred_at_provenance });
            index
        });
        verdicts.push(verdict);
    }
    let Submission { tenant_id, received_at, .. } = submission;
    let atomicity = Atomicity::EachEvent;
    Prepared {
        batch: PreparedBatch { tenant_id, received_at, salt_seed, events, canonical_texts, atomicity },
        verdicts,
    }
}

fn provenance<T>(given: Option<&T>) -> Provenance {
    if given.is_some() { Provenance::Client } else { Provenance::Server }
}

/// The index that salts are derived from. No request has more events than a u32 can count.
fn salt_index(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
