//! Exports over the API: streamed ones, and those that the server makes in the background and keeps.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ureq::BodyReader;

use super::{
    Client, ClientError, Repeat, Request,
    control::ListPart,
    events::parse,
    stream::{Opening, withheld_of},
};

/// An export to create.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewExport {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) query: String,
    pub(crate) format: &'static str,
    pub(crate) compression: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) columns: Option<Vec<String>>,
}

/// An export as the server represents it. Members that this version does not know are ignored.
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
    /// Kept as the server wrote it: it is stored beside the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) manifest: Option<Value>,
}

/// The owner of an export.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ExportOwner {
    pub(crate) r#type: String,
    pub(crate) id: String,
}

/// The progress of an export.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ExportProgress {
    /// Log entries scanned so far.
    pub(crate) scanned: u64,
    /// Log entries to scan.
    pub(crate) total: u64,
    /// Events and bytes written to the file so far.
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

/// Why the export failed.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ExportProblem {
    pub(crate) code: String,
    pub(crate) detail: String,
}

/// The facts about a file that a download needs.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FileFacts {
    pub(crate) file_name: String,
    pub(crate) bytes: u64,
    /// In hexadecimal digits.
    pub(crate) sha256: String,
    pub(crate) events: u64,
    /// The groups that the key may not see.
    #[serde(default)]
    pub(crate) withheld: Vec<String>,
}

impl ExportProgress {
    /// The scanned share of the log, in per cent.
    pub(crate) fn percent(&self) -> u64 {
        let percent = u128::from(self.scanned) * 100 / u128::from(self.total.max(1));
        u64::try_from(percent.min(100)).unwrap_or(100)
    }
}

impl ExportRecord {
    /// The facts about the file, from its manifest.
    pub(crate) fn file_facts(&self) -> Result<FileFacts, ClientError> {
        let garbled = |cause: String| ClientError::Garbled { expected: "the manifest of an export", cause };
        let manifest = self.manifest.as_ref().ok_or_else(|| garbled("there is none".to_owned()))?;
        FileFacts::deserialize(manifest).map_err(|error| garbled(error.to_string()))
    }
}

/// An export that is read as the server makes it.
pub(crate) struct StreamedFile {
    /// The groups in whose texts the words of the query are not looked for.
    pub(crate) withheld: Vec<String>,
    pub(crate) body: BodyReader<'static>,
}

impl Client {
    /// Has the server start an export.
    pub(crate) fn create_export(&self, export: &NewExport) -> Result<ExportRecord, ClientError> {
        parse(&self.post("exports", export)?, "an export")
    }

    /// Lists the exports that the key may see, newest first.
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

    /// Fetches one export.
    pub(crate) fn get_export(&self, id: &str) -> Result<ExportRecord, ClientError> {
        parse(&self.call(&format!("exports/{id}"), Request::Get { query: &[] }, Repeat::Harmless)?, "an export")
    }

    /// Cancels an export. Cancelling a cancelled one changes nothing.
    pub(crate) fn cancel_export(&self, id: &str) -> Result<ExportRecord, ClientError> {
        parse(&self.call(&format!("exports/{id}/cancel"), Request::Run, Repeat::Harmless)?, "an export")
    }

    /// Deletes an export and its file. Not repeated when the outcome is unknown: the second answer would be that it
    /// does not exist.
    pub(crate) fn delete_export(&self, id: &str) -> Result<(), ClientError> {
        self.call(&format!("exports/{id}"), Request::Delete, Repeat::Harmful).map(drop)
    }

    /// Opens a streamed export. Reading fails if the stream breaks off.
    pub(crate) fn stream_export(&self, query: &[(&str, String)]) -> Result<StreamedFile, ClientError> {
        // If a proxy compressed the file, it would be decompressed here, and a loss in between might go unnoticed.
        let headers = [("accept-encoding", "identity".to_owned())];
        let response = self.open(Opening { path: "events/export", query, headers: &headers })?;
        let tells_its_end = ["content-length", "transfer-encoding"];
        if !tells_its_end.iter().any(|name| response.headers().contains_key(*name)) {
            let cause = "it ends where the connection does, so it could not be known whether it is complete".to_owned();
            return Err(ClientError::Garbled { expected: "a file", cause });
        }
        let withheld = withheld_of(&response);
        Ok(StreamedFile { withheld, body: response.into_body().into_reader() })
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
