//! `tenant`: created with the system key or on the directory, isolated, suspended and resumed.

use crate::harness::{Installation, text};

#[test]
fn a_tenant_is_made_gets_its_first_key_and_sees_only_its_own() {
    let place = Installation::new();
    let (server, user) = place.started();
    let system = place.user(&server, &place.keys().system);
    assert!(system.ok(&["tenant", "create", "acme", "--name", "Acme Inc."]).contains("created acme (Acme Inc.)"));
    assert!(system.run(&["tenant", "create", "acme"]).failed(1).contains("tenant_exists"));
    assert!(system.run(&["tenant", "create", "No Good"]).failed(2).contains("lower-case"));
    assert!(user.run(&["tenant", "list"]).failed(1).contains("permission_denied"));

    let key = system.ok(&["key", "create", "--tenant", "acme", "--role", "audit_admin", "--print-key"]);
    assert!(system.run(&["key", "create", "--tenant", "acme"]).failed(1).contains("tenant_has_keys"));
    let acme = place.user(&server, key.trim());
    acme.ok(&["send", "--action", "a.b", "--actor", "user:x", "--service", "s"]);
    assert_eq!((acme.count("action:a.b"), user.count("action:a.b")), (1, 0));
    let list = system.ok(&["tenant", "list"]);
    assert!(list.lines().any(|line| line.contains("acme") && line.contains("active") && line.contains("Acme Inc.")));

    assert!(system.ok(&["tenant", "suspend", "acme"]).contains("suspended acme"));
    assert!(acme.run(&["search"]).failed(1).contains("tenant_suspended"));
    user.ok(&["search"]);
    system.ok(&["tenant", "resume", "acme"]);
    assert_eq!(acme.count("action:a.b"), 1);
}

#[test]
fn a_tenant_and_its_key_can_be_made_on_a_stopped_directory() {
    let place = Installation::new();
    place.start().stop();
    let data_dir = place.data_dir();
    let data_dir = text(&data_dir);
    place.run(&["tenant", "create", "acme", "--data-dir", data_dir]).ok();
    let key = place.run(&["key", "create", "--data-dir", data_dir, "--tenant", "acme", "--print-key"]).ok();
    let server = place.start();
    let acme = place.user(&server, key.trim());
    assert_eq!(acme.count("action:tenant.create actor:operator"), 1);
}
