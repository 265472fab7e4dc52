//! Charts of the real CloudTrail files show what jq counts in the raw records.

use serde_json::{Map, Value, json};

use crate::{
    cloudtrail::{RECORDS, import, jq, jq_counts},
    harness::{Installation, Server},
};

/// A user of the API with the imported records.
pub(crate) struct Asking<'a> {
    pub(crate) server: &'a Server,
    pub(crate) key: &'a str,
}

impl Asking<'_> {
    pub(crate) fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let request = ureq::get(format!("{}/api/v1/events/{path}", self.server.url))
            .query("q", "raw.format:cloudtrail")
            .query_pairs(parameters.iter().copied())
            .header("authorization", format!("Bearer {}", self.key));
        serde_json::from_reader(request.call().unwrap().into_body().into_reader()).unwrap()
    }

    pub(crate) fn aggregate(&self, parameters: &[(&str, &str)]) -> Value {
        self.get("aggregate", parameters)
    }
}

/// The events of each group, by its value or the time it begins.
fn counts(groups: &Value) -> Value {
    let buckets = groups["buckets"].as_array().unwrap();
    let label = |bucket: &Value| bucket.get("value").or(bucket.get("from")).unwrap().as_str().unwrap().to_owned();
    Value::Object(buckets.iter().map(|bucket| (label(bucket), bucket["count"].clone())).collect::<Map<_, _>>())
}

#[test]
fn groups_by_value_and_time_are_those_of_jq() {
    let place = Installation::new();
    // Sealed every 500 events, so that every answer spans segments and tail.
    let server = place.start_sealing(500);
    let key = place.keys().default;
    import(&place.user(&server, &key)).ok();
    let asking = Asking { server: &server, key: &key };

    let codes = asking.aggregate(&[("group_by", "outcome.code"), ("limit", "1000")]);
    assert_eq!(codes["count"], RECORDS);
    assert_eq!(counts(&codes["groups"]), jq_counts(".errorCode", ".errorCode != null"));
    assert_eq!(codes["groups"]["missing"], jq("map(select(.errorCode == null)) | length"));

    let regions = asking.aggregate(&[("group_by", "source.region"), ("limit", "2")]);
    let expected = jq_counts(".awsRegion", "true");
    let (listed, all) = (counts(&regions["groups"]), expected.as_object().unwrap());
    assert!(listed.as_object().unwrap().iter().all(|(region, count)| expected[region] == *count), "{listed}");
    assert_eq!(regions["groups"]["values"], all.len());
    let sum = |counts: &Map<String, Value>| counts.values().map(|count| count.as_u64().unwrap()).sum::<u64>();
    assert_eq!(regions["groups"]["other"], RECORDS - sum(listed.as_object().unwrap()));

    let hours = asking.aggregate(&[("group_by", "occurred_at"), ("interval", "hour"), ("outcome", "denied")]);
    let denied = r#"(.errorCode // "") | test("^AccessDenied|Unauthorized")"#;
    assert_eq!(counts(&hours["groups"]), jq_counts(r#".eventTime[0:13] + ":00:00.000000Z""#, denied));

    // Twelve hours ahead in winter, so a day there begins at noon.
    let days = [("group_by", "occurred_at"), ("interval", "day"), ("time_zone", "Pacific/Auckland")];
    let start = r#"(.eventTime | fromdate + 43200) | (. - . % 86400 - 43200) | todate | .[0:19] + ".000000Z""#;
    assert_eq!(counts(&asking.aggregate(&days)["groups"]), jq_counts(start, "true"));
    assert_eq!(counts(&asking.aggregate(&days)["groups"]).as_object().unwrap().len(), 2);

    let metrics = asking.aggregate(&[("distinct", "request_id"), ("min", "occurred_at"), ("max", "occurred_at")]);
    let different = jq("map(.requestID) | map(select(. != null)) | unique | length");
    let expected = jq(r#"map(.eventTime[0:19] + ".000000Z") | [min, max]"#);
    assert_eq!(metrics["distinct"]["context.request_id"], json!({ "count": different, "exact": true }), "{metrics}");
    assert_eq!(metrics["min"]["occurred_at"], expected[0], "{metrics}");
    assert_eq!(metrics["max"]["occurred_at"], expected[1], "{metrics}");
}

#[test]
fn groups_within_groups_and_facets_are_those_of_jq() {
    let place = Installation::new();
    let server = place.start_sealing(500);
    let key = place.keys().default;
    import(&place.user(&server, &key)).ok();
    let asking = Asking { server: &server, key: &key };

    let nested = [("group_by", "source.region"), ("group_by", "outcome.code"), ("limit", "1000")];
    let regions = asking.aggregate(&nested);
    for region in regions["groups"]["buckets"].as_array().unwrap() {
        let name = region["value"].as_str().unwrap();
        let condition = format!(".awsRegion == \"{name}\" and .errorCode != null");
        assert_eq!(counts(&region["groups"]), jq_counts(".errorCode", &condition), "{name}");
    }

    let facets = asking.get("facets", &[("field", "source.region"), ("field", "outcome.code"), ("limit", "1000")]);
    assert_eq!(facets["count"], RECORDS);
    assert_eq!(counts(&facets["facets"][0]), jq_counts(".awsRegion", "true"));
    assert_eq!(counts(&facets["facets"][1]), jq_counts(".errorCode", ".errorCode != null"));
    assert_eq!(asking.get("facets", &[])["facets"].as_array().unwrap().len(), 10);
}
