//! How far the gate is lowered and how much work is asked for, from one second to the next. Pure: samples and times go
//! in, a [`Stance`] comes out, and nothing else is read.
//!
//! # The ladder
//!
//! The *strain* is the load on the origin divided by what it is meant to take: the worst of requests, time to answer
//! and errors. At 1 and above the site is under pressure, and the mode goes up a step: once a second while the strain
//! is 2 or more, otherwise once in two seconds. It does not go up while the origin works off its backlog: then the last
//! step was enough.
//!
//! It comes down a step when, for [`DWELL`], what the lower mode would let pass is well within what the origin has
//! shown it can take. If pressure came back soon after such a step, the mode stays for longer, above all in mode
//! `queue`, where the site is defended best and nobody waits without need. So a pulsed attack finds the gate lowered.
//!
//! # Difficulty
//!
//! Networks are asked for more first (`networks`). In mode `queue` each of them has its turn, however much it asks for.
//! So everybody is asked for more only when there are too many cleared networks for each to have a turn often enough:
//! in proportion, at most doubling every second, and by a third less every ten seconds once there are fewer. Junk, and
//! challenges that nobody solves, change nothing. The most is what the slowest visitor can still do.
//!
//! # When it is not an attack
//!
//! An origin that answers nothing at all is down, and no gate helps. If it is slow although it is asked for no more
//! than usual, the cause is something else; only if that lasts is the gate lowered for it.

use std::time::Duration;

use portcullis_challenge::UnixMillis;

use super::mode::{Mode, Setting};
use super::networks::{Survey, towards};
use super::sample::Sample;

/// What the origin is meant to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objectives {
    /// Reads a second; learnt if not stated.
    pub requests: Option<f64>,
    /// How long 95 % of the answers may take to begin.
    pub latency: Duration,
    /// The part of requests that may fail.
    pub errors: f64,
}

/// What applies until the next sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stance {
    /// How far the gate is lowered.
    pub mode: Mode,
    /// How much more everybody is asked for, in powers of two over the least.
    pub bits: f64,
    /// The part of its budget that a token has.
    pub budget: f64,
    /// The part of the usual lifetime that a new token gets.
    pub lifetime: f64,
    /// In mode `queue`, the reads a second that the origin is given.
    pub rate: f64,
    /// When the gate began to be lowered; `None` while it is up. What was earned after that counts for less.
    pub lowered_at: Option<UnixMillis>,
}

impl Default for Stance {
    fn default() -> Self {
        Self::of(Mode::Off)
    }
}

impl Stance {
    /// A mode as it begins.
    pub(super) fn of(mode: Mode) -> Self {
        let (budget, lifetime) = shares(mode);
        Self { mode, bits: 0.0, budget, lifetime, rate: f64::INFINITY, lowered_at: None }
    }
}

/// The controller's memory.
#[derive(Clone, Debug)]
pub struct Controller {
    objectives: Objectives,
    most_bits: f64,
    stance: Stance,
    /// Reads a second that the origin can take, as stated, or as it answered under pressure. 0 until then.
    capacity: f64,
    /// The most reads a second that it answered without pressure.
    most_answered: f64,
    /// Reads a second on ordinary days, averaged over an hour.
    usual: f64,
    /// Seconds that samples have been taken for.
    age: f64,
    /// Seconds since the mode changed.
    since_change: f64,
    /// Seconds since the mode last came down.
    since_down: f64,
    /// Seconds without a break for which the lower mode would have been enough.
    relaxed_for: f64,
    /// Seconds without a break under pressure.
    pressed_for: f64,
    /// Whether pressure came back soon after the mode came down.
    is_wary: bool,
    strain: f64,
    /// The last few seconds. What a small site is asked for from one second to the next is chance.
    lately: Sample,
    /// The strain of the last few seconds.
    lately_strain: f64,
}

impl Controller {
    /// A controller without pressure.
    pub fn new(objectives: Objectives, most_bits: f64) -> Self {
        Self {
            objectives,
            most_bits,
            stance: Stance::default(),
            capacity: objectives.requests.unwrap_or(0.0),
            most_answered: 0.0,
            usual: 0.0,
            age: 0.0,
            since_change: f64::INFINITY,
            since_down: f64::INFINITY,
            relaxed_for: 0.0,
            pressed_for: 0.0,
            is_wary: false,
            strain: 0.0,
            lately: Sample::default(),
            lately_strain: 0.0,
        }
    }

    /// Compares the pressure with other terms from now on.
    pub fn set_terms(&mut self, objectives: Objectives, most_bits: f64) {
        (self.objectives, self.most_bits) = (objectives, most_bits);
        self.capacity = objectives.requests.unwrap_or(self.capacity);
    }

    /// Takes a sample of the last `seconds`. An operator's `setting` overrides the pressure, which does not go below
    /// `least`.
    pub fn step(&mut self, sample: &Sample, survey: &Survey, seconds: f64, setting: Setting, least: Mode) -> Stance {
        self.strain = self.strain_of(sample);
        self.remember(sample, seconds);
        let pressed = self.strain >= 1.0;
        self.learn(sample, pressed, seconds);
        self.pass_time(pressed, seconds);
        match setting {
            Setting::Forced(mode) => self.change_to(mode),
            Setting::Auto if pressed && self.is_an_attack(sample) => self.escalate(sample),
            Setting::Auto => self.relax(survey, seconds),
        }
        if setting == Setting::Auto && self.stance.mode < least {
            self.change_to(least);
        }
        self.adjust_work(survey, seconds);
        self.adjust_rate(sample);
        (self.stance.budget, self.stance.lifetime) = shares(self.stance.mode);
        self.stance
    }

    /// The load on the origin, divided by what it is meant to take: 1 and more is too much.
    pub fn strain(&self) -> f64 {
        self.strain
    }

    /// Reads a second that the origin can take, as stated, or learnt under pressure; 0 until then.
    pub fn capacity(&self) -> f64 {
        self.capacity
    }

    /// Reads a second on ordinary days; 0 while unknown.
    pub fn usual(&self) -> f64 {
        self.usual
    }

    fn strain_of(&self, sample: &Sample) -> f64 {
        let stated = self.objectives.requests.map_or(0.0, |requests| sample.passed / requests);
        let done = sample.answered + sample.failed;
        // A few requests are not pressure, however slow they are; and an origin that answers nothing is down, or hangs.
        if done + f64::from(sample.in_flight) < FEW {
            return stated;
        }
        // Open requests will take as long as it takes to work them off.
        let pace = done.max(self.lately.answered + self.lately.failed).max(1.0);
        let backlog = f64::from(sample.in_flight) / pace;
        let latency = sample.latency.as_secs_f64().max(backlog) / self.objectives.latency.as_secs_f64();
        let is_down = sample.answered == 0.0 && f64::from(sample.in_flight) < sample.failed;
        let errors = if is_down || done == 0.0 { 0.0 } else { sample.failed / done / self.objectives.errors };
        stated.max(latency).max(errors)
    }

    fn remember(&mut self, sample: &Sample, seconds: f64) {
        let weight = (seconds / LATELY).min(1.0);
        let towards = |lately: &mut f64, now: f64| *lately += weight * (now - *lately);
        towards(&mut self.lately_strain, self.strain);
        towards(&mut self.lately.asked_new, sample.asked_new);
        towards(&mut self.lately.asked_returning, sample.asked_returning);
        towards(&mut self.lately.asked_cleared, sample.asked_cleared);
        towards(&mut self.lately.answered, sample.answered);
        towards(&mut self.lately.failed, sample.failed);
    }

    /// Learns what is usual, and what the origin can take.
    fn learn(&mut self, sample: &Sample, pressed: bool, seconds: f64) {
        self.age += seconds;
        if self.stance.mode == Mode::Off && self.strain < 0.5 {
            let weight = seconds / self.age.min(USUAL_OVER);
            self.usual += weight * (sample.asked() - self.usual);
        }
        if self.objectives.requests.is_some() {
            return;
        }
        // What it does without pressure is the least that it can do; what it does under pressure is what it can do.
        if !pressed {
            self.most_answered = self.most_answered.max(sample.answered);
        }
        if self.capacity == 0.0 {
            self.capacity = if pressed { self.most_answered.max(sample.answered) } else { 0.0 };
        } else if self.lately.answered > self.capacity {
            self.capacity = self.lately.answered;
        } else if pressed && self.pressed_for > 0.0 && !self.is_too_late(sample) {
            // Not because of one slow second, nor of being given little: an origin that is given too little never shows
            // that it can take more.
            self.capacity += LEARNING * (sample.answered - self.capacity);
        }
    }

    /// Whether the origin works for clients who have given up. That does not show what it would do for others.
    fn is_too_late(&self, sample: &Sample) -> bool {
        sample.failed > sample.answered && sample.latency > self.objectives.latency
    }

    fn pass_time(&mut self, pressed: bool, seconds: f64) {
        self.since_change += seconds;
        self.since_down += seconds;
        self.pressed_for = if pressed { self.pressed_for + seconds } else { 0.0 };
        if self.stance.mode == Mode::Off && self.since_change > FORGIVEN_AFTER {
            self.is_wary = false;
        }
    }

    fn is_an_attack(&self, sample: &Sample) -> bool {
        let is_stated = self.objectives.requests.is_some_and(|requests| sample.passed >= requests);
        let is_more_than_usual = self.age < TOO_YOUNG || self.lately.asked() > SURGE * self.usual;
        self.stance.mode > Mode::Off || is_stated || is_more_than_usual || self.pressed_for >= LASTING
    }

    fn escalate(&mut self, sample: &Sample) {
        self.relaxed_for = 0.0;
        let works_off = sample.answered + sample.failed > WORKING_OFF * sample.passed && self.stance.mode > Mode::Off;
        let pause = if self.strain >= 2.0 { 1.0 } else { 2.0 };
        if works_off || self.since_change < pause {
            return;
        }
        if self.since_down < SOON {
            self.is_wary = true;
        }
        self.change_to(self.stance.mode.up());
    }

    /// Comes down a step when the lower mode would have been enough for long enough.
    fn relax(&mut self, survey: &Survey, seconds: f64) {
        let lately = &self.lately;
        let would_pass = match self.stance.mode {
            Mode::Off => return,
            Mode::Watch => lately.asked(),
            // Conspicuous reads are an average over some seconds, so there can be more of them than of all reads just
            // now.
            Mode::ChallengeNew => (lately.asked() - survey.conspicuous_asked).max(lately.asked_cleared),
            Mode::ChallengeAll => lately.asked_cleared + lately.asked_returning,
            Mode::Queue => lately.asked_cleared,
        };
        let can_serve = if self.capacity > 0.0 { self.capacity } else { f64::INFINITY };
        let relaxed = self.lately_strain < COMFORT && would_pass < COMFORT * can_serve;
        self.relaxed_for = if relaxed { self.relaxed_for + seconds } else { 0.0 };
        if self.relaxed_for >= self.dwell() {
            self.change_to(self.stance.mode.down());
            self.since_down = 0.0;
        }
    }

    /// How long it takes to come down a step.
    fn dwell(&self) -> f64 {
        match (self.is_wary, self.stance.mode) {
            (false, _) => DWELL,
            (true, Mode::Queue) => WARY_QUEUE,
            (true, _) => WARY_DWELL,
        }
    }

    fn change_to(&mut self, mode: Mode) {
        if mode != self.stance.mode {
            self.stance.mode = mode;
            self.since_change = 0.0;
            self.relaxed_for = 0.0;
        }
    }

    /// More work for everybody when there are more cleared networks than the origin has turns for.
    fn adjust_work(&mut self, survey: &Survey, seconds: f64) {
        let wanted = (FAIR / survey.fair_share).log2();
        self.stance.bits = towards(self.stance.bits, wanted, self.most_bits, seconds);
    }

    /// The origin's reads a second: what it can take, adjusted so that the work it has under way becomes what it should
    /// be.
    fn adjust_rate(&mut self, sample: &Sample) {
        if self.stance.mode != Mode::Queue {
            self.stance.rate = f64::INFINITY;
            return;
        }
        let most = self.objectives.requests.unwrap_or(f64::INFINITY);
        let can_serve = if self.capacity > 0.0 { self.capacity } else { self.most_answered };
        if can_serve == 0.0 {
            // Nothing is known about an origin whose answers are not seen.
            self.stance.rate = most;
            return;
        }
        let can_serve = can_serve.max(FEW);
        let withheld = (self.late(sample, can_serve) / WORKED_OFF_IN).clamp(-PROBE, MOST_WITHHELD);
        self.stance.rate = (can_serve * (1.0 - withheld)).min(most);
    }

    /// Seconds of work that an origin of this rate has under way beyond what it should have.
    fn late(&self, sample: &Sample, can_serve: f64) -> f64 {
        let should_have = (UNDER_WAY * self.objectives.latency.as_secs_f64() * can_serve).max(LEAST_UNDER_WAY);
        (f64::from(sample.in_flight) - should_have) / can_serve
    }
}

/// The parts of budget and lifetime that tokens have in a mode.
fn shares(mode: Mode) -> (f64, f64) {
    match mode {
        Mode::Off | Mode::Watch | Mode::ChallengeNew | Mode::ChallengeAll => (1.0, 1.0),
        Mode::Queue => (0.25, 1.0 / 3.0),
    }
}

/// Seconds it takes to come down a step: long enough to see what the last one did.
pub const DWELL: f64 = 10.0;
/// The same once pressure has come back: from the queue, and for each of the three steps below it. Together, and with what it
/// takes to notice, within two minutes.
pub const WARY_QUEUE: f64 = 60.0;
/// See [`WARY_QUEUE`].
pub const WARY_DWELL: f64 = 15.0;
/// After pressure comes back within this many seconds, steps down are slower; after this many without pressure, as
/// before.
const SOON: f64 = 60.0;
const FORGIVEN_AFTER: f64 = 300.0;
/// The part of what the origin can take that is aimed at.
const COMFORT: f64 = 0.7;
/// Seconds of work, in terms of the objective, that the origin should have under way: enough never to be idle, and well
/// within the objective.
const UNDER_WAY: f64 = 0.3;
/// Reads that the smallest origin should have under way: four logins.
const LEAST_UNDER_WAY: f64 = 16.0;
/// Seconds in which it is to work off anything beyond that: long compared with the second between two samples.
const WORKED_OFF_IN: f64 = 4.0;
/// How much more, or at most less, than it can take the origin is given, to find out whether that has changed.
const PROBE: f64 = 0.2;
const MOST_WITHHELD: f64 = 0.9;
/// What "lately" means, in seconds.
const LATELY: f64 = 3.0;
/// Below this many reads a second there are too few to judge the origin by.
const FEW: f64 = 10.0;
/// An attack is this many times what is usual, or lasts this many seconds.
const SURGE: f64 = 1.2;
const LASTING: f64 = 30.0;
/// Seconds before anything counts as usual, and over which that is averaged.
const TOO_YOUNG: f64 = 60.0;
const USUAL_OVER: f64 = 3600.0;
/// If there are this many times more answers than requests, the origin works off its backlog.
const WORKING_OFF: f64 = 1.05;
/// Reads a second that a network needs at least: a login with what belongs to it, in 20 seconds.
const FAIR: f64 = 0.5;
/// The weight of one second under pressure in what the origin can take.
const LEARNING: f64 = 0.2;

#[cfg(test)]
mod tests;
