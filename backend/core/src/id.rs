//! Owns the identifiers: of events, tenants, credentials, users and owners. Knows their syntax and nothing of what they
//! identify.

use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};
use uuid::{Uuid, Variant};

use crate::timestamp::Timestamp;

/// The length of a UUID in its hyphenated form.
const HYPHENATED_BYTES: usize = 36;
const EXTERNAL_ID_TAG: &[u8] = b"auditlog/external-id/v1\0";

/// The identity of an event in the system that recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExternalId<'a> {
    /// `source.service`, before it is cut.
    pub service: &'a str,
    /// `external_id`, before it is cut.
    pub id: &'a str,
    /// `occurred_at`, as sent.
    pub occurred_at: Timestamp,
}

/// The id of an event: a UUID of version 7, printed in lower case. Unique within its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

impl EventId {
    /// Parses the hyphenated form, in any case. `None` for anything else, other UUID versions included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok().filter(|uuid| text.len() == HYPHENATED_BYTES && is_uuid_v7(*uuid))?;
        Some(Self(uuid.into_bytes()))
    }

    /// Derives the id of an event from its id in the system of record: the same for each time it is sent. The
    /// milliseconds are those of `occurred_at`, 0 before 1970. The 74 bits that version 7 leaves free are the first
    /// bits of SHA-256("auditlog/external-id/v1" ‖ 0 ‖ service ‖ 0 ‖ external id).
    #[must_use]
    pub fn of_external(external: &ExternalId<'_>) -> Self {
        let hash = Sha256::new().chain_update(EXTERNAL_ID_TAG).chain_update(external.service);
        let hash: [u8; 32] = hash.chain_update([0]).chain_update(external.id).finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        let free = u128::from_be_bytes(first) >> (128 - 74);
        let millis = u128::try_from(external.occurred_at.as_millis()).unwrap_or(0);
        let (high, low) = (free >> 62, free & ((1 << 62) - 1));
        Self((millis << 80 | 7 << 76 | high << 64 | 2 << 62 | low).to_be_bytes())
    }

    /// Makes an id of a time (cut to milliseconds) and ten random bytes, as RFC 9562 section 5.7 lays them out.
    #[must_use]
    pub fn from_parts(time: Timestamp, random: [u8; 10]) -> Self {
        Self(make_uuid_v7(time, random).into_bytes())
    }

    /// Reads an id back from the 16 bytes it was stored as. `None` where they are no UUID of version 7.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        is_uuid_v7(Uuid::from_bytes(bytes)).then_some(Self(bytes))
    }

    /// The 16 bytes of the id.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Appends what [`Display`](fmt::Display) prints, without the formatter.
    pub fn print(self, out: &mut String) {
        out.push_str(Uuid::from_bytes(self.0).hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }

    /// The time inside the id, in milliseconds since 1970.
    #[must_use]
    pub fn millis(&self) -> u64 {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&self.0[..6]);
        u64::from_be_bytes(millis)
    }

    /// The same in whole hours, which narrows id look-ups.
    #[must_use]
    pub fn hour(&self) -> u32 {
        u32::try_from(self.millis() / 3_600_000).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(formatter)
    }
}

/// Reads the hyphenated lower-case form of a UUID of version 7.
pub(crate) fn parse_uuid_v7(text: &str) -> Option<Uuid> {
    if text.len() != HYPHENATED_BYTES || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    Uuid::try_parse(text).ok().filter(|uuid| is_uuid_v7(*uuid))
}

/// A UUID of version 7 of a time, cut to milliseconds, and ten random bytes.
pub(crate) fn make_uuid_v7(time: Timestamp, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(time.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

fn is_uuid_v7(uuid: Uuid) -> bool {
    uuid.get_version_num() == 7 && uuid.get_variant() == Variant::RFC4122
}

/// The id of a tenant: `[a-z0-9][a-z0-9._-]{0,127}`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// Parses a tenant id. `None` where the text breaks the rule.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let first = text.bytes().next()?;
        let valid = text.len() <= 128
            && alphanumeric(first)
            && text.bytes().all(|byte| alphanumeric(byte) || matches!(byte, b'.' | b'_' | b'-'));
        valid.then(|| Self(text.into()))
    }

    /// The tenant that every installation has: `default`.
    #[must_use]
    pub fn default_tenant() -> Self {
        Self("default".into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The public, opaque name of a credential: `[a-z0-9-]{1,64}`, made by the server. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialId(Arc<str>);

impl CredentialId {
    /// Parses a credential id. `None` where the text breaks the rule, which excludes email addresses.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let valid = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        valid.then(|| Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The public part of an API key: sixteen characters of `[a-z0-9]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyId(String);

impl ApiKeyId {
    /// Parses a key id. `None` where the text breaks the rule.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        valid.then(|| Self(text.to_owned()))
    }

    /// Makes an id of random bytes. About 82 of their bits are used: an id need not be secret, only unique.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> Self {
        const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut rest = u128::from_be_bytes(random);
        let mut text = String::with_capacity(16);
        for _ in 0..16 {
            text.push(char::from(ALPHABET[usize::try_from(rest % 36).unwrap_or(0)]));
            rest /= 36;
        }
        Self(text)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiKeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<&ApiKeyId> for CredentialId {
    /// Every key id follows the rule of credential ids.
    fn from(id: &ApiKeyId) -> Self {
        Self(id.as_str().into())
    }
}

/// The id of a person who is known to the server: a UUID of version 7, printed in lower case. Made by the server, never
/// a subject or an email address of an identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Uuid);

impl UserId {
    /// Parses the hyphenated lower-case form. `None` for anything else, other UUID versions included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_uuid_v7(text).map(Self)
    }

    /// Makes an id of a time (cut to milliseconds) and ten random bytes.
    #[must_use]
    pub fn from_parts(time: Timestamp, random: [u8; 10]) -> Self {
        Self(make_uuid_v7(time, random))
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

impl From<UserId> for CredentialId {
    /// Every user id follows the rule of credential ids.
    fn from(id: UserId) -> Self {
        Self(id.to_string().into())
    }
}

/// Who owns a saved search, an export or another record that people and programs keep for themselves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnerId {
    /// A program, which is known by its key.
    ApiKey(ApiKeyId),
    /// A person.
    User(UserId),
}

impl OwnerId {
    /// The kind of owner: `api_key` or `user`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ApiKey(_) => "api_key",
            Self::User(_) => "user",
        }
    }

    /// The id without its kind.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::ApiKey(id) => id.to_string(),
            Self::User(id) => id.to_string(),
        }
    }

    /// Reads back what [`Display`](fmt::Display) prints. `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("api_key", id) => ApiKeyId::parse(id).map(Self::ApiKey),
            ("user", id) => UserId::parse(id).map(Self::User),
            _ => None,
        }
    }
}

/// Prints kind and id: `api_key:k3v9x0q2m7ab4c1d`.
impl fmt::Display for OwnerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind(), self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_are_lower_case_uuids_of_version_7() {
        let text = "01932b5e-7c00-7abc-8def-0123456789ab";
        assert_eq!(EventId::parse(text).unwrap().to_string(), text);
        let mut printed = String::new();
        EventId::parse(text).unwrap().print(&mut printed);
        assert_eq!(printed, text);
        assert_eq!(EventId::parse(&text.to_uppercase()), EventId::parse(text));
        for bad in [
            "01932b5e7c007abc8def0123456789ab",
            "{01932b5e-7c00-7abc-8def-0123456789ab}",
            "01932b5e-7c00-4abc-8def-0123456789ab",
            "01932b5e-7c00-7abc-cdef-0123456789ab",
            "",
        ] {
            assert_eq!(EventId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_id_carries_the_hour_it_was_made_in() {
        let time = Timestamp::parse_rfc3339("2024-05-06T07:59:59.999Z").unwrap();
        let id = EventId::from_parts(time, [0xff; 10]);
        assert_eq!(i64::from(id.hour()), time.as_millis() / 3_600_000);
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn an_external_id_gives_one_id_for_each_service_and_time() {
        let of = |service, id, time: &str| {
            let occurred_at = Timestamp::parse_rfc3339(time).unwrap();
            EventId::of_external(&ExternalId { service, id, occurred_at })
        };
        let time = "2026-01-01T00:00:00.123456Z";
        let derived = of("github", "a-1", time);
        // The example of docs/spec/event-v1.md.
        assert_eq!(derived.to_string(), "019b76da-a87b-7ef0-9b06-8f84a9ab176a");
        assert_eq!(derived.millis(), 1_767_225_600_123);
        let others = [of("github", "a-2", time), of("gitlab", "a-1", time), of("githuba", "-1", time)];
        assert!(others.iter().all(|other| *other != derived));
        assert_eq!(of("github", "a-1", "1969-12-31T23:59:59Z").millis(), 0);
    }

    #[test]
    fn tenant_ids_follow_the_rule() {
        assert_eq!(TenantId::parse("default"), Some(TenantId::default_tenant()));
        for good in ["a", "default", "0.a_b-c", &"x".repeat(128)] {
            assert!(TenantId::parse(good).is_some(), "{good}");
        }
        for bad in ["", "-a", ".a", "A", "a b", "ä", &"x".repeat(129)] {
            assert!(TenantId::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn owners_are_read_back_as_they_are_printed_and_are_credentials() {
        let key = ApiKeyId::from_random([7; 16]);
        let user = UserId::from_parts(Timestamp::from_micros(1_795_000_000_000_000), [9; 10]);
        for owner in [OwnerId::ApiKey(key.clone()), OwnerId::User(user)] {
            assert_eq!(OwnerId::parse(&owner.to_string()), Some(owner));
        }
        assert_eq!(CredentialId::parse(key.as_str()), Some(CredentialId::from(&key)));
        assert_eq!(CredentialId::parse(&user.to_string()), Some(CredentialId::from(user)));
        for bad in ["", "api_key", "api_key:", "user:0123456789abcdef", "group:0123456789abcdef"] {
            assert_eq!(OwnerId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn credential_ids_follow_the_rule() {
        for good in ["a", "0123456789abcdef", "01932b5e-7c00-7abc-8def-0123456789ab", &"x".repeat(64)] {
            assert_eq!(CredentialId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "A", "a b", "a_b", "alice@example.org", "ä", &"x".repeat(65)] {
            assert!(CredentialId::parse(bad).is_none(), "{bad}");
        }
    }
}
