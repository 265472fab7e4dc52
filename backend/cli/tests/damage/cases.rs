//! Owns the damage cases and their verdicts.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt as _,
    path::Path,
};

use auditlog_embedded::check;

use crate::{
    questions::{Answer, Questions},
    small_store::{FileIndex, Inventory},
};

/// One damaged file.
pub(crate) struct Case {
    pub(crate) file: FileIndex,
    pub(crate) damage: Damage,
}

/// The damage.
pub(crate) enum Damage {
    Flip { offset: usize, mask: u8 },
    Cut { bytes: usize },
}

/// The verdict on a case. In every allowed one `check` reported the damage.
pub(crate) enum Verdict {
    /// The store did not open.
    Refused,
    /// At least one question was answered with an error, every other one as before.
    Failed,
    /// Every question was answered as before.
    Unharmed,
    /// Anything else, which is a failure.
    Wrong(String),
}

/// How many cases had which verdict.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) refused: usize,
    pub(crate) failed: usize,
    pub(crate) unharmed: usize,
    pub(crate) wrong: Vec<String>,
}

impl Verdicts {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            refused: self.refused + other.refused,
            failed: self.failed + other.failed,
            unharmed: self.unharmed + other.unharmed,
            wrong: [self.wrong, other.wrong].concat(),
        }
    }

    pub(crate) fn total(&self) -> usize {
        self.refused + self.failed + self.unharmed + self.wrong.len()
    }
}

/// Every byte flipped in one bit, which differs from byte to byte, and every shorter length.
pub(crate) fn all(inventory: &Inventory) -> Vec<Case> {
    let mut cases = Vec::with_capacity(2 * inventory.bytes());
    for (file, bytes) in inventory.files() {
        for offset in 0..bytes {
            let mask = 1 << (offset.wrapping_mul(0x9e37_79b9) >> 7 & 7);
            cases.push(Case { file, damage: Damage::Flip { offset, mask } });
            cases.push(Case { file, damage: Damage::Cut { bytes: offset } });
        }
    }
    cases
}

/// Judges the store in a damaged directory.
pub(crate) fn verdict(directory: &Path, known: (&Questions, &[Answer])) -> Verdict {
    let (questions, undamaged) = known;
    if let Ok(report) = check::run(directory, &mut |_| {})
        && report.verification.is_intact()
    {
        return Verdict::Wrong("check reports nothing".to_owned());
    }
    let Ok(answers) = questions.ask(directory) else { return Verdict::Refused };
    let mut verdict = Verdict::Unharmed;
    for (answer, before) in answers.iter().zip(undamaged) {
        if answer == before {
            continue;
        }
        if answer.status < 500 {
            return Verdict::Wrong(format!("{} answered {} {}", before.question, answer.status, answer.body));
        }
        verdict = Verdict::Failed;
    }
    verdict
}

impl Case {
    pub(crate) fn inflict(&self, directory: &Path, inventory: &Inventory) {
        let path = directory.join(inventory.name(self.file));
        let file = OpenOptions::new().write(true).open(path).unwrap();
        match self.damage {
            Damage::Flip { offset, mask } => {
                let flipped = inventory.content(self.file)[offset] ^ mask;
                file.write_all_at(&[flipped], offset as u64).unwrap();
            }
            Damage::Cut { bytes } => file.set_len(bytes as u64).unwrap(),
        }
    }
}

/// Removes the files that an open store leaves beside those of the inventory.
pub(crate) fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{}: {error}", path.display()),
        _ => {}
    }
}
