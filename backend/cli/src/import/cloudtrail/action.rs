//! Owns the action's name, `<service>.<event_name>` in snake case, and its category.

use auditlog_core::event::{Category, RESERVED_SERVICE};

use super::record::Record;

/// `s3.amazonaws.com` becomes `s3`. A record of an insight names the service inside.
pub(super) fn service_of(record: &Record) -> String {
    let source = record.text("/eventSource").or_else(|| record.text("/insightDetails/eventSource")).unwrap_or("aws");
    let service = source.split_once(".amazonaws.com").map_or(source, |(service, _)| service);
    let service = plain(&service.to_ascii_lowercase());
    match service.as_str() {
        "" => "aws".to_owned(),
        // The server accepts events of this service from no client, but no record may be refused for it.
        RESERVED_SERVICE => format!("aws.{RESERVED_SERVICE}"),
        _ => service,
    }
}

/// `s3.get_bucket_acl`
pub(super) fn action_of(record: &Record) -> String {
    let name = record.text("/eventName").or_else(|| record.text("/insightDetails/eventName"));
    let name = name.or_else(|| record.text("/eventType")).unwrap_or("unknown");
    format!("{}.{}", service_of(record), snake_case(name))
}

/// The category of the verb. Names of completed changes end in the verb: `SharedSnapshotVolumeCreated`.
pub(super) fn category_of(record: &Record, action: &str) -> Category {
    let last_word = action.rsplit(['.', '_']).next().filter(|word| word.ends_with("ed"));
    let told = last_word.map_or(Category::Other, Category::of_action);
    let category = if told == Category::Other { Category::of_action(action) } else { told };
    let is_reading = category == Category::Other && record.flag("/readOnly") == Some(true);
    if is_reading { Category::Read } else { category }
}

/// `GetBucketAcl` becomes `get_bucket_acl`, `ListSSHPublicKeys` becomes `list_ssh_public_keys`.
///
/// A word begins at a capital after a small letter or digit, and at the last of several capitals if a small letter
/// follows it. The plural of an acronym (`VPCs`) and `IPv6` are one word. Other characters become `_`.
pub(super) fn snake_case(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 8);
    for (index, character) in characters.iter().enumerate() {
        if character.is_ascii_uppercase() && begins_word(&characters, index) {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    plain(&snake)
}

fn begins_word(characters: &[char], index: usize) -> bool {
    let Some(before) = index.checked_sub(1).map(|before| characters[before]) else { return false };
    if before.is_ascii_lowercase() || before.is_ascii_digit() {
        return true;
    }
    let rest = &characters[index + 1..];
    before.is_ascii_uppercase() && rest.first().is_some_and(char::is_ascii_lowercase) && !ends_acronym(rest)
}

/// Whether an acronym continues with small letters: the `s` of a plural, or the `v` of a version.
fn ends_acronym(rest: &[char]) -> bool {
    match rest {
        ['s'] => true,
        ['s', next, ..] => next.is_ascii_uppercase(),
        ['v', next, ..] => next.is_ascii_digit(),
        _ => false,
    }
}

/// `text` with `_` in place of other characters than those of the recommended form of actions, without repeated or
/// enclosing `_`.
fn plain(text: &str) -> String {
    let fits =
        |character: &char| character.is_ascii_lowercase() || character.is_ascii_digit() || ".-".contains(*character);
    let spaced: String = text.chars().map(|character| if fits(&character) { character } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(source: &str, name: &str) -> Record {
        let value =
            serde_json::json!({ "eventSource": source, "eventName": name, "readOnly": name.starts_with("Forecast") });
        Record::parse(&value.to_string()).unwrap()
    }

    #[test]
    fn names_become_snake_case_where_a_reader_would_part_them() {
        let cases = [
            ("GetBucketAcl", "get_bucket_acl"),
            ("ListSSHPublicKeys", "list_ssh_public_keys"),
            ("CreateDBInstance", "create_db_instance"),
            ("DescribeVpcClassicLinkDnsSupport", "describe_vpc_classic_link_dns_support"),
            ("GetFunction20150331v2", "get_function20150331v2"),
            ("AssumeRoleWithSAML", "assume_role_with_saml"),
            ("GetOpenIDConnectProvider", "get_open_id_connect_provider"),
            ("ListMFADevices", "list_mfa_devices"),
            ("PutS3Object", "put_s3_object"),
            ("DescribeVPCs", "describe_vpcs"),
            ("ListVPCsByRegion", "list_vpcs_by_region"),
            ("AssignIPv6Addresses", "assign_ipv6_addresses"),
            ("CheckMfa", "check_mfa"),
            ("REST.GET.Bucket", "rest.get.bucket"),
            ("Sign in / step é", "sign_in_step"),
            ("A", "a"),
        ];
        for (name, expected) in cases {
            assert_eq!(snake_case(name), expected, "{name}");
        }
    }

    #[test]
    fn an_action_names_service_and_deed() {
        let cases = [
            ("s3.amazonaws.com", "GetBucketAcl", "s3.get_bucket_acl"),
            ("ec2.amazonaws.com.cn", "RunInstances", "ec2.run_instances"),
            ("devops-guru.amazonaws.com", "SearchInsights", "devops-guru.search_insights"),
            ("My App", "Do", "my_app.do"),
            ("", "", "aws.unknown"),
            ("AuditLog", "RevokeKey", "aws.auditlog.revoke_key"),
        ];
        for (source, name, expected) in cases {
            assert_eq!(action_of(&record(source, name)), expected);
        }
    }

    #[test]
    fn the_verb_gives_the_category_wherever_it_stands() {
        let cases = [
            ("dynamodb", "BatchGetItem", Category::Read),
            ("ec2", "SharedSnapshotVolumeCreated", Category::Create),
            ("lambda", "GetFunction20150331v2", Category::Read),
            ("lambda", "CreateFunction20150331", Category::Create),
            ("signin", "ConsoleLogin", Category::Auth),
            ("sts", "AssumeRole", Category::Auth),
            ("ec2", "TerminateInstances", Category::Delete),
            ("ec2", "RevokeSecurityGroupIngress", Category::Grant),
            ("x", "ForecastCost", Category::Read),
            ("organizations", "LeaveOrganization", Category::Other),
        ];
        for (service, name, expected) in cases {
            let record = record(&format!("{service}.amazonaws.com"), name);
            assert_eq!(category_of(&record, &action_of(&record)), expected, "{name}");
        }
    }
}
