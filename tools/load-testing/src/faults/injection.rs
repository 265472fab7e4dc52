//! Owns the names of faults: which call of which class fails, and how.

use std::{fmt, str::FromStr};

/// The class of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Writing bytes.
    Write,
    /// Waiting until bytes or names are on disk.
    Sync,
    /// Renaming a file.
    Rename,
    /// Changing a file's length.
    Truncate,
    /// Creating a file or a directory, or opening a file that would be created.
    Create,
    /// Removing a name.
    Remove,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 6] = [Self::Write, Self::Sync, Self::Rename, Self::Truncate, Self::Create, Self::Remove];

    /// The shim's name for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Rename => "rename",
            Self::Truncate => "truncate",
            Self::Create => "create",
            Self::Remove => "remove",
        }
    }

    /// The faults that are possible for calls of this class.
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self == Self::Write || kind.fault != Fault::Short)
    }
}

/// The effect on a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// EIO: the disk is broken.
    Eio,
    /// ENOSPC: the disk is full.
    Enospc,
    /// Half of the bytes are written.
    Short,
}

/// The duration of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extent {
    /// Only that call.
    Once,
    /// That call and every later one of its class.
    Lasting,
}

/// The effect and its duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// The effect.
    pub fault: Fault,
    /// The duration.
    pub extent: Extent,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self { fault: Fault::Eio, extent: Extent::Once },
        Self { fault: Fault::Eio, extent: Extent::Lasting },
        Self { fault: Fault::Enospc, extent: Extent::Once },
        Self { fault: Fault::Enospc, extent: Extent::Lasting },
        Self { fault: Fault::Short, extent: Extent::Once },
        Self { fault: Fault::Short, extent: Extent::Lasting },
    ];

    /// A short name for tables and arguments.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match (self.fault, self.extent) {
            (Fault::Eio, Extent::Once) => "eio-once",
            (Fault::Eio, Extent::Lasting) => "eio-lasting",
            (Fault::Enospc, Extent::Once) => "enospc-once",
            (Fault::Enospc, Extent::Lasting) => "enospc-lasting",
            (Fault::Short, Extent::Once) => "short-once",
            (Fault::Short, Extent::Lasting) => "short-lasting",
        }
    }
}

/// One fault in one run of the workload. Its text, `write:eio-once:17`, repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Injection {
    /// The class of calls that are counted.
    pub class: Class,
    /// The effect.
    pub kind: Kind,
    /// The ordinal of the call, from 1.
    pub at: u64,
}

impl fmt::Display for Injection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.class.as_str(), self.kind.as_str(), self.at)
    }
}

impl FromStr for Injection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is not a fault; write one like write:eio-once:17");
        let mut parts = text.split(':');
        let (class, kind, at) = (parts.next(), parts.next(), parts.next().and_then(|at| at.parse().ok()));
        let class = Class::ALL.into_iter().find(|known| Some(known.as_str()) == class).ok_or_else(wrong)?;
        let kind = class.kinds().find(|known| Some(known.as_str()) == kind).ok_or_else(wrong)?;
        Ok(Self { class, kind, at: at.filter(|at| *at > 0 && parts.next().is_none()).ok_or_else(wrong)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_what_its_text_says() {
        for class in Class::ALL {
            for kind in class.kinds() {
                let injection = Injection { class, kind, at: 17 };
                assert_eq!(injection.to_string().parse(), Ok(injection));
            }
        }
        for wrong in ["", "write", "write:eio-once", "write:eio-once:0", "sync:short-once:1", "write:eio-once:1:2"] {
            assert!(wrong.parse::<Injection>().is_err(), "{wrong}");
        }
    }
}
