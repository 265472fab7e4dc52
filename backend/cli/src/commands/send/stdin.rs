//! Events from standard input: objects side by side, one per line, or in one array.

use std::io::{BufRead, BufReader, Write};

use auditlog_core::{
    event::limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX},
    intake::Atomicity,
};

use super::flags::fresh_id;
use crate::{
    arguments::OutputFormat,
    client::{Batch, BatchReply, Client, Item, as_line, deliver},
    failure::{Exit, Failure, Outcome},
    json_text::ObjectReader,
    output::{Console, grouped, plain_stdout, style},
};

/// Events are sent in batches of this many: half of the server's limit.
const BATCH_EVENTS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// Sends everything on standard input and reports the outcome.
pub(super) fn send_all(client: &Client, atomicity: Atomicity, format: OutputFormat, console: &Console) -> Outcome {
    let reader = ObjectReader::of_values(BufReader::new(std::io::stdin()));
    let mut input = Input { reader, atomicity, read: 0 };
    let mut tally = Tally::default();
    // One connection keeps the order: events are stored in the order of the input.
    deliver(
        std::slice::from_ref(client),
        1,
        || input.next_batch(),
        |first, reply| {
            tally.add(&reply);
            report(first, &reply.results, format, console)
        },
    )?;
    tally.finish(format)
}

/// The standard input.
struct Input<R> {
    reader: ObjectReader<R>,
    atomicity: Atomicity,
    /// The number of events that were read.
    read: u64,
}

impl<R: BufRead> Input<R> {
    /// Reads the next events of the input; all of them where they are to be stored together. The note is the number of
    /// the first of them.
    fn next_batch(&mut self) -> Result<Option<Batch<u64>>, Failure> {
        let (events_max, bytes) = match self.atomicity {
            Atomicity::EachEvent => (BATCH_EVENTS, BATCH_BYTES),
            Atomicity::AllOrNothing => (BATCH_EVENTS_MAX, BATCH_BYTES_MAX),
        };
        let mut batch = Batch { client: 0, lines: String::new(), count: 0, note: self.read + 1 };
        while batch.count < events_max && batch.lines.len() < bytes {
            let Some(line) = self.next_line()? else { break };
            batch.lines.push_str(&line);
            batch.lines.push('\n');
            batch.count += 1;
        }
        if self.atomicity == Atomicity::AllOrNothing && (batch.lines.len() > bytes || self.next_line()?.is_some()) {
            let limits = format!("at most {} events in {} MiB", grouped(events_max as u64), bytes >> 20);
            return Err(Failure::usage("the standard input is too long for --atomic")
                .detail(format!("{limits} are stored together; nothing was sent")));
        }
        Ok((batch.count > 0).then_some(batch))
    }

    /// The next event on one line, with an id.
    fn next_line(&mut self) -> Result<Option<String>, Failure> {
        let number = self.read + 1;
        let unreadable = |cause: String| {
            let failure = Failure::failed(format!("event {number} of the standard input cannot be read: {cause}"));
            failure.hint(match self.atomicity {
                Atomicity::EachEvent => "the events before it were sent; the events after it were not",
                Atomicity::AllOrNothing => "nothing was sent",
            })
        };
        let Some(object) = self.reader.next_object().map_err(|error| unreadable(error.to_string()))? else {
            return Ok(None);
        };
        let line = as_line(&object, |_| fresh_id()).map_err(unreadable)?.into_owned();
        self.read = number;
        Ok(Some(line))
    }
}

fn report(first: u64, results: &[Item], format: OutputFormat, console: &Console) -> Result<(), Failure> {
    for (number, item) in (first..).zip(results) {
        if item.is_at_fault() {
            console.warn(format!("event {number} was rejected: {}", item.reasons().join("; ")));
        }
        if format == OutputFormat::Json {
            writeln!(plain_stdout(), "{}", item.to_json())?;
        }
    }
    Ok(())
}

/// The outcomes so far.
#[derive(Debug, Default)]
struct Tally {
    stored: u64,
    duplicates: u64,
    rejected: u64,
    /// Events without a fault that are not stored because of others.
    not_stored: u64,
    adjusted: u64,
}

impl Tally {
    fn add(&mut self, reply: &BatchReply) {
        let at_fault = reply.results.iter().filter(|item| item.is_at_fault()).count() as u64;
        self.stored += reply.stored;
        self.duplicates += reply.duplicates;
        self.adjusted += reply.adjusted;
        self.rejected += at_fault;
        self.not_stored += reply.rejected.saturating_sub(at_fault);
    }

    fn finish(&self, format: OutputFormat) -> Outcome {
        let Self { stored, duplicates, rejected, not_stored, adjusted } = *self;
        if stored + duplicates + rejected + not_stored == 0 {
            return Err(Failure::usage("there is nothing to send: the standard input is empty"));
        }
        if format == OutputFormat::Text {
            let good = if stored > 0 { style::GOOD } else { style::PLAIN };
            let mut line = format!("{good}{} stored{good:#}", grouped(stored));
            for (count, what) in [(duplicates, "stored before"), (rejected, "rejected"), (not_stored, "not stored")] {
                if count > 0 {
                    line.extend([", ", &grouped(count), " ", what]);
                }
            }
            if adjusted > 0 {
                line.extend(["; ", &grouped(adjusted), " adjusted"]);
            }
            writeln!(anstream::stdout().lock(), "{line}")?;
        }
        Ok(if rejected + not_stored > 0 { Exit::FoundWrong } else { Exit::Done })
    }
}
