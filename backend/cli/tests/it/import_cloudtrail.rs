//! The real CloudTrail files are imported completely, and every search counts what jq counts in the raw records without
//! any of our code.

use crate::{
    cloudtrail::{RECORDS, import, jq},
    harness::{Installation, User, text},
};

/// Searches, each with the condition on a raw record that jq counts.
const QUERIES: &[(&str, &str)] = &[
    ("raw.format:cloudtrail", "true"),
    // Actors: a user by its ARN, a role by everything its sessions did, a service.
    (
        "actor:\"arn:aws:iam::123837392027:user/benjamin\"",
        r#".userIdentity.arn == "arn:aws:iam::123837392027:user/benjamin""#,
    ),
    (
        "actor:\"arn:aws:iam::123837392027:role/stratus-red-team-ec2-get-password-data-role\"",
        r#".userIdentity.sessionContext.sessionIssuer.arn
            == "arn:aws:iam::123837392027:role/stratus-red-team-ec2-get-password-data-role""#,
    ),
    ("actor:inspector2.amazonaws.com", r#".userIdentity.invokedBy == "inspector2.amazonaws.com""#),
    // Actions: exact, by prefix, several, negated.
    ("action:s3.get_bucket_acl", r#".eventSource == "s3.amazonaws.com" and .eventName == "GetBucketAcl""#),
    ("raw.format:cloudtrail action:iam.*", r#".eventSource == "iam.amazonaws.com""#),
    ("action:ec2.describe_*", r#".eventSource == "ec2.amazonaws.com" and (.eventName | startswith("Describe"))"#),
    ("action:kms.*,ssm.*", r#".eventSource == "kms.amazonaws.com" or .eventSource == "ssm.amazonaws.com""#),
    ("raw.format:cloudtrail -action:s3.*", r#".eventSource != "s3.amazonaws.com""#),
    // Outcomes.
    ("outcome:denied", r#"(.errorCode // "") | test("^AccessDenied|Unauthorized")"#),
    ("outcome:failure", r#".errorCode != null and (.errorCode | test("^AccessDenied|Unauthorized") | not)"#),
    ("outcome.code:ThrottlingException", r#".errorCode == "ThrottlingException""#),
    ("raw.format:cloudtrail outcome:success", ".errorCode == null"),
    // External ids.
    ("external_id:c49463bc-2e70-48c9-86ea-c54b924786cf", r#".eventID == "c49463bc-2e70-48c9-86ea-c54b924786cf""#),
    // Addresses: exact, networks, and sources that are not addresses.
    ("ip:192.168.10.20", r#".sourceIPAddress == "192.168.10.20""#),
    ("ip:10.0.0.0/8", r#".sourceIPAddress | startswith("10.")"#),
    ("ip:10.8.0.0/16,52.45.102.28", r#".sourceIPAddress | startswith("10.8.") or . == "52.45.102.28""#),
    ("context.address:\"AWS Internal\"", r#".sourceIPAddress == "AWS Internal""#),
    ("context.address:secrets*", r#".sourceIPAddress | startswith("secrets")"#),
    // Words and phrases, wherever they stand in a record. jq's words are runs of letters and digits, as ours are.
    ("raw.format:cloudtrail stratus", r#"tojson | test("(^|[^\\p{L}\\p{N}])stratus($|[^\\p{L}\\p{N}])"; "i")"#),
    ("throttlingexception", r#"tojson | test("(^|[^\\p{L}\\p{N}])throttlingexception($|[^\\p{L}\\p{N}])"; "i")"#),
    (
        "\"rate exceeded\"",
        r#"tojson | test("(^|[^\\p{L}\\p{N}])rate[^\\p{L}\\p{N}]+exceeded($|[^\\p{L}\\p{N}])"; "i")"#,
    ),
    ("raw.format:cloudtrail throttl*", r#"tojson | test("(^|[^\\p{L}\\p{N}])throttl"; "i")"#),
    ("\"rate exce\"*", r#"tojson | test("(^|[^\\p{L}\\p{N}])rate[^\\p{L}\\p{N}]+exce"; "i")"#),
    // Alternatives, groups, and presence.
    (
        "action:iam.* OR ip:192.168.10.20",
        r#".eventSource == "iam.amazonaws.com" or .sourceIPAddress == "192.168.10.20""#,
    ),
    (
        "(action:s3.* OR action:ec2.*) NOT outcome:success",
        r#"(.eventSource == "s3.amazonaws.com" or .eventSource == "ec2.amazonaws.com") and .errorCode != null"#,
    ),
    (
        "raw.format:cloudtrail -(outcome:denied OR (action:s3.* ip:10.0.0.0/8))",
        r#"((.errorCode // "") | test("^AccessDenied|Unauthorized") | not)
            and (.eventSource == "s3.amazonaws.com" and (.sourceIPAddress | startswith("10.")) | not)"#,
    ),
    ("outcome.code:*", ".errorCode != null"),
    ("raw.format:cloudtrail -outcome.code:*", ".errorCode == null"),
    ("session_id:*", r#"(.userIdentity.accessKeyId // "") | startswith("ASIA")"#),
    ("correlation_id:* -outcome.code:*", ".sharedEventID != null and .errorCode == null"),
    // Times, and all of these together.
    (
        "since:2023-07-10T12:00:00Z until:2023-07-10T12:10:00Z",
        r#".eventTime >= "2023-07-10T12:00" and .eventTime < "2023-07-10T12:10""#,
    ),
    (
        "action:ec2.* outcome:denied -ip:10.0.0.0/8 unauthorizedoperation",
        r#".eventSource == "ec2.amazonaws.com" and ((.errorCode // "") | test("Unauthorized"))
            and (.sourceIPAddress | startswith("10.") | not)"#,
    ),
];

/// What jq counts for each condition.
fn expected() -> Vec<u64> {
    let counts: Vec<String> =
        QUERIES.iter().map(|(_, condition)| format!("(map(select({condition})) | length)")).collect();
    serde_json::from_value(jq(&format!("[{}]", counts.join(", ")))).unwrap()
}

#[test]
fn real_files_come_in_completely_once_and_are_found_as_jq_finds_them() {
    let expected = expected();
    assert_eq!(expected[0], RECORDS);
    let place = Installation::new();
    // Sealed every 500 events, so that the searches below span segments and tail.
    let server = place.start_sealing(500);
    let user = place.user(&server, &place.keys().default);
    let first = import(&user).ok();
    assert!(first.contains("37 files, 2,122 records"), "{first}");
    assert!(first.contains("stored                 2,122"), "{first}");

    let check = |user: &User<'_>| {
        for ((query, condition), expected) in QUERIES.iter().zip(&expected) {
            assert_eq!(user.count(query), *expected, "{query} counts otherwise than jq's {condition}");
        }
    };
    check(&user);
    // Every condition must be able to fail: none counts nothing or, except for the first, everything.
    assert!(expected.iter().skip(1).all(|count| (1..RECORDS).contains(count)), "{expected:?}");

    let again = import(&user).ok();
    assert!(again.contains("stored before          2,122"), "{again}");
    assert_eq!(user.count("raw.format:cloudtrail"), RECORDS);

    // A restart changes nothing, and the directory is intact.
    server.wait_for_segments();
    check(&user);
    server.stop();
    let data_dir = place.data_dir();
    let report = place.run(&["check", "--data-dir", text(&data_dir)]).ok();
    assert!(report.contains("intact") && report.contains("bytes per event"), "{report}");
    println!("{report}");
    let (_server, user) = place.started();
    check(&user);
}

#[test]
fn the_record_stands_verbatim_in_raw() {
    let place = Installation::new();
    let (_server, user) = place.started();
    import(&user).ok();
    let event = &user.search(&["action:s3.get_storage_lens_configuration", "--limit", "1"])[0];
    let body = event["raw"]["body"].as_str().unwrap();
    let record: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(record["eventName"], "GetStorageLensConfiguration");
    assert!(body.starts_with(r#"{"eventVersion":"#), "{body}");
}
