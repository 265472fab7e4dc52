//! Measures segments: bytes and microseconds an event, and how long the usual questions take.
//!
//! `cargo run --release -p auditlog-embedded --example segment_figures -- 500000 /tmp/figures`

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are rounded anyway, and samples of a Zipf distribution are small whole numbers"
)]

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use auditlog_core::{
    event::{
        Actor, ActorType, Attributes, Category, Context, Event, Location, Outcome, OutcomeStatus, Reason, SaltSource,
        Scalar, Severity, Source, StoredEvent, Submitter, Target,
    },
    id::{CredentialId, EventId, TenantId},
    query::{Field, FieldTest, Filter, Order, Phrase, PhraseEnd, Position, QueryBudget, Test, tokens},
    store::{ListRequest, QueryError, View},
    timestamp::{MICROS_PER_DAY, Timestamp},
};
use auditlog_embedded::{
    cache::Cache,
    columns::from_events,
    executor::{self, SegmentRows, Snapshot},
    segment::{Segment, SegmentId, SegmentWriter},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use rand_distr::{Distribution, Zipf};

const SEGMENT_EVENTS: u64 = 100_000;
const REQUEST_EVENTS: u64 = 500;
const DAY: i64 = 20_000;
const REPEATS: usize = 300;

type AnyError = Box<dyn Error>;

/// Events as a busy platform sends them: few actions and services, thousands of actors, ids that differ every time.
struct Corpus {
    random: StdRng,
    actors: Zipf<f64>,
    targets: Zipf<f64>,
    seed: [u8; 16],
    submitted_by: Submitter,
}

impl Corpus {
    fn new() -> Result<Self, AnyError> {
        Ok(Self {
            random: StdRng::seed_from_u64(1),
            actors: Zipf::new(5_000.0, 1.05)?,
            targets: Zipf::new(200_000.0, 1.01)?,
            seed: [0; 16],
            submitted_by: Submitter::ApiKey(CredentialId::parse("0123456789abcdef").ok_or("credential")?),
        })
    }

    fn pick(&mut self, values: &[&str]) -> String {
        values.choose(&mut self.random).copied().unwrap_or_default().to_owned()
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from_digit(self.random.random_range(0..16), 16).unwrap_or('0')).collect()
    }

    fn event(&mut self, sequence: u64) -> Result<StoredEvent, AnyError> {
        if sequence.is_multiple_of(REQUEST_EVENTS) {
            self.random.fill(&mut self.seed);
        }
        let received = DAY * MICROS_PER_DAY + i64::try_from(sequence / REQUEST_EVENTS * 25_000)?;
        let occurred_at = Timestamp::from_micros(received - self.random.random_range(0..2_000_000));
        let actor = self.actors.sample(&mut self.random) as u64;
        let target = self.targets.sample(&mut self.random) as u64;
        let action = self.pick(&[
            "document.read",
            "document.update",
            "user.login",
            "user.logout",
            "invoice.create",
            "invoice.read",
            "role.grant",
            "api_key.create",
            "file.download",
            "file.delete",
            "payroll.run",
            "report.export",
        ]);
        let (verb, kind) =
            (action.split('.').nth(1).unwrap_or("").to_owned(), action.split('.').next().unwrap_or("").to_owned());
        let message = format!(
            "{verb} of {kind} {target} by user {actor} in region {} took {} ms",
            self.random.random_range(0..4),
            self.random.random_range(1..900)
        );
        let event = Event {
            id: EventId::from_parts(occurred_at, self.random.random()),
            tenant_id: TenantId::parse("default").ok_or("tenant")?,
            occurred_at,
            received_at: Timestamp::from_micros(received),
            submitted_by: self.submitted_by.clone(),
            category: Category::of_action(&action),
            action,
            outcome: self.outcome(),
            severity: if self.random.random_ratio(1, 50) { Severity::High } else { Severity::Info },
            actor: Self::actor(actor)?,
            on_behalf_of: Vec::new(),
            targets: vec![Target {
                kind,
                id: format!("res-{target:07}"),
                name: Some(format!("Resource {target}")),
                ..Target::default()
            }],
            changes: Vec::new(),
            source: Source {
                service: self.pick(&["billing", "identity", "documents", "gateway", "payroll"]),
                version: Some(self.pick(&["1.4.2", "1.4.3", "2.0.0"])),
                environment: Some("production".to_owned()),
                region: Some(self.pick(&["eu-west-1", "us-east-1"])),
                host: Some(format!("host-{:02}", self.random.random_range(0..40))),
                ..Source::default()
            },
            context: self.context(actor),
            reason: self.random.random_ratio(1, 20).then(|| Reason {
                text: "requested by the customer".to_owned(),
                ticket: Some(format!("OPS-{}", sequence % 9_000)),
            }),
            message: Some(message),
            metadata: self.metadata()?,
            producer: None,
            raw: None,
        };
        let index = u32::try_from(sequence % REQUEST_EVENTS)?;
        Ok(StoredEvent { event: Box::new(event), sequence, salt: SaltSource { seed: self.seed, index } })
    }

    fn outcome(&mut self) -> Outcome {
        if self.random.random_ratio(9, 10) {
            return Outcome { status: OutcomeStatus::Success, code: None, reason: None };
        }
        Outcome {
            status: OutcomeStatus::Denied,
            code: Some("E403".to_owned()),
            reason: Some("policy denied the request".to_owned()),
        }
    }

    fn actor(number: u64) -> Result<Actor, AnyError> {
        let mut actor = Actor::new(ActorType::User, format!("user-{number:05}"));
        actor.name = Some(format!("User Number{number}"));
        actor.email = Some(format!("user{number}@example.com"));
        actor.groups = vec![["staff", "admins", "finance"][usize::try_from(number % 3)?].to_owned()];
        Ok(actor)
    }

    fn context(&mut self, actor: u64) -> Context {
        Context {
            ip: Some(std::net::IpAddr::from([10, 0, (actor >> 8) as u8, actor as u8])),
            user_agent: Some(format!(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/{}.0",
                self.random.random_range(100..130)
            )),
            request_id: Some(self.hex(32)),
            session_id: Some(format!("sess-{actor:05}-{}", self.random.random_range(0..20))),
            trace_id: Some(self.hex(32)),
            auth_method: Some(self.pick(&["oidc", "password", "api_key"])),
            location: Location { country: Some(self.pick(&["DE", "US", "NL", "FR"])), region: None, city: None },
            ..Context::default()
        }
    }

    fn metadata(&mut self) -> Result<Attributes, AnyError> {
        let latency = f64::from(self.random.random_range(1..2_000_u32));
        let pairs = [
            ("env".to_owned(), Scalar::String("prod".to_owned())),
            ("latency_ms".to_owned(), Scalar::Number(latency)),
            ("tier".to_owned(), Scalar::String(self.pick(&["free", "pro", "enterprise"]))),
        ];
        Ok(Attributes::from_pairs(pairs)?)
    }
}

fn main() -> Result<(), AnyError> {
    let mut arguments = std::env::args().skip(1);
    let total: u64 = arguments.next().as_deref().unwrap_or("500000").parse()?;
    let directory = PathBuf::from(arguments.next().unwrap_or_else(|| "/tmp/segment_figures".to_owned()));
    std::fs::create_dir_all(&directory)?;
    let (segments, samples) = seal_all(&directory, total)?;
    print_sizes(&segments, total)?;
    ask_all(&segments, &samples, total)
}

/// Seals the corpus and keeps every thousandth event for queries.
fn seal_all(directory: &Path, total: u64) -> Result<(Vec<Segment>, Vec<StoredEvent>), AnyError> {
    let cache = Arc::new(Cache::new(64 << 20));
    let mut corpus = Corpus::new()?;
    let (mut segments, mut samples) = (Vec::new(), Vec::new());
    let (mut columns_time, mut write_time, mut canonical_bytes) = (Duration::ZERO, Duration::ZERO, 0);
    for start in (0..total).step_by(usize::try_from(SEGMENT_EVENTS)?) {
        let mut batches = Vec::new();
        for first in (start..total.min(start + SEGMENT_EVENTS)).step_by(usize::try_from(REQUEST_EVENTS)?) {
            let events = (first..first + REQUEST_EVENTS).map(|sequence| corpus.event(sequence));
            let events = events.collect::<Result<Vec<_>, _>>()?;
            samples.extend(events.first().filter(|_| (first / REQUEST_EVENTS).is_multiple_of(2)).cloned());
            canonical_bytes += events.iter().map(|event| canonical(event).len()).sum::<usize>();
            let began = Instant::now();
            batches.push(from_events(&events)?);
            columns_time += began.elapsed();
        }
        let began = Instant::now();
        let mut writer = SegmentWriter::create(directory, SegmentId(start))?;
        writer.begin_run(SEGMENT_EVENTS)?;
        batches.into_iter().try_for_each(|batch| writer.push(batch))?;
        let meta = writer.finish()?;
        write_time += began.elapsed();
        segments.push(Segment::open(directory, meta, &cache)?);
    }
    let per_event = |time: Duration| time.as_secs_f64() * 1e6 / total as f64;
    println!("events {total}, canonical {:.0} B each", canonical_bytes as f64 / total as f64);
    println!("columns {:.2} us, write {:.2} us an event", per_event(columns_time), per_event(write_time));
    Ok((segments, samples))
}

fn canonical(event: &StoredEvent) -> String {
    let mut text = String::new();
    auditlog_core::event::canonical::write_event(&event.event, &mut text);
    text
}

fn print_sizes(segments: &[Segment], total: u64) -> Result<(), AnyError> {
    let bytes = |size: fn(&Segment) -> u64| segments.iter().map(size).sum::<u64>() as f64 / total as f64;
    println!(
        "data {:.2} B, index {:.2} B an event",
        bytes(|one| one.meta().data.bytes),
        bytes(|one| one.meta().index.bytes)
    );
    let Some(first) = segments.first() else { return Ok(()) };
    for part in first.index()?.part_sizes() {
        println!("  index {:<16} {:.2} B", part.name, part.bytes as f64 / f64::from(first.meta().rows));
    }
    Ok(())
}

fn ask_all(segments: &[Segment], samples: &[StoredEvent], total: u64) -> Result<(), AnyError> {
    let tenant_id = TenantId::parse("default").ok_or("tenant")?;
    let rows = |segment| Some(SegmentRows { segment, range: segment.meta().tenant(&tenant_id)? });
    // Only segments are queried, and those use the cache that they were opened with.
    let cache = Cache::new(0);
    let segments = segments.iter().filter_map(rows).collect();
    let snapshot = Snapshot { tenant_id: &tenant_id, tail: Vec::new(), segments, cache: &cache };
    let list = |filter: Filter, after: Option<Position>| {
        let view = View { tenant_id: tenant_id.clone(), head: total, filter };
        let request = ListRequest { view, order: Order::NewestFirst, after, limit: 50 };
        executor::list(&snapshot, &request, &budget()).map(|page| page.events.len())
    };
    let count = |filter: Filter| {
        let view = View { tenant_id: tenant_id.clone(), head: total, filter };
        executor::count(&snapshot, &view, &budget())
    };
    let one_of = |field, value: String| Filter::Field(FieldTest { field, test: Test::OneOf(vec![value]) });
    time_each("get by id", samples, |event| executor::get(&snapshot, event.event.id, &budget()))?;
    time_each("needle request_id", samples, |event| {
        list(one_of(Field::ContextRequestId, event.event.context.request_id.clone().unwrap_or_default()), None)
    })?;
    time_each("newest 50 of a target", samples, |event| {
        list(one_of(Field::TargetId, event.event.targets[0].id.clone()), None)
    })?;
    time_each("newest 50 of an actor", samples, |event| {
        list(one_of(Field::AnyActor, event.event.actor.id.clone()), None)
    })?;
    time_each("newest 50", samples, |_| list(Filter::All, None))?;
    time_each("page of 50 behind an event", samples, |event| {
        list(Filter::All, Some(Position { occurred_at: event.event.occurred_at, sequence: event.sequence }))
    })?;
    time_each("newest 50 denied (1 in 10)", samples, |_| {
        list(one_of(Field::OutcomeStatus, "denied".to_owned()), None)
    })?;
    let few = &samples[..samples.len().min(20)];
    time_each("newest 50, nobody matches, unindexed", few, |_| {
        list(one_of(Field::ActorEmail, "nobody".to_owned()), None)
    })?;
    let words = |text: &str, end| Phrase::of_tokens(tokens(text), end).map_or(Filter::All, Filter::Text);
    time_each("rare token newest 50", samples, |event| {
        list(words(&event.event.targets[0].name.clone().unwrap_or_default(), PhraseEnd::Whole), None)
    })?;
    time_each("common token newest 50", samples, |_| list(words("payroll", PhraseEnd::Whole), None))?;
    let three = &few[..few.len().min(3)];
    time_each("common token count", three, |_| count(words("payroll", PhraseEnd::Whole)))?;
    for begun in ["payr", "p", "nowhe"] {
        time_each(&format!("{begun}* newest 50"), few, |_| list(words(begun, PhraseEnd::Prefix), None))?;
        time_each(&format!("{begun}* count"), three, |_| count(words(begun, PhraseEnd::Prefix)))?;
    }
    time_each("count by status", few, |_| count(one_of(Field::OutcomeStatus, "denied".to_owned())))?;
    Ok(())
}

fn budget() -> QueryBudget {
    QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::new(AtomicBool::new(false)))
}

fn time_each<T>(
    what: &str,
    samples: &[StoredEvent],
    ask: impl Fn(&StoredEvent) -> Result<T, QueryError>,
) -> Result<(), AnyError> {
    let mut times = Vec::new();
    for at in 0..REPEATS.min(samples.len()) {
        let event = samples.get(at * 7_919 % samples.len()).ok_or("no sample")?;
        let began = Instant::now();
        ask(event)?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{what:<38} p50 {:>8.3} ms  p99 {:>8.3} ms", at(0.5), at(0.99));
    Ok(())
}
