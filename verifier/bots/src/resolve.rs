//! Forward-confirmed reverse DNS: the names of an address, and the addresses of these names.
//!
//! The holder of an address writes its names, so a name counts only if its own addresses include the one asked about.
//! Only names in the bot's domains are looked up: nobody can make the verifier ask for names of his choice.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::sync::Mutex;

use portcullis_policy::Domains;

/// The result of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A name in the domains leads back to the address.
    Verified,
    /// None of them does.
    Refused,
    /// There was no answer.
    Failed,
}

/// The resolver in use, made when it is first asked.
#[derive(Default)]
pub(crate) struct Resolvers {
    made: Mutex<Option<(Option<SocketAddr>, TokioResolver)>>,
    /// Whether it has been logged that none can be made.
    complained: AtomicBool,
}

impl Resolvers {
    /// Whether an address has a name in `domains` that leads back to it, according to `server`, or without one to the
    /// name servers that the system uses. Ends within [`LIMIT`].
    pub(crate) async fn look_up(&self, server: Option<SocketAddr>, address: IpAddr, domains: &Domains) -> Found {
        let found = async {
            match self.resolver(server).await {
                Some(resolver) => confirm(&resolver, address, domains).await,
                None => Found::Failed,
            }
        };
        tokio::time::timeout(LIMIT, found).await.unwrap_or(Found::Failed)
    }

    async fn resolver(&self, server: Option<SocketAddr>) -> Option<TokioResolver> {
        let mut made = self.made.lock().await;
        if let Some((_, resolver)) = made.as_ref().filter(|(of, _)| *of == server) {
            return Some(resolver.clone());
        }
        // Reads the system's configuration from the disk.
        let built = tokio::task::spawn_blocking(move || build(server)).await.ok()?;
        match built {
            Ok(resolver) => {
                *made = Some((server, resolver.clone()));
                Some(resolver)
            }
            Err(error) => {
                if !self.complained.swap(true, Ordering::Relaxed) {
                    tracing::error!(event = "no-resolver", %error, "bots are not verified by their names");
                }
                None
            }
        }
    }
}

fn build(server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let mut builder = match server {
        Some(server) => {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
            let servers = vec![NameServerConfig::new(server.ip(), true, connections.into())];
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio()?,
    };
    let options = builder.options_mut();
    options.timeout = TRY;
    options.attempts = TRIES;
    // A file on this machine proves nothing about the holder of an address.
    options.use_hosts_file = ResolveHosts::Never;
    // Answers are remembered by `lookups`.
    options.cache_size = 0;
    builder.build()
}

async fn confirm(resolver: &TokioResolver, address: IpAddr, domains: &Domains) -> Found {
    let reverse = Name::from(address);
    let pointers = match resolver.lookup(reverse.clone(), RecordType::PTR).await {
        Ok(found) => found,
        Err(error) => return Found::without(&error),
    };
    let names = answers(&pointers, &reverse).filter_map(|record| match &record.data {
        RData::PTR(pointer) => Some(&pointer.0),
        _ => None,
    });
    let mut outcome = Found::Refused;
    for name in names.take(MOST_NAMES).filter(|name| domains.have(name)) {
        let mut name = name.clone();
        name.set_fqdn(true);
        let kind = if address.is_ipv4() { RecordType::A } else { RecordType::AAAA };
        match resolver.lookup(name.clone(), kind).await {
            Ok(found) if answers(&found, &name).any(|record| is_address(record, address)) => return Found::Verified,
            Ok(_) => {}
            Err(error) if Found::without(&error) == Found::Failed => outcome = Found::Failed,
            Err(_) => {}
        }
    }
    outcome
}

impl Found {
    fn without(error: &NetError) -> Self {
        if error.is_nx_domain() || error.is_no_records_found() { Self::Refused } else { Self::Failed }
    }
}

/// The records of a name, or of the name that it is an alias of.
fn answers<'a>(found: &'a Lookup, name: &Name) -> impl Iterator<Item = &'a Record> {
    let mut owner = name.clone();
    for _ in 0..MOST_ALIASES {
        let alias = found.answers().iter().find_map(|record| match &record.data {
            RData::CNAME(alias) if record.name == owner => Some(alias.0.clone()),
            _ => None,
        });
        match alias {
            Some(alias) => owner = alias,
            None => break,
        }
    }
    found.answers().iter().filter(move |record| record.name == owner)
}

fn is_address(record: &Record, address: IpAddr) -> bool {
    match (&record.data, address) {
        (RData::A(found), IpAddr::V4(address)) => found.0 == address,
        (RData::AAAA(found), IpAddr::V6(address)) => found.0 == address,
        _ => false,
    }
}

/// For everything that is asked about one address.
const LIMIT: Duration = Duration::from_secs(4);
/// For one question, before it is asked again: a datagram may be lost.
const TRY: Duration = Duration::from_secs(1);
const TRIES: usize = 2;
/// Names of an address that are looked at.
const MOST_NAMES: usize = 8;
const MOST_ALIASES: usize = 8;
