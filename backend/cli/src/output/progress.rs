//! The progress bar. Drawn only where a person watches, so callers never ask.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::output::{Console, grouped};

/// What a bar counts towards its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Bytes of input, beside which the number of events runs along.
    Bytes,
    /// Bytes of input alone.
    PlainBytes,
    /// Events.
    Events,
    /// Segments.
    Segments,
}

/// A bar with rate and time to go.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    unit: Unit,
}

impl Progress {
    /// A bar over `total` units; invisible where nobody watches.
    pub(crate) fn new(console: &Console, unit: Unit, total: u64) -> Self {
        if !console.shows_progress() {
            return Self { bar: ProgressBar::hidden(), unit };
        }
        let bar = ProgressBar::new(total);
        let template = match unit {
            Unit::Bytes => "{bar:30.cyan/dim} {percent:>3}%  {msg}  ETA {eta}",
            Unit::PlainBytes => "{bar:30.cyan/dim} {percent:>3}%  {bytes} of {total_bytes}  ETA {eta}",
            Unit::Segments => "{bar:30.cyan/dim} {percent:>3}%  {count} of {len} segments  ETA {eta}",
            Unit::Events => "{bar:30.cyan/dim} {percent:>3}%  {count} events  {rate}/s  ETA {eta}",
        };
        // The template is a constant that the tests draw; a bar without it would still count.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(
                style
                    .progress_chars("━╸─")
                    .with_key("count", |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                        let _ = text.write_str(&grouped(state.pos()));
                    })
                    .with_key("rate", |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                        let _ = text.write_str(&grouped(whole(state.per_sec())));
                    }),
            );
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, unit }
    }

    /// Moves the bar to `position`; `events` of them were done so far.
    pub(crate) fn set(&self, position: u64, events: u64) {
        self.bar.set_position(position);
        if self.unit == Unit::Bytes {
            let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
            #[expect(clippy::cast_precision_loss, reason = "a rate shown to a person needs three digits")]
            let rate = whole(events as f64 / seconds);
            self.bar.set_message(format!("{} events  {}/s", grouped(events), grouped(rate)));
        }
    }

    /// Takes the bar away; what it showed is said by the summary.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are positive and far below 2^64")]
fn whole(rate: f64) -> u64 {
    rate.round().max(0.0) as u64
}
