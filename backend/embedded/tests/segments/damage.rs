//! A flipped or missing byte is either reported as damage or changes no answer, and verification finds every one.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    slice,
    sync::Arc,
};

use auditlog_core::{
    event::StoredEvent,
    query::{Filter, Order, Phrase, PhraseEnd},
    store::{ListRequest, QueryError, View},
};
use auditlog_embedded::{
    cache::Cache,
    executor::{self, SegmentRows, Snapshot},
    segment::{Segment, SegmentMeta, build_index, replace_index, verify},
};

use crate::{
    events::Random,
    executor::budget,
    segment::{open, seal},
};

struct Sealed {
    directory: tempfile::TempDir,
    meta: SegmentMeta,
    events: Vec<StoredEvent>,
}

impl Sealed {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let events = Random::new(11).events("acme", 0, 30);
        let meta = seal(directory.path(), &events);
        Self { directory, meta, events }
    }

    fn files(&self) -> [PathBuf; 2] {
        let id = self.meta.id;
        [id.data_file_name(), id.index_file_name()].map(|name| self.directory.path().join(name))
    }

    /// Lists with a cold cache, by word and everything.
    fn ask(&self) -> Result<Vec<StoredEvent>, QueryError> {
        let cache = Arc::new(Cache::new(1 << 20));
        let segment = Segment::open(self.directory.path(), self.meta.clone(), &cache)?;
        let tenant_id = &self.events[0].event.tenant_id;
        let range = segment.meta().tenant(tenant_id).unwrap();
        let rows = SegmentRows { segment: &segment, range };
        let snapshot = Snapshot { tenant_id, tail: Vec::new(), segments: vec![rows], cache: &cache };
        let mut events = Vec::new();
        let words = Phrase::of_text("payroll", PhraseEnd::Whole).unwrap();
        for filter in [Filter::Text(words), Filter::All] {
            let view = View { tenant_id: tenant_id.clone(), head: u64::MAX, filter };
            let request = ListRequest { view, order: Order::OldestFirst, after: None, limit: 100 };
            events.extend(executor::list(&snapshot, &request, &budget())?.events);
        }
        Ok(events)
    }

    fn findings(&self) -> usize {
        let mut findings = 0;
        verify(&open(self.directory.path(), &self.meta), |_| (), |_| findings += 1);
        findings
    }
}

fn flip(path: &Path, offset: u64) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], offset).unwrap();
}

#[test]
fn every_flipped_byte_is_found_and_none_is_served() {
    let sealed = Sealed::new();
    let truth = sealed.ask().unwrap();
    assert!(truth.len() > sealed.events.len(), "the word occurs");
    assert_eq!(sealed.findings(), 0);
    for path in sealed.files() {
        let bytes = fs::metadata(&path).unwrap().len();
        for offset in 0..bytes {
            flip(&path, offset);
            assert_eq!(sealed.findings(), 1, "{} at {offset}", path.display());
            // Listing takes longer than verifying; a prime stride covers every kind of place.
            if offset % 29 == 0 {
                match sealed.ask() {
                    Ok(events) => assert_eq!(events, truth, "{} at {offset}", path.display()),
                    Err(error) => assert!(matches!(error, QueryError::Corrupted(_)), "{error}"),
                }
            }
            flip(&path, offset);
        }
    }
    assert_eq!(sealed.ask(), Ok(truth));
}

#[test]
fn a_file_of_another_length_is_not_opened() {
    let sealed = Sealed::new();
    for path in sealed.files() {
        let whole = fs::read(&path).unwrap();
        for length in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(matches!(sealed.ask(), Err(QueryError::Corrupted(_))), "{} of {length}", path.display());
        }
        fs::write(&path, [&whole[..], &[0]].concat()).unwrap();
        assert!(matches!(sealed.ask(), Err(QueryError::Corrupted(_))));
        fs::remove_file(&path).unwrap();
        assert!(matches!(sealed.ask(), Err(QueryError::Corrupted(_))));
        fs::write(&path, whole).unwrap();
    }
    assert!(sealed.ask().is_ok());
}

#[test]
fn a_file_that_is_cut_while_it_is_open_is_damage() {
    let sealed = Sealed::new();
    let segment = open(sealed.directory.path(), &sealed.meta);
    File::options().write(true).open(&sealed.files()[0]).unwrap().set_len(1_000).unwrap();
    assert!(matches!(segment.events(slice::from_ref(&(0..30))), Err(QueryError::Corrupted(_))));
}

#[test]
fn an_index_is_rebuilt_from_its_data_file() {
    let mut sealed = Sealed::new();
    let before = sealed.ask().unwrap();
    let rebuild = |sealed: &Sealed| {
        let cache = Arc::new(Cache::new(1 << 20));
        let index = build_index(sealed.directory.path(), &sealed.meta, &cache).unwrap();
        replace_index(sealed.directory.path(), sealed.meta.id, &index).unwrap()
    };
    assert_eq!(rebuild(&sealed), sealed.meta.index, "the same rows give the same index");
    flip(&sealed.files()[1], 500);
    assert_eq!(sealed.findings(), 1);
    sealed.meta.index = rebuild(&sealed);
    assert_eq!((sealed.findings(), sealed.ask()), (0, Ok(before)));
    fs::remove_file(&sealed.files()[1]).unwrap();
    assert_eq!(rebuild(&sealed), sealed.meta.index, "a missing file is no hindrance");
}
