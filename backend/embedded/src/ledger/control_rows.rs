//! Owns reading all control data. Callers destructure [`ControlRows`] completely, so a new kind of record causes a
//! compile error in each caller that does not handle it.

use std::collections::BTreeMap;

use auditlog_core::{
    id::TenantId,
    store::{ApiKey, Export, SavedSearch},
};

use crate::{
    error::StoreError,
    ledger::{Ledger, NumberedTenant, Rows, TenantNumber},
};

/// The rows of all tables of control data. One that cannot be read does not hide the others.
pub(crate) struct ControlRows {
    pub tenants: Result<Rows<NumberedTenant>, StoreError>,
    pub keys: Result<Rows<ApiKey>, StoreError>,
    pub searches: Result<Rows<SavedSearch>, StoreError>,
    pub exports: Result<Rows<Export>, StoreError>,
}

impl Ledger {
    /// Reads all control data.
    pub(crate) fn control_rows(&self) -> ControlRows {
        let tenants = self.tenants();
        let names = tenants.as_ref().map(|tenants| tenant_names(&tenants.rows)).unwrap_or_default();
        let name_of = |number| names.get(&number).cloned();
        ControlRows {
            keys: self.api_keys(name_of),
            searches: self.saved_searches(name_of),
            exports: self.exports(name_of),
            tenants,
        }
    }
}

/// The tenant of each number.
pub(crate) fn tenant_names(tenants: &[NumberedTenant]) -> BTreeMap<TenantNumber, TenantId> {
    tenants.iter().map(|numbered| (numbered.number, numbered.tenant.id.clone())).collect()
}
