//! Owns the lifecycle of saved searches: who may see and change them, and the audit events that record each change.

use auditlog_core::{
    intake::PreparedBatch,
    store::{
        ControlChange, ControlError, SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_KEY_MAX, SavedSearch, SavedSearchId,
        SearchVisibility, Urgency,
    },
};
use serde_json::{Value, json};

use crate::{
    app::Services,
    problem::{Code, Problem, ProblemError},
    use_cases::{
        Asker, Author, Edit,
        audit::{AuditedChange, Entry, EntryTarget, record, replaced},
    },
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

impl Asker {
    fn sees(&self, search: &SavedSearch) -> bool {
        self.is(&search.owner) || search.visibility == SearchVisibility::Shared
    }

    fn may_change(&self, search: &SavedSearch) -> bool {
        self.is(&search.owner) || self.manages_keys()
    }
}

/// The saved searches that the caller can see, ordered by name and id.
pub(crate) fn list_saved_searches(services: &Services, asker: &Asker) -> Result<Vec<SavedSearch>, Problem> {
    let mut searches = services.control.list_saved_searches(asker.tenant_id())?;
    searches.retain(|search| asker.sees(search));
    Ok(searches)
}

/// The saved search with this id. One of another tenant, or a private one of another key, is reported as not found.
pub(crate) fn find_saved_search(services: &Services, asker: &Asker, id: &str) -> Result<SavedSearch, Problem> {
    let unknown = || Problem::new(Code::SavedSearchNotFound, "there is no saved search with this id");
    let id = SavedSearchId::parse(id).ok_or_else(unknown)?;
    let found = services.control.get_saved_search(asker.tenant_id(), id)?;
    found.filter(|search| asker.sees(search)).ok_or_else(unknown)
}

/// Saves a search.
pub(crate) async fn create_saved_search(
    services: &Services,
    asker: &Asker,
    new: NewSavedSearch,
) -> Result<SavedSearch, Problem> {
    let now = services.clock.now();
    let mut random = [0; 10];
    services.entropy.fill(&mut random);
    let search = SavedSearch {
        id: SavedSearchId::from_parts(now, random),
        tenant_id: asker.tenant_id().clone(),
        owner: asker.key_id().clone(),
        name: new.name,
        query: new.query,
        description: new.description,
        visibility: new.visibility,
        created_at: now,
        updated_at: now,
    };
    let change = AuditedChange::new("saved_search.create", now);
    let event = audit_event(services, asker.author(), &search, change)?;
    let change = ControlChange::CreateSavedSearch(search.clone());
    services.control.apply(vec![change], vec![event]).await.map_err(refused)?;
    Ok(search)
}

/// Changes a saved search.
pub(crate) async fn update_saved_search(
    services: &Services,
    asker: &Asker,
    id: &str,
    update: SavedSearchUpdate,
) -> Result<SavedSearch, Problem> {
    let old = find_to_change(services, asker, id)?;
    let mut new = old.clone();
    new.name = update.name.unwrap_or(new.name);
    new.query = update.query.unwrap_or(new.query);
    new.visibility = update.visibility.unwrap_or(new.visibility);
    new.description = match update.description {
        Edit::Keep => new.description,
        Edit::Clear => None,
        Edit::Set(description) => Some(description),
    };
    if new == old {
        return Ok(old);
    }
    new.updated_at = services.clock.now();
    let changes = differences(&old, &new);
    let change = AuditedChange { action: "saved_search.update", at: new.updated_at, changes };
    let event = audit_event(services, asker.author(), &new, change)?;
    let change = ControlChange::UpdateSavedSearch(new.clone());
    services.control.apply(vec![change], vec![event]).await.map_err(refused)?;
    Ok(new)
}

/// Deletes a saved search.
pub(crate) async fn delete_saved_search(services: &Services, asker: &Asker, id: &str) -> Result<(), Problem> {
    let search = find_to_change(services, asker, id)?;
    let (change, event) = deletion(services, asker.author(), &search)?;
    Ok(services.control.apply_with(Urgency::Protective, vec![change], vec![event]).await?)
}

/// The deletion of a saved search and the event that records it.
pub(super) fn deletion(
    services: &Services,
    author: &Author,
    search: &SavedSearch,
) -> Result<(ControlChange, PreparedBatch), Problem> {
    let change = AuditedChange::new("saved_search.delete", services.clock.now());
    let event = audit_event(services, author, search, change)?;
    Ok((ControlChange::DeleteSavedSearch { id: search.id, tenant_id: search.tenant_id.clone() }, event))
}

fn find_to_change(services: &Services, asker: &Asker, id: &str) -> Result<SavedSearch, Problem> {
    let search = find_saved_search(services, asker, id)?;
    if asker.may_change(&search) {
        return Ok(search);
    }
    let detail =
        "the saved search belongs to another key; changing or deleting it requires the permission api_keys.manage";
    Err(Problem::new(Code::PermissionDenied, detail))
}

/// Converts errors that the client can act on; other errors are converted generically.
fn refused(error: ControlError) -> Problem {
    match error {
        ControlError::AlreadyExists(_) => {
            let detail = "your key has a saved search with this name; change that one, or choose another name";
            let error = ProblemError::body("/name", Code::SavedSearchExists.as_str(), detail);
            Problem::new(Code::SavedSearchExists, detail).with_error(error)
        }
        ControlError::LimitReached(_) => {
            let (all, own) = (SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_KEY_MAX);
            let detail = format!(
                "a tenant keeps at most {all} saved searches and a key {own}; delete one that is no longer needed"
            );
            Problem::new(Code::TooManySavedSearches, detail)
        }
        other => other.into(),
    }
}

fn audit_event(
    services: &Services,
    author: &Author,
    search: &SavedSearch,
    change: AuditedChange,
) -> Result<PreparedBatch, Problem> {
    let id = search.id.to_string();
    let entry = Entry {
        tenant_id: search.tenant_id.clone(),
        at: change.at,
        author,
        action: change.action,
        target: EntryTarget { kind: "saved_search", id: &id, name: &search.name },
        changes: change.changes,
        metadata: json!({
            "owner": search.owner.as_str(),
            "visibility": search.visibility.as_str(),
            "query": recorded(&search.query),
        }),
    };
    record(services, entry)
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
