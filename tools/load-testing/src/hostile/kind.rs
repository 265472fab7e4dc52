//! Owns the kinds of hostile clients and conditions, and their descriptions.

use std::{fmt, str::FromStr};

/// A kind of hostile client or condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Thousands of connections that send nothing.
    Idle,
    /// Requests that never end.
    HalfOpen,
    /// Answers that are not read.
    NotReading,
    /// Heads and bodies that are too large.
    Oversized,
    /// Small bodies that decompress to large ones.
    Bombs,
    /// Events with values that no event may hold.
    WildContent,
    /// More expensive queries than allowed.
    QueryFlood,
    /// Invalid keys.
    BadKeys,
    /// A slow disk.
    SlowDisk,
    /// A wall clock that jumps.
    ClockJumps,
}

/// Who may be affected by a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A hostile client, which must not affect others.
    Client,
    /// A condition of the machine, which affects all clients.
    Machine,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Idle,
        Self::HalfOpen,
        Self::NotReading,
        Self::Oversized,
        Self::Bombs,
        Self::WildContent,
        Self::QueryFlood,
        Self::BadKeys,
        Self::SlowDisk,
        Self::ClockJumps,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::HalfOpen => "half-open",
            Self::NotReading => "not-reading",
            Self::Oversized => "oversized",
            Self::Bombs => "bombs",
            Self::WildContent => "wild-content",
            Self::QueryFlood => "query-flood",
            Self::BadKeys => "bad-keys",
            Self::SlowDisk => "slow-disk",
            Self::ClockJumps => "clock-jumps",
        }
    }

    /// The description.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Idle => "5,000 connections: half never send a byte, half send nothing after their first request",
            Self::HalfOpen => "1,500 connections: half a head, a head byte by byte, half a body of 8 MiB byte by byte",
            Self::NotReading => "200 connections ask for pages of 1,000 events and for /docs, and read nothing",
            Self::Oversized => "16 connections in a loop: heads of 64 KiB, 200 header fields, bodies without end",
            Self::Bombs => "8 connections in a loop: gzip and zstd of 64 MiB, arrays nested a million deep",
            Self::WildContent => {
                "4 connections in a loop: events with NUL, texts of 200 kB, 100 levels, 5,000 members, times of 1601 and 9999"
            }
            Self::QueryFlood => {
                "32 connections in a loop: counts over all events of the readers' own tenant, by one key"
            }
            Self::BadKeys => "32 connections in a loop: keys that were never issued, half of them on new connections",
            Self::SlowDisk => {
                "each sync takes 20 ms longer, each tenth write, too, and 96 connections send batches of 1,000"
            }
            Self::ClockJumps => "the wall clock jumps a day ahead, an hour back, two days back",
        }
    }

    /// Who may be affected by it.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::SlowDisk | Self::ClockJumps => Class::Machine,
            _ => Class::Client,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| format!("one of {}", names()))
    }
}
