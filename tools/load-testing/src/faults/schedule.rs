//! Owns the order of faults, and decides when all calls of the workload are covered.

use std::{collections::BTreeMap, num::NonZeroU64};

use crate::faults::{Class, Injection, Kind};

/// The faults that remain to be injected.
#[derive(Debug)]
pub(super) struct Schedule {
    step: u64,
    lanes: Vec<Lane>,
    only: Option<Injection>,
}

/// The faults of one kind in calls of one class, in call order.
#[derive(Debug)]
struct Lane {
    class: Class,
    kind: Kind,
    next: u64,
    /// The number of counted calls.
    calls: u64,
    /// Set by the first case beyond them whose fault found no call: there are no more.
    is_done: bool,
}

impl Schedule {
    /// Covers every `step`th of `calls`, or `only` this one.
    pub(super) fn new(calls: &BTreeMap<Class, u64>, step: NonZeroU64, only: Option<Injection>) -> Self {
        let step = step.get();
        let mut lanes = Vec::new();
        for (&class, &calls) in calls.iter().filter(|_| only.is_none()) {
            // Each kind has a different offset, so that together they cover more calls than one alone.
            for (offset, kind) in (0..).zip(class.kinds()) {
                lanes.push(Lane { class, kind, next: 1 + offset * (step / 4).max(1) % step, calls, is_done: false });
            }
        }
        Self { step, lanes, only }
    }

    /// Returns the next fault to inject.
    pub(super) fn next(&mut self) -> Option<Injection> {
        if let Some(only) = self.only.take() {
            return Some(only);
        }
        let lane = self.lanes.iter_mut().find(|lane| !lane.is_done)?;
        let injection = Injection { class: lane.class, kind: lane.kind, at: lane.next };
        lane.next += self.step;
        Some(injection)
    }

    /// Records whether a fault found its call. All counted calls are tried, and later ones until there is no such call.
    pub(super) fn ended(&mut self, injection: Injection, effect: Effect) {
        let lane = self.lanes.iter_mut().find(|lane| (lane.class, lane.kind) == (injection.class, injection.kind));
        if let Some(lane) = lane
            && effect == Effect::NoSuchCall
            && injection.at >= lane.calls
        {
            lane.is_done = true;
        }
    }
}

/// Whether a fault found its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// The call failed.
    Injected,
    /// The run made fewer calls.
    NoSuchCall,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_covered_and_one_more_is_tried() {
        let calls = BTreeMap::from([(Class::Rename, 3)]);
        let mut schedule = Schedule::new(&calls, NonZeroU64::MIN, None);
        let mut tried: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        while let Some(injection) = schedule.next() {
            // A run may make one call more than the two counting runs.
            let effect = if injection.at <= 4 { Effect::Injected } else { Effect::NoSuchCall };
            schedule.ended(injection, effect);
            tried.entry(injection.kind.as_str()).or_default().push(injection.at);
        }
        assert_eq!(tried.len(), 4);
        assert!(tried.values().all(|tried| *tried == [1, 2, 3, 4, 5]), "{tried:?}");
    }
}
