//! Owns the conversion of facts into JSON. Hand-written, because the generator shares its two cores with the server
//! that it measures, and a generic serialiser would cost more than the server's own parser.

use std::io::Write as _;

use crate::corpus::{
    Content, Corpus, Facts,
    dice::{Dice, mix},
    facts::Ending,
    vocabulary::{
        COUNTRIES, DOMAINS, FAILURE_CODES, NOUNS, PersonName, RARE_CODE, RARE_DOMAIN, RARE_STAGE, REGIONS, SERVICES,
        USER_AGENTS, VERBS, WORDS, choose, person,
    },
};

/// The actor id of a rank.
#[must_use]
pub fn actor_id(rank: u64) -> String {
    let mut text = b"usr_".to_vec();
    hex(&mix(rank ^ 0x0061_6374_6f72).to_be_bytes()[..6], &mut text);
    string(text)
}

/// The event's action.
#[must_use]
pub fn action(facts: &Facts) -> String {
    format!("{}.{}", choose(facts.noun, &NOUNS), choose(facts.verb, &VERBS))
}

/// The target id of a rank among the targets of one type.
#[must_use]
pub fn target_id(facts: &Facts) -> String {
    let mut text = choose(facts.noun, &NOUNS).as_bytes().to_vec();
    text.push(b'-');
    hex(&mix(facts.target ^ facts.noun << 32 ^ 0x7461_7267_6574).to_be_bytes()[..5], &mut text);
    string(text)
}

/// The address of a rank.
#[must_use]
pub fn address(rank: u64) -> String {
    let bytes = mix(rank ^ 0x6970).to_be_bytes();
    if rank.is_multiple_of(16) {
        return format!("2001:db8:{:x}:{:x}::{:x}", bytes[0], bytes[1] | 1, u16::from(bytes[2]) + 1);
    }
    format!("{}.{}.{}.{}", 11 + bytes[0] % 200, bytes[1], bytes[2], bytes[3])
}

/// The marker word of a rank.
#[must_use]
pub fn marker_word(rank: u64) -> String {
    format!("incident{:07x}", mix(rank ^ 0x6d61_726b) & 0x0fff_ffff)
}

/// The request id of an event.
#[must_use]
pub fn request_id(corpus: &Corpus, facts: &Facts) -> String {
    let mut text = Vec::with_capacity(36);
    write_uuid(facts.request(corpus.plan()), &mut text);
    string(text)
}

/// The id in the system of record, which two extended events of three have.
#[must_use]
pub fn external_id(corpus: &Corpus, facts: &Facts) -> Option<String> {
    if corpus.plan().content == Content::Standard || facts.number.0.is_multiple_of(3) {
        return None;
    }
    let mut text = [choose(facts.noun, &NOUNS).as_bytes(), b"/"].concat();
    hex(&mix(corpus.plan().seed ^ mix(facts.number.0 ^ 0x7265_636f_7264)).to_be_bytes(), &mut text);
    Some(string(text))
}

/// Appends the event's JSON.
pub(super) fn write(corpus: &Corpus, facts: &Facts, out: &mut Vec<u8>) {
    let mut dice = facts.details.clone();
    put(out, format_args!(r#"{{"id":"{}","occurred_at":"{}","#, facts.id(corpus.plan()), facts.occurred_at));
    text(out, &[r#""action":""#, choose(facts.noun, &NOUNS), ".", choose(facts.verb, &VERBS), r#"","#]);
    write_ending(facts.ending, out);
    if dice.percent(12) {
        text(out, &[r#""severity":""#, choose(dice.ranked_below(4), &["low", "medium", "high", "critical"]), r#"","#]);
    }
    let content = corpus.plan().content;
    text(out, &[r#""actor":"#]);
    write_actor(facts.actor, content, out);
    if let Some(principal) = facts.principal {
        text(out, &[r#","on_behalf_of":["#]);
        write_actor(principal, content, out);
        out.push(b']');
    }
    write_target(corpus, facts, &mut dice, out);
    if facts.verb == 1 && dice.percent(60) {
        let (old, new) = (corpus.word(dice.ranked_below(512)), corpus.word(dice.ranked_below(512)));
        text(out, &[r#","changes":[{"path":"/status","op":"replace","old":""#, old, r#"","new":""#, new, r#""}]"#]);
    }
    write_source(facts, &mut dice, out);
    write_context(corpus, facts, &mut dice, out);
    write_content(corpus, facts, &mut dice, out);
    if content == Content::Extended {
        write_more(corpus, facts, out);
    }
    out.push(b'}');
}

fn write_ending(ending: Ending, out: &mut Vec<u8>) {
    match ending {
        Ending::Success => {}
        Ending::Failure(rank) => {
            text(out, &[r#""outcome":{"status":"failure","code":""#, choose(rank, &FAILURE_CODES), r#""},"#]);
        }
        Ending::RareFailure => text(out, &[r#""outcome":{"status":"failure","code":""#, RARE_CODE, r#""},"#]),
        Ending::Denied => text(out, &[r#""outcome":{"status":"denied","code":"permission_denied"},"#]),
    }
}

fn write_actor(rank: u64, content: Content, out: &mut Vec<u8>) {
    let id = actor_id(rank);
    if rank % 5 == 4 {
        let service = choose(rank / 5, &SERVICES);
        text(out, &[r#"{"type":"service","id":""#, &id, r#"","name":""#, service, r#"-worker"}"#]);
        return;
    }
    let PersonName { first, last } = person(rank);
    text(out, &[r#"{"type":"user","id":""#, &id, r#"","name":""#, first, " ", last, r#"","email":""#]);
    let domain = match content {
        Content::Standard => "example.com",
        Content::Extended if rank % 1_000 == 500 => RARE_DOMAIN,
        Content::Extended => choose(rank, &DOMAINS),
    };
    text(out, &[first, ".", last, "@", domain, "\"}"]);
}

fn write_target(corpus: &Corpus, facts: &Facts, dice: &mut Dice, out: &mut Vec<u8>) {
    text(out, &[r#","targets":[{"type":""#, choose(facts.noun, &NOUNS), r#"","id":""#, &target_id(facts), "\""]);
    if dice.percent(40) {
        let name = [corpus.word(facts.target % 900), corpus.word(facts.target / 7 % 4_000)];
        text(out, &[r#","name":""#, name[0], " ", name[1], "\""]);
    }
    text(out, &["}]"]);
}

fn write_source(facts: &Facts, dice: &mut Dice, out: &mut Vec<u8>) {
    let service = choose(facts.noun * 7, &SERVICES);
    let environment = if dice.percent(88) { "production" } else { "staging" };
    text(out, &[r#","source":{"service":""#, service, r#"","environment":""#, environment]);
    text(out, &[r#"","region":""#, choose(dice.ranked_below(6), &REGIONS)]);
    put(out, format_args!(r#"","version":"4.{}.{}","#, facts.noun % 9, dice.ranked_below(6)));
    put(out, format_args!(r#""host":"{service}-{:02}"}}"#, dice.below(12)));
}

fn write_context(corpus: &Corpus, facts: &Facts, dice: &mut Dice, out: &mut Vec<u8>) {
    text(out, &[r#","context":{"ip":""#, &address(facts.address), r#"","request_id":""#]);
    write_uuid(facts.request(corpus.plan()), out);
    text(out, &[r#"","session_id":"s-"#]);
    let day = facts.occurred_at.day().unsigned_abs();
    hex(&mix(facts.actor ^ day << 32).to_be_bytes(), out);
    if dice.percent(20) {
        text(out, &[r#"","trace_id":""#]);
        hex(&dice.roll().to_be_bytes(), out);
        hex(&dice.roll().to_be_bytes(), out);
        text(out, &[r#"","span_id":""#]);
        hex(&dice.roll().to_be_bytes(), out);
    }
    text(out, &[r#"","user_agent":""#, choose(facts.actor + dice.ranked_below(12), &USER_AGENTS)]);
    text(out, &[r#"","location":{"country":""#, choose(facts.address, &COUNTRIES), r#""}}"#]);
}

fn write_content(corpus: &Corpus, facts: &Facts, dice: &mut Dice, out: &mut Vec<u8>) {
    text(out, &[r#","message":""#]);
    for place in 0..2 + dice.below(4) {
        text(out, &[if place == 0 { "" } else { " " }, corpus.word(dice.ranked_below(WORDS))]);
    }
    if let Some(marker) = facts.marker(corpus.plan()) {
        text(out, &[" ", &marker_word(marker)]);
    }
    // Some characters that JSON writers must escape, and some that are not ASCII, as in any real log.
    if dice.percent(2) {
        text(out, &[r#" \"caf\u00e9\" – naïve"#]);
    }
    let plan = choose(dice.ranked_below(4), &["enterprise", "team", "free", "trial"]);
    text(out, &[r#"","metadata":{"plan":""#, plan]);
    put(out, format_args!(r#"","duration_ms":{}"#, dice.ranked_below(30_000)));
    if corpus.plan().content == Content::Extended {
        write_nested(corpus, facts, out);
    }
    out.push(b'}');
}

/// The randomness of what only extended events have, so that the rest of an event stays that of the standard one.
fn further_dice(corpus: &Corpus, facts: &Facts) -> Dice {
    Dice::new(mix(corpus.plan().seed ^ mix(facts.number.0 ^ 0x6578_7465_6e64)))
}

/// Members of metadata with lists and objects, as orchestrators and policy engines send them. Their words are not those
/// of messages.
fn write_nested(corpus: &Corpus, facts: &Facts, out: &mut Vec<u8>) {
    let mut dice = further_dice(corpus, facts);
    let service = choose(facts.noun * 7, &SERVICES);
    text(out, &[r#","labels":{"app":""#, service, r#"","team":"team-"#]);
    put(out, format_args!(r#"{:02}","app.kubernetes.io/part-of":"{service}"}}"#, dice.ranked_below(24)));
    put(out, format_args!(r#","tags":["tier-{}","cell-{}"]"#, dice.below(3), dice.ranked_below(40)));
    put(out, format_args!(r#","usage":[{{"cpu":{},"memory":{}}}]"#, dice.below(100), dice.ranked_below(4_096)));
    let stage = if dice.below(1_000) == 0 { RARE_STAGE } else { "stable" };
    text(out, &[r#","rollout":{"stage":""#, stage, r#""}"#]);
}

fn write_more(corpus: &Corpus, facts: &Facts, out: &mut Vec<u8>) {
    if let Some(external_id) = external_id(corpus, facts) {
        text(out, &[r#","external_id":""#, &external_id, "\""]);
    }
}

/// Formats random bytes as a UUID of version 4.
fn write_uuid(bytes: [u8; 16], out: &mut Vec<u8>) {
    let mut bytes = bytes;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    for (part, range) in [0..4, 4..6, 6..8, 8..10, 10..16].into_iter().enumerate() {
        if part > 0 {
            out.push(b'-');
        }
        hex(&bytes[range], out);
    }
}

fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

fn text(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

fn put(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    // Writing into a vector cannot fail.
    let _ = out.write_fmt(arguments);
}

fn string(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}
