//! Owns the report at the end of a run.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;

use crate::{
    bench::Machine,
    soak::{Counted, PERIOD_MAX, Proved, Question, Slope, SoakPlan, Standing, Summary, period::Period},
};

/// The maximum length of the beginning and the end that are compared.
const SIDE_MAX: Duration = Duration::from_mins(5);

/// The events during the run.
#[derive(Debug, Default)]
pub(super) struct Course {
    pub periods: Vec<Period>,
    /// The duration of each start after a kill.
    pub restarts: Vec<Duration>,
    /// Why connections stopped sending.
    pub failures: Vec<String>,
    /// The total of the counters.
    pub counted: Counted,
    /// The state after everything was sealed and compacted.
    pub at_rest: Standing,
}

/// The complete report of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    machine: Machine,
    seed: u64,
    due_events_per_second: u64,
    tenants: usize,
    /// The run as a whole.
    pub whole: Summary,
    /// Its lines.
    pub lines: Vec<Summary>,
    /// Its beginning.
    pub first: Summary,
    /// Its end, as long as the beginning.
    pub last: Summary,
    /// The values that stayed flat.
    pub slopes: Vec<Slope>,
    /// Starts after kills, in milliseconds.
    pub restarts_ms: Vec<f64>,
    /// Why connections stopped sending.
    pub failures: Vec<String>,
    /// The total of the counters, including the time after the load.
    pub counted: Counted,
    /// The state after everything was sealed and compacted.
    pub at_rest: Standing,
    /// The coverage of the proof.
    pub proved: Proved,
    /// Broken promises, by kind.
    pub violations: BTreeMap<&'static str, u64>,
}

impl Report {
    pub(super) fn new(
        plan: &SoakPlan,
        course: Course,
        proved: Proved,
        violations: BTreeMap<&'static str, u64>,
    ) -> Self {
        let periods = &course.periods;
        // Five lines are five minutes of a long run and a fifth or less of a short one.
        let longest = usize::try_from(SIDE_MAX.as_secs() / PERIOD_MAX.as_secs()).unwrap_or(1);
        let side = (periods.len() / 5).clamp(1, longest).min(periods.len());
        Self {
            machine: Machine::look(&plan.work_dir, &plan.server_binary),
            seed: plan.seed,
            due_events_per_second: plan.rate.get(),
            tenants: plan.tenants.get(),
            whole: Summary::of(periods),
            lines: periods.iter().map(|period| Summary::of(std::slice::from_ref(period))).collect(),
            first: Summary::of(&periods[..side]),
            last: Summary::of(&periods[periods.len() - side..]),
            slopes: Slope::all(periods),
            restarts_ms: course.restarts.iter().map(|took| took.as_secs_f64() * 1_000.0).collect(),
            failures: course.failures,
            counted: course.counted,
            at_rest: course.at_rest,
            proved,
            violations,
        }
    }

    fn write_sides(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{:<40} {:>20} {:>20}",
            format!("ms, from when each was due: {:.0} s", self.first.seconds),
            "first p50; p99",
            "last p50; p99"
        )?;
        let sides = [&self.first, &self.last];
        let mut row = |what: &str, of: &dyn Fn(&Summary) -> crate::load::Percentiles| {
            let [first, last] = sides.map(|side| format!("{:.1}; {:.1}", of(side).p50_ms, of(side).p99_ms));
            writeln!(formatter, "{what:<40} {first:>20} {last:>20}")
        };
        row("acknowledge", &|side| side.acknowledge)?;
        for question in Question::ALL {
            row(question.as_str(), &|side| side.question(question))?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, counted) = (&self.whole, &self.counted);
        writeln!(formatter, "{}", self.machine)?;
        writeln!(
            formatter,
            "{} events acknowledged in {:.0} s, {:.0}/s of {}/s due; {} answers asked to come again later, {} requests \
             were lost and sent again, {} events were there already; {} restarts\n",
            whole.events,
            whole.seconds,
            whole.events_per_second(),
            self.due_events_per_second,
            whole.overloads,
            whole.retries,
            whole.duplicates,
            self.restarts_ms.len(),
        )?;
        self.write_sides(formatter)?;
        writeln!(formatter, "\n{:<56} {:>12} {:>12}   grown by at most a tenth?", "", "second fifth", "last fifth")?;
        for slope in &self.slopes {
            writeln!(formatter, "{slope}")?;
        }
        writeln!(
            formatter,
            "\nwritten for each byte that came in: {:.2} (log {:.2}, written back {:.2}, sealed {:.2}, compacted {:.2}); \
             the kernel counted {:.2}",
            counted.write_amplification(),
            counted.log_bytes / counted.event_bytes.max(1.0),
            counted.written_back_bytes / counted.event_bytes.max(1.0),
            counted.sealed_bytes / counted.event_bytes.max(1.0),
            counted.compacted_bytes / counted.event_bytes.max(1.0),
            counted.kernel_bytes / counted.event_bytes.max(1.0),
        )?;
        writeln!(
            formatter,
            "at rest: {} segments in {} files, {:.0} bytes an event",
            self.at_rest.segments,
            self.at_rest.segment_files,
            self.at_rest.segment_bytes / counted.events.max(1.0),
        )?;
        for failure in &self.failures {
            writeln!(formatter, "a connection ended early: {failure}")?;
        }
        write!(formatter, "{}", self.proved)
    }
}
