//! Properties of all events: printing and reading back change nothing, the canonical text depends on the content and
//! not on its notation, and no bytes make the parser panic.

use auditlog_core::{
    event::{
        Actor, ActorType, BatchFormat, Change, ChangeOperation, Context, EventDraft, Group, JsonObject, JsonText,
        JsonValue, Location, Outcome, OutcomeStatus, Producer, Raw, RawCut, Reason, Severity, Source, Target,
        canonical::{GroupTexts, write_draft, write_event, write_event_and_groups, write_group},
        parse_batch, parse_canonical, parse_event,
    },
    id::EventId,
    json::{Kind, Path, Reader, read_canonical},
    timestamp::Timestamp,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::fixtures::{FULL_EVENT, complete};

/// A string that any field keeps as it is: not empty, and short.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>().prop_filter("U+0000", |character| *character != '\0'), 1..16)
        .prop_map(|characters| characters.into_iter().collect())
}

fn scalar() -> impl Strategy<Value = JsonValue> {
    prop_oneof![
        Just(JsonValue::Null),
        any::<bool>().prop_map(JsonValue::Boolean),
        (-9_007_199_254_740_992_i64..=9_007_199_254_740_992).prop_map(|number| {
            #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
            let number = number as f64;
            JsonValue::Number(number)
        }),
        (-1e15..1e15).prop_map(JsonValue::Number),
        Just(JsonValue::String(String::new())),
        text().prop_map(JsonValue::String),
    ]
}

fn any_value() -> impl Strategy<Value = JsonValue> {
    scalar().prop_recursive(4, 12, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(JsonValue::List), object_of(inner).prop_map(JsonValue::Object)]
    })
}

fn object_of(values: impl Strategy<Value = JsonValue>) -> impl Strategy<Value = JsonObject> {
    let names = prop_oneof![text(), Just(String::new())];
    prop::collection::hash_map(names, values, 0..4).prop_map(|pairs| JsonObject::from_pairs(pairs).unwrap())
}

fn attributes() -> impl Strategy<Value = JsonObject> {
    object_of(any_value())
}

fn actor() -> impl Strategy<Value = Actor> {
    (select(ActorType::ALL), text(), option::of(text()), option::of(text()), vec(text(), 0..3), attributes())
        .prop_map(|(kind, id, name, email, groups, attributes)| Actor { kind, id, name, email, groups, attributes })
}

fn target() -> impl Strategy<Value = Target> {
    let named = prop_oneof![
        (text(), option::of(text())).prop_map(|(id, name)| (Some(id), name)),
        text().prop_map(|name| (None, Some(name))),
    ];
    (option::of(text()), named, option::of(text()), attributes())
        .prop_map(|(kind, (id, name), url, attributes)| Target { kind, id, name, url, attributes })
}

fn json_value() -> impl Strategy<Value = JsonText> {
    any_value().prop_map(|value| {
        let mut text = String::new();
        value.write(&mut text);
        JsonText::parse(&text).unwrap()
    })
}

fn change() -> impl Strategy<Value = Change> {
    (vec("/[a-z]{0,3}(~0|~1)?", 0..3), select(ChangeOperation::ALL), option::of(json_value()), option::of(json_value()))
        .prop_map(|(path, operation, old, new)| Change { path: path.concat(), operation, old, new })
}

fn raw() -> impl Strategy<Value = Raw> {
    let cut = (any::<[u8; 32]>(), 0..=1_u64 << 53).prop_map(|(sha256, size)| RawCut { sha256, size });
    (text(), option::of(text()), option::of(cut)).prop_map(|(format, body, cut)| Raw { format, body, cut })
}

fn source() -> impl Strategy<Value = Source> {
    (text(), option::of(text()), option::of(text()), option::of(text()), option::of(text()), option::of(text()))
        .prop_map(|(service, component, version, environment, region, host)| Source {
            service,
            component,
            version,
            environment,
            region,
            host,
        })
}

fn context() -> impl Strategy<Value = Context> {
    let ids = (option::of(text()), option::of(text()), option::of(text()), option::of(text()), option::of(text()));
    let location = (option::of(text()), option::of(text()), option::of(text()))
        .prop_map(|(country, region, city)| Location { country, region, city });
    let addresses = (option::of(any::<std::net::IpAddr>()), option::of(text()));
    (addresses, option::of(text()), ids, option::of(text()), location).prop_map(
        |(
            (ip, address),
            user_agent,
            (request_id, correlation_id, session_id, trace_id, span_id),
            auth_method,
            location,
        )| {
            Context {
                ip: ip.map(|ip| ip.to_canonical()),
                address,
                user_agent,
                request_id,
                correlation_id,
                session_id,
                trace_id,
                span_id,
                auth_method,
                location,
            }
        },
    )
}

fn draft() -> impl Strategy<Value = EventDraft> {
    let times = (0..1_731_000_000_000_000_i64).prop_map(Timestamp::from_micros);
    let ids = (times.clone(), any::<[u8; 10]>()).prop_map(|(time, random)| EventId::from_parts(time, random));
    let action = "[A-Za-z_.\u{e9}\u{1f600}:]([ A-Za-z/\u{5d0}]{0,30}[a-z])?";
    // An event with an external id and without an id gets one, and its time must be known.
    let identity = prop_oneof![
        (option::of(ids.clone()), option::of(times.clone())).prop_map(|(id, time)| (None, id, time)),
        (text(), ids, option::of(times)).prop_map(|(external_id, id, time)| (Some(external_id), Some(id), time)),
    ];
    let head = (action, actor(), source(), identity);
    let lists = (vec(actor(), 0..3), vec(target(), 0..3), vec(change(), 0..3));
    let outcome = (select(OutcomeStatus::ALL), option::of(text()), option::of(text()))
        .prop_map(|(status, code, reason)| Outcome { status, code, reason });
    let producer = (text(), 0..=1_u64 << 53).prop_map(|(id, sequence)| Producer { id, sequence });
    let reason = (text(), option::of(text())).prop_map(|(text, ticket)| Reason { text, ticket });
    let rest = (outcome, select(Severity::ALL), context(), option::of(reason), option::of(text()));
    (head, lists, rest, attributes(), option::of(producer), option::of(raw())).prop_map(
        |(
            (action, actor, source, (external_id, id, occurred_at)),
            (on_behalf_of, targets, changes),
            rest,
            metadata,
            producer,
            raw,
        )| {
            let (outcome, severity, context, reason, message) = rest;
            EventDraft {
                id,
                external_id,
                occurred_at,
                outcome,
                severity,
                on_behalf_of,
                targets,
                changes,
                context,
                reason,
                message,
                metadata,
                producer,
                raw,
                ..EventDraft::new(action, actor, source)
            }
        },
    )
}

/// Writes the next value with its members in another order and with spaces.
fn written_differently(reader: &mut Reader<'_>) -> String {
    match reader.peek_kind().unwrap() {
        Kind::Array => {
            reader.begin_array().unwrap();
            let mut items = Vec::new();
            while reader.next_item().unwrap() {
                items.push(written_differently(reader));
            }
            format!("[ {} ]", items.join(" ,\n"))
        }
        Kind::Object => {
            reader.begin_object().unwrap();
            let mut members = Vec::new();
            while let Some(name) = reader.next_key().unwrap() {
                members.push(format!("\t{} : {}", serde_json::Value::from(&*name), written_differently(reader)));
            }
            members.reverse();
            format!("{{{}}}\r\n", members.join(","))
        }
        _ => {
            let mut text = String::new();
            read_canonical(reader, &Path::Root, &mut text).unwrap();
            text
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_printed_reads_back_and_prints_alike(draft in draft()) {
        let mut sent = String::new();
        write_draft(&draft, &mut sent);
        prop_assert_eq!(&parse_event(sent.as_bytes()).unwrap(), &draft, "and nothing of it is adjusted");

        let event = complete(draft);
        let (mut printed, mut again) = (String::new(), String::new());
        write_event(&event, &mut printed);
        let read = parse_canonical(&printed).unwrap();
        prop_assert_eq!(&read, &event);
        write_event(&read, &mut again);
        prop_assert_eq!(&again, &printed);
        let any_json = JsonText::parse(&printed).unwrap();
        prop_assert_eq!(any_json.as_str(), &printed, "the text is RFC 8785");
    }

    #[test]
    fn printing_in_one_pass_gives_the_same_texts(drafts in vec(draft(), 1..4)) {
        let mut texts = GroupTexts::default();
        for event in drafts.into_iter().map(complete) {
            let (mut whole, mut expected) = (String::new(), String::new());
            write_event_and_groups(&event, &mut whole, &mut texts);
            write_event(&event, &mut expected);
            prop_assert_eq!(whole, expected);
            for group in Group::ALL {
                let mut expected = String::new();
                write_group(&event, group, &mut expected);
                prop_assert_eq!(texts.get(group), expected);
            }
        }
    }

    #[test]
    fn the_order_of_members_and_spaces_say_nothing(draft in draft()) {
        let mut sent = String::new();
        write_draft(&draft, &mut sent);
        let other = written_differently(&mut Reader::new(sent.as_bytes()).unwrap());
        let read = parse_event(other.as_bytes()).unwrap();
        let mut printed = String::new();
        write_draft(&read, &mut printed);
        prop_assert_eq!(printed, sent);
    }

    #[test]
    fn no_bytes_make_the_parser_panic(edits in vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..8)) {
        let mut bytes = FULL_EVENT.as_bytes().to_vec();
        for (place, byte, kind) in edits {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes.insert(place, byte),
                1 => drop(bytes.remove(place)),
                2 => bytes[place] = b"{}[]\",:\\01-.eEtfnu "[usize::from(byte) % 19],
                _ => bytes.truncate(bytes.len() - place / 8),
            }
        }
        match parse_event(&bytes) {
            Ok(draft) => drop(complete_or_refuse(draft)),
            Err(errors) => prop_assert!(!errors.violations().is_empty()),
        }
        let array = [b"[", bytes.as_slice(), b"]"].concat();
        drop(parse_batch(&array, BatchFormat::Array));
        prop_assert!(parse_batch(&bytes, BatchFormat::Ndjson).is_ok());
    }
}

fn complete_or_refuse(draft: EventDraft) -> Option<String> {
    use crate::fixtures::{received_at, submission};
    let event = draft.complete(&submission(), EventId::from_parts(received_at(), [1; 10])).ok()?;
    let mut printed = String::new();
    write_event(&event, &mut printed);
    assert_eq!(parse_canonical(&printed).unwrap(), event);
    Some(printed)
}
