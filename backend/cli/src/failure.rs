//! The outcome of a command: the exit codes that scripts may rely on, and the one error type that is shown to a person.
//! Knows nothing about how the error is printed.

use std::io;

/// The exit code of a command. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command succeeded.
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The command line or the configuration is wrong; nothing was tried.
    Usage = 2,
    /// The command completed and found something wrong: `check` found damage, or events were rejected.
    FoundWrong = 3,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What every command returns.
pub(crate) type Outcome = Result<Exit, Failure>;

/// Why a command failed, in the order of a reader's questions: what, where, what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code of the process.
    pub(crate) exit: Exit,
    /// What went wrong, in one sentence without a full stop.
    pub(crate) message: String,
    /// Where and how exactly, a line each.
    pub(crate) details: Vec<String>,
    /// What to do about it.
    pub(crate) hints: Vec<String>,
}

impl Failure {
    /// A failed attempt.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into(), details: Vec::new(), hints: Vec::new() }
    }

    /// A mistake in the command line or the configuration.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::failed(message) }
    }

    /// An error with its chain of causes, each cause a detail.
    pub(crate) fn caused_by(message: impl Into<String>, error: &dyn std::error::Error) -> Self {
        let mut failure = Self::failed(message).detail(error.to_string());
        let mut cause = error.source();
        while let Some(error) = cause {
            // Many errors include their cause in their own text already; a line that adds nothing is left out.
            let text = error.to_string();
            if !failure.details.iter().any(|detail| detail.contains(&text)) {
                failure = failure.detail(text);
            }
            cause = error.source();
        }
        failure
    }

    /// Adds a line that says where or how.
    #[must_use]
    pub(crate) fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Adds a line that says what to do.
    #[must_use]
    pub(crate) fn hint(mut self, line: impl Into<String>) -> Self {
        self.hints.push(line.into());
        self
    }

    /// The outcome when the reader of our output closed the pipe, as `head` does: an end, not an error.
    fn reader_left() -> Self {
        Self { exit: Exit::Done, ..Self::failed("") }
    }

    /// Whether there is a message to print.
    pub(crate) fn is_silent(&self) -> bool {
        self.message.is_empty()
    }
}

/// Only errors of writing to standard output are converted without context; all others name their file first.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::reader_left();
        }
        Self::caused_by("cannot write the output", &error)
    }
}
