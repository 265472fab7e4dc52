//! Events become columns and come back equal, to the hash of their leaf.

use auditlog_core::{event::canonical::write_event, leaf::leaf_hash};
use auditlog_embedded::columns::{event_at, from_events};
use proptest::prelude::*;

use crate::events::Random;

fn canonical(event: &auditlog_core::event::Event) -> String {
    let mut text = String::new();
    write_event(event, &mut text);
    text
}

proptest! {
    #[test]
    fn an_event_is_a_function_of_its_row(seed in any::<u64>(), count in 1_u64..20) {
        let events = Random::new(seed).events("acme", 0, count);
        let batch = from_events(&events).unwrap();
        prop_assert_eq!(batch.num_rows() as u64, count);
        for (row, event) in events.iter().enumerate() {
            let back = event_at(&batch, row).unwrap();
            prop_assert_eq!(&back, event);
            prop_assert_eq!(canonical(&back.event), canonical(&event.event));
            prop_assert_eq!(leaf_hash(&back.event, &back.salt), leaf_hash(&event.event, &event.salt));
        }
    }
}
