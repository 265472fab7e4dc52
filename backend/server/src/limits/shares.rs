//! Owns the maximum that one holder may have at the same time, so that no holder takes everything.

use std::{collections::HashMap, sync::Arc};

use auditlog_core::policy::Subject;

use parking_lot::Mutex;

/// The number of units of each holder. Holders without units have no entry.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    each_max: usize,
    held: Arc<Mutex<HashMap<Subject, usize>>>,
}

/// One unit of a holder's share. Dropping it returns the unit.
#[derive(Debug)]
pub(super) struct Share {
    holder: Subject,
    held: Arc<Mutex<HashMap<Subject, usize>>>,
}

impl Shares {
    pub(super) fn new(each_max: usize) -> Self {
        Self { each_max, held: Arc::default() }
    }

    /// Takes one more unit for this holder, if its share is not used up.
    pub(super) fn take(&self, holder: &Subject) -> Option<Share> {
        let mut held = self.held.lock();
        let has = held.get(holder).copied().unwrap_or(0);
        if has >= self.each_max {
            return None;
        }
        held.insert(holder.clone(), has + 1);
        Some(Share { holder: holder.clone(), held: Arc::clone(&self.held) })
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
    use auditlog_core::id::ApiKeyId;

    use super::*;

    fn subject(key: &str) -> Subject {
        Subject::ApiKey(ApiKeyId::parse(&format!("{key:0>16}")).unwrap())
    }

    #[test]
    fn each_holder_has_its_own_share_and_nothing_is_remembered_of_who_has_none() {
        let shares = Shares::new(2);
        let first = shares.take(&subject("a")).unwrap();
        let second = shares.take(&subject("a")).unwrap();
        assert!(shares.take(&subject("a")).is_none());
        let other = shares.take(&subject("b")).unwrap();
        drop(first);
        let third = shares.take(&subject("a")).unwrap();
        drop((second, third, other));
        assert!(shares.held.lock().is_empty());
    }
}
