//! Owns the table of the effects on other clients, and the verdict.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde::Serialize;

use crate::{
    attack::{Attack, AttackPlan, Claim, Figure, Limits, witness::Seen},
    bench::Machine,
    load::Percentiles,
};

/// How one figure changed.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Before the attack.
    pub quiet: Percentiles,
    /// During the attack.
    pub attacked: Percentiles,
    /// The refusals during the attack, by kind.
    pub refusals: BTreeMap<String, u64>,
}

/// One attack and its outcome.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its name.
    pub attack: &'static str,
    /// Its description.
    pub done: &'static str,
    /// How long other clients waited.
    pub changes: BTreeMap<Figure, Change>,
    /// The highest memory of the server before the attack and during it.
    pub resident_mib: [u64; 2],
    /// The claims.
    pub claims: Vec<Claim>,
}

/// All observations.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    machine: Machine,
    rows: Vec<Row>,
    /// Attacks that cannot run here, with the reason.
    passed_over: BTreeMap<&'static str, String>,
    #[serde(skip)]
    work_dir: PathBuf,
}

/// The waits of other clients, and the memory of the server.
#[derive(Clone, Copy)]
pub(super) struct Observed<'a> {
    /// Before the attack.
    pub(super) quiet: &'a Seen,
    /// During it.
    pub(super) attacked: &'a Seen,
}

impl Row {
    pub(super) fn new(attack: Attack, limits: Limits, seen: Observed<'_>, own: Vec<Claim>) -> Self {
        let Observed { quiet, attacked } = seen;
        let change = |figure| {
            let refusals = attacked.refusals.get(&figure).cloned().unwrap_or_default();
            let (quiet, attacked) = (quiet.percentiles(figure), attacked.percentiles(figure));
            (figure, Change { quiet, attacked, refusals })
        };
        let changes: BTreeMap<_, _> = Figure::ALL.into_iter().map(change).collect();
        let resident_mib = [quiet.resident_mib, attacked.resident_mib];
        let mut claims = Vec::new();
        for (figure, slow, refused) in [
            (Figure::Live, "/health/live answers others in time", "/health/live is refused to no client"),
            (Figure::NewestPage, "others have their newest page in time", "the newest page is refused to no other"),
        ] {
            let Change { attacked, refusals, .. } = &changes[&figure];
            let p99 = attacked.p99_ms;
            claims.push(Claim::new(slow, p99 <= limits.others_p99.as_secs_f64() * 1_000.0, format!("p99 {p99:.1} ms")));
            claims.push(Claim::new(refused, refusals.is_empty(), counted(refusals)));
        }
        let growth = resident_mib[1].saturating_sub(resident_mib[0]);
        let seen = format!("{growth} MiB more than before");
        // Missing memory figures mean that the server could not be observed.
        let is_seen = !resident_mib.contains(&0);
        claims.push(Claim::new("the server does not grow", is_seen && growth <= limits.growth_mib, seen));
        claims.extend(own);
        Self { attack: attack.as_str(), done: attack.describe(), changes, resident_mib, claims }
    }

    /// Whether every claim of this attack holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.claims.iter().all(|claim| claim.holds)
    }
}

fn counted(refusals: &BTreeMap<String, u64>) -> String {
    if refusals.is_empty() {
        return "none".to_owned();
    }
    refusals.iter().map(|(how, count)| format!("{count} × {how}")).collect::<Vec<_>>().join(", ")
}

impl Report {
    pub(super) fn new(plan: &AttackPlan) -> Self {
        Self {
            machine: Machine::look(&plan.work_dir, &plan.server_binary),
            rows: Vec::new(),
            passed_over: BTreeMap::new(),
            work_dir: plan.work_dir.clone(),
        }
    }

    pub(super) fn add(&mut self, row: Row) {
        eprintln!("{}: {}", row.attack, if row.holds() { "every claim holds" } else { "NOT every claim holds" });
        self.rows.push(row);
    }

    pub(super) fn pass_over(&mut self, attack: Attack, reason: &str) {
        eprintln!("{attack}: skipped: {reason}");
        self.passed_over.insert(attack.as_str(), reason.to_owned());
    }

    /// One for each attack that ran.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether every claim of every attack holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.rows.iter().all(Row::holds)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (quiet, attacked) = (self.quiet, self.attacked);
        write!(
            formatter,
            "{:.1} → {:.1}; {:.1} → {:.1}",
            quiet.p50_ms, attacked.p50_ms, quiet.p99_ms, attacked.p99_ms
        )?;
        if self.refusals.is_empty() {
            return Ok(());
        }
        write!(formatter, " ({})", counted(&self.refusals))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "| {}: {} |", self.attack, self.done)?;
        for figure in Figure::ALL {
            match self.changes.get(&figure) {
                Some(change) => write!(formatter, " {change} |")?,
                None => write!(formatter, " |")?,
            }
        }
        let [before, highest] = self.resident_mib;
        write!(formatter, " {before} → {highest} |")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.machine)?;
        writeln!(formatter, "what another tenant notices: p50, then p99, before → during the attack, in ms\n")?;
        writeln!(formatter, "| attack | /health/live | newest page | single event acknowledged | resident MiB |")?;
        writeln!(formatter, "|---|---|---|---|---|")?;
        for row in &self.rows {
            writeln!(formatter, "{row}")?;
        }
        writeln!(formatter)?;
        for (attack, reason) in &self.passed_over {
            writeln!(formatter, "{attack} was skipped: {reason}")?;
        }
        for row in &self.rows {
            for Claim { claim, holds, seen } in &row.claims {
                let verdict = if *holds { "holds " } else { "BROKEN" };
                writeln!(formatter, "{verdict}  {}: {claim}: {seen}", row.attack)?;
            }
        }
        if !self.holds() {
            write!(formatter, "\nthe remaining files are in {}", self.work_dir.display())?;
        }
        Ok(())
    }
}
