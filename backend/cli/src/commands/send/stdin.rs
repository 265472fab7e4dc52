//! Events from standard input: objects side by side, one per line, or in one array.

use std::io::{BufRead, BufReader, Write};

use auditlog_core::{
    event::{
        limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX},
        violation::code,
    },
    intake::Atomicity,
};

use super::flags::fresh_id;
use crate::{
    arguments::OutputFormat,
    client::{Batch, BatchReply, Client, Item, as_line, deliver},
    failure::{Exit, Failure, Outcome},
    json_text::{CutError, ObjectReader},
    output::{Console, grouped, plain_stdout, style},
};

/// Events are sent in batches of this many: half of the server's limit.
const BATCH_EVENTS: usize = 500;
/// A batch is sent as soon as it is as long as this. With the last event it is within the server's limit, because no
/// longer event than [`EVENT_BYTES_MAX`] is sent in a batch with others.
const BATCH_BYTES: usize = BATCH_BYTES_MAX / 2;

/// Sends everything on standard input and reports the outcome.
pub(super) fn send_all(client: &Client, atomicity: Atomicity, format: OutputFormat, console: &Console) -> Outcome {
    let reader = ObjectReader::of_values(BufReader::new(std::io::stdin()));
    let mut input = Input { reader, atomicity, read: 0, failure: None };
    let mut tally = Tally::default();
    // One connection keeps the order: events are stored in the order of the input.
    deliver(
        std::slice::from_ref(client),
        1,
        || input.next_batch(),
        |portion, mut reply| {
            reply.insert(portion.unsendable);
            tally.add(&reply);
            report(portion.first, &reply.results, format, console)
        },
    )?;
    tally.finish(format)
}

/// What is known about the events of a batch before it is sent.
#[derive(Debug)]
struct Portion {
    /// The number of the first event.
    first: u64,
    /// The results of events that are not sent, with their places among those of the portion.
    unsendable: Vec<(usize, Item)>,
}

/// The standard input.
struct Input<R> {
    reader: ObjectReader<R>,
    atomicity: Atomicity,
    /// The number of events that were read.
    read: u64,
    /// Why no more can be read; reported after the events before it were sent.
    failure: Option<Failure>,
}

impl<R: BufRead> Input<R> {
    fn next_batch(&mut self) -> Result<Option<Batch<Portion>>, Failure> {
        match self.atomicity {
            Atomicity::EachEvent => self.next_events(),
            Atomicity::AllOrNothing => self.all_events(),
        }
    }

    /// Reads the next events of the input. One that the server would refuse is left out, so that it does not affect the
    /// others.
    fn next_events(&mut self) -> Result<Option<Batch<Portion>>, Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut batch = self.empty_batch();
        while batch.count + batch.note.unsendable.len() < BATCH_EVENTS && batch.lines.len() < BATCH_BYTES {
            match self.next_line() {
                Ok(Some(Ok(line))) => batch.push(&line),
                Ok(Some(Err(item))) => batch.note.unsendable.push((batch.count + batch.note.unsendable.len(), item)),
                Ok(None) => break,
                Err(failure) => {
                    let hint = "the events before it were sent; the events after it were not";
                    self.failure = Some(failure.hint(hint));
                    break;
                }
            }
        }
        if batch.count + batch.note.unsendable.len() > 0 {
            return Ok(Some(batch));
        }
        self.failure.take().map_or(Ok(None), Err)
    }

    /// Reads all events, which are to be stored together.
    fn all_events(&mut self) -> Result<Option<Batch<Portion>>, Failure> {
        let unsent = |failure: Failure| failure.hint("nothing was sent");
        let mut batch = self.empty_batch();
        while let Some(line) = self.next_line().map_err(unsent)? {
            let number = self.read;
            let unsendable = |item: Item| {
                let reasons = item.reasons().join("; ");
                unsent(Failure::failed(format!("event {number} of the standard input was rejected: {reasons}")))
            };
            batch.push(&line.map_err(unsendable)?);
            if batch.count > BATCH_EVENTS_MAX || batch.lines.len() > BATCH_BYTES_MAX {
                let limits = format!("{} events in {} MiB", grouped(BATCH_EVENTS_MAX as u64), BATCH_BYTES_MAX >> 20);
                return Err(Failure::usage("the standard input is too long for --atomic")
                    .detail(format!("at most {limits} are stored together; nothing was sent")));
            }
        }
        Ok((batch.count > 0).then_some(batch))
    }

    fn empty_batch(&self) -> Batch<Portion> {
        let note = Portion { first: self.read + 1, unsendable: Vec::new() };
        Batch { client: 0, lines: String::new(), count: 0, note }
    }

    /// The next event on one line, with an id; or the result of one that the server would refuse, or not even find in
    /// the batch.
    fn next_line(&mut self) -> Result<Option<Result<String, Item>>, Failure> {
        let line = match self.reader.next_object() {
            Ok(Some(object)) => match as_line(&object, |_| fresh_id()) {
                Ok(line) if line.len() > EVENT_BYTES_MAX => Err(too_long(line.len())),
                Ok(line) => Ok(line.into_owned()),
                Err(cause) => Err(Item::unsendable(code::MALFORMED_JSON, cause)),
            },
            Ok(None) => return Ok(None),
            Err(CutError::TooLong { bytes }) => Err(too_long(bytes)),
            Err(error) => return Err(unreadable(self.read + 1, &error.to_string())),
        };
        self.read += 1;
        Ok(Some(line))
    }
}

fn unreadable(number: u64, cause: &str) -> Failure {
    Failure::failed(format!("event {number} of the standard input cannot be read: {cause}"))
}

fn too_long(bytes: usize) -> Item {
    let detail = format!("{bytes} bytes, where at most {EVENT_BYTES_MAX} are allowed");
    Item::unsendable(code::EVENT_TOO_LARGE, detail)
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
