//! Output for people and scripts. Results go to standard output, everything else to standard error; colours are used
//! only on a terminal and if `NO_COLOR` is not set.

mod adjustment;
mod chart;
mod console;
mod event_card;
mod event_table;
mod excerpt;
mod indented;
mod key_output;
mod plain;
mod progress;
mod secret_file;
pub(crate) mod style;
mod table;

pub(crate) use adjustment::{adjustment_mark, adjustment_marks};
pub(crate) use auditlog_core::printable::printable;
pub(crate) use chart::Chart;
pub(crate) use console::{Console, Verbosity, counted, grouped, json_of, size, stdout_width};
pub(crate) use event_card::write_event_card;
pub(crate) use event_table::{EventColumn, EventTable};
pub(crate) use indented::indented;
pub(crate) use key_output::KeyOutputArguments;
pub(crate) use plain::plain_stdout;
pub(crate) use progress::{Progress, Unit};
pub(crate) use secret_file::{SecretFile, read_secret_file, replace_secret_file};
pub(crate) use table::{Cell, Layout, write_table};
