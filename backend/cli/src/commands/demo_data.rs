//! `auditlog demo-data`: fills a server, or a file, with realistic events.

use std::{
    collections::BTreeMap,
    io::{BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use auditlog_core::{
    clock::{Clock, SystemClock},
    timestamp::{MICROS_PER_DAY, Timestamp},
};
use clap::Args;

use crate::{
    arguments::ServerArguments,
    client::{Batch, Client, NewApiKey, NewTenant, deliver},
    demo::{DemoTenant, Generator, Plan, TENANTS},
    failure::{Exit, Failure, Outcome},
    output::{Console, Progress, SecretFile, Unit, grouped, read_secret_file, replace_secret_file, style},
};

const EXAMPLES: &str = "\
Examples:
  auditlog demo-data --events 100000
  auditlog demo-data --events 1000000 --stdout > events.ndjson
  auditlog demo-data --events 50000 --tenants 5 --keys-file demo-keys.json   # AUDITLOG_KEY is the system key

The same --seed, --events, --days and --until produce the same events, ids included.";

const BATCH_EVENTS: usize = 500;

/// Generate realistic events and send or print them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How many events to generate
    #[arg(long, default_value_t = 10_000)]
    events: u64,
    /// The seed of the random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Over how many days the events are spread
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// The time of the last event (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Over how many tenants the events are spread; more than one needs the system key, which creates them
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=5))]
    tenants: u8,
    /// The file in which the keys of those tenants are kept, so that they can be filled again
    #[arg(long, value_name = "FILE", conflicts_with = "stdout")]
    keys_file: Option<PathBuf>,
    /// Print NDJSON instead of sending
    #[arg(long)]
    stdout: bool,
    /// How many batches are sent at a time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    connections: u8,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let plan = plan(arguments)?;
    if arguments.stdout {
        return print(plan);
    }
    let client = Client::new(&arguments.server, console)?;
    let clients = match plan.tenants {
        1 => vec![client],
        count => tenant_clients(&client, &TENANTS[..count], arguments, console)?,
    };
    send(plan, &clients, usize::from(arguments.connections), console)
}

fn plan(arguments: &Arguments) -> Result<Plan, Failure> {
    let until = match &arguments.until {
        None => SystemClock.now(),
        Some(text) => Timestamp::parse_rfc3339(text).ok_or_else(|| {
            Failure::usage(format!("--until {text:?} is no time")).hint("write it as in 2026-01-31T12:00:00Z")
        })?,
    };
    let from = until.as_micros() - i64::from(arguments.days) * MICROS_PER_DAY;
    let (seed, events, tenants) = (arguments.seed, arguments.events, usize::from(arguments.tenants));
    Ok(Plan { seed, events, from: Timestamp::from_micros(from.max(0)), until, tenants })
}

/// With several tenants each event names its own, so that the lines can be distinguished.
fn print(plan: Plan) -> Outcome {
    let several = plan.tenants > 1;
    let mut generator = Generator::new(plan);
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let mut event = String::new();
    while let Some(tenant) = generator.next_event(&mut event) {
        if several {
            write!(out, r#"{{"tenant_id":"{}","#, TENANTS[tenant].id)?;
            out.write_all(&event.as_bytes()[1..])?;
        } else {
            out.write_all(event.as_bytes())?;
        }
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn send(plan: Plan, clients: &[Client], connections: usize, console: &Console) -> Outcome {
    let total = plan.events;
    let progress = Progress::new(console, Unit::Events, total);
    let started = Instant::now();
    let mut generator = Generator::new(plan);
    let mut open: Vec<Batch<()>> =
        (0..clients.len()).map(|client| Batch { client, lines: String::new(), count: 0, note: () }).collect();
    let (mut stored, mut duplicates, mut rejected, mut adjusted) = (0, 0, 0, 0);
    let mut reason = None;
    let delivered = deliver(
        clients,
        connections,
        || Ok(fill(&mut generator, &mut open)),
        |(), reply| {
            stored += reply.stored;
            duplicates += reply.duplicates;
            rejected += reply.rejected;
            adjusted += reply.adjusted;
            if reason.is_none() && reply.rejected > 0 {
                reason = reply.results.iter().map(|item| item.reasons().join("; ")).find(|text| !text.is_empty());
            }
            progress.set(stored + duplicates + rejected, 0);
            Ok(())
        },
    );
    progress.finish();
    delivered?;
    if let Some(reason) = reason {
        return Err(Failure::failed(format!("{} events were rejected", grouped(rejected))).detail(reason));
    }
    let good = style::GOOD;
    let seconds = started.elapsed().as_secs_f64().max(0.001);
    let mut line = format!("{good}{} stored{good:#}", grouped(stored));
    if duplicates > 0 {
        line.extend([", ", &grouped(duplicates), " stored before"]);
    }
    if adjusted > 0 {
        line.extend([", ", &grouped(adjusted), " adjusted"]);
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate for people"
    )]
    let rate = (total as f64 / seconds) as u64;
    writeln!(anstream::stdout().lock(), "{line} in {seconds:.1} s ({}/s)", grouped(rate))?;
    Ok(Exit::Done)
}

/// Generates events until one tenant's batch is full, and returns it; at the end the partial batches one by one.
fn fill(generator: &mut Generator, open: &mut [Batch<()>]) -> Option<Batch<()>> {
    let mut event = String::new();
    while let Some(tenant) = generator.next_event(&mut event) {
        let batch = &mut open[tenant];
        batch.lines.push_str(&event);
        batch.lines.push('\n');
        batch.count += 1;
        if batch.count == BATCH_EVENTS {
            return Some(taken(batch));
        }
    }
    open.iter_mut().find(|batch| batch.count > 0).map(taken)
}

fn taken(batch: &mut Batch<()>) -> Batch<()> {
    let (lines, count) = (std::mem::take(&mut batch.lines), std::mem::take(&mut batch.count));
    Batch { client: batch.client, lines, count, note: () }
}

/// Returns a client for each tenant. Keys come from the file where it has them; tenants that do not exist yet are
/// created with the system key, each with its first key.
fn tenant_clients(
    system: &Client,
    tenants: &[DemoTenant],
    arguments: &Arguments,
    console: &Console,
) -> Result<Vec<Client>, Failure> {
    let mut keys = read_keys(arguments)?;
    let missing: Vec<&DemoTenant> = tenants.iter().filter(|tenant| !keys.contains_key(tenant.id)).collect();
    let place = KeysPlace::prepare(arguments, &missing)?;
    for tenant in &missing {
        let key = create_tenant(system, tenant)?;
        console.note(format!("created tenant {}", tenant.id));
        keys.insert(tenant.id.to_owned(), key);
    }
    if !missing.is_empty() {
        place.keep(&keys, &missing, console)?;
    }
    Ok(tenants.iter().map(|tenant| system.with_key(&keys[tenant.id])).collect())
}

fn create_tenant(system: &Client, tenant: &DemoTenant) -> Result<String, Failure> {
    match system.create_tenant(&NewTenant { id: tenant.id.to_owned(), name: tenant.name.to_owned() }) {
        Err(error) if error.code() != "tenant_exists" => {
            return Err(Failure::from(error)
                .hint("several tenants need the system key, which the first start showed or wrote to a file"));
        }
        Err(_) | Ok(_) => {}
    }
    let key = NewApiKey {
        tenant_id: Some(tenant.id.to_owned()),
        name: "demo".to_owned(),
        role: Some("audit_admin".to_owned()),
        permissions: Vec::new(),
        expires_at: None,
        allowed_networks: Vec::new(),
    };
    let created = system.create_api_key(&key).map_err(|error| match error.code() {
        "tenant_has_keys" => Failure::failed(format!("tenant {} exists and its keys are not known here", tenant.id))
            .hint("name the file that its keys were written to by --keys-file"),
        _ => error.into(),
    })?;
    created.key.ok_or_else(|| Failure::failed("the server's answer holds no key"))
}

fn read_keys(arguments: &Arguments) -> Result<BTreeMap<String, String>, Failure> {
    let Some(path) = &arguments.keys_file else { return Ok(BTreeMap::new()) };
    let Some(text) = read_secret_file(path)? else { return Ok(BTreeMap::new()) };
    serde_json::from_str(&text).map_err(|error| Failure::caused_by(format!("{} holds no keys", path.display()), &error))
}

/// Where the keys of new tenants go. The server does not show a key again.
enum KeysPlace<'a> {
    /// The file named by `--keys-file`.
    Named(&'a Path),
    /// A new file with a name of our own: no file is named and standard output is not a terminal.
    New(SecretFile),
    /// The terminal.
    Screen,
}

impl<'a> KeysPlace<'a> {
    /// Chooses the place before any key exists.
    fn prepare(arguments: &'a Arguments, missing: &[&DemoTenant]) -> Result<Self, Failure> {
        match &arguments.keys_file {
            Some(path) => Ok(Self::Named(path)),
            None if missing.is_empty() || std::io::stdout().is_terminal() => Ok(Self::Screen),
            None => SecretFile::create_numbered("auditlog-demo-keys", "json").map(Self::New),
        }
    }

    fn keep(self, keys: &BTreeMap<String, String>, new: &[&DemoTenant], console: &Console) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(keys)
            .map_err(|error| Failure::caused_by("the keys cannot be written", &error))?;
        match self {
            Self::Named(path) => replace_secret_file(path, &text)?,
            Self::New(file) => {
                let path = file.path().display().to_string();
                file.write(&text)?;
                console.note(format!("the keys of the new tenants are in {path}"));
            }
            Self::Screen => {
                let mut out = std::io::stdout().lock();
                for tenant in new {
                    writeln!(out, "{}  {}", tenant.id, keys[tenant.id])?;
                }
            }
        }
        Ok(())
    }
}
