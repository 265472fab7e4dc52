//! Owns the number of bytes a thread has written, as the operating system counts it.
//!
//! SQLite does not report how many pages a checkpoint of its write-ahead log has written, and the length of the log
//! does not show it either: a page that occurs in the log several times is written to the database file only once.

use std::fs;

/// The number of bytes that the calling thread has passed to write calls since it started. 0 on systems that do not
/// count them: only Linux does.
pub(super) fn bytes() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/io").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}
