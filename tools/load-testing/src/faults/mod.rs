//! Makes each file operation of a small workload fail, one per run, and proves that no acknowledged event is lost and
//! nothing is served wrong, during the fault and after a start without it.

mod case;
mod injection;
mod schedule;
mod shim;
mod strays;
mod table;
mod workload;

use std::{
    collections::BTreeMap,
    fs,
    num::{NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

pub use case::{Case, CaseResult, Outcome};
pub use injection::{Class, Extent, Fault, Injection, Kind};
use schedule::{Effect, Schedule};
pub use shim::{CallReport, Shim};
pub use table::{Row, Table, TableSummary};

use crate::campaign::Fault as Failure;

/// The options of a run.
#[derive(Debug, Clone)]
pub struct FaultPlan {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// The directory of all files; directories of cases that broke a promise are kept.
    pub work_dir: PathBuf,
    /// Of this many neighbouring calls one is made to fail, a different one for each kind of fault.
    pub step: NonZeroU64,
    /// The number of concurrent cases.
    pub parallel: NonZeroUsize,
    /// Only this fault.
    pub only: Option<Injection>,
}

/// A directory in memory, if the system has one: cases take a fraction of the time there.
#[must_use]
pub fn work_dir_in_memory() -> Option<PathBuf> {
    let memory = Path::new("/dev/shm");
    memory.is_dir().then(|| memory.join(format!("hammer-faults-{}", std::process::id())))
}

/// Runs the workload twice without faults to count its calls, then once for each fault.
///
/// # Errors
/// Describes why the server cannot be judged. Broken promises are not an error: they are in the table.
pub async fn run(plan: &FaultPlan) -> Result<Table, Failure> {
    fs::create_dir_all(&plan.work_dir)?;
    // The shim compares with the kernel's name of the path.
    let work_dir = plan.work_dir.canonicalize()?;
    let case = Case { server_binary: plan.server_binary.clone(), shim: Shim::compile(&work_dir)?, work_dir };
    let (mut least, mut most) = (BTreeMap::new(), BTreeMap::new());
    for number in 0..2 {
        let counted = case.run(None, &format!("count-{number}")).await?;
        if !counted.violations.is_empty() {
            return Err(format!("the workload fails without any fault: {:?}", counted.violations).into());
        }
        for class in Class::ALL {
            let calls = counted.report.calls.get(&class).copied().unwrap_or(0);
            least.entry(class).and_modify(|least: &mut u64| *least = calls.min(*least)).or_insert(calls);
            most.entry(class).and_modify(|most: &mut u64| *most = calls.max(*most)).or_insert(calls);
        }
    }
    eprintln!("calls of the workload: {}", describe(&least, &most));
    let schedule = Schedule::new(&most, plan.step, plan.only);
    let expected = if plan.only.is_some() { BTreeMap::new() } else { least };
    let shared = Arc::new(Mutex::new((schedule, Table::new(expected, plan.step))));
    let workers: Vec<_> = (0..plan.parallel.get())
        .map(|_| tokio::spawn(work(case.clone(), Arc::clone(&shared), plan.only.is_some())))
        .collect();
    for worker in workers {
        worker.await??;
    }
    let table = shared.lock().1.clone();
    if table.violations().is_empty() {
        fs::remove_dir_all(&case.work_dir)?;
    }
    Ok(table)
}

async fn work(case: Case, shared: Arc<Mutex<(Schedule, Table)>>, is_alone: bool) -> Result<(), Failure> {
    loop {
        let next = shared.lock().0.next();
        let Some(injection) = next else { return Ok(()) };
        let result = case.run(Some(injection), &injection.to_string().replace(':', "-")).await?;
        let mut shared = shared.lock();
        let effect = if result.report.injected.is_empty() { Effect::NoSuchCall } else { Effect::Injected };
        shared.0.ended(injection, effect);
        if is_alone {
            eprintln!("{injection} ({}): {}", result.report.injected.join(" "), result.outcome.as_str());
        }
        shared.1.add(injection, &result);
    }
}

fn describe(least: &BTreeMap<Class, u64>, most: &BTreeMap<Class, u64>) -> String {
    let part = |(class, most): (&Class, &u64)| {
        let least = least.get(class).copied().unwrap_or(0);
        let range = if least == *most { most.to_string() } else { format!("{least} to {most}") };
        format!("{range} {}", class.as_str())
    };
    most.iter().map(part).collect::<Vec<_>>().join(", ")
}
