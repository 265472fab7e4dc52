//! The conversion as a whole, on real records and on extreme ones.

use std::{fs::File, io::Read, path::Path};

use auditlog_core::{
    event::{EventDraft, Raw, limits::EVENT_BYTES_MAX, limits::RAW_BODY_BYTES_MAX, parse_event},
    json::write_hex,
};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{ConvertError, convert};

/// The texts of the real records in the test data.
fn real_records() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cloudtrail");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut records = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "gz")) {
        let mut text = String::new();
        GzDecoder::new(File::open(file).unwrap()).read_to_string(&mut text).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        records.extend(document["Records"].as_array().unwrap().iter().map(Value::to_string));
    }
    records
}

fn event_of(record: &Value) -> EventDraft {
    let line = convert(&record.to_string()).unwrap();
    assert!(line.len() <= EVENT_BYTES_MAX && !line.contains('\n'), "{} bytes", line.len());
    parse_event(line.as_bytes()).unwrap_or_else(|errors| panic!("{errors:?}: {line}"))
}

#[test]
fn every_real_record_becomes_an_event_that_is_accepted() {
    let records = real_records();
    assert_eq!(records.len(), 2_122);
    let mut ids: Vec<_> = Vec::new();
    let mut counts = [0; 3];
    for text in &records {
        let record: Value = serde_json::from_str(text).unwrap();
        let event = event_of(&record);
        assert_eq!(event.raw, Some(Raw { format: "cloudtrail".to_owned(), body: Some(text.clone()), cut: None }));
        assert_eq!(event.external_id.as_deref(), record["eventID"].as_str());
        let code = record["errorCode"].as_str();
        let denied = code.is_some_and(|code| code.contains("AccessDenied") || code.contains("Unauthorized"));
        let expected = if denied { "denied" } else { code.map_or("success", |_| "failure") };
        assert_eq!(event.outcome.status.as_str(), expected, "{text}");
        let parameters = record["requestParameters"].as_object();
        let has_parameters = parameters.is_some_and(|parameters| !parameters.is_empty());
        assert_eq!(event.metadata.get("request_parameters").is_some(), has_parameters, "{text}");
        let has_address = event.context.ip.is_some();
        let sent = record["sourceIPAddress"].as_str();
        assert_eq!(event.context.address.as_deref(), sent.filter(|_| !has_address), "{text}");
        counts[0] += usize::from(has_address);
        counts[1] += usize::from(event.outcome.status.as_str() == "denied");
        counts[2] += usize::from(event.category.as_str() == "other");
        ids.push(event.id.unwrap());
    }
    // Addresses, refusals, and names without a known verb: `LeaveOrganization`.
    assert_eq!(counts, [1_838, 41, 1]);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 2_122);
}

/// The conversion of informative records, identified by their event ids.
const TELLING: &[(&str, &str)] = &[
    (
        "c49463bc-2e70-48c9-86ea-c54b924786cf",
        "01893f9c-a9b8-7d6b-9707-729fb3c85ca3 s3.get_bucket_policy read failure NoSuchBucketPolicy \
         | user:arn:aws:iam::123837392027:user/benjamin \
         | bucket:arn:aws:s3:::invictus-aws-2022-09-28-pgd48 | 10.248.16.43 access_key",
    ),
    (
        "fbd91225-39aa-4c00-822c-9f0b96e7758f",
        "01893fa7-7b40-7cba-bd0f-519d0c9b529e ec2.get_password_data read denied Client.UnauthorizedOperation \
         | service:arn:aws:iam::123837392027:role/stratus-red-team-ec2-get-password-data-role \
         > service:arn:aws:sts::123837392027:assumed-role/stratus-red-team-ec2-get-password-data-role/aws-go-sdk-1688990082523310002 \
         | instance:i-durz4ux740gjqvcm | 192.168.10.20 temporary_credentials",
    ),
    (
        "3bcc9d61-5936-429a-8b49-d5cb8e7b0e06",
        "01893fa8-07e0-7d7a-bdc3-5c285ee70a1c ec2.describe_instances read success \
         | service:arn:aws:iam::123837392027:role/aws-service-role/inspector2.amazonaws.com/AWSServiceRoleForAmazonInspector2 \
         > service:arn:aws:sts::123837392027:assumed-role/AWSServiceRoleForAmazonInspector2/MandoService2842426183934887787 \
         > service:inspector2.amazonaws.com | instance:i-0dbc91f429e48eeed | (inspector2.amazonaws.com)",
    ),
    (
        "895dc875-cb08-45a5-b8c2-9158838741c0",
        "01893fa8-03f8-7c6b-9c73-031c2def58b6 ec2.shared_snapshot_volume_created create success \
         | service:ec2.amazonaws.com | snapshot:snap-0e83092ae538da583 | (ec2.amazonaws.com)",
    ),
    (
        "1fb0962b-8d29-4ea5-b0f3-b12665a99c40",
        "01893faa-3e48-7ac1-8989-df9fb03f5c76 kms.generate_data_key create success \
         | user:arn:aws:iam::123837392027:user/bert-jan > service:secretsmanager.amazonaws.com \
         | key:arn:aws:kms:us-east-1:123837392027:key/dad21b23-9915-42bd-981b-2a9f3c8f20c8 key:alias/aws/secretsmanager \
         | (secretsmanager.amazonaws.com) temporary_credentials",
    ),
    (
        "70e5932e-9022-4b38-837e-ca10dad94eb7",
        "01893fc1-8738-799d-b6e2-b9eec66abfd2 signin.console_login auth success \
         | user:arn:aws:iam::123837392027:user/stratus-red-team-nmfalu-gfjyeaypjt |  | 192.168.10.20 password",
    ),
];

/// `id action category outcome code | on_behalf_of > actor | targets | address auth_method`
fn digest_of(event: &EventDraft) -> String {
    let code = event.outcome.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let parties = event.on_behalf_of.iter().chain([&event.actor]);
    let parties: Vec<_> = parties.map(|party| format!("{}:{}", party.kind, party.id)).collect();
    let word = |text: &Option<String>| text.clone().unwrap_or_default();
    let targets: Vec<_> =
        event.targets.iter().map(|target| format!("{}:{}", word(&target.kind), word(&target.id))).collect();
    let address = event.context.ip.map(|address| address.to_string());
    let elsewhere = || event.context.address.as_ref().map(|text| format!("({text})")).unwrap_or_default();
    let auth_method = event.context.auth_method.as_ref().map(|method| format!(" {method}")).unwrap_or_default();
    format!(
        "{} {} {} {}{code} | {} | {} | {}{auth_method}",
        event.id.unwrap(),
        event.action,
        event.category,
        event.outcome.status,
        parties.join(" > "),
        targets.join(" "),
        address.unwrap_or_else(elsewhere),
    )
}

#[test]
fn telling_records_become_what_a_reader_would_make_of_them() {
    let records: Vec<Value> = real_records().iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    for (event_id, expected) in TELLING {
        let record = records.iter().find(|record| record["eventID"] == **event_id).unwrap();
        assert_eq!(digest_of(&event_of(record)), *expected, "{event_id}");
    }
}

#[test]
fn what_is_no_record_is_named() {
    let time = |time: &str| json!({ "eventTime": time, "eventName": "X" }).to_string();
    for text in ["", "[]", "1", "{", "null"] {
        assert!(matches!(convert(text), Err(ConvertError::NotAnObject(_))), "{text}");
    }
    for text in ["{}".to_owned(), time("yesterday"), time("")] {
        assert_eq!(convert(&text), Err(ConvertError::NoTime), "{text}");
    }
}

#[test]
fn the_least_record_is_an_event() {
    let event = event_of(&json!({ "eventTime": "2026-01-01T00:00:00Z" }));
    assert_eq!((event.action.as_str(), event.actor.id.as_str()), ("aws.unknown", "aws"));
}

/// Every text of a record as long as `text`.
fn record_full_of(text: &str) -> Value {
    let strings: Vec<Value> = (0..100).map(|number| json!(format!("{number}{text}"))).collect();
    json!({
        "eventTime": "2026-01-01T00:00:00Z", "eventSource": text, "eventName": text, "awsRegion": text,
        "sourceIPAddress": text, "userAgent": text, "requestID": text, "sharedEventID": text, "eventID": text,
        "errorCode": text, "errorMessage": text, "recipientAccountId": text, "eventType": text, "vpcEndpointId": text,
        "apiVersion": text, "eventCategory": text, "tlsDetails": {"tlsVersion": text}, "readOnly": text,
        "userIdentity": {
            "type": text, "arn": text, "principalId": text, "accountId": text, "accessKeyId": format!("ASIA{text}"),
            "userName": text, "invokedBy": format!("a{text}"), "identityProvider": text, "onBehalfOf": {"userId": format!("b{text}")},
            "sessionContext": {"sourceIdentity": text, "sessionIssuer": {
                "type": text, "arn": format!("c{text}"), "principalId": text, "accountId": text, "userName": text}},
        },
        "resources": [{"ARN": format!("arn:aws:s3:::{text}"), "type": text, "accountId": format!("d{text}")}],
        "requestParameters": {"name": text, "bucketName": text, "key": text, "instanceIds": strings, "resourceType": text, "resourceId": text},
    })
}

#[test]
fn nothing_is_too_long_to_be_taken() {
    for text in ["x", "é", "\"", "\u{0}", "\u{1}", "\\", "A9-/:.", "😀"] {
        for count in [1, 64, 256, 1_025, 5_000] {
            let record = record_full_of(&text.repeat(count));
            let (event, raw) = (event_of(&record), record.to_string());
            assert_eq!(
                event.raw.is_some_and(|raw| raw.cut.is_none()),
                raw.len() <= RAW_BODY_BYTES_MAX,
                "{text} {count}"
            );
        }
    }
}

#[test]
fn a_value_that_is_too_long_is_cut_by_the_server_which_says_so() {
    let mut record = record_full_of("x");
    record["userAgent"] = json!("agent ".repeat(1_000));
    record["sourceIPAddress"] = json!("203.0.113.7, 10.0.0.1");
    let event = event_of(&record);
    let adjustments: Vec<_> =
        event.adjustments.as_slice().iter().map(|one| (&*one.pointer, one.code.as_str())).collect();
    assert!(adjustments.contains(&("/context/user_agent", "truncated")), "{adjustments:?}");
    assert!(adjustments.contains(&("/context/ip", "parsed")), "{adjustments:?}");
    assert_eq!(event.context.ip.unwrap().to_string(), "203.0.113.7");
}

#[test]
fn wrong_types_are_passed_over() {
    for wrong in [
        json!(1),
        json!([]),
        json!({}),
        json!(null),
        json!([[1], {"items": 1}]),
        json!({"items": [1, {"instanceId": {}}]}),
    ] {
        let mut record = record_full_of("x");
        for name in record.clone().as_object().unwrap().keys().filter(|name| *name != "eventTime") {
            record[name] = wrong.clone();
        }
        event_of(&record);
    }
}

#[test]
fn the_record_stands_in_the_event_verbatim() {
    let text = r#"{ "eventTime":"2026-01-01T00:00:00Z", "n":1.10, "b":1,"a":"\u00e9" }"#;
    let event: Value = serde_json::from_str(&convert(&format!("\n {text} ")).unwrap()).unwrap();
    assert_eq!(event["raw"], json!({ "format": "cloudtrail", "body": text }));
}

#[test]
fn of_a_record_that_is_too_long_to_be_sent_its_beginning_goes_with_what_proves_the_whole() {
    // Every quote is two bytes in the record and four in the event.
    let (plain, quotes) = ("a".repeat(200_000), "\"".repeat(300_000));
    let long = json!({ "a": plain, "eventID": "e-1", "eventTime": "2026-01-01T00:00:00Z", "x": quotes }).to_string();
    let line = convert(&long).unwrap();
    let event: Value = serde_json::from_str(&line).unwrap();
    let mut sha256 = String::new();
    write_hex(&Sha256::digest(&long), &mut sha256);
    let body = &long[..RAW_BODY_BYTES_MAX];
    let size = long.len();
    let expected = json!({"format": "cloudtrail", "body": body, "sha256": sha256, "size": size, "truncated": true});
    assert_eq!(event["raw"], expected);
    // The server takes the record as it is, so there is nothing that it adjusts.
    let draft = parse_event(line.as_bytes()).unwrap();
    assert_eq!((draft.external_id.as_deref(), draft.adjustments.len()), (Some("e-1"), 0));
}

#[test]
fn an_event_is_the_same_whenever_its_record_is_converted() {
    let record = json!({ "eventTime": "2026-01-01T00:00:00Z", "eventID": "e-1", "eventSource": "s3.amazonaws.com" });
    let id = |record: &Value| event_of(record).id.unwrap();
    assert_eq!(id(&record), id(&record));
    let mut other = record.clone();
    other["eventID"] = json!("e-2");
    assert_ne!(id(&record), id(&other));
    // Without an id of its own, the text identifies a record.
    let nameless = |name: &str| json!({ "eventTime": "2026-01-01T00:00:00Z", "eventName": name });
    assert_eq!(id(&nameless("a")), id(&nameless("a")));
    assert_ne!(id(&nameless("a")), id(&nameless("b")));
}

/// The pointers of all values inside `value`.
fn pointers_of(value: &Value, pointer: &str, pointers: &mut Vec<String>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.replace('/', "~1"), member)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(at, element)| (at.to_string(), element)).collect(),
        _ => return,
    };
    for (name, member) in members {
        let pointer = format!("{pointer}/{name}");
        pointers_of(member, &pointer, pointers);
        pointers.push(pointer);
    }
}

#[test]
fn a_real_record_with_any_value_spoilt_is_still_an_event() {
    let spoilt =
        [json!(null), json!(""), json!("arn:::::/"), json!("x".repeat(3_000)), json!([[""]]), json!({"items": [""]})];
    let mut conversions = 0;
    for text in real_records().iter().step_by(60) {
        let record: Value = serde_json::from_str(text).unwrap();
        let mut pointers = Vec::new();
        pointers_of(&record, "", &mut pointers);
        for (pointer, value) in pointers.iter().flat_map(|pointer| spoilt.iter().map(move |value| (pointer, value))) {
            let mut record = record.clone();
            *record.pointer_mut(pointer).unwrap() = value.clone();
            if pointer != "/eventTime" {
                event_of(&record);
                conversions += 1;
            }
        }
    }
    assert!(conversions > 5_000, "{conversions}");
}
