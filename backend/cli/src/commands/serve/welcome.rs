//! What a start says: where the server is, and on the first one its keys and what to do with them.

use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use auditlog_core::policy::ApiKeyToken;
use auditlog_server::{config::Config, use_cases::FirstKeys};

use crate::{
    failure::Failure,
    output::{Console, style},
};

/// Says where the server is; on the first start shows the keys, which nothing shows again.
pub(super) fn print(
    config: &Config,
    address: SocketAddr,
    keys: Option<&FirstKeys>,
    console: &Console,
) -> Result<(), Failure> {
    let url = format!("http://{}", reachable(address));
    let (heading, quiet) = (style::HEADING, style::QUIET);
    let mut out = anstream::stdout().lock();
    let version = env!("CARGO_PKG_VERSION");
    let data_dir = config.storage.data_dir.display();
    writeln!(out, "{heading}auditlog {version}{heading:#} serves {heading}{url}{heading:#} from {data_dir}")?;
    if let Some(keys) = keys {
        // Keys that the configuration gave are known to whoever gave them; a log is no place for them.
        let generated = |given: bool, key: &ApiKeyToken| {
            if given { "(the one given by the configuration)".to_owned() } else { key.expose() }
        };
        let default_key = generated(config.bootstrap.default_key.is_some(), &keys.default_key);
        let system_key = generated(config.bootstrap.system_key.is_some(), &keys.system_key);
        writeln!(out, "\n{heading}This is the first start. These keys are shown once, so keep them now.{heading:#}\n")?;
        writeln!(out, "  default key  {default_key}")?;
        writeln!(
            out,
            "               {quiet}tenant default: sends and finds events, manages the tenant's keys{quiet:#}"
        )?;
        writeln!(out, "  system key   {system_key}")?;
        writeln!(out, "               {quiet}makes tenants and their first keys; reads no events{quiet:#}")?;
        if console.is_quiet() {
            return Ok(out.flush()?);
        }
        let given = config.bootstrap.default_key.is_some();
        write_examples(&mut out, &url, if given { "alk_…" } else { &default_key }, &config.storage.data_dir)?;
    }
    // The reader may be a program that waits for this line behind a pipe.
    out.flush()?;
    Ok(())
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

/// The address as it is reached from this machine: a server that listens everywhere is here, too.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
