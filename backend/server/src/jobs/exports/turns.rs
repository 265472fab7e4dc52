//! Owns which job runs next: tenants take turns, and the jobs of a tenant are ordered by age.

use std::collections::HashMap;

use auditlog_core::{id::TenantId, store::Export};

/// When each waiting tenant was last served.
#[derive(Debug, Default)]
pub(super) struct Turns {
    served: HashMap<TenantId, u64>,
    last: u64,
}

impl Turns {
    /// The next of the waiting jobs. The jobs of one tenant are ordered by age, as they are listed.
    pub(super) fn next(&mut self, waiting: Vec<Export>) -> Option<Export> {
        // Tenants without waiting jobs are dropped.
        self.served.retain(|tenant, _| waiting.iter().any(|export| export.tenant_id == *tenant));
        let turn = |export: &Export| self.served.get(&export.tenant_id).copied().unwrap_or(0);
        let next = waiting.into_iter().min_by_key(|export| (turn(export), export.created_at, export.id))?;
        self.last += 1;
        self.served.insert(next.tenant_id.clone(), self.last);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use auditlog_core::{
        event::Visibility,
        id::{ApiKeyId, OwnerId},
        store::{ExportId, ExportProgress, ExportRequest, ExportStatus, Revision, TreeHead},
        timestamp::Timestamp,
    };

    use super::*;

    fn export(tenant: &str, created_at: i64) -> Export {
        let created_at = Timestamp::from_micros(created_at);
        let text = String::new;
        Export {
            id: ExportId::from_parts(created_at, [0; 10]),
            tenant_id: TenantId::parse(tenant).unwrap(),
            revision: Revision::FIRST,
            owner: OwnerId::ApiKey(ApiKeyId::from_random([0; 16])),
            request: ExportRequest { query: None, format: text(), compression: text(), columns: None },
            visibility: Visibility::All,
            log: TreeHead { size: 0, root: [0; 32] },
            created_at,
            status: ExportStatus::Pending,
            progress: ExportProgress::NOTHING,
        }
    }

    #[test]
    fn a_tenant_with_many_jobs_does_not_keep_others_waiting() {
        let mut waiting: Vec<_> = (0..4).map(|age| export("busy", age)).collect();
        waiting.push(export("other", 10));
        waiting.push(export("third", 11));
        let mut turns = Turns::default();
        let mut order = Vec::new();
        while let Some(next) = turns.next(waiting.clone()) {
            order.push((next.tenant_id.to_string(), next.created_at.as_micros()));
            waiting.retain(|export| *export != next);
        }
        let expected = [("busy", 0), ("other", 10), ("third", 11), ("busy", 1), ("busy", 2), ("busy", 3)];
        assert_eq!(order, expected.map(|(tenant, age)| (tenant.to_owned(), age)));
        assert!(turns.served.is_empty(), "nothing is remembered of those who wait for nothing");
    }
}
