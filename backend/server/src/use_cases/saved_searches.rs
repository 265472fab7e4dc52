//! Owns the lifecycle of saved searches: who may see and change them, and the audit events that record each change.

use auditlog_core::{
    id::TenantId,
    intake::PreparedBatch,
    policy::Caller,
    store::{
        Edit, Expected, RecordKind, Revision, SavedSearch, SavedSearchChange, SavedSearchId, SavedSearchStore,
        SearchVisibility, Urgency,
    },
};
use serde_json::{Value, json};

use crate::use_cases::{
    ChangeError, Editor,
    audit::{AuditedChange, Entry, EntryTarget, Unrecordable, replaced},
    change::{Decision, Recorded, check_expected, expected_by_store},
};

/// The number of bytes of a query or description that the log records; longer ones are truncated.
const RECORDED_BYTES_MAX: usize = 1_000;

/// A saved search to create.
#[derive(Debug, Clone)]
pub(crate) struct NewSavedSearch {
    /// A human-readable name.
    pub(crate) name: String,
    /// The query in the search box language, which is known to parse.
    pub(crate) query: String,
    /// What the search is for.
    pub(crate) description: Option<String>,
    /// Who can see the search.
    pub(crate) visibility: SearchVisibility,
}

/// Changes to a saved search; `None` leaves a member unchanged.
#[derive(Debug, Clone, Default)]
pub(crate) struct SavedSearchUpdate {
    /// The new name.
    pub(crate) name: Option<String>,
    /// The new query, which is known to parse.
    pub(crate) query: Option<String>,
    /// The new description, or its removal.
    pub(crate) description: Edit<String>,
    /// Who can see the search from now on.
    pub(crate) visibility: Option<SearchVisibility>,
}

/// The saved searches that the caller can see, ordered by name and id.
pub(crate) async fn list_saved_searches<S: SavedSearchStore + ?Sized>(
    store: &S,
    caller: &Caller<TenantId>,
) -> Result<Vec<SavedSearch>, ChangeError> {
    let mut searches = store.list_saved_searches(caller.tenant_id().clone()).await?;
    searches.retain(|search| sees(caller, search));
    Ok(searches)
}

/// The saved search with this id. One of another tenant, or a private one of another owner, is reported as not found.
pub(crate) async fn find_saved_search<S: SavedSearchStore + ?Sized>(
    store: &S,
    caller: &Caller<TenantId>,
    id: &str,
) -> Result<SavedSearch, ChangeError> {
    let unknown = || ChangeError::NotFound(RecordKind::SavedSearch);
    let id = SavedSearchId::parse(id).ok_or_else(unknown)?;
    let found = store.get_saved_search(caller.tenant_id().clone(), id).await?;
    found.filter(|search| sees(caller, search)).ok_or_else(unknown)
}

/// Saves a search.
pub(crate) async fn create_saved_search(
    editor: &Editor<'_, TenantId>,
    new: NewSavedSearch,
) -> Result<SavedSearch, ChangeError> {
    let owner = editor.caller.subject.owner().ok_or(ChangeError::NoOwner(RecordKind::SavedSearch))?;
    let (new, owner) = (&new, &owner);
    let decide = |_| async move {
        let now = editor.services.clock.now();
        let mut random = [0; 10];
        editor.services.entropy.fill(&mut random);
        let NewSavedSearch { name, query, description, visibility } = new.clone();
        let search = SavedSearch {
            id: SavedSearchId::from_parts(now, random),
            tenant_id: editor.caller.tenant_id().clone(),
            revision: Revision::FIRST,
            owner: owner.clone(),
            name,
            query,
            description,
            visibility,
            created_at: now,
            updated_at: now,
        };
        let event = record(editor, &search, AuditedChange::new("saved_search.create", now))?;
        let change = SavedSearchChange::Create(search.clone()).into();
        Ok(Decision::commit(Urgency::Ordinary, vec![Recorded { change, event }], search))
    };
    editor.make(Urgency::Ordinary, decide).await
}

/// Changes a saved search.
pub(crate) async fn update_saved_search(
    editor: &Editor<'_, TenantId>,
    id: &str,
    update: SavedSearchUpdate,
    expected: &Expected,
) -> Result<SavedSearch, ChangeError> {
    let update = &update;
    let decide = |_| async move {
        let old = find_to_change(editor, id, expected).await?;
        let update = update.clone();
        let mut new = old.clone();
        new.name = update.name.unwrap_or(new.name);
        new.query = update.query.unwrap_or(new.query);
        new.visibility = update.visibility.unwrap_or(new.visibility);
        new.description = update.description.apply(new.description);
        if new == old {
            return Ok(Decision::unchanged(old));
        }
        if new.visibility == SearchVisibility::Private && !editor.caller.owns(&new.owner) {
            return Err(ChangeError::PrivateOfAnotherOwner);
        }
        new.updated_at = editor.services.clock.now();
        let changes = differences(&old, &new);
        let change = AuditedChange { action: "saved_search.update", at: new.updated_at, changes };
        let event = record(editor, &new, change)?;
        let change = SavedSearchChange::Update(new.clone()).into();
        let stored = SavedSearch { revision: new.revision.next(), ..new };
        Ok(Decision::commit(Urgency::Ordinary, vec![Recorded { change, event }], stored))
    };
    editor.make(Urgency::Ordinary, decide).await
}

/// Deletes a saved search.
pub(crate) async fn delete_saved_search(
    editor: &Editor<'_, TenantId>,
    id: &str,
    expected: &Expected,
) -> Result<(), ChangeError> {
    let decide = |_| async move {
        let search = find_to_change(editor, id, expected).await?;
        Ok(Decision::commit(Urgency::Protective, vec![deletion(editor, &search, expected)?], ()))
    };
    editor.make(Urgency::Ordinary, decide).await
}

/// The deletion of a saved search and the event that records it.
pub(super) fn deletion<S>(
    editor: &Editor<'_, S>,
    search: &SavedSearch,
    expected: &Expected,
) -> Result<Recorded, Unrecordable> {
    let event = record(editor, search, AuditedChange::new("saved_search.delete", editor.services.clock.now()))?;
    let change = SavedSearchChange::Delete {
        id: search.id,
        tenant_id: search.tenant_id.clone(),
        expected: expected_by_store(expected, search.revision),
    };
    Ok(Recorded { change: change.into(), event })
}

async fn find_to_change(
    editor: &Editor<'_, TenantId>,
    id: &str,
    expected: &Expected,
) -> Result<SavedSearch, ChangeError> {
    let search = find_saved_search(editor.services.control.as_ref(), editor.caller, id).await?;
    if !editor.caller.owns(&search.owner) && !editor.caller.manages_owners() {
        return Err(ChangeError::NotOwner(RecordKind::SavedSearch));
    }
    check_expected(expected, search.revision)?;
    Ok(search)
}

fn sees(caller: &Caller<TenantId>, search: &SavedSearch) -> bool {
    caller.owns(&search.owner) || search.visibility == SearchVisibility::Shared
}

fn record<S>(
    editor: &Editor<'_, S>,
    search: &SavedSearch,
    change: AuditedChange,
) -> Result<PreparedBatch, Unrecordable> {
    let id = search.id.to_string();
    editor.record(Entry {
        tenant_id: search.tenant_id.clone(),
        change,
        target: EntryTarget { kind: "saved_search", id: &id, name: &search.name },
        metadata: json!({
            "owner": search.owner.id(),
            "visibility": search.visibility.as_str(),
            "query": recorded(&search.query),
        }),
    })
}

/// The differences made by an update, in the form of an event's changes.
fn differences(old: &SavedSearch, new: &SavedSearch) -> Vec<Value> {
    let description = |search: &SavedSearch| json!(search.description.as_deref().map(recorded));
    let pairs = [
        ("/name", json!(old.name), json!(new.name)),
        ("/query", json!(recorded(&old.query)), json!(recorded(&new.query))),
        ("/description", description(old), description(new)),
        ("/visibility", json!(old.visibility.as_str()), json!(new.visibility.as_str())),
    ];
    pairs.iter().filter(|(_, old, new)| old != new).map(|(path, old, new)| replaced(path, old, new)).collect()
}

fn recorded(text: &str) -> &str {
    &text[..text.floor_char_boundary(RECORDED_BYTES_MAX)]
}
