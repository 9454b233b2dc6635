//! Builds an index from rules.

use std::collections::HashSet;
use std::sync::Arc;

use http::HeaderName;
use ipnet::IpNet;
use regex::bytes::Regex;

use super::bits::Bits;
use super::keyed::{Hosts, Keyed, Paths};
use super::networks::Networks;
use super::patterns::Patterns;
use super::{Header, Index, Kind, Late, Rest};
use crate::condition::{Condition, HeaderTest};
use crate::databases::mmdb::Database;
use crate::facts::Readings;
use crate::rule::Rule;

impl Index {
    /// Finds a place for each condition of `rules`.
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let mut every = Bits::none(rules.len());
        for (number, _) in rules.iter().enumerate().filter(|(_, rule)| rule.readings() == Readings::Every) {
            every.insert(number as u32);
        }
        let mut build = Build { rules, rest: rules.iter().map(Rest::of).collect(), late: Vec::new(), every: &every };
        Self {
            methods: build.kind(Condition::methods, Keyed::new(), |keyed, methods, rule| {
                methods.iter().for_each(|method| keyed.insert(method.clone(), rule));
            }),
            hosts: build.kind(Condition::hosts, Hosts::new(), |keyed, hosts, rule| {
                hosts.iter().for_each(|host| keyed.insert(host, rule));
            }),
            paths: build.kind(Condition::paths, Paths::new(), |keyed, paths, rule| {
                paths.iter().for_each(|path| keyed.insert(path, rule));
            }),
            signals: build.kind(Condition::signals, Keyed::new(), |keyed, signals, rule| {
                signals.iter().for_each(|signal| keyed.insert(signal.name(), rule));
            }),
            bots: build.kind(Condition::bots, Keyed::new(), |keyed, bots, rule| {
                unique(bots).for_each(|bot| keyed.insert(bot.clone(), rule));
            }),
            systems: build.of_database(Condition::systems),
            countries: build.of_database(Condition::countries),
            networks: build.networks(),
            late: build.late(),
            rest: build.rest,
            all: Bits::all(rules.len()),
            every,
        }
    }
}

impl Rest {
    /// All of a rule's conditions, before any has its place.
    fn of(rule: &Rule) -> Self {
        Self { late: Vec::new(), conditions: (0..rule.conditions.len() as u32).collect() }
    }
}

struct Build<'r> {
    rules: &'r [Rule],
    rest: Vec<Rest>,
    late: Vec<Late>,
    every: &'r Bits,
}

/// A rule, and one of its conditions.
type Placed<T> = (u32, u32, T);

impl<'r> Build<'r> {
    /// The first condition of a kind in each rule that has one and has not found its place.
    fn conditions<T>(&self, of_kind: impl Fn(&'r Condition) -> Option<T>) -> Vec<Placed<T>> {
        let first = |(number, rule): (usize, &'r Rule)| {
            let mut conditions = rule.conditions.iter().enumerate();
            let (place, found) = conditions.find_map(|(place, condition)| Some((place, of_kind(condition)?)))?;
            Some((number as u32, place as u32, found))
        };
        self.rules.iter().enumerate().filter_map(first).collect()
    }

    /// The rules without such a condition. For the others, there is one thing less to do.
    fn take<T>(&mut self, conditions: &[Placed<T>]) -> Bits {
        let mut free = Bits::all(self.rules.len());
        for (rule, place, _) in conditions {
            free.remove(*rule);
            self.rest[*rule as usize].conditions.retain(|left| left != place);
        }
        free
    }

    fn kind<T, K>(
        &mut self,
        of_kind: impl Fn(&'r Condition) -> Option<T>,
        mut named: K,
        insert: impl Fn(&mut K, &T, u32),
    ) -> Option<Kind<K>> {
        let conditions = self.conditions(of_kind);
        conditions.iter().for_each(|(rule, _, condition)| insert(&mut named, condition, *rule));
        (!conditions.is_empty()).then(|| Kind { free: self.take(&conditions), named })
    }

    /// A policy has one database of a kind.
    fn of_database<K: Copy + Eq + std::hash::Hash + 'r>(
        &mut self,
        of_kind: impl Fn(&'r Condition) -> Option<(&'r Arc<Database>, &'r Vec<K>)>,
    ) -> Option<(Arc<Database>, Kind<Keyed<K>>)> {
        let database = self.conditions(&of_kind).first().map(|(_, _, (database, _))| Arc::clone(database))?;
        let kind = self.kind(of_kind, Keyed::new(), |keyed, (_, values), rule| {
            unique(values).for_each(|value| keyed.insert(*value, rule));
        });
        Some((database, kind?))
    }

    fn networks(&mut self) -> Option<Kind<Networks>> {
        let conditions = self.conditions(Condition::networks);
        let named: Vec<(u32, &[IpNet])> =
            conditions.iter().map(|(rule, _, networks)| (*rule, networks.as_slice())).collect();
        let named = Networks::new(&named).filter(|_| !conditions.is_empty())?;
        Some(Kind { free: self.take(&conditions), named })
    }

    fn late(&mut self) -> Vec<Late> {
        self.patterns(Condition::user_agents, false, Late::UserAgent);
        self.patterns(Condition::path_regexes, true, Late::PathRegex);
        let headers =
            self.rules.iter().flat_map(|rule| &rule.conditions).filter_map(|condition| condition.header(None));
        let mut seen = HashSet::new();
        for name in headers.map(|(name, _)| name).filter(|name| seen.insert(*name)) {
            self.header(name);
        }
        std::mem::take(&mut self.late)
    }

    fn patterns(
        &mut self,
        of_kind: impl Fn(&'r Condition) -> Option<&'r Vec<Regex>>,
        any_case: bool,
        late: fn(Kind<Patterns>) -> Late,
    ) {
        let conditions = self.conditions(of_kind);
        let each: Vec<_> =
            conditions.iter().flat_map(|(rule, _, found)| found.iter().map(|pattern| (*rule, pattern))).collect();
        if let Some(named) = Patterns::new(&each, any_case, self.every).filter(|_| !each.is_empty()) {
            let free = self.take(&conditions);
            self.push(late(Kind { free, named }), &conditions);
        }
    }

    fn header(&mut self, name: &'r HeaderName) {
        let conditions = self.conditions(|condition| condition.header(Some(name)).map(|(_, test)| test));
        let mut header = Header { present: Vec::new(), absent: Vec::new(), has: None };
        let mut has = Vec::new();
        for (rule, _, test) in &conditions {
            match test {
                HeaderTest::Present => header.present.push(*rule),
                HeaderTest::Absent => header.absent.push(*rule),
                HeaderTest::Has(pattern) => has.push((*rule, pattern)),
            }
        }
        header.has = Patterns::new(&has, false, self.every);
        // Too large together: each by itself.
        if header.has.is_some() {
            let free = self.take(&conditions);
            self.push(Late::Header(name.clone(), Kind { free, named: header }), &conditions);
        }
    }

    fn push<T>(&mut self, late: Late, conditions: &[Placed<T>]) {
        let place = self.late.len() as u32;
        self.late.push(late);
        conditions.iter().for_each(|(rule, ..)| self.rest[*rule as usize].late.push(place));
    }
}

fn unique<T: Eq + std::hash::Hash>(values: &[T]) -> impl Iterator<Item = &T> {
    let mut seen = HashSet::new();
    values.iter().filter(move |value| seen.insert(*value))
}
