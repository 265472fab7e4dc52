//! Owns a run: chooses the next operation and compares both answers.

use std::fmt::Debug;

use auditlog_core::{
    clock::Clock,
    event::{Submission, Submitter},
    id::TenantId,
    intake::{Atomicity, PreparedBatch},
    leaf,
    policy::Scope,
    query::{Filter, Order},
    store::{
        ApiKeyStore, ControlCommit, ControlWriter, EventOutcome, EventStore, Intake, KeyDirectory, ListRequest,
        Receipt, ReceiptStatus, Reindex, SavedSearchStore, TenantChange, TenantStore, Verify, View,
    },
};
use futures_util::future::{join, join_all};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::Value;

use super::{
    ModelReport, Plan, Subject, changes,
    choice::percent,
    generate::{client_event, submitter},
    queries::{Finding, Question, question},
    world::World,
};
use crate::{
    fixtures::{ManualClock, SeededEntropy, budget, prepare_submission},
    oracle::Oracle,
};

/// The number of events in a page of leaves to recompute.
const LEAF_PAGE_EVENTS: usize = 1_000;

pub(super) struct Runner<'a, T> {
    subject: &'a mut T,
    oracle: Oracle,
    world: World,
    rng: StdRng,
    entropy: SeededEntropy,
    plan: Plan,
    report: ModelReport,
}

impl<'a, T: Subject> Runner<'a, T> {
    pub(super) fn new(subject: &'a mut T, clock: ManualClock, plan: Plan) -> Self {
        Self {
            subject,
            oracle: Oracle::new(),
            world: World::new(clock),
            rng: StdRng::seed_from_u64(plan.seed),
            entropy: SeededEntropy::new(plan.seed),
            plan,
            report: ModelReport::default(),
        }
    }

    pub(super) async fn run(mut self) -> ModelReport {
        self.create_tenants().await;
        while self.report.operations < self.plan.operations {
            self.report.operations += 1;
            self.operate().await;
        }
        self.subject.seal().await;
        self.world.seal(&self.oracle);
        self.recompute_leaves().await;
        self.verify().await;
        self.report
    }

    async fn create_tenants(&mut self) {
        let now = self.world.pass_time(&mut self.rng);
        let create = |id: &TenantId| TenantChange::Create(changes::new_tenant(id.clone(), now)).into();
        let creations: Vec<_> = self.world.tenants.iter().map(create).collect();
        self.commit(ControlCommit::new(creations, Vec::new())).await;
    }

    /// Performs one operation. The numbers are frequencies per thousand.
    async fn operate(&mut self) {
        match self.rng.random_range(0..1_000) {
            0..370 => self.append().await,
            370..400 => self.append_at_once().await,
            400..412 => self.change_control().await,
            412..428 => self.seal().await,
            428..433 => self.compact().await,
            433..436 => self.reopen().await,
            436..437 => self.verify().await,
            437..438 => self.reindex().await,
            _ => self.ask().await,
        }
    }

    /// Appends one request.
    async fn append(&mut self) {
        let (tenant, events, batch) = self.request(None);
        let expected = self.oracle.append(batch.clone()).await;
        let got = self.subject.store().append(batch).await;
        self.expect_same("receipts", &got, &expected);
        self.account(&tenant, events, &got.unwrap_or_default());
    }

    /// Appends requests of several tenants concurrently. The order of the tenants does not matter.
    async fn append_at_once(&mut self) {
        let tenants = self.world.tenants.clone();
        let mut requests = Vec::new();
        for tenant in tenants.into_iter().filter(|_| percent(&mut self.rng, 50)).collect::<Vec<_>>() {
            requests.push(self.request(Some(tenant)));
        }
        let store = self.subject.store();
        let got = join_all(requests.iter().map(|(_, _, batch)| store.append(batch.clone()))).await;
        for ((tenant, events, batch), got) in requests.into_iter().zip(got) {
            let expected = self.oracle.append(batch).await;
            self.expect_same("receipts of one of several requests", &got, &expected);
            self.account(&tenant, events, &got.unwrap_or_default());
        }
    }

    fn request(&mut self, tenant: Option<TenantId>) -> (TenantId, Vec<Value>, PreparedBatch) {
        let (now, tenant) = match tenant {
            None => (self.world.pass_time(&mut self.rng), self.world.tenant(&mut self.rng)),
            // Requests that overtake each other are received within a minute.
            Some(tenant) => (self.world.pass_a_moment(&mut self.rng), tenant),
        };
        let events = self.world.request(&mut self.rng, &tenant, now);
        let submission =
            Submission { tenant_id: tenant.clone(), submitted_by: submitter(&mut self.rng), received_at: now };
        let mut batch = prepare_submission(submission, &events, &self.entropy);
        let adjusted = batch.events.iter().filter(|prepared| !prepared.event.adjustments.is_empty());
        self.report.adjusted += adjusted.count() as u64;
        if percent(&mut self.rng, 20) {
            batch.atomicity = Atomicity::AllOrNothing;
        }
        (tenant, events, batch)
    }

    fn account(&mut self, tenant: &TenantId, events: Vec<Value>, outcomes: &[EventOutcome]) {
        self.report.batches += 1;
        for (event, outcome) in events.into_iter().zip(outcomes) {
            match outcome {
                Ok(Receipt { status: ReceiptStatus::Stored, id, .. }) => {
                    self.report.stored += 1;
                    self.world.remember(&mut self.rng, tenant, *id, event);
                }
                Ok(Receipt { status: ReceiptStatus::Duplicate, .. }) => self.report.duplicates += 1,
                Err(_) => self.report.conflicts += 1,
            }
        }
    }

    async fn change_control(&mut self) {
        let now = self.world.pass_time(&mut self.rng);
        let tenant = self.world.tenant(&mut self.rng);
        let changes = changes::changes(&mut self.rng, &self.world.tenants, &self.oracle, now).await;
        let conditions = changes::conditions(&mut self.rng, &self.world.tenants, &self.oracle, now).await;
        let record = client_event(&mut self.rng, now);
        let submission = Submission { tenant_id: tenant, submitted_by: Submitter::Server, received_at: now };
        let audit = vec![prepare_submission(submission, &[record], &self.entropy)];
        self.commit(ControlCommit { conditions, ..ControlCommit::new(changes, audit) }).await;
        self.compare_control().await;
    }

    async fn commit(&mut self, commit: ControlCommit) {
        self.report.control_changes += commit.changes.len() as u64;
        let expected = self.oracle.commit(commit.clone()).await;
        let got = self.subject.store().commit(commit).await;
        // The message is unspecified; the kind of error is not.
        let kind = |result: &Result<(), _>| result.as_ref().map_err(std::mem::discriminant).copied();
        self.expect_same("a control change", &kind(&got), &kind(&expected));
    }

    async fn compare_control(&self) {
        let (store, oracle) = (self.subject.store(), &self.oracle);
        let tenants = oracle.list_tenants(None, usize::MAX).await;
        self.expect_same("tenants", &store.list_tenants(None, usize::MAX).await, &tenants);
        let scopes = self.world.tenants.iter().cloned().map(Scope::Tenant).chain([Scope::System]);
        for scope in scopes {
            let keys = oracle.list_api_keys(scope.clone(), None, usize::MAX).await;
            self.expect_same("keys", &store.list_api_keys(scope.clone(), None, usize::MAX).await, &keys);
            let now = ManualClock::default().now();
            let counts = oracle.count_api_keys(scope.clone(), now).await;
            self.expect_same("the counts of keys", &store.count_api_keys(scope, now).await, &counts);
            for key in keys.unwrap_or_default() {
                self.expect_same("a key", &store.find_api_key(&key.id), &Ok(Some(key)));
            }
        }
        for tenant in &self.world.tenants {
            let searches = oracle.list_saved_searches(tenant.clone()).await;
            self.expect_same("saved searches", &store.list_saved_searches(tenant.clone()).await, &searches);
            for search in searches.unwrap_or_default() {
                let found = store.get_saved_search(tenant.clone(), search.id).await;
                self.expect_same("a saved search", &found, &Ok(Some(search)));
            }
        }
    }

    /// Seals, half of the time while a query runs.
    async fn seal(&mut self) {
        if percent(&mut self.rng, 50) {
            self.report.seals += u64::from(self.subject.seal().await);
        } else {
            let question = question(&mut self.rng, &self.world, &self.oracle);
            let seal = self.subject.seal();
            let ask = question.ask(&mut self.rng, self.subject.store(), &self.oracle, &self.world);
            let (sealed, finding) = join(seal, ask).await;
            self.report.seals += u64::from(sealed);
            self.record(&question, finding);
        }
        self.world.seal(&self.oracle);
    }

    async fn compact(&mut self) {
        let question = question(&mut self.rng, &self.world, &self.oracle);
        let compact = self.subject.compact();
        let ask = question.ask(&mut self.rng, self.subject.store(), &self.oracle, &self.world);
        let (compacted, finding) = join(compact, ask).await;
        self.report.compactions += u64::from(compacted);
        self.record(&question, finding);
        if percent(&mut self.rng, 20) {
            self.recompute_leaves().await;
        }
    }

    /// Compares every index with the one built from its events, while a query runs.
    async fn reindex(&mut self) {
        let question = question(&mut self.rng, &self.world, &self.oracle);
        let reindex = self.subject.store().reindex(budget());
        let ask = question.ask(&mut self.rng, self.subject.store(), &self.oracle, &self.world);
        let (reindexed, finding) = join(reindex, ask).await;
        self.expect_same("indexes that were not right", &reindexed.map(|done| done.rebuilt), &Ok(0));
        self.record(&question, finding);
    }

    async fn reopen(&mut self) {
        self.subject.reopen().await;
        self.report.reopens += 1;
        for tenant in &self.world.tenants {
            let head = self.subject.store().head(tenant.clone()).await;
            self.expect_same("the head after opening again", &head, &Ok(self.oracle.size(tenant)));
        }
        self.compare_control().await;
        if percent(&mut self.rng, 10) {
            self.recompute_leaves().await;
        }
    }

    async fn ask(&mut self) {
        let question = question(&mut self.rng, &self.world, &self.oracle);
        let finding = question.ask(&mut self.rng, self.subject.store(), &self.oracle, &self.world).await;
        self.record(&question, finding);
    }

    fn record(&mut self, question: &Question, finding: Result<Finding, String>) {
        let finding = finding.unwrap_or_else(|difference| self.fail(&format!("{question:#?}"), &difference));
        self.report.queries += 1;
        self.report.non_empty_queries += u64::from(finding.found);
        self.report.spanning_queries += u64::from(finding.spanning);
        self.report.pages += finding.pages;
    }

    async fn verify(&mut self) {
        let expected = self.oracle.verify(None, budget()).await;
        let got = self.subject.store().verify(None, budget()).await.map(|mut verification| {
            // Whether a log without leaves is reported is unspecified.
            verification.logs.retain(|log| log.size > 0);
            verification
        });
        self.expect_same("verification", &got, &expected);
    }

    /// Reads every event back, recomputes its leaf and compares it with the one that was acknowledged.
    async fn recompute_leaves(&mut self) {
        for tenant in self.world.tenants.clone() {
            let acknowledged = self.oracle.leaf_hashes(&tenant);
            let mut missing = acknowledged.len();
            let view = View { tenant_id: tenant.clone(), head: acknowledged.len() as u64, filter: Filter::All };
            let mut after = None;
            loop {
                let request =
                    ListRequest { view: view.clone(), order: Order::OldestFirst, after, limit: LEAF_PAGE_EVENTS };
                let page = self.subject.store().list(request, budget()).await;
                let page = page.unwrap_or_else(|error| self.fail("reading every event back", &error.to_string()));
                for stored in &page.events {
                    let expected = &acknowledged[usize::try_from(stored.sequence).unwrap_or(usize::MAX)];
                    let recomputed = leaf::leaf_hash(&stored.event, &stored.salt);
                    self.expect_same("a recomputed leaf", &recomputed, expected);
                    self.report.sealed_leaves += u64::from(stored.sequence < self.world.sealed(&tenant));
                    missing -= 1;
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            self.expect_same("events that were not read back", &missing, &0);
        }
    }

    fn expect_same<V: PartialEq + Debug>(&self, what: &str, got: &V, expected: &V) {
        if got != expected {
            self.fail(what, &format!("got {got:#?}\nexpected {expected:#?}"));
        }
    }

    fn fail(&self, what: &str, difference: &str) -> ! {
        panic!("seed {}, operation {}: {what}\n{difference}", self.plan.seed, self.report.operations);
    }
}
