//! People: they click, get the login page and what is on it, type, and log in. They reload after an error, come back when
//! they are told to, and give up in the end.

use portcullis_clearance::TokenId;

use crate::gate::{SimulatedRequest, Token};
use crate::random::{Random, Weighted};
use crate::record::Visit;
use crate::scenario::{CHALLENGE, LOGIN_COST};
use crate::time::{SECOND, Time, seconds};
use crate::world::{Event, Reply, THERE_AND_BACK, Who, World};

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The login page.
    Page,
    /// Style, script, pictures.
    Asset,
    /// To be logged in.
    Login,
}

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    /// Asks.
    Ask(Stage),
    /// Hands in a solution of a challenge of some moment, and asks again.
    Redeem(Stage, Time),
}

/// Everybody who came.
pub(crate) struct People {
    all: Vec<Person>,
    random: Random,
    networks: Weighted,
    devices: Weighted,
}

struct Person {
    network: u32,
    hashes: f64,
    standing: Option<TokenId>,
    token: Option<Token>,
    came: Time,
    gives_up: Time,
    waited: Time,
    is_gone: bool,
}

impl People {
    pub(crate) fn new(seed: u64) -> Self {
        // Most networks are homes and offices; the largest are carriers' address translators, with 3 % of all people.
        let networks = Weighted::new((1..=NETWORKS).map(|rank| f64::from(rank).powf(-0.8)));
        let devices = Weighted::new(DEVICES.iter().map(|(share, _)| *share));
        Self { all: Vec::new(), random: Random::new(seed), networks, devices }
    }

    /// A person spent this long waiting for a turn. What is on the page comes while they type.
    pub(crate) fn waited(&mut self, person: usize, stage: Stage, span: Time) {
        if stage != Stage::Asset {
            self.all[person].waited += span;
        }
    }
}

impl World<'_> {
    /// A person comes, and another one will.
    pub(crate) fn arrive(&mut self) {
        let next = self.people.random.exponential(1.0 / self.logins());
        self.at(self.now + seconds(next), Event::Arrival);
        let returning = self.people.random.unit() < self.scenario.crowd.returning;
        let person = Person {
            network: FIRST_NETWORK + self.people.networks.pick(&mut self.people.random) as u32,
            hashes: DEVICES[self.people.devices.pick(&mut self.people.random)].1,
            standing: returning.then(|| self.gate.name()),
            token: None,
            came: self.now,
            gives_up: self.now + PATIENCE,
            waited: 0,
            is_gone: false,
        };
        self.people.all.push(person);
        self.record.at(self.now).came += 1;
        self.act(self.people.all.len() - 1, Act::Ask(Stage::Page));
    }

    /// Logins a second, just now.
    fn logins(&self) -> f64 {
        let crowd = self.scenario.crowd;
        // A day in as long as the scenario takes.
        let time_of_day = self.now as f64 / (self.scenario.over() + crate::scenario::AFTER) as f64;
        crowd.logins * (1.0 + (crowd.peak - 1.0) * (std::f64::consts::PI * time_of_day).sin().powi(2))
    }

    pub(crate) fn act(&mut self, id: usize, act: Act) {
        let person = &mut self.people.all[id];
        if self.now > person.gives_up {
            self.goes(id, false);
            return;
        }
        match act {
            Act::Ask(stage) => {
                let cost = if stage == Stage::Login { LOGIN_COST } else { 1 };
                let asked =
                    SimulatedRequest { network: person.network, token: person.token, standing: person.standing, cost };
                self.ask(Who::Person(id, stage), asked);
            }
            Act::Redeem(stage, issued) => {
                if self.now < issued + CHALLENGE {
                    let network = person.network;
                    self.people.all[id].token = Some(self.gate.redeem(network, self.now));
                }
                self.at(self.now + THERE_AND_BACK, Event::Act(id, Act::Ask(stage)));
            }
        }
    }

    pub(crate) fn person_is_told(&mut self, id: usize, stage: Stage, reply: Reply) {
        if stage == Stage::Asset {
            // A page without a picture is a page.
            self.record.assets[usize::from(reply == Reply::Well)] += 1;
            return;
        }
        let soon = self.now + THERE_AND_BACK;
        let person = &mut self.people.all[id];
        match reply {
            Reply::Well if stage == Stage::Login => self.goes(id, self.now <= self.people.all[id].gives_up),
            Reply::Well => {
                let typing = seconds(self.people.random.between(2.0, 6.0));
                self.people.all[id].gives_up += typing;
                for _ in 0..ASSETS {
                    self.at(soon, Event::Act(id, Act::Ask(Stage::Asset)));
                }
                self.at(soon + typing, Event::Act(id, Act::Ask(Stage::Login)));
            }
            Reply::Challenged(attempts) => {
                self.record.most_attempts = self.record.most_attempts.max(attempts);
                let solving = seconds(self.people.random.gamma(SHARES, attempts / person.hashes));
                person.waited += solving;
                self.at(soon + solving, Event::Act(id, Act::Redeem(stage, self.now)));
            }
            Reply::Failed | Reply::Spent => self.at(soon + RELOADS_AFTER, Event::Act(id, Act::Ask(stage))),
            Reply::Overloaded(wait) => {
                person.waited += wait;
                self.at(soon + wait, Event::Act(id, Act::Ask(stage)));
            }
        }
    }

    fn goes(&mut self, id: usize, served: bool) {
        let person = &mut self.people.all[id];
        if std::mem::replace(&mut person.is_gone, true) {
            return;
        }
        let (came, returning) = (person.came, person.standing.is_some());
        // Who gave up waited for as long as that, whatever they waited for.
        let waited = if !served && self.now > person.gives_up { PATIENCE } else { person.waited };
        self.record.visit(Visit { came, returning, served, waited });
    }

    /// People who are still there when the scenario ends were not served.
    pub(crate) fn leave(&mut self) {
        for id in 0..self.people.all.len() {
            self.goes(id, false);
        }
    }
}

/// Millions of attempts a second, and the share of people whose device makes as many.
pub(crate) const DEVICES: [(f64, f64); 4] = [(0.15, 4e6), (0.45, 16e6), (0.3, 60e6), (0.1, 120e6)];
/// How long people try, from the first click, without the time they type.
const PATIENCE: Time = 20 * SECOND;
/// How long it takes to see an error and to reload.
const RELOADS_AFTER: Time = SECOND;
/// What is on a login page.
const ASSETS: usize = 5;
pub(crate) const SHARES: u8 = 32;
/// Networks that people come from; the first one is 1.0.0.0/24.
const NETWORKS: u32 = 30_000;
pub(crate) const FIRST_NETWORK: u32 = 1 << 16;
