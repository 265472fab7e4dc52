//! Leaves of which groups are withheld: what is visible, its salts and the digests of the rest give the same leaf.

use auditlog_core::{
    event::{Group, SaltSource, StoredEvent, Visibility, parse_canonical, write_json},
    leaf::{self, Leaf},
};
use serde_json::{Value, json};

use crate::naive::{hex, jcs, leaf as naive, vectors};

fn bytes<const N: usize>(digits: &Value) -> [u8; N] {
    let digits = digits.as_str().expect("digits");
    assert_eq!(digits.len(), 2 * N);
    std::array::from_fn(|place| u8::from_str_radix(&digits[2 * place..][..2], 16).expect("hexadecimal digits"))
}

#[test]
fn every_vector_gives_its_leaf_from_what_is_visible() {
    let document = vectors::document();
    let withheld = document["withheld"].as_array().unwrap();
    for vector in withheld {
        let visible: Value = serde_json::from_str(vector["visible"].as_str().unwrap()).unwrap();
        assert_eq!(jcs::text(&visible), vector["visible"], "canonical");
        let texts = naive::texts(&visible);
        let digests = Group::ALL.map(|group| {
            let text = &texts.iter().find(|(name, _)| *name == group.as_str()).unwrap().1;
            match &vector["digests"][group.as_str()] {
                Value::Null => leaf::group_digest(&bytes(&vector["salts"][group.as_str()]), group, text),
                digest => {
                    assert_eq!(text, "null", "{group:?} is withheld");
                    bytes(digest)
                }
            }
        });
        assert_eq!(vector["leaf_hash"], hex(&Leaf::from_digests(&digests).hash()), "{}", vector["event"]);
    }
    let counts: std::collections::BTreeSet<usize> =
        withheld.iter().map(|vector| vector["digests"].as_object().unwrap().len()).collect();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn the_crate_withholds_the_same_members() {
    let document = vectors::document();
    let personal: Vec<&str> = Group::ALL.into_iter().filter(|group| group.is_personal()).map(Group::as_str).collect();
    let mut compared = 0;
    for vector in document["withheld"].as_array().unwrap() {
        let names = vector["digests"].as_object().unwrap().keys();
        if names.len() != personal.len() || !names.clone().all(|name| personal.contains(&name.as_str())) {
            continue;
        }
        let events = document["events"].as_array().unwrap();
        let event = events.iter().find(|event| event["name"] == vector["event"]).unwrap();
        let event = Box::new(parse_canonical(event["canonical"].as_str().unwrap()).unwrap());
        let stored = StoredEvent { event, sequence: 0, salt: SaltSource { seed: [0; 16], index: 0 } };
        let mut text = String::new();
        write_json(&stored, Visibility::WithoutPersonal, &mut text);
        let mut shown: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(shown["withheld"], json!(personal));
        for further in ["sequence", "skewed", "withheld"] {
            shown.as_object_mut().unwrap().remove(further);
        }
        assert_eq!(jcs::text(&shown), vector["visible"], "{}", vector["event"]);
        compared += 1;
    }
    assert_eq!(compared, 3);
}
