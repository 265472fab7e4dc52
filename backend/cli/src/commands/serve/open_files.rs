//! Owns the limit of open files of the process, connections included: a server that runs out of them can neither accept
//! connections nor write data files.

use std::num::NonZeroUsize;

use auditlog_server::config::ServerSection;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open beside connections: the ledger, files being written, and two per data file.
const OTHER_FILES: u64 = 1_024;

/// Raises the limit to the maximum that the system allows, and lowers `max_connections` if that is not enough.
pub(super) fn make_room(server: &mut ServerSection) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // The soft limit is usually 1,024, for compatibility with old programs.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let allowed = if raised.is_ok() { maximum } else { current };
    let connections = connections_within(allowed, server.max_connections);
    if connections < server.max_connections {
        tracing::warn!(
            open_files_max = allowed,
            max_connections = connections,
            "fewer connections than configured are accepted: the system allows the process too few open files"
        );
        server.max_connections = connections;
    }
}

/// The number of connections that leaves room for the other files, but at least half of the limit.
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
