use std::net::{IpAddr, Ipv4Addr};

use portcullis_clearance::network::PrefixLengths;

use super::*;

const BOUNDS: Bounds = Bounds { asked: 10.0, solved: 0.5, rate: f64::INFINITY, most_bits: 3.3 };

fn client(number: u32) -> ClientNetwork {
    let address = IpAddr::V4(Ipv4Addr::from(number << 8));
    ClientNetwork { network: NetworkPrefix::of(address, PrefixLengths::default()), group: None }
}

#[test]
fn the_table_takes_less_than_four_mebibytes() {
    assert!(ENTRIES * size_of::<Option<Entry>>() <= 4 << 20, "{}", size_of::<Option<Entry>>());
}

#[test]
fn who_presses_is_pressed_within_seconds_and_let_go_within_a_minute() {
    let networks = Networks::new(7);
    let mut bits = 0.0;
    for second in 0..180_u64 {
        let now = UnixMillis(second * 1000);
        for other in 100..200 {
            if second % 10 == u64::from(other % 10) {
                networks.solved(client(other), now);
            }
        }
        for _ in 0..if second < 60 { 40 } else { 0 } {
            networks.solved(client(1), now);
        }
        networks.step(BOUNDS, 1.0, now);
        assert!(networks.bits(client(1), now) - bits <= 1.0 + 1e-6, "at most twice as much a second");
        bits = networks.bits(client(1), now);
        assert_eq!(networks.bits(client(100), now), 0.0, "others are left alone");
        if (10..60).contains(&second) {
            assert!(bits > 3.2, "{bits} after {second} s");
        }
    }
    assert_eq!(bits, 0.0);
}

#[test]
fn junk_and_unsolved_challenges_press_nobody() {
    let networks = Networks::new(7);
    for second in 0..20_u64 {
        for _ in 0..1000 {
            networks.asked(client(1), 1, false, UnixMillis(second * 1000));
        }
        let survey = networks.step(BOUNDS, 1.0, UnixMillis(second * 1000));
        assert_eq!((survey.conspicuous, survey.pressed), (1, 0));
    }
    assert!(networks.stands_out(client(1), UnixMillis(20_000)));
    assert!(!networks.stands_out(client(2), UnixMillis(20_000)));
}

#[test]
fn a_flood_from_ever_new_networks_hides_nobody_who_presses() {
    let networks = Networks::new(7);
    let mut next = 1000;
    for second in 0..10_u64 {
        let now = UnixMillis(second * 1000);
        for _ in 0..50 {
            networks.solved(client(1), now);
            networks.asked(client(1), 1, false, now);
        }
        for _ in 0..100_000 {
            networks.asked(client(next), 1, false, now);
            next += 1;
        }
        networks.step(BOUNDS, 1.0, now);
    }
    let now = UnixMillis(9_000);
    assert!(networks.bits(client(1), now) > 3.0 && networks.stands_out(client(1), now));
    assert_eq!(networks.step(BOUNDS, 1.0, now).top[0].source, Source::Network(client(1).network));
}

#[test]
fn many_networks_of_one_group_are_pressed_together() {
    let networks = Networks::new(7);
    for second in 0..20_u64 {
        let now = UnixMillis(second * 1000);
        for number in 0..400 {
            networks.solved(ClientNetwork { group: Some(64_500), ..client(number) }, now);
        }
        networks.step(BOUNDS, 1.0, now);
    }
    let now = UnixMillis(20_000);
    assert!(networks.bits(ClientNetwork { group: Some(64_500), ..client(9999) }, now) > 0.5);
    assert_eq!(networks.bits(ClientNetwork { group: Some(64_501), ..client(9999) }, now), 0.0);
}

#[test]
fn a_fair_share_is_what_the_modest_leave_to_those_who_want_more() {
    let networks = Networks::new(7);
    let now = UnixMillis(1_000);
    let share = |rate| networks.step(Bounds { rate, ..BOUNDS }, 1.0, now).fair_share;
    assert_eq!(share(10.0), f64::INFINITY, "nobody asks");
    for (number, reads) in [(1, 10), (2, 1_000), (3, 1_000)] {
        networks.asked(client(number), reads, true, now);
    }
    networks.asked(client(4), 1_000, false, now);
    // In a window of ten seconds: 1, 100 and 100 a second, and one that is not cleared.
    assert!((share(21.0) - 10.0).abs() < 0.1, "{}", share(21.0));
    assert_eq!([share(300.0), share(f64::INFINITY)], [f64::INFINITY; 2]);
}

#[test]
fn a_little_too_much_is_asked_a_little_more_and_not_ever_more() {
    let networks = Networks::new(7);
    for second in 0..120_u64 {
        let now = UnixMillis(second * 1000);
        networks.solved(client(1), now);
        networks.step(BOUNDS, 1.0, now);
    }
    let bits = networks.bits(client(1), UnixMillis(120_000));
    assert!((0.9..1.2).contains(&bits), "twice the work for twice as many: {bits}");
}
