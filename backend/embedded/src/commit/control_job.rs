//! Owns changes of control data: checked in order against the current data, then made durable with their audit events.

use std::collections::BTreeMap;

use auditlog_core::store::{ControlError, Urgency};

use crate::{
    commit::{ControlJob, Draft, Writer},
    control::{Planned, RowChange},
    error::StoreError,
};

impl Writer {
    /// Performs the job and replies. Fails only where the ledger fails.
    pub(super) fn apply(&mut self, job: ControlJob) -> Result<(), StoreError> {
        let ControlJob { urgency, changes, audit, reply } = job;
        let has_space = match urgency {
            Urgency::Ordinary => self.reserve.check_ordinary(),
            Urgency::Protective => self.reserve.make_room(),
        };
        if let Err(refusal) = has_space {
            drop(reply.send(Err(refusal.into())));
            return Ok(());
        }
        let planned = match self.control.plan(changes) {
            Ok(planned) => planned,
            Err(refusal) => {
                drop(reply.send(Err(refusal)));
                return Ok(());
            }
        };
        let new_tenants: BTreeMap<_, _> =
            planned.tenants().map(|numbered| (numbered.tenant.id.clone(), numbered.number)).collect();
        let mut draft = Draft::default();
        for append in audit {
            let placed = self.receipts.check(append.received_at);
            if let Err(refusal) = placed.and_then(|()| self.place(&mut draft, append, &new_tenants)) {
                drop(reply.send(Err(ControlError::NotStored(refusal))));
                return Ok(());
            }
        }
        let outcome = self.commit(draft, |change| planned.write(change));
        let answer = match &outcome {
            Ok(()) => {
                self.control.show(planned);
                Ok(())
            }
            Err(error) => {
                let stopped = auditlog_core::store::AppendError::Stopped(error.to_string());
                Err(ControlError::NotStored(stopped))
            }
        };
        drop(reply.send(answer));
        outcome
    }
}

impl Planned {
    fn write(&self, change: &crate::ledger::Change<'_>) -> Result<(), StoreError> {
        for tenant in self.tenants() {
            change.put_tenant(tenant)?;
        }
        for (id, row, tenant) in self.api_keys() {
            match row {
                RowChange::Put(key) => change.put_api_key(key, tenant)?,
                RowChange::Delete => change.delete_api_key(id)?,
            }
        }
        for (tenant, id, row) in self.saved_searches() {
            match row {
                RowChange::Put(search) => change.put_saved_search(search, tenant)?,
                RowChange::Delete => change.delete_saved_search(id, tenant)?,
            }
        }
        for (tenant, id, row) in self.exports() {
            match row {
                RowChange::Put(export) => change.put_export(export, tenant)?,
                RowChange::Delete => change.delete_export(id, tenant)?,
            }
        }
        Ok(())
    }
}
