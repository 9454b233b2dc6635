//! Good bots: who says to be one, and what proves it. A user agent alone proves nothing.
//!
//! 1. An address in a range that the bot's operator publishes.
//! 2. A name of the address, in one of the bot's domains, that leads back to the address.
//! 3. A signature by one of the bot's keys.
//!
//! Any one suffices. [`bots`](crate::bots) looks for them.

pub(crate) mod keys;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hickory_resolver::proto::rr::Name;
use http::{HeaderMap, header};
use ipnet::IpNet;
use regex::bytes::Regex;
use serde::Deserialize;
use toml::Spanned;

use self::keys::BotKeys;
use super::{lists, read};

/// A bot that rules may name.
#[derive(Debug)]
pub struct Bot {
    /// Kebab-case, and its own.
    pub name: String,
    /// Found in the user agent of whoever says to be it. None: everybody may.
    user_agent: Vec<Regex>,
    networks: Networks,
    domains: Option<Arc<Domains>>,
    keys: BotKeys,
}

/// The domains that the names of a bot's addresses are in.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Domains(Vec<Name>);

/// Networks, in order and apart.
#[derive(Debug, Default)]
struct Networks(Vec<(IpAddr, IpAddr)>);

impl Bot {
    /// Whether a request says to come from it: by each of its user agents, where it has several.
    pub(crate) fn is_claimed(&self, headers: &HeaderMap) -> bool {
        let found = |agent: &[u8]| self.user_agent.iter().any(|pattern| pattern.is_match(agent));
        let mut agents = headers.get_all(header::USER_AGENT).iter().peekable();
        self.user_agent.is_empty() || agents.peek().is_some() && agents.all(|agent| found(agent.as_bytes()))
    }

    /// Whether an address is in a range of its own.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        self.networks.contain(address.to_canonical())
    }

    /// The domains that its addresses have names in.
    pub(crate) fn domains(&self) -> Option<&Arc<Domains>> {
        self.domains.as_ref()
    }

    /// The keys that it signs with.
    pub(crate) fn keys(&self) -> &BotKeys {
        &self.keys
    }
}

impl Domains {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let parse = |text: &String| {
            let is_host = crate::visitor::host_name(text).is_some_and(|host| host == *text);
            let is_name = is_host && text.contains('.') && text.parse::<IpAddr>().is_err();
            let mut name = Name::from_ascii(text).ok().filter(|_| is_name).ok_or_else(|| {
                format!("dns: {text:?} is no domain in lower case; write one such as \"googlebot.com\"")
            })?;
            name.set_fqdn(true);
            Ok(name)
        };
        texts.iter().map(parse).collect::<Result<_, String>>().map(Self)
    }

    /// Whether a name is one of these, or below one. Names are held against each other label by label.
    pub(crate) fn have(&self, name: &Name) -> bool {
        self.0.iter().any(|domain| domain.zone_of(name))
    }
}

impl Networks {
    fn of(networks: &[IpNet]) -> Self {
        let mut ranges: Vec<_> =
            IpNet::aggregate(&networks.to_vec()).iter().map(|net| (net.network(), net.broadcast())).collect();
        ranges.sort_unstable();
        Self(ranges)
    }

    fn contain(&self, address: IpAddr) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= address);
        after.checked_sub(1).is_some_and(|index| address <= self.0[index].1)
    }
}

/// Reads all bots of a policy; refuses one with where it is written.
pub(super) fn read_all(
    raw: Vec<Spanned<RawBot>>,
    folder: &Path,
    sources: &mut Vec<PathBuf>,
) -> Result<Vec<Bot>, (usize, String)> {
    let mut bots: Vec<Bot> = Vec::new();
    for bot in raw {
        let (start, name) = (bot.span().start, bot.get_ref().name.clone());
        let refused = |problem| (start, format!("bot {name:?}: {problem}"));
        if bots.len() >= MOST_BOTS || bots.iter().any(|other| other.name == name) {
            return Err(refused(format!("give each its own name, and write at most {MOST_BOTS}")));
        }
        bots.push(bot.into_inner().read(folder, sources).map_err(refused)?);
    }
    Ok(bots)
}

/// Reads `dns_resolver`.
pub(super) fn resolver(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("dns_resolver: {text:?} is no address with a port; write \"127.0.0.1:53\""))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBot {
    name: String,
    user_agent: Option<Vec<String>>,
    network: Option<Vec<String>>,
    network_file: Option<Vec<PathBuf>>,
    dns: Option<Vec<String>>,
    keys: Option<PathBuf>,
}

impl RawBot {
    /// Reads the files that it names, beside the policy, into `sources` too.
    fn read(self, folder: &Path, sources: &mut Vec<PathBuf>) -> Result<Bot, String> {
        if !read::is_kebab(&self.name) {
            return Err("this is no name; write one such as \"googlebot\"".to_owned());
        }
        let user_agent = match read::list("user_agent", self.user_agent)? {
            Some(agents) => read::patterns("user_agent", &agents, false)?,
            None => Vec::new(),
        };
        let networks = lists::named(folder, self.network, self.network_file, sources)?;
        if networks.iter().any(|network| network.prefix_len() == 0) {
            return Err("a network of all addresses proves nothing; write the bot's own".to_owned());
        }
        let domains = read::list("dns", self.dns)?.map(|domains| Domains::parse(&domains)).transpose()?;
        if domains.is_some() && user_agent.is_empty() {
            return Err("`dns` needs `user_agent`: only who says to be the bot is looked up".to_owned());
        }
        let keys = match self.keys {
            Some(file) => {
                let path = folder.join(file);
                let keys = BotKeys::read(&path)?;
                sources.push(path);
                keys
            }
            None => BotKeys::default(),
        };
        if networks.is_empty() && domains.is_none() && keys.is_empty() {
            return Err(
                "nothing proves that it is the bot; write `network`, `network_file`, `dns` or `keys`".to_owned()
            );
        }
        Ok(Bot { name: self.name, user_agent, networks: Networks::of(&networks), domains: domains.map(Arc::new), keys })
    }
}

/// Several times what there are of any note.
const MOST_BOTS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(texts: &[&str]) -> Result<Domains, String> {
        Domains::parse(&texts.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_name_is_below_a_domain_by_whole_labels() {
        let domains = domains(&["googlebot.com", "search.example"]).unwrap();
        for name in ["crawl-1.googlebot.com.", "CRAWL-1.GoogleBot.COM.", "googlebot.com.", "a.b.search.example."] {
            assert!(domains.have(&Name::from_ascii(name).unwrap()), "{name}");
        }
        for name in [
            "evilgooglebot.com.",
            "googlebot.com.evil.example.",
            "com.",
            ".",
            "googlebot.com.evil.",
            // One label that has a dot in it.
            "crawl\\.googlebot.com.",
            "example.",
        ] {
            assert!(!domains.have(&Name::from_ascii(name).unwrap()), "{name}");
        }
    }

    #[test]
    fn a_domain_is_a_name_and_not_all_of_a_country() {
        for text in ["com", "", "Googlebot.com", "*.googlebot.com", "203.0.113.9", "googlebot.com.", ".googlebot.com"] {
            assert!(domains(&[text]).unwrap_err().contains("no domain"), "{text}");
        }
    }

    #[test]
    fn an_address_is_found_among_many_networks() {
        let networks: Vec<IpNet> = ["192.0.2.0/25", "198.51.100.7/32", "2001:db8::/32", "10.0.0.0/8", "10.1.0.0/16"]
            .map(|text| text.parse().unwrap())
            .into();
        let networks = Networks::of(&networks);
        for (address, is_in) in [
            ("192.0.2.0", true),
            ("192.0.2.127", true),
            ("192.0.2.128", false),
            ("198.51.100.7", true),
            ("198.51.100.8", false),
            ("10.255.255.255", true),
            ("9.255.255.255", false),
            ("0.0.0.0", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::1", false),
            ("::", false),
        ] {
            assert_eq!(networks.contain(address.parse().unwrap()), is_in, "{address}");
        }
        assert!(!Networks::default().contain([10, 0, 0, 1].into()));
    }
}
