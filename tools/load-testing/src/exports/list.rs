//! Owns reading the list: all its pages, sorted into the order of the log.

use serde_json::from_slice;

use crate::{
    api::{Address, Call, Client, Credential, PageAnswer, encode_parameter},
    campaign::Fault,
    exports::contents::{Comparison, Contents},
};

/// The maximum page size.
const PAGE_EVENTS: usize = 1_000;

/// The events of the list.
pub(super) struct Listed {
    pub(super) contents: Contents,
    /// The total of `count=true`.
    pub(super) total: u64,
}

pub(super) async fn contents(address: Address, credential: &Credential, parameters: &str) -> Result<Listed, Fault> {
    let mut client = Client::new(address);
    let first = format!("/api/v1/events?limit={PAGE_EVENTS}&{parameters}");
    let (mut target, mut total, mut events) = (format!("{first}&count=true"), 0, Vec::new());
    loop {
        let answer = client.call(credential, Call::get(&target)).await?;
        if !answer.status.is_success() {
            return Err(format!("{target}: {} {}", answer.status, answer.text()).into());
        }
        let page: PageAnswer<'_> = from_slice(&answer.body)?;
        total = page.total.unwrap_or(total);
        for event in &page.events {
            events.push((event.sequence.parse::<u64>()?, event.id.to_string()));
        }
        let Some(cursor) = page.next_cursor else { break };
        target = format!("{first}&cursor={}", encode_parameter(&cursor));
    }
    events.sort_unstable();
    let mut comparison = Comparison::default();
    for (sequence, id) in &events {
        comparison.add(*sequence, id)?;
    }
    Ok(Listed { contents: comparison.finish(), total })
}
