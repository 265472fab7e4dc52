//! The progress bar. Drawn only on a terminal that is watched, so callers need no check.

use std::{fmt, sync::Arc, time::Duration};

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle, WeakProgressBar};
use parking_lot::Mutex;

use crate::output::{Console, grouped, printable};

/// The unit in which a bar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Bytes of input, with the number of events beside them.
    Bytes,
    /// Bytes only.
    PlainBytes,
    /// Events.
    Events,
    /// Indexes.
    Indexes,
    /// Log entries, with a text beside them.
    Places,
    /// Bytes of something of unknown length.
    BytesWithoutEnd,
}

/// A bar with rate and remaining time.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    unit: Unit,
}

impl Progress {
    /// A bar over `total` units; invisible without a watched terminal.
    pub(crate) fn new(console: &Console, unit: Unit, total: u64) -> Self {
        if !console.shows_progress() {
            return Self { bar: ProgressBar::hidden(), unit };
        }
        let bar = if unit == Unit::BytesWithoutEnd { ProgressBar::no_length() } else { ProgressBar::new(total) };
        let template = match unit {
            Unit::Bytes | Unit::Places => "{bar:30.cyan/dim} {percent:>3}%  {msg}  {to_go}",
            Unit::BytesWithoutEnd => "{spinner:.cyan} {bytes}  {binary_bytes_per_sec}",
            Unit::PlainBytes => {
                "{bar:30.cyan/dim} {percent:>3}%  {bytes} of {total_bytes}  {binary_bytes_per_sec}  {to_go}"
            }
            Unit::Indexes => "{bar:30.cyan/dim} {percent:>3}%  {count} of {len} indexes  {to_go}",
            Unit::Events => "{bar:30.cyan/dim} {percent:>3}%  {count} events  {rate}/s  {to_go}",
        };
        // The template is a constant that the tests render; without it the bar would still count.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(
                style
                    .progress_chars("━╸─")
                    .with_key("count", |state: &ProgressState, text: &mut dyn fmt::Write| {
                        let _ = text.write_str(&grouped(state.pos()));
                    })
                    .with_key("to_go", |state: &ProgressState, text: &mut dyn fmt::Write| {
                        // Before the start there is no estimate of the remaining time.
                        if state.pos() > 0 {
                            let _ = write!(text, "ETA {:#}", HumanDuration(state.eta()));
                        }
                    })
                    .with_key("rate", |state: &ProgressState, text: &mut dyn fmt::Write| {
                        let _ = text.write_str(&grouped(whole(state.per_sec())));
                    }),
            );
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        console.bar_place().hold(&bar);
        Self { bar, unit }
    }

    /// Sets the total, where it was unknown before, and the text beside the bar.
    pub(crate) fn describe(&self, total: u64, text: &str) {
        self.bar.set_length(total);
        self.bar.set_message(printable(text).into_owned());
    }

    /// Moves the bar to `position`; `events` is the number of events so far.
    pub(crate) fn set(&self, position: u64, events: u64) {
        self.bar.set_position(position);
        if self.unit == Unit::Bytes {
            let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
            #[expect(clippy::cast_precision_loss, reason = "a rate shown to a person needs three digits")]
            let rate = whole(events as f64 / seconds);
            self.bar.set_message(format!("{} events  {}/s", grouped(events), grouped(rate)));
        }
    }

    /// Removes the bar; the summary repeats what it showed.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// The place of the bar that is currently drawn. All other output to the terminal goes through it, so that it does not
/// end up behind a half-drawn bar. Clones share the place.
#[derive(Clone, Default)]
pub(crate) struct BarPlace(Arc<Mutex<WeakProgressBar>>);

impl BarPlace {
    fn hold(&self, bar: &ProgressBar) {
        *self.0.lock() = bar.downgrade();
    }

    fn bar(&self) -> Option<ProgressBar> {
        self.0.lock().upgrade()
    }

    /// Writes above the bar.
    pub(crate) fn above(&self, write: impl FnOnce()) {
        match self.bar() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Removes the bar permanently before the final output.
    pub(crate) fn clear(&self) {
        if let Some(bar) = self.bar() {
            bar.finish_and_clear();
        }
    }
}

impl fmt::Debug for BarPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BarPlace")
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are positive and far below 2^64")]
fn whole(rate: f64) -> u64 {
    rate.round().max(0.0) as u64
}
