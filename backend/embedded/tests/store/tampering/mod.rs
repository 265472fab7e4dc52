//! The tamper table of docs/architecture/security.md: each edit is made on a small store, as by an attacker who can
//! write its files and does not have its secrets, and `check` reports what the table says.

mod cases;
mod forge;

use std::{collections::BTreeMap, fs, path::Path};

use auditlog_core::{
    event::{StoredEvent, Visibility},
    id::{ApiKeyId, OwnerId},
    policy::{Role, Scope},
    store::{
        ApiKey, ApiKeyChange, Export, ExportChange, ExportId, ExportProgress, ExportRequest, ExportStatus,
        LogVerification, Revision, SavedSearchChange, TreeHead, Verification,
    },
};
use auditlog_embedded::{OpenError, check};

use crate::support::{NOON, Place, all, append, change, saved_search, tenant_id};
use cases::{Case, Noticed, cases};
use forge::{Rows, Victim, rows_of};
use rusqlite::Connection;

/// Edits that other tests apply to every byte.
const ELSEWHERE: [&str; 2] = ["flipped-byte", "cut-file"];

/// A store that is closed without a clean stop, so that only its rows protect their contents, and the same after a
/// clean stop.
struct Original {
    crashed: Place,
    stopped: Place,
    sealed: Vec<StoredEvent>,
    /// The rows of keys and summaries before the key was revoked.
    old_keys: Rows,
    old_sums: Rows,
}

impl Original {
    async fn new() -> Self {
        let Filled { place: crashed, sealed, old_keys, old_sums } = filled().await;
        let stopped = filled().await.place;
        stopped.open().close().await.unwrap();
        Self { crashed, stopped, sealed, old_keys, old_sums }
    }
}

struct Filled {
    place: Place,
    sealed: Vec<StoredEvent>,
    old_keys: Rows,
    old_sums: Rows,
}

/// Two tenants with 45 and 30 sealed events in two segments, and 21 others in three commits.
async fn filled() -> Filled {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme", "globex"]).await;
    change(&store, vec![ApiKeyChange::Create(api_key()).into()]).await.unwrap();
    change(&store, vec![SavedSearchChange::Create(saved_search("acme", 1)).into()]).await.unwrap();
    change(&store, vec![ExportChange::Create(export()).into()]).await.unwrap();
    let ledger = Connection::open(place.path().join("ledger.db")).unwrap();
    let (old_keys, old_sums) = (rows_of(&ledger, "api_keys"), rows_of(&ledger, "control_sums"));
    drop(ledger);
    let ApiKey { id, scope, .. } = api_key();
    let revoke = ApiKeyChange::Revoke { id, scope, revoked_at: NOON, expected: None };
    change(&store, vec![revoke.into()]).await.unwrap();
    append(&store, place.fresh("acme", 40)).await;
    append(&store, place.fresh("globex", 5)).await;
    store.seal().await.unwrap();
    append(&store, place.fresh("acme", 30)).await;
    store.seal().await.unwrap();
    let mut sealed = all(&store, "acme").await;
    sealed.extend(all(&store, "globex").await);
    for (tenant, count) in [("acme", 10), ("acme", 10), ("globex", 1)] {
        append(&store, place.fresh(tenant, count)).await;
    }
    drop(store);
    Filled { place, sealed, old_keys, old_sums }
}

fn api_key() -> ApiKey {
    ApiKey {
        id: ApiKeyId::parse("0123456789abcdef").unwrap(),
        revision: Revision::FIRST,
        scope: Scope::Tenant(tenant_id("acme")),
        name: "ingest".into(),
        permissions: Role::AuditViewer.permissions(),
        secret_hash: [7; 32],
        created_at: NOON,
        expires_at: None,
        revoked_at: None,
        allowed_networks: vec![],
    }
}

fn export() -> Export {
    Export {
        id: ExportId::from_parts(NOON, [7; 10]),
        tenant_id: tenant_id("acme"),
        revision: Revision::FIRST,
        owner: OwnerId::parse("api_key:0123456789abcdef").unwrap(),
        request: ExportRequest { query: None, format: "csv".to_owned(), compression: "none".to_owned(), columns: None },
        visibility: Visibility::WithoutPersonal,
        log: TreeHead { size: 0, root: [3; 32] },
        created_at: NOON,
        status: ExportStatus::Pending,
        progress: ExportProgress::NOTHING,
    }
}

fn verification(path: &Path) -> Verification {
    check::run(path, &mut |_| {}).unwrap().verification
}

fn log<'a>(verification: &'a Verification, tenant: &str) -> &'a LogVerification {
    verification.logs.iter().find(|log| log.tenant_id == tenant_id(tenant)).unwrap()
}

#[tokio::test]
async fn every_edit_of_the_tamper_table_is_noticed_or_not_as_it_says() {
    let original = Original::new().await;
    for place in [&original.crashed, &original.stopped] {
        let untouched = verification(place.path());
        assert!(untouched.is_intact(), "{untouched:?}");
    }
    for case in cases() {
        let victim =
            Victim::of(if case.is_of_a_stopped_store { original.stopped.path() } else { original.crashed.path() });
        (case.edit)(&victim, &original);
        let found = verification(victim.path());
        assert_case(&case, &found);
        assert_eq!(
            found.logs.iter().map(|log| log.intact.count + log.damaged.count + log.unreadable.count).sum::<u64>(),
            found.logs.iter().map(|log| log.size).sum::<u64>(),
            "{}: each event is in one class",
            case.id
        );
    }
}

fn assert_case(case: &Case, found: &Verification) {
    let Case { id, noticed, .. } = case;
    match noticed {
        Noticed::No => assert!(found.is_intact(), "{id} is noticed after all: {found:?}"),
        Noticed::Yes { part, detail, lost } => {
            let is_told = |text: &str| text.contains(detail);
            let told = found.all_findings().any(|finding| finding.part == *part && is_told(&finding.detail));
            assert!(told, "{id}: nothing says {detail:?} of {part:?}: {found:#?}");
            assert!(!found.is_intact(), "{id}");
            let lost_of =
                |tenant: &str| lost.iter().filter(|(of, _)| *of == tenant).map(|(_, count)| *count).sum::<u64>();
            for tenant in ["acme", "globex"] {
                let log = log(found, tenant);
                let others = log.damaged.count + log.unreadable.count;
                assert_eq!(others, lost_of(tenant), "{id}: {tenant}: {found:#?}");
            }
        }
    }
}

#[tokio::test]
async fn a_store_whose_control_data_was_edited_is_not_opened() {
    let place = filled().await.place;
    let edits = [
        "UPDATE api_keys SET revoked_at = NULL",
        "UPDATE tenants SET status = 'suspended' WHERE id = 'acme'",
        "UPDATE exports SET visibility = 'all'",
        "UPDATE saved_searches SET owner = 'api_key:fedcba9876543210'",
        "DELETE FROM api_keys",
        "DELETE FROM control_sums",
        "UPDATE meta SET value = 7 WHERE name = 'run'",
        "CREATE TRIGGER keep AFTER INSERT ON commits BEGIN DELETE FROM commits; END",
    ];
    for edit in edits {
        let victim = Victim::of(place.path());
        victim.sql(edit);
        let options = auditlog_embedded::Options { data_dir: victim.path().to_owned(), ..place.options() };
        let refused = place.open_with(options).err().unwrap_or_else(|| panic!("{edit} is accepted"));
        assert!(matches!(refused, OpenError::Corrupted { .. }), "{edit}: {refused}");
    }
}

#[tokio::test]
async fn a_removed_ledger_sum_refuses_a_start_after_a_clean_stop_and_not_after_a_crash() {
    let place = filled().await.place;
    assert!(!place.path().join("ledger.sum").exists());
    place.open().close().await.unwrap();
    let sums = place.path().join("ledger.sum");
    let content = fs::read(&sums).unwrap();
    fs::remove_file(&sums).unwrap();
    let refused = place.open_with(place.options()).err().unwrap();
    assert!(refused.to_string().contains("ledger.sum"), "{refused}");
    fs::write(&sums, &content).unwrap();
    drop(place.open());
    // After such a drop it is in the state of a crash, and an old ledger.sum belongs to another ledger.db.
    fs::write(&sums, content).unwrap();
    assert!(place.open_with(place.options()).is_err());
    fs::remove_file(&sums).unwrap();
    assert_eq!(all(&place.open(), "acme").await.len(), 90);
}

/// The rows of the table: the id of each edit, and whether it is noticed.
fn documented() -> BTreeMap<String, bool> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/architecture/security.md");
    let page = fs::read_to_string(page).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let is_noticed = match cells[2] {
            "yes" => true,
            "no" => false,
            other => panic!("{row}: is {other:?} noticed?"),
        };
        (cells[0].trim_end_matches('`').to_owned(), is_noticed)
    })
    .collect()
}

#[test]
fn the_tamper_table_and_this_test_have_the_same_rows() {
    let cases = cases().into_iter().map(|case| (case.id.to_owned(), !matches!(case.noticed, Noticed::No)));
    let tested: BTreeMap<String, bool> = cases.chain(ELSEWHERE.iter().map(|id| ((*id).to_owned(), true))).collect();
    assert_eq!(documented(), tested);
}
