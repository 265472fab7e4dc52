//! The server's limit of open files.

#![cfg(target_os = "linux")]

use crate::harness::Installation;

/// A store has two files open for each segment, and a shell usually allows 1,024.
#[test]
fn a_server_may_open_as_many_files_as_the_system_allows() {
    let installation = Installation::new();
    let server = installation.start_with_open_files(64);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.process())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = [3, 4].map(|place| line.split_whitespace().nth(place).unwrap());
    assert_eq!(soft, hard, "{line}");
    assert_ne!(soft, "64");
}
