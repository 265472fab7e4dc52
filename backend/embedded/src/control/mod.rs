//! Owns tenants, API keys, saved searches and exports in memory, and the rules by which they change. The ledger owns
//! the tables.

mod api_keys;
mod by_tenant;
mod exports;
mod leases;
mod plan;
mod saved_searches;
mod tenants;

use std::time::{Duration, Instant};

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::Scope,
    store::{
        ApiKey, ApiKeyCounts, ApiKeyPosition, Condition, ControlChange, ControlError, Export, ExportId, ExportKey,
        ExportStatus, LeaseId, RecordName, Revision, SavedSearch, SavedSearchId, Tenant,
    },
    timestamp::Timestamp,
};
use parking_lot::RwLock;
use tokio::sync::watch;

pub(crate) use by_tenant::RowChange;
pub(crate) use plan::{ChangedRow, Planned};

use api_keys::ApiKeys;
use by_tenant::ByTenant;
use leases::Leases;
use plan::Plan;
use tenants::Tenants;

use crate::ledger::NumberedTenant;

/// Every tenant, key, saved search and export as of the last commit. The writer alone changes it; the leases of exports
/// are no part of any commit.
#[derive(Debug)]
pub(crate) struct Control {
    entries: RwLock<Entries>,
    records: RwLock<Records>,
    /// Rises with every change of a tenant or a key.
    version: watch::Sender<u64>,
}

/// Control data as it is read from the ledger.
pub(crate) struct ControlRecords {
    pub tenants: Vec<NumberedTenant>,
    pub keys: Vec<ApiKey>,
    pub searches: Vec<SavedSearch>,
    pub exports: Vec<Export>,
}

#[derive(Debug)]
struct Entries {
    tenants: Tenants,
    keys: ApiKeys,
}

/// The kinds of records of which a tenant has any number.
#[derive(Debug)]
struct Records {
    searches: ByTenant<SavedSearch>,
    exports: ByTenant<Export>,
    leases: Leases,
}

impl Control {
    pub(crate) fn new(records: ControlRecords) -> Self {
        let ControlRecords { tenants, keys, searches, exports } = records;
        let entries = Entries { tenants: Tenants::new(tenants), keys: ApiKeys::new(keys) };
        let (searches, exports) = (ByTenant::new(searches), ByTenant::new(exports));
        let records = Records { searches, exports, leases: Leases::default() };
        Self { entries: RwLock::new(entries), records: RwLock::new(records), version: watch::Sender::new(0) }
    }

    pub(crate) fn version(&self) -> u64 {
        *self.version.borrow()
    }

    /// Resolves with the version as soon as it differs from `seen`.
    pub(crate) async fn changed_since(&self, seen: u64) -> u64 {
        let mut versions = self.version.subscribe();
        if let Ok(version) = versions.wait_for(|version| *version != seen).await.map(|version| *version) {
            return version;
        }
        // Not reached, because this object owns the sender; without a sender nothing would change any more.
        std::future::pending().await
    }

    pub(crate) fn tenant(&self, id: &TenantId) -> Option<NumberedTenant> {
        self.entries.read().tenants.get(id).cloned()
    }

    /// The tenants after an id, at most `limit`.
    pub(crate) fn tenants(&self, after: Option<&TenantId>, limit: usize) -> Vec<Tenant> {
        self.entries.read().tenants.part(after, limit)
    }

    pub(crate) fn api_key(&self, id: &ApiKeyId) -> Option<ApiKey> {
        self.entries.read().keys.get(id).cloned()
    }

    /// The keys of a scope after a position, at most `limit`.
    pub(crate) fn api_keys(&self, scope: &Scope, after: Option<&ApiKeyPosition>, limit: usize) -> Vec<ApiKey> {
        self.entries.read().keys.part(scope, after, limit)
    }

    pub(crate) fn count_api_keys(&self, scope: &Scope, now: Timestamp) -> ApiKeyCounts {
        self.entries.read().keys.count(scope, now)
    }

    pub(crate) fn saved_search(&self, tenant_id: &TenantId, id: SavedSearchId) -> Option<SavedSearch> {
        self.records.read().searches.get(tenant_id, id)
    }

    /// A tenant's saved searches, by name and id.
    pub(crate) fn saved_searches(&self, tenant_id: &TenantId) -> Vec<SavedSearch> {
        let mut searches: Vec<_> = self.records.read().searches.of(tenant_id).cloned().collect();
        searches.sort_by(|left, right| (&left.name, left.id).cmp(&(&right.name, right.id)));
        searches
    }

    pub(crate) fn export(&self, tenant_id: &TenantId, id: ExportId) -> Option<Export> {
        self.records.read().exports.get(tenant_id, id)
    }

    /// A tenant's exports, by creation and id.
    pub(crate) fn exports(&self, tenant_id: &TenantId) -> Vec<Export> {
        let mut exports: Vec<_> = self.records.read().exports.of(tenant_id).cloned().collect();
        sort_exports(&mut exports);
        exports
    }

    /// Every export, by tenant, creation and id.
    pub(crate) fn all_exports(&self) -> Vec<Export> {
        let mut exports: Vec<_> = self.records.read().exports.all().cloned().collect();
        sort_exports(&mut exports);
        exports
    }

    /// Every pending export that no worker has leased, by tenant, creation and id.
    pub(crate) fn waiting_exports(&self) -> Vec<Export> {
        let now = Instant::now();
        let records = self.records.read();
        let is_waiting =
            |export: &&Export| export.status == ExportStatus::Pending && !records.leases.is_leased(&export.key(), now);
        let mut exports: Vec<_> = records.exports.all().filter(is_waiting).cloned().collect();
        drop(records);
        sort_exports(&mut exports);
        exports
    }

    /// Leases a pending export that no other worker has.
    pub(crate) fn lease_export(&self, key: ExportKey, lease: LeaseId, duration: Duration) -> Option<Export> {
        let mut records = self.records.write();
        let export = records.pending_export(&key)?;
        records.leases.take(key, lease, Instant::now(), duration).then_some(export)
    }

    /// Extends a lease of a pending export.
    pub(crate) fn renew_lease(&self, key: &ExportKey, lease: LeaseId, duration: Duration) -> Option<Export> {
        let mut records = self.records.write();
        let export = records.pending_export(key)?;
        records.leases.renew(key, lease, Instant::now(), duration).then_some(export)
    }

    pub(crate) fn release_lease(&self, key: &ExportKey, lease: LeaseId) {
        self.records.write().leases.release(key, lease);
    }

    /// Checks the conditions, and then the changes in order, each against the result of the ones before it.
    pub(crate) fn plan(&self, conditions: &[Condition], changes: Vec<ControlChange>) -> Result<Planned, ControlError> {
        let (entries, records) = (self.entries.read(), self.records.read());
        let mut plan = Plan::new(&entries, &records);
        conditions.iter().try_for_each(|condition| plan.check(condition))?;
        changes.into_iter().try_for_each(|change| plan.add(change))?;
        plan.finish()
    }

    /// Publishes changes that have become durable.
    pub(crate) fn show(&self, planned: Planned) {
        let changes_credentials = planned.changes_credentials();
        let Planned { tenants, keys, searches, exports, key_tenants: _ } = planned;
        {
            let (mut entries, mut records) = (self.entries.write(), self.records.write());
            entries.tenants.show(tenants);
            entries.keys.show(keys);
            records.searches.show(searches.planned);
            records.leases.end(&exports.planned);
            records.exports.show(exports.planned);
        }
        if changes_credentials {
            self.version.send_modify(|version| *version += 1);
        }
    }
}

impl Records {
    fn pending_export(&self, key: &ExportKey) -> Option<Export> {
        self.exports.get(&key.tenant_id, key.id).filter(|export| export.status == ExportStatus::Pending)
    }
}

fn sort_exports(exports: &mut [Export]) {
    exports.sort_by(|left, right| {
        (&left.tenant_id, left.created_at, left.id).cmp(&(&right.tenant_id, right.created_at, right.id))
    });
}

/// Checks that a record has the revision on which its change was decided. `None` accepts any.
fn expect_revision(name: RecordName, stored: Revision, expected: Option<Revision>) -> Result<(), ControlError> {
    match expected {
        Some(expected) if expected != stored => Err(ControlError::Conflict(name)),
        Some(_) | None => Ok(()),
    }
}
