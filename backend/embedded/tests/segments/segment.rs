//! Sealed events are read back unchanged, by row, by id and as a whole, and a file that is no segment is refused.

use std::{path::Path, slice, sync::Arc};

use auditlog_core::{event::StoredEvent, id::TenantId, store::QueryError};
use auditlog_embedded::{
    cache::Cache,
    columns::{event_at, from_events},
    index::ExactKind,
    segment::{Segment, SegmentError, SegmentId, SegmentMeta, SegmentWriter, join, verify},
};

use crate::events::{DAY, Random};

/// Events of three tenants, sorted as segments require.
pub(crate) fn three_tenants(seed: u64, each: u64) -> Vec<StoredEvent> {
    let mut random = Random::new(seed);
    ["acme", "default", "zeta"].into_iter().flat_map(|tenant| random.events(tenant, 100, each)).collect()
}

pub(crate) fn seal(directory: &Path, events: &[StoredEvent]) -> SegmentMeta {
    write(directory, SegmentId(1), events).unwrap()
}

/// Writes events in their order, without announcing runs of a tenant.
pub(crate) fn write(directory: &Path, id: SegmentId, events: &[StoredEvent]) -> Result<SegmentMeta, SegmentError> {
    let mut writer = SegmentWriter::create(directory, id)?;
    for events in events.chunks(700) {
        writer.push(&from_events(events).unwrap())?;
    }
    writer.finish()
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
fn any_choice_of_rows_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let events = three_tenants(6, 6_500);
    let segment = open(directory.path(), &seal(directory.path(), &events));
    // Up to a hundred rows of a page are read one by one, more of them all together.
    for step in [3, 7, 13, 200, 1_025, 9_999] {
        let rows: Vec<_> = (step / 2..19_500).step_by(step).collect();
        let ranges: Vec<_> = rows.iter().map(|row| u32::try_from(*row).unwrap()).map(|row| row..row + 1).collect();
        let found = segment.events(&ranges).unwrap();
        assert_eq!(found.len(), rows.len(), "every {step}th row");
        for (found, row) in found.iter().zip(rows) {
            assert_eq!(*found, events[row], "row {row}");
        }
    }
}

#[test]
fn ids_are_found_in_their_tenant_only() {
    let directory = tempfile::tempdir().unwrap();
    let events = three_tenants(2, 2_000);
    let segment = open(directory.path(), &seal(directory.path(), &events));
    let other = TenantId::parse("other").unwrap();
    // After a thousand look-ups the filter in memory excludes absent ids.
    for (row, event) in events.iter().enumerate().step_by(7) {
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

/// Writes a segment with each tenant's next events, as a seal does: the numbers of events by tenant.
fn seal_runs(
    directory: &Path,
    id: u64,
    runs: &[(&'static str, u64, u64)],
    random: &mut Random,
) -> (Arc<Segment>, Vec<StoredEvent>) {
    let mut writer = SegmentWriter::create(directory, SegmentId(id)).unwrap();
    let mut all = Vec::new();
    for (tenant, first_sequence, rows) in runs {
        let events = random.events(tenant, *first_sequence, *rows);
        writer.begin_run(*rows).unwrap();
        for events in events.chunks(900) {
            writer.push(&from_events(events).unwrap()).unwrap();
        }
        all.extend(events);
    }
    (Arc::new(open(directory, &writer.finish().unwrap())), all)
}

#[test]
fn joined_segments_are_what_one_segment_of_their_events_would_be() {
    let directory = tempfile::tempdir().unwrap();
    let mut random = Random::new(11);
    // `big` has row groups of its own throughout, `mid` in one input only, the others never.
    let (first, mut events) =
        seal_runs(directory.path(), 1, &[("big", 0, 21_000), ("mid", 5, 9_000), ("small", 0, 700)], &mut random);
    let (second, more) = seal_runs(directory.path(), 2, &[("mid", 9_005, 500), ("small", 700, 1_100)], &mut random);
    let (third, most) =
        seal_runs(directory.path(), 3, &[("big", 21_000, 8_500), ("mid", 9_505, 60), ("tiny", 0, 1)], &mut random);
    events.extend(more.into_iter().chain(most));
    events.sort_by(|left, right| (&left.event.tenant_id, left.sequence).cmp(&(&right.event.tenant_id, right.sequence)));
    // The order of the inputs does not matter.
    let meta = join(directory.path(), SegmentId(4), &[third, first, second]).unwrap();
    let joined = open(directory.path(), &meta);
    assert_eq!(joined.events(slice::from_ref(&(0..meta.rows))).unwrap(), events);
    let mut findings = Vec::new();
    // This also builds the index from the rows and compares it with what was taken over.
    verify(&joined, |_| (), |finding| findings.push(finding));
    assert_eq!(findings, []);
    let times = |tenant: &str| {
        let of_tenant = events.iter().filter(|event| event.event.tenant_id.as_str() == tenant);
        let times: Vec<_> = of_tenant.map(|event| event.event.occurred_at).collect();
        (times.iter().min().copied().unwrap(), times.iter().max().copied().unwrap())
    };
    for range in &meta.tenants {
        assert_eq!((range.occurred_at_min, range.occurred_at_max), times(range.tenant_id.as_str()));
    }
    let again = join(directory.path(), SegmentId(5), &[Arc::new(joined)]).unwrap();
    assert_eq!(open(directory.path(), &again).events(slice::from_ref(&(0..again.rows))).unwrap(), events);
}

#[test]
fn the_index_narrows_an_external_id_to_pages_that_have_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut events = three_tenants(13, 3_000);
    for (number, stored) in events.iter_mut().enumerate() {
        stored.event.external_id = (number % 2 == 0).then(|| format!("rec-{number}"));
    }
    let segment = open(directory.path(), &seal(directory.path(), &events));
    let index = segment.index().unwrap();
    let found = |stored: &StoredEvent, id: &str| {
        index.exact(ExactKind::ExternalId, &stored.event.tenant_id, id.as_bytes()).unwrap()
    };
    for (row, stored) in (0..).zip(&events) {
        let Some(id) = &stored.event.external_id else { continue };
        let rows = found(stored, id);
        assert!(rows.iter().any(|rows| rows.contains(&row)), "{id} is in row {row}");
        assert!(rows.iter().map(ExactSizeIterator::len).sum::<usize>() <= 2_048, "{id} is in {rows:?}");
    }
    assert!(events.iter().all(|stored| found(stored, "rec-1").is_empty()), "no event has this id");
}

#[test]
fn damaged_row_groups_are_not_copied() {
    let directory = tempfile::tempdir().unwrap();
    let (segment, _) = seal_runs(directory.path(), 1, &[("big", 0, 9_000)], &mut Random::new(12));
    let path = directory.path().join(SegmentId(1).data_file_name());
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let damaged = join(directory.path(), SegmentId(2), &[segment]);
    assert!(matches!(damaged, Err(SegmentError::Source(QueryError::Corrupted(_)))), "{damaged:?}");
}

#[test]
fn compaction_keeps_targets_that_all_lack_the_same_parts() {
    let directory = tempfile::tempdir().unwrap();
    let mut events = three_tenants(5, 300);
    for target in events.iter_mut().flat_map(|event| &mut event.event.targets) {
        // Parts without any value are not read, so the batches come with narrower targets than they were written.
        (target.name, target.url, target.attributes) = (None, None, auditlog_core::event::JsonObject::default());
    }
    assert!(events.iter().any(|event| !event.event.targets.is_empty()));
    let segment = Arc::new(open(directory.path(), &seal(directory.path(), &events)));
    let meta = join(directory.path(), SegmentId(2), &[segment]).unwrap();
    assert_eq!(open(directory.path(), &meta).events(slice::from_ref(&(0..900))).unwrap(), events);
}

#[test]
fn what_is_no_segment_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let refuse = |events: &[StoredEvent]| match write(directory.path(), SegmentId(3), events) {
        Err(SegmentError::Rows(reason)) => reason,
        other => panic!("{other:?}"),
    };
    let events = three_tenants(4, 3);
    assert!(refuse(&[]).contains("none"));
    assert!(refuse(&[events[3].clone(), events[0].clone()]).contains("out of order"));
    assert!(refuse(&[events[0].clone(), events[2].clone()]).contains("does not follow"));
    let mut late = events[..2].to_vec();
    late[1].event.received_at = auditlog_core::timestamp::Timestamp::from_micros(0);
    assert!(refuse(&late).contains("more than one day"));
}
