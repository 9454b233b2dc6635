//! What is written down while a scenario runs.

use portcullis_admission::pressure::{ENTRIES, Mode};

use crate::scenario::{PEACE, Scenario};
use crate::time::{SECOND, Time, in_seconds};

/// One second of the site.
#[derive(Clone, Copy, Debug, Default)]
pub struct Second {
    /// How far the gate is lowered.
    pub mode: Mode,
    /// How much more is asked of everybody, in powers of two.
    pub bits: f64,
    /// What the origin suffers over what it is meant to.
    pub strain: f64,
    /// People whose first click was in this second.
    pub came: u32,
    /// Those of them who logged in.
    pub served: u32,
    /// Reads that the origin was given for people.
    pub people: u32,
    /// Reads that it was given for attackers.
    pub attackers: u32,
    /// Requests of attackers.
    pub offered: u32,
    /// Requests that wait for their turn.
    pub waiting: u32,
}

/// One person's visit, when it is over.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// The first click.
    pub came: Time,
    /// Whether with a standing token.
    pub returning: bool,
    /// Whether they logged in.
    pub served: bool,
    /// Time spent with work and waiting for a turn.
    pub waited: Time,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// By second.
    pub seconds: Vec<Second>,
    /// By person.
    pub visits: Vec<Visit>,
    /// The most attempts that a person was asked for.
    pub most_attempts: f64,
    /// What is on people's pages, and did not come or came.
    pub assets: [u32; 2],
    /// Requests that waited at once.
    pub most_waiting: usize,
    /// Tokens that were used.
    pub tokens: usize,
    /// Sum over seconds of networks in the table, at the most.
    pub most_networks: usize,
}

impl Record {
    pub(crate) fn at(&mut self, now: Time) -> &mut Second {
        let second = (now / SECOND) as usize;
        if self.seconds.len() <= second {
            self.seconds.resize(second + 1, Second::default());
        }
        &mut self.seconds[second]
    }

    pub(crate) fn visit(&mut self, visit: Visit) {
        self.at(visit.came).served += u32::from(visit.served);
        self.visits.push(visit);
    }
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Row {
    /// The scenario's name.
    pub scenario: &'static str,
    /// The share of the people who came during the attack that logged in.
    pub served: f64,
    /// The same, of those with a standing token.
    pub returning_served: f64,
    /// Half of all people waited no longer, with work and for turns.
    pub p50_wait_s: f64,
    /// 95 % of all people waited no longer.
    pub p95_wait_s: f64,
    /// The share of what is on people's pages that came.
    pub assets: f64,
    /// The attackers' share of what the origin could do.
    pub attackers_fraction: f64,
    /// Seconds from when the attack first presses the origin until new clients are challenged, or, where it does not come to
    /// that, until the origin was pressed for the last time.
    pub react_s: Option<f64>,
    /// Seconds from the attack's end until the gate is up.
    pub recover_s: Option<f64>,
    /// Standard deviation of the common difficulty in the second half of the attack, in powers of two.
    pub sd_log2_difficulty: Option<f64>,
    /// 95 % of what a phone with 4 million attempts a second was asked for at the most took no longer.
    pub most_asked_s: f64,
    /// Requests that waited for a turn at once, at the most.
    pub most_waiting: usize,
    /// Networks that were in the table at once, at the most.
    pub most_networks: usize,
    /// Tokens that were used.
    pub tokens: usize,
    /// The same people without a gate.
    pub served_without_gate: f64,
}

impl Row {
    /// Bytes of the table of networks, which is always the same, of the queue, and of budgets, if none were forgotten.
    pub fn memory(&self) -> f64 {
        let table = ENTRIES * BYTES_AN_ENTRY;
        (table + self.most_waiting * BYTES_WAITING + self.tokens * BYTES_A_BUDGET) as f64
    }

    /// What a record says.
    pub fn of(scenario: &Scenario, record: &Record, without: &Record) -> Self {
        let (begin, over) = ((PEACE / SECOND) as usize, (scenario.over() / SECOND) as usize);
        let during = |visit: &&Visit| (PEACE..scenario.over()).contains(&visit.came);
        let visits: Vec<_> = record.visits.iter().filter(during).copied().collect();
        let mut waits: Vec<_> = visits.iter().map(|visit| visit.waited).collect();
        waits.sort_unstable();
        let wait = |part: f64| waits.get((waits.len() as f64 * part) as usize).map_or(0.0, |wait| in_seconds(*wait));
        let attack = &record.seconds[begin..over];
        let under_attack = |value: Option<f64>| value.filter(|_| scenario.attack.is_some());
        let taken: u32 = attack.iter().map(|second| second.attackers).sum();
        let returning: Vec<_> = visits.iter().filter(|visit| visit.returning).copied().collect();
        let before: Vec<_> = without.visits.iter().filter(during).copied().collect();
        Self {
            scenario: scenario.name,
            served: served(&visits),
            returning_served: served(&returning),
            p50_wait_s: wait(0.5),
            p95_wait_s: wait(0.95),
            assets: f64::from(record.assets[1]) / f64::from(record.assets[0] + record.assets[1]).max(1.0),
            attackers_fraction: f64::from(taken) / scenario.site.capacity / attack.len() as f64,
            react_s: under_attack(reacted(attack)),
            recover_s: under_attack(recovered(&record.seconds[over..])),
            sd_log2_difficulty: under_attack(Some(deviation(&attack[attack.len() / 2..]))),
            most_asked_s: record.most_attempts * P95_OVER_MEAN / SLOWEST,
            most_waiting: record.most_waiting,
            most_networks: record.most_networks,
            tokens: record.tokens,
            served_without_gate: served(&before),
        }
    }
}

fn served(visits: &[Visit]) -> f64 {
    visits.iter().filter(|visit| visit.served).count() as f64 / visits.len().max(1) as f64
}

fn reacted(attack: &[Second]) -> Option<f64> {
    let pressed = |second: &Second| second.strain >= 1.0;
    let (first, last) = (attack.iter().position(pressed)?, attack.iter().rposition(pressed)?);
    let challenged = attack[first..].iter().position(|second| second.mode >= Mode::ChallengeNew);
    Some(challenged.unwrap_or(last + 1 - first) as f64)
}

fn recovered(after: &[Second]) -> Option<f64> {
    let last = after.iter().rposition(|second| second.mode != Mode::Off);
    let up = last.map_or(0, |last| last + 1);
    (up < after.len()).then_some(up as f64)
}

fn deviation(seconds: &[Second]) -> f64 {
    let mean = seconds.iter().map(|second| second.bits).sum::<f64>() / seconds.len() as f64;
    let squares = seconds.iter().map(|second| (second.bits - mean).powi(2)).sum::<f64>();
    (squares / seconds.len() as f64).sqrt()
}

/// An upper bound, which a test beside the table holds it to.
const BYTES_AN_ENTRY: usize = 64;
/// A ticket, and its part of the line of its network.
const BYTES_WAITING: usize = 200;
/// As the configuration says of `limits.budgets`.
const BYTES_A_BUDGET: usize = 40;
/// Of the time to find 32 shares.
const P95_OVER_MEAN: f64 = 1.31;
/// Attempts a second of an older phone.
const SLOWEST: f64 = 4e6;
