//! Owns compressing a file while it is made.

use std::io::{self, Write};

use flate2::write::GzEncoder;

use crate::export::Compression;

/// Half the time of gzip's default for files that are a few percent larger.
const GZIP_LEVEL: u32 = 3;
const ZSTD_LEVEL: i32 = 3;

/// Takes a file's bytes and gives what is to be sent.
pub(super) enum Compressor {
    None(Vec<u8>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Compressor {
    pub(super) fn new(compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::None(Vec::new()),
            Compression::Gzip => Self::Gzip(Box::new(GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL)))),
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
        })
    }

    /// What is ready to be sent; the rest is held back until more comes in.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::None(bytes) => bytes,
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        })
    }

    /// All that was held back. What comes from now on is unpacked without what came before: compressed files may be joined,
    /// and unpack to what they held one behind the other (RFC 1952 section 2.2, RFC 8878 section 3).
    pub(super) fn cut(&mut self) -> io::Result<Vec<u8>> {
        let next = Self::new(match self {
            Self::None(_) => Compression::None,
            Self::Gzip(_) => Compression::Gzip,
            Self::Zstd(_) => Compression::Zstd,
        })?;
        std::mem::replace(self, next).finish()
    }

    /// All that was held back, and the end of the file.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::None(bytes) => Ok(bytes),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl Write for Compressor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::None(out) => out.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::None(out) => out.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}
