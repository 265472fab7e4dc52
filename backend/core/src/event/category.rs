//! Owns the table of verbs that an action's category is derived from.

use crate::event::Category;

impl Category {
    /// The category of an action, by the verb in its name.
    ///
    /// A name is dotted, `noun.verb`, and its parts are words. Parts are separated by `.`, `:` or `/`, words by
    /// anything else that is neither letter nor digit, and by case (`PutBucketPolicy`). The verb is searched in the
    /// last part first, then in the ones before it, from the front of each part: `iam.create_login_profile` is
    /// `create`, `user.login.failed` is `auth`. A verb also matches in its past form (`user.created`). A name without a
    /// known verb is `other`.
    #[must_use]
    pub fn of_action(action: &str) -> Self {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        if action.bytes().all(is_plain) {
            return category_of_plain(action);
        }
        category_of_plain(&plain_form(action))
    }
}

fn category_of_plain(action: &str) -> Category {
    action.rsplit('.').find_map(category_of_part).unwrap_or(Category::Other)
}

/// The action in lower case, with dots between its parts and `_` between its words.
fn plain_form(action: &str) -> String {
    let mut plain = String::with_capacity(action.len() + 8);
    let mut characters = action.chars().peekable();
    let (mut is_after_lower, mut is_after_upper) = (false, false);
    while let Some(character) = characters.next() {
        let is_upper = character.is_uppercase();
        // A word begins at the `O` of `getObject` and at the `G` of `HTTPGet`.
        let is_before_lower = characters.peek().is_some_and(|next| next.is_lowercase());
        if is_upper && (is_after_lower || is_after_upper && is_before_lower) {
            plain.push('_');
        }
        match character {
            '.' | ':' | '/' => plain.push('.'),
            _ if character.is_alphanumeric() => plain.extend(character.to_lowercase()),
            _ => plain.push('_'),
        }
        (is_after_lower, is_after_upper) = (character.is_lowercase() || character.is_numeric(), is_upper);
    }
    plain
}

fn category_of_part(part: &str) -> Option<Category> {
    let mut words = part.split(['_', '-']).peekable();
    while let Some(word) = words.next() {
        if is_sign_in(word, words.peek().copied()) {
            return Some(Category::Auth);
        }
        if let Some(category) = category_of_word(word) {
            return Some(category);
        }
    }
    None
}

/// Whether two words are a sign-in or sign-out written apart: `sign_in`, `logged_out`.
fn is_sign_in(word: &str, next: Option<&str>) -> bool {
    matches!(word, "sign" | "signed" | "log" | "logged") && matches!(next, Some("in" | "on" | "out" | "off"))
}

/// The category of a verb in its plain form, or in its past form: `created` as `create`, `granted` as `grant`.
fn category_of_word(word: &str) -> Option<Category> {
    let past = || word.strip_suffix('d').and_then(category_of_verb);
    let long_past = || word.strip_suffix("ed").and_then(category_of_verb);
    category_of_verb(word).or_else(past).or_else(long_past)
}

/// The table. It lists past forms only where they are irregular.
fn category_of_verb(verb: &str) -> Option<Category> {
    let category = match verb {
        "add" | "allocate" | "begin" | "build" | "built" | "clone" | "copied" | "copy" | "create" | "draft"
        | "duplicate" | "fork" | "generate" | "import" | "ingest" | "initialize" | "insert" | "invite" | "issue"
        | "make" | "made" | "mint" | "new" | "open" | "post" | "provision" | "record" | "register" | "snapshot"
        | "submit" | "submitted" | "upload" | "write" | "wrote" | "written" => Category::Create,
        "access" | "browse" | "check" | "compare" | "count" | "describe" | "detect" | "diff" | "discover"
        | "download" | "enumerate" | "estimate" | "export" | "fetch" | "filter" | "find" | "found" | "get" | "head"
        | "inspect" | "list" | "lookup" | "peek" | "preview" | "print" | "query" | "queried" | "read" | "receive"
        | "render" | "retrieve" | "scan" | "scanned" | "search" | "select" | "show" | "simulate" | "tail" | "view"
        | "watch" => Category::Read,
        "activate" | "adjust" | "alter" | "amend" | "append" | "apply" | "applied" | "archive" | "associate"
        | "attach" | "change" | "configure" | "deactivate" | "detach" | "disable" | "disassociate" | "edit"
        | "enable" | "extend" | "freeze" | "frozen" | "link" | "lock" | "merge" | "migrate" | "modify" | "modified"
        | "move" | "patch" | "pin" | "put" | "rename" | "renew" | "reorder" | "replace" | "reset" | "resize"
        | "restore" | "resume" | "rotate" | "save" | "set" | "suspend" | "swap" | "switch" | "sync" | "tag"
        | "tagged" | "transfer" | "transferred" | "unarchive" | "unfreeze" | "unlink" | "unlock" | "unpin"
        | "untag" | "untagged" | "update" | "upgrade" | "upsert" => Category::Update,
        "abort" | "cancel" | "canceled" | "cancelled" | "clean" | "clear" | "close" | "delete" | "deprovision"
        | "deregister" | "destroy" | "discard" | "drop" | "dropped" | "empty" | "erase" | "evict" | "expire"
        | "expunge" | "flush" | "purge" | "redact" | "release" | "remove" | "shred" | "terminate" | "trash"
        | "truncate" | "uninstall" | "unregister" | "wipe" => Category::Delete,
        "acknowledge" | "backup" | "call" | "compile" | "decrypt" | "deliver" | "deploy" | "encrypt" | "enqueue"
        | "execute" | "failover" | "halt" | "install" | "invoke" | "kill" | "launch" | "notify" | "notified"
        | "pause" | "process" | "publish" | "reboot" | "rebuild" | "reencrypt" | "replay" | "restart" | "retry"
        | "retried" | "rollback" | "run" | "ran" | "schedule" | "send" | "sent" | "sign" | "start" | "stop"
        | "stopped" | "test" | "trigger" | "validate" | "verify" | "verified" => Category::Execute,
        "assume" | "authenticate" | "challenge" | "impersonate" | "login" | "logoff" | "logon" | "logout"
        | "reauthenticate" | "signin" | "signoff" | "signon" | "signout" | "sso" => Category::Auth,
        "allow" | "approve" | "assign" | "authorize" | "ban" | "banned" | "block" | "consent" | "delegate"
        | "demote" | "deny" | "denied" | "elevate" | "entitle" | "escalate" | "grant" | "permit" | "permitted"
        | "promote" | "reject" | "revoke" | "share" | "unassign" | "unban" | "unbanned" | "unblock" | "unshare" => {
            Category::Grant
        }
        _ => return None,
    };
    Some(category)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verb_decides_wherever_it_stands() {
        for (action, expected) in [
            ("iam.create_user", Category::Create),
            ("iam.create_login_profile", Category::Create),
            ("s3.get_object", Category::Read),
            ("dynamodb.batch_get_item", Category::Read),
            ("s3.put_bucket_policy", Category::Update),
            ("user.password-reset", Category::Update),
            ("ec2.terminate_instances", Category::Delete),
            ("ec2.run_instances", Category::Execute),
            ("lambda.invoke", Category::Execute),
            ("user.login", Category::Auth),
            ("user.login.failed", Category::Auth),
            ("signin.console_login", Category::Auth),
            ("sts.assume_role", Category::Auth),
            ("user.signed_in", Category::Auth),
            ("role.grant", Category::Grant),
            ("ec2.revoke_security_group_ingress", Category::Grant),
            ("kms.list_grants", Category::Read),
            ("create.user", Category::Create),
            ("document.created", Category::Create),
            ("document.modified", Category::Update),
            ("document.viewed", Category::Read),
            ("document.signed", Category::Execute),
            ("access.denied", Category::Grant),
            ("PutBucketPolicy", Category::Update),
            ("s3:GetObject", Category::Read),
            ("iam.googleapis.com/SetIamPolicy", Category::Update),
            ("Microsoft.Compute/virtualMachines/delete", Category::Delete),
            ("HTTPGet", Category::Read),
            ("User login", Category::Auth),
            ("Update user.", Category::Update),
            ("UserLoggedIn", Category::Auth),
            ("ANMELDUNG", Category::Other),
            ("heartbeat", Category::Other),
            ("", Category::Other),
            ("...", Category::Other),
        ] {
            assert_eq!(Category::of_action(action), expected, "{action}");
        }
    }
}
