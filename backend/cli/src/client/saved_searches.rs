//! Saved searches over the API.

use serde::{Deserialize, Serialize};

use super::{Client, ClientError, Repeat, Request, control::ListPart, events::parse};

/// A search that is to be saved.
#[derive(Debug, Serialize)]
pub(crate) struct NewSavedSearch {
    pub(crate) name: String,
    pub(crate) query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) visibility: &'static str,
}

/// A saved search as the server tells it. Members that this version does not know are passed over.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct SavedSearchRecord {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) visibility: String,
    pub(crate) owner: SavedSearchOwner,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

/// Whose a saved search is.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct SavedSearchOwner {
    pub(crate) r#type: String,
    pub(crate) id: String,
}

impl Client {
    /// Saves a search.
    pub(crate) fn create_saved_search(&self, search: &NewSavedSearch) -> Result<SavedSearchRecord, ClientError> {
        parse(&self.post("saved-searches", search)?, "a saved search")
    }

    /// Those that the key sees: its own and those that are shared.
    pub(crate) fn list_saved_searches(&self) -> Result<Vec<SavedSearchRecord>, ClientError> {
        #[derive(Deserialize)]
        struct List {
            saved_searches: Vec<SavedSearchRecord>,
            next_cursor: Option<String>,
        }
        self.walk("saved-searches", |text| {
            let List { saved_searches, next_cursor } = parse(text, "a list of saved searches")?;
            Ok(ListPart { entries: saved_searches, next_cursor })
        })
    }

    /// Deletes a saved search. Not repeated where nobody knows whether it happened: the second answer would be that
    /// there is none.
    pub(crate) fn delete_saved_search(&self, id: &str) -> Result<(), ClientError> {
        self.call(&format!("saved-searches/{id}"), Request::Delete, Repeat::Harmful).map(drop)
    }
}
