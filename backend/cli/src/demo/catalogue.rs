//! Every action of the demonstration by frequency, and what follows from its verb.

use rand::rngs::StdRng;
use rand_distr::Zipf;

use super::{
    population::{rank, zipf},
    vocabulary::{SERVICES, Service},
};

/// An action of a service.
pub(super) struct Action {
    pub(super) service: &'static Service,
    pub(super) noun: &'static str,
    pub(super) verb: &'static str,
}

/// All actions with their frequencies.
pub(super) struct Catalogue {
    actions: Vec<Action>,
    law: Zipf<f64>,
}

impl Catalogue {
    pub(super) fn new() -> Self {
        let mut ranked = Vec::new();
        for (by_service, service) in SERVICES.iter().enumerate() {
            for (by_noun, (noun, verbs)) in service.actions.iter().enumerate() {
                for (by_verb, verb) in verbs.iter().enumerate() {
                    // First verbs of first nouns of first services are most frequent; no service crowds out the others.
                    ranked.push((by_service + 3 * by_noun + 2 * by_verb, Action { service, noun, verb }));
                }
            }
        }
        ranked.sort_by_key(|(order, _)| *order);
        let actions: Vec<Action> = ranked.into_iter().map(|(_, action)| action).collect();
        Self { law: zipf(actions.len(), 0.9), actions }
    }

    /// Draws an action at random.
    pub(super) fn draw(&self, random: &mut StdRng) -> &Action {
        &self.actions[rank(&self.law, random) % self.actions.len()]
    }
}

impl Action {
    /// The severity, if any.
    pub(super) fn severity(&self) -> Option<&'static str> {
        match (self.noun, self.verb) {
            ("break_glass", _) => Some("critical"),
            ("impersonation", _) | ("firewall_rule" | "role" | "mfa", "grant" | "delete" | "disable") => Some("high"),
            (_, "delete" | "revoke" | "freeze" | "export" | "terminate" | "suspend") => Some("medium"),
            (_, "reset" | "rollback" | "share" | "rotate") => Some("low"),
            _ => None,
        }
    }

    /// Whether the action changes its target in a way that the event should show.
    pub(super) fn changes_something(&self) -> bool {
        matches!(self.verb, "update" | "adjust" | "move" | "scale" | "assign" | "approve" | "close" | "grant")
    }
}
