//! Owns how a ledger knows whether it was closed cleanly: the counter of the store's starts and stops, and the file
//! that lies beside a closed ledger.
//!
//! The counter (the mark `run`) is even after a start and odd after the clean stop that follows. A closed ledger has
//! the file ledger.sum beside it. The file and the counter cannot change in one step, so the file records that a change
//! is under way. After a crash between the steps the ledger counts as not closed, and a removed file can be
//! distinguished from one that was never written.

use crate::{
    data_directory::{Paths, durable},
    error::StoreError,
    ledger::{Ledger, Mark, StopFile, StopRecord, Sums},
};

/// The period from a start of the store to its stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Run(u64);

impl Run {
    /// The run that a mark belongs to.
    pub(super) const fn of(mark: u64) -> Self {
        Self(mark / 2)
    }

    pub(super) const fn number(self) -> u64 {
        self.0
    }

    /// Whether no start has completed yet.
    pub(super) const fn is_first(self) -> bool {
        self.0 == 0
    }

    const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The mark from the start of the run on.
    const fn started(self) -> u64 {
        self.0 * 2
    }

    /// The mark from its clean stop on.
    const fn stopped(self) -> u64 {
        self.0 * 2 + 1
    }
}

impl Ledger {
    /// The contradiction between the ledger and the file beside it, if any.
    pub(crate) fn stop_finding(&self, file: &StopFile) -> Result<Option<&'static str>, StoreError> {
        const OTHER: &str = "ledger.sum belongs to another ledger.db";
        const MISSING: &str = "ledger.db was closed cleanly, and ledger.sum, which was written then, is missing; \
                               restore both from one backup";
        let mark = self.mark(Mark::Run)?;
        Ok(match file {
            StopFile::Missing if mark % 2 == 1 => Some(MISSING),
            StopFile::Read(StopRecord::Closed(sums)) if sums.mark != mark => Some(OTHER),
            StopFile::Read(StopRecord::Changing { mark: changing }) if mark.abs_diff(*changing) > 1 => Some(OTHER),
            StopFile::Missing | StopFile::Damaged | StopFile::Read(_) => None,
        })
    }

    /// Makes the checksums of the last clean stop invalid, before the ledger is changed.
    ///
    /// Then everything in the write-ahead log is checkpointed: where an earlier process failed to sync the log, its
    /// last frames may be in memory alone, and no sync writes them any more.
    pub(super) fn prepare_change(&self, paths: &Paths) -> Result<(), StoreError> {
        let mark = self.mark(Mark::Run)?;
        if mark % 2 == 1 {
            StopRecord::Changing { mark }.write(&paths.ledger_sums(), &self.key)?;
        } else {
            // A ledger that was not closed needs no file beside it. One that a crash left behind would contradict the
            // ledger as soon as the mark advances.
            durable::remove_file(&paths.ledger_sums())?;
        }
        self.settle()
    }

    /// Starts a run: from here on the ledger changes.
    pub(crate) fn begin_run(&mut self, paths: &Paths) -> Result<(), StoreError> {
        self.prepare_change(paths)?;
        let run = Run::of(self.mark(Mark::Run)?).next();
        let change = self.change()?;
        change.raise_mark(Mark::Run, run.started())?;
        change.write_all_sums(run)?;
        change.commit()?;
        self.run = run;
        durable::remove_file(&paths.ledger_sums())
    }

    /// The last step of a clean stop: checkpoints the whole write-ahead log, and writes the checksums of the ledger
    /// beside it.
    pub(crate) fn close_with_sums(mut self, paths: &Paths) -> Result<(), StoreError> {
        let (mark, key) = (self.run.stopped(), self.key.clone());
        StopRecord::Changing { mark }.write(&paths.ledger_sums(), &key)?;
        let change = self.change()?;
        change.raise_mark(Mark::Run, mark)?;
        change.commit()?;
        self.close()?;
        StopRecord::Closed(Sums::of(&paths.ledger(), mark)?).write(&paths.ledger_sums(), &key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{LedgerKey, open_ledger};

    /// A ledger with this mark, and with a record beside it.
    fn ledger_with(paths: &Paths, mark: u64, record: Option<&StopRecord>) -> Ledger {
        let key = LedgerKey::derive(&[7; 32]);
        let mut ledger = Ledger::create(&paths.ledger(), &key).unwrap();
        let change = ledger.change().unwrap();
        change.raise_mark(Mark::Run, mark).unwrap();
        change.commit().unwrap();
        if let Some(record) = record {
            record.write(&paths.ledger_sums(), &key).unwrap();
        }
        ledger
    }

    fn finding(ledger: &Ledger, paths: &Paths) -> Option<&'static str> {
        ledger.stop_finding(&StopRecord::read(&paths.ledger_sums(), &ledger.key).unwrap()).unwrap()
    }

    #[test]
    fn a_crash_between_the_steps_of_a_start_or_a_stop_says_nothing_against_the_ledger() {
        let changing = StopRecord::Changing { mark: 3 };
        for (mark, record) in [(2, None), (2, Some(&changing)), (3, Some(&changing)), (4, Some(&changing)), (4, None)] {
            let directory = tempfile::tempdir().unwrap();
            let paths = Paths::new(directory.path());
            let mut ledger = ledger_with(&paths, mark, record);
            assert_eq!(finding(&ledger, &paths), None, "{mark} {record:?}");
            ledger.begin_run(&paths).unwrap();
            assert!(!paths.ledger_sums().exists());
            assert_eq!(finding(&ledger, &paths), None, "{mark} {record:?}");
            ledger.close_with_sums(&paths).unwrap();
            let ledger = open_ledger(&paths, &LedgerKey::derive(&[7; 32])).unwrap();
            assert_eq!(finding(&ledger, &paths), None, "{mark} {record:?}");
        }
    }

    #[test]
    fn a_removed_record_and_one_of_another_stop_are_found() {
        let earlier = StopRecord::Changing { mark: 1 };
        for (mark, record) in [(3, None), (3, Some(&earlier)), (4, Some(&earlier))] {
            let directory = tempfile::tempdir().unwrap();
            let paths = Paths::new(directory.path());
            let ledger = ledger_with(&paths, mark, record);
            assert!(finding(&ledger, &paths).is_some(), "{mark} {record:?}");
        }
    }
}
