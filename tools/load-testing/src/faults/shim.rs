//! Owns the library faults/shim.c, which is preloaded into the server and makes its C library calls fail.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::faults::{Class, Extent, Fault, Injection};

const SOURCE: &str = include_str!("../../faults/shim.c");

/// The compiled library.
#[derive(Debug, Clone)]
pub struct Shim(PathBuf);

impl Shim {
    /// Compiles it in `directory` with the system's C compiler.
    pub fn compile(directory: &Path) -> io::Result<Self> {
        let (source, library) = (directory.join("shim.c"), directory.join("shim.so"));
        fs::write(&source, SOURCE)?;
        let mut command = Command::new("cc");
        let output = command.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(&source).output()?;
        if output.status.success() {
            return Ok(Self(library));
        }
        Err(io::Error::other(format!("cc: {}", String::from_utf8_lossy(&output.stderr).trim())))
    }

    /// The environment of a process whose calls below `root` are counted in `report`, in addition to those of an
    /// earlier process, and one of which is made to fail.
    #[must_use]
    pub fn environment(
        &self,
        root: &Path,
        counted: &BTreeMap<Class, u64>,
        report: &Path,
        injection: Option<Injection>,
    ) -> Vec<(&'static str, String)> {
        let counted = Class::ALL.map(|class| counted.get(&class).copied().unwrap_or(0).to_string());
        let mut environment = vec![
            ("HAMMER_FAULT_COUNTED", counted.join(",")),
            ("LD_PRELOAD", self.0.display().to_string()),
            ("HAMMER_FAULT_ROOT", root.display().to_string()),
            ("HAMMER_FAULT_REPORT", report.display().to_string()),
        ];
        if let Some(Injection { class, kind, at }) = injection {
            let fault = match kind.fault {
                Fault::Eio => "eio",
                Fault::Enospc => "enospc",
                Fault::Short => "short",
            };
            environment.push(("HAMMER_FAULT_CLASS", class.as_str().to_owned()));
            environment.push(("HAMMER_FAULT_KIND", fault.to_owned()));
            environment.push(("HAMMER_FAULT_AT", at.to_string()));
            environment.push(("HAMMER_FAULT_LASTS", u8::from(kind.extent == Extent::Lasting).to_string()));
        }
        environment
    }
}

/// The report of the library.
#[derive(Debug, Clone, Default)]
pub struct CallReport {
    /// The number of calls of each class.
    pub calls: BTreeMap<Class, u64>,
    /// The files whose calls were made to fail, relative to the root, in order.
    pub injected: Vec<String>,
}

impl CallReport {
    /// Reads the report of a process that has ended.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut report = Self::default();
        for line in fs::read_to_string(path)?.lines() {
            let (call, is_injected) = line.strip_suffix(" !").map_or((line, false), |call| (call, true));
            let mut words = call.splitn(3, ' ');
            let class = words.next().and_then(|word| Class::ALL.into_iter().find(|class| class.as_str() == word));
            let class = class.ok_or_else(|| io::Error::other(format!("{}: {line}", path.display())))?;
            *report.calls.entry(class).or_default() += 1;
            if is_injected {
                report.injected.push(words.nth(1).unwrap_or_default().to_owned());
            }
        }
        Ok(report)
    }
}
