//! Proves what was acknowledged: each event is found exactly once, in its own tenant only, at the place it was given,
//! with the content that was sent. Asks the server through its API like any reader.

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

/// How thoroughly to look.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where each tenant's walk begins: 0 walks its whole log, unfiltered; more walks what `sequence>=` finds.
    pub first_sequences: Vec<u64>,
    /// In which order to walk.
    pub direction: Direction,
    /// How many events to get one by one.
    pub points: PointPlan,
}

/// In which order a walk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As the API does it by default.
    NewestFirst,
    /// The other way.
    OldestFirst,
}

impl Direction {
    /// The API's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewestFirst => "newest",
            Self::OldestFirst => "oldest",
        }
    }
}

/// What verification looked at. What it found wrong stands among the record's violations.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verified {
    /// Events walked over.
    pub walked: u64,
    /// Pages they came in.
    pub pages: u64,
    /// Events found that had been sent but never acknowledged: once each, which is allowed.
    pub unacknowledged_found: u64,
    /// Events got one by one.
    pub gets: u64,
    /// Gets of one tenant's event by another: each must find nothing.
    pub foreign_gets: u64,
    /// Behind each tenant's last event: where its next walk may begin.
    #[serde(skip)]
    pub heads: Vec<u64>,
}

impl Verified {
    /// Adds another look.
    pub fn add(&mut self, other: &Self) {
        self.walked += other.walked;
        self.pages += other.pages;
        self.unacknowledged_found += other.unacknowledged_found;
        self.gets += other.gets;
        self.foreign_gets += other.foreign_gets;
    }
}

/// Looks at every tenant, all of them at once. Nothing may be sending meanwhile.
///
/// # Errors
/// Says why the server could not be asked at all; broken promises are no error here.
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

/// Gets single events from the whole log of each tenant.
///
/// # Errors
/// As [`run`].
pub async fn run_points(session: &Session, address: Address, plan: PointPlan) -> Result<Verified, CallError> {
    let mut verified = Verified::default();
    for tenant in session.record.tenants() {
        let snapshot = session.record.snapshot(tenant, 0);
        verified.add(&points::check(session, address, (tenant, &snapshot), plan).await?);
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
    let mut verified = walk::walk(&session, address, (tenant, &snapshot), plan.direction).await?;
    let points = points::check(&session, address, (tenant, &snapshot), plan.points).await?;
    verified.add(&points);
    Ok(verified)
}
