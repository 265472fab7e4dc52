//! Owns the facts of the event with a given number: actor, action, target and time. Knows nothing about JSON.

use auditlog_core::{id::EventId, timestamp::Timestamp};

use crate::corpus::{
    EventNumber, Plan,
    dice::{Dice, mix},
};

/// The number of different actors.
pub const ACTORS: u64 = 50_000;
/// The number of different targets of each type.
pub const TARGETS: u64 = 40_000;
/// The number of different addresses.
pub(super) const ADDRESSES: u64 = 60_000;
/// One message in this many holds a marker word.
pub const MARKER_EVERY: u64 = 1_000;
/// This many events of a whole corpus hold the same marker word.
pub const EVENTS_PER_MARKER: u64 = 12;

const MICROS_PER_MINUTE: u64 = 60_000_000;

/// The outcome of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Success.
    Success,
    /// With the failure code of this rank.
    Failure(u64),
    /// With the one rare failure code.
    RareFailure,
    /// Denied.
    Denied,
}

/// The facts of one event.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The number of the event.
    pub number: EventNumber,
    /// The time: in order over the plan's span, except for a few late events.
    pub occurred_at: Timestamp,
    /// Rank of the action's noun, which is also the type of its targets.
    pub noun: u64,
    /// Rank of the action's verb.
    pub verb: u64,
    /// The outcome.
    pub ending: Ending,
    /// Rank of the actor.
    pub actor: u64,
    /// Rank of the person on whose behalf the actor acted.
    pub principal: Option<u64>,
    /// Rank of the first target.
    pub target: u64,
    /// Rank of the address.
    pub address: u64,
    /// The random source of the facts, used further for details that no query uses.
    pub details: Dice,
}

impl Facts {
    /// Draws the event's facts. The same plan and number always produce the same facts.
    #[must_use]
    pub fn draw(plan: &Plan, number: EventNumber) -> Self {
        let mut dice = Dice::new(mix(plan.seed ^ mix(number.0)));
        let action = dice.ranked_below(200);
        let ending = match dice.below(10_000) {
            0 => Ending::RareFailure,
            1..600 => Ending::Failure(dice.ranked_below(10)),
            600..900 => Ending::Denied,
            _ => Ending::Success,
        };
        Self {
            number,
            occurred_at: occurred_at(plan, number, &mut dice),
            noun: action % 40,
            verb: action / 40,
            ending,
            actor: dice.ranked_below(ACTORS),
            principal: dice.percent(5).then(|| dice.ranked_below(ACTORS)),
            target: dice.ranked_below(TARGETS),
            address: dice.ranked_below(ADDRESSES),
            details: dice,
        }
    }

    /// The event's id. Its time is the event's own, as if the producer created the id when the event happened.
    #[must_use]
    pub fn id(&self, plan: &Plan) -> EventId {
        let mut random = [0; 10];
        let mixed = mix(plan.seed.rotate_left(17) ^ mix(self.number.0 ^ 0x0065_7665_6e74));
        random[..8].copy_from_slice(&mixed.to_be_bytes());
        random[8..].copy_from_slice(&mix(mixed).to_be_bytes()[..2]);
        EventId::from_parts(self.occurred_at, random)
    }

    /// The 16 bytes of the event's unique request id.
    #[must_use]
    pub fn request(&self, plan: &Plan) -> [u8; 16] {
        let mixed = mix(plan.seed.rotate_left(31) ^ mix(self.number.0 ^ 0x0072_6571_7565_7374));
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mixed.to_be_bytes());
        bytes[8..].copy_from_slice(&mix(mixed).to_be_bytes());
        bytes
    }

    /// The rank of the marker word in the message; `None` for most events.
    #[must_use]
    pub fn marker(&self, plan: &Plan) -> Option<u64> {
        let markers = plan.markers();
        (self.number.0 % MARKER_EVERY == 7).then(|| self.number.0 / MARKER_EVERY % markers)
    }
}

/// Events are spread evenly over the span; 3 % are late by one minute to two days, so they arrive out of order.
fn occurred_at(plan: &Plan, number: EventNumber, dice: &mut Dice) -> Timestamp {
    let place = number.0 % plan.events.max(1);
    let since_oldest = u128::from(plan.span_micros) * u128::from(place) / u128::from(plan.events.max(1));
    let lateness = if dice.percent(3) { (1 + dice.ranked_below(2_880)) * MICROS_PER_MINUTE } else { 0 };
    // A jitter below a second keeps equal times rare without hiding the order.
    let back = u64::try_from(since_oldest).map_or(plan.span_micros, |since| plan.span_micros - since) + lateness;
    let micros = plan.newest.as_micros() - i64::try_from(back + dice.below(900_000)).unwrap_or(0);
    Timestamp::from_micros(micros)
}
