//! Owns the small store that is damaged: three tenants, two segments, a tail in the ledger, closed cleanly.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use auditlog_core::{
    clock::{Clock, Entropy},
    timestamp::Timestamp,
};
use auditlog_embedded::{EmbeddedStore, Maintenance, Options};

use crate::{cases::remove, questions::Questions};

/// A clock that never advances: two answers to one question must not differ by their time.
pub(crate) struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_795_000_000_000_000)
    }
}

/// Entropy that only counts up: this store protects nothing.
#[derive(Default)]
pub(crate) struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            chunk.copy_from_slice(&number.to_be_bytes()[..chunk.len()]);
        }
    }
}

/// The store and its tenants.
pub(crate) struct SmallStore {
    directory: PathBuf,
    pub(crate) tenants: Vec<(String, String)>,
}

impl SmallStore {
    /// Builds the store and closes it.
    pub(crate) fn build(directory: &Path) -> Self {
        let mut store = Self { directory: directory.to_owned(), tenants: Vec::new() };
        let questions = Questions::serve(&store);
        let opened = questions.open(directory).unwrap();
        store.tenants = questions.create_tenants();
        for (_, key) in &store.tenants {
            questions.save_search(key);
        }
        for round in 0..3 {
            for (index, (_, key)) in store.tenants.iter().enumerate() {
                questions.send(key, &events(Lot { round, tenant: index }));
            }
            // The last round's events stay in the tail.
            if round < 2 {
                assert_eq!(questions.block_on(opened.seal()).unwrap(), 1);
            }
        }
        drop(opened);
        questions.close();
        store
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Opens a store the way every case does.
pub(crate) fn open(directory: &Path) -> Result<EmbeddedStore, String> {
    let mut options = Options::new(directory);
    options.maintenance = Maintenance::OnDemand;
    options.min_free_bytes = 0;
    EmbeddedStore::open(options, Arc::new(StoppedClock), Arc::new(CountingEntropy::default()))
        .map_err(|error| error.to_string())
}

/// The events of one tenant that are sent in one round.
struct Lot {
    round: usize,
    tenant: usize,
}

/// Eight events, with every field that the questions use.
fn events(Lot { round, tenant }: Lot) -> String {
    let event = |number: usize| {
        let place = round * 8 + number;
        format!(
            r#"{{"id":"019a8f00-0000-7000-8000-{tenant:04x}{place:08x}","occurred_at":"2026-11-1{round}T10:0{number}:00Z",
            "action":"document.{}","actor":{{"type":"user","id":"user-{}","name":"Ann {number}"}},
            "targets":[{{"type":"document","id":"doc-{place}"}}],"source":{{"service":"docs"}},
            "context":{{"ip":"10.0.{tenant}.{place}","request_id":"req-{tenant}-{place}"}},
            "message":"word{number} common round{round}"}}"#,
            ["read", "update"][number % 2],
            number % 3,
        )
    };
    format!("[{}]", (0..8).map(event).collect::<Vec<_>>().join(","))
}

/// The index of a file in the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIndex(usize);

/// The files to damage, with their content, and the others that belong to the store.
pub(crate) struct Inventory {
    damaged: Vec<(PathBuf, Vec<u8>)>,
    others: Vec<(PathBuf, Vec<u8>)>,
}

impl std::fmt::Debug for Inventory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes = self.damaged.iter().map(|(path, content)| (path.display().to_string(), content.len()));
        formatter.debug_map().entries(sizes).finish()
    }
}

impl Inventory {
    pub(crate) fn of(directory: &Path) -> Self {
        let mut files = Vec::new();
        collect(directory, Path::new(""), &mut files);
        files.sort();
        let (damaged, others) = files.into_iter().partition(|(path, _)| {
            let name = path.to_string_lossy();
            name.ends_with(".parquet") || name.ends_with(".index") || name == "ledger.db" || name == "ledger.sum"
        });
        Self { damaged, others }
    }

    pub(crate) fn count(&self, ending: &str) -> usize {
        self.damaged.iter().filter(|(path, _)| path.to_string_lossy().ends_with(ending)).count()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.damaged.iter().map(|(_, content)| content.len()).sum()
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (FileIndex, usize)> {
        self.damaged.iter().enumerate().map(|(index, (_, content))| (FileIndex(index), content.len()))
    }

    pub(crate) fn name(&self, file: FileIndex) -> String {
        self.damaged[file.0].0.display().to_string()
    }

    pub(crate) fn content(&self, file: FileIndex) -> &[u8] {
        &self.damaged[file.0].1
    }

    /// Writes the whole store to a new directory.
    pub(crate) fn write_all(&self, directory: &Path) {
        for (path, content) in self.damaged.iter().chain(&self.others) {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
        }
    }

    /// Restores what opening the store changed: the ledger, its log and its checksums.
    pub(crate) fn restore(&self, directory: &Path) {
        for name in ["ledger.db-wal", "ledger.db-shm"] {
            remove(&directory.join(name));
        }
        for (file, _) in self.files() {
            if self.name(file).starts_with("ledger.") {
                self.restore_file(directory, file);
            }
        }
    }

    pub(crate) fn restore_file(&self, directory: &Path, file: FileIndex) {
        fs::write(directory.join(self.name(file)), self.content(file)).unwrap();
    }
}

fn collect(root: &Path, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(root.join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = below.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            collect(root, &path, files);
        } else {
            files.push((path.clone(), fs::read(root.join(&path)).unwrap()));
        }
    }
}
