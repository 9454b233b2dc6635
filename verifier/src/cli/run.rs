//! `portcullis run`

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use portcullis_clearance::clock::SystemClock;
use portcullis_config::Config;
use portcullis_config::{LogConfig, LogFormat, LogLevel};
use portcullis_gate::{Verifier, serving};
use portcullis_issuer::challenges::issue::ChallengeKeyRing;
use portcullis_pages::assets;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::level_filters::LevelFilter;

use super::check::warnings;
use super::configuration::Configuration;

/// For the listener, keys, log and the runtime's own.
const FILES_BESIDES_CONNECTIONS: u64 = 64;

#[tokio::main]
pub(super) async fn run(configuration: Configuration) -> anyhow::Result<()> {
    // Before anything else: a SIGHUP that comes early must not end the program.
    let hangup = signal(SignalKind::hangup())?;
    let config = configuration.load()?;
    start_log(&config.log);
    if !assets::are_embedded() {
        bail!("this program was built without the challenge page; build it with `cargo xtask build`");
    }
    let listen = config.listen;
    let insecure = config.gate.insecure_loopback_cookie;
    let setting = config.gate.mode;
    warn_of(&config);
    let without_tls = config.client_ip.trusted_proxies.is_empty();
    let connections = config.limits.connections;
    let verifier = Verifier::new(config, Arc::new(SystemClock::start()), ChallengeKeyRing::random())?;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; is something else using the port? Set `listen` to another")
    })?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    if insecure {
        tracing::warn!(
            "insecure_loopback_cookie: on loopback the clearance cookie has neither __Host- nor Secure; for development only"
        );
    }
    if without_tls && !insecure {
        tracing::warn!(
            "client_ip.trusted_proxies is empty: browsers keep the clearance cookie over HTTPS only, so list the gateway that ends TLS"
        );
    }
    tracing::info!(event = "listening", address = %listener.local_addr()?, %setting);
    make_room_for(connections);
    let beside = [
        tokio::spawn(portcullis_gate::keep_up(Arc::clone(&verifier))),
        tokio::spawn(portcullis_admin::run(Arc::clone(&verifier))),
        tokio::spawn(reload_when_told(Arc::clone(&verifier), configuration, hangup)),
    ];
    let cut_off = serving::serve(verifier, listener, async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!(event = "stopping");
    })
    .await;
    beside.iter().for_each(tokio::task::JoinHandle::abort);
    tracing::info!(event = "stopped", cut_off);
    Ok(())
}

/// Takes over a changed configuration at each SIGHUP; a bad one changes nothing.
async fn reload_when_told(verifier: Arc<Verifier>, configuration: Configuration, mut hangup: Signal) {
    let configuration = Arc::new(configuration);
    while hangup.recv().await.is_some() {
        let (verifier, configuration) = (Arc::clone(&verifier), Arc::clone(&configuration));
        // A panic in there has been logged.
        let _ = tokio::task::spawn_blocking(move || match configuration.load() {
            Ok(config) => {
                let needs_restart = verifier.reload(&config).join(", ");
                warn_of(&config);
                tracing::info!(event = "reloaded", setting = %config.gate.mode);
                if !needs_restart.is_empty() {
                    tracing::warn!(
                        event = "needs-restart",
                        changed = needs_restart,
                        "changed, and in use from the next start"
                    );
                }
            }
            Err(error) => {
                tracing::error!(
                    event = "not-reloaded",
                    error = format!("{error:#}"),
                    "the configuration read before stays in use"
                );
            }
        })
        .await;
    }
}

/// Logs what is probably a mistake in the configuration.
fn warn_of(config: &Config) {
    for warning in warnings(config) {
        tracing::warn!(event = warning.event, "{}", warning.text);
    }
}

/// Raises the limit of open files, as far as the system lets us: a connection may need two, to client and origin.
fn make_room_for(connections: usize) {
    let wanted = 2 * connections as u64 + FILES_BESIDES_CONNECTIONS;
    match rlimit::increase_nofile_limit(wanted) {
        Ok(limit) if limit >= wanted => {}
        Ok(limit) => tracing::warn!(
            limit,
            wanted,
            "too few open files for limits.connections; raise the hard limit (LimitNOFILE)"
        ),
        Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
    }
}

fn start_log(log: &LogConfig) {
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    // Our own lines at the level asked for; libraries', which may quote requests, only when something is wrong.
    let targets = tracing_subscriber::filter::Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_target("portcullis", level);
    use tracing_subscriber::prelude::*;
    let lines = tracing_subscriber::fmt::layer().with_target(false).with_ansi(std::io::stdout().is_terminal());
    let registry = tracing_subscriber::registry().with(targets);
    match log.format {
        LogFormat::Text => registry.with(lines).init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).init(),
    }
}

pub(super) const EXAMPLES: &str = "\
Examples:
  portcullis run --config /etc/portcullis/portcullis.toml
  portcullis run --set origin=http://127.0.0.1:3000
  PORTCULLIS_GATE__MODE=off portcullis run --set origin=http://127.0.0.1:3000

`portcullis check-config` with the same options checks the configuration without starting anything.";
