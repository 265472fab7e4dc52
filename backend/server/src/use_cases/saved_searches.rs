//! Owns the life of saved searches: who sees which, who may change them, and that the log tells it.

use auditlog_core::{
    store::{
        ControlChange, ControlError, PreparedBatch, SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_KEY_MAX, SavedSearch,
        SavedSearchId, SearchVisibility, Urgency,
    },
    timestamp::Timestamp,
};
use serde_json::{Value, json};

use crate::{
    app::Services,
    problem::{Code, Problem, ProblemError},
    use_cases::{
        Asker, Author, Edit,
        audit::{Entry, EntryTarget, record, replaced},
    },
};

/// What the log keeps of a query or a description; the rest of a longer one is cut off.
const RECORDED_BYTES_MAX: usize = 1_000;

/// A saved search to be created.
#[derive(Debug, Clone)]
pub(crate) struct NewSavedSearch {
    /// A name for people.
    pub(crate) name: String,
    /// What a search box would hold; it parses.
    pub(crate) query: String,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// Who sees it.
    pub(crate) visibility: SearchVisibility,
}

/// What is to be changed about a saved search; `None` leaves things as they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct SavedSearchUpdate {
    /// Another name.
    pub(crate) name: Option<String>,
    /// Another query; it parses.
    pub(crate) query: Option<String>,
    /// Another description, or none any more.
    pub(crate) description: Edit<String>,
    /// Who sees it from now on.
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

/// What the asker sees, by name and id.
pub(crate) fn list_saved_searches(services: &Services, asker: &Asker) -> Result<Vec<SavedSearch>, Problem> {
    let mut searches = services.control.list_saved_searches(asker.tenant_id())?;
    searches.retain(|search| asker.sees(search));
    Ok(searches)
}

/// The saved search with this id. One of another tenant, or another key's private one, is not there.
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
    let happening = Happening { action: "saved_search.create", at: now, changes: vec![] };
    let event = told(services, asker.author(), &search, happening)?;
    let change = ControlChange::CreateSavedSearch(search.clone());
    services.control.apply(vec![change], vec![event]).await.map_err(refused)?;
    Ok(search)
}

/// Changes what a saved search says.
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
    let happening = Happening { action: "saved_search.update", at: new.updated_at, changes };
    let event = told(services, asker.author(), &new, happening)?;
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
    let happening = Happening { action: "saved_search.delete", at: services.clock.now(), changes: vec![] };
    let event = told(services, author, search, happening)?;
    Ok((ControlChange::DeleteSavedSearch { id: search.id, tenant_id: search.tenant_id.clone() }, event))
}

fn find_to_change(services: &Services, asker: &Asker, id: &str) -> Result<SavedSearch, Problem> {
    let search = find_saved_search(services, asker, id)?;
    if asker.may_change(&search) {
        return Ok(search);
    }
    let detail = "the saved search is another key's; changing or deleting it needs the permission api_keys.manage";
    Err(Problem::new(Code::PermissionDenied, detail))
}

/// What clients can do something about, in words of their own.
fn refused(error: ControlError) -> Problem {
    match error {
        ControlError::AlreadyExists(_) => {
            let detail = "you have a saved search of this name; change that one, or choose another name";
            let error = ProblemError::body("/name", Code::SavedSearchExists.as_str(), detail);
            Problem::new(Code::SavedSearchExists, detail).with_error(error)
        }
        ControlError::LimitReached(_) => {
            let (all, own) = (SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_KEY_MAX);
            let detail = format!("a tenant keeps at most {all} and a key {own} of them; delete one that nobody needs");
            Problem::new(Code::TooManySavedSearches, detail)
        }
        other => other.into(),
    }
}

/// What happened to a saved search.
struct Happening {
    action: &'static str,
    at: Timestamp,
    changes: Vec<Value>,
}

fn told(
    services: &Services,
    author: &Author,
    search: &SavedSearch,
    happening: Happening,
) -> Result<PreparedBatch, Problem> {
    let id = search.id.to_string();
    let entry = Entry {
        tenant_id: search.tenant_id.clone(),
        at: happening.at,
        author,
        action: happening.action,
        target: EntryTarget { kind: "saved_search", id: &id, name: &search.name },
        changes: happening.changes,
        metadata: json!({
            "owner": search.owner.as_str(),
            "visibility": search.visibility.as_str(),
            "query": recorded(&search.query),
        }),
    };
    record(services, entry)
}

/// What an update changes, as an event tells it.
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
