//! `SavedSearchStore`: saved searches, their names, and the limit on their number.

use auditlog_core::{
    id::{ApiKeyId, OwnerId, TenantId, UserId},
    store::{
        ControlError, RecordKind, Revision, SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_OWNER_MAX, SavedSearch,
        SavedSearchChange, SavedSearchId, SearchVisibility, TenantChange,
    },
};

use super::scene::{Scene, after_changes, assert_conflict, assert_exists, assert_missing};
use crate::{Store, fixtures::tenant_id};

fn id(number: usize) -> SavedSearchId {
    let text = format!("01932b5e-7c00-7abc-8def-{number:012x}");
    SavedSearchId::parse(&text).expect("the id follows the rule")
}

fn owner(number: usize) -> OwnerId {
    OwnerId::ApiKey(ApiKeyId::parse(&format!("{number:016}")).expect("the id follows the rule"))
}

impl<S: Store> Scene<S> {
    /// A saved search of owner 1, named as its number.
    fn new_search(&self, tenant_id: &TenantId, number: usize) -> SavedSearch {
        let now = self.tick();
        SavedSearch {
            id: id(number),
            tenant_id: tenant_id.clone(),
            revision: Revision::FIRST,
            owner: owner(1),
            name: format!("Search {number}"),
            query: format!("actor:user-{number} since:7d"),
            description: number.is_multiple_of(2).then(|| "Gr\u{fc}\u{df}e\nand more".to_owned()),
            visibility: SearchVisibility::Private,
            created_at: now,
            updated_at: now,
        }
    }

    async fn save(&self, search: &SavedSearch) -> Result<(), ControlError> {
        self.change(SavedSearchChange::Create(search.clone())).await
    }

    async fn search(&self, tenant_id: &TenantId, number: usize) -> Option<SavedSearch> {
        self.store.get_saved_search(tenant_id.clone(), id(number)).await.expect("control data can be read")
    }

    /// Every saved search of a tenant.
    async fn searches(&self, tenant_id: &TenantId) -> Vec<SavedSearch> {
        self.store.list_saved_searches(tenant_id.clone()).await.expect("control data can be read")
    }
}

pub(super) async fn a_saved_search_is_created_once_in_a_known_tenant<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let search = scene.new_search(&acme, 1);
    assert_eq!(scene.save(&search).await, Ok(()));
    assert_eq!(scene.search(&acme, 1).await, Some(search.clone()), "a new saved search is there at once");
    assert_eq!(scene.search(&other, 1).await, None, "and in no other tenant");

    assert_exists(&scene.save(&SavedSearch { name: "another".to_owned(), ..search.clone() }).await);
    assert_exists(&scene.save(&SavedSearch { id: id(2), ..search.clone() }).await);
    assert_eq!(scene.searches(&acme).await, std::slice::from_ref(&search), "the first stays as it was");

    let of_another_owner = SavedSearch { id: id(2), owner: owner(2), ..search.clone() };
    assert_eq!(scene.save(&of_another_owner).await, Ok(()), "a name is taken for its owner only");
    let of_another_tenant = SavedSearch { tenant_id: other.clone(), ..search.clone() };
    assert_eq!(scene.save(&of_another_tenant).await, Ok(()), "an id is taken in its tenant only");
    assert_eq!(scene.search(&other, 1).await, Some(of_another_tenant));
    assert_eq!(scene.search(&acme, 1).await, Some(search));

    let person = UserId::from_parts(scene.tick(), [9; 10]);
    let of_a_person = SavedSearch { owner: OwnerId::User(person), ..scene.new_search(&acme, 3) };
    assert_eq!(scene.save(&of_a_person).await, Ok(()), "people own saved searches as keys do");
    assert_eq!(scene.search(&acme, 3).await, Some(of_a_person));

    let nobody = tenant_id("nobody");
    assert_missing(&scene.save(&scene.new_search(&nobody, 1)).await);
    assert_eq!(scene.searches(&nobody).await, Vec::new());

    let new = scene.new_tenant("new");
    let first = scene.new_search(&new.id, 1);
    let both = vec![TenantChange::Create(new).into(), SavedSearchChange::Create(first.clone()).into()];
    assert_eq!(scene.changes(both).await, Ok(()), "a tenant and a saved search come together");
    assert_eq!(scene.search(&first.tenant_id, 1).await, Some(first));
}

pub(super) async fn a_saved_search_is_changed_where_it_may_be<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let search = scene.new_search(&acme, 1);
    assert_eq!(scene.save(&search).await, Ok(()));
    assert_eq!(scene.save(&scene.new_search(&acme, 2)).await, Ok(()));
    let changed = SavedSearch {
        name: "Renamed".to_owned(),
        query: "outcome:denied".to_owned(),
        description: Some("for the audit".to_owned()),
        visibility: SearchVisibility::Shared,
        updated_at: scene.tick(),
        // None of these is a field that a change replaces.
        owner: owner(9),
        created_at: scene.tick(),
        ..search.clone()
    };
    let elsewhere = SavedSearch { tenant_id: other, ..changed.clone() };
    assert_missing(&scene.change(SavedSearchChange::Update(elsewhere)).await);
    let taken = SavedSearch { name: "Search 2".to_owned(), ..changed.clone() };
    assert_exists(&scene.change(SavedSearchChange::Update(taken)).await);
    assert_eq!(scene.search(&acme, 1).await, Some(search.clone()), "a refused change changes nothing");

    assert_eq!(scene.change(SavedSearchChange::Update(changed.clone())).await, Ok(()));
    let expected =
        SavedSearch { revision: after_changes(1), owner: search.owner, created_at: search.created_at, ..changed };
    assert_eq!(scene.search(&acme, 1).await, Some(expected.clone()));
    let same_name = SavedSearch { description: None, ..expected };
    assert_eq!(scene.change(SavedSearchChange::Update(same_name.clone())).await, Ok(()), "it keeps its name");
    assert_eq!(scene.search(&acme, 1).await, Some(SavedSearch { revision: after_changes(2), ..same_name }));
    assert_missing(&scene.change(SavedSearchChange::Update(scene.new_search(&acme, 3))).await);
}

pub(super) async fn a_saved_searchs_revision_counts_its_changes<S: Store>(scene: Scene<S>) {
    let acme = scene.tenant("acme").await;
    assert_eq!(scene.save(&scene.new_search(&acme, 2)).await, Ok(()));
    // The revision of a new record is not the caller's choice.
    let search = SavedSearch { revision: after_changes(7), ..scene.new_search(&acme, 1) };
    assert_eq!(scene.save(&search).await, Ok(()));
    for count in 0..3 {
        let current = scene.search(&acme, 1).await.expect("the saved search is there");
        assert_eq!(current.revision, after_changes(count), "it is 1 at first, and one more with each change");
        let newer = SavedSearch { revision: after_changes(count + 1), query: "b".to_owned(), ..current.clone() };
        assert_conflict(&scene.change(SavedSearchChange::Update(newer)).await);
        assert_eq!(scene.search(&acme, 1).await, Some(current.clone()), "a refused change changes nothing");
        assert_eq!(scene.change(SavedSearchChange::Update(current)).await, Ok(()));
    }
    let outdated = SavedSearch { revision: after_changes(2), ..search };
    let outdated = scene.change(SavedSearchChange::Update(outdated)).await;
    assert_eq!(outdated, Err(ControlError::Conflict(RecordKind::SavedSearch.named(id(1)))));

    let delete = |expected| SavedSearchChange::Delete { id: id(1), tenant_id: acme.clone(), expected };
    for count in [2, 4] {
        assert_conflict(&scene.change(delete(Some(after_changes(count)))).await);
        assert!(scene.search(&acme, 1).await.is_some(), "it is deleted in the state that was seen only");
    }
    assert_eq!(scene.change(delete(Some(after_changes(3)))).await, Ok(()));
    assert_eq!(scene.search(&acme, 1).await, None);
    assert_missing(&scene.change(delete(Some(after_changes(3)))).await);
    assert_eq!(scene.save(&scene.new_search(&acme, 1)).await, Ok(()));
    assert_eq!(scene.search(&acme, 1).await.map(|search| search.revision), Some(Revision::FIRST));
}

pub(super) async fn a_deleted_saved_search_leaves_its_name_and_its_room<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let search = scene.new_search(&acme, 1);
    assert_eq!(scene.save(&search).await, Ok(()));
    let delete = |tenant_id: &TenantId| {
        let tenant_id = tenant_id.clone();
        SavedSearchChange::Delete { id: id(1), tenant_id, expected: None }
    };
    assert_missing(&scene.change(delete(&other)).await);
    assert_eq!(scene.search(&acme, 1).await, Some(search.clone()), "it is deleted from its own tenant only");
    assert_eq!(scene.change(delete(&acme)).await, Ok(()));
    assert_eq!(scene.search(&acme, 1).await, None);
    assert_eq!(scene.searches(&acme).await, Vec::new());
    assert_missing(&scene.change(delete(&acme)).await);
    assert_missing(&scene.change(SavedSearchChange::Update(search.clone())).await);

    let in_order = vec![
        SavedSearchChange::Create(search.clone()).into(),
        delete(&acme).into(),
        SavedSearchChange::Create(SavedSearch { query: "b".to_owned(), ..search.clone() }).into(),
    ];
    assert_eq!(scene.changes(in_order).await, Ok(()));
    assert_eq!(scene.search(&acme, 1).await, Some(SavedSearch { query: "b".to_owned(), ..search.clone() }));
    let second_fails = vec![delete(&acme).into(), delete(&acme).into()];
    assert_missing(&scene.changes(second_fails).await);
    assert!(scene.search(&acme, 1).await.is_some(), "the changes before a refused one are not made either");
}

pub(super) async fn saved_searches_are_listed_by_name<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let named = |tenant: &TenantId, number, name: &str| SavedSearch {
        name: name.to_owned(),
        owner: owner(number),
        ..scene.new_search(tenant, number)
    };
    let mut expected = Vec::new();
    for (number, name) in [(3, "b"), (1, "c"), (5, "a"), (4, "b"), (2, "B"), (6, "\u{e4}")] {
        let search = named(&acme, number, name);
        assert_eq!(scene.save(&search).await, Ok(()));
        expected.push(search);
    }
    let elsewhere = named(&other, 7, "b");
    assert_eq!(scene.save(&elsewhere).await, Ok(()));
    expected.sort_by_key(|search| [2, 5, 3, 4, 1, 6].iter().position(|number| id(*number) == search.id));
    assert_eq!(scene.searches(&acme).await, expected, "by the bytes of the name, then the id");
    assert_eq!(scene.searches(&other).await, [elsewhere]);
}

pub(super) async fn tenants_and_keys_have_room_for_so_many<S: Store>(scene: Scene<S>) {
    let (acme, other) = (scene.tenant("acme").await, scene.tenant("other").await);
    let owned = |number: usize| SavedSearch {
        owner: owner(number / SAVED_SEARCHES_OF_OWNER_MAX),
        ..scene.new_search(&acme, number)
    };
    let first: Vec<_> =
        (0..SAVED_SEARCHES_OF_OWNER_MAX).map(|number| SavedSearchChange::Create(owned(number)).into()).collect();
    assert_eq!(scene.changes(first).await, Ok(()));
    let one_too_many = SavedSearch { owner: owner(0), ..owned(SAVED_SEARCHES_OF_OWNER_MAX) };
    let refused = scene.save(&one_too_many).await;
    assert!(matches!(refused, Err(ControlError::LimitReached(_))), "{refused:?}");

    let rest = SAVED_SEARCHES_OF_OWNER_MAX..SAVED_SEARCHES_MAX;
    let rest: Vec<_> = rest.map(|number| SavedSearchChange::Create(owned(number)).into()).collect();
    assert_eq!(scene.changes(rest).await, Ok(()));
    let one_too_many = SavedSearch { owner: owner(9_999), ..owned(SAVED_SEARCHES_MAX) };
    let refused = scene.save(&one_too_many).await;
    assert!(matches!(refused, Err(ControlError::LimitReached(_))), "{refused:?}");
    assert_eq!(scene.searches(&acme).await.len(), SAVED_SEARCHES_MAX);

    let in_exchange = vec![
        SavedSearchChange::Delete { id: id(0), tenant_id: acme.clone(), expected: None }.into(),
        SavedSearchChange::Create(one_too_many).into(),
    ];
    assert_eq!(scene.changes(in_exchange).await, Ok(()), "a deleted one leaves room");
    assert_eq!(scene.save(&scene.new_search(&other, 1)).await, Ok(()), "other tenants have rooms of their own");
    let changed = SavedSearch { query: "b".to_owned(), ..owned(1) };
    assert_eq!(scene.change(SavedSearchChange::Update(changed)).await, Ok(()), "a change takes no room");
}
