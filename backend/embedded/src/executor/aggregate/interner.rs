//! Numbers texts in the order of their first occurrence.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

/// Texts with a number each.
#[derive(Debug, Default)]
pub(super) struct Interner {
    codes: ahash::HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    hashes: Vec<u64>,
    bytes: usize,
}

/// The approximate memory of a text besides its bytes: two references, their count, a hash, a place in the map.
const TEXT_OVERHEAD_BYTES: usize = 88;

impl Interner {
    /// The number of a text.
    pub(super) fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let text: Arc<str> = text.into();
        let code = u32::try_from(self.texts.len()).unwrap_or(u32::MAX - 1);
        self.bytes += text.len() + TEXT_OVERHEAD_BYTES;
        self.hashes.push(xxh3_64(text.as_bytes()));
        self.texts.push(Arc::clone(&text));
        self.codes.insert(text, code);
        code
    }

    /// The text with this number.
    pub(super) fn text(&self, code: u32) -> Arc<str> {
        self.texts.get(code as usize).cloned().unwrap_or_default()
    }

    /// A hash that is the same in every process.
    pub(super) fn hash(&self, code: u32) -> u64 {
        self.hashes.get(code as usize).copied().unwrap_or_default()
    }

    /// The approximate memory of all texts.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
