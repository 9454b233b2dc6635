//! How far the gate is lowered and how much work is asked for, from one second to the next. Pure: samples and times go
//! in, a [`Stance`] comes out, and nothing else is looked at.
//!
//! # The ladder
//!
//! The *strain* is the worst of what the origin suffers over what it is meant to: requests, time to answer, errors. At 1
//! and above the site is pressed, and the mode goes up a step, once a second while it is twice what it should be, else
//! once in two. It does not go up while the origin works off what it has: then the last step was enough.
//!
//! It comes down a step when for [`DWELL`] or longer what the lower mode would let pass is well within what the origin has
//! shown to bear. Who comes back soon after makes the dwell longer, up to [`LONGEST_DWELL`]: a pulsed attack finds the gate
//! lowered.
//!
//! # Difficulty
//!
//! Networks are asked for more first (`networks`). All are asked for more when cleared clients, who did work, still ask
//! for more than the origin bears: by a power of two a second at most, and by a third less every ten seconds once they no
//! longer do. Junk, and challenges that nobody solves, move nothing. The most is what the slowest visitor can bear.
//!
//! # When it is not an attack
//!
//! An origin that answers nothing at all is down, and no gate helps it. One that is slow though no more is asked of it than
//! usual has another ailment; only when that lasts is the gate lowered for it.

use std::time::Duration;

use portcullis_challenge::UnixMillis;

use super::mode::{Mode, Setting};
use super::networks::{FALL, RISE, Survey};
use super::sample::Sample;

/// What the origin is meant to bear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objectives {
    /// Requests a second; where none is stated it is learnt.
    pub requests: Option<f64>,
    /// How long 95 % of the answers may take to begin.
    pub latency: Duration,
    /// The share of requests that may fail.
    pub errors: f64,
}

/// What holds until the next sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stance {
    /// How far the gate is lowered.
    pub mode: Mode,
    /// How much more is asked of everybody, in powers of two over the least.
    pub bits: f64,
    /// The share of its budget that a token has.
    pub budget: f64,
    /// The share of the usual lifetime that a new token gets.
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
    /// Requests a second the origin is stated to bear, or answered when it was pressed. 0 until then.
    capacity: f64,
    /// The most requests a second that it answered without being pressed.
    most_answered: f64,
    /// Requests a second in peace, over an hour.
    usual: f64,
    /// Seconds that samples have been taken for.
    age: f64,
    /// Seconds since the mode changed.
    since_change: f64,
    /// Seconds since the mode last came down.
    since_down: f64,
    /// Seconds without pause that the lower mode would have done.
    relaxed_for: f64,
    /// Seconds without pause that the site was pressed.
    pressed_for: f64,
    /// How long it takes to come down a step.
    dwell: f64,
    strain: f64,
}

impl Controller {
    /// A controller in peace.
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
            dwell: DWELL,
            strain: 0.0,
        }
    }

    /// Takes a sample of the last `seconds`. An operator's `setting` wins over the pressure, which does not go below `least`.
    pub fn step(&mut self, sample: &Sample, survey: &Survey, seconds: f64, setting: Setting, least: Mode) -> Stance {
        self.strain = self.strain_of(sample);
        let pressed = self.strain >= 1.0;
        self.learn(sample, pressed, seconds);
        self.pass_time(pressed, seconds);
        let before = self.stance.mode;
        match setting {
            Setting::Forced(mode) => self.change_to(mode),
            Setting::Auto if pressed && self.is_an_attack(sample) => self.escalate(sample),
            Setting::Auto => self.relax(sample, survey, seconds),
        }
        if setting == Setting::Auto && self.stance.mode < least {
            self.change_to(least);
        }
        self.adjust_work(sample, pressed, seconds);
        self.adjust_rate(sample, pressed, before);
        (self.stance.budget, self.stance.lifetime) = shares(self.stance.mode);
        self.stance
    }

    /// What the origin suffers over what it is meant to: 1 and more is too much.
    pub fn strain(&self) -> f64 {
        self.strain
    }

    /// Requests a second that the origin bears, as stated, or learnt when it was pressed; 0 until then.
    pub fn capacity(&self) -> f64 {
        self.capacity
    }

    /// Requests a second in peace; 0 where nothing is known yet.
    pub fn usual(&self) -> f64 {
        self.usual
    }

    fn strain_of(&self, sample: &Sample) -> f64 {
        let stated = self.objectives.requests.map_or(0.0, |requests| sample.passed / requests);
        let done = sample.answered + sample.failed;
        // A few requests are no pressure, however slow they are; and an origin that answers nothing is down, or hangs.
        if done + f64::from(sample.in_flight) < FEW {
            return stated;
        }
        // What is under way will take as long as it takes to work it off.
        let backlog = f64::from(sample.in_flight) / done.max(1.0);
        let latency = sample.latency.as_secs_f64().max(backlog) / self.objectives.latency.as_secs_f64();
        let is_down = sample.answered == 0.0 && f64::from(sample.in_flight) < sample.failed;
        let errors = if is_down || done == 0.0 { 0.0 } else { sample.failed / done / self.objectives.errors };
        stated.max(latency).max(errors)
    }

    /// Learns what is usual, and what the origin bears.
    fn learn(&mut self, sample: &Sample, pressed: bool, seconds: f64) {
        self.age += seconds;
        if self.stance.mode == Mode::Off && self.strain < 0.5 {
            let weight = seconds / self.age.min(USUAL_OVER);
            self.usual += weight * (sample.asked() - self.usual);
        }
        if self.objectives.requests.is_some() {
            return;
        }
        // What it does without pressure is the least that it can; what it does under pressure is what it can.
        if !pressed {
            self.most_answered = self.most_answered.max(sample.answered);
        }
        if self.capacity == 0.0 && pressed {
            self.capacity = self.most_answered.max(sample.answered);
        } else if self.capacity > 0.0 && sample.answered > self.capacity {
            self.capacity = sample.answered;
        } else if pressed {
            self.capacity += LEARNING * (sample.answered - self.capacity);
        }
    }

    fn pass_time(&mut self, pressed: bool, seconds: f64) {
        self.since_change += seconds;
        self.since_down += seconds;
        self.pressed_for = if pressed { self.pressed_for + seconds } else { 0.0 };
        if self.stance.mode == Mode::Off && self.since_change > FORGIVEN_AFTER {
            self.dwell = DWELL;
        }
    }

    fn is_an_attack(&self, sample: &Sample) -> bool {
        let is_stated = self.objectives.requests.is_some_and(|requests| sample.passed >= requests);
        let is_more_than_usual = self.age < TOO_YOUNG || sample.asked() > SURGE * self.usual;
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
            self.dwell = (self.dwell * 1.5).min(LONGEST_DWELL);
            self.since_down = f64::INFINITY;
        }
        self.change_to(self.stance.mode.up());
    }

    /// Comes down a step when the lower mode would have done for long enough.
    fn relax(&mut self, sample: &Sample, survey: &Survey, seconds: f64) {
        let would_pass = match self.stance.mode {
            Mode::Off => return,
            Mode::Watch => sample.asked(),
            // The conspicuous are an average over some seconds, so they can be more than there are just now.
            Mode::ChallengeNew => (sample.asked() - survey.conspicuous_asked).max(sample.asked_cleared),
            Mode::ChallengeAll => sample.asked_cleared + sample.asked_returning,
            Mode::Queue => sample.asked_cleared,
        };
        let bears = if self.capacity > 0.0 { self.capacity } else { f64::INFINITY };
        let relaxed = self.strain < COMFORT && would_pass < COMFORT * bears;
        self.relaxed_for = if relaxed { self.relaxed_for + seconds } else { 0.0 };
        if self.relaxed_for >= self.dwell {
            self.change_to(self.stance.mode.down());
            self.since_down = 0.0;
        }
    }

    fn change_to(&mut self, mode: Mode) {
        if mode != self.stance.mode {
            self.stance.mode = mode;
            self.since_change = 0.0;
            self.relaxed_for = 0.0;
        }
    }

    /// More work for all when verified clients ask for more than the origin bears.
    fn adjust_work(&mut self, sample: &Sample, pressed: bool, seconds: f64) {
        let excess = match self.stance.mode {
            Mode::Queue => sample.asked_cleared / self.stance.rate.min(self.capacity.max(1.0)),
            Mode::ChallengeAll if pressed => self.strain,
            _ => 0.0,
        };
        let bits = self.stance.bits;
        let bits = if excess > TOO_MANY {
            bits + excess.log2().min(RISE) * seconds
        } else if excess < ENOUGH {
            bits - FALL * seconds
        } else {
            bits
        };
        self.stance.bits = bits.clamp(0.0, self.most_bits);
    }

    /// The origin's reads a second: what it was seen to bear, less when it suffers, more when it does not.
    fn adjust_rate(&mut self, sample: &Sample, pressed: bool, before: Mode) {
        if self.stance.mode != Mode::Queue {
            self.stance.rate = f64::INFINITY;
            return;
        }
        let most = self.objectives.requests.unwrap_or(f64::INFINITY);
        let works_off = sample.answered + sample.failed > WORKING_OFF * sample.passed;
        if before != Mode::Queue {
            self.stance.rate = CAUTION * self.capacity.max(self.most_answered);
        } else if pressed && !works_off {
            self.stance.rate *= 0.9;
        } else if self.strain < COMFORT && sample.asked_cleared > self.stance.rate {
            self.stance.rate *= 1.1;
        }
        self.stance.rate = self.stance.rate.min(most).max(self.capacity * LEAST_RATE).max(FEW);
    }
}

/// The shares of budget and lifetime that tokens have in a mode.
fn shares(mode: Mode) -> (f64, f64) {
    match mode {
        Mode::Off | Mode::Watch | Mode::ChallengeNew | Mode::ChallengeAll => (1.0, 1.0),
        Mode::Queue => (0.25, 1.0 / 3.0),
    }
}

/// Seconds it takes to come down a step: long enough to see what the last one did.
pub const DWELL: f64 = 10.0;
/// Four steps of it, and what it takes to notice, are within two minutes.
pub const LONGEST_DWELL: f64 = 25.0;
/// Seconds in which a return of pressure makes the dwell longer, and of peace after which that is forgiven.
const SOON: f64 = 60.0;
const FORGIVEN_AFTER: f64 = 300.0;
/// The share of what the origin bears that is aimed at.
const COMFORT: f64 = 0.7;
/// The share of it that a queue begins with, and the least that one gives.
const CAUTION: f64 = 0.9;
const LEAST_RATE: f64 = 0.1;
/// Requests a second too few to judge the origin by.
const FEW: f64 = 10.0;
/// An attack is so many times what is usual, or lasts so many seconds.
const SURGE: f64 = 1.2;
const LASTING: f64 = 30.0;
/// Seconds in which nothing is usual yet, and that it is an average over.
const TOO_YOUNG: f64 = 60.0;
const USUAL_OVER: f64 = 3600.0;
/// More answers than requests by this: the origin works off what it has.
const WORKING_OFF: f64 = 1.05;
/// Cleared requests over the origin's rate between which the difficulty stays.
const TOO_MANY: f64 = 1.25;
const ENOUGH: f64 = 0.8;
/// The weight of a second under pressure in what the origin bears.
const LEARNING: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECTIVES: Objectives = Objectives { requests: Some(100.0), latency: Duration::from_secs(1), errors: 0.1 };

    struct Site {
        controller: Controller,
        survey: Survey,
    }

    impl Site {
        fn new() -> Self {
            Self { controller: Controller::new(OBJECTIVES, 3.3), survey: Survey::default() }
        }

        fn second(&mut self, sample: Sample) -> Stance {
            self.controller.step(&sample, &self.survey, 1.0, Setting::Auto, Mode::Off)
        }

        fn seconds(&mut self, count: usize, sample: Sample) -> Stance {
            (0..count).map(|_| self.second(sample)).last().expect("at least one second")
        }
    }

    fn peace() -> Sample {
        Sample {
            asked_new: 20.0,
            passed: 20.0,
            answered: 20.0,
            latency: Duration::from_millis(20),
            ..Sample::default()
        }
    }

    /// New clients flood; whatever passes is answered, slowly.
    fn flood() -> Sample {
        Sample {
            asked_new: 1000.0,
            passed: 300.0,
            answered: 100.0,
            latency: Duration::from_secs(3),
            in_flight: 300,
            ..Sample::default()
        }
    }

    /// The same flood once it is challenged.
    fn held() -> Sample {
        Sample { asked_new: 1000.0, ..peace() }
    }

    #[test]
    fn a_flood_lowers_the_gate_in_seconds_and_peace_raises_it_within_two_minutes() {
        let mut site = Site::new();
        assert_eq!(site.seconds(100, peace()).mode, Mode::Off);
        assert_eq!(site.second(flood()).mode, Mode::Watch);
        assert_eq!(site.second(flood()).mode, Mode::ChallengeNew);
        assert_eq!(site.seconds(300, held()).mode, Mode::ChallengeNew, "held, and no longer pressed");
        assert_eq!(site.seconds(60, peace()).mode, Mode::Off);
    }

    #[test]
    fn an_origin_that_works_off_its_backlog_does_not_lower_the_gate_further() {
        let mut site = Site::new();
        site.seconds(2, flood());
        let draining = Sample { passed: 20.0, answered: 100.0, ..flood() };
        assert_eq!(site.seconds(10, draining).mode, Mode::ChallengeNew);
    }

    #[test]
    fn a_slow_or_dead_origin_in_peace_is_no_attack() {
        let objectives = Objectives { requests: None, ..OBJECTIVES };
        let mut site = Site { controller: Controller::new(objectives, 3.3), ..Site::new() };
        site.seconds(600, peace());
        let dead = Sample { answered: 0.0, failed: 20.0, ..peace() };
        assert_eq!(site.seconds(100, dead).mode, Mode::Off);
        let slow = Sample { latency: Duration::from_secs(5), ..peace() };
        assert_eq!(site.seconds(25, slow).mode, Mode::Off);
        assert!(site.seconds(25, slow).mode > Mode::Off, "but it is not left alone for ever");
    }

    #[test]
    fn the_difficulty_rises_by_a_bit_a_second_at_most_falls_by_a_third_in_ten_and_has_a_cap() {
        let mut site = Site::new();
        let solving = Sample { asked_new: 0.0, asked_cleared: 5000.0, ..flood() };
        let mut bits = 0.0;
        for _ in 0..30 {
            let stance = site.second(solving);
            assert!(stance.bits - bits <= 1.0, "{} after {bits}", stance.bits);
            bits = stance.bits;
        }
        assert_eq!((bits, site.controller.stance.mode), (3.3, Mode::Queue));
        let calm = Sample { asked_cleared: 5.0, asked_new: 0.0, ..peace() };
        let stance = site.seconds(10, calm);
        assert!((bits - stance.bits - 1.5_f64.log2()).abs() < 0.01, "{} after {bits}", stance.bits);
    }

    #[test]
    fn junk_and_unsolved_challenges_do_not_move_the_difficulty() {
        let mut site = Site::new();
        let junk = Sample { asked_new: 1e6, issued: 1e5, ..flood() };
        assert_eq!(site.seconds(100, junk).bits, 0.0);
    }

    #[test]
    fn a_pulsed_attack_finds_the_gate_lowered() {
        let mut site = Site::new();
        let (mut unguarded, mut pulses) = (0, 0);
        for _ in 0..20 {
            pulses += 1;
            let mut sample = flood();
            for _ in 0..10 {
                let stance = site.second(sample);
                unguarded += usize::from(stance.mode < Mode::ChallengeNew);
                sample = if stance.mode < Mode::ChallengeNew { flood() } else { held() };
            }
            site.seconds(15, peace());
        }
        assert!(unguarded <= 10, "{unguarded} seconds in {pulses} pulses");
    }

    #[test]
    fn what_an_operator_forces_holds_and_is_left_step_by_step() {
        let mut site = Site::new();
        let forced = Setting::Forced(Mode::ChallengeAll);
        let stance = site.controller.step(&peace(), &Survey::default(), 1.0, forced, Mode::Off);
        assert_eq!(stance.mode, Mode::ChallengeAll);
        assert_eq!(site.second(peace()).mode, Mode::ChallengeAll);
        assert_eq!(site.seconds(9, peace()).mode, Mode::ChallengeNew);
        let off = site.controller.step(&flood(), &Survey::default(), 1.0, Setting::Forced(Mode::Off), Mode::Off);
        assert_eq!(off.mode, Mode::Off);
    }

    #[test]
    fn a_schedule_is_the_least() {
        let mut controller = Controller::new(OBJECTIVES, 3.3);
        let stance = controller.step(&peace(), &Survey::default(), 1.0, Setting::Auto, Mode::ChallengeNew);
        assert_eq!(stance.mode, Mode::ChallengeNew);
    }
}
