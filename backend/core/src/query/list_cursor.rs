//! Owns the cursor of lists of control data: the entry after which a walk resumes, as an opaque text that only this
//! installation can create.
//!
//! In base64url without padding: a version byte, which differs from that of event cursors so that neither is accepted
//! as the other; the list's name, a zero byte, the position in that list as its owner writes it, and 16 bytes of
//! HMAC-SHA256 over them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::query::{CursorError, CursorKey, cursor::SIGNATURE_BYTES};

const VERSION: u8 = 2;

/// The position of a walk over a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCursor {
    /// The list's name, without zero bytes.
    pub list: String,
    /// The last entry of the previous page, as the list's owner writes it.
    pub place: String,
}

impl ListCursor {
    /// Prints and signs the cursor.
    #[must_use]
    pub fn encode(&self, key: &CursorKey) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.list.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(self.place.as_bytes());
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
        let signature_at = bytes.len().checked_sub(SIGNATURE_BYTES).ok_or(CursorError::Malformed)?;
        let (payload, signature) = bytes.split_at(signature_at);
        let Some((&VERSION, rest)) = payload.split_first() else { return Err(CursorError::Malformed) };
        if !key.verifies(payload, signature) {
            return Err(CursorError::WrongSignature);
        }
        let rest = std::str::from_utf8(rest).map_err(|_| CursorError::Malformed)?;
        let (list, place) = rest.split_once('\0').ok_or(CursorError::Malformed)?;
        Ok(Self { list: list.to_owned(), place: place.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TenantId;

    fn key(tenant: &str) -> CursorKey {
        CursorKey::new(&[7; 32], &TenantId::parse(tenant).unwrap())
    }

    fn cursor() -> ListCursor {
        ListCursor { list: "api_keys".to_owned(), place: "123:abc\0\u{fc}".to_owned() }
    }

    #[test]
    fn what_was_printed_reads_back_with_the_same_key_alone() {
        let text = cursor().encode(&key("acme"));
        assert_eq!(ListCursor::decode(&text, &key("acme")), Ok(cursor()));
        for other in [key("acme2"), CursorKey::of_system(&[7; 32])] {
            assert_eq!(ListCursor::decode(&text, &other), Err(CursorError::WrongSignature));
        }
        assert!(crate::query::Cursor::decode(&text, &key("acme")).is_err());
    }

    #[test]
    fn what_was_changed_or_cut_is_refused() {
        let text = cursor().encode(&key("acme"));
        for at in 0..text.len() {
            assert!(ListCursor::decode(&text[..at], &key("acme")).is_err(), "{at}");
            let other = if text[at..].starts_with('A') { 'B' } else { 'A' };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert!(ListCursor::decode(&changed, &key("acme")).is_err(), "{changed}");
        }
    }
}
