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

/// A queue with more to do than the origin does.
fn queueing(in_flight: u32) -> Sample {
    Sample { asked_cleared: 5000.0, passed: 100.0, answered: 100.0, in_flight, ..peace() }
}

#[test]
fn in_a_queue_the_origin_works_off_what_it_has_and_is_then_just_busy() {
    let objectives = Objectives { requests: None, ..OBJECTIVES };
    let mut site = Site { controller: Controller::new(objectives, 3.3), ..Site::new() };
    site.seconds(100, peace());
    let flooded = Sample { asked_cleared: 5000.0, passed: 5000.0, answered: 100.0, in_flight: 1000, ..flood() };
    assert_eq!(site.seconds(4, flooded).mode, Mode::Queue);
    let mut backlog = 1000.0;
    for second in 0..60 {
        backlog = f64::max(backlog + site.controller.stance.rate - 100.0, 0.0);
        site.second(queueing(backlog as u32));
        assert!(second < 20 || (20.0..60.0).contains(&backlog), "{backlog} after {second} s");
    }
    let rate = site.controller.stance.rate;
    assert!((95.0..105.0).contains(&rate), "{rate}");
}

#[test]
fn an_origin_that_bears_less_than_it_did_is_given_less() {
    let mut site =
        Site { controller: Controller::new(Objectives { requests: None, ..OBJECTIVES }, 3.3), ..Site::new() };
    site.seconds(100, Sample { answered: 400.0, passed: 400.0, asked_new: 400.0, ..peace() });
    site.seconds(4, Sample { answered: 400.0, ..flood() });
    let mut backlog = 0.0;
    for _ in 0..120 {
        let sample = queueing(backlog as u32);
        let forced = Setting::Forced(Mode::Queue);
        let stance = site.controller.step(&sample, &Survey::default(), 1.0, forced, Mode::Off);
        backlog = f64::max(backlog + stance.rate - 100.0, 0.0);
    }
    assert!(backlog < 100.0, "a second of work is its objective: {backlog}");
}

#[test]
fn an_origin_whose_answers_are_not_seen_is_given_what_is_stated_and_else_all() {
    for (requests, rate) in [(Some(100.0), 100.0), (None, f64::INFINITY)] {
        let mut controller = Controller::new(Objectives { requests, ..OBJECTIVES }, 3.3);
        let unseen = Sample { asked_cleared: 5000.0, passed: 500.0, ..Sample::default() };
        let stance = controller.step(&unseen, &Survey::default(), 1.0, Setting::Forced(Mode::Queue), Mode::Off);
        assert_eq!(stance.rate, rate);
    }
}

#[test]
fn one_slow_second_of_a_small_site_is_no_attack() {
    let mut site =
        Site { controller: Controller::new(Objectives { requests: None, ..OBJECTIVES }, 3.3), ..Site::new() };
    site.seconds(100, peace());
    for _ in 0..100 {
        assert_eq!(site.second(Sample { in_flight: 18, answered: 3.0, passed: 23.0, ..peace() }).mode, Mode::Off);
        assert_eq!(site.seconds(3, Sample { answered: 25.0, ..peace() }).mode, Mode::Off);
    }
}

#[test]
fn once_pressure_came_back_the_queue_is_kept_for_a_minute() {
    let mut site = Site::new();
    let solving = Sample { asked_new: 0.0, asked_cleared: 5000.0, ..flood() };
    let calm = Sample { asked_cleared: 5.0, asked_new: 0.0, ..peace() };
    assert_eq!(site.seconds(4, solving).mode, Mode::Queue);
    assert!(site.seconds(40, calm).mode < Mode::Queue);
    assert_eq!(site.seconds(10, solving).mode, Mode::Queue);
    assert_eq!(site.seconds(60, calm).mode, Mode::Queue);
    assert_eq!(site.seconds(60, calm).mode, Mode::Off, "and two minutes are enough");
}
