//! Owns verification of a store that is in use.

use std::{collections::BTreeMap, sync::Arc};

use auditlog_core::{
    id::TenantId,
    query::QueryBudget,
    store::{Findings, QueryError, Verification},
};

use crate::{
    check::pass::{Pass, Recorded},
    engine::Engine,
    error::StoreError,
    ledger::{Ledger, LedgerKey},
    segment::{Segment, SegmentFiles, SegmentId},
};

/// Reads the log of one tenant, or everything, back from disk. Blocks the thread; commits continue.
pub(crate) fn verify(
    engine: &Engine,
    tenant: Option<&TenantId>,
    budget: &QueryBudget,
) -> Result<Verification, QueryError> {
    budget.check()?;
    let Stored { recorded, segments } = Stored::read(engine)?;
    let paths = engine.directory.paths();
    let pass = Pass {
        paths,
        open: &|meta, cache| match segments.get(&meta.id) {
            Some(segment) => SegmentFiles::of(segment, cache),
            None => SegmentFiles::open(&paths.day(meta.day), meta, cache),
        },
        wanted: tenant,
        step: &mut |_| Ok(budget.check()?),
    };
    pass.run(recorded)
}

/// The records to compare, all of one moment.
struct Stored {
    recorded: Recorded,
    segments: BTreeMap<SegmentId, Arc<Segment>>,
}

impl Stored {
    /// Reads the ledger while nothing is sealed or compacted, so that its rows and the open segments agree. The ledger
    /// is released before the segments are read, because its write-ahead log cannot be reset while it is read.
    fn read(engine: &Engine) -> Result<Self, StoreError> {
        let _no_compaction = engine.compacting.lock();
        let _no_seal = engine.sealing.lock();
        let key = LedgerKey::derive(&engine.directory.secrets().pepper);
        let ledger = Ledger::open_read_only(&engine.directory.paths().ledger(), &key)?.freeze()?;
        let recorded = Recorded::read(&ledger, Findings::default());
        let views = engine.published.logs();
        let parts = views.iter().flat_map(|view| view.parts.iter());
        let segments = parts.map(|part| (part.segment.meta().id, Arc::clone(&part.segment))).collect();
        Ok(Self { recorded, segments })
    }
}
