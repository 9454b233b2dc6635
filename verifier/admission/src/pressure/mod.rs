//! The pressure on the site, and what clients are asked for because of it.
//!
//! Every request and solution is counted here ([`Pressure::count_request`], [`Pressure::solved`], [`Pressure::pass`]).
//! Once a second [`Pressure::step`] makes a [`Sample`] of the counts, lets the [`Networks`] ask more of the busiest, and
//! lets the [`Controller`] take a [`Stance`]: how far the gate is lowered, how much work is asked for, what a token is
//! worth. In mode `queue` a [`FairQueue`] says whose turn it is.
//!
//! All of it takes the time as an argument and reads nothing from outside, so the simulation in `tests/` runs the same
//! code.

mod client;
mod controller;
mod mode;
mod networks;
mod queue;
mod sample;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use portcullis_challenge::UnixMillis;

pub use client::{ClientNetwork, Requirement, ShownToken};
pub use controller::{Controller, DWELL, Objectives, Stance, WARY_DWELL, WARY_QUEUE};
pub use mode::{Mode, ModeError, Setting};
pub use networks::{Bounds, ENTRIES, Networks, Seen, Source, Survey, TOP, WAYS, WINDOW};
pub use queue::{FairQueue, LINE, MAX_COST, QueueFullError, Turn};
pub use sample::Sample;

use sample::Meter;

/// What pressure is compared with, and its limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PressureTerms {
    /// What the origin is meant to take.
    pub objectives: Objectives,
    /// The most that level 1 is asked for, in powers of two over the least; higher levels are asked for a multiple.
    pub most_bits: f64,
}

/// The pressure on the site, and the stance taken.
#[derive(Debug)]
pub struct Pressure {
    /// Replaced while `state` is locked, as the stance is.
    terms: ArcSwap<PressureTerms>,
    networks: Networks,
    meter: Meter,
    state: Mutex<State>,
    /// A copy of the state's, which requests read.
    stance: ArcSwap<Stance>,
}

#[derive(Debug)]
struct State {
    controller: Controller,
    setting: Setting,
    least: Mode,
    last: Option<UnixMillis>,
    report: Report,
}

/// The pressure as of the last step, for status and metrics.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The last second.
    pub sample: Sample,
    /// All networks.
    pub survey: Survey,
    /// The stance taken on it.
    pub stance: Stance,
    /// The load on the origin, divided by what it is meant to take.
    pub strain: f64,
    /// Reads a second that the origin can take, as stated or learnt.
    pub capacity: f64,
    /// Reads a second on ordinary days.
    pub usual: f64,
    /// Who sets the mode.
    pub setting: Setting,
}

impl Pressure {
    /// No pressure. `seed` is any number that clients do not know.
    pub fn new(terms: PressureTerms, setting: Setting, seed: u64) -> Self {
        let mode = if let Setting::Forced(mode) = setting { mode } else { Mode::Off };
        let state = State {
            controller: Controller::new(terms.objectives, terms.most_bits),
            setting,
            least: Mode::Off,
            last: None,
            report: Report { setting, ..Report::default() },
        };
        Self {
            terms: ArcSwap::from_pointee(terms),
            networks: Networks::new(seed),
            meter: Meter::default(),
            state: Mutex::new(state),
            stance: ArcSwap::from_pointee(Stance::of(mode)),
        }
    }

    /// The stance taken.
    pub fn stance(&self) -> Stance {
        **self.stance.load()
    }

    /// Counts a request for the origin that costs this many reads, and returns what it is asked for.
    pub fn count_request(&self, client: ClientNetwork, shown: ShownToken, cost: u32, now: UnixMillis) -> Requirement {
        match shown {
            ShownToken::Nothing => self.meter.asked_new.add(cost),
            ShownToken::Standing => self.meter.asked_returning.add(cost),
            ShownToken::Clearance => self.meter.asked_cleared.add(cost),
        }
        let stands_out = self.networks.asked(client, cost, shown == ShownToken::Clearance, now);
        requirement(self.stance().mode, shown, || stands_out)
    }

    /// What a request would be asked for.
    pub fn requirement(&self, client: ClientNetwork, shown: ShownToken, now: UnixMillis) -> Requirement {
        requirement(self.stance().mode, shown, || self.networks.stands_out(client, now))
    }

    /// How many times the least work a client is asked for. Counts a challenge issued.
    pub fn work(&self, client: ClientNetwork, now: UnixMillis) -> f64 {
        self.meter.issued.add(1);
        let stance = self.stance();
        // A raised gate asks for nothing; a client that wants a challenge then gets the same as everybody when the gate
        // comes down.
        (stance.bits + self.networks.bits(client, now)).min(self.terms().most_bits).exp2()
    }

    /// Counts a verified solution.
    pub fn solved(&self, client: ClientNetwork, now: UnixMillis) {
        self.meter.solved.add(1);
        self.networks.solved(client, now);
    }

    /// Counts a request that was sent away because its turn did not come.
    pub fn overloaded(&self) {
        self.meter.overloaded.add(1);
    }

    /// Counts a request that goes on to the origin and costs it this many reads. Where the origin's answer can be seen,
    /// the [`Passing`] is told.
    pub fn pass(&self, cost: u32) -> Passing<'_> {
        self.meter.passed.add(cost);
        self.meter.in_flight.fetch_add(cost, Ordering::Relaxed);
        Passing { meter: &self.meter, cost }
    }

    /// Takes the next stance; call it about once a second. Returns the change, if the mode changed.
    pub fn step(&self, now: UnixMillis) -> Option<(Mode, Mode)> {
        let mut state = self.state.lock();
        let before = self.stance();
        let seconds = match state.last.replace(now) {
            Some(last) => now.0.saturating_sub(last.0) as f64 / 1000.0,
            None => 1.0,
        };
        if seconds <= 0.0 {
            return None;
        }
        let sample = self.meter.take(seconds);
        let capacity = state.controller.capacity();
        let bounds = Bounds {
            asked: if capacity > 0.0 { capacity / CONSPICUOUS } else { sample.asked() / CONSPICUOUS }
                .max(LEAST_CONSPICUOUS),
            solved: (capacity / SOLVED_PART).max(SOLVED),
            // What it is given while it works off its backlog says nothing about how many can be served.
            rate: before.rate.max(capacity),
            most_bits: self.terms().most_bits,
        };
        let survey = self.networks.step(bounds, seconds, now);
        let (setting, least) = (state.setting, state.least);
        let mut stance = state.controller.step(&sample, &survey, seconds, setting, least);
        stance.lowered_at = (stance.mode > Mode::Off).then(|| before.lowered_at.unwrap_or(now));
        self.stance.store(Arc::new(stance));
        let controller = &state.controller;
        let (strain, capacity, usual) = (controller.strain(), controller.capacity(), controller.usual());
        state.report = Report { sample, survey, stance, strain, capacity, usual, setting };
        (before.mode != stance.mode).then_some((before.mode, stance.mode))
    }

    /// Lets an operator set the mode, or gives it back to the pressure.
    pub fn set(&self, setting: Setting) {
        let mut state = self.state.lock();
        state.setting = setting;
        state.report.setting = setting;
        if let Setting::Forced(mode) = setting {
            // At once; the rest follows with the next step.
            self.stance.store(Arc::new(Stance { mode, ..self.stance() }));
        }
    }

    /// The mode below which the pressure does not go.
    pub fn set_least(&self, least: Mode) {
        self.state.lock().least = least;
    }

    /// Takes other terms from now on; what was learnt stays.
    pub fn set_terms(&self, terms: PressureTerms) {
        let mut state = self.state.lock();
        state.controller.set_terms(terms.objectives, terms.most_bits);
        self.terms.store(Arc::new(terms));
    }

    fn terms(&self) -> PressureTerms {
        **self.terms.load()
    }

    /// The pressure as of the last step.
    pub fn report(&self) -> Report {
        self.state.lock().report.clone()
    }
}

/// What a mode asks of a client.
fn requirement(mode: Mode, shown: ShownToken, stands_out: impl FnOnce() -> bool) -> Requirement {
    match (mode, shown) {
        (Mode::Off, _) | (Mode::Watch | Mode::ChallengeNew, ShownToken::Standing | ShownToken::Clearance) => {
            Requirement::Nothing
        }
        (Mode::Watch, ShownToken::Nothing) if !stands_out() => Requirement::Nothing,
        (Mode::ChallengeAll, ShownToken::Clearance) => Requirement::Nothing,
        (Mode::Queue, ShownToken::Clearance) => Requirement::Turn,
        _ => Requirement::Work,
    }
}

/// A request that is with the origin. If it is dropped without a result, it was broken off, or is with a gateway.
#[derive(Debug)]
pub struct Passing<'a> {
    meter: &'a Meter,
    cost: u32,
}

impl Passing<'_> {
    /// The origin began to answer after this long; `well` unless with an error of its own.
    pub fn answered(self, after: Duration, well: bool) {
        self.meter.answered_after(after);
        if well { self.meter.answered.add(self.cost) } else { self.meter.failed.add(self.cost) }
    }

    /// The origin gave no answer.
    pub fn failed(self) {
        self.meter.failed.add(self.cost);
    }
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        self.meter.in_flight.fetch_sub(self.cost, Ordering::Relaxed);
    }
}

/// A network stands out with this part of what the origin can take, and at least this many reads a second.
const CONSPICUOUS: f64 = 50.0;
const LEAST_CONSPICUOUS: f64 = 5.0;
/// Verified solutions a second from which on a network is asked for more: this part of what the origin can take, which
/// is a twentieth of all logins that are possible, and more than comes from any carrier's address translator; and at
/// least one.
const SOLVED_PART: f64 = 200.0;
const SOLVED: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_asks_at_least_what_the_one_before_it_does() {
        let rank = |requirement| match requirement {
            Requirement::Nothing => 0,
            Requirement::Turn => 1,
            Requirement::Work => 2,
        };
        for shown in [ShownToken::Nothing, ShownToken::Standing, ShownToken::Clearance] {
            for stands_out in [false, true] {
                let asked: Vec<_> =
                    Mode::ALL.iter().map(|mode| rank(requirement(*mode, shown, || stands_out))).collect();
                assert!(asked.is_sorted(), "{shown:?}: {asked:?}");
                assert_eq!(asked[0], 0);
            }
        }
    }
}
