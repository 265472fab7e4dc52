//! Proves the acknowledgements: each event is found exactly once, only in its own tenant, at its acknowledged sequence,
//! with the content that was sent. Queries the server through its API like any reader.

mod points;
mod walk;

use std::sync::Arc;

pub use points::PointPlan;
use serde::Serialize;

use crate::{
    api::{Address, CallError},
    load::Session,
    record::{Kind, TenantIndex},
};

/// The options of a verification.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The start of each tenant's walk: 0 walks its whole log, unfiltered; a higher sequence walks the matches of
    /// `sequence>=`.
    pub first_sequences: Vec<u64>,
    /// The order of the walk.
    pub direction: Direction,
    /// The number of events to fetch by id.
    pub points: PointPlan,
}

/// The order of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The API's default.
    NewestFirst,
    /// The reverse.
    OldestFirst,
}

impl Direction {
    /// The API's name for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewestFirst => "newest",
            Self::OldestFirst => "oldest",
        }
    }
}

/// The coverage of a verification. Mistakes are among the record's violations.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verified {
    /// Events walked over.
    pub walked: u64,
    /// Pages read.
    pub pages: u64,
    /// Events found that had been sent but never acknowledged: once each, which is allowed.
    pub unacknowledged_found: u64,
    /// Events fetched by id.
    pub gets: u64,
    /// Fetches of one tenant's event by another tenant: each must find nothing.
    pub foreign_gets: u64,
    /// The sequence after each tenant's last event, where its next walk may begin.
    #[serde(skip)]
    pub heads: Vec<u64>,
}

impl Verified {
    /// Adds another verification.
    pub fn add(&mut self, other: &Self) {
        self.walked += other.walked;
        self.pages += other.pages;
        self.unacknowledged_found += other.unacknowledged_found;
        self.gets += other.gets;
        self.foreign_gets += other.foreign_gets;
    }
}

/// Verifies all tenants concurrently. No events may be sent meanwhile.
///
/// # Errors
/// Describes why the server could not be queried; broken promises are not an error here.
pub async fn run(session: &Arc<Session>, address: Address, plan: &Plan) -> Result<Verified, CallError> {
    let tasks: Vec<_> = session
        .record
        .tenants()
        .map(|tenant| tokio::spawn(verify_tenant(Arc::clone(session), address, tenant, plan.clone())))
        .collect();
    let mut verified = Verified::default();
    for task in tasks {
        match task.await {
            Ok(part) => {
                let part = part?;
                verified.add(&part);
                verified.heads.extend(part.heads);
            }
            Err(error) => {
                session.record.violations().report(Kind::Inconsistent, format!("a walk ended badly: {error}"));
            }
        }
    }
    Ok(verified)
}

/// Fetches single events from the whole log of each tenant.
///
/// # Errors
/// As [`run`].
pub async fn run_points(session: &Session, address: Address, plan: PointPlan) -> Result<Verified, CallError> {
    let mut verified = Verified::default();
    for tenant in session.record.tenants() {
        let snapshot = session.record.snapshot(tenant, 0);
        verified.add(&points::check(session, address, tenant, &snapshot, plan).await?);
    }
    Ok(verified)
}

async fn verify_tenant(
    session: Arc<Session>,
    address: Address,
    tenant: TenantIndex,
    plan: Plan,
) -> Result<Verified, CallError> {
    let first_sequence = plan.first_sequences.get(tenant.0).copied().unwrap_or(0);
    let snapshot = session.record.snapshot(tenant, first_sequence);
    let mut verified = walk::walk(&session, address, tenant, &snapshot, plan.direction).await?;
    let points = points::check(&session, address, tenant, &snapshot, plan.points).await?;
    verified.add(&points);
    Ok(verified)
}
