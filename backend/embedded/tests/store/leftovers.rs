//! Files below `segments/` that the manifest does not list: which of them a start deletes, which it keeps for people to
//! inspect, and which stop the start.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use auditlog_embedded::OpenError;

use crate::support::{Place, all, append};

/// A segment's number that was never recorded, and that an interrupted seal may have had.
const NEVER_GIVEN: &str = "0000000000000003";

/// A store that has sealed these many events of `acme` and was closed.
async fn sealed(place: &Place, events: usize) -> PathBuf {
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", events)).await;
    store.seal().await.unwrap();
    store.close().await.unwrap();
    place.files(".parquet").remove(0).0
}

fn quarantined(place: &Place) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(place.path().join("quarantine")) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn beside(data: &Path, name: &str) -> PathBuf {
    data.with_file_name(name)
}

#[tokio::test]
async fn what_an_interrupted_seal_left_is_removed() {
    let place = Place::new();
    let data = sealed(&place, 50).await;
    let bytes = fs::read(&data).unwrap();
    // Cut off before its footer, beside a possible part of the index.
    let unfinished = beside(&data, &format!("{NEVER_GIVEN}.parquet"));
    fs::write(&unfinished, &bytes[..bytes.len() / 2]).unwrap();
    fs::write(beside(&data, &format!("{NEVER_GIVEN}.index")), "half").unwrap();
    // Finished, and not recorded any more: its events are elsewhere.
    let finished = beside(&data, "00000000000000fe.parquet");
    fs::write(&finished, &bytes).unwrap();
    let store = place.open();
    assert!(!unfinished.exists() && !finished.exists() && !beside(&data, &format!("{NEVER_GIVEN}.index")).exists());
    assert_eq!(quarantined(&place), Vec::<PathBuf>::new());
    assert_eq!(all(&store, "acme").await.len(), 50);
}

/// The tail holds the events that a seal wrote to a file and did not record.
#[tokio::test]
async fn a_finished_file_of_events_that_are_in_the_tail_is_removed() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 1)).await;
    store.seal().await.unwrap();
    append(&store, place.fresh("acme", 40)).await;
    drop(store);
    let before = Snapshot::of(&place);
    let store = place.open();
    store.seal().await.unwrap();
    drop(store);
    let (sealed, _) = place.files(".parquet").remove(1);
    before.restore_ledger(&place);
    let store = place.open();
    assert!(!sealed.exists(), "{}", sealed.display());
    assert_eq!(quarantined(&place), Vec::<PathBuf>::new());
    assert_eq!(all(&store, "acme").await.len(), 41);
}

#[tokio::test]
async fn a_ledger_older_than_the_segments_refuses_the_start_and_nothing_is_deleted() {
    let place = Place::new();
    sealed(&place, 60).await;
    let backup = Snapshot::of(&place);
    let store = place.open();
    append(&store, place.fresh("acme", 240)).await;
    store.seal().await.unwrap();
    append(&store, place.fresh("acme", 3)).await;
    store.seal().await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let newest = Snapshot::of(&place);
    let files = place.files("");
    backup.restore_ledger(&place);
    // Other files that would be moved away are not touched either.
    let note = place.path().join("segments/note.txt");
    fs::write(&note, "kept").unwrap();

    let error = place.open_with(place.options()).err().unwrap();
    let OpenError::OlderLedger { files: named, .. } = &error else { panic!("{error}") };
    let text = error.to_string();
    assert!(text.contains("Restore the ledger.db") && text.contains("move these files away"), "{text}");
    assert!(text.contains("60 events of tenant acme"), "{text}");
    assert_eq!(named.len(), 4, "two segments of two files: {named:?}");
    for (file, _) in files.iter().filter(|(file, _)| file.starts_with(place.path().join("segments"))) {
        assert!(file.exists(), "{} is gone", file.display());
    }
    assert!(note.exists());

    newest.restore_ledger(&place);
    assert_eq!(all(&place.open(), "acme").await.len(), 303, "with its own ledger everything is there");

    backup.restore_ledger(&place);
    for file in named {
        fs::rename(file, place.directory.path().parent().unwrap().join(unique_name(&place, file))).unwrap();
    }
    assert_eq!(all(&place.open(), "acme").await.len(), 60, "the older one starts once the files are moved away");
}

#[tokio::test]
async fn events_of_a_tenant_that_the_ledger_does_not_know_refuse_the_start() {
    let (place, other) = (Place::new(), Place::new());
    let data = sealed(&place, 5).await;
    let store = other.open_with_tenants(&["globex"]).await;
    append(&store, other.fresh("globex", 2)).await;
    store.seal().await.unwrap();
    let stray = beside(&data, &format!("{NEVER_GIVEN}.parquet"));
    fs::copy(&other.files(".parquet")[0].0, &stray).unwrap();
    let error = place.open_with(place.options()).err().unwrap();
    assert!(matches!(&error, OpenError::OlderLedger { files, .. } if *files == [stray.clone()]), "{error}");
    assert!(stray.exists());
}

#[tokio::test]
async fn everything_else_goes_to_quarantine_as_it_is() {
    let (place, other, elsewhere) = (Place::new(), Place::new(), tempfile::tempdir().unwrap());
    let data = sealed(&place, 20).await;
    let day = data.parent().unwrap().to_owned();
    let segments = day.parent().unwrap().to_owned();
    fs::write(elsewhere.path().join("evidence"), "not ours").unwrap();
    let others = sealed_elsewhere(&other).await;
    let mut damaged = fs::read(&data).unwrap();
    let middle = damaged.len() / 2;
    damaged[4..middle].fill(0xff);

    fs::write(segments.join("note.txt"), "note").unwrap();
    fs::create_dir(segments.join("old")).unwrap();
    fs::write(segments.join("old/inner.parquet"), "inner").unwrap();
    symlink(elsewhere.path(), segments.join("2026-11-01")).unwrap();
    symlink(elsewhere.path().join("evidence"), day.join("00000000000000f1.parquet")).unwrap();
    symlink(elsewhere.path(), day.join("linked")).unwrap();
    fs::write(day.join("00000000000000f2.parquet"), &others).unwrap();
    fs::write(day.join("00000000000000f3.parquet"), &damaged).unwrap();
    fs::write(day.join("00000000000000f4.index"), "an index without its data").unwrap();
    fs::write(day.join("0000000000000000.parquet"), "unfinished, and not the next one").unwrap();
    fs::write(day.join("00000000000000ff.parquet"), "unfinished, and far behind the next one").unwrap();
    fs::write(day.join("2a.parquet"), "not one of our names").unwrap();
    // A name that exists in quarantine already.
    fs::create_dir(place.path().join("quarantine")).unwrap();
    fs::write(place.path().join("quarantine/note.txt"), "of an earlier start").unwrap();

    let store = place.open();
    let quarantine = place.path().join("quarantine");
    let day_name = day.file_name().unwrap().to_str().unwrap().to_owned();
    let read = |name: &str| fs::read(quarantine.join(name)).unwrap();
    assert_eq!(read("note.txt"), b"of an earlier start", "nothing is overwritten");
    assert_eq!(read("note.txt.1"), b"note");
    assert_eq!(read("old/inner.parquet"), b"inner");
    assert_eq!(fs::read_link(quarantine.join("2026-11-01")).unwrap(), elsewhere.path());
    assert!(
        fs::symlink_metadata(quarantine.join(format!("{day_name}.00000000000000f1.parquet"))).unwrap().is_symlink()
    );
    assert!(fs::symlink_metadata(quarantine.join(format!("{day_name}.linked"))).unwrap().is_symlink());
    assert_eq!(read(&format!("{day_name}.00000000000000f2.parquet")), others);
    assert_eq!(read(&format!("{day_name}.00000000000000f3.parquet")), damaged);
    assert_eq!(read(&format!("{day_name}.00000000000000f4.index")), b"an index without its data");
    assert_eq!(read(&format!("{day_name}.0000000000000000.parquet")), b"unfinished, and not the next one");
    let far = read(&format!("{day_name}.00000000000000ff.parquet"));
    assert_eq!(far, b"unfinished, and far behind the next one");
    assert_eq!(read(&format!("{day_name}.2a.parquet")), b"not one of our names");
    assert_eq!(quarantined(&place).len(), 12);
    assert_eq!(fs::metadata(&quarantine).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read(elsewhere.path().join("evidence")).unwrap(), b"not ours", "no link is followed");
    assert_eq!(all(&store, "acme").await.len(), 20);
    assert_eq!(place.files(".parquet").len(), 8, "one segment and seven names in quarantine");
}

#[tokio::test]
async fn a_day_of_segments_behind_a_link_is_refused() {
    let (place, elsewhere) = (Place::new(), tempfile::tempdir().unwrap());
    let day = sealed(&place, 7).await.parent().unwrap().to_owned();
    let moved = elsewhere.path().join("day");
    fs::rename(&day, &moved).unwrap();
    symlink(&moved, &day).unwrap();
    let error = place.open_with(place.options()).err().unwrap();
    assert!(matches!(&error, OpenError::Link { path } if *path == day), "{error}");
    fs::remove_file(&day).unwrap();
    fs::rename(&moved, &day).unwrap();

    let segments = day.parent().unwrap().to_owned();
    fs::rename(&segments, elsewhere.path().join("segments")).unwrap();
    symlink(elsewhere.path().join("segments"), &segments).unwrap();
    let error = place.open_with(place.options()).err().unwrap();
    assert!(matches!(&error, OpenError::Link { path } if *path == segments), "{error}");
    assert_eq!(fs::read_dir(elsewhere.path().join("segments")).unwrap().count(), 1);
}

/// The bytes of a segment with other events of the same tenant at the same sequences.
async fn sealed_elsewhere(place: &Place) -> Vec<u8> {
    // Each new id is greater, so these ids differ from those of the other store.
    drop(place.fresh("acme", 100));
    let data = sealed(place, 20).await;
    fs::read(data).unwrap()
}

fn unique_name(place: &Place, file: &Path) -> String {
    let root = place.path().file_name().unwrap().to_string_lossy().into_owned();
    format!("{root}.{}", file.file_name().unwrap().to_string_lossy())
}

/// The files of a ledger at an earlier time.
struct Snapshot(Vec<(PathBuf, Vec<u8>)>);

impl Snapshot {
    fn of(place: &Place) -> Self {
        let files = ["ledger.db", "ledger.db-wal", "ledger.sum"].map(|name| place.path().join(name));
        Self(files.into_iter().filter_map(|path| Some((path.clone(), fs::read(path).ok()?))).collect())
    }

    fn restore_ledger(&self, place: &Place) {
        for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.sum"] {
            drop(fs::remove_file(place.path().join(name)));
        }
        for (path, bytes) in &self.0 {
            fs::write(path, bytes).unwrap();
        }
    }
}
