//! The append side of an RFC 6962 Merkle tree: node hashes and the compact range.
