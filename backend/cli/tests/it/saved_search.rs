//! `saved-search` and `search --saved`: searches are kept under a name, found by it, and narrowed.

use serde_json::Value;

use crate::harness::{Installation, User};

fn send(user: &User<'_>, action: &str, actor: &str) {
    user.ok(&["send", "--action", action, "--actor", actor, "--service", "docs"]);
}

#[test]
fn a_search_is_kept_used_narrowed_and_deleted() {
    let place = Installation::new();
    let (server, user) = place.started();
    for (action, actor) in [("doc.read", "user:alice"), ("doc.update", "user:alice"), ("doc.read", "user:bob")] {
        send(&user, action, actor);
    }
    // An OR in the saved text keeps its meaning when terms are added, and terms may look like flags.
    let saved =
        user.ok(&["saved-search", "create", "docs", "action:doc.update OR actor:bob", "-actor:eve", "since:1d"]);
    assert!(saved.starts_with("saved docs (private, "), "{saved}");
    assert_eq!(user.ok(&["search", "--saved", "docs", "--count"]).trim(), "2");
    assert_eq!(user.ok(&["search", "--saved", "docs", "--count", "actor:alice"]).trim(), "1");
    assert_eq!(user.ok(&["search", "--saved", "docs", "--count", "-actor:alice"]).trim(), "1");
    assert_eq!(user.search(&["--saved", "docs", "action:doc.update"]).len(), 1);

    let created = user.ok(&[
        "saved-search",
        "create",
        "ours",
        "service:docs",
        "--shared",
        "--description",
        "for all",
        "-o",
        "json",
    ]);
    let created: Value = serde_json::from_str(&created).unwrap();
    assert_eq!((&created["visibility"], &created["query"]), (&"shared".into(), &"service:docs".into()));

    // Another key sees shared searches, and finds them by name and by id.
    let key = user.ok(&["key", "create", "--role", "audit_viewer", "--print-key"]);
    let other = place.user(&server, key.trim());
    let list = other.ok(&["saved-search", "list"]);
    assert!(list.contains("ours") && list.contains("for all") && !list.contains("actor:bob"), "{list}");
    let id = created["id"].as_str().unwrap();
    for name in ["ours", id] {
        assert_eq!(other.ok(&["search", "--saved", name, "--count"]).trim(), "3");
        assert!(other.ok(&["saved-search", "get", name]).contains("service:docs"));
    }
    let refused = other.run(&["saved-search", "delete", "ours"]).failed(1);
    assert!(refused.contains("permission_denied") && refused.contains("api_keys.manage"), "{refused}");
    let unknown = other.run(&["search", "--saved", "docs"]).failed(1);
    assert!(unknown.contains("no saved search") && unknown.contains("saved-search list"), "{unknown}");

    let list: Vec<Value> = serde_json::from_str(&user.ok(&["saved-search", "list", "-o", "json"])).unwrap();
    assert_eq!(list.iter().map(|search| &search["name"]).collect::<Vec<_>>(), ["docs", "ours"]);
    assert!(user.ok(&["saved-search", "delete", "docs"]).starts_with("deleted docs"));
    user.run(&["saved-search", "get", "docs"]).failed(1);
    assert_eq!(user.count("action:saved_search.*"), 3);
}

#[test]
fn a_mistake_in_a_search_to_be_saved_is_shown_with_its_place() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let message = user.run(&["saved-search", "create", "n", "actor:alice", "acter:red"]).failed(2);
    let lines: Vec<&str> = message.lines().collect();
    let query = lines.iter().position(|line| line.trim() == "actor:alice acter:red").unwrap();
    assert_eq!(lines[query + 1].find('^'), lines[query].find("acter"), "{message}");
    user.ok(&["saved-search", "create", "n", "actor:alice"]);
    assert!(user.run(&["saved-search", "create", "n", "actor:bob"]).failed(1).contains("saved_search_exists"));
    user.run(&["saved-search", "create", "n"]).failed(2);
    user.run(&["saved-search"]).failed(2);
}

#[test]
fn saved_searches_outlive_the_server() {
    let place = Installation::new();
    let (server, user) = place.started();
    user.ok(&["saved-search", "create", "kept", "outcome:denied since:7d"]);
    server.stop();
    let server = place.start();
    let user = place.user(&server, &place.keys().default);
    assert!(user.ok(&["saved-search", "get", "kept"]).contains("outcome:denied since:7d"));
}
