//! Owns downloads into a file on disk, complete or partial.

use std::{fs::OpenOptions, io::Write as _, path::Path};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Request,
    client::conn::http1::handshake,
    header::{AUTHORIZATION, CONTENT_RANGE, ETAG, HOST, HeaderName, IF_RANGE, RANGE},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{
    api::{Address, Credential},
    campaign::Fault,
};

/// What to download.
#[derive(Debug)]
pub(super) struct Download<'a> {
    target: &'a str,
    path: &'a Path,
    /// The number of bytes after which the connection is closed.
    until: Option<u64>,
    from: Option<RestFrom<'a>>,
}

/// Where the rest of a file begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct RestFrom<'a> {
    /// The position of the first byte.
    pub(super) first: u64,
    /// The entity tag of the file.
    pub(super) tag: &'a str,
}

impl<'a> Download<'a> {
    /// The whole file.
    pub(super) const fn whole(target: &'a str, path: &'a Path) -> Self {
        Self { target, path, until: None, from: None }
    }

    /// The beginning of the file: the connection is closed after this many bytes.
    pub(super) const fn beginning(target: &'a str, path: &'a Path, bytes: u64) -> Self {
        Self { target, path, until: Some(bytes), from: None }
    }

    /// The rest of the file from this place on.
    pub(super) const fn rest(target: &'a str, path: &'a Path, from: RestFrom<'a>) -> Self {
        Self { target, path, until: None, from: Some(from) }
    }
}

/// The result of a download.
#[derive(Debug)]
pub(super) struct Downloaded {
    pub(super) bytes: u64,
    /// The entity tag of the file.
    pub(super) tag: String,
    /// The part that arrived; empty if the whole file was sent.
    pub(super) range: String,
}

/// # Errors
/// The file is refused, or the transfer breaks off.
pub(super) async fn download(
    address: Address,
    credential: &Credential,
    wanted: &Download<'_>,
) -> Result<Downloaded, Fault> {
    let stream = TcpStream::connect(address.0).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    // The task ends with the body.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    let mut request = Request::get(wanted.target).header(HOST, address.0.to_string());
    if let Some(authorization) = credential.header() {
        request = request.header(AUTHORIZATION, authorization);
    }
    if let Some(RestFrom { first, tag }) = wanted.from {
        request = request.header(RANGE, format!("bytes={first}-")).header(IF_RANGE, tag);
    }
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    if !response.status().is_success() {
        let status = response.status();
        let problem = response.into_body().collect().await?.to_bytes();
        return Err(format!("{}: {status} {}", wanted.target, String::from_utf8_lossy(&problem)).into());
    }
    let header = |name: HeaderName| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (tag, range) = (header(ETAG), header(CONTENT_RANGE));
    let mut file = OpenOptions::new().create(true).append(true).open(wanted.path)?;
    let mut body = response.into_body();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let left = wanted.until.map_or(u64::MAX, |until| until - bytes);
        let data = &data[..data.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
        file.write_all(data)?;
        bytes += data.len() as u64;
        if wanted.until == Some(bytes) {
            break;
        }
    }
    Ok(Downloaded { bytes, tag, range })
}
