//! Owns decompression while a body arrives, bounded in bytes out and in memory.

use std::io::{self, Write};

use axum::http::{HeaderMap, header};
use flate2::write::MultiGzDecoder;
use zstd::stream::{raw, zio};

use crate::problem::{Code, Problem, ProblemError};

/// The largest window that a zstd body may use: 2^23 bytes, the size of the largest body.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    /// The content encoding of a request.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        let first = values.next().map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase());
        match (first.as_deref(), values.next()) {
            (None | Some("" | "identity"), None) => Ok(Self::Identity),
            (Some("gzip" | "x-gzip"), None) => Ok(Self::Gzip),
            (Some("zstd"), None) => Ok(Self::Zstd),
            _ => {
                let detail = "send the body uncompressed, or with one Content-Encoding: gzip or zstd";
                let code = Code::UnsupportedEncoding;
                let error = ProblemError::header("Content-Encoding", code.as_str(), detail);
                Err(Problem::new(code, detail).with_error(error))
            }
        }
    }
}

/// Decodes the bytes of a body as they arrive.
pub(super) enum Decoder {
    Identity(BoundedSink),
    Gzip(Box<MultiGzDecoder<BoundedSink>>),
    Zstd(Box<zio::Writer<BoundedSink, raw::Decoder<'static>>>),
}

/// Why decoding ended.
#[derive(Debug)]
pub(super) enum DecodeError {
    /// The decoded body exceeds its maximum size.
    TooLarge,
    /// The bytes are not valid in the declared encoding.
    Broken(String),
}

impl Decoder {
    /// Creates a decoder that returns at most `bytes_max` bytes.
    pub(super) fn new(encoding: Encoding, bytes_max: usize) -> Result<Self, DecodeError> {
        let sink = BoundedSink { bytes: Vec::new(), bytes_max };
        Ok(match encoding {
            Encoding::Identity => Self::Identity(sink),
            Encoding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(sink))),
            Encoding::Zstd => {
                let mut decoder = raw::Decoder::new()?;
                decoder.set_parameter(raw::DParameter::WindowLogMax(ZSTD_WINDOW_LOG_MAX))?;
                // `zstd::stream::write::Decoder` would accept a truncated frame as complete.
                Self::Zstd(Box::new(zio::Writer::new(sink, decoder)))
            }
        })
    }

    /// Reserves memory for a body of a known size.
    pub(super) fn reserve(&mut self, size: usize) {
        if let Self::Identity(sink) = self {
            sink.bytes.reserve_exact(size.min(sink.bytes_max));
        }
    }

    /// The number of bytes to decode at a time, so that each step takes at most a millisecond.
    pub(super) const fn step_bytes(&self) -> usize {
        match self {
            Self::Identity(_) => 256 * 1_024,
            Self::Gzip(_) | Self::Zstd(_) => 1_024,
        }
    }

    /// Decodes a piece of the body.
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), DecodeError> {
        match self {
            Self::Identity(sink) => sink.write_all(piece),
            Self::Gzip(decoder) => decoder.write_all(piece),
            Self::Zstd(decoder) => decoder.write_all(piece),
        }
        .map_err(DecodeError::from)
    }

    /// Ends the body and returns all of it.
    pub(super) fn finish(self) -> Result<Vec<u8>, DecodeError> {
        let sink = match self {
            Self::Identity(sink) => sink,
            Self::Gzip(decoder) => decoder.finish()?,
            Self::Zstd(mut decoder) => {
                decoder.finish()?;
                decoder.into_inner().0
            }
        };
        Ok(sink.bytes)
    }
}

/// Collects bytes up to a limit.
pub(super) struct BoundedSink {
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl Write for BoundedSink {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if piece.len() > self.bytes_max - self.bytes.len() {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<io::Error> for DecodeError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::FileTooLarge => Self::TooLarge,
            _ => Self::Broken(error.to_string()),
        }
    }
}
