//! Prints the document docs/spec/vectors/leaf-v1.json as the naive implementation of the tests computes it:
//! `cargo run --release -p auditlog-core --example leaf-vectors > docs/spec/vectors/leaf-v1.json`

#[path = "../tests/leaf_v1/naive/mod.rs"]
mod naive;

fn main() {
    print!("{}", naive::vectors::document_text());
}
