//! Downloads a file from the server piece by piece, and resumes when the connection is lost.

use std::io::Read;

use ureq::{
    Body, BodyReader,
    http::{Response, StatusCode},
};

use super::{
    Client, ClientError,
    exports::FileFacts,
    retry::{Retry, Waiting},
    stream::Opening,
};

/// A download in progress.
pub(crate) struct Download<'c> {
    client: &'c Client,
    path: String,
    /// The entity tag that distinguishes this file from any other under the same path.
    etag: String,
    position: u64,
    length: u64,
    body: Option<BodyReader<'static>>,
    /// Since when no bytes have arrived. Each arrival resets the patience.
    waiting: Option<Waiting<'c>>,
}

/// The result of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// This many bytes.
    Bytes(usize),
    /// The server sends the file from its beginning: the bytes received before belong to another file.
    Anew,
    /// The end of the file.
    End,
}

impl Client {
    /// Prepares to fetch an export's file from this byte on. Sends no request before the first read.
    pub(crate) fn fetch_export(&self, id: &str, facts: &FileFacts, position: u64) -> Download<'_> {
        Download {
            client: self,
            path: format!("exports/{id}/file"),
            etag: format!("\"{}\"", facts.sha256),
            position,
            length: facts.bytes,
            body: None,
            waiting: None,
        }
    }
}

impl<'c> Download<'c> {
    /// Reads the next bytes. Keeps trying for as long as the user wants to wait for a single byte.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<Arrival, ClientError> {
        loop {
            let left = usize::try_from(self.length - self.position).unwrap_or(usize::MAX);
            if left == 0 {
                return Ok(Arrival::End);
            }
            let Some(body) = &mut self.body else {
                let begins_at = self.connect()?;
                if begins_at < self.position {
                    self.position = 0;
                    return Ok(Arrival::Anew);
                }
                continue;
            };
            let wanted = left.min(buffer.len());
            let cause = match body.read(&mut buffer[..wanted]) {
                Ok(0) => "the connection was closed".to_owned(),
                Ok(count) => {
                    self.position += count as u64;
                    self.waiting = None;
                    return Ok(Arrival::Bytes(count));
                }
                Err(error) => error.to_string(),
            };
            self.body = None;
            self.wait(ClientError::Broken { url: self.client.base.clone(), cause }, Retry::After(None))?;
        }
    }

    /// Requests the rest, and returns the position where the answer begins.
    fn connect(&mut self) -> Result<u64, ClientError> {
        loop {
            let headers = self.headers();
            match self.client.try_open(Opening { path: &self.path, query: &[], headers: &headers }) {
                Ok(response) => {
                    let begins_at = beginning(&response)?;
                    if begins_at != self.position && begins_at != 0 {
                        let cause = format!("it begins at byte {begins_at} instead of {}", self.position);
                        return Err(ClientError::Garbled { expected: "the rest of a file", cause });
                    }
                    self.body = Some(response.into_body().into_reader());
                    return Ok(begins_at);
                }
                Err((error, retry)) => self.wait(error, retry)?,
            }
        }
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        // Positions count the bytes of the file, not those of a proxy's encoding.
        let mut headers = vec![("accept-encoding", "identity".to_owned())];
        if self.position > 0 {
            headers.push(("range", format!("bytes={}-", self.position)));
            headers.push(("if-range", self.etag.clone()));
        }
        headers
    }

    fn wait(&mut self, error: ClientError, retry: Retry) -> Result<(), ClientError> {
        let client: &'c Client = self.client;
        let waiting = self.waiting.get_or_insert_with(|| client.patience.begin());
        if waiting.wait(retry, &error) { Ok(()) } else { Err(error) }
    }
}

/// The position where an answer begins: 206 names it; any other success is the whole file.
fn beginning(response: &Response<Body>) -> Result<u64, ClientError> {
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(0);
    }
    let range = response.headers().get("content-range").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first =
        range.strip_prefix("bytes ").and_then(|range| range.split('-').next()).and_then(|first| first.parse().ok());
    first.ok_or_else(|| ClientError::Garbled { expected: "a part of a file", cause: format!("Content-Range: {range}") })
}
