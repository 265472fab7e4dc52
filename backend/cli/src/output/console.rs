//! Owns standard error: notes, warnings and failures, and whether a person watches.

use std::{
    fmt::Display,
    io::{IsTerminal, Write},
};

use crate::{
    failure::Failure,
    output::{printable, progress::BarPlace, style},
};

/// How much is printed beside the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Results and errors only.
    Quiet,
    /// Notes and progress too.
    Normal,
}

/// The destination of notes and errors. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    verbosity: Verbosity,
    bar_place: BarPlace,
}

impl Console {
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, bar_place: BarPlace::default() }
    }

    /// The place where the progress bar is drawn.
    pub(super) fn bar_place(&self) -> &BarPlace {
        &self.bar_place
    }

    /// Whether only results and errors are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// Whether progress may be drawn: standard error is a terminal and the user wants to see it.
    pub(crate) fn shows_progress(&self) -> bool {
        self.verbosity == Verbosity::Normal && std::io::stderr().is_terminal()
    }

    /// Prints a note beside the result.
    pub(crate) fn note(&self, text: impl Display) {
        if self.verbosity == Verbosity::Normal {
            let style = style::QUIET;
            self.line(format_args!("{style}{}{style:#}", printable(&text.to_string())));
        }
    }

    /// Prints something that the user should act on, quiet or not.
    pub(crate) fn warn(&self, text: impl Display) {
        let style = style::WARNING;
        self.line(format_args!("{style}warning:{style:#} {}", printable(&text.to_string())));
    }

    /// Prints why a command failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        if failure.is_silent() {
            return;
        }
        self.bar_place.clear();
        let (error, hint) = (style::ERROR, style::HINT);
        // These texts may contain parts from servers, files and events.
        self.line(format_args!("{error}error:{error:#} {}", printable(&failure.message)));
        for detail in &failure.details {
            self.line(format_args!("  {}", printable(detail)));
        }
        for text in &failure.hints {
            let lines: Vec<_> = text.split('\n').map(printable).collect();
            self.line(format_args!("{hint}hint:{hint:#} {}", lines.join("\n")));
        }
    }

    /// If standard error cannot be written to, the failure cannot be reported anywhere.
    fn line(&self, text: impl Display) {
        self.bar_place.above(|| {
            let _ = writeln!(anstream::stderr().lock(), "{text}");
        });
    }
}

/// The width of the terminal behind standard output. `None` if it is not a terminal.
pub(crate) fn stdout_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(usize::from(width.0))
}

/// A value as indented JSON.
pub(crate) fn json_of(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::caused_by("the answer cannot be printed", &error))
}

/// A count with its digits in groups of three: `1,234,567`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of things: `1 file`, `1,234 files`.
pub(crate) fn counted(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(count))
}

/// `1.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        let texts = [0, 12, 123, 1_234, 123_456, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }

    #[test]
    fn sizes_are_cut_to_a_tenth_of_their_unit() {
        let texts = [0, 1_023, 1_536, 5 << 20, (3 << 30) + (1 << 29)].map(size);
        assert_eq!(texts, ["0 B", "1023 B", "1.5 KiB", "5.0 MiB", "3.5 GiB"]);
    }
}
