//! The actors of the demonstration, drawn once per tenant, so that each keeps name, address and browser; and how often
//! each actor and each target occurs.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use rand_distr::{Distribution, Zipf};

use super::vocabulary::{FIRST_NAMES, GROUPS, LAST_NAMES, PLACES, USER_AGENTS};

/// The kind of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Service,
    ApiKey,
    Agent,
    System,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Service => "service",
            Self::ApiKey => "api_key",
            Self::Agent => "agent",
            Self::System => "system",
        }
    }
}

/// An actor.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) groups: Vec<&'static str>,
    pub(super) ip: String,
    pub(super) user_agent: &'static str,
    pub(super) place: &'static (&'static str, &'static str, &'static str),
}

/// The people and things of one tenant.
pub(super) struct Population {
    people: Vec<Person>,
    busy: Zipf<f64>,
    things: Zipf<f64>,
}

impl Population {
    /// Draws a population of `count` actors.
    pub(super) fn draw(count: usize, random: &mut StdRng) -> Self {
        let people: Vec<Person> = (0..count).map(|index| person(index, random)).collect();
        Self { busy: zipf(people.len(), 1.05), things: zipf(people.len() * 5, 0.9), people }
    }

    /// Draws an actor: a few act all the time, most rarely.
    pub(super) fn someone(&self, random: &mut StdRng) -> &Person {
        &self.people[rank(&self.busy, random) % self.people.len()]
    }

    /// Draws a human on whose behalf another actor acts.
    pub(super) fn someone_human(&self, random: &mut StdRng) -> &Person {
        let start = rank(&self.busy, random) % self.people.len();
        let (before, from_start) = self.people.split_at(start);
        let mut candidates = from_start.iter().chain(before);
        candidates.find(|person| person.kind == Kind::User).unwrap_or(&self.people[start])
    }

    /// Draws the number of a thing that is acted on; some are used often.
    pub(super) fn thing(&self, random: &mut StdRng) -> usize {
        rank(&self.things, random)
    }
}

/// A distribution in which rank `n` is drawn about as often as rank 1 divided by `n^exponent`.
pub(super) fn zipf(count: usize, exponent: f64) -> Zipf<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
    let law = Zipf::new(count.max(1) as f64, exponent);
    #[expect(clippy::unwrap_used, reason = "the distribution fails only for a count below 1 or a negative exponent")]
    law.unwrap()
}

/// Draws a rank, from 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ranks are whole, positive and small")]
pub(super) fn rank(law: &Zipf<f64>, random: &mut StdRng) -> usize {
    law.sample(random) as usize - 1
}

fn person(index: usize, random: &mut StdRng) -> Person {
    let kind = match random.random_range(0..100) {
        0..78 => Kind::User,
        78..90 => Kind::Service,
        90..95 => Kind::ApiKey,
        95..99 => Kind::Agent,
        _ => Kind::System,
    };
    let first = pick(FIRST_NAMES, random);
    let last = pick(LAST_NAMES, random);
    let (id, name) = match kind {
        Kind::User => (format!("{first}.{last}{index}").to_lowercase(), format!("{first} {last}")),
        Kind::Service => (format!("svc-{}-{index}", last.to_lowercase()), format!("{last} service")),
        Kind::ApiKey => (format!("key_{:08x}", random.random::<u32>()), format!("{first}'s key")),
        Kind::Agent => (format!("agent-{}-{index}", first.to_lowercase()), format!("{first} assistant")),
        Kind::System => (format!("scheduler-{index}"), "Scheduler".to_owned()),
    };
    let email = if kind == Kind::User { format!("{id}@example.com") } else { String::new() };
    let groups = (0..random.random_range(0..3)).map(|_| *pick(GROUPS, random)).collect();
    let user_agent = if kind == Kind::User {
        USER_AGENTS[rank(&zipf(USER_AGENTS.len(), 1.0), random)]
    } else {
        "auditlog-sdk/1.0 (service)"
    };
    Person { kind, id, name, email, groups, ip: address(kind, random), user_agent, place: pick(PLACES, random) }
}

/// Services have private addresses; people are anywhere, some of them on IPv6. All addresses are documentation or
/// private ones, so that no real address occurs.
pub(super) fn address(kind: Kind, random: &mut StdRng) -> String {
    match (kind, random.random_range(0..10)) {
        (Kind::User, 0) => format!("2001:db8:{:x}:{:x}::{:x}", draw(random), draw(random), draw(random)),
        (Kind::User, 1..4) => format!("203.0.113.{}", random.random_range(1..255)),
        (Kind::User, _) => format!("198.51.100.{}", random.random_range(1..255)),
        _ => {
            format!("10.{}.{}.{}", random.random_range(0..32), random.random_range(0..256), random.random_range(1..255))
        }
    }
}

fn draw(random: &mut StdRng) -> u16 {
    random.random_range(1..u16::MAX)
}

/// Draws an element of a non-empty list.
pub(super) fn pick<'a, T>(list: &'a [T], random: &mut StdRng) -> &'a T {
    list.choose(random).unwrap_or(&list[0])
}
