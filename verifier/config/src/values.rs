//! The types that values are parsed into. Each refusal names the fix; `load` adds where the value came from.

use std::fmt;
use std::time::Duration;

use http::uri::{Authority, Scheme, Uri};
use ipnet::IpNet;
use portcullis_challenge::Difficulty;
use portcullis_clearance::{client, token};
use portcullis_issuer::tokens::standing::ROTATION;
use serde::de::{Deserialize, Deserializer, Error};

/// The protected site: `http://host:port`, nothing after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(Authority);

impl Origin {
    /// Host and port.
    pub fn authority(&self) -> &Authority {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let form = || D::Error::custom(format!("{text:?} is not an origin; write \"http://host:port\""));
        let parts = text.parse::<Uri>().map_err(|_| form())?.into_parts();
        if parts.scheme == Some(Scheme::HTTPS) {
            return Err(D::Error::custom("an origin over TLS is not supported; write \"http://host:port\""));
        }
        let bare = parts.path_and_query.is_none_or(|path| path == "/");
        let authority =
            parts.authority.filter(|authority| bare && !authority.as_str().contains('@')).ok_or_else(form)?;
        if parts.scheme == Some(Scheme::HTTP) { Ok(Self(authority)) } else { Err(form()) }
    }
}

/// A host name as it is compared: lower-case, without port and trailing dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

impl HostName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for HostName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match client::host_name(&text) {
            Some(name) if name == text => Ok(Self(name)),
            _ => Err(D::Error::custom(format!("{text:?} is not a host name; write it in lower case and without port"))),
        }
    }
}

pub(crate) fn token_lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::from_secs(60), token::MAX_LIFETIME)
}

/// From an hour, so that the next key is published in time, to ten years, for keys that are replaced by hand.
pub(crate) fn rotation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::from_secs(3600), Duration::from_secs(3650 * 24 * 3600))
}

pub(crate) fn refill<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::from_millis(1), Duration::from_secs(24 * 3600))
}

/// At least as long as a token is used before it is replaced.
pub(crate) fn standing_lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, ROTATION, Duration::from_secs(90 * 24 * 3600))
}

/// A token that replaces another says that its client was known for this long, and no more.
pub(crate) fn age<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::ZERO, ROTATION)
}

pub(crate) fn requests<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, 1, 1_000_000)
}

pub(crate) fn per_network<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, 1, 100_000)
}

pub(crate) fn top_up_fraction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.01, 1.0)
}

pub(crate) fn requests_a_second<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, 1.0, 1e7).map(Some)
}

pub(crate) fn errors<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.001, 1.0)
}

/// Not all: new clients are to be served too.
pub(crate) fn reserve<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.0, 0.9)
}

pub(crate) fn difficulty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Difficulty, D::Error> {
    let attempts = within(deserializer, 1, Difficulty::MAX.attempts())?;
    // In the range of difficulties.
    Ok(Difficulty::new(attempts).unwrap_or(Difficulty::MAX))
}

/// With no wait at all there would be no queue; after more than a minute nobody is still there.
pub(crate) fn turn<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::from_millis(100), Duration::from_secs(60))
}

pub(crate) fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::from_millis(100), Duration::from_secs(3600))
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D, least: Duration, most: Duration) -> Result<Duration, D::Error> {
    let text =
        String::deserialize(deserializer).map_err(|error| D::Error::custom(format!("{error}, such as \"15m\"")))?;
    let parsed = humantime::parse_duration(&text).ok().filter(|duration| (least..=most).contains(duration));
    parsed.ok_or_else(|| {
        let (least, most) = (humantime::format_duration(least), humantime::format_duration(most));
        D::Error::custom(format!(
            "{text:?} is out of range; write a duration from \"{least}\" to \"{most}\", such as \"15m\""
        ))
    })
}

pub(crate) fn prefix_v4<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    within(deserializer, 8, 32)
}

pub(crate) fn prefix_v6<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    within(deserializer, 16, 128)
}

pub(crate) fn capacity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    within(deserializer, 1, 100_000_000)
}

fn within<'de, D, N>(deserializer: D, least: N, most: N) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: Deserialize<'de> + PartialOrd + fmt::Display,
{
    let number = N::deserialize(deserializer)?;
    if number >= least && number <= most {
        return Ok(number);
    }
    Err(D::Error::custom(format!("{number} is out of range; write {least} to {most}")))
}

/// Networks, or single addresses as networks of one.
pub(crate) fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parse = |text: &String| text.parse().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from)).ok();
    texts
        .iter()
        .map(|text| {
            let network: IpNet = parse(text).ok_or_else(|| {
                D::Error::custom(format!(
                    "{text:?} is not a network; write one such as \"10.0.0.0/8\" or \"2001:db8::/32\""
                ))
            })?;
            if network.prefix_len() == 0 {
                return Err(D::Error::custom(format!(
                    "{text:?} trusts the whole Internet's forwarded headers; list your gateways"
                )));
            }
            Ok(network)
        })
        .collect()
}
