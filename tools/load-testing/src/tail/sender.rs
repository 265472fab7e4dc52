//! Owns the sending: each request at the time when it is due, whatever happened to earlier ones.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::time::sleep;

use crate::{
    api::{Address, BatchAnswer, Call, Client, Credential},
    load::Latencies,
    tail::{Book, TailPlan},
};

/// The result of the sending.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The time from when a request was due to its acknowledgement.
    pub(super) latencies: Latencies,
    pub(super) failures: Vec<String>,
}

/// Sends everything.
pub(super) async fn send(plan: &TailPlan, book: &Arc<Book>, address: Address, credential: &Credential) -> Sent {
    let next = Arc::new(AtomicU64::new(0));
    let batch = plan.batch.get();
    let workers: Vec<_> = (0..plan.connections.get())
        .map(|_| {
            let (book, next, credential) = (Arc::clone(book), Arc::clone(&next), credential.clone());
            tokio::spawn(async move { work(&book, &next, batch, &mut Client::new(address), &credential).await })
        })
        .collect();
    let mut sent = Sent::default();
    for worker in workers {
        match worker.await {
            Ok(one) => {
                sent.latencies.add(&one.latencies);
                sent.failures.extend(one.failures);
            }
            Err(error) => sent.failures.push(error.to_string()),
        }
    }
    sent
}

async fn work(book: &Book, next: &AtomicU64, batch: u64, client: &mut Client, credential: &Credential) -> Sent {
    let mut sent = Sent::default();
    loop {
        let first = next.fetch_add(batch, Ordering::Relaxed);
        if first >= book.events() {
            return sent;
        }
        let numbers = first..(first + batch).min(book.events());
        let events: Vec<String> = numbers.clone().map(Book::event).collect();
        let due = book.due(first);
        sleep(due.saturating_sub(book.elapsed())).await;
        let call = Call::post("/api/v1/events/batch", format!("[{}]", events.join(",")).into());
        match client.call(credential, call).await {
            Err(error) => sent.failures.push(error.to_string()),
            Ok(answer) => {
                sent.latencies.note(book.elapsed().saturating_sub(due));
                let Ok(receipts) = serde_json::from_slice::<BatchAnswer<'_>>(&answer.body) else {
                    sent.failures.push(answer.text());
                    continue;
                };
                for (number, receipt) in numbers.zip(&receipts.results) {
                    match receipt.sequence.as_ref().and_then(|sequence| sequence.parse().ok()) {
                        Some(sequence) if receipt.status == "stored" => book.acknowledge(number, sequence),
                        _ => sent.failures.push(format!("{receipt:?}")),
                    }
                }
            }
        }
    }
}
