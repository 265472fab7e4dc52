//! Exports over the API: one that is sent while it is made, and those that the server makes in the background and keeps.

use std::io::Read;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Client, ClientError, Repeat, Request, control::ListPart, events::parse, stream::Opening};

/// An export that is to be made.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewExport {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) query: String,
    pub(crate) format: &'static str,
    pub(crate) compression: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) columns: Option<Vec<String>>,
}

/// An export as the server tells it. Members that this version does not know are passed over.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ExportRecord {
    pub(crate) id: String,
    pub(crate) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    pub(crate) format: String,
    pub(crate) compression: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) columns: Option<Vec<String>>,
    pub(crate) owner: ExportOwner,
    pub(crate) created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finished_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<String>,
    pub(crate) progress: ExportProgress,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<ExportProblem>,
    /// As the server wrote it: it is kept beside the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) manifest: Option<Value>,
}

/// Whose an export is.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ExportOwner {
    pub(crate) r#type: String,
    pub(crate) id: String,
}

/// How far an export has come.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ExportProgress {
    /// Places of the log that were looked at.
    pub(crate) scanned: u64,
    /// How many there are.
    pub(crate) total: u64,
    /// What is in the file.
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

/// Why there is no file.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ExportProblem {
    pub(crate) code: String,
    pub(crate) detail: String,
}

/// What has to be known of a file to fetch it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FileFacts {
    pub(crate) file_name: String,
    pub(crate) bytes: u64,
    /// In hexadecimal digits.
    pub(crate) sha256: String,
    pub(crate) events: u64,
}

impl ExportProgress {
    /// How much of the log was looked at.
    pub(crate) fn percent(&self) -> u64 {
        let percent = u128::from(self.scanned) * 100 / u128::from(self.total.max(1));
        u64::try_from(percent.min(100)).unwrap_or(100)
    }
}

impl ExportRecord {
    /// What its manifest says of the file.
    pub(crate) fn file_facts(&self) -> Result<FileFacts, ClientError> {
        let garbled = |cause: String| ClientError::Garbled { expected: "the manifest of an export", cause };
        let manifest = self.manifest.as_ref().ok_or_else(|| garbled("there is none".to_owned()))?;
        FileFacts::deserialize(manifest).map_err(|error| garbled(error.to_string()))
    }
}

impl Client {
    /// Has the server make an export.
    pub(crate) fn create_export(&self, export: &NewExport) -> Result<ExportRecord, ClientError> {
        parse(&self.post("exports", export)?, "an export")
    }

    /// Those that the key sees, the newest first.
    pub(crate) fn list_exports(&self) -> Result<Vec<ExportRecord>, ClientError> {
        #[derive(Deserialize)]
        struct List {
            exports: Vec<ExportRecord>,
            next_cursor: Option<String>,
        }
        self.walk("exports", |text| {
            let List { exports, next_cursor } = parse(text, "a list of exports")?;
            Ok(ListPart { entries: exports, next_cursor })
        })
    }

    /// One export.
    pub(crate) fn get_export(&self, id: &str) -> Result<ExportRecord, ClientError> {
        parse(&self.call(&format!("exports/{id}"), Request::Get { query: &[] }, Repeat::Harmless)?, "an export")
    }

    /// Ends an export before it is finished. To cancel a cancelled one changes nothing.
    pub(crate) fn cancel_export(&self, id: &str) -> Result<ExportRecord, ClientError> {
        parse(&self.call(&format!("exports/{id}/cancel"), Request::Run, Repeat::Harmless)?, "an export")
    }

    /// Removes an export and its file. Not repeated where nobody knows whether it happened: the second answer would be
    /// that there is none.
    pub(crate) fn delete_export(&self, id: &str) -> Result<(), ClientError> {
        self.call(&format!("exports/{id}"), Request::Delete, Repeat::Harmful).map(drop)
    }

    /// A file that is sent while it is made. To read it fails where it is broken off.
    pub(crate) fn stream_export(&self, query: &[(&str, String)]) -> Result<impl Read + use<>, ClientError> {
        // Packed by a proxy, the file would be unpacked again here, and what was lost in between might go unnoticed.
        let headers = [("accept-encoding", "identity".to_owned())];
        let response = self.open(Opening { path: "events/export", query, headers: &headers })?;
        let tells_its_end = ["content-length", "transfer-encoding"];
        if !tells_its_end.iter().any(|name| response.headers().contains_key(*name)) {
            let cause = "it ends where the connection does, so nobody could tell whether it is complete".to_owned();
            return Err(ClientError::Garbled { expected: "a file", cause });
        }
        Ok(response.into_body().into_reader())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_whole_and_never_beyond_a_hundred() {
        let percent = |scanned, total| ExportProgress { scanned, total, ..ExportProgress::default() }.percent();
        assert_eq!([percent(0, 0), percent(999, 1_000), percent(7, 7), percent(u64::MAX, 3)], [0, 99, 100, 100]);
    }

    #[test]
    fn an_export_says_what_of_its_manifest_is_not_understood() {
        let record = |text: &str| serde_json::from_str::<ExportRecord>(text).unwrap().file_facts();
        let facts =
            record(r#"{"manifest":{"file_name":"a.csv","bytes":7,"sha256":"ab","events":2,"more":[]}}"#).unwrap();
        assert_eq!((facts.file_name.as_str(), facts.bytes, facts.events), ("a.csv", 7, 2));
        assert!(record("{}").unwrap_err().to_string().contains("there is none"));
        assert!(record(r#"{"manifest":{"file_name":"a"}}"#).unwrap_err().to_string().contains("bytes"));
    }
}
