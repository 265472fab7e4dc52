//! `Filter::Field`: each kind of field with each test it allows, on every field.

use auditlog_core::{
    event::{Submitter, SubmitterType},
    id::{CredentialId, TenantId},
    query::{Bounds, Field, Filter, KeyPath, Test, ValueKind},
    text::Pattern,
    timestamp::{MICROS_PER_SECOND, Timestamp},
};
use serde_json::{Value, json};

use super::scene::{Scene, field, not, one_of, prefix, receipt_id};
use crate::{
    Store,
    fixtures::{START, event},
};

/// A plain event in which the member at `path` has a value. A number in the path is an index in a list.
fn with(path: &[&str], value: &Value) -> Value {
    let nested = path[1..].iter().rev().fold(value.clone(), |inner, step| match *step {
        "[]" => json!([inner]),
        name => json!({ name: inner }),
    });
    let mut event = event(&json!({}));
    merge(&mut event[path[0]], nested);
    complete(&mut event);
    event
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Adds the members that objects in lists and optional objects must have.
fn complete(event: &mut Value) {
    let required: [(&str, &[(&str, Value)]); 6] = [
        ("/changes/0", &[("op", json!("add"))]),
        ("/on_behalf_of/0", &[("type", json!("user")), ("id", json!("someone"))]),
        ("/targets/0", &[("type", json!("thing")), ("id", json!("something"))]),
        ("/reason", &[("text", json!("why"))]),
        ("/producer", &[("id", json!("p")), ("sequence", json!(1))]),
        ("/raw", &[("format", json!("f")), ("body", json!("b"))]),
    ];
    for (pointer, members) in required {
        let Some(Value::Object(object)) = event.pointer_mut(pointer) else { continue };
        for (name, value) in members {
            object.entry(*name).or_insert_with(|| value.clone());
        }
    }
    if !event["external_id"].is_null() {
        event["occurred_at"] = json!(START.to_string());
    }
}

/// The path of a field in an event.
fn path_of(field: &Field) -> Vec<String> {
    let name = field.name();
    let path = match name.strip_prefix("on_behalf_of.") {
        Some(rest) => format!("on_behalf_of.[].{rest}"),
        None => match name.strip_prefix("target.") {
            Some(rest) => format!("targets.[].{rest}"),
            None if name == "changes.path" => "changes.[].path".to_owned(),
            None if name == "actor" => "actor.id".to_owned(),
            None if name == "actor.groups" => "actor.groups.[]".to_owned(),
            None => name,
        },
    };
    path.split('.').map(str::to_owned).collect()
}

/// Stores an event for each value of a field, and one without the field where it can be absent, in this order.
async fn events_with<S: Store>(scene: &Scene<S>, field: &Field, values: &[Value]) -> TenantId {
    let tenant = scene.tenant(&format!("t-{}", field.name())).await;
    let path = path_of(field);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    for value in values {
        match submitter_of(field, value) {
            Some(submitter) => scene.append_prepared(scene.prepare_by(submitter, &tenant, &[event(&json!({}))])).await,
            None => scene.append(&tenant, &[with(&path, value)]).await,
        };
    }
    tenant
}

/// The credential that has this value in the field; `None` where the field is one that clients set.
fn submitter_of(field: &Field, value: &Value) -> Option<Submitter> {
    let text = value.as_str().expect("fields of credentials are texts");
    let id = |text: &str| CredentialId::parse(text).expect("the id follows the rule");
    match field {
        Field::SubmittedById => Some(Submitter::ApiKey(id(text))),
        Field::SubmittedByType => {
            let kind = SubmitterType::parse(text).expect("the type is one of the words");
            Submitter::from_parts(kind, (kind != SubmitterType::Server).then(|| id("k")))
        }
        _ => None,
    }
}

/// Whether a field accepts any text, including capitals and letters of every script.
fn takes_any_text(field: &Field) -> bool {
    *field != Field::SubmittedById
}

fn fields_of(kind: ValueKind) -> impl Iterator<Item = Field> {
    Field::standard().iter().filter(move |line| line.kind == kind).map(|line| line.field.clone())
}

/// Asserts which events match, by sequence, and that the negation matches exactly the others.
async fn expect<S: Store>(scene: &Scene<S>, tenant: &TenantId, filter: Filter, expected: &[u64]) {
    assert_eq!(scene.matching(tenant, &filter).await, expected, "{filter:?}");
    let others: Vec<u64> = (0..scene.head(tenant).await).filter(|sequence| !expected.contains(sequence)).collect();
    assert_eq!(scene.matching(tenant, &not(filter.clone())).await, others, "not {filter:?}");
}

pub(super) async fn text_fields<S: Store>(scene: Scene<S>) {
    // The path of a change is a JSON Pointer and has a test of its own.
    for tested in fields_of(ValueKind::Text).filter(|field| *field != Field::ChangesPath) {
        let mut values = vec![json!("alpha-1"), json!("alpha-2"), json!("beta"), json!("alp")];
        if takes_any_text(&tested) {
            values.extend([json!("Alpha-1"), json!("alpha-1 \u{e9}\u{1f600}")]);
        }
        let tenant = events_with(&scene, &tested, &values).await;
        // The last event lacks the field, or has a value of its own where every event has one.
        scene.append(&tenant, &[event(&json!({}))]).await;
        let of = |texts: &[&str]| one_of(tested.clone(), texts);
        let exactly = |text: &str| field(tested.clone(), Test::Exactly(vec![text.to_owned()]));
        let sequences = |all: &'static [u64], few: &'static [u64]| if takes_any_text(&tested) { all } else { few };
        expect(&scene, &tenant, of(&["alpha-1"]), sequences(&[0, 4], &[0])).await;
        expect(&scene, &tenant, exactly("alpha-1"), &[0]).await;
        expect(&scene, &tenant, of(&["alpha-2", "beta", "nothing"]), &[1, 2]).await;
        expect(&scene, &tenant, of(&["alpha"]), &[]).await;
        expect(&scene, &tenant, prefix(tested.clone(), "alpha-1"), sequences(&[0, 4, 5], &[0])).await;
        expect(&scene, &tenant, prefix(tested.clone(), "alpha-12"), &[]).await;
        expect(&scene, &tenant, prefix(tested.clone(), "alp"), sequences(&[0, 1, 3, 4, 5], &[0, 1, 3])).await;
        if takes_any_text(&tested) {
            expect(&scene, &tenant, of(&["ALPHA-1 e\u{301}\u{1f600}"]), &[5]).await;
            expect(&scene, &tenant, prefix(tested.clone(), "alpha-1 \u{e9}"), &[5]).await;
            expect(&scene, &tenant, exactly("Alpha-1"), &[4]).await;
        }
    }
}

pub(super) async fn fields_of_words<S: Store>(scene: Scene<S>) {
    for tested in fields_of(ValueKind::Word) {
        let words = tested.words();
        let values: Vec<Value> = words.iter().map(|word| json!(word)).collect();
        let tenant = events_with(&scene, &tested, &values).await;
        for (sequence, word) in (0..).zip(&words) {
            expect(&scene, &tenant, one_of(tested.clone(), &[word]), &[sequence]).await;
        }
        let all: Vec<u64> = (0..).take(words.len()).collect();
        expect(&scene, &tenant, one_of(tested.clone(), &words), &all).await;
        expect(&scene, &tenant, one_of(tested, &[words[0], words[words.len() - 1]]), &[0, all[all.len() - 1]]).await;
    }
}

pub(super) async fn ids<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let receipts = scene.append(&tenant, &vec![event(&json!({})); 5]).await;
    let ids: Vec<String> = receipts.iter().map(|receipt| receipt_id(receipt).to_string()).collect();
    for (sequence, id) in (0..).zip(&ids) {
        expect(&scene, &tenant, one_of(Field::Id, &[id]), &[sequence]).await;
    }
    expect(&scene, &tenant, one_of(Field::Id, &[&ids[1], &ids[4]]), &[1, 4]).await;
    expect(&scene, &tenant, one_of(Field::Id, &["01c1f2a3-0000-7abc-8def-0123456789ab"]), &[]).await;
}

/// Every way to bound three values that rise by one, with the indexes of the values inside.
fn bounds<T: Copy>(values: [T; 3]) -> Vec<(Bounds<T>, &'static [u64])> {
    let [first, second, third] = values;
    let between = |from, to| Bounds { from, to };
    vec![
        (between(None, None), &[0, 1, 2]),
        (between(Some(first), None), &[0, 1, 2]),
        (between(Some(second), None), &[1, 2]),
        (between(Some(third), None), &[2]),
        (between(None, Some(first)), &[0]),
        (between(None, Some(second)), &[0, 1]),
        (between(Some(second), Some(second)), &[1]),
        (between(Some(first), Some(second)), &[0, 1]),
        (between(Some(third), Some(first)), &[]),
    ]
}

pub(super) async fn times<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let micros = [0, 1, 2].map(|micro| START.as_micros() - MICROS_PER_SECOND + micro);
    let mut received = [0; 3];
    for (place, micros) in micros.into_iter().enumerate() {
        let occurred_at = Timestamp::from_micros(micros).to_string();
        let outcomes = scene.append(&tenant, &[event(&json!({ "occurred_at": occurred_at }))]).await;
        received[place] = outcomes[0].as_ref().expect("the event is stored").received_at.as_micros();
    }
    for (tested, values) in [(Field::OccurredAt, micros), (Field::ReceivedAt, received)] {
        for (bounds, expected) in bounds(values) {
            expect(&scene, &tenant, field(tested.clone(), Test::Time(bounds)), expected).await;
        }
    }
}

pub(super) async fn whole_numbers<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let numbers = [0, 1, 9_007_199_254_740_992_u64];
    for number in numbers {
        scene.append(&tenant, &[event(&json!({ "producer": { "id": "p", "sequence": number } }))]).await;
    }
    for tested in fields_of(ValueKind::Integer) {
        let values = match tested {
            Field::ProducerSequence => numbers,
            Field::Sequence => [0, 1, 2],
            other => panic!("the events of this case have no values of {}", other.name()),
        };
        for (bounds, expected) in bounds(values) {
            expect(&scene, &tenant, field(tested.clone(), Test::Integer(bounds)), expected).await;
        }
    }
    scene.append(&tenant, &[event(&json!({}))]).await;
    let any = Test::Integer(Bounds { from: None, to: None });
    expect(&scene, &tenant, field(Field::ProducerSequence, any), &[0, 1, 2]).await;
}

pub(super) async fn addresses<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let addresses = ["10.1.2.3", "10.1.2.4", "10.255.0.1", "192.0.2.1", "2001:db8::1", "2001:db8:1::1", "::1"];
    for address in addresses {
        scene.append(&tenant, &[event(&json!({ "context": { "ip": address } }))]).await;
    }
    scene.append(&tenant, &[event(&json!({}))]).await;
    for (sequence, address) in (0..).zip(addresses) {
        expect(&scene, &tenant, one_of(Field::ContextIp, &[address]), &[sequence]).await;
    }
    expect(&scene, &tenant, one_of(Field::ContextIp, &["10.1.2.3", "::1"]), &[0, 6]).await;
    let networks: [(&str, &[u64]); 9] = [
        ("10.0.0.0/8", &[0, 1, 2]),
        ("10.1.2.0/30", &[0]),
        ("10.1.2.4/32", &[1]),
        ("0.0.0.0/0", &[0, 1, 2, 3]),
        ("::/0", &[4, 5, 6]),
        ("2001:db8::/32", &[4, 5]),
        ("2001:db8::/48", &[4]),
        ("::1/128", &[6]),
        ("172.16.0.0/12", &[]),
    ];
    for (network, expected) in networks {
        let network = network.parse().expect("the network follows the rule");
        expect(&scene, &tenant, field(Field::ContextIp, Test::Network(network)), expected).await;
    }
}

pub(super) async fn scalars<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let values =
        [json!("10"), json!(10), json!(10.5), json!(-1e-7), json!(true), json!("true"), json!(null), json!("null")];
    for value in values {
        scene.append(&tenant, &[event(&json!({ "metadata": { "value": value, "other": "10" } }))]).await;
    }
    scene.append(&tenant, &[event(&json!({ "metadata": { "Value": 10, "val": "10" } }))]).await;
    let value = || Field::Metadata(KeyPath::of_name("value"));
    let exact: [(&[&str], &[u64]); 6] = [
        (&["10"], &[0, 1]),
        (&["10.5", "-1e-7"], &[2, 3]),
        (&["true"], &[4, 5]),
        (&["null"], &[6, 7]),
        (&["10.0"], &[]),
        (&["10", "null", "x"], &[0, 1, 6, 7]),
    ];
    for (texts, expected) in exact {
        expect(&scene, &tenant, one_of(value(), texts), expected).await;
    }
    expect(&scene, &tenant, prefix(value(), "1"), &[0, 1, 2]).await;
    expect(&scene, &tenant, prefix(value(), "-1e"), &[3]).await;
    expect(&scene, &tenant, prefix(value(), "n"), &[6, 7]).await;
    let ranges: [(Option<f64>, Option<f64>, &[u64]); 5] = [
        (Some(10.0), None, &[1, 2]),
        (Some(10.25), None, &[2]),
        (None, Some(0.0), &[3]),
        (Some(10.0), Some(10.0), &[1]),
        (None, None, &[1, 2, 3]),
    ];
    for (from, to, expected) in ranges {
        expect(&scene, &tenant, field(value(), Test::Number(Bounds { from, to })), expected).await;
    }
}

pub(super) async fn attributes_and_paths<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let target = |attributes: Value| json!({ "type": "t", "id": "x", "attributes": attributes });
    let events = [
        json!({ "actor": { "type": "user", "id": "a", "attributes": { "level": 3, "k x": "one" } } }),
        json!({ "actor": { "type": "user", "id": "a", "attributes": { "level": "3" } },
                "targets": [target(json!({ "level": 7 })), target(json!({ "level": 8, "k x": null }))] }),
        json!({ "targets": [target(json!({ "level": "one" }))], "metadata": { "level": 3, "k x": "one" },
                "on_behalf_of": [{ "type": "user", "id": "b", "attributes": { "level": 3 } }] }),
        json!({ "changes": [{ "path": "/a/b", "op": "add" }, { "path": "", "op": "remove" }] }),
        json!({ "changes": [{ "path": "/a", "op": "add", "new": { "path": "/a/b" } }] }),
    ];
    for changed in events {
        scene.append(&tenant, &[event(&changed)]).await;
    }
    let of_actor = |key: &str| Field::ActorAttribute(KeyPath::of_name(key));
    let of_target = |key: &str| Field::TargetAttribute(KeyPath::of_name(key));
    let at_least = |from: f64| Test::Number(Bounds { from: Some(from), to: None });
    let cases: [(Filter, &[u64]); 14] = [
        (one_of(of_actor("level"), &["3"]), &[0, 1]),
        (field(of_actor("level"), at_least(3.0)), &[0]),
        (one_of(of_actor("k x"), &["one"]), &[0]),
        (field(of_actor("level"), Test::Present), &[0, 1]),
        (one_of(of_target("level"), &["8", "one"]), &[1, 2]),
        (field(of_target("level"), at_least(8.0)), &[1]),
        (field(of_target("level"), at_least(9.0)), &[]),
        (prefix(of_target("level"), "o"), &[2]),
        (field(of_target("k x"), Test::Present), &[1]),
        (one_of(Field::ChangesPath, &["/a/b"]), &[3]),
        (one_of(Field::ChangesPath, &[""]), &[3]),
        (prefix(Field::ChangesPath, "/a"), &[3, 4]),
        (prefix(Field::ChangesPath, "/a/"), &[3]),
        (field(Field::ChangesPath, Test::Present), &[3, 4]),
    ];
    for (filter, expected) in cases {
        expect(&scene, &tenant, filter, expected).await;
    }
}

pub(super) async fn spellings_and_stars<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let emails = ["Mara@ACME.example", "mara@acme.example", "Ren\u{e9}@acme.example", "Rene\u{301}@other.example"];
    for email in emails {
        scene.append(&tenant, &[event(&json!({ "actor": { "type": "user", "id": "u", "email": email } }))]).await;
    }
    let email = || Field::ActorEmail;
    let like = |pattern: &str| field(email(), Test::Like(Pattern::parse(pattern).expect("it has a star")));
    let exactly = |text: &str| field(email(), Test::Exactly(vec![text.to_owned()]));
    let cases: [(Filter, &[u64]); 10] = [
        (one_of(email(), &["MARA@acme.EXAMPLE"]), &[0, 1]),
        (one_of(email(), &["ren\u{e9}@acme.example", "REN\u{c9}@OTHER.example"]), &[2, 3]),
        (exactly("mara@acme.example"), &[1]),
        (exactly("MARA@ACME.EXAMPLE"), &[]),
        (exactly("Rene\u{301}@acme.example"), &[]),
        (like("*@acme.example"), &[0, 1, 2]),
        (like("ren\u{e9}@*"), &[2, 3]),
        (like("M*@A*.example"), &[0, 1]),
        (like("*a*a*a*"), &[0, 1]),
        (like("mara@acme.example*"), &[0, 1]),
    ];
    for (filter, expected) in cases {
        expect(&scene, &tenant, filter, expected).await;
    }
}

pub(super) async fn paths_match_every_division<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let all = [
        json!({ "a.b": { "c": "x" } }),
        json!({ "a": { "b.c": "x" } }),
        json!({ "a": { "b": { "c": ["y", ["x"], { "d": 5 }] } } }),
        json!({ "a.b.c": "y" }),
        json!({ "a": [{ "b": { "c": "X" } }, { "b": { "c": 7 } }] }),
        json!({ "a": { "b": { "c": {} } } }),
    ];
    for metadata in all {
        scene.append(&tenant, &[event(&json!({ "metadata": metadata }))]).await;
    }
    let at = |path: &str| Field::Metadata(KeyPath::parse(path).expect("it is a path"));
    let at_least = |from: f64| Test::Number(Bounds { from: Some(from), to: None });
    let cases: [(Filter, &[u64]); 9] = [
        (one_of(at("a.b.c"), &["x"]), &[0, 1, 2, 4]),
        (field(at("a.b.c"), Test::Exactly(vec!["x".to_owned()])), &[0, 1, 2]),
        (one_of(at("a.\"b.c\""), &["x"]), &[1]),
        (one_of(at("\"a.b\".c"), &["x"]), &[0]),
        (one_of(at("\"a.b.c\""), &["y"]), &[3]),
        (one_of(at("a.b.c"), &["y"]), &[2, 3]),
        (field(at("a.b.c.d"), at_least(5.0)), &[2]),
        (field(at("a.b.c"), at_least(6.0)), &[4]),
        (field(at("a.b.c"), Test::Present), &[0, 1, 2, 3, 4, 5]),
    ];
    for (filter, expected) in cases {
        expect(&scene, &tenant, filter, expected).await;
    }
}

pub(super) async fn lists_match_by_any_element<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let people = |ids: &[&str]| -> Value { ids.iter().map(|id| json!({ "type": "user", "id": id })).collect() };
    let events = [
        json!({ "targets": people(&["x", "y"]), "on_behalf_of": people(&["carol", "dave"]) }),
        json!({ "targets": people(&["y", "z"]), "on_behalf_of": people(&["alice"]) }),
        json!({ "actor": { "type": "user", "id": "dave", "groups": ["g1", "g2"] } }),
        json!({ "actor": { "type": "agent", "id": "bob", "groups": ["g2"] }, "on_behalf_of": people(&["bob"]) }),
    ];
    for changed in events {
        scene.append(&tenant, &[event(&changed)]).await;
    }
    let cases: [(Field, &[&str], &[u64]); 9] = [
        (Field::TargetId, &["y"], &[0, 1]),
        (Field::TargetId, &["x", "z"], &[0, 1]),
        (Field::TargetType, &["user"], &[0, 1]),
        (Field::OnBehalfOfId, &["dave"], &[0]),
        (Field::AnyActor, &["dave"], &[0, 2]),
        (Field::AnyActor, &["alice"], &[0, 1]),
        (Field::ActorId, &["dave"], &[2]),
        (Field::ActorGroups, &["g1"], &[2]),
        (Field::ActorGroups, &["g2"], &[2, 3]),
    ];
    for (tested, texts, expected) in cases {
        expect(&scene, &tenant, one_of(tested, texts), expected).await;
    }
    expect(&scene, &tenant, prefix(Field::AnyActor, "da"), &[0, 2]).await;
}
