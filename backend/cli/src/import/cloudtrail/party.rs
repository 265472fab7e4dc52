//! Owns the actor and the parties for whom it acted.
//!
//! `userIdentity` names one principal, but up to four parties may take part in a call. From the outermost party to the
//! one that made the call:
//!
//! 1. the person of an identity centre (`onBehalfOf`) or the `sourceIdentity` that a session was opened for,
//! 2. the issuer of the session: the role that was assumed, or the user who asked for a federated session,
//! 3. the principal itself: a user, the root user, a session of a role,
//! 4. the service that made the call with that principal's rights (`invokedBy`).
//!
//! The last party that is present is the `actor`; the parties before it are `on_behalf_of`. So a search for Alice and a
//! search for Secrets Manager both find a call that Secrets Manager makes with her rights, and a search for a role
//! finds everything that any session of the role did.
//!
//! Principals are identified by their ARN, which is the same in every record. The name of a session is chosen by the
//! party that opens it, so it is only a display name. An AWS service that acts by itself (`AWSService`, or an identity
//! without a type) is the only party. If `userIdentity` names no party, as in anonymous requests to S3, the actor is
//! `anonymous`. Without `userIdentity` the actor is the service in `eventSource`.

use auditlog_core::event::ActorType;
use serde_json::Value;

use super::{
    event_text::{Attributes, Party},
    record::Record,
};

/// The actor, and the parties for whom it acted.
pub(super) struct Parties<'a> {
    pub(super) actor: Party<'a>,
    pub(super) on_behalf_of: Vec<Party<'a>>,
}

/// Parses `userIdentity`.
pub(super) fn parties_of(record: &Record) -> Parties<'_> {
    let person = person_of(record);
    let principal = principal_of(record);
    let issuer = issuer_of(record);
    let service = record.text("/userIdentity/invokedBy").map(|name| service_of(record, name));
    let mut chain: Vec<Party<'_>> = Vec::new();
    for party in [person, issuer, principal, service].into_iter().flatten() {
        if chain.iter().all(|known| known.id != party.id) {
            chain.push(party);
        }
    }
    let actor = chain.pop().unwrap_or_else(|| nobody(record));
    Parties { actor, on_behalf_of: chain }
}

fn person_of(record: &Record) -> Option<Party<'_>> {
    let centre = record.text("/userIdentity/onBehalfOf/userId");
    let source = record.text("/userIdentity/sessionContext/sourceIdentity");
    let id = centre.or(source)?;
    Some(Party { kind: ActorType::User.as_str(), id, name: None, attributes: Attributes::new() })
}

fn issuer_of(record: &Record) -> Option<Party<'_>> {
    let part = |name: &str| record.text(&format!("/userIdentity/sessionContext/sessionIssuer/{name}"));
    let id = part("arn").or_else(|| part("principalId"))?;
    let kind = if part("type") == Some("Role") { ActorType::Service } else { ActorType::User };
    let attributes = attributes_of([("account_id", part("accountId")), ("principal_id", part("principalId"))]);
    Some(Party { kind: kind.as_str(), id, name: part("userName"), attributes })
}

/// The principal itself, unless the only party is a service that acts by itself.
fn principal_of(record: &Record) -> Option<Party<'_>> {
    let part = |name: &str| record.text(&format!("/userIdentity/{name}"));
    let identity_type = part("type")?;
    let (principal_id, account_id) = (part("principalId"), part("accountId"));
    if identity_type == "AWSService" || is_anonymous(principal_id) || is_anonymous(account_id) {
        return None;
    }
    let id = part("arn").or(principal_id).or_else(|| part("userName")).or_else(|| part("onBehalfOf/userId"));
    let id = id.or(account_id)?;
    let session_name = principal_id.and_then(|id| id.split_once(':')).map(|(_, name)| name);
    let name = part("userName").or_else(|| session_name.filter(|_| is_session(identity_type)));
    let attributes = attributes_of([
        ("access_key_id", part("accessKeyId")),
        ("account_id", account_id),
        ("identity_provider", part("identityProvider")),
        ("identity_type", Some(identity_type)),
        ("principal_id", principal_id.filter(|principal_id| *principal_id != id)),
        ("session_created_at", part("sessionContext/attributes/creationDate")),
    ]);
    let kind = kind_of(identity_type, principal_id.unwrap_or_default(), session_name.unwrap_or_default());
    Some(Party { kind: kind.as_str(), id, name, attributes })
}

/// A session of a role belongs to a program unless its name is an email address, as for people who sign in by a
/// directory.
fn kind_of(identity_type: &str, principal_id: &str, session_name: &str) -> ActorType {
    match identity_type {
        "AssumedRole" if session_name.contains('@') => ActorType::User,
        "AssumedRole" | "Role" => ActorType::Service,
        // Of a principal in another account only the id is known; ids of roles begin with AROA.
        "AWSAccount" if principal_id.starts_with("AROA") => ActorType::Service,
        _ => ActorType::User,
    }
}

fn is_session(identity_type: &str) -> bool {
    matches!(identity_type, "AssumedRole" | "FederatedUser" | "AWSAccount")
}

fn is_anonymous(id: Option<&str>) -> bool {
    id.is_some_and(|id| id.eq_ignore_ascii_case("ANONYMOUS_PRINCIPAL") || id.eq_ignore_ascii_case("anonymous"))
}

fn service_of<'a>(record: &'a Record, name: &'a str) -> Party<'a> {
    // If a principal is behind the service, the account belongs to the principal and is recorded there.
    let alone = record.text("/userIdentity/arn").is_none();
    let account_id = record.text("/userIdentity/accountId").filter(|_| alone);
    let attributes = attributes_of([("account_id", account_id)]);
    Party { kind: ActorType::Service.as_str(), id: name, name: None, attributes }
}

/// An unknown party; without any identity, as in an insight, the service itself.
fn nobody(record: &Record) -> Party<'_> {
    let has_identity = record.value("/userIdentity").is_some_and(Value::is_object);
    let source = record.text("/eventSource").unwrap_or("aws");
    let (kind, id) = if has_identity { (ActorType::Anonymous, "anonymous") } else { (ActorType::System, source) };
    Party { kind: kind.as_str(), id, name: None, attributes: Attributes::new() }
}

fn attributes_of<'a, const N: usize>(pairs: [(&'static str, Option<&'a str>); N]) -> Attributes<'a> {
    pairs.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROLE: &str = "arn:aws:iam::1:role/deployer";
    const SESSION: &str = "arn:aws:sts::1:assumed-role/deployer/run-7";

    /// `on_behalf_of > … > actor`, each as `type:id`.
    fn chain(identity: &Value) -> String {
        let record = json!({ "eventSource": "s3.amazonaws.com", "userIdentity": identity });
        let record = Record::parse(&record.to_string()).unwrap();
        let parties = parties_of(&record);
        let all = parties.on_behalf_of.iter().chain([&parties.actor]);
        all.map(|party| format!("{}:{}", party.kind, party.id)).collect::<Vec<_>>().join(" > ")
    }

    fn assumed(extra: &Value) -> Value {
        let mut identity = json!({
            "type": "AssumedRole", "principalId": "AROA1:run-7", "arn": SESSION, "accountId": "1",
            "sessionContext": { "sessionIssuer": { "type": "Role", "arn": ROLE, "userName": "deployer" } },
        });
        for (name, value) in extra.as_object().into_iter().flatten() {
            identity[name] = value.clone();
        }
        identity
    }

    #[test]
    fn the_chain_ends_at_whoever_made_the_call() {
        let alice = "arn:aws:iam::1:user/alice";
        let user = json!({"type": "IAMUser", "arn": alice, "principalId": "AIDA1", "userName": "alice"});
        let mut by_service = user.clone();
        by_service["invokedBy"] = json!("secretsmanager.amazonaws.com");
        let with_source = json!({ "sessionContext": {
            "sourceIdentity": "alice", "sessionIssuer": { "type": "Role", "arn": ROLE } } });
        let federated = json!({"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/bob",
            "principalId": "1:bob", "sessionContext": { "sessionIssuer": { "type": "IAMUser", "arn": alice } } });
        let centre = json!({"type": "IdentityCenterUser", "accountId": "1", "onBehalfOf": {"userId": "u-1"}});
        let cases = [
            (user, format!("user:{alice}")),
            (by_service, format!("user:{alice} > service:secretsmanager.amazonaws.com")),
            (assumed(&json!({})), format!("service:{ROLE} > service:{SESSION}")),
            (
                assumed(&json!({"invokedBy": "rds.amazonaws.com"})),
                format!("service:{ROLE} > service:{SESSION} > service:rds.amazonaws.com"),
            ),
            (assumed(&with_source), format!("user:alice > service:{ROLE} > service:{SESSION}")),
            (federated, format!("user:{alice} > user:arn:aws:sts::1:federated-user/bob")),
            (centre, "user:u-1".to_owned()),
            (
                json!({"type": "Root", "arn": "arn:aws:iam::1:root", "principalId": "1"}),
                "user:arn:aws:iam::1:root".into(),
            ),
            (json!({"type": "IAMUser", "principalId": "AIDA1", "userName": "alice"}), "user:AIDA1".to_owned()),
            (json!({"type": "AWSAccount", "principalId": "AROA9:x", "accountId": "9"}), "service:AROA9:x".to_owned()),
            (
                json!({"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}),
                "anonymous:anonymous".into(),
            ),
            (json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}), "service:ec2.amazonaws.com".to_owned()),
            (json!({"accountId": "1", "invokedBy": "ec2.amazonaws.com"}), "service:ec2.amazonaws.com".to_owned()),
            (
                json!({"type": "WebIdentityUser", "principalId": "idp:app:bob", "userName": "bob"}),
                "user:idp:app:bob".into(),
            ),
            (json!({}), "anonymous:anonymous".to_owned()),
            (json!(null), "system:s3.amazonaws.com".to_owned()),
        ];
        for (identity, expected) in cases {
            assert_eq!(chain(&identity), expected, "{identity}");
        }
    }

    #[test]
    fn a_session_named_by_an_address_is_a_persons() {
        let identity = assumed(&json!({ "principalId": "AROA1:alice@example.com" }));
        assert_eq!(chain(&identity), format!("service:{ROLE} > user:{SESSION}"));
    }
}
