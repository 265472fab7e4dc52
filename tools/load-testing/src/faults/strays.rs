//! Owns stray files that are placed among the server's sealed files between two lives, and the proof that none is lost:
//! the next start moves them to quarantine, or leaves them where they were.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// The target of the link among them, outside the server's disk.
const EVIDENCE: &str = "nobody's to touch";

/// Files, a directory and a link that no server has made.
#[derive(Debug)]
pub(super) struct Strays {
    kept: Vec<Kept>,
    evidence: PathBuf,
}

/// A file that must not be lost.
#[derive(Debug)]
struct Kept {
    before: PathBuf,
    quarantined: PathBuf,
    /// The path of the content inside it; empty if it is the file itself.
    inner: &'static str,
    content: &'static str,
}

/// Where the files must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// At their place or in quarantine: the start may have failed in the middle.
    Either,
    /// In quarantine.
    Quarantined,
}

impl Kept {
    fn content_in(&self, place: &Path) -> PathBuf {
        if self.inner.is_empty() { place.to_owned() } else { place.join(self.inner) }
    }
}

impl Strays {
    /// Places them in a stopped data directory that has segments.
    pub(super) fn leave(data_dir: &Path, elsewhere: &Path) -> io::Result<Self> {
        let (segments, quarantine) = (data_dir.join("segments"), data_dir.join("quarantine"));
        let mut days = fs::read_dir(&segments)?;
        let day = days.next().ok_or_else(|| io::Error::other("the workload has sealed nothing"))??;
        let day_name = day.file_name().to_string_lossy().into_owned();
        fs::create_dir_all(elsewhere)?;
        let evidence = elsewhere.join("evidence");
        fs::write(&evidence, EVIDENCE)?;
        let kept = |before: PathBuf, name: String, inner, content| Kept {
            before,
            quarantined: quarantine.join(name),
            inner,
            content,
        };
        let kept = vec![
            kept(segments.join("note.txt"), "note.txt".to_owned(), "", "a note"),
            kept(segments.join("old"), "old".to_owned(), "inner", "an old file"),
            kept(segments.join("2026-01-01"), "2026-01-01".to_owned(), "evidence", EVIDENCE),
            kept(
                day.path().join("00000000000000f1.index"),
                format!("{day_name}.00000000000000f1.index"),
                "",
                "an index",
            ),
        ];
        fs::create_dir(segments.join("old"))?;
        symlink(elsewhere, segments.join("2026-01-01"))?;
        for kept in kept.iter().filter(|kept| kept.content != EVIDENCE) {
            fs::write(kept.content_in(&kept.before), kept.content)?;
        }
        // The remains of an interrupted seal: only this file is deleted.
        fs::write(day.path().join("ffffffffffffff00.parquet"), "PAR1, and no footer")?;
        Ok(Self { kept, evidence })
    }

    /// The files that are lost, or not at their expected place.
    pub(super) fn missing(&self, expected: Expected) -> Vec<String> {
        let mut missing = Vec::new();
        for kept in &self.kept {
            let is_at =
                |place: &Path| fs::read_to_string(kept.content_in(place)).is_ok_and(|content| content == kept.content);
            if !is_at(&kept.quarantined) && (expected == Expected::Quarantined || !is_at(&kept.before)) {
                missing.push(kept.before.display().to_string());
            }
        }
        if fs::read_to_string(&self.evidence).map_or(true, |content| content != EVIDENCE) {
            missing.push(self.evidence.display().to_string());
        }
        missing
    }
}
