//! Damage: flips a bit in each byte of each segment, each index file, the ledger and its checksums, and cuts each file
//! at each offset. `check` must report it, and a fixed set of API queries must answer exactly as before or with an
//! error, or the store must refuse to open.
//!
//! All cases take a quarter of an hour on two cores (`make damage`); without `DAMAGE_EVERY=1` one case in
//! [`CASES_PER_TEST`] is tried.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should fail where it stands")]

mod cases;
mod questions;
mod small_store;
mod switch;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use cases::{Case, Damage, Verdict, Verdicts};
use questions::Questions;
use small_store::{Inventory, SmallStore};

/// Odd, so that flips and cuts alternate.
const CASES_PER_TEST: usize = 7;

/// One case in this many is tried; the environment variable `DAMAGE_EVERY` overrides it.
fn cases_per_test() -> usize {
    let set = std::env::var("DAMAGE_EVERY").ok();
    set.map_or(CASES_PER_TEST, |every| every.parse().expect("DAMAGE_EVERY is a number from 1"))
}

/// A directory in memory if there is one: every case writes a file and opens a store, which would wear a disk.
fn scratch_directory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

#[test]
fn flipped_bytes_and_cuts_are_reported_and_never_served() {
    let scratch = tempfile::tempdir_in(scratch_directory()).unwrap();
    let store = SmallStore::build(&scratch.path().join("template"));
    let inventory = Inventory::of(store.directory());
    assert!(inventory.count(".parquet") >= 2 && inventory.count(".index") >= 2, "{inventory:?}");
    assert!(inventory.count("ledger.db") == 1 && inventory.count("ledger.sum") == 1, "{inventory:?}");

    let all = cases::all(&inventory);
    assert_eq!(all.len(), 2 * inventory.bytes(), "each byte is flipped once and each offset is cut at once");
    let cases: Vec<Case> = all.into_iter().step_by(cases_per_test()).collect();
    let next = AtomicUsize::new(0);
    let verdicts = thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|worker| {
                let (directory, store, inventory) = (scratch.path().join(format!("copy-{worker}")), &store, &inventory);
                let (cases, next) = (&cases, &next);
                scope.spawn(move || judge(&Worker { directory, store, inventory }, cases, next))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).fold(Verdicts::default(), Verdicts::plus)
    });

    tell(&format!("{} bytes, {verdicts:?}", inventory.bytes()));
    assert_eq!(verdicts.wrong, Vec::<String>::new());
    assert_eq!(verdicts.total(), cases.len());
    assert!(verdicts.refused > 0, "a damaged ledger is refused");
    assert!(verdicts.failed > 0, "queries that need damaged blocks fail");
}

/// Prints past the test harness: the test takes minutes and should show its progress.
fn tell(text: &str) {
    let mut console = std::io::stderr();
    writeln!(console, "damage: {text}").unwrap();
}

/// The state of one thread: a copy of the store that it may damage.
struct Worker<'a> {
    directory: PathBuf,
    store: &'a SmallStore,
    inventory: &'a Inventory,
}

fn judge(worker: &Worker<'_>, cases: &[Case], next: &AtomicUsize) -> Verdicts {
    worker.inventory.write_all(&worker.directory);
    let questions = Questions::serve(worker.store);
    let undamaged = questions.ask(&worker.directory).unwrap();
    assert!(undamaged.iter().all(|answer| answer.status == 200), "{undamaged:?}");
    worker.inventory.restore(&worker.directory);
    let mut verdicts = Verdicts::default();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(case) = cases.get(index) else { return verdicts };
        if index.is_multiple_of(20_000) {
            tell(&format!("{index} of {} cases", cases.len()));
        }
        case.inflict(&worker.directory, worker.inventory);
        let verdict = cases::verdict(&worker.directory, (&questions, &undamaged));
        worker.inventory.restore(&worker.directory);
        worker.inventory.restore_file(&worker.directory, case.file);
        verdicts.add(verdict, case, worker.inventory);
    }
}

impl Verdicts {
    fn add(&mut self, verdict: Verdict, case: &Case, inventory: &Inventory) {
        match verdict {
            Verdict::Refused => self.refused += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::Unharmed => self.unharmed += 1,
            Verdict::Wrong(reason) => {
                let name = inventory.name(case.file);
                self.wrong.push(match case.damage {
                    Damage::Flip { offset, mask } => format!("{name}, byte {offset} xor {mask:#04x}: {reason}"),
                    Damage::Cut { bytes } => format!("{name}, cut to {bytes} bytes: {reason}"),
                });
                assert!(self.wrong.len() < 20, "{:#?}", self.wrong);
            }
        }
    }
}
