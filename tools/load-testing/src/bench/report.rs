//! Owns the table of figures.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::bench::Machine;

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The figures with their units.
    pub figures: Vec<(&'static str, f64)>,
    /// The design's bar.
    pub bar: &'static str,
    /// The design's aim.
    pub aim: &'static str,
}

impl Row {
    /// A line without figures.
    #[must_use]
    pub fn of(what: impl Into<String>) -> Self {
        Self { what: what.into(), figures: Vec::new(), bar: "", aim: "" }
    }

    /// Adds a figure.
    #[must_use]
    pub fn with(mut self, unit: &'static str, figure: f64) -> Self {
        self.figures.push((unit, figure));
        self
    }

    /// Adds the design's bar and aim.
    #[must_use]
    pub const fn bar(mut self, bar: &'static str, aim: &'static str) -> Self {
        self.bar = bar;
        self.aim = aim;
        self
    }
}

/// All measurements.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    machine: Machine,
    events: u64,
    rows: Vec<Row>,
    /// Wrong answers, by kind.
    pub violations: BTreeMap<&'static str, u64>,
}

impl Report {
    pub(super) const fn new(machine: Machine, events: u64) -> Self {
        Self { machine, events, rows: Vec::new(), violations: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, row: Row) {
        eprintln!("{row}");
        self.rows.push(row);
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures: Vec<String> =
            self.figures.iter().map(|(unit, figure)| format!("{} {unit}", number(*figure))).collect();
        write!(formatter, "| {:<62} | {:<34} | {:<16} | {:<8} |", self.what, figures.join(", "), self.bar, self.aim)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.machine)?;
        writeln!(formatter, "{} events; acknowledged means fsynced\n", number_of(self.events))?;
        writeln!(formatter, "| {:<62} | {:<34} | {:<16} | {:<8} |", "what", "figure", "bar", "aim")?;
        writeln!(formatter, "|{:-<64}|{:-<36}|{:-<18}|{:-<10}|", "", "", "", "")?;
        for row in &self.rows {
            writeln!(formatter, "{row}")?;
        }
        Ok(())
    }
}

/// Three significant digits, or more if they are before the decimal point.
fn number(value: f64) -> String {
    match value {
        value if value >= 1_000.0 => number_of(whole(value)),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures are positive and far below 2^64")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// A whole number with commas.
fn number_of(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_readable() {
        let shown: Vec<String> = [0.126, 3.456, 45.67, 456.7, 1_234_567.4].into_iter().map(number).collect();
        assert_eq!(shown, ["0.13", "3.46", "45.7", "457", "1,234,567"]);
    }
}
