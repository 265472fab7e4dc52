//! Owns the key of the ledger's keyed checksums: derived from a secret of the directory, and never stored.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::ledger::row::KeyedChecksum;

/// Separates this key from every other use of the same secret.
const DOMAIN: &[u8] = b"auditlog/ledger-key/v1";

/// The key that authenticates control data, marks and `ledger.sum`: an attacker who can write the database but does not
/// have the directory's secrets cannot create a valid checksum.
#[derive(Clone)]
pub(crate) struct LedgerKey(Hmac<Sha256>);

impl LedgerKey {
    /// Derives the key from a secret of the directory.
    pub(crate) fn derive(secret: &[u8; 32]) -> Self {
        let key = keyed(secret).chain_update(DOMAIN).finalize().into_bytes();
        Self(keyed(&key.into()))
    }

    /// Starts a checksum. `domain` names its subject: a table, or something else that has no rows.
    pub(super) fn checksum(&self, domain: &'static str) -> KeyedChecksum {
        KeyedChecksum::begin(domain, self.0.clone())
    }
}

impl std::fmt::Debug for LedgerKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LedgerKey(not shown)")
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // The key is one hash block, so it is padded with zeros and not hashed.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}
