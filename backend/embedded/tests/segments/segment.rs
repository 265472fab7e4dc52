//! What is sealed is read back as it was, by row, by id and as a whole, and what is no segment is refused.

use std::{path::Path, slice, sync::Arc};

use auditlog_core::{event::StoredEvent, id::TenantId};
use auditlog_embedded::{
    cache::Cache,
    columns::{event_at, from_events},
    segment::{Segment, SegmentError, SegmentId, SegmentMeta, ZstdLevel, verify, write},
};

use crate::events::{DAY, Random};

/// Events of three tenants, sorted as segments want them.
pub(crate) fn three_tenants(seed: u64, each: u64) -> Vec<StoredEvent> {
    let mut random = Random::new(seed);
    ["acme", "default", "zeta"].into_iter().flat_map(|tenant| random.events(tenant, 100, each)).collect()
}

pub(crate) fn seal(directory: &Path, events: &[StoredEvent]) -> SegmentMeta {
    let batches = events.chunks(700).map(|events| Ok(from_events(events).unwrap()));
    write(directory, SegmentId(1), ZstdLevel::SEAL, batches).unwrap()
}

pub(crate) fn open(directory: &Path, meta: &SegmentMeta) -> Segment {
    Segment::open(directory, meta.clone(), &Arc::new(Cache::new(8 << 20))).unwrap()
}

#[test]
fn rows_come_back_alone_and_together() {
    let directory = tempfile::tempdir().unwrap();
    let events = three_tenants(1, 7_000);
    let meta = seal(directory.path(), &events);
    assert_eq!((meta.rows, meta.day, meta.tenants.len()), (21_000, DAY, 3));
    let segment = open(directory.path(), &meta);
    for row in [0, 1, 1_023, 1_024, 6_999, 7_000, 16_383, 16_384, 20_999] {
        assert_eq!(segment.event(row).unwrap(), events[row as usize], "row {row}");
    }
    let ranges = [5..9, 1_000..1_001, 16_300..16_500];
    let expected: Vec<_> = ranges.iter().flat_map(|range| &events[range.start as usize..range.end as usize]).collect();
    assert_eq!(segment.events(&ranges).unwrap().iter().collect::<Vec<_>>(), expected);
    let mut row = 0;
    for batch in segment.scan(0..meta.rows).unwrap() {
        let batch = batch.unwrap();
        for at in 0..batch.num_rows() {
            assert_eq!(event_at(&batch, at).unwrap(), events[row]);
            row += 1;
        }
    }
    assert_eq!(row, events.len());
    assert!(segment.event(21_000).is_err());
}

#[test]
fn ids_are_found_in_their_tenant_only() {
    let directory = tempfile::tempdir().unwrap();
    let events = three_tenants(2, 2_000);
    let segment = open(directory.path(), &seal(directory.path(), &events));
    let other = TenantId::parse("other").unwrap();
    for (row, event) in events.iter().enumerate().step_by(37) {
        let found = segment.find_id(&event.event.tenant_id, event.event.id).unwrap();
        assert_eq!(found, Some(u32::try_from(row).unwrap()));
        let elsewhere = if event.event.tenant_id.as_str() == "acme" { "zeta" } else { "acme" };
        assert_eq!(segment.find_id(&TenantId::parse(elsewhere).unwrap(), event.event.id).unwrap(), None);
        assert_eq!(segment.find_id(&other, event.event.id).unwrap(), None);
    }
    for stranger in Random::new(99).events("acme", 100, 200) {
        assert_eq!(segment.find_id(&stranger.event.tenant_id, stranger.event.id).unwrap(), None);
    }
}

#[test]
fn compaction_of_a_segment_changes_no_event() {
    let directory = tempfile::tempdir().unwrap();
    let events = three_tenants(3, 900);
    let segment = open(directory.path(), &seal(directory.path(), &events));
    let batches = segment.scan(0..2_700).unwrap().map(|batch| batch.map_err(SegmentError::from));
    let meta = write(directory.path(), SegmentId(2), ZstdLevel::COMPACTION, batches).unwrap();
    let compacted = open(directory.path(), &meta);
    assert_eq!(compacted.events(slice::from_ref(&(0..2_700))).unwrap(), events);
    let mut findings = Vec::new();
    verify(&compacted, |_| (), |finding| findings.push(finding)).unwrap();
    assert_eq!(findings, []);
}

#[test]
fn compaction_keeps_targets_that_all_lack_the_same_parts() {
    let directory = tempfile::tempdir().unwrap();
    let mut events = three_tenants(5, 300);
    for target in events.iter_mut().flat_map(|event| &mut event.event.targets) {
        // Parts without any value are not read, so the batches come with narrower targets than they were written.
        (target.name, target.url, target.attributes) = (None, None, auditlog_core::event::Attributes::default());
    }
    assert!(events.iter().any(|event| !event.event.targets.is_empty()));
    let segment = open(directory.path(), &seal(directory.path(), &events));
    let batches = segment.scan(0..900).unwrap().map(|batch| batch.map_err(SegmentError::from));
    let meta = write(directory.path(), SegmentId(2), ZstdLevel::COMPACTION, batches).unwrap();
    assert_eq!(open(directory.path(), &meta).events(slice::from_ref(&(0..900))).unwrap(), events);
}

#[test]
fn what_is_no_segment_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let refuse = |events: &[StoredEvent]| {
        let batches = [Ok(from_events(events).unwrap())];
        match write(directory.path(), SegmentId(3), ZstdLevel::SEAL, batches) {
            Err(SegmentError::Rows(reason)) => reason,
            other => panic!("{other:?}"),
        }
    };
    let events = three_tenants(4, 3);
    assert!(refuse(&[]).contains("none"));
    assert!(refuse(&[events[3].clone(), events[0].clone()]).contains("too late"));
    assert!(refuse(&[events[0].clone(), events[2].clone()]).contains("does not follow"));
    let mut late = events[..2].to_vec();
    late[1].event.received_at = auditlog_core::timestamp::Timestamp::from_micros(0);
    assert!(refuse(&late).contains("more than one day"));
}
