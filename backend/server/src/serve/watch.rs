//! Owns the end of connections whose answer goes on for longer than its reader may read.

use std::{sync::Arc, time::Duration};

use tokio::{task::AbortHandle, time::sleep};

use crate::{auth::Standing, serve::turn::Turn};

/// How long an answer may take to end by itself and to send the reason. The connection of a client that reads nothing is
/// closed without the reason.
const GRACE: Duration = Duration::from_millis(250);

/// Gives a connection up when the reader of its answer may not go on. Dropping it ends the watch.
pub(super) struct Watch(AbortHandle);

impl Watch {
    pub(super) fn begin(standing: Standing, turn: &Arc<Turn>) -> Self {
        let turn = Arc::clone(turn);
        let watching = tokio::spawn(async move {
            let reason = standing.lost().await;
            sleep(GRACE).await;
            tracing::debug!(%reason, "the reader of an answer may not go on");
            turn.give_up();
        });
        Self(watching.abort_handle())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}
