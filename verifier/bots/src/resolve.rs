//! Forward-confirmed reverse DNS: the names of an address, and the addresses of these names.
//!
//! The holder of an address writes its names, so a name counts only if its own addresses include the one asked about.
//! Only names in the bot's domains are looked up: nobody can make the verifier ask for names of his choice.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::sync::Mutex;

use portcullis_policy::Domains;

use crate::stub::Stub;

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
    made: Mutex<Option<(Option<SocketAddr>, Arc<Stub>)>>,
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

    async fn resolver(&self, server: Option<SocketAddr>) -> Option<Arc<Stub>> {
        let mut made = self.made.lock().await;
        if let Some((_, resolver)) = made.as_ref().filter(|(of, _)| *of == server) {
            return Some(Arc::clone(resolver));
        }
        // Reads the system's configuration from the disk.
        let built = tokio::task::spawn_blocking(move || Stub::new(server)).await.ok()?;
        match built {
            Ok(resolver) => {
                let resolver = Arc::new(resolver);
                *made = Some((server, Arc::clone(&resolver)));
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

async fn confirm(resolver: &Stub, address: IpAddr, domains: &Domains) -> Found {
    // Its only name is `localhost`, on every machine (RFC 6761): there is nothing to ask.
    if address.is_loopback() {
        return Found::Refused;
    }
    let reverse = Name::from(address);
    let Some(pointers) = resolver.ask(&reverse, RecordType::PTR).await else { return Found::Failed };
    let names = answers(&pointers, &reverse).filter_map(|record| match &record.data {
        RData::PTR(pointer) => Some(&pointer.0),
        _ => None,
    });
    let mut outcome = Found::Refused;
    for name in names.take(MOST_NAMES).filter(|name| domains.have(name)) {
        let mut name = name.clone();
        name.set_fqdn(true);
        let kind = if address.is_ipv4() { RecordType::A } else { RecordType::AAAA };
        match resolver.ask(&name, kind).await {
            Some(found) if answers(&found, &name).any(|record| is_address(record, address)) => return Found::Verified,
            Some(_) => {}
            None => outcome = Found::Failed,
        }
    }
    outcome
}

/// The records of a name, or of the name that it is an alias of.
fn answers<'a>(found: &'a [Record], name: &Name) -> impl Iterator<Item = &'a Record> {
    let mut owner = name.clone();
    for _ in 0..MOST_ALIASES {
        let alias = found.iter().find_map(|record| match &record.data {
            RData::CNAME(alias) if record.name == owner => Some(alias.0.clone()),
            _ => None,
        });
        match alias {
            Some(alias) => owner = alias,
            None => break,
        }
    }
    found.iter().filter(move |record| record.name == owner)
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
/// Names of an address that are looked at.
const MOST_NAMES: usize = 8;
const MOST_ALIASES: usize = 8;
