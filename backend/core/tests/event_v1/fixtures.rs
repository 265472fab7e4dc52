//! Events shared by the tests.

use auditlog_core::{
    clock::Entropy,
    event::{Event, EventDraft, Submission, Submitter},
    id::{CredentialId, EventId, TenantId},
    intake::{Prepared, PreparedBatch, PreparedEvent, prepare},
    timestamp::Timestamp,
};

pub(crate) use crate::vectors::samples::{FULL_EVENT, FULL_EVENT_CANONICAL, SMALL_EVENT};

pub(crate) fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

pub(crate) fn received_at() -> Timestamp {
    Timestamp::parse_rfc3339("2024-11-14T11:00:01Z").unwrap()
}

pub(crate) fn submission() -> Submission {
    let key = CredentialId::parse("k0123456789abcde").unwrap();
    Submission { tenant_id: tenant(), submitted_by: Submitter::ApiKey(key), received_at: received_at() }
}

/// Entropy that counts up.
pub(crate) struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(index % 251).unwrap();
        }
    }
}

pub(crate) fn prepare_one(draft: EventDraft) -> PreparedEvent {
    prepare_batch_of_one(draft).events.remove(0)
}

pub(crate) fn prepare_batch_of_one(draft: EventDraft) -> PreparedBatch {
    let Prepared { batch, verdicts: results } = prepare(std::iter::once(draft), submission(), [7; 16], &Counting);
    assert_eq!(results, [Ok(0)]);
    batch
}

pub(crate) fn complete(draft: EventDraft) -> Event {
    let fresh_id = EventId::from_parts(received_at(), [1; 10]);
    draft.complete(&submission(), fresh_id).unwrap()
}
