//! The message at start: the server's address and, on the first start, its keys and how to use them.

use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use auditlog_core::policy::ApiKeyToken;

use super::first_start::{FirstStart, KeysPlace};
use crate::{
    failure::Failure,
    output::{Console, style},
    wiring::{Config, data_dir},
};

const DEFAULT_KEY_PURPOSE: &str = "tenant default: sends and finds events, manages the tenant's keys";
const SYSTEM_KEY_PURPOSE: &str = "creates tenants and their first keys; reads no events";
/// Placeholder for a key that is not shown.
const NO_KEY: &str = "alk_…";

/// Prints the server's address; on the first start also the keys, which are never shown again, or where they are.
pub(super) fn print(
    config: &Config,
    address: SocketAddr,
    first_start: Option<&FirstStart>,
    console: &Console,
) -> Result<(), Failure> {
    let url = format!("http://{}", reachable(address));
    let heading = style::HEADING;
    let mut out = anstream::stdout().lock();
    let version = env!("CARGO_PKG_VERSION");
    let data_dir = data_dir(config);
    let shown_dir = data_dir.display();
    writeln!(out, "{heading}auditlog {version}{heading:#} serves {heading}{url}{heading:#} from {shown_dir}")?;
    if let Some(first_start) = first_start {
        let key = match &first_start.place {
            KeysPlace::Screen => write_keys(&mut out, config, first_start)?,
            KeysPlace::File(path) => write_place(&mut out, path)?,
            KeysPlace::Configuration => {
                writeln!(
                    out,
                    "\n{heading}This is the first start. Its keys are those of the configuration.{heading:#}"
                )?;
                NO_KEY.to_owned()
            }
        };
        if !console.is_quiet() {
            write_examples(&mut out, &url, &key, data_dir)?;
        }
    }
    // The reader may be a program that waits for this line on a pipe.
    out.flush()?;
    Ok(())
}

/// Prints the keys, and returns the text for the default key in the examples.
fn write_keys(out: &mut impl Write, config: &Config, first_start: &FirstStart) -> std::io::Result<String> {
    let (heading, quiet) = (style::HEADING, style::QUIET);
    // A key from the configuration is known to its author.
    let shown = |is_given: bool, key: &ApiKeyToken| {
        if is_given { "(the one from the configuration)".to_owned() } else { key.expose() }
    };
    let default_key = shown(config.bootstrap.default_key.is_some(), &first_start.keys.default_key);
    let system_key = shown(config.bootstrap.system_key.is_some(), &first_start.keys.system_key);
    writeln!(out, "\n{heading}This is the first start. These keys are shown once, so keep them now.{heading:#}\n")?;
    writeln!(out, "  default key  {default_key}")?;
    writeln!(out, "               {quiet}{DEFAULT_KEY_PURPOSE}{quiet:#}")?;
    writeln!(out, "  system key   {system_key}")?;
    writeln!(out, "               {quiet}{SYSTEM_KEY_PURPOSE}{quiet:#}")?;
    Ok(if config.bootstrap.default_key.is_some() { NO_KEY.to_owned() } else { default_key })
}

/// Prints which file holds the keys, and returns the placeholder for the examples.
fn write_place(out: &mut impl Write, path: &Path) -> std::io::Result<String> {
    let (heading, quiet) = (style::HEADING, style::QUIET);
    let path = path.display();
    writeln!(out, "\n{heading}This is the first start. Its keys are in {path}, which only you can read.{heading:#}\n")?;
    writeln!(out, "  default_key  {quiet}{DEFAULT_KEY_PURPOSE}{quiet:#}")?;
    writeln!(out, "  system_key   {quiet}{SYSTEM_KEY_PURPOSE}{quiet:#}")?;
    Ok(format!("{NO_KEY}        # the default_key of {path}"))
}

fn write_examples(out: &mut impl Write, url: &str, key: &str, data_dir: &Path) -> std::io::Result<()> {
    let (heading, quiet) = (style::HEADING, style::QUIET);
    let program = std::env::args().next().unwrap_or_else(|| "auditlog".to_owned());
    let data_dir = data_dir.display();
    writeln!(
        out,
        "
{heading}Try it in another terminal:{heading:#}

  export AUDITLOG_URL={url}
  export AUDITLOG_KEY={key}
  {program} send --action invoice.delete --actor user:alice --target invoice:4711 --service billing
  {program} search 'actor:alice since:1h'
  {program} demo-data --events 10000

{heading}Or with curl:{heading:#}

  curl -s $AUDITLOG_URL/api/v1/events -H \"Authorization: Bearer $AUDITLOG_KEY\" -H 'Content-Type: application/json' \\
    -d '{{\"action\":\"user.login\",\"actor\":{{\"type\":\"user\",\"id\":\"bob\"}},\"source\":{{\"service\":\"portal\"}}}}'
  curl -s -H \"Authorization: Bearer $AUDITLOG_KEY\" \"$AUDITLOG_URL/api/v1/events?actor=bob\"

{quiet}API documentation: {url}/docs
A lost key is replaced on the stopped server: {program} key create --data-dir {data_dir} --tenant default{quiet:#}
"
    )
}

/// The address under which this machine reaches the server: an unspecified address becomes the loopback address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
