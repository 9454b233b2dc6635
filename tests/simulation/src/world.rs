//! What happens, one event after the other.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use portcullis_admission::pressure::Passing;
use portcullis_admission::{Admission, Outcome};

use crate::attacker::Attacker;
use crate::gate::{Gate, SimulatedRequest};
use crate::origin::Origin;
use crate::people::{Act, People, Stage};
use crate::record::Record;
use crate::scenario::{AFTER, ROUND_TRIP, Scenario};
use crate::time::{SECOND, Time, in_seconds};

/// The client that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A person, for something.
    Person(usize, Stage),
    /// The attackers, from one of their networks.
    Attacker(usize),
}

/// What who asked is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reply {
    /// What was asked for.
    Well,
    /// An error of the origin.
    Failed,
    /// This many attempts are to be made.
    Challenged(f64),
    /// The token is used up.
    Spent,
    /// To come back after this long.
    Overloaded(Time),
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    /// A person comes.
    Arrival,
    /// A person does something.
    Act(usize, Act),
    /// The attackers send a request.
    Flood,
    /// The attackers have solved a challenge for a network.
    Solved(usize),
    /// The attackers begin to solve in advance.
    Hoard,
    /// The origin answers.
    Answered(u64, bool),
    /// A turn was waited for long enough.
    TurnOver(u64),
    /// Whose turn has come?
    Turns,
    /// The pressure is taken.
    Pressure,
}

/// A request that waits for its turn, or is with the origin.
struct PendingRequest<'a> {
    who: Who,
    asked: SimulatedRequest,
    since: Time,
    passing: Option<Passing<'a>>,
}

/// A scenario in progress.
pub(crate) struct World<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) now: Time,
    pub(crate) gate: Gate<'a>,
    pub(crate) people: People,
    pub(crate) attacker: Option<Attacker>,
    pub(crate) record: Record,
    origin: Origin,
    events: BinaryHeap<Scheduled>,
    scheduled: u64,
    asking: HashMap<u64, PendingRequest<'a>>,
    tickets: u64,
}

impl<'a> World<'a> {
    pub(crate) fn new(scenario: &'a Scenario, admission: &'a Admission, seed: u64) -> Self {
        let [attackers, people, origin] = SEEDS.map(|other| other ^ seed);
        let mut gate = Gate::new(admission);
        let attacker = scenario.attack.clone().map(|attack| Attacker::new(attack, &mut gate, attackers));
        Self {
            scenario,
            now: 0,
            gate,
            people: People::new(people),
            attacker,
            record: Record::default(),
            origin: Origin::new(scenario.site, origin),
            events: BinaryHeap::new(),
            scheduled: 0,
            asking: HashMap::new(),
            tickets: 0,
        }
    }

    /// Lets everything happen.
    pub(crate) fn run(mut self) -> Record {
        self.at(0, Event::Arrival);
        self.at(TURNS, Event::Turns);
        self.at(SECOND, Event::Pressure);
        self.prepare_attack();
        while let Some(Scheduled { at, event, .. }) = self.events.pop() {
            if at > self.scenario.over() + AFTER {
                break;
            }
            self.now = at;
            self.happen(event);
        }
        self.leave();
        self.record.tokens = self.gate.used();
        self.record
    }

    pub(crate) fn at(&mut self, at: Time, event: Event) {
        self.scheduled += 1;
        self.events.push(Scheduled { at, order: self.scheduled, event });
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrival => self.arrive(),
            Event::Act(person, act) => self.act(person, act),
            Event::Flood => self.flood(),
            Event::Solved(network) => self.attacker_solved(network),
            Event::Hoard => self.hoard(),
            Event::Answered(ticket, well) => self.answered(ticket, well),
            Event::TurnOver(ticket) => self.turn_over(ticket),
            Event::Turns => {
                self.release();
                self.at(self.now + TURNS, Event::Turns);
            }
            Event::Pressure => {
                self.take_pressure();
                self.at(self.now + SECOND, Event::Pressure);
            }
        }
    }

    /// A request comes to the gate.
    pub(crate) fn ask(&mut self, who: Who, asked: SimulatedRequest) {
        match self.gate.admit(asked, self.now) {
            Outcome::Admit => {
                let ticket = self.ticket(who, asked);
                self.pass(ticket);
            }
            Outcome::Challenge => {
                let attempts = self.gate.challenge(asked.network, self.now);
                self.reply(who, Reply::Challenged(attempts));
            }
            Outcome::Budget(_) => self.reply(who, Reply::Spent),
            Outcome::InTurn(turn) => {
                let ticket = self.ticket(who, asked);
                if self.gate.join(turn, ticket) {
                    self.at(self.now + PATIENCE, Event::TurnOver(ticket));
                    self.release();
                } else {
                    self.turn_over(ticket);
                }
            }
        }
    }

    fn ticket(&mut self, who: Who, asked: SimulatedRequest) -> u64 {
        self.tickets += 1;
        self.asking.insert(self.tickets, PendingRequest { who, asked, since: self.now, passing: None });
        self.tickets
    }

    /// Passes a request on to the origin.
    fn pass(&mut self, ticket: u64) {
        let Some(asking) = self.asking.get_mut(&ticket) else { return };
        asking.passing = Some(self.gate.pressure().pass(asking.asked.cost));
        let (who, cost, queued) = (asking.who, asking.asked.cost, self.now - asking.since);
        asking.since = self.now;
        let answer = self.origin.take(cost, self.now);
        // What is refused at once costs the origin nothing.
        let cost = if answer.at > self.now { cost } else { 0 };
        let second = self.record.at(self.now);
        match who {
            Who::Person(person, stage) => {
                second.people += cost;
                self.people.waited(person, stage, queued);
            }
            Who::Attacker(_) => second.attackers += cost,
        }
        self.at(answer.at, Event::Answered(ticket, answer.well));
    }

    fn answered(&mut self, ticket: u64, well: bool) {
        let Some(mut asking) = self.asking.remove(&ticket) else { return };
        let after = std::time::Duration::from_secs_f64(in_seconds(self.now - asking.since));
        if let Some(passing) = asking.passing.take() {
            passing.answered(after, well);
        }
        self.reply(asking.who, if well { Reply::Well } else { Reply::Failed });
    }

    fn turn_over(&mut self, ticket: u64) {
        if self.asking.get(&ticket).is_none_or(|asking| asking.passing.is_some()) {
            return;
        }
        let Some(asking) = self.asking.remove(&ticket) else { return };
        self.gate.pressure().overloaded();
        if let Who::Person(person, stage) = asking.who {
            self.people.waited(person, stage, self.now - asking.since);
        }
        let wait = self.gate.wait();
        self.reply(asking.who, Reply::Overloaded(wait));
    }

    fn release(&mut self) {
        let asking = &self.asking;
        let released = self.gate.release(self.now, |ticket| asking.contains_key(ticket));
        for ticket in released {
            self.pass(ticket);
        }
    }

    fn take_pressure(&mut self) {
        let asking = &self.asking;
        self.gate.forget(|ticket| asking.contains_key(ticket));
        self.gate.pressure().step(crate::time::on_the_clock(self.now));
        let (stance, report) = (self.gate.stance(), self.gate.pressure().report());
        self.record.at(self.now - SECOND).strain = report.strain;
        let waiting = self.gate.waiting();
        let second = self.record.at(self.now);
        (second.mode, second.bits, second.waiting) = (stance.mode, stance.bits, waiting as u32);
        self.record.most_waiting = self.record.most_waiting.max(waiting);
        self.record.most_networks = self.record.most_networks.max(report.survey.active);
        if (self.now / SECOND).is_multiple_of(10) {
            self.gate.tidy_up(self.now);
        }
    }

    fn reply(&mut self, who: Who, reply: Reply) {
        match who {
            Who::Person(person, stage) => self.person_is_told(person, stage, reply),
            Who::Attacker(network) => self.attacker_is_told(network, reply),
        }
    }
}

/// What comes next is popped first; of two at once the one that was scheduled first.
#[derive(Clone, Copy, Debug)]
struct Scheduled {
    at: Time,
    order: u64,
    event: Event,
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scheduled {}

/// As in `upkeep`, and as configured by default.
const TURNS: Time = 20_000;
const PATIENCE: Time = 1_500_000;
/// What an answer takes on its way, and the next request on its.
pub(crate) const THERE_AND_BACK: Time = ROUND_TRIP;
/// Of attackers, people and origin.
const SEEDS: [u64; 3] = [1 << 32, 2 << 32, 3 << 32];
