//! `ExportFiles`: files are written from start to end and can be read once they are finished.

use auditlog_core::store::{ExportFileError, ExportKey, ExportReader, ExportWriter};
use sha2::{Digest as _, Sha256};

use super::{exports::export_id, scene::Scene};
use crate::{Store, fixtures::tenant_id};

/// Longer than a few blocks of any store, and not a whole number of them.
const LENGTH: usize = 100_003;

fn key(tenant: &str, number: usize) -> ExportKey {
    ExportKey { tenant_id: tenant_id(tenant), id: export_id(number) }
}

/// Bytes that differ by position.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + at / 256) % 251).unwrap_or_default()).collect()
}

impl<S: Store> Scene<S> {
    fn write(&self, key: &ExportKey, bytes: &[u8]) {
        let mut writer = self.store.create_file(key).expect("the file can be begun");
        append(writer.as_mut(), bytes);
        writer.finish().expect("the file can be finished");
    }

    fn whole(&self, key: &ExportKey) -> Option<Vec<u8>> {
        let reader = self.store.open_file(key).expect("the file can be opened")?;
        Some(read(reader.as_ref(), 0, usize::MAX).expect("the file can be read"))
    }
}

fn append(writer: &mut dyn ExportWriter, bytes: &[u8]) {
    for piece in bytes.chunks(9_999) {
        writer.append(piece).expect("bytes can be added");
    }
}

fn read(reader: &dyn ExportReader, offset: u64, length: usize) -> Result<Vec<u8>, ExportFileError> {
    reader.read(offset, length)
}

pub(super) async fn a_finished_file_is_read_back_in_any_pieces<S: Store>(scene: Scene<S>) {
    let (key, bytes) = (key("acme", 1), content(LENGTH));
    scene.write(&key, &bytes);
    let reader = scene.store.open_file(&key).expect("the file can be opened").expect("the file is finished");
    assert_eq!(reader.bytes(), LENGTH as u64);
    for (offset, length) in [(0, LENGTH), (1, 1), (8_191, 2), (65_536, 40_000), (99_999, 4)] {
        let expected = bytes[offset..(offset + length).min(LENGTH)].to_vec();
        assert_eq!(reader.read(offset as u64, length), Ok(expected), "{length} bytes from {offset}");
    }
    for offset in [LENGTH as u64, u64::MAX] {
        assert_eq!(reader.read(offset, 10), Ok(Vec::new()), "there is nothing behind the end");
    }
    let empty = ExportKey { id: export_id(2), ..key };
    scene.write(&empty, &[]);
    assert_eq!(scene.whole(&empty), Some(Vec::new()));
}

pub(super) async fn an_unfinished_file_is_resumed_where_it_is_told<S: Store>(scene: Scene<S>) {
    let (key, bytes) = (key("acme", 1), content(LENGTH));
    let mut writer = scene.store.create_file(&key).expect("the file can be begun");
    append(writer.as_mut(), &bytes[..70_000]);
    assert_eq!(writer.sha256(), <[u8; 32]>::from(Sha256::digest(&bytes[..70_000])));
    writer.sync().expect("the file can be synced");
    append(writer.as_mut(), b"what nobody will miss");
    drop(writer);

    for kept in [70_000, 8_192, 33_333] {
        let resumed = scene.store.resume_file(&key, kept as u64).expect("the file can be resumed");
        let mut writer = resumed.expect("as many bytes are there");
        assert_eq!(writer.sha256(), <[u8; 32]>::from(Sha256::digest(&bytes[..kept])), "of {kept} bytes");
        append(writer.as_mut(), &bytes[kept..70_000]);
    }
    let mut writer = scene.store.resume_file(&key, 70_000).expect("the file can be resumed").expect("it is there");
    append(writer.as_mut(), &bytes[70_000..]);
    assert_eq!(writer.sha256(), <[u8; 32]>::from(Sha256::digest(&bytes)));
    assert!(scene.store.resume_file(&key, LENGTH as u64 + 1).expect("it can be read").is_none(), "it is shorter");
    writer.finish().expect("the file can be finished");
    assert_eq!(scene.whole(&key), Some(bytes));
    assert!(scene.store.resume_file(&key, 1).expect("it can be read").is_none(), "it is finished");
}

pub(super) async fn what_is_not_finished_cannot_be_read<S: Store>(scene: Scene<S>) {
    let key = key("acme", 1);
    assert_eq!(scene.whole(&key), None);
    assert!(scene.store.resume_file(&key, 0).expect("it can be read").is_none());
    let mut writer = scene.store.create_file(&key).expect("the file can be begun");
    append(writer.as_mut(), &content(LENGTH));
    assert_eq!(scene.whole(&key), None);
    drop(writer);
    assert_eq!(scene.whole(&key), None);
    assert_eq!(scene.store.list_files(), Ok(vec![key.clone()]), "but it is there");

    scene.write(&key, b"finished");
    let begun_again = scene.store.create_file(&key).expect("the file can be begun");
    assert_eq!(scene.whole(&key), None, "a file that is begun again is not the one before");
    drop(begun_again);
}

pub(super) async fn a_file_belongs_to_its_tenant<S: Store>(scene: Scene<S>) {
    let (own, others) = (key("acme", 1), key("acme.other", 1));
    scene.write(&own, b"acme's");
    assert_eq!(scene.whole(&others), None);
    scene.write(&others, b"the other's");
    assert_eq!(scene.whole(&own), Some(b"acme's".to_vec()));
    let mut keys = scene.store.list_files().expect("files can be listed");
    keys.sort();
    assert_eq!(keys, [own.clone(), others.clone()]);
    scene.store.delete_file(&others).expect("the file can be removed");
    assert_eq!(scene.whole(&own), Some(b"acme's".to_vec()));
}

pub(super) async fn a_deleted_file_is_gone_and_may_come_again<S: Store>(scene: Scene<S>) {
    let (finished, unfinished) = (key("acme", 1), key("acme", 2));
    assert_eq!(scene.store.delete_file(&finished), Ok(()), "there is no file of this tenant yet");
    scene.write(&finished, &content(LENGTH));
    drop(scene.store.create_file(&unfinished).expect("the file can be begun"));
    let reader = scene.store.open_file(&finished).expect("the file can be opened").expect("it is finished");
    for key in [&finished, &unfinished, &unfinished] {
        assert_eq!(scene.store.delete_file(key), Ok(()));
    }
    assert_eq!(scene.whole(&finished), None);
    assert_eq!(scene.store.list_files(), Ok(Vec::new()));
    let still = read(reader.as_ref(), 0, LENGTH);
    assert_eq!(still, Ok(content(LENGTH)), "a reader that has it open can continue");
    scene.write(&finished, b"new");
    assert_eq!(scene.whole(&finished), Some(b"new".to_vec()));
}
