//! Random events. The words are few, so that filters match some and not others, and some of them are hard to parse.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use auditlog_core::{
    event::{
        Actor, ActorType, Adjustments, Category, Change, ChangeOperation, Context, Event, JsonObject, JsonText,
        JsonValue, Location, Outcome, OutcomeStatus, Producer, Raw, RawCut, Reason, SaltSource, Severity, Source,
        StoredEvent, Submitter, Target, parse_adjustments,
    },
    id::{CredentialId, EventId, TenantId},
    timestamp::{MICROS_PER_DAY, Timestamp},
};

/// Every event is received on this day.
pub(crate) const DAY: i64 = 20_000;

const WORDS: [&str; 20] = [
    "alice",
    "bob",
    "payroll run",
    "\"quoted\\ \u{1}\u{7f}\u{2028}",
    "Ärger mit Größe",
    "東京 2024年",
    "大東京都 京都",
    "รายงานประจ\u{e33}ปี ﾃﾞｰﾀ",
    "ОТЧЁТ תַּפְקִיד हिन्दी",
    "보고서 ½ ﬁx",
    "a",
    "user-1",
    "user-2",
    "10",
    "true",
    "get_bucket-acl",
    "🙂 smile",
    "x\ty\nz",
    "Alice Smith",
    "deleted the payroll run of user-1",
];

/// A source of random values that are the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[usize::try_from(self.below(values.len() as u64)).unwrap()]
    }

    pub(crate) fn word(&mut self) -> String {
        (*self.pick(&WORDS)).to_owned()
    }

    pub(crate) fn some<T>(&mut self, percent: u64, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(percent).then(|| value(self))
    }

    fn list<T>(&mut self, most: u64, mut value: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| value(self)).collect()
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next().to_le_bytes()[3])
    }

    /// Any value, with at most this many levels of lists and objects.
    fn json(&mut self, levels: u32) -> JsonValue {
        match self.below(if levels == 0 { 6 } else { 8 }) {
            0 => JsonValue::Null,
            1 => JsonValue::Boolean(self.chance(50)),
            2 => JsonValue::Number(f64::from(u32::try_from(self.below(20)).unwrap()) - 10.0),
            3 => JsonValue::Number(f64::from(u32::try_from(self.below(1_000_000)).unwrap()) / 7.0),
            4 | 5 => JsonValue::String(self.word()),
            6 => JsonValue::List(self.list(3, |random| random.json(levels - 1))),
            _ => JsonValue::Object(self.object(levels - 1)),
        }
    }

    fn object(&mut self, levels: u32) -> JsonObject {
        let names = ["env", "a", "ä", "🙂", "z.y", "\u{e000}"];
        let count = usize::try_from(self.below(4)).unwrap();
        let start = usize::try_from(self.below(3)).unwrap();
        let pairs = names[start..start + count].iter().map(|name| ((*name).to_owned(), self.json(levels)));
        JsonObject::from_pairs(pairs).unwrap()
    }

    fn adjustments(&mut self) -> Adjustments {
        let sha256 = "ab".repeat(32);
        let lists = [
            r#"[{"code":"clock","original":"1969-12-31T23:59:59.000000Z","pointer":"/occurred_at"}]"#.to_owned(),
            format!(r#"[{{"code":"truncated","pointer":"/raw/body","sha256":"{sha256}","size":{}}}]"#, 1_u64 << 53),
            r#"[{"code":"replaced","pointer":"/actor/name"},{"code":"more","pointer":"","size":7}]"#.to_owned(),
            r#"[{"code":"parsed","original":"Ä \"1\"","pointer":"/context/ip"},{"code":"number_as_text","pointer":"/metadata/a~1b"}]"#.to_owned(),
        ];
        parse_adjustments(self.pick::<String>(&lists)).unwrap()
    }

    fn actor(&mut self) -> Actor {
        Actor {
            kind: *self.pick(ActorType::ALL),
            id: self.word(),
            name: self.some(50, Self::word),
            email: self.some(30, Self::word),
            groups: self.list(2, Self::word),
            attributes: self.object(2),
        }
    }

    fn target(&mut self) -> Target {
        Target {
            kind: self.some(80, Self::word),
            id: self.some(80, Self::word),
            name: self.some(50, Self::word),
            url: self.some(20, Self::word),
            attributes: self.object(2),
        }
    }

    fn value(&mut self) -> JsonText {
        let texts = ["null", "1.5", "\"payroll\"", "{\"a\":[1,\"b]}\\\"\",{}],\"b\":null}", "[]", "true"];
        JsonText::parse(self.pick::<&str>(&texts)).unwrap()
    }

    fn change(&mut self) -> Change {
        Change {
            path: format!("/{}", self.word()),
            operation: *self.pick(ChangeOperation::ALL),
            old: self.some(50, Self::value),
            new: self.some(50, Self::value),
        }
    }

    pub(crate) fn ip(&mut self) -> IpAddr {
        let low = u8::try_from(self.below(4)).unwrap();
        match self.below(3) {
            0 => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(low))),
            1 => IpAddr::V4(Ipv4Addr::new(192, 168, 0, low)),
            _ => IpAddr::V4(Ipv4Addr::new(10, 0, low, 1)),
        }
    }

    fn context(&mut self) -> Context {
        Context {
            ip: self.some(60, Self::ip),
            address: self.some(20, |random| format!("10.0.0.{}:443", random.below(200))),
            user_agent: self.some(30, Self::word),
            request_id: self.some(60, |random| format!("req-{}", random.below(300))),
            correlation_id: self.some(20, Self::word),
            session_id: self.some(40, |random| format!("session-{}", random.below(40))),
            trace_id: self.some(20, Self::word),
            span_id: self.some(20, Self::word),
            auth_method: self.some(20, Self::word),
            location: Location {
                country: self.some(20, Self::word),
                region: self.some(20, Self::word),
                city: self.some(20, Self::word),
            },
        }
    }

    fn raw(&mut self) -> Raw {
        let cut = self.some(30, |random| RawCut { sha256: random.bytes(), size: 200_000 + random.below(1_000) });
        Raw { format: self.word(), body: self.some(80, Self::word), cut }
    }

    fn submitter(&mut self) -> Submitter {
        let id = CredentialId::parse(self.pick::<&str>(&["user-1", "a", "0123456789abcdef", "10", "true"])).unwrap();
        match self.below(8) {
            0 => Submitter::Server,
            1 => Submitter::Token(id),
            2 => Submitter::User(id),
            _ => Submitter::ApiKey(id),
        }
    }

    /// An event of this tenant at this sequence. Times are close together and repeat.
    pub(crate) fn event(&mut self, tenant: &str, sequence: u64) -> StoredEvent {
        let day = DAY * MICROS_PER_DAY;
        let received_at = Timestamp::from_micros(day + i64::try_from(sequence).unwrap() * 1_000);
        let late = if self.chance(5) { 50_000_000 } else { 5_000 };
        let occurred_at = Timestamp::from_micros(received_at.as_micros() - i64::try_from(self.below(late)).unwrap());
        let event = Event {
            id: EventId::from_parts(occurred_at, self.bytes()),
            external_id: self.some(40, |random| format!("ext-{}", random.below(300))),
            tenant_id: TenantId::parse(tenant).unwrap(),
            occurred_at,
            received_at,
            submitted_by: self.submitter(),
            action: format!("{}.{}", self.pick(&["user", "file", "key"]), self.pick(&["read", "delete", "update"])),
            category: *self.pick(Category::ALL),
            outcome: Outcome {
                status: *self.pick(OutcomeStatus::ALL),
                code: self.some(30, Self::word),
                reason: self.some(30, Self::word),
            },
            severity: *self.pick(Severity::ALL),
            actor: self.actor(),
            on_behalf_of: self.list(2, Self::actor),
            targets: self.list(3, Self::target),
            changes: self.list(2, Self::change),
            source: Source {
                service: self.word(),
                component: self.some(30, Self::word),
                version: self.some(30, Self::word),
                environment: self.some(30, Self::word),
                region: self.some(30, Self::word),
                host: self.some(30, Self::word),
            },
            context: self.context(),
            reason: self.some(30, |random| Reason { text: random.word(), ticket: random.some(50, Self::word) }),
            message: self.some(60, |random| format!("{} {}", random.word(), random.below(500))),
            metadata: self.object(3),
            producer: self.some(30, |random| Producer { id: random.word(), sequence: random.below(1 << 53) }),
            raw: self.some(20, Self::raw),
            adjustments: self.some(20, Self::adjustments).unwrap_or_default(),
        };
        StoredEvent { event: Box::new(event), sequence, salt: SaltSource { seed: self.bytes(), index: 7 } }
    }

    /// This number of events of a tenant, from this sequence on.
    pub(crate) fn events(&mut self, tenant: &str, first: u64, count: u64) -> Vec<StoredEvent> {
        (first..first + count).map(|sequence| self.event(tenant, sequence)).collect()
    }
}
