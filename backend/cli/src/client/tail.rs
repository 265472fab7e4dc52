//! A live tail over the API: server-sent events, read line by line, resumed when the connection is lost.

use std::io::{BufRead, BufReader, Read};

use auditlog_core::event::limits::STORED_EVENT_BYTES_MAX;
use ureq::BodyReader;

use super::{
    Client, ClientError,
    error::Problem,
    stream::{Opening, withheld_of},
};

const PATH: &str = "events/tail";
/// The maximum length of a line. The longest one is an event of 1 MiB as sent, with what the server adds to it (16 KiB
/// of adjustments and at most 4 KiB of other members) and, for which 1 KiB is enough, what the stream adds: `data: `,
/// `sequence`, `skewed`, `withheld` and the end of the line. A server that sends a longer one would send it again after
/// every new connection, so it is an error.
const LINE_BYTES_MAX: u64 = STORED_EVENT_BYTES_MAX as u64 + (1 << 10);

/// An open stream of events.
pub(crate) struct TailStream {
    /// The groups in whose texts the words of the query are not looked for.
    pub(crate) withheld: Vec<String>,
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
        let withheld = withheld_of(&response);
        Ok(TailStream { withheld, reader: BufReader::new(response.into_body().into_reader()) })
    }

    /// Converts the server's reason for ending a stream into a refusal.
    pub(crate) fn ended(&self, problem: &str) -> ClientError {
        let problem = Box::new(Problem::read(0, problem));
        ClientError::Refused { place: format!("GET {}/api/v1/{PATH}", self.base), status: problem.status, problem }
    }
}

impl TailStream {
    /// Returns the next item; `None` if the connection was lost.
    ///
    /// # Errors
    /// [`ClientError::Garbled`] if a line cannot be read however often it is sent.
    pub(crate) fn next_item(&mut self) -> Result<Option<TailItem>, ClientError> {
        let (mut event, mut id, mut data) = (String::new(), String::new(), String::new());
        loop {
            let Some(line) = self.next_line()? else { return Ok(None) };
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match name {
                "event" => event = value,
                "id" => id = value,
                "data" => data = value,
                "" if line.is_empty() && !data.is_empty() && event == "end" => {
                    return Ok(Some(TailItem::End { id, problem: data }));
                }
                "" if line.is_empty() && !data.is_empty() => return Ok(Some(TailItem::Event { id, text: data })),
                "" if line.is_empty() && !id.is_empty() => return Ok(Some(TailItem::Progress { id })),
                // Comments, and fields that later versions may add.
                _ => {}
            }
        }
    }

    /// Reads a line without its terminator; `None` if the connection was lost before its end.
    fn next_line(&mut self) -> Result<Option<String>, ClientError> {
        let mut line = Vec::new();
        if (&mut self.reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).is_err() {
            return Ok(None);
        }
        if line.pop_if(|last| *last == b'\n').is_none() {
            let is_too_long = line.len() as u64 == LINE_BYTES_MAX;
            let too_long = || garbled(format!("a line is longer than {LINE_BYTES_MAX} bytes"));
            return if is_too_long { Err(too_long()) } else { Ok(None) };
        }
        String::from_utf8(line).map(Some).map_err(|_| garbled("a line is not UTF-8"))
    }
}

fn garbled(cause: impl Into<String>) -> ClientError {
    ClientError::Garbled { expected: "a stream of events", cause: cause.into() }
}

#[cfg(test)]
mod tests {
    use ureq::Body;

    use super::*;

    fn stream(text: impl Into<Vec<u8>>) -> TailStream {
        let reader = BufReader::new(Body::builder().data(text).into_reader());
        TailStream { withheld: Vec::new(), reader }
    }

    fn line_of(bytes: u64) -> String {
        format!("data: {}\n", "x".repeat(usize::try_from(bytes).unwrap() - "data: \n".len()))
    }

    #[test]
    fn a_line_that_no_connection_can_bring_is_an_error() {
        let mut longest = stream(format!("id: 1\n\nid: 2\n{}\n", line_of(LINE_BYTES_MAX)));
        assert_eq!(longest.next_item().unwrap(), Some(TailItem::Progress { id: "1".to_owned() }));
        assert!(matches!(longest.next_item().unwrap(), Some(TailItem::Event { id, .. }) if id == "2"));
        assert_eq!(longest.next_item().unwrap(), None, "the connection was lost");

        let longer = stream(line_of(LINE_BYTES_MAX + 1)).next_item().unwrap_err();
        assert!(longer.to_string().contains(&format!("longer than {LINE_BYTES_MAX} bytes")), "{longer}");
        let garbled = stream(*b"id: \xff\n\n").next_item().unwrap_err();
        assert!(garbled.to_string().contains("not UTF-8"), "{garbled}");
    }

    #[test]
    fn a_connection_that_is_lost_in_a_line_is_no_error() {
        for text in ["", "id: 1\n", "id: 1\ndata: {", "id: 1\ndata: {\"a\":\"é"] {
            assert_eq!(stream(&text.as_bytes()[..text.len().saturating_sub(1)]).next_item().unwrap(), None, "{text}");
        }
    }
}
