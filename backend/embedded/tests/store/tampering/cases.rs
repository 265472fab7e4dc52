//! Owns the edits of the tamper table.

use std::fs;

use auditlog_core::{event::StoredEvent, store::Part, timestamp::Timestamp};

use super::{
    Original,
    forge::{FilePart, Patch, Victim, put_checksums_right, put_rows_back, with_column},
};

/// An edit, and its expected outcome.
pub(super) struct Case {
    /// Its row in the table.
    pub(super) id: &'static str,
    pub(super) is_of_a_stopped_store: bool,
    pub(super) edit: fn(&Victim, &Original),
    pub(super) noticed: Noticed,
}

/// The findings of `check` about an edit.
pub(super) enum Noticed {
    No,
    Yes {
        /// The part of a finding,
        part: Part,
        /// and a part of its text.
        detail: &'static str,
        /// The number of damaged or unreadable events by tenant. All others are intact.
        lost: Vec<(&'static str, u64)>,
    },
}

/// The first segment holds 40 events of acme and 5 of globex.
fn first_segment() -> Vec<(&'static str, u64)> {
    vec![("acme", 40), ("globex", 5)]
}

fn yes(part: Part, detail: &'static str, lost: Vec<(&'static str, u64)>) -> Noticed {
    Noticed::Yes { part, detail, lost }
}

fn case(id: &'static str, noticed: Noticed, edit: fn(&Victim, &Original)) -> Case {
    Case { id, is_of_a_stopped_store: false, edit, noticed }
}

pub(super) fn cases() -> Vec<Case> {
    [events(), files(), ledger(), control()].into_iter().flatten().collect()
}

fn events() -> Vec<Case> {
    vec![
        case("unreadable-commit", yes(Part::Events, "cannot be read", vec![("acme", 10)]), |victim, _| {
            victim.sql("UPDATE commits SET payload = zeroblob(length(payload)) WHERE number = (SELECT min(number) FROM commits)");
        }),
        case("unreadable-last-commit", yes(Part::Events, "cannot be read", vec![("globex", 1)]), |victim, _| {
            victim.sql("UPDATE commits SET payload = x'00' WHERE number = (SELECT max(number) FROM commits)");
        }),
        case("removed-commit", yes(Part::Events, "are missing", vec![("acme", 10)]), |victim, _| {
            victim.sql("DELETE FROM commits WHERE number = (SELECT min(number) FROM commits)");
        }),
        case("removed-last-commit", Noticed::No, |victim, _| {
            victim.sql("DELETE FROM commits WHERE number = (SELECT max(number) FROM commits)");
        }),
        case(
            "edited-leaf-hash",
            yes(Part::Events, "not the event that was acknowledged", vec![("globex", 1)]),
            |victim, _| {
                victim.sql(
                    "UPDATE commits SET leaf_hashes = zeroblob(32) WHERE number = (SELECT max(number) FROM commits)",
                );
                put_checksums_right(&victim.ledger(), "commits", &["number"]);
            },
        ),
        case(
            "edited-tree",
            yes(Part::Events, "not the events that were acknowledged", vec![("acme", 64), ("globex", 5)]),
            |victim, original| {
                // The events differ, and the trees are not adapted: acme's first 40 are in a subtree of 64.
                let logs =
                    "CREATE TABLE kept AS SELECT * FROM logs; CREATE TABLE kept_commits AS SELECT * FROM commits";
                victim.sql(logs);
                victim.rewrite_history(&original.sealed, |events| events.iter_mut().for_each(rename_actor));
                victim.sql(
                    "DELETE FROM logs; INSERT INTO logs SELECT * FROM kept; DROP TABLE kept;
                 DELETE FROM commits; INSERT INTO commits SELECT * FROM kept_commits; DROP TABLE kept_commits",
                );
            },
        ),
        case("duplicate-id", yes(Part::Events, "have the same id", vec![]), |victim, original| {
            victim.rewrite_history(&original.sealed, |events| events[7].event.id = events[3].event.id);
        }),
        case("time-of-receipt-falls", yes(Part::Events, "and one before it at", vec![]), |victim, original| {
            victim.rewrite_history(&original.sealed, |events| {
                let earlier = events[7].event.received_at.as_micros() - 61_000_000;
                events[7].event.received_at = Timestamp::from_micros(earlier);
            });
        }),
        case("rewritten-history", Noticed::No, |victim, original| {
            victim.rewrite_history(&original.sealed, |events| events.iter_mut().for_each(rename_actor));
        }),
    ]
}

fn rename_actor(stored: &mut StoredEvent) {
    stored.event.actor.id = "mallory".into();
}

fn files() -> Vec<Case> {
    vec![
        case("removed-data-file", yes(Part::File, "is missing", first_segment()), |victim, _| {
            fs::remove_file(victim.segment_file(".parquet")).unwrap();
        }),
        case(
            "removed-version-key",
            yes(Part::File, "does not state its segment format", first_segment()),
            |victim, _| {
                let patch =
                    Patch { from: b"auditlog.segment.version".to_vec(), to: b"auditlog.segment.nothing".to_vec() };
                victim.patch_data_file(FilePart::Footer, &patch);
            },
        ),
        case(
            "edited-statistics",
            yes(Part::File, "has other values than its statistics say", vec![]),
            |victim, original| {
                victim.patch_data_file(FilePart::Footer, &earlier(&original.sealed));
            },
        ),
        case("edited-page-bounds", yes(Part::File, "than its bounds say", vec![]), |victim, original| {
            victim.patch_data_file(FilePart::PageIndexes, &earlier(&original.sealed));
        }),
        case("extra-column", yes(Part::File, "column approved_by is foreign here", vec![]), |victim, _| {
            victim.rewrite_columns(|batch| with_column(&batch, "approved_by", "actor_id"));
        }),
        case("repeated-column", yes(Part::File, "column action comes more than once", vec![]), |victim, _| {
            victim.rewrite_columns(|batch| with_column(&batch, "action", "actor_id"));
        }),
        case("damaged-index", yes(Part::Index, "no event lost; run `auditlog reindex`", vec![]), |victim, _| {
            let path = victim.segment_file(".index");
            let mut bytes = fs::read(&path).unwrap();
            bytes[100] ^= 1;
            fs::write(path, bytes).unwrap();
        }),
        case("removed-index", yes(Part::Index, "no event lost; run `auditlog reindex`", vec![]), |victim, _| {
            fs::remove_file(victim.segment_file(".index")).unwrap();
        }),
    ]
}

/// The time of receipt in statistics and bounds, made earlier.
fn earlier(sealed: &[StoredEvent]) -> Patch {
    let received_at = sealed[0].event.received_at.as_micros();
    Patch { from: received_at.to_le_bytes().to_vec(), to: (received_at - 3_600_000_000).to_le_bytes().to_vec() }
}

fn ledger() -> Vec<Case> {
    let foreign = |detail| yes(Part::Ledger, detail, vec![]);
    vec![
        case("foreign-table", foreign("a table notes of notes is foreign here"), |victim, _| {
            victim.sql("CREATE TABLE notes (text TEXT)");
        }),
        case("foreign-view", foreign("a view all_keys of all_keys is foreign here"), |victim, _| {
            victim.sql("CREATE VIEW all_keys AS SELECT * FROM api_keys");
        }),
        case("foreign-trigger", foreign("a trigger undo of api_keys is foreign here"), |victim, _| {
            victim.sql("CREATE TRIGGER undo AFTER UPDATE ON api_keys BEGIN UPDATE api_keys SET revoked_at = NULL; END");
        }),
        case("foreign-index", foreign("a index by_name of api_keys is foreign here"), |victim, _| {
            victim.sql("CREATE INDEX by_name ON api_keys (name)");
        }),
        case("removed-segment-row", yes(Part::Ledger, "no row of its own", first_segment()), |victim, _| {
            victim.sql("DELETE FROM segments WHERE number = 1");
        }),
        case("removed-mark", Noticed::No, |victim, _| {
            victim.sql("DELETE FROM meta WHERE name = 'newest_receipt'");
        }),
        case("edited-mark", foreign("of table meta does not match its checksum"), |victim, _| {
            victim.sql("UPDATE meta SET value = value - 1 WHERE name = 'sealed_commit'");
        }),
        Case {
            is_of_a_stopped_store: true,
            ..case(
                "removed-ledger-sum",
                yes(Part::File, "ledger.sum, which was written then, is missing", vec![]),
                |victim, _| {
                    fs::remove_file(victim.path().join("ledger.sum")).unwrap();
                },
            )
        },
        Case {
            is_of_a_stopped_store: true,
            ..case("edited-ledger-at-rest", foreign("has changed since the file was closed"), |victim, _| {
                // No checksum of a row is wrong.
                victim.sql("UPDATE commits SET number = number; VACUUM");
            })
        },
    ]
}

fn control() -> Vec<Case> {
    let edited = |detail| yes(Part::Control, detail, vec![]);
    vec![
        case("edited-key", edited("of table api_keys does not match"), |victim, _| {
            victim.sql("UPDATE api_keys SET revoked_at = NULL");
        }),
        case("edited-tenant", edited("of table tenants does not match"), |victim, _| {
            victim.sql("UPDATE tenants SET status = 'suspended' WHERE id = 'acme'");
        }),
        case("edited-export", edited("of table exports does not match"), |victim, _| {
            victim.sql("UPDATE exports SET visibility = 'all'");
        }),
        case("edited-saved-search", edited("of table saved_searches does not match"), |victim, _| {
            victim.sql("UPDATE saved_searches SET query = 'actor:bob'");
        }),
        case("removed-key", edited("table api_keys has 0 rows, and 1 were recorded"), |victim, _| {
            victim.sql("DELETE FROM api_keys");
        }),
        case(
            "old-key-put-back",
            edited("the rows of table api_keys are not those that were recorded"),
            |victim, original| {
                put_rows_back(&victim.ledger(), "api_keys", &original.old_keys);
            },
        ),
        case("old-control-data-put-back", Noticed::No, |victim, original| {
            put_rows_back(&victim.ledger(), "api_keys", &original.old_keys);
            put_rows_back(&victim.ledger(), "control_sums", &original.old_sums);
        }),
        case("removed-summary", edited("the summary of table exports is missing"), |victim, _| {
            victim.sql("DELETE FROM control_sums WHERE name = 'exports'");
        }),
        case("copied-key", edited("of table api_keys does not match"), |victim, _| {
            victim.sql("UPDATE api_keys SET id = 'fedcba9876543210'");
        }),
    ]
}
