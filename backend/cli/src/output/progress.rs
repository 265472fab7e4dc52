//! The progress bar. Drawn only where a person watches, so callers never ask.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle, WeakProgressBar};

use crate::output::{Console, grouped, printable};

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
    /// Places of a log, beside which a text runs along.
    Places,
    /// Bytes of something whose length nobody knows.
    BytesWithoutEnd,
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
        let bar = if unit == Unit::BytesWithoutEnd { ProgressBar::no_length() } else { ProgressBar::new(total) };
        let template = match unit {
            Unit::Bytes | Unit::Places => "{bar:30.cyan/dim} {percent:>3}%  {msg}  {to_go}",
            Unit::BytesWithoutEnd => "{spinner:.cyan} {bytes}  {binary_bytes_per_sec}",
            Unit::PlainBytes => {
                "{bar:30.cyan/dim} {percent:>3}%  {bytes} of {total_bytes}  {binary_bytes_per_sec}  {to_go}"
            }
            Unit::Segments => "{bar:30.cyan/dim} {percent:>3}%  {count} of {len} segments  {to_go}",
            Unit::Events => "{bar:30.cyan/dim} {percent:>3}%  {count} events  {rate}/s  {to_go}",
        };
        // The template is a constant that the tests draw; a bar without it would still count.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(
                style
                    .progress_chars("━╸─")
                    .with_key("count", |state: &ProgressState, text: &mut dyn fmt::Write| {
                        let _ = text.write_str(&grouped(state.pos()));
                    })
                    .with_key("to_go", |state: &ProgressState, text: &mut dyn fmt::Write| {
                        // Of what has not begun nobody knows how long it will take.
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

    /// Says how many units there are, where that was not known before, and what runs along.
    pub(crate) fn describe(&self, total: u64, text: &str) {
        self.bar.set_length(total);
        self.bar.set_message(printable(text).into_owned());
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

/// Where the bar is that is drawn now. Whatever else is written to the terminal goes through it, or it would end up
/// behind a half-drawn bar. Clones are the same place.
#[derive(Clone, Default)]
pub(crate) struct BarPlace(Arc<Mutex<WeakProgressBar>>);

impl BarPlace {
    fn hold(&self, bar: &ProgressBar) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bar.downgrade();
    }

    fn bar(&self) -> Option<ProgressBar> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    /// Writes something above the bar.
    pub(crate) fn above(&self, write: impl FnOnce()) {
        match self.bar() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away for good: what is written next is the last word.
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
