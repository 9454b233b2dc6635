//! Attackers: numbers of networks, requests and attempts a second. They know what we publish, and waste nothing: a challenge
//! is fetched when there is time to solve it, and a token is used for all that it admits.

use std::collections::VecDeque;

use portcullis_clearance::TokenId;

use crate::gate::{Gate, SimulatedRequest, Token};
use crate::people::{DEVICES, FIRST_NETWORK, SHARES};
use crate::random::{Random, Weighted};
use crate::scenario::{Attack, CHALLENGE, LOGIN_COST, Networks, PEACE, Shape, Work};
use crate::time::{Time, seconds};
use crate::world::{Event, Reply, Who, World};

/// An attack in progress.
pub(crate) struct Attacker {
    attack: Attack,
    random: Random,
    networks: Vec<Held>,
    /// Networks that need a token.
    wanting: VecDeque<usize>,
    /// Whether the common hash rate is in use, and since when the challenge at hand is out.
    is_solving: bool,
    next_to_solve: usize,
}

/// What an attacker holds in one network.
struct Held {
    network: u32,
    tokens: VecDeque<Token>,
    standing: Option<TokenId>,
    wants: bool,
    issued: Time,
    /// Attempts a second of its own device.
    hashes: f64,
}

impl Attacker {
    pub(crate) fn new(attack: Attack, gate: &mut Gate<'_>, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let first = if attack.networks == Networks::OfPeople { FIRST_NETWORK } else { FIRST_ATTACKER };
        let devices = Weighted::new(DEVICES.iter().map(|(share, _)| *share));
        let networks = (0..attack.prefixes).map(|index| Held {
            network: first + index as u32,
            tokens: VecDeque::new(),
            standing: attack.standing.then(|| gate.name()),
            wants: false,
            issued: 0,
            hashes: DEVICES[devices.pick(&mut random)].1,
        });
        let networks = networks.collect();
        Self { attack, random, networks, wanting: VecDeque::new(), is_solving: false, next_to_solve: 0 }
    }

    /// How much of its requests it sends just now.
    fn effort(&self, since: Time, lasts: Time) -> f64 {
        match self.attack.shape {
            Shape::Flat => 1.0,
            Shape::Pulsed(on, off) => f64::from(u8::from(since % (on + off) < on)),
            Shape::Ramp => since as f64 / lasts as f64,
        }
    }
}

impl World<'_> {
    /// The attack begins when it does.
    pub(crate) fn prepare_attack(&mut self) {
        let Some(attacker) = &self.attacker else { return };
        let work = attacker.attack.work;
        self.at(PEACE, Event::Flood);
        match work {
            Work::Hoard(ahead) => self.at(PEACE - ahead, Event::Hoard),
            Work::Waste => self.at(PEACE, Event::Hoard),
            Work::Use | Work::Never => {}
        }
    }

    /// The attackers send a request, and will send another.
    pub(crate) fn flood(&mut self) {
        let over = self.scenario.over();
        let Some(attacker) = &mut self.attacker else { return };
        if self.now >= over {
            return;
        }
        let next = self.now + seconds(attacker.random.exponential(1.0 / attacker.attack.requests));
        let effort = attacker.effort(self.now - PEACE, over - PEACE);
        let sends = attacker.random.unit() < effort;
        let index = attacker.random.below(attacker.networks.len());
        let held = &mut attacker.networks[index];
        let token = held.tokens.front().copied().filter(|_| attacker.attack.work != Work::Waste);
        let asked = SimulatedRequest { network: held.network, token, standing: held.standing, cost: LOGIN_COST };
        self.at(next, Event::Flood);
        if sends {
            self.record.at(self.now).offered += 1;
            self.ask(Who::Attacker(index), asked);
        }
    }

    pub(crate) fn attacker_is_told(&mut self, index: usize, reply: Reply) {
        let Some(attacker) = &mut self.attacker else { return };
        if !matches!(reply, Reply::Challenged(_) | Reply::Spent) {
            return;
        }
        let uses = matches!(attacker.attack.work, Work::Use | Work::Hoard(_));
        let held = &mut attacker.networks[index];
        held.tokens.pop_front();
        if uses && held.tokens.is_empty() && !held.wants {
            held.wants = true;
            if attacker.attack.browsers {
                self.solve(index);
            } else {
                attacker.wanting.push_back(index);
                self.solve_next();
            }
        }
    }

    /// The attackers begin to solve all that they can.
    pub(crate) fn hoard(&mut self) {
        self.solve_next();
    }

    /// The common hash rate takes up the next challenge.
    fn solve_next(&mut self) {
        let (now, over) = (self.now, self.scenario.over());
        let Some(attacker) = &mut self.attacker else { return };
        if attacker.is_solving || now >= over {
            return;
        }
        let in_advance = match attacker.attack.work {
            Work::Hoard(_) => now < PEACE,
            Work::Waste => true,
            Work::Use | Work::Never => false,
        };
        let next = if in_advance {
            attacker.next_to_solve = (attacker.next_to_solve + 1) % attacker.networks.len();
            Some(attacker.next_to_solve)
        } else {
            attacker.wanting.pop_front()
        };
        if let Some(index) = next {
            attacker.is_solving = true;
            self.solve(index);
        }
    }

    /// Fetches a challenge for a network, and solves it.
    fn solve(&mut self, index: usize) {
        let Some(attacker) = &mut self.attacker else { return };
        let held = &mut attacker.networks[index];
        held.issued = self.now;
        let hashes = if attacker.attack.browsers { held.hashes } else { attacker.attack.hashes };
        let attempts = self.gate.challenge(held.network, self.now);
        let solving = attacker.random.gamma(SHARES, attempts / hashes);
        self.at(self.now + seconds(solving).max(1), Event::Solved(index));
    }

    /// A solution for a network is found, and handed in.
    pub(crate) fn attacker_solved(&mut self, index: usize) {
        let Some(attacker) = &mut self.attacker else { return };
        let held = &mut attacker.networks[index];
        (held.wants, attacker.is_solving) = (false, false);
        if self.now < held.issued + CHALLENGE {
            let token = self.gate.redeem(held.network, self.now);
            if held.tokens.len() < HELD {
                held.tokens.push_back(token);
            }
        }
        self.solve_next();
    }
}

/// Tokens that are kept for one network: more than it can use.
const HELD: usize = 100;
/// The first of the attackers' own networks: 32.0.0.0/24.
const FIRST_ATTACKER: u32 = 1 << 21;
