//! Owns how salts are derived (docs/spec/leaf-v1.md, chapter 4).
//!
//! Six stored salts would add 96 incompressible bytes to an event of 72 bytes, so a request stores one seed, and all
//! salts are derived from it.

use sha2::{Digest, Sha256};

use crate::event::{Group, SALT_BYTES, SaltSource};

const EVENT_TAG: &[u8] = b"auditlog.salt.v1.event\0";
const GROUP_TAG: &[u8] = b"auditlog.salt.v1.group\0";

/// The salt of one group of one event. A disclosure reveals this salt and never the source, because the salts of the
/// withheld groups can be derived from the source.
#[must_use]
pub fn group_salt(source: &SaltSource, group: Group) -> [u8; SALT_BYTES] {
    EventKey::derive(source).group_salt(group)
}

/// The key that all salts of one event are derived from. It stays private to this module: see [`group_salt`].
pub(super) struct EventKey([u8; SALT_BYTES]);

impl EventKey {
    pub(super) fn derive(source: &SaltSource) -> Self {
        let hash = Sha256::new().chain_update(EVENT_TAG).chain_update(source.seed);
        Self(cut(hash.chain_update(source.index.to_be_bytes())))
    }

    pub(super) fn group_salt(&self, group: Group) -> [u8; SALT_BYTES] {
        cut(Sha256::new().chain_update(GROUP_TAG).chain_update(self.0).chain_update(group.as_str()))
    }
}

/// The first sixteen bytes of a hash.
fn cut(hash: Sha256) -> [u8; SALT_BYTES] {
    let mut salt = [0; SALT_BYTES];
    salt.copy_from_slice(&hash.finalize()[..SALT_BYTES]);
    salt
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_groups_events_or_requests_share_a_salt() {
        let mut salts = HashSet::new();
        for seed in [[0; 16], [1; 16]] {
            for index in [0, 1, 256, u32::MAX] {
                for group in Group::ALL {
                    assert!(salts.insert(group_salt(&SaltSource { seed, index }, group)), "{seed:?} {index} {group:?}");
                }
            }
        }
    }
}
