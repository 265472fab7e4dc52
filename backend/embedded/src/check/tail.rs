//! Owns reading the unsealed commits back.

use std::collections::BTreeMap;

use auditlog_core::leaf::Hash;

use crate::{
    check::manifest::Manifest,
    error::StoreError,
    ledger::{Ledger, TenantNumber},
    recovery::Replay,
};

/// What the commits hold.
#[derive(Debug, Default)]
pub(super) struct Tails {
    /// The recomputed leaf hashes of each tenant, behind its sealed ones.
    pub leaves: BTreeMap<TenantNumber, Vec<Hash>>,
    /// The first thing that is wrong; nothing behind it was read.
    pub problem: Option<String>,
}

/// Reads every commit and recomputes every leaf.
pub(super) fn read(ledger: &Ledger, manifest: &Manifest) -> Tails {
    let mut tails = Tails::default();
    let outcome = Replay::start(&manifest.names, manifest.trees(), manifest.sealed_commit).and_then(|mut replay| {
        ledger.for_each_commit(|commit| {
            for request in replay.add(commit)? {
                tails.leaves.entry(request.number).or_default().extend(request.leaf_hashes);
            }
            Ok::<_, StoreError>(())
        })
    });
    tails.problem = outcome.err().map(|error| error.to_string());
    tails
}
