//! Owns the file that passes a record from `load` to a later `verify`: one line of JSON with the corpus and the
//! tenants, then 20 bytes per acknowledgement.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _},
    path::Path,
};

use auditlog_core::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    corpus::{Content, Corpus, EventNumber, Plan},
    load::{Session, Tenant},
    record::{Acknowledgement, TenantIndex},
};

/// Every acknowledgement of a run, with the parameters to recognise the events.
#[derive(Debug, Clone)]
pub struct RecordFile {
    head: Head,
    receipts: Vec<(u32, Acknowledgement)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Head {
    seed: u64,
    events: u64,
    newest_micros: i64,
    span_micros: u64,
    #[serde(default)]
    content: Content,
    next_event: u64,
    tenants: Vec<String>,
    in_doubt: Vec<(u32, u64)>,
}

impl RecordFile {
    /// Copies the current state of a session.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        let plan = session.corpus.plan();
        let mut receipts = Vec::new();
        let mut in_doubt = Vec::new();
        for (index, number) in session.record.tenants().zip(0..) {
            let snapshot = session.record.snapshot(index, 0);
            receipts.extend(snapshot.acknowledged().map(|receipt| (number, receipt)));
            in_doubt.extend(snapshot.in_doubt.iter().map(|event| (number, event.0)));
        }
        let head = Head {
            seed: plan.seed,
            events: plan.events,
            newest_micros: plan.newest.as_micros(),
            span_micros: plan.span_micros,
            content: plan.content,
            next_event: session.next_event(),
            tenants: session.tenants.iter().map(|tenant| tenant.id.clone()).collect(),
            in_doubt,
        };
        Self { head, receipts }
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        serde_json::to_writer(&mut file, &self.head)?;
        file.write_all(b"\n")?;
        for (tenant, receipt) in &self.receipts {
            file.write_all(&tenant.to_le_bytes())?;
            file.write_all(&receipt.number.0.to_le_bytes())?;
            file.write_all(&receipt.sequence.to_le_bytes())?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    /// Reads the file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut file = BufReader::new(File::open(path)?);
        let mut line = String::new();
        file.read_line(&mut line)?;
        let head = serde_json::from_str(&line)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (rows, rest) = bytes.as_chunks::<20>();
        if !rest.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the record file is truncated"));
        }
        let receipts = rows.iter().map(read_row).collect();
        Ok(Self { head, receipts })
    }

    /// A session with the state of the file. `known` holds the keys of its tenants.
    ///
    /// # Errors
    /// Names the tenant whose key is missing.
    pub fn into_session(self, known: &[Tenant]) -> Result<Session, String> {
        let Head { seed, events, newest_micros, span_micros, content, next_event, tenants, in_doubt } = self.head;
        let plan = Plan { seed, events, newest: Timestamp::from_micros(newest_micros), span_micros, content };
        let key_of = |id: String| {
            let tenant = known.iter().find(|tenant| tenant.id == id);
            tenant.cloned().ok_or_else(|| format!("the key of tenant {id} is missing"))
        };
        let tenants = tenants.into_iter().map(key_of).collect::<Result<Vec<_>, _>>()?;
        let session = Session::new(Corpus::new(plan), tenants, next_event);
        for (tenant, receipt) in self.receipts {
            session.record.acknowledge(index(tenant), &[receipt]);
        }
        for (tenant, number) in in_doubt {
            session.record.doubt(index(tenant), std::iter::once(EventNumber(number)));
        }
        Ok(session)
    }
}

fn index(tenant: u32) -> TenantIndex {
    TenantIndex(usize::try_from(tenant).unwrap_or(usize::MAX))
}

fn read_row(row: &[u8; 20]) -> (u32, Acknowledgement) {
    let mut tenant = [0; 4];
    let (mut number, mut sequence) = ([0; 8], [0; 8]);
    tenant.copy_from_slice(&row[..4]);
    number.copy_from_slice(&row[4..12]);
    sequence.copy_from_slice(&row[12..]);
    let receipt =
        Acknowledgement { number: EventNumber(u64::from_le_bytes(number)), sequence: u64::from_le_bytes(sequence) };
    (u32::from_le_bytes(tenant), receipt)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::api::Credential;

    #[test]
    fn a_record_survives_the_file() {
        let plan = Plan::over_thirty_days(5, NonZeroU64::new(100).unwrap(), Timestamp::from_micros(1 << 50));
        let tenant = Tenant { id: "a".to_owned(), credential: Credential::none() };
        let plan = plan.of(Content::Extended);
        let session = Session::new(Corpus::new(plan.clone()), vec![tenant.clone()], 9);
        session.record.acknowledge(TenantIndex(0), &[Acknowledgement { number: EventNumber(3), sequence: 1 }]);
        session.record.doubt(TenantIndex(0), std::iter::once(EventNumber(8)));
        let path = std::env::temp_dir().join(format!("hammer-record-{}", std::process::id()));
        RecordFile::of(&session).write(&path).unwrap();
        let read = RecordFile::read(&path).unwrap();
        assert!(read.clone().into_session(&[]).is_err(), "a missing key is named");
        let session = read.into_session(&[tenant]).unwrap();
        let snapshot = session.record.snapshot(TenantIndex(0), 0);
        assert_eq!(session.corpus.plan(), &plan);
        assert_eq!(snapshot.at(1), Some(EventNumber(3)));
        assert_eq!(snapshot.at(0), None);
        assert!(snapshot.in_doubt.contains(&EventNumber(8)));
        assert_eq!(session.next_event(), 9);
        std::fs::remove_file(path).unwrap();
    }
}
