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
    Sample { asked_new: 20.0, passed: 20.0, answered: 20.0, latency: Duration::from_millis(20), ..Sample::default() }
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
    site.survey.fair_share = 0.01;
    let mut bits = 0.0;
    for _ in 0..30 {
        let stance = site.second(solving);
        assert!(stance.bits - bits <= 1.0, "{} after {bits}", stance.bits);
        bits = stance.bits;
    }
    assert_eq!((bits, site.controller.stance.mode), (3.3, Mode::Queue));
    site.survey.fair_share = f64::INFINITY;
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
