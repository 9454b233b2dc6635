//! What the gate has to do for people, in numbers, and whether the manual says what it did.
//!
//! All scenarios run once, in all of these tests together.

use std::sync::OnceLock;

use parking_lot::Mutex;
use portcullis_admission::pressure::Mode;
use portcullis_simulation::scenario::Group;
use portcullis_simulation::{Record, Row, Scenario, report, run};

/// A scenario and its result.
struct Played {
    scenario: Scenario,
    record: Record,
    row: Row,
}

fn played() -> &'static [Played] {
    static ALL: OnceLock<Vec<Played>> = OnceLock::new();
    ALL.get_or_init(|| {
        let (left, done) = (Mutex::new(Scenario::all()), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    // The lock is held while one is taken, and not while it runs.
                    while let Some(scenario) = take(&left) {
                        let (record, without) = (run(&scenario, true, 0), run(&scenario, false, 0));
                        let row = Row::of(&scenario, &record, &without);
                        done.lock().push(Played { scenario, record, row });
                    }
                });
            }
        });
        done.into_inner()
    })
}

fn take(left: &Mutex<Vec<Scenario>>) -> Option<Scenario> {
    left.lock().pop()
}

fn row(name: &str) -> &'static Row {
    &played().iter().find(|played| played.row.scenario == name).expect("a scenario of this name").row
}

fn rows() -> Vec<Row> {
    let row = |scenario: Scenario| row(scenario.name).clone();
    Scenario::all().into_iter().map(row).collect()
}

/// The attacks that people must get through.
const FLOODS: [&str; 4] = ["gpu-16", "gpu-16-stated", "gpus-100", "botnet-10000"];

#[test]
fn with_1_gigahash_from_16_networks_99_of_100_people_log_in_and_wait_for_a_second_at_most() {
    for name in ["gpu-16", "gpu-16-stated"] {
        let row = row(name);
        assert!(row.served >= 0.99 && row.p95_wait_s <= 1.0, "{row:?}");
    }
}

#[test]
fn with_22_gigahashes_from_100_networks_95_of_100_people_log_in() {
    assert!(row("gpus-100").served >= 0.95, "{:?}", row("gpus-100"));
}

#[test]
fn with_10_000_networks_95_of_100_returning_people_log_in() {
    assert!(row("botnet-10000").returning_served >= 0.95, "{:?}", row("botnet-10000"));
}

#[test]
fn the_gate_comes_down_within_10_seconds_and_goes_up_within_two_minutes() {
    let promised = |played: &&Played| matches!(played.scenario.group, Group::Floods | Group::Difficulty);
    for played in played().iter().filter(promised) {
        let row = &played.row;
        assert!(row.react_s.is_some_and(|seconds| seconds <= 10.0), "{row:?}");
        assert!(row.recover_s.is_some_and(|seconds| seconds <= 120.0), "{row:?}");
    }
}

#[test]
fn the_difficulty_stands_still_in_the_second_half_of_an_attack() {
    for played in played().iter().filter(|played| played.scenario.attack.is_some()) {
        assert!(played.row.sd_log2_difficulty.is_some_and(|deviation| deviation <= 0.25), "{:?}", played.row);
    }
}

#[test]
fn attack_29_who_drives_the_difficulty_up_asks_no_phone_for_more_than_5_seconds() {
    for row in rows() {
        assert!(row.most_asked_s <= 5.0, "{row:?}");
    }
    for name in ["solved-only", "unsolved-only", "pulsed", "ramp", "gaming"] {
        assert!(row(name).served >= 0.95, "{:?}", row(name));
    }
    for name in ["solved-only", "unsolved-only"] {
        assert!(row(name).p95_wait_s <= 1.0, "{:?}", row(name));
    }
}

#[test]
fn attack_11_who_hoards_gets_no_more_than_who_does_not() {
    let (hoarded, not) = (row("hoarded"), row("gpus-100"));
    assert!(hoarded.served >= not.served - 0.01, "{hoarded:?} {not:?}");
    assert!(hoarded.attackers_fraction <= not.attackers_fraction + 0.02, "{hoarded:?} {not:?}");
}

#[test]
fn in_peace_nobody_waits_and_the_gate_stays_up() {
    for played in played().iter().filter(|played| played.scenario.group == Group::Peace) {
        let row = &played.row;
        assert!(played.record.seconds.iter().all(|second| second.mode == Mode::Off), "{row:?}");
        assert!(played.record.visits.iter().all(|visit| visit.waited == 0), "{row:?}");
        assert_eq!((row.served, row.p95_wait_s), (1.0, 0.0), "{row:?}");
    }
}

#[test]
fn without_a_gate_the_same_floods_leave_few_people_logged_in() {
    for name in FLOODS {
        assert!(row(name).served_without_gate < 0.2, "or the attack is none: {:?}", row(name));
    }
}

#[test]
fn what_is_remembered_of_an_attack_is_bounded() {
    for row in rows() {
        assert!(row.memory() <= f64::from(16 << 20), "{row:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_table_and_another_gives_another() {
    let scenario = Scenario::named("gpu-16").expect("a scenario");
    let once = |seed| Row::of(&scenario, &run(&scenario, true, seed), &Record::default());
    let (first, again, other) = (once(0), once(0), once(1));
    assert_eq!(report::text(std::slice::from_ref(&first)), report::text(&[again]));
    assert_ne!(first, other);
}

#[test]
fn the_manual_says_what_was_simulated() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attack-report.md");
    let manual = std::fs::read_to_string(&file).expect("the report is in the manual");
    let written = report::in_manual(&manual, &rows(), &Scenario::all()).expect("every table has its place");
    assert!(
        manual == written,
        "docs/attack-report.md says otherwise; look at what changed, and rewrite it with\n    cargo xtask simulate --plots"
    );
}
