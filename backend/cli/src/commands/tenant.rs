//! `auditlog tenant`: creates, lists, suspends and resumes tenants.

use std::{io::Write, path::PathBuf};

use auditlog_core::id::TenantId;
use clap::{Args, Subcommand};

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::{Client, NewTenant, TenantRecord},
    failure::{Exit, Failure, Outcome},
    offline::Offline,
    output::{Cell, Console, json_of, plain_stdout, printable, stdout_width, style, write_table},
};

const EXAMPLES: &str = "\
Examples:
  auditlog tenant create acme --name 'Acme Inc.'
  auditlog key create --tenant acme --role audit_admin     # its first key
  auditlog tenant list

All of these commands need the system key, which the first start showed or wrote to a file.";

/// Create and list tenants
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: TenantCommand,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Create a tenant
    Create(CreateArguments),
    /// List all tenants
    List(ListArguments),
    /// Refuse a tenant's keys; nothing is deleted
    Suspend(StatusArguments),
    /// Let a suspended tenant's keys work again
    Resume(StatusArguments),
}

#[derive(Debug, Args)]
struct CreateArguments {
    /// The tenant's id: lower-case letters, digits, dots, dashes and underscores; an id is never reused
    id: String,
    /// A display name [default: the id]
    #[arg(long)]
    name: Option<String>,
    /// Work on this data directory instead of a server; its server must be stopped
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
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
struct StatusArguments {
    /// The tenant's id
    id: String,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: Arguments, console: &Console) -> Outcome {
    match arguments.command {
        TenantCommand::Create(arguments) => create(arguments, console),
        TenantCommand::List(arguments) => list(&arguments, console),
        TenantCommand::Suspend(arguments) => set_status(&arguments, "suspended", console),
        TenantCommand::Resume(arguments) => set_status(&arguments, "active", console),
    }
}

fn create(arguments: CreateArguments, console: &Console) -> Outcome {
    let id = id_of(&arguments.id)?;
    let name = arguments.name.unwrap_or_else(|| arguments.id.clone());
    let new = NewTenant { id: id.as_str().to_owned(), name };
    let tenant = match &arguments.data_dir {
        Some(data_dir) => Offline::open(data_dir)?.create_tenant(&new)?,
        None => Client::new(&arguments.server, console)?.create_tenant(&new)?,
    };
    print("created", &tenant, arguments.output)?;
    let place = arguments.data_dir.map(|path| format!(" --data-dir {}", path.display())).unwrap_or_default();
    console.note(format!("its first key: auditlog key create{place} --tenant {} --role audit_admin", tenant.id));
    Ok(Exit::Done)
}

fn list(arguments: &ListArguments, console: &Console) -> Outcome {
    let tenants = Client::new(&arguments.server, console)?.list_tenants()?;
    if arguments.output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(&tenants)?)?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<Cell>> = tenants
        .iter()
        .map(|tenant| {
            let status = if tenant.status == "active" { style::GOOD } else { style::WARNING };
            vec![
                Cell::whole(&tenant.id),
                Cell::styled(&tenant.status, status),
                Cell::plain(&tenant.name),
                Cell::plain(tenant.created_at.get(..10).unwrap_or_default()),
            ]
        })
        .collect();
    write_table(&["ID", "STATUS", "NAME", "CREATED"], &rows, stdout_width(), &mut anstream::stdout().lock())?;
    Ok(Exit::Done)
}

fn set_status(arguments: &StatusArguments, status: &'static str, console: &Console) -> Outcome {
    let id = id_of(&arguments.id)?;
    let tenant = Client::new(&arguments.server, console)?.set_tenant_status(id.as_str(), status)?;
    let verb = if status == "active" { "resumed" } else { "suspended" };
    print(verb, &tenant, arguments.output)?;
    Ok(Exit::Done)
}

fn print(verb: &str, tenant: &TenantRecord, output: OutputArguments) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    if output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(tenant)?)?;
    } else {
        let good = style::GOOD;
        writeln!(out, "{good}{verb}{good:#} {} ({})", tenant.id, printable(&tenant.name))?;
    }
    Ok(())
}

/// Checked here because the id becomes part of a URL path.
fn id_of(text: &str) -> Result<TenantId, Failure> {
    TenantId::parse(text).ok_or_else(|| {
        Failure::usage(format!("{text:?} is not a tenant id")).hint(
            "a tenant id has 1 to 128 lower-case letters, digits, dots, dashes and underscores, and begins with a letter or digit",
        )
    })
}
