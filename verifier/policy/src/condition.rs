//! Conditions: the typed matchers of a rule.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderName, Method, header};
use ipnet::IpNet;
use portcullis_admission::WeekTime;
use regex::bytes::Regex;

use crate::databases::matcher_data;
use crate::databases::mmdb::{Country, Database};
use crate::expression::Expression;
use crate::facts::{Facts, Readings};
use crate::signals::Signals;
use crate::target::{PathPattern, Target};

/// What a request is compared with. Lists are alternatives.
#[derive(Debug)]
pub enum Condition {
    /// `method`: one of these. A method in small letters is also read in capitals.
    Method(Vec<Method>),
    /// `host`: one of these, in lower case.
    Host(Vec<HostPattern>),
    /// `path`: one of these.
    Path(Vec<PathPattern>),
    /// `path_regex`: one of these is found in the path.
    PathRegex(Vec<Regex>),
    /// `user_agent`: one of these is found in the `User-Agent` header; a missing header counts as empty.
    UserAgent(Vec<Regex>),
    /// `header`: whether it is present, or what is found in it.
    Header(HeaderName, HeaderTest),
    /// `network`: the address is in one of these.
    Network(Vec<IpNet>),
    /// `ja4`: the fingerprint that a listed gateway states is found by one of these.
    Ja4(HeaderName, Vec<Regex>),
    /// `signal`: one of these is raised.
    Signal(Signals),
    /// `bot`: it was verified to come from one of these.
    Bot(Vec<String>),
    /// `asn`: one of these autonomous systems announces the address.
    Asn(Arc<Database>, Vec<u32>),
    /// `country`: the address is in one of these.
    Country(Arc<Database>, Vec<Country>),
    /// `time`: it is one of these.
    Time(Vec<WeekTime>),
    /// `expression`: it is true.
    Expression(Box<Expression>),
}

/// A host, or with `*.` before it all hosts below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    name: String,
    below: bool,
}

/// What a header is tested for.
#[derive(Debug)]
pub enum HeaderTest {
    /// It is present.
    Present,
    /// It is absent.
    Absent,
    /// This is found in one of its values, or in each.
    Has(Regex),
}

impl Condition {
    /// Whether it holds for a request whose weight so far is `weight`.
    pub fn holds(&self, facts: &Facts<'_>, readings: Readings, weight: i32) -> bool {
        match self {
            Self::Method(methods) => readings.hold(spellings(facts.method).iter(), |method| methods.contains(method)),
            Self::Host(hosts) => hosts.iter().any(|host| host.matches(facts.host)),
            Self::Path(patterns) => {
                let target = Target::of(facts.target);
                readings.hold(target.readings(), |path| patterns.iter().any(|pattern| pattern.matches(path)))
            }
            Self::PathRegex(patterns) => {
                let target = Target::of(facts.target);
                readings.hold(target.readings(), |path| found_in(patterns, path.as_bytes(), readings))
            }
            Self::UserAgent(patterns) => {
                let mut values = facts.headers.get_all(header::USER_AGENT).iter().peekable();
                match values.peek() {
                    Some(_) => readings.hold(values, |value| found_in(patterns, value.as_bytes(), readings)),
                    None => found_in(patterns, b"", readings),
                }
            }
            Self::Header(name, test) => test.holds(facts, name, readings),
            Self::Network(networks) => contains(networks, facts.address),
            Self::Ja4(name, patterns) => {
                let mut stated = matcher_data::ja4(name, facts).peekable();
                stated.peek().is_some() && readings.hold(stated, |value| found_in(patterns, value.as_bytes(), readings))
            }
            Self::Signal(signals) => facts.signals.any_of(*signals),
            Self::Bot(names) => facts.bot.is_some_and(|bot| names.iter().any(|name| name == bot)),
            Self::Asn(systems, numbers) => {
                systems.system(facts.address).is_some_and(|system| numbers.contains(&system))
            }
            Self::Country(countries, codes) => {
                countries.country(facts.address).is_some_and(|country| codes.contains(&country))
            }
            Self::Time(times) => times.iter().any(|time| time.holds(facts.now)),
            Self::Expression(expression) => expression.holds(facts, readings, weight),
        }
    }

    /// Its key in a policy.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Method(_) => "method",
            Self::Host(_) => "host",
            Self::Path(_) => "path",
            Self::PathRegex(_) => "path_regex",
            Self::UserAgent(_) => "user_agent",
            Self::Header(..) => "header",
            Self::Network(_) => "network",
            Self::Ja4(..) => "ja4",
            Self::Signal(_) => "signal",
            Self::Bot(_) => "bot",
            Self::Asn(..) => "asn",
            Self::Country(..) => "country",
            Self::Time(_) => "time",
            Self::Expression(_) => "expression",
        }
    }
}

impl HeaderTest {
    fn holds(&self, facts: &Facts<'_>, name: &HeaderName, readings: Readings) -> bool {
        let values = || facts.headers.get_all(name).iter();
        match self {
            Self::Present => values().next().is_some(),
            Self::Absent => values().next().is_none(),
            Self::Has(pattern) => {
                values().next().is_some()
                    && readings
                        .hold(values(), |value| found_in(std::slice::from_ref(pattern), value.as_bytes(), readings))
            }
        }
    }
}

impl HostPattern {
    /// Reads `login.example` or `*.example`. `None` if it is not a host in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, below) = text.strip_prefix("*.").map_or((text, false), |name| (name, true));
        let is_host = portcullis_clearance::client::host_name(name).is_some_and(|host| host == name);
        is_host.then(|| Self { name: name.to_owned(), below })
    }

    /// Its name, and whether it stands for the hosts below that.
    pub(crate) fn parts(&self) -> (&str, bool) {
        (&self.name, self.below)
    }

    /// Whether it matches a host.
    pub fn matches(&self, host: &str) -> bool {
        if !self.below {
            return host == self.name;
        }
        host.strip_suffix(self.name.as_str()).is_some_and(|labels| labels.ends_with('.') && labels.len() > 1)
    }
}

impl std::fmt::Display for HostPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.below { "*." } else { "" }, self.name)
    }
}

/// If a text is too long to be searched, the client is asked for work: it counts as found if the rule asks for more.
fn found_in(patterns: &[Regex], text: &[u8], readings: Readings) -> bool {
    if text.len() > MOST_SEARCHED {
        return readings == Readings::Any;
    }
    patterns.iter().any(|pattern| pattern.is_match(text))
}

/// A method as it is written, and in capitals, because an origin may read it so.
pub(crate) fn spellings(method: &Method) -> Cow<'_, [Method]> {
    let is_lower = method.as_str().bytes().any(|byte| byte.is_ascii_lowercase());
    let capital = is_lower.then(|| Method::from_bytes(method.as_str().to_ascii_uppercase().as_bytes()).ok()).flatten();
    match capital {
        Some(capital) => Cow::Owned(vec![method.clone(), capital]),
        None => Cow::Borrowed(std::slice::from_ref(method)),
    }
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// Bytes of a path or header that regular expressions are searched for in: more than any browser sends.
pub(crate) const MOST_SEARCHED: usize = 8 << 10;
