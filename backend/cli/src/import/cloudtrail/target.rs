//! Owns the targets: the record's `resources`, and those request parameters that name a thing.
//!
//! Resources are identified by their ARN, with the plain name beside it; a parameter that names the same thing adds
//! nothing. S3 buckets get the ARN derived from their name, so that they have the same identity in every record.

use std::{borrow::Cow, collections::HashSet};

use serde_json::{Map, Value};

use super::{
    action::{action_of, service_of, snake_case},
    arn::ResourceName,
    event_text::{Attributes, Target},
    record::Record,
};

/// The targets, each thing once.
pub(super) fn targets_of(record: &Record) -> Vec<Target<'_>> {
    let mut targets = Targets::default();
    let resources = record.value("/resources").and_then(Value::as_array);
    for resource in resources.into_iter().flatten() {
        targets.add_resource(resource, record.text("/recipientAccountId"));
    }
    // An action that a service performs by itself has no request parameters; other members hold the same facts.
    for part in ["/requestParameters", "/serviceEventDetails"] {
        if let Some(Value::Object(parameters)) = record.value(part) {
            add_parameters(&mut targets, record, parameters);
        }
    }
    targets.list
}

fn add_parameters<'a>(targets: &mut Targets<'a>, record: &Record, parameters: &'a Map<String, Value>) {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(bucket) = text("bucketName") {
        let partition = partition_of(record);
        targets.add(None, format!("arn:{partition}:s3:::{bucket}").into());
        if let Some(key) = text("key") {
            targets.add(None, format!("arn:{partition}:s3:::{bucket}/{key}").into());
        }
    }
    for (name, value) in parameters {
        match named_kind(record, name, text("resourceType")) {
            Some(kind) => texts_of(value).for_each(|text| targets.add(Some(&kind), text.into())),
            None => add_items(targets, value),
        }
    }
}

/// EC2 wraps ids: `instancesSet: {items: [{instanceId: …}]}`.
fn add_items<'a>(targets: &mut Targets<'a>, value: &'a Value) {
    let items = value.get("items").and_then(Value::as_array);
    for (name, value) in items.into_iter().flatten().filter_map(Value::as_object).flatten() {
        if let Some(kind) = kind_of_parameter(name) {
            texts_of(value).for_each(|text| targets.add(Some(kind), text.into()));
        }
    }
}

fn texts_of(value: &Value) -> impl Iterator<Item = &str> {
    let several = value.as_array().map(Vec::as_slice).unwrap_or_default();
    std::slice::from_ref(value).iter().chain(several).filter_map(Value::as_str).filter(|text| !text.is_empty())
}

/// The kind of thing that a parameter names, where its meaning depends on the rest of the record.
fn named_kind(record: &Record, parameter: &str, resource_type: Option<&str>) -> Option<String> {
    let action = action_of(record);
    match (&*service_of(record), parameter) {
        ("ssm", "name" | "names") if action.ends_with("document") => Some("document".to_owned()),
        ("ssm", "name" | "names") => Some("parameter".to_owned()),
        ("cloudtrail", "name") => Some("trail".to_owned()),
        ("secretsmanager", "name") => Some("secret".to_owned()),
        // `CreateAlias` with a `name` creates an alias.
        (_, "name") => action.split_once('_').map(|(_, noun)| noun.to_owned()).filter(|noun| !noun.is_empty()),
        (_, "resourceId" | "resourceName") => Some(resource_type.map_or_else(|| "resource".to_owned(), snake_case)),
        _ => kind_of_parameter(parameter).map(ToOwned::to_owned),
    }
}

/// The kind of thing that a parameter names in every record. Services differ in capitalisation, and use the plural for
/// several things.
fn kind_of_parameter(parameter: &str) -> Option<&'static str> {
    let name = parameter.to_ascii_lowercase();
    let kind = match name.trim_end_matches('s') {
        "accesskeyid" => "access_key",
        "allocationid" => "address",
        "clustername" | "clusterarn" => "cluster",
        "dbinstanceidentifier" => "db_instance",
        "dbsnapshotidentifier" => "db_snapshot",
        "dbsubnetgroupname" => "db_subnet_group",
        "detectorid" => "detector",
        "documentname" => "document",
        "functionname" => "function",
        "groupname" => "group",
        "groupid" | "securitygroupid" => "security_group",
        "hostedzoneid" => "hosted_zone",
        "imageid" => "image",
        "instanceid" => "instance",
        "instanceprofilename" => "instance_profile",
        "internetgatewayid" => "internet_gateway",
        "keyid" | "kmskeyid" | "targetkeyid" => "key",
        "keyname" => "key_pair",
        "loggroupname" => "log_group",
        "natgatewayid" => "nat_gateway",
        "networkaclid" => "network_acl",
        "networkinterfaceid" => "network_interface",
        "policyarn" | "policyname" => "policy",
        "queueurl" | "queuename" => "queue",
        "repositoryname" => "repository",
        "resourcearn" | "targetarn" | "loadbalancerarn" | "targetgrouparn" => "resource",
        "rolearn" | "rolename" => "role",
        "routetableid" => "route_table",
        "secretid" => "secret",
        "serialnumber" => "mfa",
        "snapshotid" => "snapshot",
        "stackname" => "stack",
        "streamname" => "stream",
        "subnetid" => "subnet",
        "tablename" => "table",
        "topicarn" => "topic",
        "trailname" => "trail",
        "username" => "user",
        "volumeid" => "volume",
        "vpcid" => "vpc",
        _ => return None,
    };
    Some(kind)
}

fn partition_of(record: &Record) -> &'static str {
    match record.text("/awsRegion").unwrap_or_default() {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// A list of distinct things.
#[derive(Default)]
struct Targets<'a> {
    list: Vec<Target<'a>>,
    ids: HashSet<Cow<'a, str>>,
    /// The kind and the plain name of each thing that has one.
    names: HashSet<(String, String)>,
}

impl<'a> Targets<'a> {
    fn add_resource(&mut self, resource: &'a Value, own_account: Option<&str>) {
        let text = |name: &str| resource.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let id = ["ARN", "arn", "ARNPrefix", "resourceName"].into_iter().find_map(text);
        let Some(id) = id else { return };
        // `AWS::KMS::Key` is a key.
        let kind = text("type").map(|kind| snake_case(kind.rsplit(':').next().unwrap_or(kind)));
        let count = self.list.len();
        self.add(kind.as_deref(), id.into());
        let foreign_account = text("accountId").filter(|account| own_account.is_some_and(|own| own != *account));
        if let (Some(account), Some(target)) = (foreign_account, self.list.get_mut(count)) {
            target.attributes = Attributes::from([("account_id", account)]);
        }
    }

    /// Adds the thing with this ARN or name, unless it is present already.
    fn add(&mut self, kind: Option<&str>, id: Cow<'a, str>) {
        let resource = ResourceName::parse(&id);
        let read_kind = resource.as_ref().map(|resource| resource.kind.as_str()).filter(|kind| *kind != "resource");
        let generic = kind.is_none_or(|kind| kind.is_empty() || kind == "resource");
        let kind = if generic { read_kind.unwrap_or("resource") } else { kind.unwrap_or("resource") }.to_owned();
        let name = resource.map(|resource| resource.name);
        if name.is_none() && self.names.contains(&(kind.clone(), id.clone().into_owned())) {
            return;
        }
        if !self.ids.insert(id.clone()) {
            return;
        }
        if let Some(name) = &name {
            self.names.insert((kind.clone(), name.clone()));
        }
        self.list.push(Target { kind, id, name, attributes: Attributes::new() });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `type:id`, with `(name)` if it has one.
    fn targets(record: &Value) -> Vec<String> {
        let record = Record::parse(&record.to_string()).unwrap();
        let found = targets_of(&record);
        let name = |name: Option<String>| name.map(|name| format!("({name})")).unwrap_or_default();
        found.into_iter().map(|target| format!("{}:{}{}", target.kind, target.id, name(target.name))).collect()
    }

    fn request(service: &str, name: &str, parameters: &Value) -> Value {
        json!({"eventSource": format!("{service}.amazonaws.com"), "eventName": name, "requestParameters": parameters})
    }

    #[test]
    fn a_thing_named_twice_is_one_target() {
        let mut record = request("s3", "GetObject", &json!({"bucketName": "payroll", "key": "a/b.csv", "Host": "x"}));
        record["resources"] = json!([
            {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::payroll/a/b.csv"},
            {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::payroll", "accountId": "2"},
        ]);
        record["recipientAccountId"] = json!("1");
        assert_eq!(
            targets(&record),
            ["object:arn:aws:s3:::payroll/a/b.csv(a/b.csv)", "bucket:arn:aws:s3:::payroll(payroll)"]
        );

        let mut record = request("ssm", "GetParameter", &json!({"name": "/credentials/7", "withDecryption": true}));
        record["resources"] = json!([{"ARN": "arn:aws:ssm:us-east-1:1:parameter/credentials/7"}]);
        assert_eq!(targets(&record), ["parameter:arn:aws:ssm:us-east-1:1:parameter/credentials/7(/credentials/7)"]);
    }

    #[test]
    fn telling_parameters_become_targets() {
        let cases = [
            (
                request(
                    "iam",
                    "AttachRolePolicy",
                    &json!({"roleName": "r", "policyArn": "arn:aws:iam::aws:policy/Admin"}),
                ),
                vec!["policy:arn:aws:iam::aws:policy/Admin(Admin)", "role:r"],
            ),
            (
                request(
                    "ec2",
                    "TerminateInstances",
                    &json!({"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}}),
                ),
                vec!["instance:i-1", "instance:i-2"],
            ),
            (
                request(
                    "ec2",
                    "DescribeRouteTables",
                    &json!({"filterSet": {"items": [{"name": "vpc-id", "valueSet": {}}]}}),
                ),
                vec![],
            ),
            (
                request("ssm", "GetParameters", &json!({"names": ["/a", "/b", "/a"]})),
                vec!["parameter:/a", "parameter:/b"],
            ),
            (
                request("ssm", "ListTagsForResource", &json!({"resourceType": "Parameter", "resourceId": "/a"})),
                vec!["parameter:/a"],
            ),
            (
                request("ssm", "GetDocument", &json!({"name": "AWS-RunShellScript"})),
                vec!["document:AWS-RunShellScript"],
            ),
            (request("cloudtrail", "StopLogging", &json!({"name": "t"})), vec!["trail:t"]),
            (request("monitoring", "DeleteAlarm", &json!({"name": "a"})), vec!["alarm:a"]),
            (
                request(
                    "secretsmanager",
                    "GetSecretValue",
                    &json!({"secretId": "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbC"}),
                ),
                vec!["secret:arn:aws:secretsmanager:eu-west-1:1:secret:db-AbC(db-AbC)"],
            ),
            (
                request(
                    "lambda",
                    "TagResource",
                    &json!({"resource": "x", "resourceARN": "arn:aws:lambda:eu-west-1:1:function:f"}),
                ),
                vec!["function:arn:aws:lambda:eu-west-1:1:function:f(f)"],
            ),
            (
                request("rds", "DeleteDBInstance", &json!({"dBInstanceIdentifier": "main", "skipFinalSnapshot": true})),
                vec!["db_instance:main"],
            ),
            (request("s3", "ListBuckets", &json!(null)), vec![]),
            (request("s3", "CreateBucket", &json!({"bucketName": ""})), vec![]),
        ];
        for (record, expected) in cases {
            assert_eq!(targets(&record), expected, "{record}");
        }
    }

    #[test]
    fn no_thing_is_left_out_or_shortened() {
        let names: Vec<String> = (0..100).map(|number| format!("/{number}")).collect();
        let found = targets(&request("ssm", "GetParameters", &json!({ "names": names })));
        assert_eq!((found.len(), found[99].as_str()), (100, "parameter:/99"));
        let key = "k".repeat(1_900);
        let found = targets(&request("s3", "GetObject", &json!({"bucketName": "b", "key": key})));
        assert!(
            found[1].starts_with("object:arn:aws:s3:::b/kkk") && found[1].ends_with(&format!("({key})")),
            "{found:?}"
        );
    }
}
