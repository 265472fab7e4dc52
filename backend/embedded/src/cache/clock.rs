//! A map of bounded weight that evicts entries not requested recently, by the clock algorithm, which is as good as
//! least-recently-used here and moves nothing on a hit.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Values with a weight each. The total weight never exceeds the capacity.
pub(super) struct ClockCache<K, V> {
    /// For each key, how many entries preceded it since the start.
    places: HashMap<K, usize>,
    /// Ordered by insertion, or by when they were last spared from eviction.
    entries: VecDeque<Entry<K, V>>,
    /// How many entries preceded the first one.
    passed: usize,
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
        Self { places: HashMap::new(), entries: VecDeque::new(), passed: 0, used: 0, capacity }
    }

    pub(super) fn used(&self) -> usize {
        self.used
    }

    pub(super) fn get(&mut self, key: &K) -> Option<V> {
        let entry = self.entry(key)?;
        entry.asked_for = true;
        Some(entry.value.clone())
    }

    /// Inserts a value and evicts others until it fits. A value heavier than the capacity is not kept.
    pub(super) fn insert(&mut self, key: K, value: V, weight: usize) {
        if let Some(entry) = self.entry(&key) {
            let before = std::mem::replace(&mut entry.weight, weight);
            (entry.value, entry.asked_for) = (value, true);
            self.used = self.used - before + weight;
            self.forget_down_to(self.capacity);
        } else if weight <= self.capacity {
            // Room is made before the insertion: if all others were requested since, the new value must not be evicted
            // for them.
            self.forget_down_to(self.capacity - weight);
            self.used += weight;
            self.append(Entry { key, value, weight, asked_for: false });
        }
    }

    fn forget_down_to(&mut self, weight: usize) {
        while self.used > weight {
            self.forget_one();
        }
    }

    fn entry(&mut self, key: &K) -> Option<&mut Entry<K, V>> {
        let place = self.places.get(key)?.wrapping_sub(self.passed);
        self.entries.get_mut(place)
    }

    fn append(&mut self, entry: Entry<K, V>) {
        self.places.insert(entry.key, self.passed.wrapping_add(self.entries.len()));
        self.entries.push_back(entry);
    }

    /// Evicts the oldest entry, unless it was requested since: then it is spared once and moved to the end.
    fn forget_one(&mut self) {
        while let Some(entry) = self.entries.pop_front() {
            self.passed = self.passed.wrapping_add(1);
            if !entry.asked_for {
                self.used -= entry.weight;
                self.places.remove(&entry.key);
                return;
            }
            self.append(Entry { asked_for: false, ..entry });
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
    fn what_came_last_is_forgotten_last() {
        let mut cache = ClockCache::new(100);
        for key in 0..1_000 {
            cache.insert(key, "passing", 10);
            // Read without a request, which would keep the entry.
            let kept: Vec<i32> = (0..=key).filter(|earlier| cache.places.contains_key(earlier)).collect();
            assert_eq!(kept, ((key - 9).max(0)..=key).collect::<Vec<_>>());
        }
        assert_eq!((cache.entries.len(), cache.used()), (10, 100));
    }

    #[test]
    fn a_value_heavier_than_the_capacity_is_not_kept_and_a_repeated_key_is_replaced() {
        let mut cache = ClockCache::new(10);
        cache.insert(1, "a", 11);
        assert_eq!((cache.get(&1), cache.used()), (None, 0));
        cache.insert(1, "b", 4);
        cache.insert(1, "c", 6);
        assert_eq!((cache.get(&1), cache.used()), (Some("c"), 6));
        cache.insert(1, "d", 11);
        assert_eq!((cache.get(&1), cache.used()), (None, 0), "what was there before is not kept in its place");
    }
}
