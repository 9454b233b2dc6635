//! Finds the rules that may hold for a request, without trying each.
//!
//! For each kind of condition there is one lookup for all rules: it gives those that the condition does not rule out.
//! Cheap lookups come first; regular expressions are searched for only when a rule is reached that needs them, and then
//! for all such rules. Conditions that cannot be looked up, such as expressions, are tested for each rule that is left.
//!
//! Whether a rule holds is still defined by [`Rule::holds`]: a test compares the two.

mod bits;
mod build;
mod keyed;
mod kinds;
mod networks;
mod patterns;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::sync::Arc;

use http::{HeaderName, Method, header};

use self::bits::Bits;
use self::keyed::{Hosts, Keyed, Paths};
use self::networks::Networks;
use self::patterns::Patterns;
use crate::condition::spellings;
use crate::databases::mmdb::{Country, Database};
use crate::facts::Facts;
use crate::rule::Rule;
use crate::target::Target;

/// Where the rules of a policy are found.
#[derive(Debug)]
pub(crate) struct Index {
    /// Rules that ask for less: their conditions hold only if they do for every reading.
    every: Bits,
    all: Bits,
    methods: Option<Kind<Keyed<Method>>>,
    hosts: Option<Kind<Hosts>>,
    paths: Option<Kind<Paths>>,
    networks: Option<Kind<Networks>>,
    systems: Option<(Arc<Database>, Kind<Keyed<u32>>)>,
    countries: Option<(Arc<Database>, Kind<Keyed<Country>>)>,
    signals: Option<Kind<Keyed<&'static str>>>,
    bots: Option<Kind<Keyed<String>>>,
    /// Searched for only when a rule needs it.
    late: Vec<Late>,
    /// What is left to do for each rule.
    rest: Vec<Rest>,
}

/// One kind of condition.
#[derive(Debug)]
struct Kind<T> {
    /// Rules without such a condition.
    free: Bits,
    named: T,
}

/// A kind of condition that is not looked up before a rule is reached that has one.
#[derive(Debug)]
enum Late {
    UserAgent(Kind<Patterns>),
    PathRegex(Kind<Patterns>),
    Header(HeaderName, Kind<Header>),
}

/// Rules by what they want of one header.
#[derive(Debug)]
struct Header {
    present: Vec<u32>,
    absent: Vec<u32>,
    has: Option<Patterns>,
}

/// What is left to do for a rule that no lookup rules out.
#[derive(Debug, Default)]
struct Rest {
    /// The places of late kinds that it has.
    late: Vec<u32>,
    /// The places of conditions that are asked by themselves.
    conditions: Vec<u32>,
}

/// A walk through the rules that hold for a request, in order.
pub(crate) struct Walk<'p, 'r> {
    index: &'p Index,
    rules: &'p [Rule],
    facts: &'r Facts<'r>,
    target: OnceCell<Target<'r>>,
    /// Rules that nothing has ruled out yet.
    live: Bits,
    hits: Bits,
    place: usize,
    /// Late kinds that are done.
    done: Vec<bool>,
}

impl Index {
    /// Begins a walk through `rules`, which it was built from.
    pub(crate) fn walk<'p, 'r>(&'p self, rules: &'p [Rule], facts: &'r Facts<'r>) -> Walk<'p, 'r> {
        let mut walk = Walk {
            index: self,
            rules,
            facts,
            target: OnceCell::new(),
            live: self.all.clone(),
            hits: self.all.clone(),
            place: 0,
            done: vec![false; self.late.len()],
        };
        walk.look_up();
        walk
    }
}

impl<'p> Walk<'p, '_> {
    /// The next rule that holds, with what the rules before it weigh.
    pub(crate) fn next(&mut self, weight: i32) -> Option<&'p Rule> {
        loop {
            let number = self.live.first_from(self.place)?;
            self.place = number + 1;
            let rest = &self.index.rest[number];
            for late in &rest.late {
                self.search(*late as usize);
                if !self.live.contains(number) {
                    break;
                }
            }
            let rule = &self.rules[number];
            let readings = rule.readings();
            let holds = |place: &u32| rule.conditions[*place as usize].holds(self.facts, readings, weight);
            if self.live.contains(number) && rest.conditions.iter().all(holds) {
                return Some(rule);
            }
        }
    }

    /// Rules out what can be looked up at once.
    fn look_up(&mut self) {
        let (index, facts) = (self.index, self.facts);
        if let Some(kind) = &index.methods {
            match &*spellings(facts.method) {
                [method] => self.narrow(kind, |methods, hits| methods.find(method, hits)),
                spellings => self.narrow_each(kind, spellings, |methods, method, hits| methods.find(method, hits)),
            }
        }
        if let Some(kind) = &index.hosts {
            self.narrow(kind, |hosts, hits| hosts.find(facts.host, hits));
        }
        if let Some(kind) = &index.networks {
            self.narrow(kind, |networks, hits| networks.find(facts.address, hits));
        }
        if let Some(kind) = &index.signals {
            self.narrow(kind, |signals, hits| {
                facts.signals.iter().for_each(|signal| signals.find(signal.name(), hits))
            });
        }
        if let Some(kind) = &index.bots {
            self.narrow(kind, |bots, hits| facts.bot.into_iter().for_each(|bot| bots.find(bot, hits)));
        }
        if let Some((database, kind)) = &index.systems {
            let system = database.system(facts.address);
            self.narrow(kind, |systems, hits| system.iter().for_each(|system| systems.find(system, hits)));
        }
        if let Some((database, kind)) = &index.countries {
            let country = database.country(facts.address);
            self.narrow(kind, |countries, hits| country.iter().for_each(|country| countries.find(country, hits)));
        }
        if let Some(kind) = &index.paths {
            self.narrow_paths(kind, Paths::find);
        }
    }

    /// Rules out by a late kind, if that is not done yet.
    fn search(&mut self, late: usize) {
        if std::mem::replace(&mut self.done[late], true) {
            return;
        }
        let headers = self.facts.headers;
        match &self.index.late[late] {
            Late::PathRegex(kind) => {
                self.narrow_paths(kind, |patterns, path, hits| patterns.find(path.as_bytes(), hits))
            }
            Late::UserAgent(kind) if headers.contains_key(header::USER_AGENT) => {
                let values = headers.get_all(header::USER_AGENT).iter();
                self.narrow_each(kind, values, |patterns, value, hits| patterns.find(value.as_bytes(), hits));
            }
            Late::UserAgent(kind) => self.narrow(kind, |patterns, hits| patterns.find(b"", hits)),
            Late::Header(name, kind) if headers.contains_key(name) => {
                let values = headers.get_all(name).iter();
                self.narrow_each(kind, values, |header, value, hits| {
                    hits.extend(&header.present);
                    header.has.iter().for_each(|patterns| patterns.find(value.as_bytes(), hits));
                });
            }
            Late::Header(_, kind) => self.narrow(kind, |header, hits| hits.extend(&header.absent)),
        }
    }

    /// Rules out the rules that have a condition of a kind and are not found.
    fn narrow<T>(&mut self, kind: &Kind<T>, find: impl FnOnce(&T, &mut Bits)) {
        self.hits.become_like(&kind.free);
        find(&kind.named, &mut self.hits);
        self.live.keep(&self.hits);
    }

    fn narrow_paths<T>(&mut self, kind: &Kind<T>, find: impl Fn(&T, &str, &mut Bits)) {
        let target = self.target.get_or_init(|| Target::of(self.facts.target)).clone();
        if target.is_plain() {
            target.readings().take(1).for_each(|path| self.narrow(kind, |named, hits| find(named, path, hits)));
        } else {
            self.narrow_each(kind, target.readings(), find);
        }
    }

    /// As [`Self::narrow`], with several readings.
    fn narrow_each<T, R>(
        &mut self,
        kind: &Kind<T>,
        readings: impl IntoIterator<Item = R>,
        find: impl Fn(&T, R, &mut Bits),
    ) {
        let (mut some, mut most) = (self.hits.clone(), self.index.all.clone());
        some.clear();
        for reading in readings {
            self.hits.clear();
            find(&kind.named, reading, &mut self.hits);
            some.add(&self.hits);
            most.keep(&self.hits);
        }
        self.hits.become_like(&kind.free);
        self.hits.add_chosen(&self.index.every, &most, &some);
        self.live.keep(&self.hits);
    }
}
