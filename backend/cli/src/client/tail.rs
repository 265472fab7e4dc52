//! A live tail over the API: server-sent events, read line by line, resumed when the connection is lost.

use std::io::{BufRead, BufReader, Read};

use auditlog_core::event::limits::STORED_EVENT_BYTES_MAX;
use ureq::BodyReader;

use super::{Client, ClientError, error::Problem, stream::Opening};

const PATH: &str = "events/tail";
/// The maximum length of a line. The longest one is an event of 1 MiB as sent, with what the server adds to it (16 KiB
/// of adjustments and at most 4 KiB of other members) and, for which 1 KiB is enough, what the stream adds: `data: `,
/// `sequence`, `skewed`, `withheld` and the end of the line.
const LINE_BYTES_MAX: u64 = STORED_EVENT_BYTES_MAX as u64 + (1 << 10);

/// An open stream of events.
pub(crate) struct TailStream {
    reader: BufReader<BodyReader<'static>>,
}

/// An item of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TailItem {
    /// An event as the server sent it.
    Event {
        /// The id to resume after.
        id: String,
        /// One JSON object.
        text: String,
    },
    /// No event matched up to here.
    Progress {
        /// The id to resume after.
        id: String,
    },
    /// The server ends the stream and gives the reason.
    End {
        /// The id to resume after.
        id: String,
        /// A problem as JSON.
        problem: String,
    },
}

impl Client {
    /// Opens a stream after the event with this id; without an id, of new events only. Retries for as long as the user
    /// wants.
    pub(crate) fn tail(&self, query: &[(&str, String)], last_id: Option<&str>) -> Result<TailStream, ClientError> {
        let headers: Vec<_> = last_id.iter().map(|id| ("last-event-id", (*id).to_owned())).collect();
        let response = self.open(Opening { path: PATH, query, headers: &headers })?;
        Ok(TailStream { reader: BufReader::new(response.into_body().into_reader()) })
    }

    /// Converts the server's reason for ending a stream into a refusal.
    pub(crate) fn ended(&self, problem: &str) -> ClientError {
        let problem = Box::new(Problem::read(0, problem));
        ClientError::Refused { place: format!("GET {}/api/v1/{PATH}", self.base), status: problem.status, problem }
    }
}

impl TailStream {
    /// Returns the next item; `None` if the connection was lost.
    pub(crate) fn next_item(&mut self) -> Option<TailItem> {
        let (mut event, mut id, mut data) = (String::new(), String::new(), String::new());
        loop {
            let line = self.next_line()?;
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match name {
                "event" => event = value,
                "id" => id = value,
                "data" => data = value,
                "" if line.is_empty() && !data.is_empty() && event == "end" => {
                    return Some(TailItem::End { id, problem: data });
                }
                "" if line.is_empty() && !data.is_empty() => return Some(TailItem::Event { id, text: data }),
                "" if line.is_empty() && !id.is_empty() => return Some(TailItem::Progress { id }),
                // Comments, and fields that later versions may add.
                _ => {}
            }
        }
    }

    /// Reads a line without its terminator.
    fn next_line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        (&mut self.reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
        let line = String::from_utf8(line).ok()?;
        line.strip_suffix('\n').map(str::to_owned)
    }
}
