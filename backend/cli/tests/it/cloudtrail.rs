//! The real CloudTrail files: imported by our command, and read by jq without any of our code.

use std::{fs, io::Read, path::PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::{
    harness::{Installation, Run, User, text},
    jq,
};

/// How many records the files hold.
pub(crate) const RECORDS: u64 = 2_122;

fn files() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", "cloudtrail"].iter().collect()
}

/// Imports all files.
pub(crate) fn import(user: &User<'_>) -> Run {
    user.run(&["import", "--format", "cloudtrail", text(&files())])
}

/// The result of a jq program on the list of all raw records.
pub(crate) fn jq(program: &str) -> Value {
    let mut paths: Vec<PathBuf> = fs::read_dir(files()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "gz"));
    assert_eq!(paths.len(), 37);
    let place = Installation::new();
    let raw = place.path("records.json");
    let mut records = String::new();
    for path in paths {
        GzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut records).unwrap();
        records.push('\n');
    }
    fs::write(&raw, records).unwrap();
    jq::jq(&format!("[.[].Records[]] | {program}"), &raw)
}

/// Counts the records by the value of an expression, with jq.
pub(crate) fn jq_counts(of: &str, condition: &str) -> Value {
    jq(&jq::counts_of(of, condition))
}
