//! Which kind a condition is of.

use std::sync::Arc;

use http::{HeaderName, Method};
use ipnet::IpNet;
use regex::bytes::Regex;

use crate::condition::{Condition, HeaderTest, HostPattern};
use crate::databases::mmdb::{Country, Database};
use crate::signals::Signals;
use crate::target::PathPattern;

impl Condition {
    pub(super) fn methods(&self) -> Option<&Vec<Method>> {
        if let Self::Method(methods) = self { Some(methods) } else { None }
    }

    pub(super) fn hosts(&self) -> Option<&Vec<HostPattern>> {
        if let Self::Host(hosts) = self { Some(hosts) } else { None }
    }

    pub(super) fn paths(&self) -> Option<&Vec<PathPattern>> {
        if let Self::Path(paths) = self { Some(paths) } else { None }
    }

    pub(super) fn path_regexes(&self) -> Option<&Vec<Regex>> {
        if let Self::PathRegex(patterns) = self { Some(patterns) } else { None }
    }

    pub(super) fn user_agents(&self) -> Option<&Vec<Regex>> {
        if let Self::UserAgent(patterns) = self { Some(patterns) } else { None }
    }

    /// Of one header, if it says which.
    pub(super) fn header(&self, wanted: Option<&HeaderName>) -> Option<(&HeaderName, &HeaderTest)> {
        match self {
            Self::Header(name, test) if wanted.is_none_or(|wanted| wanted == name) => Some((name, test)),
            _ => None,
        }
    }

    pub(super) fn networks(&self) -> Option<&Vec<IpNet>> {
        if let Self::Network(networks) = self { Some(networks) } else { None }
    }

    pub(super) fn signals(&self) -> Option<&Signals> {
        if let Self::Signal(signals) = self { Some(signals) } else { None }
    }

    pub(super) fn bots(&self) -> Option<&Vec<String>> {
        if let Self::Bot(bots) = self { Some(bots) } else { None }
    }

    pub(super) fn systems(&self) -> Option<(&Arc<Database>, &Vec<u32>)> {
        if let Self::Asn(database, systems) = self { Some((database, systems)) } else { None }
    }

    pub(super) fn countries(&self) -> Option<(&Arc<Database>, &Vec<Country>)> {
        if let Self::Country(database, countries) = self { Some((database, countries)) } else { None }
    }
}
