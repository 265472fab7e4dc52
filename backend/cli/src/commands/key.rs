//! `auditlog key`: creates, lists and revokes API keys, on a server or in a stopped data directory.

use std::{io::Write, path::PathBuf};

use auditlog_core::{
    clock::{Clock, SystemClock},
    id::ApiKeyId,
    timestamp::{MICROS_PER_DAY, MICROS_PER_HOUR, Timestamp},
};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::{ApiKeyRecord, Client, NewApiKey},
    failure::{Exit, Failure, Outcome},
    offline::Offline,
    output::{Cell, Console, KeyOutputArguments, SecretFile, json_of, plain_stdout, stdout_width, style, write_table},
};

const CREATE_EXAMPLES: &str = "\
Roles:
  audit_writer   sends events
  audit_viewer   finds events; personal data is withheld
  audit_reader   finds events and sees every field
  audit_admin    sends, finds and sees events and manages the tenant's keys
  system_admin   manages tenants and their first keys; reads no events

The key is shown if the output is a terminal. Otherwise it is written to a new file that only you can read, and the
file's name is printed.

Examples:
  auditlog key create --name ci --role audit_writer --expires 90d
  auditlog key create --name ci --role audit_writer --key-file ci.key
  AUDITLOG_KEY=$(auditlog key create --role audit_reader --print-key)
  auditlog key create --name auditor --permission events.read --network 10.0.0.0/8
  auditlog key create --tenant acme --role audit_admin          # with the system key: a tenant's first key
  auditlog key create --data-dir data --tenant default          # on a stopped server: replaces a lost key
  auditlog key create --data-dir data --system                  # the same for the system key";

const EXAMPLES: &str = "\
Examples:
  auditlog key create --name ci --role audit_writer --expires 90d
  auditlog key list
  auditlog key revoke k3v9x0q2m7ab4c1d";

/// Create, list and revoke API keys
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Create a key; it is shown or written to a file once and never again
    #[command(after_help = CREATE_EXAMPLES)]
    Create(CreateArguments),
    /// List the keys of your own tenant, or of the system
    List(ListArguments),
    /// Revoke a key permanently
    Revoke(RevokeArguments),
}

#[derive(Debug, Args)]
struct CreateArguments {
    /// A display name
    #[arg(long, default_value = "cli")]
    name: String,
    #[arg(long, help = "A role that grants its permissions [default: audit_admin; with --system system_admin]", conflicts_with = "permission", value_parser = ROLES)]
    role: Option<String>,
    /// A single permission; repeatable
    #[arg(long)]
    permission: Vec<String>,
    /// The tenant that the key is valid in [default: your own]
    #[arg(long)]
    tenant: Option<String>,
    /// Create a system key, which is valid outside of tenants
    #[arg(long, conflicts_with = "tenant", requires = "data_dir")]
    system: bool,
    /// When the key expires: a time (RFC 3339) or a span such as 90d or 12h
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    /// A network that requests must come from; repeatable
    #[arg(long, value_name = "CIDR")]
    network: Vec<String>,
    /// Work on this data directory instead of a server; its server must be stopped
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    key_output: KeyOutputArguments,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
struct RevokeArguments {
    #[arg(help = "The key's id, the sixteen characters after alk_live_; the whole key is accepted, too")]
    id: String,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

const ROLES: [&str; 5] = ["audit_writer", "audit_viewer", "audit_reader", "audit_admin", "system_admin"];

pub(super) fn run(arguments: Arguments, console: &Console) -> Outcome {
    match arguments.command {
        KeyCommand::Create(arguments) => create(arguments, console),
        KeyCommand::List(arguments) => list(&arguments, console),
        KeyCommand::Revoke(arguments) => revoke(&arguments, console),
    }
}

fn create(arguments: CreateArguments, console: &Console) -> Outcome {
    let default_role = if arguments.system { "system_admin" } else { "audit_admin" };
    let role = arguments.role.or_else(|| arguments.permission.is_empty().then(|| default_role.to_owned()));
    let new = NewApiKey {
        tenant_id: arguments.tenant,
        name: arguments.name,
        role,
        permissions: arguments.permission,
        expires_at: arguments.expires.as_deref().map(expiry).transpose()?,
        allowed_networks: arguments.network,
    };
    if arguments.data_dir.is_some() && new.tenant_id.is_none() && !arguments.system {
        return Err(Failure::usage("a data directory holds many tenants: name the one that the key is for")
            .hint("add --tenant default, or --system for a system key"));
    }
    let file = arguments.key_output.prepare(&SystemClock.now().to_string())?;
    let created = match &arguments.data_dir {
        Some(data_dir) => Offline::open(data_dir)?.create_api_key(&new)?,
        None => Client::new(&arguments.server, console)?.create_api_key(&new)?,
    };
    match file {
        Some(file) => keep(created, file, arguments.output, console),
        None => show(&created, arguments.output, console),
    }
}

/// Prints the key.
fn show(key: &ApiKeyRecord, output: OutputArguments, console: &Console) -> Outcome {
    if output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(key)?)?;
        return Ok(Exit::Done);
    }
    writeln!(plain_stdout(), "{}", key.key.as_deref().unwrap_or_default())?;
    console.note(format!("key {} for {}; it is shown this once, so keep it now", key.id, place_of(key)));
    Ok(Exit::Done)
}

/// Writes the key to the file and prints the file's name.
fn keep(mut key: ApiKeyRecord, file: SecretFile, output: OutputArguments, console: &Console) -> Outcome {
    let path = file.path().to_owned();
    let secret = key.key.take().unwrap_or_default();
    file.write(&secret).map_err(|failure| {
        failure.hint(format!("key {} exists but could not be saved: revoke it by `auditlog key revoke {0}`", key.id))
    })?;
    if output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(&KeptKey { key: &key, key_file: path.to_string_lossy().as_ref() })?)?;
        return Ok(Exit::Done);
    }
    writeln!(plain_stdout(), "{}", path.display())?;
    console.note(format!("key {} for {} is in this file; nothing shows it again", key.id, place_of(&key)));
    Ok(Exit::Done)
}

/// A new key in JSON, with the name of the file that holds it.
#[derive(Serialize)]
struct KeptKey<'a> {
    #[serde(flatten)]
    key: &'a ApiKeyRecord,
    key_file: &'a str,
}

fn place_of(key: &ApiKeyRecord) -> String {
    key.tenant_id.as_deref().map_or_else(|| "the system".to_owned(), |tenant| format!("tenant {tenant}"))
}

fn list(arguments: &ListArguments, console: &Console) -> Outcome {
    let keys = Client::new(&arguments.server, console)?.list_api_keys()?;
    if arguments.output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(&keys)?)?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<Cell>> = keys
        .iter()
        .map(|key| {
            vec![
                Cell::whole(&key.id),
                status_of(&key.status),
                Cell::plain(&key.name),
                Cell::plain(key.permissions.join(" ")),
                Cell::whole(day(&key.created_at)),
                Cell::whole(key.expires_at.as_deref().map_or("never", day)),
                Cell::plain(if key.allowed_networks.is_empty() {
                    "any".to_owned()
                } else {
                    key.allowed_networks.join(" ")
                }),
            ]
        })
        .collect();
    let titles = ["ID", "STATUS", "NAME", "PERMISSIONS", "CREATED", "EXPIRES", "NETWORKS"];
    write_table(&titles, &rows, stdout_width(), &mut anstream::stdout().lock())?;
    Ok(Exit::Done)
}

fn revoke(arguments: &RevokeArguments, console: &Console) -> Outcome {
    let id = id_of(&arguments.id)?;
    let key = Client::new(&arguments.server, console)?.revoke_api_key(id.as_str())?;
    let mut out = anstream::stdout().lock();
    if arguments.output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(&key)?)?;
    } else {
        let good = style::GOOD;
        let since = key.revoked_at.unwrap_or_default();
        writeln!(out, "{good}revoked{good:#} {} ({}) since {since}", key.id, crate::output::printable(&key.name))?;
    }
    Ok(Exit::Done)
}

/// The id, also extracted from a whole key: a user who revokes a leaked key may have just the key at hand.
fn id_of(text: &str) -> Result<ApiKeyId, Failure> {
    let part = if text.starts_with("alk_") { text.split('_').nth(2).unwrap_or_default() } else { text };
    ApiKeyId::parse(part).ok_or_else(|| {
        Failure::usage(format!("{part:?} is not a key id")).hint("`auditlog key list` shows the ids of all keys")
    })
}

/// A time, or a span from now.
fn expiry(text: &str) -> Result<String, Failure> {
    if Timestamp::parse_rfc3339(text).is_some() {
        return Ok(text.to_owned());
    }
    let unit = match text.chars().last() {
        Some('d') => MICROS_PER_DAY,
        Some('h') => MICROS_PER_HOUR,
        _ => 0,
    };
    let count = text.get(..text.len().saturating_sub(1)).and_then(|count| count.parse::<u32>().ok());
    match count.filter(|count| *count > 0 && unit > 0) {
        Some(count) => {
            let at = SystemClock.now().as_micros().saturating_add(i64::from(count).saturating_mul(unit));
            Ok(Timestamp::from_micros(at).to_string())
        }
        None => Err(Failure::usage(format!("--expires {text:?} is neither a time nor a span"))
            .hint("write 90d, 12h, or a time as in 2026-12-31T00:00:00Z")),
    }
}

fn status_of(status: &str) -> Cell {
    let style = match status {
        "active" => style::GOOD,
        "expired" => style::WARNING,
        _ => style::ERROR,
    };
    Cell::styled(status, style)
}

fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_time_or_a_span() {
        assert_eq!(expiry("2030-01-01T00:00:00Z").unwrap(), "2030-01-01T00:00:00Z");
        let in_90_days = Timestamp::parse_rfc3339(&expiry("90d").unwrap()).unwrap();
        let days = (in_90_days.as_micros() - SystemClock.now().as_micros()) / MICROS_PER_DAY;
        assert!((89..=90).contains(&days));
        for bad in ["", "d", "0d", "90", "soon", "-1d", "1ü"] {
            assert_eq!(expiry(bad).unwrap_err().exit, Exit::Usage, "{bad}");
        }
    }

    #[test]
    fn a_whole_key_names_its_public_part() {
        assert_eq!(id_of("alk_live_abcdefgh12345678_00_11").unwrap().as_str(), "abcdefgh12345678");
        assert_eq!(id_of("abcdefgh12345678").unwrap().as_str(), "abcdefgh12345678");
        assert!(id_of("../tenants").is_err());
    }
}
