//! Downloads the file of an export. Resumes the file that an earlier command left incomplete, and accepts a file only
//! if its length and SHA-256 are those in the manifest.

use super::{part_file::PartFile, resume::Resume};
use crate::{
    client::{Arrival, Client, FileFacts},
    failure::Failure,
    output::{Console, Progress, Unit, counted},
};

const BUFFER_BYTES: usize = 256 << 10;

/// A file that is to be fetched.
pub(super) struct Fetch<'a> {
    pub(super) client: &'a Client,
    pub(super) console: &'a Console,
    pub(super) resume: &'a Resume,
    pub(super) facts: &'a FileFacts,
}

impl Fetch<'_> {
    /// Fetches what is left, and all of it where what is there is not of this file.
    pub(super) fn run(&self, part: &mut PartFile) -> Result<(), Failure> {
        if part.length() > self.facts.bytes {
            self.discard(part)?;
        } else if part.length() > 0 {
            let there = counted(part.length(), "byte");
            self.console.note(format!("resuming after {there} of {}", part.path().display()));
        }
        loop {
            self.fetch_rest(part)?;
            if part.sha256() == self.facts.sha256 {
                return Ok(());
            }
            if part.found() == 0 {
                return Err(self.damaged(&part.sha256()));
            }
            self.discard(part)?;
        }
    }

    fn fetch_rest(&self, part: &mut PartFile) -> Result<(), Failure> {
        let progress = Progress::new(self.console, Unit::PlainBytes, self.facts.bytes);
        let fetched = self.fetch_watched(part, &progress);
        progress.finish();
        fetched
    }

    fn fetch_watched(&self, part: &mut PartFile, progress: &Progress) -> Result<(), Failure> {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut download = self.client.fetch_export(&self.resume.id, self.facts, part.length());
        loop {
            progress.set(part.length(), 0);
            match download.read(&mut buffer).map_err(|error| self.resume.interrupted_by(error))? {
                Arrival::Bytes(count) => {
                    part.append(&buffer[..count]).map_err(|failure| failure.hint(self.resume.hint()))?;
                }
                Arrival::Anew => self.discard(part)?,
                Arrival::End => return Ok(()),
            }
        }
    }

    fn discard(&self, part: &mut PartFile) -> Result<(), Failure> {
        let path = part.path().display();
        self.console.note(format!("what was left in {path} is not of this file; fetching all of it"));
        part.restart()
    }

    fn damaged(&self, sha256: &str) -> Failure {
        Failure::failed("what came is not the file that the server made")
            .detail(format!("SHA-256 of what came    {sha256}"))
            .detail(format!("SHA-256 by the manifest  {}", self.facts.sha256))
            .hint(format!("to fetch it once more:\n  {}", self.resume))
    }
}
