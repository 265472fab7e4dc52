//! The events that the figures of segments are measured with.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "samples of a Zipf distribution are small whole numbers, and addresses take their low bytes"
)]

use auditlog_core::{
    event::{
        Actor, ActorType, Adjustments, Category, Context, Event, JsonObject, JsonValue, Location, Outcome,
        OutcomeStatus, Reason, SaltSource, Severity, Source, StoredEvent, Submitter, Target,
    },
    id::{CredentialId, EventId, TenantId},
    timestamp::{MICROS_PER_DAY, Timestamp},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use rand_distr::{Distribution, Zipf};

use crate::AnyError;

/// The number of events of a request.
pub(crate) const REQUEST_EVENTS: u64 = 500;
const DAY: i64 = 20_000;

/// Events as a busy platform sends them: few actions and services, thousands of actors, ids that differ every time.
pub(crate) struct Corpus {
    random: StdRng,
    actors: Zipf<f64>,
    targets: Zipf<f64>,
    seed: [u8; 16],
    submitted_by: Submitter,
}

impl Corpus {
    /// The same events at every run.
    pub(crate) fn new() -> Result<Self, AnyError> {
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

    /// The event of this sequence.
    pub(crate) fn event(&mut self, sequence: u64) -> Result<StoredEvent, AnyError> {
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
            external_id: None,
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
                kind: Some(kind),
                id: Some(format!("res-{target:07}")),
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
            adjustments: Adjustments::default(),
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

    fn metadata(&mut self) -> Result<JsonObject, AnyError> {
        let latency = f64::from(self.random.random_range(1..2_000_u32));
        let pairs = [
            ("env".to_owned(), JsonValue::String("prod".to_owned())),
            ("latency_ms".to_owned(), JsonValue::Number(latency)),
            ("tier".to_owned(), JsonValue::String(self.pick(&["free", "pro", "enterprise"]))),
        ];
        Ok(JsonObject::from_pairs(pairs)?)
    }
}
