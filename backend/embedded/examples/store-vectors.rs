//! Prints the document docs/spec/vectors/store-v1.json, from the root of the repository:
//! `cargo run --release -p auditlog-embedded --example store-vectors > docs/spec/vectors/store-v1.json`

#[path = "../tests/store/fixture_vectors.rs"]
mod fixture_vectors;

use std::path::Path;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    print!("{}", fixture_vectors::document_text(Path::new(".")).await);
}
