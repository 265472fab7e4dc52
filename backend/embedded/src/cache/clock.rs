//! A map bounded in weight that forgets what has not been asked for lately: the clock algorithm, which is as good as
//! least-recently-used here and moves nothing when an entry is found.

use std::{collections::HashMap, hash::Hash};

/// Values with a weight each, together never above the capacity.
pub(super) struct ClockCache<K, V> {
    places: HashMap<K, usize>,
    entries: Vec<Entry<K, V>>,
    hand: usize,
    used: usize,
    capacity: usize,
}

struct Entry<K, V> {
    key: K,
    value: V,
    weight: usize,
    asked_for: bool,
}

impl<K: Copy + Eq + Hash, V: Clone> ClockCache<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { places: HashMap::new(), entries: Vec::new(), hand: 0, used: 0, capacity }
    }

    pub(super) fn used(&self) -> usize {
        self.used
    }

    pub(super) fn get(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.get_mut(*self.places.get(key)?)?;
        entry.asked_for = true;
        Some(entry.value.clone())
    }

    /// Keeps a value, forgetting others until it fits. What weighs more than the capacity is not kept.
    pub(super) fn insert(&mut self, key: K, value: V, weight: usize) {
        if let Some(place) = self.places.get(&key).copied() {
            self.remove(place);
        }
        if weight > self.capacity {
            return;
        }
        while self.used + weight > self.capacity {
            self.forget_one();
        }
        self.used += weight;
        self.places.insert(key, self.entries.len());
        self.entries.push(Entry { key, value, weight, asked_for: false });
    }

    /// Moves the hand on to the first entry that was not asked for since it passed there last, and forgets that one.
    fn forget_one(&mut self) {
        loop {
            if self.hand >= self.entries.len() {
                self.hand = 0;
            }
            let Some(entry) = self.entries.get_mut(self.hand) else { return };
            if !entry.asked_for {
                return self.remove(self.hand);
            }
            entry.asked_for = false;
            self.hand += 1;
        }
    }

    fn remove(&mut self, place: usize) {
        let removed = self.entries.swap_remove(place);
        self.used -= removed.weight;
        self.places.remove(&removed.key);
        if let Some(moved) = self.entries.get(place) {
            self.places.insert(moved.key, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_its_capacity_and_keeps_what_is_asked_for() {
        let mut cache = ClockCache::new(100);
        cache.insert(0, "kept", 10);
        for key in 1..1_000 {
            assert_eq!(cache.get(&0), Some("kept"), "asked for all the time, so still there");
            cache.insert(key, "passing", 30);
            assert!(cache.used() <= 100);
        }
        assert_eq!(cache.get(&999), Some("passing"), "the last one is there too");
    }

    #[test]
    fn a_value_heavier_than_the_capacity_is_not_kept_and_a_repeated_key_is_replaced() {
        let mut cache = ClockCache::new(10);
        cache.insert(1, "a", 11);
        assert_eq!((cache.get(&1), cache.used()), (None, 0));
        cache.insert(1, "b", 4);
        cache.insert(1, "c", 6);
        assert_eq!((cache.get(&1), cache.used()), (Some("c"), 6));
    }
}
