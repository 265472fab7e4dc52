//! Events from standard input: objects side by side, one per line, or in one array.

use std::{
    cell::Cell,
    io::{BufRead, BufReader, Write},
};

use super::flags::fresh_id;
use crate::{
    arguments::OutputFormat,
    client::{Batch, BatchReply, Client, ItemStatus, as_line, deliver},
    failure::{Exit, Failure, Outcome},
    json_text::ObjectReader,
    output::{Console, grouped, plain_stdout, style},
};

/// Events are sent in batches of this many: half of the server's limit.
const BATCH_EVENTS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// The outcomes so far.
#[derive(Default)]
struct Tally {
    stored: Cell<u64>,
    duplicates: Cell<u64>,
    rejected: Cell<u64>,
}

/// Sends everything on standard input and reports the outcome.
pub(super) fn send_all(client: &Client, format: OutputFormat, console: &Console) -> Outcome {
    let mut reader = ObjectReader::of_values(BufReader::new(std::io::stdin()));
    let tally = Tally::default();
    let mut sent = 0;
    // One connection keeps the order: events are stored in the order of the input.
    deliver(
        std::slice::from_ref(client),
        1,
        || next_batch(&mut reader, &mut sent),
        |first, reply| report(first, &reply, format, &tally, console),
    )?;
    finish(&tally, format)
}

/// Reads the next events of the input. The note is the number of the first of them.
fn next_batch(reader: &mut ObjectReader<impl BufRead>, sent: &mut u64) -> Result<Option<Batch<u64>>, Failure> {
    let first = *sent + 1;
    let mut batch = Batch { client: 0, lines: String::new(), count: 0, note: first };
    while batch.count < BATCH_EVENTS && batch.lines.len() < BATCH_BYTES {
        let number = *sent + 1;
        let unreadable = |cause: String| {
            Failure::failed(format!("event {number} of the standard input cannot be read: {cause}"))
                .hint("the events before it were sent; the events after it were not")
        };
        let Some(object) = reader.next_object().map_err(|error| unreadable(error.to_string()))? else { break };
        let line = as_line(&object, |_| fresh_id()).map_err(unreadable)?;
        batch.lines.push_str(&line);
        batch.lines.push('\n');
        batch.count += 1;
        *sent = number;
    }
    Ok((batch.count > 0).then_some(batch))
}

fn report(
    first: u64,
    reply: &BatchReply,
    format: OutputFormat,
    tally: &Tally,
    console: &Console,
) -> Result<(), Failure> {
    tally.stored.set(tally.stored.get() + reply.stored);
    tally.duplicates.set(tally.duplicates.get() + reply.duplicates);
    tally.rejected.set(tally.rejected.get() + reply.rejected);
    for (number, item) in (first..).zip(&reply.results) {
        if item.status == ItemStatus::Rejected {
            console.warn(format!("event {number} was rejected: {}", item.reasons().join("; ")));
        }
        if format == OutputFormat::Json {
            writeln!(plain_stdout(), "{}", item.to_json())?;
        }
    }
    Ok(())
}

fn finish(tally: &Tally, format: OutputFormat) -> Outcome {
    let (stored, duplicates, rejected) = (tally.stored.get(), tally.duplicates.get(), tally.rejected.get());
    if stored + duplicates + rejected == 0 {
        return Err(Failure::usage("there is nothing to send: the standard input is empty"));
    }
    if format == OutputFormat::Text {
        let good = style::GOOD;
        let mut line = format!("{good}{} stored{good:#}", grouped(stored));
        for (count, what) in [(duplicates, "stored before"), (rejected, "rejected")] {
            if count > 0 {
                line.extend([", ", &grouped(count), " ", what]);
            }
        }
        writeln!(anstream::stdout().lock(), "{line}")?;
    }
    Ok(if rejected > 0 { Exit::FoundWrong } else { Exit::Done })
}
