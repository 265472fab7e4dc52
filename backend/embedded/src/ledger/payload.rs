//! Owns the bytes of a commit's payload: the requests in it, with the canonical text of their events, compressed.
//! docs/spec/data-directory.md fixes the bytes.
//!
//! Whole requests are compressed in chunks: a large request on its handler's thread, the small ones of a commit
//! together by the writer.

use std::cell::RefCell;

use zstd::bulk::Compressor;

use crate::error::StoreError;

/// The only version of the encoding.
const VERSION: u8 = 1;
/// Fast, and the rows are deleted when they are sealed.
const ZSTD_LEVEL: i32 = 1;
/// The salt index and the length before each text.
const EVENT_HEADER_BYTES: usize = 8;
/// The maximum size of a chunk: damage must not make the reader allocate all memory.
const CHUNK_BYTES_MAX: usize = 1 << 30;

/// One request's events as bytes: for each its salt index and its canonical text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Body(Vec<u8>);

impl Body {
    /// An empty body with room for this number of events whose texts have this total length.
    pub(crate) fn with_capacity(events: usize, canonical_bytes: usize) -> Self {
        Self(Vec::with_capacity(canonical_bytes + events * EVENT_HEADER_BYTES))
    }

    pub(crate) fn push(&mut self, salt_index: u32, canonical: &str) {
        // An event has some megabytes at most.
        let length = u32::try_from(canonical.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&salt_index.to_le_bytes());
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(canonical.as_bytes());
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn append(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// The same without the events for which `keep` is false.
    pub(crate) fn retain(&self, keep: &[bool]) -> Result<Self, StoreError> {
        let mut kept = Self::default();
        let mut reader = Reader(&self.0);
        for keep in keep {
            let (salt_index, canonical) = reader.event()?;
            if *keep {
                kept.push(salt_index, canonical);
            }
        }
        Ok(kept)
    }
}

thread_local! {
    /// Kept, because setting one up takes longer than compressing a small request.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Whole requests' events, compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    body_bytes: u32,
    frame: Vec<u8>,
}

impl Chunk {
    pub(crate) fn compress(body: &Body) -> Result<Self, StoreError> {
        let failed = |error| StoreError::Stopped(format!("compressing a commit failed: {error}"));
        let frame = COMPRESSOR.with_borrow_mut(|kept| {
            let compressor = match kept {
                Some(compressor) => compressor,
                None => kept.insert(Compressor::new(ZSTD_LEVEL)?),
            };
            compressor.compress(&body.0)
        });
        let frame = frame.map_err(failed)?;
        Ok(Self { body_bytes: u32::try_from(body.len()).unwrap_or(u32::MAX), frame })
    }

    pub(crate) fn decompress(&self) -> Result<Body, StoreError> {
        let capacity = usize::try_from(self.body_bytes).unwrap_or(usize::MAX);
        if capacity > CHUNK_BYTES_MAX {
            return Err(damaged("a chunk is too long"));
        }
        let bytes =
            zstd::bulk::decompress(&self.frame, capacity).map_err(|_| damaged("a chunk cannot be decompressed"))?;
        if bytes.len() == capacity { Ok(Body(bytes)) } else { Err(damaged("a chunk's length is not the stated one")) }
    }
}

/// The stored data of a request besides its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestHeader {
    /// The tenant's number.
    pub tenant: u32,
    /// The sequence of its first event; the others follow without a gap.
    pub first_sequence: u64,
    /// The events' `received_at`, in microseconds.
    pub received_at: i64,
    /// The seed from which the salts of its events are derived, with their salt indexes.
    pub salt_seed: [u8; 16],
    /// The number of its stored events, at least one.
    pub events: u32,
}

/// The requests of a commit in order, and the chunks that hold their events in the same order.
pub(crate) fn encode(requests: &[RequestHeader], chunks: &[Chunk]) -> Vec<u8> {
    let frames: usize = chunks.iter().map(|chunk| chunk.frame.len() + 8).sum();
    let mut bytes = Vec::with_capacity(9 + requests.len() * 40 + frames);
    bytes.push(VERSION);
    bytes.extend_from_slice(&count(requests.len()));
    for request in requests {
        bytes.extend_from_slice(&request.tenant.to_le_bytes());
        bytes.extend_from_slice(&request.first_sequence.to_le_bytes());
        bytes.extend_from_slice(&request.received_at.to_le_bytes());
        bytes.extend_from_slice(&request.salt_seed);
        bytes.extend_from_slice(&request.events.to_le_bytes());
    }
    bytes.extend_from_slice(&count(chunks.len()));
    for chunk in chunks {
        bytes.extend_from_slice(&chunk.body_bytes.to_le_bytes());
        bytes.extend_from_slice(&count(chunk.frame.len()));
        bytes.extend_from_slice(&chunk.frame);
    }
    bytes
}

/// One stored event: its salt index, and its canonical text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EncodedEvent {
    pub salt_index: u32,
    pub canonical: String,
}

/// One stored request and its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EncodedRequest {
    pub header: RequestHeader,
    pub events: Vec<EncodedEvent>,
}

/// Decodes a payload.
pub(crate) fn decode(payload: &[u8]) -> Result<Vec<EncodedRequest>, StoreError> {
    let mut reader = Reader(payload);
    let requests = reader.requests()?;
    let mut body = Body::default();
    for _ in 0..reader.count()? {
        let body_bytes = u32::from_le_bytes(reader.array()?);
        let length = reader.count()?;
        let chunk = Chunk { body_bytes, frame: reader.bytes(length)?.to_vec() };
        body.append(&chunk.decompress()?);
    }
    reader.finish()?;
    split(requests, &body)
}

/// Decodes only the requests of a payload, even if their events are damaged.
pub(crate) fn decode_requests(payload: &[u8]) -> Result<Vec<RequestHeader>, StoreError> {
    Reader(payload).requests()
}

fn split(requests: Vec<RequestHeader>, body: &Body) -> Result<Vec<EncodedRequest>, StoreError> {
    let mut reader = Reader(&body.0);
    let mut decoded = Vec::with_capacity(requests.len());
    for header in requests {
        let mut events = Vec::new();
        for _ in 0..header.events {
            let (salt_index, canonical) = reader.event()?;
            events.push(EncodedEvent { salt_index, canonical: canonical.to_owned() });
        }
        decoded.push(EncodedRequest { header, events });
    }
    reader.finish()?;
    Ok(decoded)
}

fn count(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn damaged(detail: &str) -> StoreError {
    StoreError::Corrupted(format!("ledger.db: a commit's payload cannot be read: {detail}"))
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or_else(|| damaged("it ends early"))?;
        self.0 = rest;
        Ok(*head)
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], StoreError> {
        let (head, rest) = self.0.split_at_checked(length).ok_or_else(|| damaged("it ends early"))?;
        self.0 = rest;
        Ok(head)
    }

    fn count(&mut self) -> Result<usize, StoreError> {
        Ok(usize::try_from(u32::from_le_bytes(self.array()?)).unwrap_or(usize::MAX))
    }

    fn requests(&mut self) -> Result<Vec<RequestHeader>, StoreError> {
        let version = self.array::<1>()?[0];
        if version != VERSION {
            return Err(damaged(&format!("unknown version {version}")));
        }
        let mut requests = Vec::new();
        for _ in 0..self.count()? {
            requests.push(RequestHeader {
                tenant: u32::from_le_bytes(self.array()?),
                first_sequence: u64::from_le_bytes(self.array()?),
                received_at: i64::from_le_bytes(self.array()?),
                salt_seed: self.array()?,
                events: u32::from_le_bytes(self.array()?),
            });
        }
        Ok(requests)
    }

    fn event(&mut self) -> Result<(u32, &'a str), StoreError> {
        let salt_index = u32::from_le_bytes(self.array()?);
        let length = self.count()?;
        let canonical = std::str::from_utf8(self.bytes(length)?).map_err(|_| damaged("an event is no text"))?;
        Ok((salt_index, canonical))
    }

    fn finish(&self) -> Result<(), StoreError> {
        if self.0.is_empty() { Ok(()) } else { Err(damaged("it has trailing bytes")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(first_sequence: u64, events: u32) -> RequestHeader {
        RequestHeader { tenant: 3, first_sequence, received_at: -5, salt_seed: [9; 16], events }
    }

    fn sample() -> Vec<u8> {
        let mut large = Body::default();
        large.push(0, r#"{"a":1}"#);
        large.push(2, r#"{"a":"ä"}"#);
        let mut small = Body::default();
        small.push(0, "{}");
        encode(&[header(7, 2), header(9, 1)], &[Chunk::compress(&large).unwrap(), Chunk::compress(&small).unwrap()])
    }

    #[test]
    fn a_payload_reads_back_as_it_was_written() {
        let decoded = decode(&sample()).unwrap();
        assert_eq!(
            decoded.iter().map(|request| request.header.clone()).collect::<Vec<_>>(),
            [header(7, 2), header(9, 1)]
        );
        let event = |salt_index, canonical: &str| EncodedEvent { salt_index, canonical: canonical.into() };
        assert_eq!(decoded[0].events, [event(0, r#"{"a":1}"#), event(2, r#"{"a":"ä"}"#)]);
        assert_eq!(decoded[1].events, [event(0, "{}")]);
    }

    #[test]
    fn a_payload_that_is_cut_short_or_too_long_is_refused() {
        let bytes = sample();
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "{length}");
        }
        assert!(decode(&[bytes.as_slice(), b"x"].concat()).is_err());
    }

    #[test]
    fn only_the_kept_events_of_a_body_stay() {
        let mut body = Body::default();
        let mut expected = Body::default();
        for index in 0..5 {
            body.push(index, &format!("{{\"n\":{index}}}"));
            if index % 2 == 1 {
                expected.push(index, &format!("{{\"n\":{index}}}"));
            }
        }
        assert_eq!(body.retain(&[false, true, false, true, false]).unwrap(), expected);
    }
}
