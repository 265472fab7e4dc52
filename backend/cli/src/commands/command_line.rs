//! Owns the top level of the command line: global options, and how negated terms are read. Each command's own arguments
//! are in its file.

use std::ffi::OsString;

use clap::Parser;

use crate::commands::Command;

const AFTER_HELP: &str = "\
Start here:
  auditlog serve --data-dir data                    start a server; its first start shows two keys
  export AUDITLOG_KEY=alk_…                         the tenant's key it showed
  auditlog send --action user.login --actor user:alice --service portal
  auditlog search actor:alice since:1d

Environment:
  AUDITLOG_URL   the server (default http://127.0.0.1:8080)
  AUDITLOG_KEY   the API key
  NO_COLOR       set to anything: no colours

Exit codes:
  0  done
  1  failed: refused, unreachable, not found or unreadable
  2  the command line or the configuration is wrong; nothing was tried
  3  done, but something is wrong: check found damage, or events were rejected";

/// A tamper-evident audit log: server, client and maintenance in one binary.
#[derive(Debug, Parser)]
#[command(name = "auditlog", version, after_help = AFTER_HELP, max_term_width = 110, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// Print results and errors only: no notes, no progress
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// Reads the command line. Ends the process if it is invalid or help was requested.
    pub(crate) fn read(command_line: impl Iterator<Item = OsString>) -> Self {
        Self::parse_from(negative_terms_spelled_out(command_line.collect()))
    }
}

/// The short flags of each command that takes search terms; any other argument that begins with a single dash is a
/// negated term.
const SHORT_FLAGS: [(&[&str], &str); 6] = [
    (&["search"], "qhVol"),
    (&["aggregate"], "qhVol"),
    (&["facets"], "qhVol"),
    (&["tail"], "qhVofn"),
    (&["saved-search", "create"], "qhVo"),
    // There is no -o here. Listing it makes clap refuse it, where otherwise `-o` would exclude events with the letter
    // o.
    (&["export"], "qhVof"),
];

/// Separates negated terms from flags: in `search a OR -outcome:success --count` the third is a term and the last a
/// flag. A term that begins with a dash is rewritten as `NOT` in its place, because beside an `OR` the order matters.
fn negative_terms_spelled_out(mut command_line: Vec<OsString>) -> Vec<OsString> {
    let is_flag = |argument: &OsString| argument.to_string_lossy().starts_with('-');
    let words: Vec<_> = command_line.iter().skip(1).filter(|argument| !is_flag(argument)).take(2).collect();
    let is_meant =
        |name: &[&str]| words.len() >= name.len() && name.iter().zip(&words).all(|(name, word)| word == name);
    let Some((_, flags)) = SHORT_FLAGS.iter().find(|(name, _)| is_meant(name)) else { return command_line };
    let dashes = command_line.iter().position(|argument| argument == "--").unwrap_or(command_line.len());
    let behind = command_line.split_off(dashes);
    let spelled = |argument: OsString| match negated(&argument, flags) {
        Some(term) => vec!["NOT".into(), term.into()],
        None => vec![argument],
    };
    command_line.into_iter().flat_map(spelled).chain(behind).collect()
}

/// The term that an argument negates; `None` for a flag or another term.
fn negated(argument: &OsString, flags: &str) -> Option<String> {
    let text = argument.to_string_lossy();
    let rest = text.strip_prefix('-')?;
    let first = rest.chars().next()?;
    let is_term = first != '-' && (rest.contains([':', '"']) || !flags.contains(first));
    is_term.then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn arranged(line: &str) -> String {
        let arguments = negative_terms_spelled_out(line.split(' ').map(OsString::from).collect());
        arguments.iter().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn terms_that_look_like_flags_are_told_from_flags() {
        for (line, expected) in [
            ("auditlog search -outcome:success --count", "auditlog search NOT outcome:success --count"),
            ("auditlog -q search a -draft -o json -ojson", "auditlog -q search a NOT draft -o json -ojson"),
            ("auditlog search a OR -b c", "auditlog search a OR NOT b c"),
            ("auditlog search a -(b OR c)", "auditlog search a NOT (b OR c)"),
            ("auditlog search -- -q --all", "auditlog search -- -q --all"),
            ("auditlog search", "auditlog search"),
            ("auditlog tail -f -outcome:success -n 5 -x", "auditlog tail -f NOT outcome:success -n 5 NOT x"),
            ("auditlog saved-search create n -a:b --shared c", "auditlog saved-search create n NOT a:b --shared c"),
            (
                "auditlog aggregate -outcome:success --by action -l 5",
                "auditlog aggregate NOT outcome:success --by action -l 5",
            ),
            ("auditlog facets -draft -o json", "auditlog facets NOT draft -o json"),
            ("auditlog export -f x.csv -outcome:success -o x", "auditlog export -f x.csv NOT outcome:success -o x"),
            ("auditlog saved-search get -x", "auditlog saved-search get -x"),
            ("auditlog send --message -x", "auditlog send --message -x"),
        ] {
            assert_eq!(arranged(line), expected);
        }
    }

    #[test]
    fn every_short_flag_of_commands_with_terms_is_known() {
        let mut command = Arguments::command();
        command.build();
        for (name, flags) in SHORT_FLAGS {
            let command = name.iter().fold(&command, |command, name| command.find_subcommand(name).unwrap());
            let short: String = command.get_arguments().filter_map(clap::Arg::get_short).collect();
            assert!(short.chars().all(|flag| flags.contains(flag)), "{name:?}: {short}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
