//! A live tail over the API: server-sent events, read line by line, resumed where the connection was lost.

use std::io::{BufRead, BufReader, Read};

use ureq::BodyReader;

use super::{Client, ClientError, error::Problem, stream::Opening};

const PATH: &str = "events/tail";
/// The longest line that is taken for one: an event is 64 KiB at most, and its personal data withheld or not.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// A stream of events that is open.
pub(crate) struct TailStream {
    reader: BufReader<BodyReader<'static>>,
}

/// What comes over a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TailItem {
    /// An event as the server sent it.
    Event {
        /// To resume behind it.
        id: String,
        /// One JSON object.
        text: String,
    },
    /// Nothing, up to here.
    Progress {
        /// To resume behind it.
        id: String,
    },
    /// The server ends the stream, and says why.
    End {
        /// To resume behind it.
        id: String,
        /// A problem as JSON.
        problem: String,
    },
}

impl Client {
    /// Opens a stream behind the event with this id; of what comes from now on where there is none. Tries for as long
    /// as the user wants.
    pub(crate) fn tail(&self, query: &[(&str, String)], last_id: Option<&str>) -> Result<TailStream, ClientError> {
        let headers: Vec<_> = last_id.iter().map(|id| ("last-event-id", (*id).to_owned())).collect();
        let response = self.open(Opening { path: PATH, query, headers: &headers })?;
        Ok(TailStream { reader: BufReader::new(response.into_body().into_reader()) })
    }

    /// The server's reason for ending a stream, as a refusal.
    pub(crate) fn ended(&self, problem: &str) -> ClientError {
        let problem = Box::new(Problem::read(0, problem));
        ClientError::Refused { place: format!("GET {}/api/v1/{PATH}", self.base), status: problem.status, problem }
    }
}

impl TailStream {
    /// The next item. `None` where the connection was lost.
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

    /// A line without its end.
    fn next_line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        (&mut self.reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
        let line = String::from_utf8(line).ok()?;
        line.strip_suffix('\n').map(str::to_owned)
    }
}
