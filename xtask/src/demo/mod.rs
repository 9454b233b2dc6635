//! `cargo xtask demo`: a login page behind the lowered gate, on this machine, with what happens told line by line.

mod children;
mod events;
mod setting;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::build::{self, Profile};
use crate::clock::Stopwatch;
use crate::progress;
use crate::tools::Need;
use crate::workspace::Workspace;
use children::{Child, Happening, Inbox};
use events::Narrator;
use setting::Setting;

/// How long the verifier may take from its start until it is ready.
const START_LIMIT: Duration = Duration::from_secs(20);

/// What the command line asks for.
pub(crate) struct Options {
    /// Port on 127.0.0.1.
    pub(crate) port: u16,
    /// Expected attempts per challenge; the verifier's own default when absent.
    pub(crate) difficulty: Option<u32>,
    /// Keep the signing keys between demos, so that a browser's clearance outlives a restart.
    pub(crate) keep_keys: bool,
}

/// Builds, starts and tells, until Ctrl-C.
///
/// # Errors
/// When the port is taken, something cannot be installed or built, or one of the two programs ends by itself.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    // Asked before minutes of building, not after.
    require_free(address)?;
    build::set_up(workspace, &[Need::Assets], Profile::Demo)?;
    build::programs(workspace, Profile::Demo)?;

    let (sender, receiver) = mpsc::channel();
    let interrupt = sender.clone();
    ctrlc::set_handler(move || drop(interrupt.send(Happening::Interrupted)))?;
    let mut inbox = Inbox::new(receiver);
    let setting = Setting::create(workspace, options.keep_keys)?;

    let _origin = Child::start("demo-login", &mut workspace.built("demo-login"), &sender)?;
    let Some(origin) = first_line(&mut inbox)? else { return stopped() };
    let config = setting.write_config(address, &origin, options.difficulty)?;
    let mut portcullis = workspace.built("portcullis");
    let _gate = Child::start("portcullis", portcullis.args(["run", "--config"]).arg(config), &sender)?;
    if !wait_until_ready(address, &mut inbox)? {
        return stopped();
    }
    println!("{}", welcome(address));
    tell(&mut inbox)?;
    stopped()
}

fn require_free(address: SocketAddr) -> Result<()> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {port} is taken by another program. Choose another:\n\n    cargo xtask demo --port {other}\n",
            port = address.port(),
            other = address.port().checked_add(1).unwrap_or(8080),
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// The address that demo-login prints, or nothing after Ctrl-C.
fn first_line(inbox: &mut Inbox) -> Result<Option<String>> {
    let watch = Stopwatch::start();
    while watch.elapsed() < START_LIMIT {
        match inbox.next(Duration::from_millis(100))? {
            Some(Happening::Line(line)) => return Ok(Some(line)),
            Some(Happening::Interrupted) => return Ok(None),
            _ => {}
        }
    }
    bail!("demo-login said nothing for {} seconds", START_LIMIT.as_secs())
}

/// Whether the verifier became ready; not so after Ctrl-C.
fn wait_until_ready(address: SocketAddr, inbox: &mut Inbox) -> Result<bool> {
    let watch = Stopwatch::start();
    while watch.elapsed() < START_LIMIT {
        if is_ready(address) {
            return Ok(true);
        }
        if let Some(Happening::Interrupted) = inbox.next(Duration::from_millis(50))? {
            return Ok(false);
        }
    }
    bail!("the verifier was not ready after {} seconds; it said:\n{}", START_LIMIT.as_secs(), inbox.recent())
}

/// Asks `readyz` once.
fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut connection = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        connection.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(connection, "GET /.portcullis/readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        connection.read_exact(&mut status)?;
        Ok(status == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

fn welcome(address: SocketAddr) -> String {
    format!(
        "
  The gate is lowered in front of Harbour Post, a login page:

      http://{address}/login

  Try this:
    · open it in a browser: a moment of work, then the login page, at the same address
    · open it in a second tab: no wait, the clearance is good for both
    · sign in with any name and password: the login arrives at Harbour Post
    · without a browser, see the gate itself:  curl -i http://{address}/login

  Ctrl-C stops everything and leaves nothing behind. What happens at the gate:
"
    )
}

/// Tells what happens until Ctrl-C.
fn tell(inbox: &mut Inbox) -> Result<()> {
    let mut narrator = Narrator::new(Stopwatch::start());
    loop {
        let told = match inbox.next(Duration::from_millis(400))? {
            Some(Happening::Line(line)) => narrator.tell(&line),
            Some(Happening::Interrupted) => return Ok(()),
            _ => narrator.pause(),
        };
        for line in told {
            println!("{line}");
        }
    }
}

fn stopped() -> Result<()> {
    progress::say("stopping");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let error = require_free(taken.local_addr().unwrap()).unwrap_err().to_string();
        assert!(error.contains("is taken") && error.contains("--port"), "{error}");
    }
}
