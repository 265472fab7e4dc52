//! The crate's leaves against the vectors and against the naive implementation on random events.

use auditlog_core::{
    event::{Event, Group, SaltSource, canonical, parse_canonical},
    leaf,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    naive::{hex, jcs, leaf as naive, samples, vectors},
    random,
};

/// Asserts that the crate computes for a canonical event what the naive implementation does.
fn assert_agreement(event: &Value, source: SaltSource) {
    let text = jcs::text(event);
    let parsed = parse(&text);
    let mut printed = String::new();
    canonical::write_event(&parsed, &mut printed);
    assert_eq!(printed, text, "the canonical form");

    let key = naive::event_key(&source.seed, source.index);
    let groups = naive::groups(event, &key);
    for (group, expected) in Group::ALL.into_iter().zip(&groups) {
        let mut printed = String::new();
        canonical::write_group(&parsed, group, &mut printed);
        let salt = leaf::group_salt(&source, group);
        let digest = leaf::group_digest(&salt, group, &printed);
        assert_eq!(group.as_str(), expected.name);
        assert_eq!(printed, expected.text, "group {}", expected.name);
        assert_eq!(salt.as_slice(), expected.salt, "the salt of {}", expected.name);
        assert_eq!(digest.as_slice(), expected.digest, "the digest of {}", expected.name);
    }
    let expected = naive::leaf(&groups);
    assert_eq!(leaf::leaf_of(&parsed, &source).as_bytes(), expected);
    assert_eq!(leaf::leaf_hash(&parsed, &source).as_slice(), naive::leaf_hash(&expected));
}

fn parse(text: &str) -> Event {
    parse_canonical(text).unwrap_or_else(|error| panic!("{text} is refused: {error:?}"))
}

#[test]
fn the_crate_computes_every_vector() {
    let document = vectors::document();
    for vector in document["events"].as_array().unwrap() {
        let member = |name: &str| vector[name].as_str().unwrap();
        let seed = std::array::from_fn(|place| u8::from_str_radix(&member("salt_seed")[2 * place..][..2], 16).unwrap());
        let index = u32::try_from(vector["salt_index"].as_u64().unwrap()).unwrap();
        let leaf = leaf::leaf_of(&parse(member("canonical")), &SaltSource { seed, index });
        assert_eq!(hex(leaf.as_bytes()), member("leaf"), "{}", member("name"));
        assert_eq!(hex(&leaf.hash()), member("leaf_hash"), "{}", member("name"));
    }
}

#[test]
fn both_implementations_agree_on_every_part_of_the_samples() {
    for sample in samples::all() {
        assert_agreement(&sample.event, SaltSource { seed: sample.salt_seed, index: sample.salt_index });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn both_implementations_agree_on_random_events(
        event in random::canonical_event(),
        seed in prop::array::uniform16(0_u8..),
        index in 0_u32..,
    ) {
        assert_agreement(&event, SaltSource { seed, index });
    }
}
