//! Random events whose structure is right and whose content is anything, and random JSON that resembles events.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::json::{Json, distinct, object_of, text, units};

/// A text of any code units, seldom a long one.
fn any_text() -> BoxedStrategy<Json> {
    prop_oneof![12 => any_units(), 1 => long_units()].prop_map(Json::Text).boxed()
}

fn any_units() -> BoxedStrategy<Vec<u16>> {
    prop_oneof![
        2 => vec(any::<u16>(), 0..12),
        2 => vec(select(units("ab\0\u{1}\n\"\\/~\u{85}\u{e9}\u{301}\u{5d0}\u{202e}\u{feff}\u{fffd}\u{ffff}")), 0..12),
        1 => vec(prop_oneof![select(vec![0xd83d_u16, 0xde00, 0xdfff]), Just(0x61)], 0..6),
        1 => "[a-z0-9 :.,@-]{0,30}".prop_map(|text| units(&text)),
    ]
    .boxed()
}

/// A text about as long as one of the limits.
fn long_units() -> BoxedStrategy<Vec<u16>> {
    let bytes = select(vec![255, 256, 257, 1_023, 1_024, 1_025, 2_048, 2_049, 8_191, 8_192, 8_193, 20_000_usize]);
    let text = select(vec!["x", "\u{e9}", "\u{8a9e}", "\u{1f600}", "\u{1}", "~", "\0"]);
    (text, bytes).prop_map(|(text, bytes)| units(&text.repeat(bytes / text.len() + 1))).boxed()
}

/// A text with a character that stays when it is trimmed and replaced.
fn some_text() -> BoxedStrategy<Json> {
    prop_oneof![12 => any_units(), 1 => long_units()]
        .prop_map(|mut units| {
            units.insert(0, u16::from(b's'));
            Json::Text(units)
        })
        .boxed()
}

fn number() -> BoxedStrategy<Json> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,3})?",
        (9_007_199_254_740_985_u64..9_007_199_254_741_000).prop_map(|number| number.to_string()),
    ]
    .prop_map(Json::Literal)
    .boxed()
}

fn any_json() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        select(vec!["null", "true", "false"]).prop_map(|literal| Json::Literal(literal.to_owned())),
        number(),
        prop_oneof![60 => any_units(), 1 => long_units()].prop_map(Json::Text),
    ];
    let nested = leaf.prop_recursive(12, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Json::List),
            vec((any_name(), inner.clone()), 0..6).prop_map(Json::Object),
            (inner, 1..60_usize).prop_map(|(inner, levels)| {
                (0..levels).fold(inner, |inner, level| match level % 3 {
                    0 => Json::Object(vec![(units("a\0"), inner)]),
                    _ => Json::List(vec![inner]),
                })
            }),
        ]
    });
    // At most 100 levels, so that an event has at most 128.
    nested.prop_filter("at most 100 levels", |value| levels(value) <= 100).boxed()
}

/// A name of an open object. The few names occur several times in one object, as they are or after adjusting.
fn any_name() -> BoxedStrategy<Vec<u16>> {
    let few = select(vec!["a", "a~2", "a~3", "a~2~2", "\0", "\u{fffd}", "\u{fffd}~2", "\0~2"]).prop_map(units);
    prop_oneof![3 => any_units(), 2 => few].boxed()
}

fn levels(value: &Json) -> usize {
    match value {
        Json::Literal(_) | Json::Text(_) => 0,
        Json::List(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        Json::Object(members) => 1 + members.iter().map(|(_, value)| levels(value)).max().unwrap_or(0),
    }
}

fn open_object() -> BoxedStrategy<Json> {
    let broken_names = (2..40_usize).prop_map(|count| {
        let name = |index: usize| vec![0xd800 + u16::try_from(index % 20).unwrap(), u16::from(index.is_multiple_of(3))];
        distinct((0..count).map(|index| (name(index), Json::Literal((index / 2).to_string()))))
    });
    prop_oneof![
        6 => vec((prop_oneof![20 => any_name(), 1 => long_units()], any_json()), 0..6).prop_map(Json::Object),
        1 => (60..400_usize, any_json()).prop_map(|(count, value)| {
            distinct((0..count).map(|index| {
                let value = if index % 50 == 7 { value.clone() } else { Json::Literal("1e99".to_owned()) };
                (units(&format!("n{index}")), value)
            }))
        }),
        1 => broken_names,
        1 => repeated_names(),
        1 => many_deep_values(),
    ]
    .boxed()
}

/// Few names, each of them many times. A long one is cut behind its number.
fn repeated_names() -> BoxedStrategy<Json> {
    let long = format!("{}\u{e9}", "n".repeat(253));
    let name = select(vec!["a".to_owned(), "a~3".to_owned(), "\0".to_owned(), long.clone(), format!("{long}~2")]);
    let names = name.prop_map(|name| units(&name));
    vec((names, number()), 1..80).prop_map(Json::Object).boxed()
}

/// Many values that lie deeper than the limit, or just within it, and are adjusted themselves.
fn many_deep_values() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![any_units().prop_map(Json::Text), Just(Json::Literal("1e99".to_owned()))];
    let name = select(vec!["a", "b\0", "c~/", "d", "a\0"]).prop_map(units);
    vec((leaf, vec(option::of(name), 5..12)), 20..150)
        .prop_map(|values| {
            distinct(values.into_iter().enumerate().map(|(index, (leaf, path))| {
                let value = path.into_iter().fold(leaf, |inner, name| match name {
                    Some(name) => Json::Object(vec![(name, inner)]),
                    None => Json::List(vec![inner]),
                });
                (units(&format!("n{index}{}", ["", "\0"][index % 2])), value)
            }))
        })
        .boxed()
}

fn actor() -> BoxedStrategy<Json> {
    let named = select(vec!["user", "service", "api_key", "agent"]);
    let nameless = select(vec!["system", "anonymous", "unknown"]);
    let kind_and_id =
        prop_oneof![(named, any_text()).prop_map(|(kind, id)| (kind, Some(id))), (nameless, option::of(any_text())),];
    let groups = vec(any_text(), 0..40).prop_map(Json::List);
    let rest = (option::of(any_text()), option::of(any_text()), option::of(groups), option::of(open_object()));
    (kind_and_id, rest)
        .prop_map(|((kind, id), (name, email, groups, attributes))| {
            object_of([
                ("type", Some(text(kind))),
                ("id", id),
                ("name", name),
                ("email", email),
                ("groups", groups),
                ("attributes", attributes),
            ])
        })
        .boxed()
}

fn target() -> BoxedStrategy<Json> {
    let named = prop_oneof![
        (any_text(), option::of(any_text())).prop_map(|(id, name)| (Some(id), name)),
        any_text().prop_map(|name| (None, Some(name))),
    ];
    (option::of(any_text()), named, option::of(any_text()), option::of(open_object()))
        .prop_map(|(kind, (id, name), url, attributes)| {
            object_of([("type", kind), ("id", id), ("name", name), ("url", url), ("attributes", attributes)])
        })
        .boxed()
}

fn change() -> BoxedStrategy<Json> {
    let path = prop_oneof![
        select(vec!["", "/", "/a~1b/~0", "/\u{1f600}"]).prop_map(units),
        any_units().prop_map(|units| {
            let plain = units.into_iter().filter(|unit| *unit != u16::from(b'~'));
            std::iter::once(u16::from(b'/')).chain(plain).collect()
        }),
    ];
    let operation = select(vec!["add", "remove", "replace"]);
    (path, operation, option::of(any_json()), option::of(any_json()))
        .prop_map(|(path, operation, old, new)| {
            object_of([("path", Some(Json::Text(path))), ("op", Some(text(operation))), ("old", old), ("new", new)])
        })
        .boxed()
}

fn list_of(entry: BoxedStrategy<Json>, few: usize, many: usize) -> BoxedStrategy<Json> {
    let repeated = (vec(entry, 1..few), 0..many).prop_map(|(entries, more)| {
        let again = entries[0].clone();
        entries.into_iter().chain(std::iter::repeat_n(again, more)).collect()
    });
    repeated.prop_map(Json::List).boxed()
}

fn source() -> BoxedStrategy<Json> {
    (some_text(), vec(option::of(any_text()), 5))
        .prop_map(|(service, mut rest)| {
            let mut next = || rest.pop().flatten();
            object_of([
                ("service", Some(service)),
                ("component", next()),
                ("version", next()),
                ("environment", next()),
                ("region", next()),
                ("host", next()),
            ])
        })
        .boxed()
}

fn context() -> BoxedStrategy<Json> {
    let addresses = ["203.0.113.7", "::1", "203.0.113.7:80, 10.0.0.1", "[fe80::1%eth0]:1", "unknown", ",,::1"];
    let ip = prop_oneof![select(addresses.to_vec()).prop_map(text), any_text()];
    (option::of(ip), vec(option::of(any_text()), 11))
        .prop_map(|(ip, mut rest)| {
            let mut next = || rest.pop().flatten();
            let location = object_of([("country", next()), ("region", next()), ("city", next())]);
            object_of([
                ("ip", ip),
                ("address", next()),
                ("user_agent", next()),
                ("request_id", next()),
                ("correlation_id", next()),
                ("session_id", next()),
                ("trace_id", next()),
                ("span_id", next()),
                ("auth_method", next()),
                ("location", Some(location)),
            ])
        })
        .boxed()
}

fn raw() -> BoxedStrategy<Json> {
    let long = (select(vec!["x", "\u{1}", "\u{e9}", "\0"]), 0..200_000_usize)
        .prop_map(|(text, count)| Json::Text(units(&text.repeat(count / 6))));
    let cut = option::of((0..1_u64 << 40).prop_map(|size| (text(&"ab".repeat(32)), Json::Literal(size.to_string()))));
    (some_text(), option::of(prop_oneof![any_text(), long]), cut)
        .prop_map(|(format, body, cut)| {
            let (sha256, size) = cut.unzip();
            object_of([("format", Some(format)), ("body", body), ("sha256", sha256), ("size", size)])
        })
        .boxed()
}

fn time() -> BoxedStrategy<Json> {
    prop_oneof![
        select(vec![
            "0000-01-01T00:00:00Z",
            "1969-12-31T23:59:59.999999Z",
            "1970-01-01T00:00:00+00:00",
            "2016-12-31T23:59:60Z",
            "2024-11-15T11:00:01Z",
            "2024-11-15T11:00:02.5Z",
            "9999-12-31T23:59:59.999999999Z",
        ])
        .prop_map(text),
        (10..28_u32, 0..24_u32).prop_map(|(day, hour)| text(&format!("2024-11-{day}T{hour:02}:00:00.123456789+01:00"))),
    ]
    .boxed()
}

/// Whether an event has an id of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// It may have no id of its own.
    Any,
    /// It has an id, or an external id.
    Given,
}

fn identity(identity: Identity) -> BoxedStrategy<(Option<Json>, Option<Json>, Option<Json>)> {
    let id =
        select(vec!["01932b5e-7c00-7abc-8def-0123456789ab", "01932B5E-7C00-7ABC-8DEF-0123456789AC"]).prop_map(text);
    let given = prop_oneof![
        (id, option::of(any_text()), option::of(time())).prop_map(|(id, external, time)| (Some(id), external, time)),
        (some_text(), time()).prop_map(|(external, time)| (None, Some(external), Some(time))),
    ];
    match identity {
        Identity::Given => given.boxed(),
        Identity::Any => prop_oneof![given, option::of(time()).prop_map(|time| (None, None, time))].boxed(),
    }
}

/// An event whose structure is right.
pub(super) fn event(identity_of: Identity) -> BoxedStrategy<Json> {
    let head = (some_text(), actor(), source(), identity(identity_of));
    let lists = (
        option::of(list_of(actor(), 3, 10)),
        option::of(list_of(target(), 4, 40)),
        option::of(list_of(change(), 4, 70)),
    );
    let words = (
        option::of(select(vec!["create", "auth", "other"]).prop_map(text)),
        option::of(select(vec!["info", "critical"]).prop_map(text)),
        option::of(select(vec!["success", "denied"]).prop_map(text)),
    );
    let outcome = (option::of(any_text()), option::of(any_text()));
    let reason = option::of((any_text(), option::of(any_text())));
    let producer = option::of((some_text(), 0..=1_u64 << 53));
    let rest = (option::of(context()), option::of(any_text()), option::of(open_object()), option::of(raw()));
    (head, lists, words, (outcome, reason, producer), rest)
        .prop_map(|(head, lists, words, objects, rest)| {
            let (action, actor, source, (id, external_id, occurred_at)) = head;
            let (on_behalf_of, targets, changes) = lists;
            let (category, severity, status) = words;
            let ((code, why), reason, producer) = objects;
            let (context, message, metadata, raw) = rest;
            let outcome = object_of([("status", status), ("code", code), ("reason", why)]);
            let reason = reason.map(|(text, ticket)| object_of([("text", Some(text)), ("ticket", ticket)]));
            let producer = producer.map(|(id, sequence)| {
                object_of([("id", Some(id)), ("sequence", Some(Json::Literal(sequence.to_string())))])
            });
            object_of([
                ("action", Some(action)),
                ("actor", Some(actor)),
                ("source", Some(source)),
                ("id", id),
                ("external_id", external_id),
                ("occurred_at", occurred_at),
                ("on_behalf_of", on_behalf_of),
                ("targets", targets),
                ("changes", changes),
                ("category", category),
                ("severity", severity),
                ("outcome", Some(outcome)),
                ("reason", reason),
                ("producer", producer),
                ("context", context),
                ("message", message),
                ("metadata", metadata),
                ("raw", raw),
            ])
        })
        .boxed()
}

/// JSON of the names and words of events in any places, and of any others.
pub(super) fn resembling_json() -> BoxedStrategy<Json> {
    const NAMES: [&str; 43] = [
        "action",
        "actor",
        "adjustments",
        "attributes",
        "body",
        "category",
        "changes",
        "city",
        "code",
        "context",
        "email",
        "external_id",
        "format",
        "groups",
        "host",
        "id",
        "ip",
        "location",
        "message",
        "metadata",
        "name",
        "new",
        "occurred_at",
        "old",
        "on_behalf_of",
        "op",
        "outcome",
        "path",
        "producer",
        "raw",
        "reason",
        "received_at",
        "sequence",
        "service",
        "severity",
        "sha256",
        "size",
        "source",
        "status",
        "targets",
        "tenant_id",
        "truncated",
        "type",
    ];
    const WORDS: [&str; 9] = ["user", "create", "success", "add", "/a", "10.0.0.1", "2024-01-01T00:00:00Z", "", "a.b"];
    let names = prop_oneof![9 => select(NAMES.to_vec()).prop_map(units), 1 => any_units()];
    let leaf = prop_oneof![
        select(WORDS.to_vec()).prop_map(text),
        any_text(),
        number(),
        select(vec!["null", "true", "false", "[]", "{}"]).prop_map(|literal| Json::Literal(literal.to_owned())),
    ];
    let any = leaf.prop_recursive(6, 60, 10, move |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..4).prop_map(Json::List),
            3 => vec((names.clone(), inner.clone()), 0..10).prop_map(distinct),
            1 => vec((names.clone(), inner), 0..10).prop_map(Json::Object),
        ]
    });
    // An event of which some members are replaced by anything.
    let mutated = (event(Identity::Any), vec((select(NAMES.to_vec()).prop_map(units), any.clone()), 1..3)).prop_map(
        |(event, others)| match event {
            Json::Object(members) => distinct(others.into_iter().chain(members)),
            other => other,
        },
    );
    prop_oneof![any, mutated].boxed()
}
