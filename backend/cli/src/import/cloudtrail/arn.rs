//! Owns resource names of AWS: `arn:partition:service:region:account:resource`.

use super::action::snake_case;

/// The parts of an ARN that are used here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourceName {
    /// The kind of resource: `bucket`, `role`, `db_instance`.
    pub(super) kind: String,
    /// Its name within account and kind.
    pub(super) name: String,
}

impl ResourceName {
    /// Parses an ARN. `None` if the text is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let (_partition, service, _region, _account, resource) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if resource.is_empty() {
            return None;
        }
        let (kind, name) = match service {
            // For these services the whole resource part is the name.
            "s3" => resource.split_once('/').map_or(("bucket", resource), |(_, key)| ("object", key)),
            "sns" => ("topic", resource),
            "sqs" => ("queue", resource),
            _ => match resource.split_once(['/', ':']) {
                Some((kind, name)) if !kind.is_empty() && !name.is_empty() => (kind, name),
                _ => ("resource", resource),
            },
        };
        Some(Self { kind: kind_of(service, kind), name: name_of(service, name) })
    }
}

/// Replaces the services' own short words by the longer ones that are used elsewhere.
fn kind_of(service: &str, kind: &str) -> String {
    match (service, kind) {
        ("rds", "db") => "db_instance".to_owned(),
        ("rds", "snapshot") => "db_snapshot".to_owned(),
        ("rds", "subgrp") => "db_subnet_group".to_owned(),
        _ => snake_case(kind).replace('-', "_"),
    }
}

fn name_of(service: &str, name: &str) -> String {
    match service {
        // Users and roles are named without their path.
        "iam" => name.rsplit('/').next().unwrap_or(name).to_owned(),
        // The name of a parameter that has a path begins with a slash, which its ARN does not repeat.
        "ssm" if name.contains('/') && !name.starts_with('/') => format!("/{name}"),
        "logs" => name.trim_end_matches(":*").to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_name_are_read_off() {
        let cases = [
            ("arn:aws:s3:::payroll", Some(("bucket", "payroll"))),
            ("arn:aws:s3:::payroll/2026/01.csv", Some(("object", "2026/01.csv"))),
            ("arn:aws:kms:us-east-1:1:key/0e5d", Some(("key", "0e5d"))),
            ("arn:aws:iam::1:role/aws-service-role/rds.amazonaws.com/ForRDS", Some(("role", "ForRDS"))),
            ("arn:aws:iam::1:mfa/alice", Some(("mfa", "alice"))),
            ("arn:aws:ssm:us-east-1:1:parameter/credentials/7", Some(("parameter", "/credentials/7"))),
            ("arn:aws:ssm:us-east-1:1:parameter/plain", Some(("parameter", "plain"))),
            ("arn:aws:logs:us-east-1:1:log-group:/aws/x:*", Some(("log_group", "/aws/x"))),
            ("arn:aws:secretsmanager:us-east-1:1:secret:db-AbCdEf", Some(("secret", "db-AbCdEf"))),
            ("arn:aws:lambda:us-east-1:1:function:f", Some(("function", "f"))),
            ("arn:aws-cn:rds:cn-north-1:1:db:main", Some(("db_instance", "main"))),
            ("arn:aws:sns:us-east-1:1:alerts", Some(("topic", "alerts"))),
            ("arn:aws:iam::1:root", Some(("resource", "root"))),
            ("arn:aws:iam::1:", None),
            ("arn:aws:iam", None),
            ("payroll", None),
        ];
        for (text, expected) in cases {
            let found = ResourceName::parse(text);
            let found = found.as_ref().map(|resource| (&*resource.kind, &*resource.name));
            assert_eq!(found, expected, "{text}");
        }
    }
}
