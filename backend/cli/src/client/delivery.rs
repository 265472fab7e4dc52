//! Sends many batches over several connections at once, and reports their outcomes in the order of the batches. The
//! reported batches are therefore always a prefix of all batches, so an interrupted import can be resumed.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use parking_lot::Mutex;

use super::{BatchReply, Client, ClientError};
use crate::failure::Failure;

/// A batch of events, with a note that the sender gets back with the reply.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    /// The index of the client that sends it.
    pub(crate) client: usize,
    /// The events, one per line, each with its id or an external id.
    pub(crate) lines: String,
    /// The number of events; an empty batch is answered without being sent.
    pub(crate) count: usize,
    /// Returned with the reply.
    pub(crate) note: T,
}

impl<T> Batch<T> {
    /// Adds an event.
    pub(crate) fn push(&mut self, line: &str) {
        self.lines.push_str(line);
        self.lines.push('\n');
        self.count += 1;
    }
}

type Numbered<T> = (u64, T);
type Answer<T> = Result<(T, BatchReply), Failure>;

/// Sends the batches from `next_batch` until it returns none, and passes each reply to `on_reply` in the same order.
///
/// Ends at the first failure; the replies before it have been passed to `on_reply` by then.
pub(crate) fn deliver<T: Send>(
    clients: &[Client],
    connections: usize,
    next_batch: impl FnMut() -> Result<Option<Batch<T>>, Failure> + Send,
    mut on_reply: impl FnMut(T, BatchReply) -> Result<(), Failure>,
) -> Result<(), Failure> {
    thread::scope(|scope| {
        let (batch_sender, batches) = mpsc::sync_channel::<Numbered<Batch<T>>>(connections);
        let (answer_sender, answers) = mpsc::channel::<Numbered<Answer<T>>>();
        let failures = answer_sender.clone();
        scope.spawn(move || make(next_batch, &batch_sender, &failures));
        let batches = Arc::new(Mutex::new(batches));
        for _ in 0..connections {
            let (batches, answer_sender) = (Arc::clone(&batches), answer_sender.clone());
            scope.spawn(move || send(clients, &batches, &answer_sender));
        }
        // From here on the channels live as long as the threads that use them: if one end is gone, so is the other.
        drop((batches, answer_sender));
        let mut early = BTreeMap::new();
        let mut next = 0;
        for (number, answer) in answers {
            early.insert(number, answer);
            while let Some(answer) = early.remove(&next) {
                let (note, reply) = answer?;
                on_reply(note, reply)?;
                next += 1;
            }
        }
        Ok(())
    })
}

fn make<T>(
    mut next_batch: impl FnMut() -> Result<Option<Batch<T>>, Failure>,
    batches: &mpsc::SyncSender<Numbered<Batch<T>>>,
    failures: &Sender<Numbered<Answer<T>>>,
) {
    for number in 0.. {
        match next_batch() {
            Ok(Some(batch)) => {
                if batches.send((number, batch)).is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(failure) => {
                // A closed channel means that an earlier failure has already been reported.
                let _ = failures.send((number, Err(failure)));
                return;
            }
        }
    }
}

fn send<T>(clients: &[Client], batches: &Mutex<Receiver<Numbered<Batch<T>>>>, answers: &Sender<Numbered<Answer<T>>>) {
    loop {
        let batch = batches.lock().recv();
        let Ok((number, batch)) = batch else { return };
        let answer = exchange(clients, batch);
        let failed = answer.is_err();
        if answers.send((number, answer)).is_err() || failed {
            return;
        }
    }
}

fn exchange<T>(clients: &[Client], batch: Batch<T>) -> Answer<T> {
    if batch.count == 0 {
        return Ok((batch.note, BatchReply::default()));
    }
    let reply = clients[batch.client].send_batch(&batch.lines)?;
    if reply.results.len() != batch.count {
        let cause = format!("{} results for {} events", reply.results.len(), batch.count);
        return Err(ClientError::Garbled { expected: "the results of a batch", cause }.into());
    }
    Ok((batch.note, reply))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(note: u32) -> Batch<u32> {
        Batch { client: 0, lines: String::new(), count: 0, note }
    }

    #[test]
    fn replies_come_in_the_order_of_their_batches() {
        let mut made = 0..1_000;
        let mut seen = Vec::new();
        deliver(
            &[],
            4,
            || Ok(made.next().map(batch)),
            |note, _| {
                seen.push(note);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(seen, (0..1_000).collect::<Vec<_>>());
    }

    #[test]
    fn a_failure_comes_after_everything_before_it() {
        let mut made = 0..;
        let mut seen = Vec::new();
        let failure = deliver(
            &[],
            4,
            || match made.next() {
                Some(100) => Err(Failure::failed("the disk is gone")),
                note => Ok(note.map(batch)),
            },
            |note, _| {
                seen.push(note);
                Ok(())
            },
        )
        .unwrap_err();
        assert_eq!(failure.message, "the disk is gone");
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
    }
}
