//! The vectors and the worked example are what the naive implementation computes.

use std::{fs, path::PathBuf};

use crate::naive::vectors;

fn specification(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_vectors_in_the_repository_are_fresh() {
    let fresh = specification("vectors/leaf-v1.json") == vectors::document_text();
    assert!(fresh, "write them again with the example leaf-vectors of this crate");
}

#[test]
fn the_worked_example_is_the_smallest_vector() {
    let text: String = specification("leaf-v1.md").split_whitespace().collect();
    let document = vectors::document();
    let vector = &document["events"][0];
    assert_eq!(vector["name"], "smallest");
    let mut expected: Vec<&str> = ["canonical", "salt_seed", "event_key", "leaf", "leaf_hash"]
        .iter()
        .map(|member| vector[member].as_str().unwrap())
        .collect();
    for group in ["core", "actor", "targets", "context", "changes", "content"] {
        expected.extend(["text", "salt", "digest"].map(|member| vector["groups"][group][member].as_str().unwrap()));
    }
    for value in expected {
        assert!(text.contains(value), "the worked example lacks {value}");
    }
}
