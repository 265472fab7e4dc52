//! Aggregates and facets over the API. Every answer also keeps the text that the server sent.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Client, ClientError, Repeat, Request, events::parse};

/// An answer, parsed and as it was sent.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) text: String,
    pub(crate) record: T,
}

/// The metrics over all events, or over those of a group. Members that this version does not know are ignored.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct AggregateRecord {
    pub(crate) count: u64,
    /// By field, like `min` and `max`.
    #[serde(default)]
    pub(crate) distinct: BTreeMap<String, DistinctRecord>,
    /// `null` where no event has a value.
    #[serde(default)]
    pub(crate) min: BTreeMap<String, Value>,
    #[serde(default)]
    pub(crate) max: BTreeMap<String, Value>,
    pub(crate) groups: Option<GroupsRecord>,
    /// The groups in whose texts the words of the query were not looked for; only beside the metrics of all events.
    #[serde(default)]
    pub(crate) withheld: Vec<String>,
}

/// A number of distinct values.
#[derive(Debug, Deserialize)]
pub(crate) struct DistinctRecord {
    pub(crate) count: u64,
    /// Whether the count is exact; otherwise it is an estimate.
    pub(crate) exact: bool,
}

/// The groups of one level, by value or by time.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct GroupsRecord {
    pub(crate) field: String,
    /// Only for groups by time.
    pub(crate) interval: Option<String>,
    pub(crate) time_zone: Option<String>,
    /// Only for groups by value: how many values exist, listed or not.
    pub(crate) values: Option<u64>,
    /// How many events are in groups that are not listed.
    pub(crate) other: Option<u64>,
    /// How many events have no value.
    pub(crate) missing: Option<u64>,
    pub(crate) buckets: Vec<BucketRecord>,
}

/// One group.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct BucketRecord {
    pub(crate) value: Option<String>,
    /// The start of the interval.
    pub(crate) from: Option<String>,
    /// The end of the interval, exclusive.
    pub(crate) to: Option<String>,
    #[serde(flatten)]
    pub(crate) aggregate: AggregateRecord,
}

/// The values of several fields.
#[derive(Debug, Deserialize)]
pub(crate) struct FacetsRecord {
    pub(crate) count: u64,
    pub(crate) facets: Vec<GroupsRecord>,
    /// Default fields that the key lacks the permission to see.
    #[serde(default)]
    pub(crate) withheld_fields: Vec<String>,
    /// The groups in whose texts the words of the query were not looked for.
    #[serde(default)]
    pub(crate) withheld: Vec<String>,
}

impl Client {
    /// Counts events by value and time.
    pub(crate) fn aggregate_events(&self, query: &[(&str, String)]) -> Result<Answer<AggregateRecord>, ClientError> {
        self.ask("events/aggregate", query, "an aggregate")
    }

    /// Counts the values of several fields.
    pub(crate) fn list_facets(&self, query: &[(&str, String)]) -> Result<Answer<FacetsRecord>, ClientError> {
        self.ask("events/facets", query, "a list of facets")
    }

    fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        expected: &'static str,
    ) -> Result<Answer<T>, ClientError> {
        let text = self.call(path, Request::Get { query }, Repeat::Harmless)?;
        let record = parse(&text, expected)?;
        Ok(Answer { text, record })
    }
}
