//! Evaluates jq programs on JSON files, without any of our code.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

/// The result of a program on the list of all values in a file.
pub(crate) fn jq(program: &str, file: &Path) -> Value {
    let output = Command::new("jq").args(["--slurp", program]).arg(file).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A program that counts the elements of a list that satisfy a condition, by the value of an expression.
pub(crate) fn counts_of(of: &str, condition: &str) -> String {
    format!(
        "map(select({condition})) | group_by({of}) | map([(.[0] | {of}), length]) | map({{(.[0]): .[1]}}) | add // {{}}"
    )
}
