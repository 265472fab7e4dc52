//! Owns the secrets stored beside the data: 32 random bytes each, in files that only the owner can read.

use std::{
    io::{ErrorKind, Read as _},
    path::Path,
};

use auditlog_core::clock::Entropy;

use crate::{
    data_directory::{durable, private},
    error::{OpenError, StoreError},
};

/// The secrets of the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The key of the stored hashes of API keys.
    pub pepper: [u8; 32],
    /// The key that cursors are signed with.
    pub cursor_key: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets(not shown)")
    }
}

impl Secrets {
    /// Creates the secrets, or reads those that an interrupted first start has created.
    pub(super) fn create(directory: &Path, entropy: &dyn Entropy) -> Result<Self, OpenError> {
        let create = |name: &str| {
            let path = directory.join(name);
            if let Some(secret) = read_secret(&path)? {
                return Ok::<_, OpenError>(secret);
            }
            let mut secret = [0; 32];
            entropy.fill(&mut secret);
            durable::write_file(&path, print(&secret).as_bytes())?;
            Ok(secret)
        };
        let secrets = Self { pepper: create("pepper")?, cursor_key: create("cursor_key")? };
        // The first start may have failed at exactly this step.
        durable::sync_directory(directory)?;
        Ok(secrets)
    }

    pub(super) fn read(root: &Path, directory: &Path) -> Result<Self, OpenError> {
        let read = |name: &str| {
            let secret = read_secret(&directory.join(name))?;
            secret.ok_or_else(|| OpenError::Incomplete {
                path: root.to_owned(),
                detail: format!("the file secrets/{name} is missing, and no API key works without it"),
            })
        };
        Ok(Self { pepper: read("pepper")?, cursor_key: read("cursor_key")? })
    }
}

/// 64 hexadecimal digits, a space, the CRC-32 of the bytes as 8 digits, a line end.
fn print(secret: &[u8; 32]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(74);
    for byte in secret {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    let _ = writeln!(text, " {:08x}", crc32fast::hash(secret));
    text
}

fn read_secret(path: &Path) -> Result<Option<[u8; 32]>, OpenError> {
    let mut file = match private::open_for_reading(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io(path)(error).into()),
    };
    private::protect_file(&file, path);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(StoreError::io(path))?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    let secret = parse(&text);
    let damaged = || OpenError::Corrupted { detail: format!("{}: this is not a valid secret", path.display()) };
    secret.map(Some).ok_or_else(damaged)
}

fn parse(text: &str) -> Option<[u8; 32]> {
    let mut secret = [0; 32];
    let digits = text.get(..64)?;
    for (byte, index) in secret.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(index..index + 2)?, 16).ok()?;
    }
    (print(&secret) == text).then_some(secret)
}
