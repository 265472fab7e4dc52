//! Owns the life of one data directory: set up, interrupted many times, proved each time, discarded.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use auditlog_core::{clock::Clock as _, clock::SystemClock};
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};

use crate::{
    api::Credential,
    campaign::{CampaignPlan, Fault, FirstStart, Ground, Tally},
    corpus::{Corpus, Plan as CorpusPlan, dice::Dice},
    load::{self, OnLoss, Session, Shape, Tenant},
    record::Kind,
    server::{CheckReport, DisposableCopy, Keys, Metrics, ServerPlan, ServerProcess, check, create_tenants},
    verify::{self, Direction, PointPlan},
};

/// The limit of a start. Directories are small; a slower server hangs.
const START_MAX: Duration = Duration::from_secs(30);
/// Tenants beside `default`.
const MORE_TENANTS: usize = 2;
/// One interruption in this many hits the server while it starts.
const START_INTERRUPTION_EVERY: u64 = 5;
/// By this time a start of a small directory is done.
const START_INTERRUPTION_MAX_MS: u64 = 60;
/// After one interruption in this many the whole directory is walked, not only new events.
const FULL_PROOF_EVERY: u64 = 10;

pub(super) struct Round<'a> {
    plan: &'a CampaignPlan,
    ground: &'a mut Ground,
    server_plan: ServerPlan,
    server: ServerProcess,
    session: Arc<Session>,
    dice: Dice,
    heads: Vec<u64>,
}

impl<'a> Round<'a> {
    /// Creates a fresh directory, starts a server on it and creates the tenants.
    pub(super) async fn begin(
        plan: &'a CampaignPlan,
        ground: &'a mut Ground,
        tally: &mut Tally,
    ) -> Result<Self, Fault> {
        ground.renew()?;
        let mut dice = Dice::new(plan.seed ^ tally.directories.wrapping_mul(0x9e37_79b9));
        let keys = Keys::mint(dice.roll())?;
        let server_plan = ServerPlan {
            binary: plan.server_binary.clone(),
            keys: Some(keys.clone()),
            data_dir: ground.data_dir(),
            bootstrap_file: ground.work_dir().join("keys.json"),
            log_file: ground.work_dir().join("server.log"),
            settings: CampaignPlan::server_settings(),
        };
        let mut server = ServerProcess::spawn(&server_plan)?;
        // The very first start is interrupted too: its remains must not prevent the next one.
        let interruptible = plan.first_start == FirstStart::Interrupted && tally.interruptions < plan.interruptions;
        if interruptible && dice.once_in(2) {
            sleep(Duration::from_millis(dice.below(START_INTERRUPTION_MAX_MS))).await;
            ground.interrupt(&mut server)?;
            tally.interruptions += 1;
            tally.during_start += 1;
            server = ServerProcess::spawn(&server_plan)?;
        }
        tally.add_start(server.ready(START_MAX).await?);
        let mut tenants = vec![Tenant { id: "default".to_owned(), credential: Credential::of_key(&keys.default_key) }];
        tenants.extend(create_tenants(server.address(), &keys.system_key, MORE_TENANTS, "hammer").await?);
        if plan.first_start == FirstStart::Synced {
            ground.sync()?;
        }
        let events = NonZeroU64::new(200_000).unwrap_or(NonZeroU64::MIN);
        let corpus = Corpus::new(CorpusPlan::over_thirty_days(dice.roll(), events, SystemClock.now()));
        tally.directories += 1;
        let heads = vec![0; tenants.len()];
        Ok(Self { plan, ground, server_plan, server, session: Arc::new(Session::new(corpus, tenants, 0)), dice, heads })
    }

    /// Loads, interrupts at a random moment, starts again and proves.
    pub(super) async fn interrupt_and_prove(&mut self, tally: &mut Tally) -> Result<(), Fault> {
        self.load_and_interrupt(tally).await?;
        let checking = self.check_copy(tally)?;
        if self.dice.once_in(START_INTERRUPTION_EVERY) && tally.interruptions < self.plan.interruptions {
            self.interrupt_start(tally).await?;
        }
        self.start(tally).await?;
        self.prove(tally).await?;
        let report = checking.await??;
        self.judge(&report, tally);
        tally.set_violations(&self.session.record);
        Ok(())
    }

    /// Proves the whole directory once more, stops the server cleanly and checks its files.
    pub(super) async fn finish(mut self, tally: &mut Tally) -> Result<(), Fault> {
        self.heads.fill(0);
        self.prove(tally).await?;
        tally.in_doubt += self.session.record.in_doubt();
        let status = self.server.stop()?;
        if !status.success() {
            self.session.record.violations().report(Kind::Refused, format!("a stopped server ended with {status}"));
        }
        let copy = DisposableCopy::of(&self.server_plan.data_dir, self.ground.work_dir().join("last-copy"))?;
        let binary = self.plan.server_binary.clone();
        let report = spawn_blocking(move || check(&binary, &copy)).await??;
        if report.is_clean {
            tally.clean_checks += 1;
        } else {
            self.session.record.violations().report(Kind::Damaged, report.output);
        }
        tally.set_violations(&self.session.record);
        Ok(())
    }

    async fn load_and_interrupt(&mut self, tally: &mut Tally) -> Result<(), Fault> {
        let load_plan = self.load_plan();
        let session = Arc::clone(&self.session);
        let address = self.server.address();
        let loading = tokio::spawn(async move { load::run(&session, address, &load_plan).await });
        let load_max = u64::try_from(self.plan.load_max.as_millis()).unwrap_or(1_000);
        // The moment is the subject of this test, so it is waited for and not derived from an event.
        sleep(Duration::from_millis(5 + self.dice.below(load_max))).await;
        let metrics = Metrics::ask(address).await;
        if let Some(status) = self.server.ended()? {
            let text = format!("the server ended under load with {status}: {}", self.server.last_output());
            self.session.record.violations().report(Kind::Refused, text);
        }
        self.ground.interrupt(&mut self.server)?;
        tally.interruptions += 1;
        tally.add_load(&loading.await?, &metrics);
        Ok(())
    }

    fn load_plan(&mut self) -> load::Plan {
        let shape = match self.dice.below(5) {
            0 => Shape::Single,
            1 => Shape::Batch(NonZeroU64::new(300).unwrap_or(NonZeroU64::MIN)),
            _ => Shape::Batch(NonZeroU64::new(1 + self.dice.below(60)).unwrap_or(NonZeroU64::MIN)),
        };
        let connections = usize::try_from(1 + self.dice.below(8)).unwrap_or(1);
        load::Plan {
            connections: NonZeroUsize::new(connections).unwrap_or(NonZeroUsize::MIN),
            shape,
            events: None,
            duration: None,
            rate: NonZeroU64::new(self.plan.events_per_second),
            resend_every: NonZeroU64::new(20),
            on_loss: OnLoss::Stop,
        }
    }

    /// Copies the directory as the interruption left it, and checks the copy concurrently.
    fn check_copy(&self, tally: &Tally) -> Result<JoinHandle<std::io::Result<CheckReport>>, Fault> {
        let place = self.ground.work_dir().join(format!("copy-{}", tally.interruptions));
        let copy = DisposableCopy::of(&self.server_plan.data_dir, place)?;
        let binary = self.plan.server_binary.clone();
        Ok(spawn_blocking(move || check(&binary, &copy)))
    }

    async fn interrupt_start(&mut self, tally: &mut Tally) -> Result<(), Fault> {
        self.server = ServerProcess::spawn(&self.server_plan)?;
        sleep(Duration::from_millis(self.dice.below(START_INTERRUPTION_MAX_MS))).await;
        self.ground.interrupt(&mut self.server)?;
        tally.interruptions += 1;
        tally.during_start += 1;
        Ok(())
    }

    async fn start(&mut self, tally: &mut Tally) -> Result<(), Fault> {
        self.server = ServerProcess::spawn(&self.server_plan)?;
        tally.add_start(self.server.ready(START_MAX).await?);
        Ok(())
    }

    async fn prove(&mut self, tally: &mut Tally) -> Result<(), Fault> {
        if tally.interruptions.is_multiple_of(FULL_PROOF_EVERY) {
            self.heads.fill(0);
        }
        let direction = if self.dice.once_in(2) { Direction::NewestFirst } else { Direction::OldestFirst };
        let points = PointPlan { per_tenant: 20, seed: self.dice.roll() };
        let plan = verify::Plan { first_sequences: self.heads.clone(), direction, points };
        let verified = verify::run(&self.session, self.server.address(), &plan).await?;
        tally.verified.add(&verified);
        self.heads = verified.heads;
        Ok(())
    }

    fn judge(&self, report: &CheckReport, tally: &mut Tally) {
        if report.is_clean {
            tally.clean_checks += 1;
        } else {
            self.session.record.violations().report(Kind::Damaged, report.output.clone());
        }
    }
}
