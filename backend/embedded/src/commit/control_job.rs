//! Owns changes of control data: checked in order against the current data, then made durable with their audit events.

use std::collections::BTreeMap;

use auditlog_core::store::{ControlError, Urgency};

use crate::{
    commit::{ControlJob, Draft, Writer},
    control::{ChangedRow, Planned, RowChange},
    error::StoreError,
    ledger::Change,
};

impl Writer {
    /// Performs the job and replies. Fails only where the ledger fails.
    pub(super) fn apply(&mut self, job: ControlJob) -> Result<(), StoreError> {
        let ControlJob { urgency, conditions, changes, audit, reply } = job;
        let has_space = match urgency {
            Urgency::Ordinary => self.reserve.check_ordinary(),
            Urgency::Protective => self.reserve.make_room(),
        };
        if let Err(refusal) = has_space {
            drop(reply.send(Err(refusal.into())));
            return Ok(());
        }
        let planned = match self.control.plan(&conditions, changes) {
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
        let outcome = self.commit(draft, |change| write(&planned, change));
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

fn write(planned: &Planned, change: &Change<'_>) -> Result<(), StoreError> {
    planned.write(
        |tenant| change.put_tenant(tenant),
        |ChangedRow { tenant, id, row }| match row {
            RowChange::Put(key) => change.put_api_key(key, tenant),
            RowChange::Delete => change.delete_api_key(id),
        },
        |ChangedRow { tenant, id, row }| match row {
            RowChange::Put(search) => change.put_saved_search(search, tenant),
            RowChange::Delete => change.delete_saved_search(id, tenant),
        },
        |ChangedRow { tenant, id, row }| match row {
            RowChange::Put(export) => change.put_export(export, tenant),
            RowChange::Delete => change.delete_export(id, tenant),
        },
    )
}
