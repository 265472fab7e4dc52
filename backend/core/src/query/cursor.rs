//! Owns the cursor: the position of a walk over pages, as an opaque text that only this installation can create.
//!
//! 66 bytes in base64url without padding: version, order, fingerprint of the filter, the time that relative times were
//! resolved at, the tenant's head at the first page, the last event's (`occurred_at`, `sequence`), all big endian, and
//! 16 bytes of HMAC-SHA256 over them. The key is the tenant's own, so a cursor is useless in another tenant.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{
    id::TenantId,
    query::{Filter, Order, Position},
    timestamp::Timestamp,
};

const VERSION: u8 = 1;
const PAYLOAD_BYTES: usize = 50;
pub(super) const SIGNATURE_BYTES: usize = 16;
const CURSOR_BYTES: usize = PAYLOAD_BYTES + SIGNATURE_BYTES;

/// The position of a walk over pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The fingerprint of the walk's filter.
    pub filter_hash: [u8; 16],
    /// The time of the first page; relative times of every later page are resolved at it.
    pub now: Timestamp,
    /// The tenant's head at the first page; later events are not part of the walk.
    pub head: u64,
    /// The last event of the previous page.
    pub position: Position,
    /// The order of the walk.
    pub order: Order,
}

/// Signs the cursors of one tenant.
#[derive(Clone)]
pub struct CursorKey([u8; 32]);

/// Why a cursor is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It is not a cursor of this version.
    #[error("this is not a cursor; use `next_cursor` of the answer unchanged, or omit the cursor to start again")]
    Malformed,
    /// It was not signed with this tenant's key.
    #[error("the cursor was changed or belongs to another tenant; omit it to start again")]
    WrongSignature,
    /// It was made for another filter or order.
    #[error("the cursor belongs to another query; repeat the filters and the order of the first page")]
    OtherQuery,
}

impl CursorError {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_cursor",
            Self::WrongSignature => "wrong_cursor_signature",
            Self::OtherQuery => "cursor_of_other_query",
        }
    }
}

impl CursorKey {
    /// Derives a tenant's key from the installation's cursor secret.
    #[must_use]
    pub fn new(secret: &[u8; 32], tenant_id: &TenantId) -> Self {
        Self(hmac_of(secret, &[b"auditlog.cursor.v1.key\0", tenant_id.as_str().as_bytes()]))
    }

    /// Derives the key of lists outside of all tenants from the installation's cursor secret.
    #[must_use]
    pub fn of_system(secret: &[u8; 32]) -> Self {
        Self(hmac_of(secret, &[b"auditlog.cursor.v1.system-key\0"]))
    }

    /// Whether the payload was signed with this key.
    pub(super) fn verifies(&self, payload: &[u8], signature: &[u8]) -> bool {
        self.sign(payload).ct_eq(signature).into()
    }

    pub(super) fn sign(&self, payload: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(&hmac_of(&self.0, &[payload])[..SIGNATURE_BYTES]);
        signature
    }
}

/// Shows nothing of the key.
impl std::fmt::Debug for CursorKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CursorKey(..)")
    }
}

impl Cursor {
    /// Prints and signs the cursor.
    #[must_use]
    pub fn encode(&self, key: &CursorKey) -> String {
        let mut bytes = Vec::with_capacity(CURSOR_BYTES);
        bytes.push(VERSION);
        bytes.push(match self.order {
            Order::NewestFirst => 0,
            Order::OldestFirst => 1,
        });
        bytes.extend_from_slice(&self.filter_hash);
        bytes.extend_from_slice(&self.now.as_micros().to_be_bytes());
        bytes.extend_from_slice(&self.head.to_be_bytes());
        bytes.extend_from_slice(&self.position.occurred_at.as_micros().to_be_bytes());
        bytes.extend_from_slice(&self.position.sequence.to_be_bytes());
        let signature = key.sign(&bytes);
        bytes.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Parses a cursor that this key signed.
    ///
    /// # Errors
    /// [`CursorError::Malformed`] or [`CursorError::WrongSignature`].
    pub fn decode(text: &str, key: &CursorKey) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
        if bytes.len() != CURSOR_BYTES || bytes[0] != VERSION {
            return Err(CursorError::Malformed);
        }
        let (payload, signature) = bytes.split_at(PAYLOAD_BYTES);
        if !key.verifies(payload, signature) {
            return Err(CursorError::WrongSignature);
        }
        let order = match payload[1] {
            0 => Order::NewestFirst,
            1 => Order::OldestFirst,
            _ => return Err(CursorError::Malformed),
        };
        let position = Position {
            occurred_at: Timestamp::from_micros(i64::from_be_bytes(array_at(payload, 34))),
            sequence: u64::from_be_bytes(array_at(payload, 42)),
        };
        Ok(Self {
            filter_hash: array_at(payload, 2),
            now: Timestamp::from_micros(i64::from_be_bytes(array_at(payload, 18))),
            head: u64::from_be_bytes(array_at(payload, 26)),
            position,
            order,
        })
    }

    /// Checks that the cursor belongs to this filter, parsed at the cursor's own `now`, and to this order.
    ///
    /// # Errors
    /// [`CursorError::OtherQuery`].
    pub fn check(&self, filter: &Filter, order: Order) -> Result<(), CursorError> {
        if self.filter_hash == filter.fingerprint() && self.order == order {
            Ok(())
        } else {
            Err(CursorError::OtherQuery)
        }
    }
}

/// The `N` bytes of `bytes` from `start`. The caller has checked the length; bytes beyond the end would read as 0.
fn array_at<const N: usize>(bytes: &[u8], start: usize) -> [u8; N] {
    let mut array = [0; N];
    for (into, from) in array.iter_mut().zip(bytes.iter().skip(start)) {
        *into = *from;
    }
    array
}

/// HMAC-SHA256 of the parts one after the other. Built from a block-sized key, which cannot fail.
fn hmac_of(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(tenant: &str) -> CursorKey {
        CursorKey::new(&[7; 32], &TenantId::parse(tenant).unwrap())
    }

    fn cursor() -> Cursor {
        Cursor {
            filter_hash: Filter::All.fingerprint(),
            now: Timestamp::from_micros(1_795_000_000_000_000),
            head: 12_345,
            position: Position { occurred_at: Timestamp::from_micros(-1), sequence: u64::MAX },
            order: Order::OldestFirst,
        }
    }

    #[test]
    fn a_cursor_is_88_characters_that_fit_a_url() {
        let text = cursor().encode(&key("acme"));
        assert_eq!(text.len(), 88);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
        assert_eq!(Cursor::decode(&text, &key("acme")), Ok(cursor()));
    }

    #[test]
    fn every_other_character_at_every_place_is_refused() {
        let text = cursor().encode(&key("acme"));
        for at in 0..text.len() {
            for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= %\u{e9}".chars() {
                if text[at..].starts_with(other) {
                    continue;
                }
                let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                assert!(Cursor::decode(&changed, &key("acme")).is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn a_shorter_or_longer_text_is_malformed() {
        let text = cursor().encode(&key("acme"));
        for end in 0..text.len() {
            assert_eq!(Cursor::decode(&text[..end], &key("acme")), Err(CursorError::Malformed), "{end}");
        }
        for longer in [format!("{text}A"), format!("{text}AAAA"), format!("{text}="), format!(" {text}")] {
            assert_eq!(Cursor::decode(&longer, &key("acme")), Err(CursorError::Malformed), "{longer}");
        }
    }

    #[test]
    fn another_tenant_or_another_installation_refuses_it() {
        let text = cursor().encode(&key("acme"));
        let elsewhere = CursorKey::new(&[8; 32], &TenantId::parse("acme").unwrap());
        for other in [key("acme2"), elsewhere] {
            assert_eq!(Cursor::decode(&text, &other), Err(CursorError::WrongSignature));
        }
    }

    #[test]
    fn it_belongs_to_one_filter_and_one_order() {
        let other = Filter::Not(Box::new(Filter::All));
        assert_eq!(cursor().check(&Filter::All, Order::OldestFirst), Ok(()));
        assert_eq!(cursor().check(&Filter::All, Order::NewestFirst), Err(CursorError::OtherQuery));
        assert_eq!(cursor().check(&other, Order::OldestFirst), Err(CursorError::OtherQuery));
    }

    proptest! {
        #[test]
        fn what_was_printed_reads_back(
            filter_hash: [u8; 16], now: i64, head: u64, occurred_at: i64, sequence: u64, newest_first: bool,
        ) {
            let cursor = Cursor {
                filter_hash,
                now: Timestamp::from_micros(now),
                head,
                position: Position { occurred_at: Timestamp::from_micros(occurred_at), sequence },
                order: if newest_first { Order::NewestFirst } else { Order::OldestFirst },
            };
            prop_assert_eq!(Cursor::decode(&cursor.encode(&key("t")), &key("t")), Ok(cursor));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,120}") {
            prop_assert!(Cursor::decode(&text, &key("t")).is_err());
        }
    }
}
