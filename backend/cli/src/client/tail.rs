//! A live tail over the API: server-sent events, read line by line, resumed where the connection was lost.

use std::{
    io::{BufRead, BufReader, Read},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use ureq::{Body, BodyReader, http::Response};

use super::{Client, ClientError, Repeat, Request, answer_of, authorized, error::Problem, retry::Retry};

const PATH: &str = "events/tail";
/// The longest line that is taken for one: an event is 64 KiB at most, and its personal data withheld or not.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// A server says something every 15 seconds unless it is told otherwise. One that is silent for so long is gone, though
/// nobody closed the connection.
const SILENCE_MAX: Duration = Duration::from_mins(2);
/// So many lines wait for whoever prints them.
const LINES_WAITING_MAX: usize = 256;

/// A stream of events that is open. The HTTP client knows limits of time for a whole body only, so a thread reads lines
/// and whoever waits for them may give up; that ends the thread as soon as its connection has something to say.
pub(crate) struct TailStream {
    lines: Receiver<String>,
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
        let request = Request::Get { query };
        let mut waiting = self.patience.begin();
        loop {
            let (error, retry) = match self.open(query, last_id) {
                Ok(response) if response.status().is_success() => {
                    self.patience.reached();
                    return TailStream::begin(response).map_err(|error| self.unreachable(&error.into()));
                }
                Ok(mut response) => match answer_of(&mut response) {
                    Ok(text) => self.refusal(PATH, request, &response, &text),
                    Err(error) => (self.unreachable(&error), Retry::After(None)),
                },
                Err(error) => {
                    let retry = self.patience.after_connection_error(&error, Repeat::Harmless);
                    (self.unreachable(&error), retry)
                }
            };
            if !waiting.wait(retry, &error) {
                return Err(error);
            }
        }
    }

    /// A stream has no end, so no limit of time for all of it.
    fn open(&self, query: &[(&str, String)], last_id: Option<&str>) -> Result<Response<Body>, ureq::Error> {
        let url = format!("{}/api/v1/{PATH}", self.base);
        let request = self.agent.get(&url).config().timeout_global(None).build();
        let request = authorized(request, self.authorization.as_deref());
        let request = match last_id {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        request.query_pairs(query.iter().map(|(name, value)| (*name, value.as_str()))).call()
    }

    /// The server's reason for ending a stream, as a refusal.
    pub(crate) fn ended(&self, problem: &str) -> ClientError {
        let problem = Box::new(Problem::read(0, problem));
        ClientError::Refused { place: format!("GET {}/api/v1/{PATH}", self.base), status: problem.status, problem }
    }
}

impl TailStream {
    fn begin(response: Response<Body>) -> std::io::Result<Self> {
        let reader = BufReader::new(response.into_body().into_reader());
        let (sender, lines) = sync_channel(LINES_WAITING_MAX);
        thread::Builder::new().name("tail".to_owned()).spawn(move || read_lines(reader, &sender))?;
        Ok(Self { lines })
    }

    /// The next item. `None` where the connection was lost.
    pub(crate) fn next_item(&mut self) -> Option<TailItem> {
        let (mut event, mut id, mut data) = (String::new(), String::new(), String::new());
        loop {
            let line = self.lines.recv_timeout(SILENCE_MAX).ok()?;
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
}

/// Hands over lines until there is no whole one any more, or nobody wants them.
fn read_lines(mut reader: BufReader<BodyReader<'static>>, lines: &SyncSender<String>) {
    while let Some(line) = next_line(&mut reader) {
        if lines.send(line).is_err() {
            return;
        }
    }
}

/// A line without its end.
fn next_line(reader: &mut BufReader<BodyReader<'static>>) -> Option<String> {
    let mut line = Vec::new();
    reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
    let line = String::from_utf8(line).ok()?;
    line.strip_suffix('\n').map(str::to_owned)
}
