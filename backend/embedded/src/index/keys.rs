//! The keys of look-ups, and how they are hashed.

use std::ops::ControlFlow;

use auditlog_core::{
    event::Group,
    id::TenantId,
    query::{PhraseScope, TokenKind, walk_tokens},
};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::table_writer::Precision;

/// The kinds of values that the index maps to rows. Keys include the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExactKind {
    /// `id`, as its sixteen bytes.
    EventId,
    /// `external_id`
    ExternalId,
    /// `context.request_id`
    RequestId,
    /// `context.correlation_id`
    CorrelationId,
    /// `context.session_id`
    SessionId,
    /// `context.trace_id`
    TraceId,
    /// `actor.id` and the ids in `on_behalf_of`.
    ActorId,
    /// The ids of `targets`.
    TargetId,
    /// `context.ip`, as its canonical text.
    Address,
}

impl ExactKind {
    /// Every kind, in the order of the file's sections.
    pub const ALL: [Self; 9] = [
        Self::EventId,
        Self::ExternalId,
        Self::RequestId,
        Self::CorrelationId,
        Self::SessionId,
        Self::TraceId,
        Self::ActorId,
        Self::TargetId,
        Self::Address,
    ];

    /// The part's name in measurements.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventId => "event_id",
            Self::ExternalId => "external_id",
            Self::RequestId => "request_id",
            Self::CorrelationId => "correlation_id",
            Self::SessionId => "session_id",
            Self::TraceId => "trace_id",
            Self::ActorId => "actor_id",
            Self::TargetId => "target_id",
            Self::Address => "address",
        }
    }

    /// The precision of the index for these values. Ids of events, requests and traces are nearly as many as there are
    /// events, and a row's number would be half of their size in the index.
    pub(super) const fn precision(self) -> Precision {
        match self {
            Self::EventId | Self::ExternalId | Self::RequestId | Self::CorrelationId | Self::TraceId => Precision::Page,
            Self::SessionId | Self::ActorId | Self::TargetId | Self::Address => Precision::Row,
        }
    }

    /// Its position in [`ExactKind::ALL`].
    pub(super) const fn position(self) -> usize {
        self as usize
    }
}

/// The part of a key's hash that all values of a tenant share.
pub(super) fn tenant_seed(tenant_id: &str) -> u64 {
    xxh3_64(tenant_id.as_bytes())
}

/// The hash of a value of the tenant with this seed. Each kind has a table of its own, so it is not part of the hash.
pub(super) fn exact_hash(tenant_seed: u64, value: &[u8]) -> u64 {
    xxh3_64_with_seed(value, tenant_seed)
}

/// The hash of a value of this tenant.
pub(super) fn tenant_hash(tenant_id: &TenantId, value: &[u8]) -> u64 {
    exact_hash(tenant_seed(tenant_id.as_str()), value)
}

/// Separates the keys of whole values from words in the table of tokens.
const WHOLE_SEED: u64 = 0x77_686f_6c65;

/// The hash of the key of a whole value that is kept among the tokens, the same for all tenants.
pub(super) fn whole_hash(part: TextPart, key: &str) -> u64 {
    xxh3_64_with_seed(key.as_bytes(), part.seed() ^ WHOLE_SEED)
}

/// The part of an event's texts that a word or a whole value is in. Those of personal texts have keys of their own, so
/// that a search of the other texts neither finds them nor takes longer because of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextPart {
    /// Texts of personal groups.
    Personal,
    /// All others.
    Other,
}

impl TextPart {
    /// Both parts.
    pub const ALL: [Self; 2] = [Self::Personal, Self::Other];

    /// The part that has the texts of a group.
    #[must_use]
    pub const fn of(group: Group) -> Self {
        if group.is_personal() { Self::Personal } else { Self::Other }
    }

    /// Whether a phrase of this scope is looked for in the part.
    #[must_use]
    pub fn is_within(self, scope: PhraseScope) -> bool {
        Group::ALL.into_iter().any(|group| Self::of(group) == self && scope.includes(group))
    }

    const fn seed(self) -> u64 {
        match self {
            Self::Personal => 0x7065_7273_6f6e,
            Self::Other => 0,
        }
    }
}

/// The hash of a word, the same for all tenants: the rows of a page are soon narrowed to one tenant.
pub(super) fn word_hash(part: TextPart, word: &str) -> u64 {
    xxh3_64_with_seed(word.as_bytes(), part.seed())
}

/// Separates pairs of characters from words in the table of tokens.
const PAIR_SEED: u64 = 0x7061_6972;

/// The hash of two characters of a script without spaces, the second directly behind the first.
pub(super) fn pair_hash(part: TextPart, first: &str, second: &str) -> u64 {
    end_pair(begin_pair(part, first), second)
}

fn begin_pair(part: TextPart, first: &str) -> u64 {
    xxh3_64_with_seed(first.as_bytes(), part.seed() ^ PAIR_SEED)
}

fn end_pair(first: u64, second: &str) -> u64 {
    xxh3_64_with_seed(second.as_bytes(), first)
}

/// Passes the hashes of the words of a text, and of the pairs of characters of scripts without spaces, to `found`.
pub(super) fn hash_tokens(part: TextPart, text: &str, mut found: impl FnMut(u64)) {
    let mut first = 0;
    let _ = walk_tokens(text, |token, _| {
        match token.kind {
            TokenKind::Word => found(word_hash(part, token.key)),
            TokenKind::Starting => first = begin_pair(part, token.key),
            TokenKind::Continuing => {
                found(end_pair(first, token.key));
                first = begin_pair(part, token.key);
            }
        }
        ControlFlow::Continue(())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_pairs_are_found_by_their_hashes() {
        let tokens = |part| {
            let mut found = Vec::new();
            hash_tokens(part, "Payroll 東京都 年 run", |hash| found.push(hash));
            found
        };
        for part in TextPart::ALL {
            let (word, pair) = (|word| word_hash(part, word), |first, second| pair_hash(part, first, second));
            assert_eq!(tokens(part), [word("payroll"), pair("東", "京"), pair("京", "都"), word("run")]);
            assert_ne!(pair("東", "京"), pair("京", "東"));
            assert_ne!(pair("東", "京"), word("東京"));
        }
        let [personal, other] = TextPart::ALL.map(tokens);
        assert!(personal.iter().all(|hash| !other.contains(hash)));
    }
}
