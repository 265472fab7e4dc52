//! Segments of large events: no page, row group or batch grows beyond its size in bytes, however many rows it may have.

use std::{fs::File, slice, sync::Arc};

use auditlog_core::event::{JsonObject, JsonValue, Raw, StoredEvent};
use auditlog_embedded::{
    cache::Cache,
    segment::{PAGE_BYTES, ROW_GROUP_BYTES, Segment, SegmentId, SegmentMeta, join, verify},
};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

use crate::{events::Random, segment::write};

const BODY_BYTES: usize = 128 * 1024;
const ATTRIBUTE_BYTES: usize = 8 * 1024;
/// More than fits into one row group.
const EVENTS: u64 = 600;

/// Events whose bodies are as large as they may be. They have few words, because words are not what is tested.
fn large_events(first: u64) -> Vec<StoredEvent> {
    let mut events = Random::new(17).events("acme", first, EVENTS);
    for stored in &mut events {
        let body = filled(stored.sequence, BODY_BYTES);
        stored.event.raw = Some(Raw { format: "text".into(), body: Some(body), cut: None });
        let value = JsonValue::String(filled(stored.sequence, ATTRIBUTE_BYTES));
        stored.event.actor.attributes = JsonObject::from_pairs([("text".into(), value)]).unwrap();
    }
    events
}

/// A text of this length with a number at its end.
fn filled(number: u64, bytes: usize) -> String {
    let number = number.to_string();
    "-".repeat(bytes - number.len()) + &number
}

fn metadata(directory: &std::path::Path, id: SegmentId) -> ParquetMetaData {
    let file = File::open(directory.join(id.data_file_name())).unwrap();
    let reader = ParquetMetaDataReader::new().with_offset_index_policy(PageIndexPolicy::Required);
    reader.parse_and_finish(&file).unwrap()
}

/// The largest number of rows of a page of a column.
fn page_rows_max(metadata: &ParquetMetaData, column: &str) -> i64 {
    let columns = metadata.file_metadata().schema_descr().columns();
    let leaf = columns.iter().position(|leaf| leaf.path().string() == column).unwrap();
    let mut rows_max = 0;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let pages = metadata.page_index().unwrap().page_locations(number, leaf).unwrap();
        let starts = pages.iter().map(|page| page.first_row_index).chain([group.num_rows()]).collect::<Vec<_>>();
        rows_max = rows_max.max(starts.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap());
    }
    rows_max
}

fn assert_bounded(metadata: &ParquetMetaData) {
    for group in metadata.row_groups() {
        let bytes = usize::try_from(group.total_byte_size()).unwrap();
        assert!(bytes <= ROW_GROUP_BYTES + (1 << 20), "{} rows of {bytes} bytes", group.num_rows());
    }
    for (column, value_bytes) in [("raw_body", BODY_BYTES), ("actor_attributes", ATTRIBUTE_BYTES)] {
        let expected = i64::try_from(PAGE_BYTES / value_bytes + 1).unwrap();
        let rows = page_rows_max(metadata, column);
        assert!(rows <= expected, "a page of {column} has {rows} rows");
    }
}

fn open(directory: &std::path::Path, meta: &SegmentMeta) -> Segment {
    Segment::open(directory, meta.clone(), &Arc::new(Cache::new(4 << 20))).unwrap()
}

fn assert_holds(segment: &Segment, events: &[StoredEvent]) {
    let rows = u32::try_from(events.len()).unwrap();
    for row in (0..rows).step_by(97) {
        assert_eq!(segment.event(row).unwrap(), events[row as usize]);
    }
    let mut start = 0;
    for batch in segment.scan(0..rows).unwrap() {
        let batch = batch.unwrap();
        let bytes = batch.get_array_memory_size();
        assert!(bytes < ROW_GROUP_BYTES, "a batch of {} rows has {bytes} bytes", batch.num_rows());
        start += batch.num_rows();
    }
    assert_eq!(start, events.len());
    let mut findings = Vec::new();
    verify(segment, |_| (), |finding| findings.push(finding));
    assert_eq!(findings, []);
}

#[test]
fn large_events_end_pages_row_groups_and_batches_early_and_are_copied_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let (first, second) = (large_events(0), large_events(EVENTS));
    let metas = [write(directory, SegmentId(1), &first).unwrap(), write(directory, SegmentId(2), &second).unwrap()];
    let group_rows =
        |id| -> Vec<i64> { metadata(directory, id).row_groups().iter().map(RowGroupMetaData::num_rows).collect() };
    let of_first = group_rows(SegmentId(1));
    assert!(of_first.len() == 2 && of_first[0] < 512, "{of_first:?}");
    assert_bounded(&metadata(directory, SegmentId(1)));

    let inputs = metas.each_ref().map(|meta| Arc::new(open(directory, meta)));
    let joined = join(directory, SegmentId(3), &inputs).unwrap();
    assert_bounded(&metadata(directory, SegmentId(3)));
    let of_both = group_rows(SegmentId(3));
    assert!(of_both.starts_with(&of_first[..1]) && of_both.contains(&group_rows(SegmentId(2))[0]), "{of_both:?}");
    let all = [first, second].concat();
    let joined = open(directory, &joined);
    assert_holds(&joined, &all);
    assert_eq!(joined.events(slice::from_ref(&(590..610))).unwrap(), all[590..610]);
}
