//! Owns the words of events: actions, names, services, message words. Uses no randomness except its own unseeded
//! syllables, so a rank always stands for the same word.

use crate::corpus::dice::mix;

/// The number of words in the vocabulary of messages.
pub(super) const WORDS: u64 = 8_192;

/// The nouns of actions; also the types of targets.
pub const NOUNS: [&str; 40] = [
    "user",
    "session",
    "document",
    "invoice",
    "project",
    "api_key",
    "role",
    "payment",
    "report",
    "bucket",
    "file",
    "database",
    "cluster",
    "deployment",
    "secret",
    "policy",
    "webhook",
    "group",
    "ticket",
    "comment",
    "dashboard",
    "alert",
    "pipeline",
    "artifact",
    "repository",
    "branch",
    "order",
    "customer",
    "contract",
    "device",
    "certificate",
    "network",
    "subscription",
    "export",
    "backup",
    "job",
    "queue",
    "template",
    "notification",
    "workspace",
];

/// The verbs of actions. With [`NOUNS`] they make 200 actions.
pub(super) const VERBS: [&str; 5] = ["read", "update", "create", "delete", "approve"];

/// Services by rank.
pub(super) const SERVICES: [&str; 16] = [
    "identity",
    "gateway",
    "billing",
    "documents",
    "projects",
    "storage",
    "deployer",
    "vault",
    "reporting",
    "notifications",
    "scheduler",
    "search",
    "crm",
    "support",
    "catalogue",
    "payroll",
];

/// Regions of services.
pub(super) const REGIONS: [&str; 6] =
    ["europe-west1", "us-east1", "asia-south1", "europe-north1", "us-west2", "australia-southeast1"];

/// Two-letter countries.
pub(super) const COUNTRIES: [&str; 12] = ["DE", "US", "GB", "FR", "IN", "NL", "PL", "ES", "JP", "BR", "SE", "AU"];

/// Domains of e-mail addresses in extended events.
pub(super) const DOMAINS: [&str; 6] =
    ["example.com", "example.org", "corp.example.net", "example.co.uk", "mail.example.edu", "partner.example"];

/// The domain of one actor in a thousand, in extended events.
pub const RARE_DOMAIN: &str = "contractor.example";

/// The value of `metadata.rollout.stage` in one extended event in a thousand; in the others it is another one.
pub const RARE_STAGE: &str = "canary";

/// Failure codes.
pub(super) const FAILURE_CODES: [&str; 10] = [
    "not_found",
    "invalid_argument",
    "timeout",
    "rate_limited",
    "precondition_failed",
    "conflict",
    "unavailable",
    "internal",
    "expired",
    "too_large",
];

/// The failure of one event in ten thousand: benchmarks query it as "matching 1 in 10,000".
pub const RARE_CODE: &str = "quota_exhausted";

/// User agents of actors.
pub(super) const USER_AGENTS: [&str; 12] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "aws-sdk-go/1.55.6 (go1.24.4; linux; amd64)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "python-requests/2.32.4",
    "curl/8.14.1",
    "okhttp/5.1.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "terraform/1.12.2 (+https://www.terraform.io)",
    "kubectl/v1.33.1 (linux/amd64) kubernetes/8adc0f0",
    "grpc-java-netty/1.73.0",
    "Go-http-client/2.0",
];

const FIRST_NAMES: [&str; 16] = [
    "alice", "bob", "carla", "dmitri", "elena", "farid", "grace", "hiro", "ines", "jonas", "kavya", "liam", "mira",
    "noah", "olga", "pedro",
];

const LAST_NAMES: [&str; 16] = [
    "adler", "brandt", "castillo", "dubois", "eriksen", "fischer", "gupta", "hansen", "ivanova", "jansen", "kowalski",
    "lopez", "moreau", "nakamura", "okafor", "petrov",
];

const SYLLABLES: [&str; 32] = [
    "ra", "den", "mo", "lis", "ter", "ka", "vin", "sol", "per", "an", "gri", "to", "mel", "us", "pla", "net", "co",
    "rim", "ba", "len", "fi", "dor", "qua", "shi", "no", "var", "el", "tum", "jo", "wex", "ci", "hal",
];

/// The words of messages, built once.
#[derive(Debug, Clone)]
pub(super) struct Vocabulary {
    words: Vec<String>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self { words: (0..WORDS).map(word).collect() }
    }
}

impl Vocabulary {
    /// The message word with this rank.
    #[must_use]
    pub(super) fn word(&self, rank: u64) -> &str {
        pick(rank, &self.words).map_or("", String::as_str)
    }
}

/// The name of a person.
#[derive(Debug, Clone, Copy)]
pub(super) struct PersonName {
    pub(super) first: &'static str,
    pub(super) last: &'static str,
}

/// The name of the person with this rank; a few hundred share each name.
pub(super) fn person(rank: u64) -> PersonName {
    let mixed = mix(rank ^ 0x006e_616d_6573);
    PersonName { first: choose(mixed, &FIRST_NAMES), last: choose(mixed >> 8, &LAST_NAMES) }
}

/// The entry with this rank, modulo the length of the list.
pub(super) fn choose(rank: u64, list: &[&'static str]) -> &'static str {
    pick(rank, list).copied().unwrap_or_default()
}

fn pick<T>(rank: u64, list: &[T]) -> Option<&T> {
    let length = u64::try_from(list.len()).ok().filter(|&length| length > 0)?;
    list.get(usize::try_from(rank % length).ok()?)
}

/// Short words for frequent ranks, longer ones for rare ranks, all different.
fn word(rank: u64) -> String {
    let mut left = rank;
    let mut word = String::new();
    loop {
        word.push_str(choose(left % 32, &SYLLABLES));
        left /= 32;
        if left == 0 {
            break;
        }
    }
    // Syllables may join to the same letters in two ways; the rank's own letters distinguish such words.
    if rank >= 32 {
        word.push(char::from(b'a' + u8::try_from(mix(rank) % 26).unwrap_or(0)));
    }
    word
}
