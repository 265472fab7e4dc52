//! Owns the maximum that one holder may have at the same time, so that no holder takes everything.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

/// The number of units of each holder. Holders without units have no entry.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    each_max: usize,
    held: Arc<Mutex<HashMap<String, usize>>>,
}

/// One unit of a holder's share. Dropping it returns the unit.
#[derive(Debug)]
pub(super) struct Share {
    holder: String,
    held: Arc<Mutex<HashMap<String, usize>>>,
}

impl Shares {
    pub(super) fn new(each_max: usize) -> Self {
        Self { each_max, held: Arc::default() }
    }

    /// Takes one more unit for this holder, if its share is not used up.
    pub(super) fn take(&self, holder: &str) -> Option<Share> {
        let mut held = self.held.lock();
        let has = held.get(holder).copied().unwrap_or(0);
        if has >= self.each_max {
            return None;
        }
        held.insert(holder.to_owned(), has + 1);
        Some(Share { holder: holder.to_owned(), held: Arc::clone(&self.held) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.held.lock();
        match held.get_mut(&self.holder) {
            Some(has) if *has > 1 => *has -= 1,
            _ => drop(held.remove(&self.holder)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_holder_has_its_own_share_and_nothing_is_remembered_of_who_has_none() {
        let shares = Shares::new(2);
        let first = shares.take("a").unwrap();
        let second = shares.take("a").unwrap();
        assert!(shares.take("a").is_none());
        let other = shares.take("b").unwrap();
        drop(first);
        let third = shares.take("a").unwrap();
        drop((second, third, other));
        assert!(shares.held.lock().is_empty());
    }
}
