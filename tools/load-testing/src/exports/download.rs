//! Owns bringing a file home: as it comes, into a file on disk.

use std::{fs::OpenOptions, io::Write as _, path::Path};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Request,
    client::conn::http1::handshake,
    header::{AUTHORIZATION, HOST},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{
    api::{Address, Credential},
    campaign::Fault,
};

/// What is wanted.
#[derive(Debug)]
pub(super) struct Download<'a> {
    target: &'a str,
    path: &'a Path,
}

impl<'a> Download<'a> {
    /// All of a file.
    pub(super) const fn whole(target: &'a str, path: &'a Path) -> Self {
        Self { target, path }
    }
}

/// What came.
#[derive(Debug)]
pub(super) struct Downloaded {
    pub(super) bytes: u64,
}

/// # Errors
/// It is not given, or breaks off.
pub(super) async fn download(
    address: Address,
    credential: &Credential,
    wanted: &Download<'_>,
) -> Result<Downloaded, Fault> {
    let stream = TcpStream::connect(address.0).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with the body.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    let mut request = Request::get(wanted.target).header(HOST, address.0.to_string());
    if let Some(authorization) = credential.header() {
        request = request.header(AUTHORIZATION, authorization);
    }
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    if !response.status().is_success() {
        let status = response.status();
        let problem = response.into_body().collect().await?.to_bytes();
        return Err(format!("{}: {status} {}", wanted.target, String::from_utf8_lossy(&problem)).into());
    }
    let mut file = OpenOptions::new().create(true).append(true).open(wanted.path)?;
    let mut body = response.into_body();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        file.write_all(&data)?;
        bytes += data.len() as u64;
    }
    Ok(Downloaded { bytes })
}
