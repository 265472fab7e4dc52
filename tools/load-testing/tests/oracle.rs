//! Tests the oracle itself: a small in-memory server that keeps its promises passes, and one that breaks any single
//! promise is detected with the right kind of violation.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should fail where it stands")]

mod liar;

use std::{
    num::{NonZeroU64, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use auditlog_core::timestamp::Timestamp;
use auditlog_load_testing::{
    api::Credential,
    corpus::{Corpus, Plan as CorpusPlan},
    load::{self, OnLoss, Session, Shape, Tenant},
    record::Kind,
    verify::{self, Direction, PointPlan},
};
use liar::{Lie, LyingServer};

const EVENTS: u64 = 2_400;

async fn violations_of(lie: Lie, shape: Shape) -> Arc<Session> {
    let server = LyingServer::start(lie).await;
    let newest = Timestamp::parse_rfc3339("2026-11-01T00:00:00Z").unwrap();
    let corpus = Corpus::new(CorpusPlan::over_thirty_days(11, NonZeroU64::new(EVENTS).unwrap(), newest));
    let tenants = ["a", "b", "c"].map(|id| Tenant { id: id.to_owned(), credential: Credential::of_key(id) });
    let session = Arc::new(Session::new(corpus, tenants.to_vec(), 0));
    let plan = load::Plan {
        connections: NonZeroUsize::new(3).unwrap(),
        shape,
        events: NonZeroU64::new(EVENTS),
        duration: None,
        rate: None,
        resend_every: NonZeroU64::new(5),
        on_loss: OnLoss::Retry(Duration::from_secs(5)),
    };
    let outcome = load::run(&session, server.address(), &plan).await;
    assert_eq!((outcome.stored, outcome.failures.len()), (EVENTS, 0), "{:?}", outcome.failures);
    for direction in [Direction::NewestFirst, Direction::OldestFirst] {
        let points = PointPlan { per_tenant: 120, seed: 3 };
        let plan = verify::Plan { first_sequences: Vec::new(), direction, points };
        verify::run(&session, server.address(), &plan).await.unwrap();
    }
    session
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_server_passes() {
    for shape in [Shape::Single, Shape::Batch(NonZeroU64::new(40).unwrap())] {
        let session = violations_of(Lie::None, shape).await;
        assert!(session.record.violations().is_empty(), "{:?}", session.record.violations().counts());
        assert_eq!(session.record.acknowledged(), EVENTS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_broken_promise_is_caught() {
    let lies = [
        (Lie::LosesAnEvent, Kind::Lost),
        (Lie::StoresARetryTwice, Kind::Doubled),
        (Lie::ShowsAnotherTenantsEvent, Kind::Foreign),
        (Lie::AnswersForeignIds, Kind::Foreign),
        (Lie::LeavesAGap, Kind::Gap),
        (Lie::ChangesAWord, Kind::Altered),
        (Lie::MissesInLookups, Kind::Lost),
        (Lie::MiscountsTheTotal, Kind::Inconsistent),
    ];
    for (lie, kind) in lies {
        let session = violations_of(lie, Shape::Batch(NonZeroU64::new(40).unwrap())).await;
        let counts = session.record.violations().counts();
        assert!(session.record.violations().count(kind) > 0, "{lie:?} should be {kind:?}, found {counts:?}");
    }
}
