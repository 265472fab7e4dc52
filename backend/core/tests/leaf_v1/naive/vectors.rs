//! Chapter 9 of the specification: the document of vectors.

use serde_json::{Map, Value, json};

use super::{hex, jcs, leaf, samples, tree};

const COMPACT_RANGE_SIZES: [u64; 14] = [0, 1, 2, 3, 4, 5, 7, 8, 11, 255, 256, 257, 300, 700];

/// The groups that are personal.
const PERSONAL: &[&str] = &["actor", "context", "content"];
const ALL_GROUPS: &[&str] = &["core", "actor", "targets", "context", "changes", "content"];

/// Which groups of which events are withheld.
const WITHHELD: [(&str, &[&str]); 19] = [
    ("every_member", &["core"]),
    ("every_member", &["actor"]),
    ("every_member", &["targets"]),
    ("every_member", &["context"]),
    ("every_member", &["changes"]),
    ("every_member", &["content"]),
    ("every_member", &["targets", "changes"]),
    ("every_member", PERSONAL),
    ("every_member", &["actor", "targets", "context", "content"]),
    ("every_member", &["actor", "targets", "context", "changes", "content"]),
    ("every_member", ALL_GROUPS),
    ("adjustments_of_every_group", &["content"]),
    ("adjustments_of_every_group", &["core", "targets"]),
    ("adjustments_of_every_group", PERSONAL),
    ("adjustments_left_out", &["content"]),
    ("outcome_reason_alone_in_content", &["content"]),
    ("smallest", &["context"]),
    ("smallest", PERSONAL),
    ("smallest", ALL_GROUPS),
];

/// The whole document.
pub(crate) fn document() -> Value {
    let events: Vec<Value> = samples::all().into_iter().map(|sample| event_vector(&sample)).collect();
    json!({ "events": events, "withheld": withheld_vectors(), "tree": tree_vectors() })
}

/// The document as it stands in the file.
pub(crate) fn document_text() -> String {
    let text = serde_json::to_string_pretty(&document()).expect("JSON values can be printed");
    format!("{text}\n")
}

fn event_vector(sample: &samples::Sample) -> Value {
    let key = leaf::event_key(&sample.salt_seed, sample.salt_index);
    let groups = leaf::groups(&sample.event, &key);
    let leaf = leaf::leaf(&groups);
    let group_vectors: Map<String, Value> = groups
        .iter()
        .map(|group| {
            let vector = json!({ "text": group.text, "salt": hex(&group.salt), "digest": hex(&group.digest) });
            (group.name.to_owned(), vector)
        })
        .collect();
    json!({
        "name": sample.name,
        "canonical": jcs::text(&sample.event),
        "salt_seed": hex(&sample.salt_seed),
        "salt_index": sample.salt_index,
        "event_key": hex(&key),
        "groups": group_vectors,
        "leaf": hex(&leaf),
        "leaf_hash": hex(&leaf::leaf_hash(&leaf)),
    })
}

fn withheld_vectors() -> Vec<Value> {
    let samples = samples::all();
    let vector = |(name, withheld): (&str, &[&str])| {
        let sample = samples.iter().find(|sample| sample.name == name).expect("a sample has this name");
        let groups = leaf::groups(&sample.event, &leaf::event_key(&sample.salt_seed, sample.salt_index));
        let (mut salts, mut digests) = (Map::new(), Map::new());
        for group in &groups {
            if withheld.contains(&group.name) {
                digests.insert(group.name.to_owned(), json!(hex(&group.digest)));
            } else {
                salts.insert(group.name.to_owned(), json!(hex(&group.salt)));
            }
        }
        json!({
            "event": name,
            "visible": jcs::text(&leaf::without(&sample.event, withheld)),
            "salts": salts,
            "digests": digests,
            "leaf_hash": hex(&leaf::leaf_hash(&leaf::leaf(&groups))),
        })
    };
    WITHHELD.into_iter().map(vector).collect()
}

fn tree_vectors() -> Value {
    let leaves: Vec<Vec<u8>> = (0..700).map(tree::vector_leaf).collect();
    let roots: Vec<String> = (0..=300).map(|size| hex(&tree::root(&leaves[..size]))).collect();
    let compact_ranges: Vec<Value> = COMPACT_RANGE_SIZES
        .iter()
        .map(|&size| {
            let leaves = &leaves[..usize::try_from(size).expect("a small number")];
            json!({ "size": size, "bytes": hex(&tree::compact_range(leaves)) })
        })
        .collect();
    let blocks: Vec<String> = tree::blocks(&leaves).iter().map(|block| hex(block)).collect();
    json!({
        "leaf_data": "leaf i is u64be(i)",
        "roots": roots,
        "compact_ranges": compact_ranges,
        "blocks": blocks,
    })
}
