//! Writes one event as JSON. Every string comes from the vocabulary or consists of letters and digits, so nothing needs
//! escaping, and the generator is faster than the server.

use std::fmt::Write;

use auditlog_core::{id::EventId, timestamp::Timestamp};
use rand::{Rng, rngs::StdRng};

use super::{
    catalogue::{Action, Catalogue},
    population::{Kind, Person, Population, address, pick},
    sentence::Phrasebook,
};

/// The inputs of one event.
pub(super) struct Scene<'a> {
    /// The event's number, from 1.
    pub(super) number: u64,
    pub(super) random: &'a mut StdRng,
    pub(super) catalogue: &'a Catalogue,
    pub(super) population: &'a Population,
    pub(super) phrasebook: &'a Phrasebook,
    pub(super) occurred_at: Timestamp,
    pub(super) producer_sequence: &'a mut u64,
}

/// One event in this many was recorded by another system, which gave it an id of its own.
const EXTERNAL_EVERY: u64 = 100;

/// One event in this many reached the service through a proxy, whose address was added to the actor's.
const PROXIED_EVERY: u64 = 200;

/// The service whose events carry a sequence number.
const NUMBERING_SERVICE: &str = "payments";

/// Outcomes of actions that did not succeed: status, code, message.
const ENDINGS: &[(&str, &str, &str)] = &[
    ("denied", "forbidden", "the role does not allow this"),
    ("denied", "mfa_required", "a second factor is needed"),
    ("denied", "ip_not_allowed", "the address is outside the allowed networks"),
    ("failure", "timeout", "the upstream service did not answer in time"),
    ("failure", "conflict", "another user changed it meanwhile"),
    ("failure", "invalid_credentials", "user name or password is wrong"),
    ("failure", "limit_exceeded", "the limit of the plan is reached"),
];

impl Scene<'_> {
    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_ratio(percent, 100)
    }
}

/// Appends the event to `text`. Writing into a string cannot fail, so results are ignored.
pub(super) fn write(scene: &mut Scene<'_>, text: &mut String) {
    let population = scene.population;
    let action = scene.catalogue.draw(scene.random);
    let person = population.someone(scene.random);
    let id = EventId::from_parts(scene.occurred_at, scene.random.random());
    let (at, noun, verb, number) = (scene.occurred_at, action.noun, action.verb, scene.number);
    let _ = match number % EXTERNAL_EVERY {
        0 => write!(text, r#"{{"external_id":"case-{number:08}""#),
        _ => write!(text, r#"{{"id":"{id}""#),
    };
    let _ = write!(text, r#","occurred_at":"{at}","action":"{noun}.{verb}""#);
    write_outcome(scene, text);
    if let Some(severity) = action.severity() {
        let _ = write!(text, r#","severity":"{severity}""#);
    }
    text.push_str(r#","actor":"#);
    write_actor(person, text);
    if person.kind != Kind::User && scene.chance(if person.kind == Kind::Agent { 90 } else { 15 }) {
        let human = population.someone_human(scene.random);
        text.push_str(r#","on_behalf_of":["#);
        write_actor(human, text);
        text.push(']');
    }
    write_targets(scene, action, text);
    if action.changes_something() && scene.chance(80) {
        write_changes(scene, text);
    }
    write_source(scene, action, text);
    write_context(scene, person, text);
    write_words(scene, action, person, text);
    write_metadata(scene, text);
    if action.service.name == NUMBERING_SERVICE {
        let sequence = *scene.producer_sequence;
        *scene.producer_sequence += 1;
        let _ = write!(text, r#","producer":{{"id":"{NUMBERING_SERVICE}-1","sequence":{sequence}}}"#);
    }
    text.push('}');
}

fn write_outcome(scene: &mut Scene<'_>, text: &mut String) {
    if scene.chance(91) {
        return;
    }
    if scene.chance(10) {
        text.push_str(r#","outcome":{"status":"unknown"}"#);
        return;
    }
    let (status, code, reason) = pick(ENDINGS, scene.random);
    let _ = write!(text, r#","outcome":{{"status":"{status}","code":"{code}","reason":"{reason}"}}"#);
}

fn write_actor(person: &Person, text: &mut String) {
    let (kind, id, name) = (person.kind.as_str(), &person.id, &person.name);
    let _ = write!(text, r#"{{"type":"{kind}","id":"{id}","name":"{name}""#);
    if !person.email.is_empty() {
        let _ = write!(text, r#","email":"{}""#, person.email);
    }
    if !person.groups.is_empty() {
        let _ = write!(text, r#","groups":["{}"]"#, person.groups.join(r#"",""#));
    }
    text.push('}');
}

fn write_targets(scene: &mut Scene<'_>, action: &Action, text: &mut String) {
    let noun = action.noun;
    let thing = scene.population.thing(scene.random);
    let _ = write!(text, r#","targets":[{{"type":"{noun}","id":"{noun}-{thing:06}","name":"{noun} "#);
    scene.phrasebook.write_words(1, scene.random, text);
    text.push_str(r#""}"#);
    if scene.chance(12) {
        let project = scene.population.thing(scene.random) % 300;
        let _ = write!(text, r#",{{"type":"project","id":"project-{project:03}"}}"#);
    }
    text.push(']');
}

fn write_changes(scene: &mut Scene<'_>, text: &mut String) {
    const STATES: &[&str] = &["draft", "open", "in_review", "approved", "closed", "archived"];
    let (old, new) = (*pick(STATES, scene.random), *pick(STATES, scene.random));
    let _ = write!(text, r#","changes":[{{"path":"/status","op":"replace","old":"{old}","new":"{new}"}}"#);
    if scene.chance(40) {
        let (old, new) = (scene.random.random_range(1..1_000), scene.random.random_range(1..1_000));
        let _ = write!(text, r#",{{"path":"/limit","op":"replace","old":{old},"new":{new}}}"#);
    }
    if scene.chance(20) {
        text.push_str(r#",{"path":"/labels/0","op":"add","new":""#);
        scene.phrasebook.write_words(1, scene.random, text);
        text.push_str(r#""}"#);
    }
    text.push(']');
}

fn write_source(scene: &mut Scene<'_>, action: &Action, text: &mut String) {
    const REGIONS: &[&str] = &["eu-central-1", "eu-west-1", "us-east-1", "ap-southeast-2"];
    let (service, component) = (action.service.name, action.service.component);
    let (minor, patch) = (scene.random.random_range(20..24), scene.random.random_range(0..6));
    let region = REGIONS[scene.random.random_range(0..REGIONS.len() * 2) % REGIONS.len()];
    let environment = if scene.chance(92) { "production" } else { "staging" };
    let host = scene.random.random_range(0..24);
    let _ = write!(
        text,
        r#","source":{{"service":"{service}","component":"{component}","version":"4.{minor}.{patch}","environment":"{environment}","region":"{region}","host":"{service}-{host:02}"}}"#
    );
}

fn write_context(scene: &mut Scene<'_>, person: &Person, text: &mut String) {
    // Most people keep their address; the exceptions are what an investigation searches for.
    text.push_str(r#","context":{"ip":""#);
    if scene.chance(90) {
        text.push_str(&person.ip);
    } else {
        text.push_str(&address(person.kind, scene.random));
    }
    if scene.number.is_multiple_of(PROXIED_EVERY) {
        text.push_str(", 10.0.0.2");
    }
    let _ = write!(
        text,
        r#"","user_agent":"{}","request_id":"req-{:016x}""#,
        person.user_agent,
        scene.random.random::<u64>()
    );
    if person.kind == Kind::User {
        let method = if scene.chance(70) { "oidc" } else { "password" };
        let (country, region, city) = person.place;
        let _ = write!(
            text,
            r#","session_id":"ses-{:012x}","auth_method":"{method}","location":{{"country":"{country}","region":"{region}","city":"{city}"}}"#,
            scene.random.random::<u64>() >> 16
        );
    }
    if scene.chance(20) {
        let (trace, span) = (scene.random.random::<u128>(), scene.random.random::<u64>());
        let _ = write!(text, r#","trace_id":"{trace:032x}","span_id":"{span:016x}""#);
    }
    text.push('}');
}

fn write_words(scene: &mut Scene<'_>, action: &Action, person: &Person, text: &mut String) {
    if scene.chance(4) {
        text.push_str(r#","reason":{"text":""#);
        let count = scene.random.random_range(3..9);
        scene.phrasebook.write_words(count, scene.random, text);
        let _ = write!(text, r#"","ticket":"OPS-{}"}}"#, scene.random.random_range(1_000..9_999));
    }
    if scene.chance(85) {
        let _ = write!(text, r#","message":"{}: {} {}, "#, person.name, action.verb, action.noun);
        let count = scene.random.random_range(4..14);
        scene.phrasebook.write_words(count, scene.random, text);
        text.push('"');
    }
}

fn write_metadata(scene: &mut Scene<'_>, text: &mut String) {
    const PLANS: &[&str] = &["free", "team", "business", "enterprise"];
    let plan = pick(PLANS, scene.random);
    let elapsed_ms = scene.random.random_range(2..900);
    let _ = write!(text, r#","metadata":{{"plan":"{plan}","elapsed_ms":{elapsed_ms}"#);
    if scene.chance(30) {
        let amount = scene.random.random_range(100..500_000);
        let _ = write!(text, r#","amount":{}.{:02},"currency":"EUR""#, amount / 100, amount % 100);
    }
    if scene.chance(10) {
        let _ = write!(text, r#","retried":{}"#, scene.chance(50));
    }
    text.push('}');
}
