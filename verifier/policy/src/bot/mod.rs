//! Good bots: what they call themselves, and what proves it. A user agent alone proves nothing.
//!
//! 1. An address in a range that the bot's operator publishes.
//! 2. A name of the address, in one of the bot's domains, that leads back to the address.
//! 3. A signature by one of the bot's keys.
//!
//! Any one suffices. The crate `portcullis-bots` looks for them.

pub(crate) mod keys;

use std::net::IpAddr;
use std::sync::Arc;

use hickory_proto::rr::Name;
use http::{HeaderMap, header};
use ipnet::IpNet;
use regex::bytes::Regex;

use self::keys::BotKeys;

/// A bot that rules may name.
#[derive(Debug)]
pub struct Bot {
    /// Its name: unique, in kebab-case.
    pub name: String,
    /// Found in the user agent of clients that claim to be it. `None`: any client may be.
    user_agent: Vec<Regex>,
    networks: Networks,
    domains: Option<Arc<Domains>>,
    keys: BotKeys,
}

/// The domains in which a bot's addresses have names.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Domains(Vec<Name>);

/// Networks, in order and apart.
#[derive(Debug, Default)]
struct Networks(Vec<(IpAddr, IpAddr)>);

impl Bot {
    /// A bot that any one of `networks`, `domains` and `keys` proves.
    pub(crate) fn new(
        name: String,
        user_agent: Vec<Regex>,
        networks: &[IpNet],
        domains: Option<Domains>,
        keys: BotKeys,
    ) -> Self {
        Self { name, user_agent, networks: Networks::of(networks), domains: domains.map(Arc::new), keys }
    }

    /// Whether a request claims to come from it: with each of its user agents, if it has several.
    pub fn is_claimed(&self, headers: &HeaderMap) -> bool {
        let found = |agent: &[u8]| self.user_agent.iter().any(|pattern| pattern.is_match(agent));
        let mut agents = headers.get_all(header::USER_AGENT).iter().peekable();
        self.user_agent.is_empty() || agents.peek().is_some() && agents.all(|agent| found(agent.as_bytes()))
    }

    /// Whether an address is in one of its ranges.
    pub fn has(&self, address: IpAddr) -> bool {
        self.networks.contain(address.to_canonical())
    }

    /// The domains in which its addresses have names.
    pub fn domains(&self) -> Option<&Arc<Domains>> {
        self.domains.as_ref()
    }

    /// The keys that it signs with.
    pub fn keys(&self) -> &BotKeys {
        &self.keys
    }
}

impl Domains {
    /// Reads domains in lower case; refuses a text that is not one, with the fix.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, String> {
        let parse = |text: &String| {
            let is_host = portcullis_clearance::client::host_name(text).is_some_and(|host| host == *text);
            let is_name = is_host && text.contains('.') && text.parse::<IpAddr>().is_err();
            let mut name = Name::from_ascii(text).ok().filter(|_| is_name).ok_or_else(|| {
                format!("dns: {text:?} is not a domain in lower case; write one such as \"googlebot.com\"")
            })?;
            name.set_fqdn(true);
            Ok(name)
        };
        texts.iter().map(parse).collect::<Result<_, String>>().map(Self)
    }

    /// Whether a name is one of these, or below one. Names are compared label by label.
    pub fn have(&self, name: &Name) -> bool {
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
            assert!(domains(&[text]).unwrap_err().contains("not a domain"), "{text}");
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
