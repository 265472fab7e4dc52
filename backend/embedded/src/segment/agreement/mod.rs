//! Tests that the page reader of this crate and that of the crate `parquet` read the same from one file: every page of
//! a column chunk that has a value, and every value of every column, in each encoding that the writer produces.

mod sample;

use std::{collections::HashMap, ops::Range, slice};

use arrow_array::{Array, ListArray, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray, UInt32Array};
use arrow_schema::DataType;
use arrow_select::{concat::concat_batches, take::take_record_batch};
use auditlog_conformance::fixtures::budget;
use auditlog_core::query::Meter;
use parquet::{
    basic::Encoding,
    column::page::Page,
    file::reader::{FileReader as _, SerializedFileReader},
};

use self::sample::{GROUP_ROWS, ROWS, Sample};
use super::RowRange;
use crate::columns::{name, schema};

fn assert_same(found: &RecordBatch, expected: &RecordBatch, what: &str) {
    assert_eq!(found.num_rows(), expected.num_rows(), "{what}");
    for (field, (found, expected)) in schema().fields().iter().zip(found.columns().iter().zip(expected.columns())) {
        assert!(found == expected, "{what}: {}", field.name());
    }
}

#[test]
fn pages_are_those_of_the_crate() {
    let sample = Sample::new();
    let file = SerializedFileReader::new(sample.bytes.clone()).unwrap();
    let (mut encodings, mut abandoned_dictionaries) = (Vec::new(), 0);
    for group in 0..GROUP_ROWS.len() {
        let reader = file.get_row_group(group).unwrap();
        let pages = sample.pages(group);
        for leaf in 0..reader.num_columns() {
            let (mut number, mut of_chunk) = (0, Vec::new());
            let mut expected_pages = reader.get_column_page_reader(leaf).unwrap();
            while let Some(expected) = expected_pages.get_next_page().unwrap() {
                if pages.footer.is_all_null(group, leaf) {
                    continue;
                }
                let chunk = pages.chunk(leaf).unwrap();
                let found = match expected {
                    Page::DictionaryPage { .. } => chunk.dictionary().unwrap().unwrap(),
                    Page::DataPage { .. } | Page::DataPageV2 { .. } => {
                        of_chunk.push(expected.encoding());
                        number += 1;
                        chunk.data_page(number - 1).unwrap()
                    }
                };
                assert_same_page(&found, &expected);
            }
            abandoned_dictionaries +=
                u32::from(of_chunk.contains(&Encoding::PLAIN) && of_chunk.contains(&Encoding::RLE_DICTIONARY));
            encodings.append(&mut of_chunk);
        }
    }
    encodings.sort_unstable();
    encodings.dedup();
    // The writer produces no encoding that this reader leaves to the crate.
    let mut known =
        [Encoding::PLAIN, Encoding::RLE_DICTIONARY, Encoding::DELTA_BINARY_PACKED, Encoding::DELTA_LENGTH_BYTE_ARRAY];
    known.sort_unstable();
    assert_eq!(encodings, known);
    assert!(abandoned_dictionaries > 0);
}

fn assert_same_page(found: &Page, expected: &Page) {
    assert_eq!(found.page_type(), expected.page_type());
    assert_eq!(found.encoding(), expected.encoding());
    assert_eq!(found.num_values(), expected.num_values());
    assert_eq!(found.buffer(), expected.buffer());
    let levels = |page: &Page| match page {
        Page::DataPage { def_level_encoding, rep_level_encoding, .. } => {
            Some([*def_level_encoding, *rep_level_encoding])
        }
        Page::DataPageV2 { .. } | Page::DictionaryPage { .. } => None,
    };
    assert_eq!(levels(found), levels(expected));
}

#[test]
fn rows_are_those_of_the_crate() {
    let sample = Sample::new();
    // Every row once, by different distances from its neighbours.
    for start in 0..11 {
        let rows: Vec<u32> = (start..ROWS).step_by(11).collect();
        let expected = take_record_batch(&sample.rows, &UInt32Array::from(rows.clone())).unwrap();
        assert_same(&sample.read_rows(&rows), &expected, &format!("every 11th row from {start}"));
    }
    let all: Vec<u32> = (0..ROWS).collect();
    assert_same(&sample.read_rows(&all), &sample.rows, "all rows");
    for row in (0..ROWS).step_by(997) {
        assert_same(&sample.read_rows(&[row]), &sample.rows.slice(row as usize, 1), &format!("row {row}"));
    }
    // These are decoded by the crate, from pages that this reader has read.
    let scanned: Vec<RecordBatch> = sample.segment.scan(0..ROWS).unwrap().map(Result::unwrap).collect();
    assert_same(&concat_batches(&schema(), &scanned).unwrap(), &sample.rows, "scan");
}

/// The leaf columns of texts, as projections spell them.
fn text_columns() -> Vec<String> {
    let mut columns = Vec::new();
    for field in schema().fields() {
        match field.data_type() {
            DataType::Utf8 => columns.push(field.name().clone()),
            DataType::List(element) => {
                let DataType::Struct(parts) = element.data_type() else { panic!("a list of {}", element.data_type()) };
                columns.extend(parts.iter().map(|part| format!("{}.{}", field.name(), part.name())));
            }
            _ => {}
        }
    }
    columns
}

/// The texts of each row, each once.
fn texts_of_rows(batch: &RecordBatch, column: &str) -> Vec<Vec<String>> {
    let texts = |array: &dyn Array| {
        let mut texts: Vec<String> = Vec::new();
        for text in array.as_any().downcast_ref::<StringArray>().unwrap().iter().flatten() {
            if !texts.iter().any(|known| known == text) {
                texts.push(text.to_owned());
            }
        }
        texts
    };
    match column.split_once('.') {
        None => {
            let array = batch.column_by_name(column).unwrap();
            (0..array.len()).map(|row| texts(&array.slice(row, 1))).collect()
        }
        Some((list, part)) => {
            let lists = batch.column_by_name(list).unwrap().as_any().downcast_ref::<ListArray>().unwrap();
            let of_row = |row| {
                let elements = lists.value(row);
                let structs = elements.as_any().downcast_ref::<StructArray>().unwrap();
                if lists.is_null(row) { Vec::new() } else { texts(structs.column_by_name(part).unwrap()) }
            };
            (0..lists.len()).map(of_row).collect()
        }
    }
}

/// All rows, and ranges that begin and end within pages and cross their bounds and those of row groups.
fn choices() -> Vec<Vec<RowRange>> {
    let across = (0..ROWS).step_by(401).map(|start| start..(start + 1 + start % 397).min(ROWS));
    vec![slice::from_ref(&(0..ROWS)).to_vec(), across.collect()]
}

#[test]
fn codes_stand_for_the_texts_of_the_crate() {
    let (sample, budget) = (Sample::new(), budget());
    for column in text_columns() {
        let expected = texts_of_rows(&sample.rows, &column);
        for ranges in choices() {
            let (mut texts, mut numbers) = (Vec::new(), HashMap::new());
            let code_of = |text: &str| {
                *numbers.entry(text.to_owned()).or_insert_with(|| {
                    texts.push(text.to_owned());
                    u32::try_from(texts.len() - 1).unwrap()
                })
            };
            let codes = sample.segment.codes(&column, &ranges, &Meter::new(&budget), code_of).unwrap().unwrap();
            for (at, row) in ranges.into_iter().flatten().enumerate() {
                let found: Vec<&String> = codes.of_row(at).iter().map(|code| &texts[*code as usize]).collect();
                assert_eq!(found, expected[row as usize].iter().collect::<Vec<_>>(), "{column} of row {row}");
            }
        }
    }
}

#[test]
fn times_are_those_of_the_crate() {
    let (sample, budget) = (Sample::new(), budget());
    for column in [name::OCCURRED_AT, name::RECEIVED_AT] {
        let array = sample.rows.column_by_name(column).unwrap();
        let expected = array.as_any().downcast_ref::<TimestampMicrosecondArray>().unwrap().values();
        for ranges in choices() {
            let found = sample.segment.times(column, &ranges, &Meter::new(&budget)).unwrap().unwrap();
            let index = |range: Range<u32>| range.start as usize..range.end as usize;
            let expected: Vec<i64> =
                ranges.into_iter().flat_map(|range| expected[index(range)].iter().copied()).collect();
            assert_eq!(found, expected, "{column}");
        }
    }
}
