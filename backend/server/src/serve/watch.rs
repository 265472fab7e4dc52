//! Owns the end of connections whose reader loses its permission while the answer is being sent.

use std::{sync::Arc, time::Duration};

use tokio::{task::AbortHandle, time::sleep};

use crate::{serve::turn::Turn, standing::Standing};

/// How long an answer may take to end by itself and to send the reason. If the client reads nothing, the connection is
/// closed without the reason.
const GRACE: Duration = Duration::from_millis(250);

/// Closes a connection when the reader of its answer may no longer read. Dropping it ends the watch.
pub(super) struct Watch(AbortHandle);

impl Watch {
    pub(super) fn begin(standing: Standing, turn: &Arc<Turn>) -> Self {
        let turn = Arc::clone(turn);
        let watching = tokio::spawn(async move {
            let reason = standing.lost().await;
            sleep(GRACE).await;
            tracing::debug!(%reason, "the reader of an answer may no longer read");
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
