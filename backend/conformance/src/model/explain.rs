//! Explains a wrong answer: finds the smallest part of its filter that is answered wrongly, and the events concerned.

use std::collections::BTreeSet;

use auditlog_core::{
    query::{Filter, Order},
    store::{EventStore, ListRequest, View},
};

use crate::{fixtures::budget, oracle::Oracle};

/// Narrows a difference down. Repeats queries, so it only helps where the store's error is reproducible.
pub(super) async fn explain(view: &View, store: &impl EventStore, oracle: &Oracle) -> String {
    let mut view = view.clone();
    while let Some(part) = differing_part(&view, store, oracle).await {
        view.filter = part;
    }
    let expected: BTreeSet<u64> = oracle.positions(&view).iter().map(|position| position.sequence).collect();
    let got = match listed(&view, store).await {
        Ok(got) => got,
        Err(error) => return format!("{view:#?}\nis answered by {error}"),
    };
    let missing: Vec<_> = expected.difference(&got).collect();
    let surplus: Vec<_> = got.difference(&expected).collect();
    let example = missing.first().or(surplus.first()).and_then(|sequence| oracle.event(&view.tenant_id, **sequence));
    format!("narrowed down: {:#?}\nmissing {missing:?}, surplus {surplus:?}\nfor example {example:#?}", view.filter)
}

async fn differing_part(view: &View, store: &impl EventStore, oracle: &Oracle) -> Option<Filter> {
    let parts = match &view.filter {
        Filter::And(parts) | Filter::Or(parts) => parts.clone(),
        Filter::Not(part) => vec![part.as_ref().clone()],
        Filter::All | Filter::Field(_) | Filter::Text(_) => Vec::new(),
    };
    for filter in parts {
        let part = View { filter, ..view.clone() };
        let expected = oracle.positions(&part).len() as u64;
        if store.count(part.clone(), budget()).await != Ok(expected) {
            return Some(part.filter);
        }
    }
    None
}

async fn listed(view: &View, store: &impl EventStore) -> Result<BTreeSet<u64>, String> {
    let limit = usize::try_from(view.head).unwrap_or(usize::MAX).max(1);
    let request = ListRequest { view: view.clone(), order: Order::OldestFirst, after: None, limit };
    let page = store.list(request, budget()).await.map_err(|error| error.to_string())?;
    Ok(page.events.iter().map(|stored| stored.sequence).collect())
}
