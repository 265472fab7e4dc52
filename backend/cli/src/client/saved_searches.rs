//! Saved searches over the API.

use serde::{Deserialize, Serialize};

use super::{Client, ClientError, Repeat, Request, control::ListPart, events::parse};

/// A search to save.
#[derive(Debug, Serialize)]
pub(crate) struct NewSavedSearch {
    pub(crate) name: String,
    pub(crate) query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) visibility: &'static str,
}

/// A saved search as the server represents it. Members that this version does not know are ignored.
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

/// The owner of a saved search.
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

    /// Lists the saved searches that the key may see: its own and shared ones.
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

    /// Deletes a saved search. Not repeated when the outcome is unknown: the second answer would be that it does not
    /// exist.
    pub(crate) fn delete_saved_search(&self, id: &str) -> Result<(), ClientError> {
        self.call(&format!("saved-searches/{id}"), Request::Delete, Repeat::Harmful).map(drop)
    }
}
