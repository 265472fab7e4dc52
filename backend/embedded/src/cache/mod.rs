//! The bounded cache in front of sealed files, and the only way to read them.
//!
//! Files are read in blocks of [`BLOCK_BYTES`]. A block's checksum is verified when it is read, so no caller ever sees
//! a byte that does not match the manifest. The cache keeps blocks and results that are expensive to compute: parsed
//! footers, decompressed Parquet pages, and results of queries such as counts. Blocks of Parquet pages are not kept,
//! because the decompressed pages are. Everything in the cache is bounded in bytes. This module knows the weight of
//! entries, and not their meaning.

mod clock;
mod parquet_source;
mod verified_file;

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use parking_lot::Mutex;
use parquet::column::page::Page;

use clock::ClockCache;
pub(crate) use parquet_source::ParquetSource;
pub use verified_file::{BLOCK_BYTES, FileMeta, VerifiedFile};

/// Blocks are spread over this many locks, so that readers seldom wait for each other.
const SHARDS: usize = 16;

/// The approximate memory of a page besides its bytes.
const PAGE_OVERHEAD_BYTES: usize = 256;

/// The approximate memory of an answer besides its own bytes.
const ANSWER_OVERHEAD_BYTES: usize = 128;

/// Memory for blocks, pages, footers and answers, shared by every segment of a store.
pub struct Cache {
    blocks: Vec<Mutex<ClockCache<BlockKey, Bytes>>>,
    pages: Vec<Mutex<ClockCache<PageKey, Page>>>,
    footers: Mutex<ClockCache<u64, Arc<dyn Any + Send + Sync>>>,
    answers: Mutex<ClockCache<AnswerKey, Answer>>,
    next_file: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// One block of one open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct BlockKey {
    file: u64,
    block: u32,
}

/// One decompressed page of one open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PageKey {
    /// The file's name in this cache.
    pub(crate) file: u64,
    /// The row group.
    pub(crate) group: usize,
    /// The leaf column.
    pub(crate) column: usize,
    /// The index of the page in the column chunk.
    pub(crate) page: usize,
}

/// The key of a result computed from files: identifies the files, which do not change, and the query. It is a hash for
/// which no second query can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AnswerKey(pub(crate) [u8; 32]);

/// A computed result, in a form that only the code that computed it knows.
type Answer = Arc<dyn Any + Send + Sync>;

/// Counts of block look-ups since start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookups {
    /// Found in memory.
    pub hits: u64,
    /// Read from the file and verified.
    pub misses: u64,
}

impl Cache {
    /// A cache that holds at most `bytes`: half of it for pages, a quarter for blocks, a sixteenth for answers,
    /// the rest for parsed footers.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let (blocks, pages) = (bytes / 4 / SHARDS, bytes / 2 / SHARDS);
        let answers = bytes / 16;
        Self {
            blocks: (0..SHARDS).map(|_| Mutex::new(ClockCache::new(blocks))).collect(),
            pages: (0..SHARDS).map(|_| Mutex::new(ClockCache::new(pages))).collect(),
            footers: Mutex::new(ClockCache::new(bytes / 4 - answers)),
            answers: Mutex::new(ClockCache::new(answers)),
            next_file: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The hits and misses of block look-ups since start.
    #[must_use]
    pub fn lookups(&self) -> Lookups {
        Lookups { hits: self.hits.load(Ordering::Relaxed), misses: self.misses.load(Ordering::Relaxed) }
    }

    /// The number of bytes it holds now.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        let blocks: usize = self.blocks.iter().map(|shard| shard.lock().used()).sum();
        let pages: usize = self.pages.iter().map(|shard| shard.lock().used()).sum();
        blocks + pages + self.footers.lock().used() + self.answers.lock().used()
    }

    /// A number for a newly opened file, unique in this cache.
    fn name_file(&self) -> u64 {
        self.next_file.fetch_add(1, Ordering::Relaxed)
    }

    fn block(&self, key: BlockKey) -> Option<Bytes> {
        let found = self.shard(key).lock().get(&key);
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn keep_block(&self, key: BlockKey, bytes: Bytes) {
        let weight = bytes.len();
        self.shard(key).lock().insert(key, bytes, weight);
    }

    /// Neighbouring blocks of a file go to different shards, and files start at different ones.
    fn shard(&self, key: BlockKey) -> &Mutex<ClockCache<BlockKey, Bytes>> {
        let at = key.file.wrapping_mul(7).wrapping_add(u64::from(key.block)) % SHARDS as u64;
        &self.blocks[usize::try_from(at).unwrap_or(0)]
    }

    /// A decompressed page, if it is still cached.
    pub(crate) fn page(&self, key: &PageKey) -> Option<Page> {
        self.page_shard(key).lock().get(key)
    }

    /// Caches a decompressed page, as far as there is room.
    pub(crate) fn keep_page(&self, key: PageKey, page: Page) {
        let weight = page.buffer().len() + PAGE_OVERHEAD_BYTES;
        self.page_shard(&key).lock().insert(key, page, weight);
    }

    fn page_shard(&self, key: &PageKey) -> &Mutex<ClockCache<PageKey, Page>> {
        let at = usize::try_from(key.file).unwrap_or(0).wrapping_add(key.group).wrapping_mul(31);
        &self.pages[at.wrapping_add(key.column).wrapping_add(key.page) % SHARDS]
    }

    /// The parsed footer of a file, if it is still cached.
    pub(crate) fn footer<T: Any + Send + Sync>(&self, file: u64) -> Option<Arc<T>> {
        self.footers.lock().get(&file)?.downcast().ok()
    }

    /// Caches the parsed footer of a file, which takes `weight` bytes, as far as there is room.
    pub(crate) fn keep_footer(&self, file: u64, footer: Arc<impl Any + Send + Sync>, weight: usize) {
        self.footers.lock().insert(file, footer, weight);
    }

    /// A computed result, if it is still cached.
    pub(crate) fn answer(&self, key: &AnswerKey) -> Option<Answer> {
        self.answers.lock().get(key)
    }

    /// Caches a computed result of this size in bytes, as far as there is room.
    pub(crate) fn keep_answer(&self, key: AnswerKey, answer: Answer, bytes: usize) {
        self.answers.lock().insert(key, answer, bytes + ANSWER_OVERHEAD_BYTES);
    }
}
