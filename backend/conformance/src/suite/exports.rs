//! `ExportStore`: exports, how they end, and the limit on their number.

use auditlog_core::{
    event::Visibility,
    id::{ApiKeyId, OwnerId, TenantId},
    store::{
        ControlChange, ControlError, EXPORTS_MAX, EXPORTS_OF_OWNER_MAX, Export, ExportChange, ExportId, ExportProgress,
        ExportRequest, ExportStatus, RecordKind, Revision, SequenceSpan, TreeHead,
    },
};

use super::scene::{Scene, after_changes, assert_conflict, assert_exists, assert_missing};
use crate::{Store, fixtures::tenant_id};

pub(super) fn export_id(number: usize) -> ExportId {
    let text = format!("01932b5e-7c00-7abc-8def-{number:012x}");
    ExportId::parse(&text).expect("the id follows the rule")
}

fn owner(number: usize) -> OwnerId {
    OwnerId::ApiKey(ApiKeyId::parse(&format!("{number:016}")).expect("the id follows the rule"))
}

impl<S: Store> Scene<S> {
    /// An export of owner 1 without any progress.
    pub(super) fn new_export(&self, tenant_id: &TenantId, number: usize) -> Export {
        Export {
            id: export_id(number),
            tenant_id: tenant_id.clone(),
            revision: Revision::FIRST,
            owner: owner(1),
            request: ExportRequest {
                query: number.is_multiple_of(2).then(|| "action:\u{fc}* since:7d".to_owned()),
                format: "csv".to_owned(),
                compression: "none".to_owned(),
                columns: number.is_multiple_of(3).then(|| "id,\"metadata.a,b\"".to_owned()),
            },
            visibility: Visibility::WithoutPersonal,
            log: TreeHead { size: 17, root: [9; 32] },
            created_at: self.tick(),
            status: ExportStatus::Pending,
            progress: ExportProgress::NOTHING,
        }
    }

    pub(super) async fn export(&self, export: &Export) -> Result<(), ControlError> {
        self.change(ExportChange::Create(export.clone())).await
    }

    pub(super) async fn advance(&self, export: &Export) -> Result<(), ControlError> {
        self.change(ExportChange::Update(export.clone())).await
    }

    async fn kept(&self, tenant_id: &TenantId, number: usize) -> Option<Export> {
        self.store.get_export(tenant_id.clone(), export_id(number)).await.expect("control data can be read")
    }

    /// Every export of a tenant.
    async fn exports(&self, tenant_id: &TenantId) -> Vec<Export> {
        self.store.list_exports(tenant_id.clone()).await.expect("control data can be read")
    }
}

pub(super) async fn an_export_is_created_once_in_a_known_tenant<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let export = scene.new_export(&acme, 6);
    assert_eq!(scene.export(&export).await, Ok(()));
    assert_eq!(scene.kept(&acme, 6).await, Some(export.clone()), "a new export is there at once");
    assert_eq!(scene.kept(&other, 6).await, None, "and in no other tenant");
    assert_exists(&scene.export(&Export { visibility: Visibility::All, ..export.clone() }).await);
    assert_eq!(scene.kept(&acme, 6).await, Some(export.clone()), "the first stays as it was");

    let of_another_tenant = Export { tenant_id: other.clone(), ..export.clone() };
    assert_eq!(scene.export(&of_another_tenant).await, Ok(()), "an id is taken in its tenant only");
    assert_eq!(scene.store.list_all_exports().await, Ok(vec![export, of_another_tenant]));
    assert_missing(&scene.export(&scene.new_export(&tenant_id("nobody"), 1)).await);
}

pub(super) async fn what_has_ended_stays_as_it_ended<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let progress = ExportProgress {
        next: 12,
        events: 3,
        sequences: Some(SequenceSpan { first: 0, last: 11 }),
        bytes: 1 << 40,
        sha256: [0xab; 32],
    };
    let ends = [
        ExportStatus::Completed { at: scene.tick() },
        ExportStatus::Cancelled { at: scene.tick() },
        ExportStatus::Failed { at: scene.tick(), code: "data_damaged".to_owned(), detail: "a \u{fc}".to_owned() },
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let export = scene.new_export(&acme, number);
        assert_eq!(scene.export(&export).await, Ok(()));
        assert_missing(&scene.advance(&Export { tenant_id: other.clone(), ..export.clone() }).await);

        let changed = Export {
            progress,
            // None of these is a field that a change replaces.
            owner: owner(9),
            visibility: Visibility::All,
            log: TreeHead { size: 18, root: [1; 32] },
            created_at: scene.tick(),
            ..export.clone()
        };
        assert_eq!(scene.advance(&changed).await, Ok(()));
        let advanced = Export { revision: after_changes(1), progress, ..export };
        assert_eq!(scene.kept(&acme, number).await, Some(advanced.clone()));

        let ended = Export { status: end, ..advanced.clone() };
        assert_eq!(scene.advance(&ended).await, Ok(()));
        let ended = Export { revision: after_changes(2), ..ended };
        for revision in [advanced.revision, ended.revision, after_changes(3)] {
            let refused = scene.advance(&Export { revision, ..advanced.clone() }).await;
            assert_eq!(refused, Err(ControlError::Conflict(RecordKind::Export.named(export_id(number)))));
            assert_conflict(&scene.advance(&Export { revision, ..ended.clone() }).await);
        }
        assert_eq!(scene.kept(&acme, number).await, Some(ended));
    }
    assert_missing(&scene.advance(&scene.new_export(&acme, 99)).await);
}

pub(super) async fn an_exports_revision_counts_its_changes<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    // The revision of a new record is not the caller's choice.
    let export = Export { revision: after_changes(7), ..scene.new_export(&acme, 1) };
    assert_eq!(scene.export(&export).await, Ok(()));
    for count in 0..3 {
        let current = scene.kept(&acme, 1).await.expect("the export is there");
        assert_eq!(current.revision, after_changes(count), "it is 1 at first, and one more with each change");
        let newer = Export { revision: after_changes(count + 1), ..current.clone() };
        let newer = Export { progress: ExportProgress { next: 9, ..newer.progress }, ..newer };
        assert_conflict(&scene.advance(&newer).await);
        assert_eq!(scene.kept(&acme, 1).await, Some(current.clone()), "a refused change changes nothing");
        assert_eq!(scene.advance(&current).await, Ok(()));
    }
    assert_conflict(&scene.advance(&Export { revision: after_changes(2), ..export }).await);

    let delete = |expected| ExportChange::Delete { id: export_id(1), tenant_id: acme.clone(), expected };
    for count in [2, 4] {
        assert_conflict(&scene.change(delete(Some(after_changes(count)))).await);
        assert!(scene.kept(&acme, 1).await.is_some(), "it is deleted in the state that was seen only");
    }
    assert_eq!(scene.change(delete(Some(after_changes(3)))).await, Ok(()));
    assert_eq!(scene.kept(&acme, 1).await, None);
    assert_missing(&scene.change(delete(Some(after_changes(3)))).await);
}

pub(super) async fn a_deleted_export_leaves_its_room<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let export = scene.new_export(&acme, 1);
    assert_eq!(scene.export(&export).await, Ok(()));
    let delete = |tenant_id: &TenantId| {
        let tenant_id = tenant_id.clone();
        ExportChange::Delete { id: export.id, tenant_id, expected: None }
    };
    assert_missing(&scene.change(delete(&other)).await);
    assert_eq!(scene.kept(&acme, 1).await, Some(export.clone()), "it is deleted from its own tenant only");
    assert_eq!(scene.change(delete(&acme)).await, Ok(()));
    assert_eq!(scene.kept(&acme, 1).await, None);
    assert_missing(&scene.change(delete(&acme)).await);
    assert_missing(&scene.advance(&export).await);
    assert_eq!(scene.export(&export).await, Ok(()), "its id may come again");
}

pub(super) async fn exports_are_listed_by_creation<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let mut expected = Vec::new();
    for number in [3, 1, 2] {
        let export = scene.new_export(&acme, number);
        assert_eq!(scene.export(&export).await, Ok(()));
        expected.push(export);
    }
    let at_once = Export { created_at: expected[2].created_at, ..scene.new_export(&acme, 0) };
    assert_eq!(scene.export(&at_once).await, Ok(()));
    expected.insert(2, at_once);
    assert_eq!(scene.exports(&acme).await, expected);
    let elsewhere = scene.new_export(&other, 5);
    assert_eq!(scene.export(&elsewhere).await, Ok(()));
    assert_eq!(scene.exports(&other).await, std::slice::from_ref(&elsewhere));
    expected.push(elsewhere);
    assert_eq!(scene.store.list_all_exports().await, Ok(expected), "by tenant first");
}

pub(super) async fn tenants_and_keys_have_room_for_so_many<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let owned =
        |number: usize| Export { owner: owner(number / EXPORTS_OF_OWNER_MAX), ..scene.new_export(&acme, number) };
    let create = |number: usize| ControlChange::from(ExportChange::Create(owned(number)));
    let first = (0..EXPORTS_OF_OWNER_MAX).map(create).collect();
    assert_eq!(scene.changes(first).await, Ok(()));
    let one_too_many = Export { owner: owner(0), ..owned(EXPORTS_OF_OWNER_MAX) };
    let refused = scene.export(&one_too_many).await;
    assert!(matches!(refused, Err(ControlError::LimitReached(_))), "{refused:?}");

    let rest = (EXPORTS_OF_OWNER_MAX..EXPORTS_MAX).map(create).collect();
    assert_eq!(scene.changes(rest).await, Ok(()));
    let one_too_many = Export { owner: owner(9_999), ..owned(EXPORTS_MAX) };
    let refused = scene.export(&one_too_many).await;
    assert!(matches!(refused, Err(ControlError::LimitReached(_))), "{refused:?}");
    assert_eq!(scene.exports(&acme).await.len(), EXPORTS_MAX);

    let in_exchange = vec![
        ExportChange::Delete { id: export_id(0), tenant_id: acme.clone(), expected: None }.into(),
        ExportChange::Create(one_too_many).into(),
    ];
    assert_eq!(scene.changes(in_exchange).await, Ok(()), "a deleted one leaves room");
    assert_eq!(scene.export(&scene.new_export(&other, 1)).await, Ok(()), "other tenants have rooms of their own");
}
