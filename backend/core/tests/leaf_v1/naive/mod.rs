//! A second implementation of leaf v1, written from docs/spec/leaf-v1.md alone: generic JSON values and the recursive
//! definitions of the text, slow and obvious. It calls nothing of the crate it judges. The vectors come from here.

pub(crate) mod jcs;
pub(crate) mod leaf;
pub(crate) mod samples;
pub(crate) mod tree;
pub(crate) mod vectors;

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// SHA-256 over parts that are joined.
pub(crate) fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    Sha256::digest(parts.concat()).to_vec()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
    }
    text
}
