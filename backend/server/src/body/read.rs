//! Owns reading one body to its end within its limits.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use http_body_util::BodyExt;

use crate::{
    body::decoder::{DecodeError, Decoder, Encoding},
    problem::{Code, Problem},
};

/// The maximum time for a body to arrive, as part of the state of the application.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyTimeout(pub(crate) Duration);

/// The limits for a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    /// The maximum number of bytes, before and after decompression.
    pub(crate) bytes_max: usize,
    /// The maximum time for the body to arrive.
    pub(crate) timeout: Duration,
}

/// The expected size of a body in bytes: its announced length if it is the decoded one, else the limit.
pub(crate) fn size_at_most(headers: &HeaderMap, limits: BodyLimits) -> usize {
    let is_plain = !headers.contains_key(header::CONTENT_ENCODING);
    let announced = announced_size(headers).filter(|_| is_plain);
    announced.unwrap_or(limits.bytes_max).min(limits.bytes_max)
}

/// Reads and decompresses a body.
pub(crate) async fn read_body(headers: &HeaderMap, body: Body, limits: BodyLimits) -> Result<Vec<u8>, Problem> {
    let encoding = Encoding::of(headers)?;
    let announced = announced_size(headers);
    if announced.is_some_and(|size| size > limits.bytes_max) {
        return Err(too_large(limits.bytes_max));
    }
    let mut decoder = Decoder::new(encoding, limits.bytes_max).map_err(|error| refused(error, limits))?;
    decoder.reserve(announced.unwrap_or_default());
    match tokio::time::timeout(limits.timeout, fill(&mut decoder, body, limits)).await {
        Ok(filled) => filled?,
        Err(_elapsed) => {
            let detail = format!("the body did not arrive within {} ms", limits.timeout.as_millis());
            return Err(Problem::new(Code::RequestTimeout, detail));
        }
    }
    decoder.finish().map_err(|error| refused(error, limits))
}

async fn fill(decoder: &mut Decoder, mut body: Body, limits: BodyLimits) -> Result<(), Problem> {
    let mut received_bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(error = %error, "a body is incomplete");
            Problem::new(Code::MalformedBody, "the body is incomplete or its transfer coding is broken")
        })?;
        let Ok(piece) = frame.into_data() else { continue };
        received_bytes += piece.len();
        // An encoder may add frames that decode to nothing, without end.
        if received_bytes > limits.bytes_max {
            return Err(too_large(limits.bytes_max));
        }
        for part in piece.chunks(decoder.step_bytes()) {
            decoder.write(part).map_err(|error| refused(error, limits))?;
            // A body that has already arrived, or that expands a thousandfold, must not block this thread.
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

fn announced_size(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn refused(error: DecodeError, limits: BodyLimits) -> Problem {
    match error {
        DecodeError::TooLarge => too_large(limits.bytes_max),
        DecodeError::Broken(detail) => {
            Problem::new(Code::MalformedCompression, format!("the body cannot be decompressed: {detail}"))
        }
    }
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("the decompressed body may have at most {bytes_max} bytes here"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use axum::http::HeaderValue;

    use super::*;

    const LIMITS: BodyLimits = BodyLimits { bytes_max: 1_000, timeout: Duration::from_secs(5) };

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    async fn read(encoding: &'static str, bytes: Vec<u8>) -> Result<Vec<u8>, Code> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        // A body of small frames, as a slow client sends it.
        let frames: Vec<Result<Vec<u8>, std::io::Error>> = bytes.chunks(7).map(|piece| Ok(piece.to_vec())).collect();
        let body = Body::from_stream(futures_util::stream::iter(frames));
        read_body(&headers, body, LIMITS).await.map_err(|problem| problem.code)
    }

    #[tokio::test]
    async fn every_encoding_gives_the_bytes_that_were_meant() {
        let text = b"audit ".repeat(100);
        assert_eq!(read("identity", text.clone()).await, Ok(text.clone()));
        assert_eq!(read("gzip", gzip(&text)).await, Ok(text.clone()));
        assert_eq!(read("zstd", zstd::encode_all(&text[..], 3).unwrap()).await, Ok(text.clone()));
        let two_members = [gzip(&text[..300]), gzip(&text[300..])].concat();
        assert_eq!(read("gzip", two_members).await, Ok(text));
    }

    #[tokio::test]
    async fn the_limit_counts_what_comes_out() {
        for size in [1_000, 1_001, 10_000_000] {
            let text = vec![b'a'; size];
            let expected = if size > 1_000 { Err(Code::BodyTooLarge) } else { Ok(text.clone()) };
            assert_eq!(read("gzip", gzip(&text)).await, expected, "gzip {size}");
            assert_eq!(read("zstd", zstd::encode_all(&text[..], 3).unwrap()).await, expected, "zstd {size}");
        }
        assert_eq!(read("identity", vec![b'a'; 1_001]).await, Err(Code::BodyTooLarge));
    }

    #[tokio::test]
    async fn a_body_cut_anywhere_is_never_taken_for_whole() {
        let text = b"audit ".repeat(100);
        for (encoding, whole) in [("gzip", gzip(&text)), ("zstd", zstd::encode_all(&text[..], 3).unwrap())] {
            for end in 1..whole.len() {
                let read = read(encoding, whole[..end].to_vec()).await;
                assert_eq!(read, Err(Code::MalformedCompression), "{encoding} cut at {end}");
            }
        }
        assert_eq!(read("gzip", text.clone()).await, Err(Code::MalformedCompression));
        assert_eq!(read("br", text).await, Err(Code::UnsupportedEncoding));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let body = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let limits = BodyLimits { timeout: Duration::from_millis(10), ..LIMITS };
        let problem = read_body(&HeaderMap::new(), body, limits).await.unwrap_err();
        assert_eq!(problem.code, Code::RequestTimeout);
    }
}
