//! Owns how many files the process may have open, connections included: a server that runs out of them can neither
//! accept nor seal.

use std::num::NonZeroUsize;

use auditlog_server::config::ServerSection;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open beside connections: the ledger, what is being written, and two for each segment.
const OTHER_FILES: u64 = 1_024;

/// Asks the system for as many files as it allows, and takes fewer connections where that is not enough.
pub(super) fn make_room(server: &mut ServerSection) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // The limit usually begins at 1,024, for programs of the last century.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let allowed = if raised.is_ok() { maximum } else { current };
    let connections = connections_within(allowed, server.max_connections);
    if connections < server.max_connections {
        tracing::warn!(
            open_files_max = allowed,
            max_connections = connections,
            "fewer connections than configured are taken: the system allows the process too few open files"
        );
        server.max_connections = connections;
    }
}

/// As many connections as leave room for everything else, but half of what there is at least.
fn connections_within(allowed: Option<u64>, wanted: NonZeroUsize) -> NonZeroUsize {
    let Some(allowed) = allowed else { return wanted };
    let left = allowed.saturating_sub(OTHER_FILES).max(allowed / 2);
    let left = usize::try_from(left).ok().and_then(NonZeroUsize::new);
    left.map_or(NonZeroUsize::MIN, |left| left.min(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_files() {
        let within = |allowed| connections_within(allowed, NonZeroUsize::new(4_096).unwrap()).get();
        assert_eq!(
            [within(None), within(Some(20_000)), within(Some(4_096)), within(Some(1_024))],
            [4_096, 4_096, 3_072, 512]
        );
    }
}
