//! Owns fetches of single events: a tenant's own events must be complete, those of other tenants must appear not to
//! exist.

use hyper::StatusCode;
use serde_json::Value;

use crate::{
    api::{Address, Answer, Call, CallError, Client, Problem},
    corpus::dice::Dice,
    load::Session,
    record::{Acknowledgement, Kind, Snapshot, TenantIndex},
    verify::Verified,
};

/// The number of events to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointPlan {
    /// The tenant.
    pub per_tenant: usize,
    /// The events.
    pub seed: u64,
}

/// Fetches a sample of a tenant's acknowledged events as their owner and as another tenant.
pub(super) async fn check(
    session: &Session,
    address: Address,
    tenant: TenantIndex,
    snapshot: &Snapshot,
    plan: PointPlan,
) -> Result<Verified, CallError> {
    let mut client = Client::new(address);
    let mut verified = Verified::default();
    for known in sample(snapshot, plan) {
        let id = session.corpus.id(known.number);
        let target = format!("/api/v1/events/{id}");
        let answer = client.call(&session.tenants[tenant.0].credential, Call::get(&target)).await?;
        verified.gets += 1;
        if let Err((kind, text)) = compare(session, known, &answer) {
            session.record.violations().report(kind, format!("{target}: {text}"));
        }
        if session.tenants.len() < 2 {
            continue;
        }
        let other = (tenant.0 + 1 + usize::try_from(known.number.0).unwrap_or(0) % (session.tenants.len() - 1))
            % session.tenants.len();
        let answer = client.call(&session.tenants[other].credential, Call::get(&target)).await?;
        verified.foreign_gets += 1;
        if !is_unknown(&answer) {
            let text = format!("{target} asked for by another tenant: {} {}", answer.status, answer.text());
            session.record.violations().report(Kind::Foreign, text);
        }
    }
    Ok(verified)
}

fn sample(snapshot: &Snapshot, plan: PointPlan) -> Vec<Acknowledgement> {
    let mut dice = Dice::new(plan.seed);
    let span = snapshot.end() - snapshot.first_sequence();
    (0..plan.per_tenant)
        .filter_map(|_| {
            let sequence = snapshot.first_sequence() + dice.below(span);
            Some(Acknowledgement { number: snapshot.at(sequence)?, sequence })
        })
        .collect()
}

fn is_unknown(answer: &Answer) -> bool {
    let problem: Option<Problem> = serde_json::from_slice(&answer.body).ok();
    answer.status == StatusCode::NOT_FOUND && problem.is_some_and(|problem| problem.code == "event_not_found")
}

fn compare(session: &Session, known: Acknowledgement, answer: &Answer) -> Result<(), (Kind, String)> {
    if answer.status == StatusCode::NOT_FOUND {
        return Err((Kind::Lost, "an acknowledged event is not found by its id".to_owned()));
    }
    if !answer.status.is_success() {
        return Err((Kind::Refused, format!("{} {}", answer.status, answer.text())));
    }
    let mut sent = Vec::new();
    session.corpus.write_event(known.number, &mut sent);
    let parsed =
        |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|error| (Kind::Altered, error.to_string()));
    let (sent, found) = (parsed(&sent)?, parsed(&answer.body)?);
    if found.get("sequence").and_then(Value::as_str) != Some(known.sequence.to_string().as_str()) {
        return Err((
            Kind::Inconsistent,
            format!("acknowledged at {}, now {:?}", known.sequence, found.get("sequence")),
        ));
    }
    if contains(&found, &sent) { Ok(()) } else { Err((Kind::Altered, format!("sent {sent}, found {found}"))) }
}

/// Whether the found event contains everything that was sent; the server adds fields of its own.
fn contains(found: &Value, sent: &Value) -> bool {
    match (found, sent) {
        (Value::Object(found), Value::Object(sent)) => {
            sent.iter().all(|(name, value)| found.get(name).is_some_and(|found| contains(found, value)))
        }
        (Value::Array(found), Value::Array(sent)) => {
            found.len() == sent.len() && found.iter().zip(sent).all(|(found, sent)| contains(found, sent))
        }
        (found, sent) => found == sent,
    }
}
