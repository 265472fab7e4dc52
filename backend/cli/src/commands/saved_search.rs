//! `auditlog saved-search`: keeps searches under a name. Owns how a name on the command line is resolved.

use std::io::Write;

use clap::{Args, Subcommand};

use super::question::explained;
use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::{Client, NewSavedSearch, SavedSearchRecord},
    failure::{Exit, Failure, Outcome},
    output::{Cell, Console, json_of, plain_stdout, printable, stdout_width, style, write_table},
};

const CREATE_EXAMPLES: &str = "\
Relative times stay relative: since:7d counts back from the time of each use.

Examples:
  auditlog saved-search create 'denied this week' outcome:denied since:7d
  auditlog saved-search create payroll --shared 'target:payroll-* -actor:batch' --description 'for the yearly audit'";

const EXAMPLES: &str = "\
Examples:
  auditlog saved-search create 'denied this week' outcome:denied since:7d
  auditlog saved-search list
  auditlog search --saved 'denied this week'
  auditlog saved-search delete 'denied this week'";

/// Keep searches under a name
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: SavedSearchCommand,
}

#[derive(Debug, Subcommand)]
enum SavedSearchCommand {
    /// Save a search
    #[command(after_help = CREATE_EXAMPLES)]
    Create(CreateArguments),
    /// List your own saved searches and those that are shared
    List(ListArguments),
    /// Show a saved search
    Get(OneArguments),
    /// Delete a saved search
    Delete(OneArguments),
}

#[derive(Debug, Args)]
struct CreateArguments {
    /// A display name
    name: String,
    /// The query, in the language of `auditlog search`
    #[arg(value_name = "TERM", required = true)]
    query: Vec<String>,
    /// A description
    #[arg(long)]
    description: Option<String>,
    /// Share it with everyone in the tenant who may find events; by default only this key sees it
    #[arg(long)]
    shared: bool,
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
struct OneArguments {
    /// The saved search's name or id
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    match &arguments.command {
        SavedSearchCommand::Create(arguments) => create(arguments, console),
        SavedSearchCommand::List(arguments) => list(arguments, console),
        SavedSearchCommand::Get(arguments) => get(arguments, console),
        SavedSearchCommand::Delete(arguments) => delete(arguments, console),
    }
}

fn create(arguments: &CreateArguments, console: &Console) -> Outcome {
    let new = NewSavedSearch {
        name: arguments.name.clone(),
        query: arguments.query.join(" "),
        description: arguments.description.clone(),
        visibility: if arguments.shared { "shared" } else { "private" },
    };
    let client = Client::new(&arguments.server, console)?;
    let saved = client.create_saved_search(&new).map_err(|error| explained(error, &new.query))?;
    tell("saved", &saved, arguments.output)
}

fn list(arguments: &ListArguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let searches = client.list_saved_searches()?;
    if arguments.output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(&searches)?)?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<Cell>> = searches
        .iter()
        .map(|search| {
            vec![
                Cell::plain(&search.name),
                Cell::plain(&search.visibility),
                Cell::plain(if search.owner.id == client.key_id() { "you" } else { &search.owner.id }),
                Cell::plain(&search.query),
                Cell::plain(search.description.as_deref().unwrap_or_default()),
                Cell::whole(&search.id),
            ]
        })
        .collect();
    let titles = ["NAME", "VISIBILITY", "OWNER", "QUERY", "DESCRIPTION", "ID"];
    write_table(&titles, &rows, stdout_width(), &mut anstream::stdout().lock())?;
    Ok(Exit::Done)
}

fn get(arguments: &OneArguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let search = find(&client, &arguments.name)?;
    let mut out = anstream::stdout().lock();
    if arguments.output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(&search)?)?;
        return Ok(Exit::Done);
    }
    let quiet = style::QUIET;
    let owner = if search.owner.id == client.key_id() { "you" } else { &search.owner.id };
    for (title, value) in [
        ("name", search.name.as_str()),
        ("query", &search.query),
        ("description", search.description.as_deref().unwrap_or_default()),
        ("visibility", &search.visibility),
        ("owner", owner),
        ("created", &search.created_at),
        ("updated", &search.updated_at),
        ("id", &search.id),
    ] {
        if !value.is_empty() {
            writeln!(out, "{quiet}{title:<11}{quiet:#}  {}", printable(value))?;
        }
    }
    Ok(Exit::Done)
}

fn delete(arguments: &OneArguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let search = find(&client, &arguments.name)?;
    client.delete_saved_search(&search.id)?;
    tell("deleted", &search, arguments.output)
}

fn tell(verb: &str, search: &SavedSearchRecord, output: OutputArguments) -> Outcome {
    let mut out = anstream::stdout().lock();
    if output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(search)?)?;
    } else {
        let good = style::GOOD;
        writeln!(out, "{good}{verb}{good:#} {} ({}, {})", printable(&search.name), search.visibility, search.id)?;
    }
    Ok(Exit::Done)
}

/// Resolves a name or an id. The key's own saved search takes precedence over a shared one of the same name.
pub(super) fn find(client: &Client, name: &str) -> Result<SavedSearchRecord, Failure> {
    choose(client.list_saved_searches()?, name, client.key_id())
}

fn choose(searches: Vec<SavedSearchRecord>, name: &str, own_key: &str) -> Result<SavedSearchRecord, Failure> {
    let (own, others): (Vec<_>, Vec<_>) = searches
        .into_iter()
        .filter(|search| search.id == name || search.name == name.trim())
        .partition(|search| search.owner.id == own_key || search.id == name);
    let found = if own.is_empty() { others } else { own };
    match <[SavedSearchRecord; 1]>::try_from(found) {
        Ok([search]) => Ok(search),
        Err(none) if none.is_empty() => Err(Failure::failed(format!("there is no saved search {name:?}"))
            .hint("`auditlog saved-search list` lists the existing ones")),
        Err(several) => {
            let failure = Failure::failed(format!("several keys have shared a saved search named {name:?}"))
                .hint("give its id instead of its name");
            Err(several.iter().fold(failure, |failure, search| {
                failure.detail(format!("{} of key {}: {}", search.id, search.owner.id, printable(&search.query)))
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::SavedSearchOwner;

    fn record(id: &str, name: &str, owner: &str) -> SavedSearchRecord {
        let owner = SavedSearchOwner { r#type: "api_key".to_owned(), id: owner.to_owned() };
        SavedSearchRecord { id: id.to_owned(), name: name.to_owned(), owner, ..SavedSearchRecord::default() }
    }

    #[test]
    fn a_name_means_the_own_search_first_and_an_id_always_the_same() {
        let all = [
            record("1", "mine", "me"),
            record("2", "mine", "other"),
            record("3", "theirs", "other"),
            record("4", "both", "other"),
            record("5", "both", "third"),
        ];
        for (name, expected) in [("mine", "1"), ("2", "2"), ("theirs", "3"), (" theirs ", "3"), ("5", "5")] {
            assert_eq!(choose(all.to_vec(), name, "me").unwrap().id, expected, "{name}");
        }
        let several = choose(all.to_vec(), "both", "me").unwrap_err();
        assert_eq!(several.details.len(), 2, "{several:?}");
        assert!(choose(all.to_vec(), "none", "me").unwrap_err().hints[0].contains("saved-search list"));
    }
}
