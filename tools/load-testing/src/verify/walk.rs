//! Owns the walk over all pages of one tenant's log.

use std::{collections::HashSet, fmt};

use crate::{
    api::{Address, Call, CallError, Client, EventAnswer, PageAnswer, encode_parameter},
    corpus::{EventNumber, request_id},
    load::Session,
    record::{Kind, Snapshot, TenantIndex},
    verify::{Direction, Verified},
};

/// The maximum page size.
const PAGE_EVENTS: usize = 1_000;

struct Walk<'a> {
    session: &'a Session,
    tenant: TenantIndex,
    snapshot: &'a Snapshot,
    direction: Direction,
    /// One flag per sequence, beginning with the first.
    seen: Vec<bool>,
    doubtful_seen: HashSet<String>,
    doubtful: HashSet<String>,
    last: Option<(String, u64)>,
    verified: Verified,
}

/// Walks a tenant's log from the snapshot's first sequence on and reports every difference from the acknowledgements.
pub(super) async fn walk(
    session: &Session,
    address: Address,
    tenant: TenantIndex,
    snapshot: &Snapshot,
    direction: Direction,
) -> Result<Verified, CallError> {
    let doubtful = snapshot.in_doubt.iter().map(|&number| session.corpus.id(number).to_string()).collect();
    let mut walk = Walk {
        session,
        tenant,
        snapshot,
        direction,
        seen: Vec::new(),
        doubtful_seen: HashSet::new(),
        doubtful,
        last: None,
        verified: Verified::default(),
    };
    let mut client = Client::new(address);
    let mut cursor = None;
    loop {
        let target = walk.target(cursor.as_deref());
        let answer = client.call(&session.tenants[tenant.0].credential, Call::get(&target)).await?;
        if !answer.status.is_success() {
            walk.report(Kind::Refused, format!("{target}: {} {}", answer.status, answer.text()));
            return Ok(walk.verified);
        }
        match serde_json::from_slice::<PageAnswer<'_>>(&answer.body) {
            Ok(page) => cursor = walk.page(&page),
            Err(error) => {
                walk.report(Kind::Inconsistent, format!("{target}: unreadable page: {error}"));
                return Ok(walk.verified);
            }
        }
        if cursor.is_none() {
            return Ok(walk.finish());
        }
    }
}

impl Walk<'_> {
    fn target(&self, cursor: Option<&str>) -> String {
        let mut target = format!("/api/v1/events?limit={PAGE_EVENTS}&order={}", self.direction.as_str());
        if self.snapshot.first_sequence() > 0 {
            target.push_str("&sequence=");
            target.push_str(&encode_parameter(&format!(">={}", self.snapshot.first_sequence())));
        }
        match cursor {
            Some(cursor) => {
                target.push_str("&cursor=");
                target.push_str(&encode_parameter(cursor));
            }
            None => target.push_str("&count=true"),
        }
        target
    }

    fn report(&self, kind: Kind, text: impl fmt::Display) {
        let tenant = &self.session.tenants[self.tenant.0].id;
        self.session.record.violations().report(kind, format!("tenant {tenant}: {text}"));
    }

    fn page(&mut self, page: &PageAnswer<'_>) -> Option<String> {
        if let Some(total) = page.total {
            // The count is compared with the walk's own at its end; it also sizes the flags once.
            self.seen.reserve(usize::try_from(total).unwrap_or(0));
            self.verified.heads = vec![self.snapshot.first_sequence() + total];
        }
        for event in &page.events {
            self.event(event);
        }
        self.verified.pages += 1;
        self.verified.walked += u64::try_from(page.events.len()).unwrap_or(0);
        page.next_cursor.as_deref().map(str::to_owned)
    }

    fn event(&mut self, event: &EventAnswer<'_>) {
        let Ok(sequence) = event.sequence.parse::<u64>() else {
            return self.report(Kind::Inconsistent, format!("event {} has the sequence {}", event.id, event.sequence));
        };
        if event.tenant_id != self.session.tenants[self.tenant.0].id {
            self.report(Kind::Foreign, format!("event {} of tenant {} is shown", event.id, event.tenant_id));
        }
        self.check_order(event, sequence);
        self.check_place(event, sequence);
        match self.snapshot.at(sequence) {
            Some(number) => self.check_acknowledged(event, number),
            None => self.check_unacknowledged(event, sequence),
        }
    }

    /// Canonical times can be compared as texts.
    fn check_order(&mut self, event: &EventAnswer<'_>, sequence: u64) {
        let here = (event.occurred_at.as_ref(), sequence);
        if let Some((time, last_sequence)) = &self.last {
            let last = (time.as_str(), *last_sequence);
            let ordered = match self.direction {
                Direction::NewestFirst => here < last,
                Direction::OldestFirst => here > last,
            };
            if !ordered {
                self.report(Kind::Inconsistent, format!("{here:?} follows {last:?} in a walk {:?}", self.direction));
            }
        }
        self.last = Some((here.0.to_owned(), sequence));
    }

    fn check_place(&mut self, event: &EventAnswer<'_>, sequence: u64) {
        let place = sequence.checked_sub(self.snapshot.first_sequence()).and_then(|place| usize::try_from(place).ok());
        let Some(place) = place else {
            return self.report(Kind::Inconsistent, format!("sequence {sequence} lies before the requested range"));
        };
        if place >= self.seen.len() {
            self.seen.resize(place + 1, false);
        }
        if std::mem::replace(&mut self.seen[place], true) {
            self.report(Kind::Doubled, format!("sequence {sequence} is shown twice, now as event {}", event.id));
        }
    }

    fn check_acknowledged(&self, event: &EventAnswer<'_>, number: EventNumber) {
        let facts = self.session.corpus.facts(number);
        let expected = facts.id(self.session.corpus.plan()).to_string();
        if event.id != expected {
            self.report(
                Kind::Lost,
                format!("event {} is at the sequence at which {expected} was acknowledged", event.id),
            );
            return;
        }
        if event.context.request_id.as_deref() != Some(request_id(&self.session.corpus, &facts).as_str()) {
            self.report(Kind::Altered, format!("event {expected} has the request id {:?}", event.context.request_id));
        }
    }

    /// An event that was never acknowledged may be one that was sent without an answer, once, or the server's own
    /// record of a change of keys and tenants.
    fn check_unacknowledged(&mut self, event: &EventAnswer<'_>, sequence: u64) {
        if self.doubtful.contains(event.id.as_ref()) {
            self.verified.unacknowledged_found += 1;
            if !self.doubtful_seen.insert(event.id.as_ref().to_owned()) {
                self.report(Kind::Doubled, format!("unacknowledged event {} is there twice", event.id));
            }
            return;
        }
        if event.source.service == "auditlog" {
            return;
        }
        let elsewhere =
            self.snapshot.acknowledged().find(|known| self.session.corpus.id(known.number).to_string() == event.id);
        match elsewhere {
            Some(known) => {
                let text = format!("event {} is at {sequence} and was acknowledged at {}", event.id, known.sequence);
                self.report(Kind::Doubled, text);
            }
            None => self.report(Kind::Foreign, format!("event {} at {sequence} was never sent here", event.id)),
        }
    }

    fn finish(mut self) -> Verified {
        let first = self.snapshot.first_sequence();
        let missing: Vec<u64> = (first..).zip(&self.seen).filter(|&(_, &seen)| !seen).map(|(place, _)| place).collect();
        for sequence in &missing {
            match self.snapshot.at(*sequence) {
                Some(number) => self.report(Kind::Lost, self.lost(number, *sequence)),
                None => self.report(Kind::Gap, format!("there is no event at sequence {sequence}")),
            }
        }
        let head = first + u64::try_from(self.seen.len()).unwrap_or(0);
        for known in self.snapshot.acknowledged().filter(|known| known.sequence >= head) {
            self.report(Kind::Lost, self.lost(known.number, known.sequence));
        }
        let counted = self.verified.heads.first().copied();
        if counted != Some(first + self.verified.walked) {
            let text = format!("count=true says {counted:?} less {first}, the walk shows {}", self.verified.walked);
            self.report(Kind::Inconsistent, text);
        }
        self.verified.heads = vec![head];
        self.verified
    }

    fn lost(&self, number: EventNumber, sequence: u64) -> String {
        format!("event {} acknowledged at {sequence} is not found", self.session.corpus.id(number))
    }
}
