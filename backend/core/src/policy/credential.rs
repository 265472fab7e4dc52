//! Owns the text of an API key and its stored hash. Knows neither where keys are stored nor what they allow.
//!
//! `alk_<environment>_<16 characters: public id>_<64 hexadecimal digits: secret>_<8 hexadecimal digits: checksum>`. The
//! prefix lets secret scanners of repositories find leaked keys; the checksum distinguishes a typing error from a wrong
//! key without a look-up. The secret has 256 random bits, so storing one keyed hash of it is enough.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{clock::Entropy, id::ApiKeyId};

const PREFIX: &str = "alk";
const SECRET_BYTES: usize = 32;
const CHECKSUM_DIGITS: usize = 8;
const ENVIRONMENT_BYTES_MAX: usize = 16;
const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The name of an installation in its keys, for example `live` or `test`: `[a-z0-9]{1,16}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentName(String);

/// The text is not an environment name: it is not `[a-z0-9]{1,16}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an environment's name has 1 to 16 characters of a-z and 0-9")]
pub struct MalformedEnvironment;

impl EnvironmentName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, MalformedEnvironment> {
        let valid = (1..=ENVIRONMENT_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if valid { Ok(Self(text.to_owned())) } else { Err(MalformedEnvironment) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The installation's secret that key hashes depend on: without it a stolen database cannot confirm a guessed key.
#[derive(Clone)]
pub struct Pepper([u8; 32]);

impl Pepper {
    /// Wraps the secret.
    #[must_use]
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pepper(hidden)")
    }
}

/// Why a text is not an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It does not have the shape of one.
    #[error("this is not an API key of the form alk_<environment>_<id>_<secret>_<checksum>")]
    Malformed,
    /// It has the shape, but characters were changed, lost or added on the way.
    #[error("the API key's checksum does not match: it was mistyped or cut")]
    BadChecksum,
}

/// An API key as its holder has it, including the secret. Neither `Debug` nor an error ever shows the secret.
#[derive(Clone)]
pub struct ApiKeyToken {
    environment: EnvironmentName,
    id: ApiKeyId,
    secret: [u8; SECRET_BYTES],
}

impl ApiKeyToken {
    /// Makes a new key.
    #[must_use]
    pub fn mint(environment: EnvironmentName, entropy: &dyn Entropy) -> Self {
        let mut id = [0; 16];
        entropy.fill(&mut id);
        let mut secret = [0; SECRET_BYTES];
        entropy.fill(&mut secret);
        Self { environment, id: ApiKeyId::from_random(id), secret }
    }

    /// Parses a key that a client presents.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] where it does not have a key's shape, [`TokenError::BadChecksum`] where it does but
    /// the checksum does not match.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let (signed, checksum) = text.rsplit_once('_').ok_or(TokenError::Malformed)?;
        let mut parts = signed.split('_');
        let (Some(PREFIX), Some(environment), Some(id), Some(secret), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        let environment = EnvironmentName::parse(environment).map_err(|_| TokenError::Malformed)?;
        let id = ApiKeyId::parse(id).ok_or(TokenError::Malformed)?;
        let secret = decode_hex::<SECRET_BYTES>(secret).ok_or(TokenError::Malformed)?;
        let checksum = decode_hex::<{ CHECKSUM_DIGITS / 2 }>(checksum).ok_or(TokenError::Malformed)?;
        if u32::from_be_bytes(checksum) != crc32fast::hash(signed.as_bytes()) {
            return Err(TokenError::BadChecksum);
        }
        Ok(Self { environment, id, secret })
    }

    /// The public part.
    #[must_use]
    pub const fn id(&self) -> &ApiKeyId {
        &self.id
    }

    /// The installation that issued it.
    #[must_use]
    pub const fn environment(&self) -> &EnvironmentName {
        &self.environment
    }

    /// The whole text including the secret: to be shown once, to the requester of the key.
    #[must_use]
    pub fn expose(&self) -> String {
        let (environment, id) = (self.environment.as_str(), self.id.as_str());
        let signed = format!("{PREFIX}_{environment}_{id}_{}", encode_hex(&self.secret));
        let checksum = crc32fast::hash(signed.as_bytes());
        format!("{signed}_{checksum:08x}")
    }

    /// The stored hash of the secret: HMAC-SHA256(pepper, secret).
    #[must_use]
    pub fn hash(&self, pepper: &Pepper) -> [u8; 32] {
        // `new` takes a key as long as a block (64 bytes), which a pepper padded with zeros is, and so cannot fail.
        let mut key = [0; 64];
        key[..pepper.0.len()].copy_from_slice(&pepper.0);
        let mut mac = Hmac::<Sha256>::new(&key.into());
        mac.update(&self.secret);
        mac.finalize().into_bytes().into()
    }

    /// Whether `kept` is the hash of this key's secret, in constant time.
    #[must_use]
    pub fn matches(&self, kept: &[u8; 32], pepper: &Pepper) -> bool {
        self.hash(pepper).ct_eq(kept).into()
    }
}

impl fmt::Debug for ApiKeyToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiKeyToken").field("id", &self.id).finish_non_exhaustive()
    }
}

fn encode_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(HEX_DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads exactly `2 * N` lower-case hexadecimal digits.
fn decode_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = hex_digit(digits[0])? << 4 | hex_digit(digits[1])?;
    }
    Some(bytes)
}

const fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// Counts up, so that every key of a test is different.
    #[derive(Default)]
    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(37, Ordering::Relaxed));
        }
    }

    fn mint() -> ApiKeyToken {
        ApiKeyToken::mint(EnvironmentName::parse("live").unwrap(), &Counting::default())
    }

    #[test]
    fn a_minted_key_reads_back_as_itself() {
        let token = mint();
        let read = ApiKeyToken::parse(&token.expose()).unwrap();
        assert_eq!(read.id(), token.id());
        assert_eq!(read.environment().as_str(), "live");
        let pepper = Pepper::new([7; 32]);
        assert!(read.matches(&token.hash(&pepper), &pepper));
    }

    #[test]
    fn the_text_has_the_documented_form() {
        let text = mint().expose();
        let parts: Vec<&str> = text.split('_').collect();
        assert_eq!(parts[..2], ["alk", "live"]);
        assert_eq!(parts[2..].iter().map(|part| part.len()).collect::<Vec<_>>(), [16, 64, 8]);
    }

    #[test]
    fn the_hash_is_hmac_sha256_of_the_secret_bytes_under_the_pepper() {
        let secret = "00".repeat(32);
        let signed = format!("alk_test_{}_{secret}", "a".repeat(16));
        let token = ApiKeyToken::parse(&format!("{signed}_{:08x}", crc32fast::hash(signed.as_bytes()))).unwrap();
        // printf '%064d' 0 | xxd -r -p | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07
        assert_eq!(encode_hex(&token.hash(&Pepper::new([7; 32]))), HMAC_OF_ZEROS);
    }

    const HMAC_OF_ZEROS: &str = "2218b7858ad25437f7c681339eb7624b36ae3578527e72bb7ceff3870e208f33";

    #[test]
    fn another_secret_or_pepper_does_not_match() {
        let token = mint();
        let (pepper, other_pepper) = (Pepper::new([7; 32]), Pepper::new([8; 32]));
        let kept = token.hash(&pepper);
        assert!(!token.matches(&kept, &other_pepper));
        for bit in 0..256 {
            let mut near = kept;
            near[bit / 8] ^= 1 << (bit % 8);
            assert!(!token.matches(&near, &pepper), "bit {bit}");
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let text = mint().expose();
        for place in 0..text.len() {
            for replacement in ["0", "1", "f", "z", "_", "A", ""] {
                let changed = format!("{}{replacement}{}", &text[..place], &text[place + 1..]);
                if changed != text {
                    assert!(ApiKeyToken::parse(&changed).is_err(), "{replacement:?} at {place}");
                }
            }
        }
    }

    #[test]
    fn a_typing_error_is_told_from_something_else_altogether() {
        let text = mint().expose();
        let place = text.len() - 20;
        let digit = if &text[place..=place] == "0" { "1" } else { "0" };
        let mistyped = format!("{}{digit}{}", &text[..place], &text[place + 1..]);
        assert_eq!(ApiKeyToken::parse(&mistyped).unwrap_err(), TokenError::BadChecksum);
        let upper = text.to_uppercase();
        let other_prefix = text.replacen("alk", "sk", 1);
        for malformed in ["", "alk", "____", "alk_live", "password", &text[..40], &upper, &other_prefix] {
            assert_eq!(ApiKeyToken::parse(malformed).unwrap_err(), TokenError::Malformed, "{malformed}");
        }
    }

    #[test]
    fn debug_output_and_errors_never_show_the_secret() {
        let token = mint();
        let secret = encode_hex(&token.secret);
        let shown = format!("{token:?} {:?} {:?}", Pepper::new([7; 32]), ApiKeyToken::parse(&token.expose()[1..]));
        assert!(!shown.contains(&secret) && !shown.contains("7, 7"), "{shown}");
    }

    #[test]
    fn environments_follow_the_rule() {
        for good in ["a", "live", "0123456789abcdef"] {
            assert_eq!(EnvironmentName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "Live", "a_b", "0123456789abcdefg", "é"] {
            assert_eq!(EnvironmentName::parse(bad), Err(MalformedEnvironment), "{bad}");
        }
    }
}
