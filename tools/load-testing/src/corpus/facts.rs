//! Owns what is true of the event with a given number: who did what to whom, and when. Knows nothing of JSON.

use auditlog_core::{id::EventId, timestamp::Timestamp};

use crate::corpus::{
    EventNumber, Plan,
    dice::{Dice, mix},
};

/// Different actors.
pub const ACTORS: u64 = 50_000;
/// Different targets of each type.
pub const TARGETS: u64 = 40_000;
/// Different addresses.
pub(super) const ADDRESSES: u64 = 60_000;
/// Once in so many events stands a marker word in the message.
pub const MARKER_EVERY: u64 = 1_000;
/// So many events of a whole corpus carry the same marker word.
pub const EVENTS_PER_MARKER: u64 = 12;

const MICROS_PER_MINUTE: u64 = 60_000_000;

/// How the event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Well.
    Success,
    /// With the failure code of this rank.
    Failure(u64),
    /// With the one rare failure code.
    RareFailure,
    /// It was not allowed.
    Denied,
}

/// What is true of one event.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Which event.
    pub number: EventNumber,
    /// When it happened: in order over the plan's span, a few late.
    pub occurred_at: Timestamp,
    /// Rank of the noun of its action; also its targets' type.
    pub noun: u64,
    /// Rank of the verb of its action.
    pub verb: u64,
    /// How it ended.
    pub ending: Ending,
    /// Rank of the actor.
    pub actor: u64,
    /// Rank of the person it was done for.
    pub principal: Option<u64>,
    /// Rank of the first target.
    pub target: u64,
    /// Rank of the address.
    pub address: u64,
    /// The dice behind all this, for the details that nobody searches by.
    pub details: Dice,
}

impl Facts {
    /// Draws the event's facts. The same plan and number always give the same.
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

    /// The event's id. Its time is the event's own, as with a producer that makes ids when things happen.
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

    /// The rank of the marker word in the message, for the few events that have one.
    #[must_use]
    pub fn marker(&self, plan: &Plan) -> Option<u64> {
        let markers = plan.markers();
        (self.number.0 % MARKER_EVERY == 7).then(|| self.number.0 / MARKER_EVERY % markers)
    }
}

/// Events happen evenly over the span; 3 % are late by one minute to two days, so they reach the server out of order.
fn occurred_at(plan: &Plan, number: EventNumber, dice: &mut Dice) -> Timestamp {
    let place = number.0 % plan.events.max(1);
    let since_oldest = u128::from(plan.span_micros) * u128::from(place) / u128::from(plan.events.max(1));
    let lateness = if dice.percent(3) { (1 + dice.ranked_below(2_880)) * MICROS_PER_MINUTE } else { 0 };
    // A jitter below a second keeps equal times rare without hiding the order.
    let back = u64::try_from(since_oldest).map_or(plan.span_micros, |since| plan.span_micros - since) + lateness;
    let micros = plan.newest.as_micros() - i64::try_from(back + dice.below(900_000)).unwrap_or(0);
    Timestamp::from_micros(micros)
}
