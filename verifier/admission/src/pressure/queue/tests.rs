use std::net::{IpAddr, Ipv4Addr};

use portcullis_clearance::network::PrefixLengths;

use super::*;

fn turn(network: u32, returning: bool) -> Turn {
    let address = IpAddr::V4(Ipv4Addr::from(network << 8));
    Turn { network: NetworkPrefix::of(address, PrefixLengths::default()), returning, cost: 1 }
}

fn queue() -> FairQueue<u32> {
    let mut queue = FairQueue::with_first(0, 0.5, 10_000);
    assert!(queue.release(0.0, UnixMillis(0), |_| true).is_empty());
    queue
}

#[test]
fn a_network_gets_no_more_by_asking_more() {
    let mut queue = queue();
    for _ in 0..LINE {
        queue.join(turn(1, false), 1).unwrap();
    }
    assert_eq!(queue.join(turn(1, false), 1), Err(QueueFullError));
    queue.join(turn(2, false), 2).unwrap();
    queue.join(turn(3, false), 3).unwrap();
    assert_eq!(queue.release(40.0, UnixMillis(100), |_| true), [1, 2, 3, 1]);
    assert_eq!(queue.networks(), 1);
}

#[test]
fn the_first_reads_of_a_network_go_before_everybodys_and_are_not_owed() {
    let mut queue = FairQueue::with_first(4, 0.5, 10_000);
    queue.release(0.0, UnixMillis(0), |_| true);
    for _ in 0..20 {
        queue.join(turn(1, false), 1).unwrap();
    }
    assert_eq!(queue.release(80.0, UnixMillis(100), |_| true), [1; 8], "four first ones, and nobody else is there");
    let costly = Turn { cost: 3, ..turn(2, false) };
    queue.join(costly, 2).unwrap();
    queue.join(costly, 2).unwrap();
    queue.join(turn(2, false), 3).unwrap();
    assert_eq!(queue.release(80.0, UnixMillis(200), |_| true), [2, 2, 1, 3]);
    queue.join(turn(2, false), 2).unwrap();
    assert_eq!(queue.release(20.0, UnixMillis(300), |_| true), [1, 2], "it goes round now");
    assert!(queue.release(100.0, UnixMillis(400), |_| true).len() == 10, "the others that wait");
    let again = UnixMillis(400 + 1_200_000);
    queue.release(0.0, again, |_| true);
    queue.forget(|_| true);
    assert!(queue.first.has(turn(1, false).network, again));
}

#[test]
fn after_a_costly_request_its_network_waits_for_as_many_rounds_whether_it_has_a_line_or_not() {
    let mut queue = queue();
    let costly = Turn { cost: 3, ..turn(1, false) };
    for _ in 0..9 {
        queue.join(turn(2, false), 2).unwrap();
    }
    queue.join(costly, 1).unwrap();
    assert_eq!(queue.release(40.0, UnixMillis(100), |_| true), [2, 1]);
    queue.join(costly, 1).unwrap();
    assert_eq!(queue.release(60.0, UnixMillis(200), |_| true), [2, 2, 2, 1]);
}

#[test]
fn returning_clients_have_their_share_whatever_others_ask_for_and_leave_what_they_do_not_use() {
    let mut queue = queue();
    for network in 0..2000 {
        queue.join(turn(network, false), 0).unwrap();
    }
    for network in 0..60 {
        queue.join(turn(network, true), 1).unwrap();
    }
    let released = queue.release(100.0, UnixMillis(1000), |_| true);
    assert_eq!((released.len(), released.iter().sum::<u32>()), (100, 50));
    let released = queue.release(100.0, UnixMillis(2000), |_| true);
    assert_eq!((released.len(), released.iter().sum::<u32>()), (100, 10));
}

#[test]
fn who_has_gone_away_costs_no_turn() {
    let mut queue = queue();
    for ticket in 0..10 {
        queue.join(turn(ticket, false), ticket).unwrap();
    }
    assert_eq!(queue.release(20.0, UnixMillis(100), |ticket| *ticket >= 4), [4, 5]);
    queue.forget(|ticket| *ticket == 9);
    assert_eq!((queue.len(), queue.networks()), (1, 1));
    assert_eq!(queue.release(20.0, UnixMillis(200), |_| true), [9]);
}

#[test]
fn a_full_queue_takes_nobody() {
    let mut queue = FairQueue::with_first(0, 0.5, 6);
    for network in 0..3 {
        queue.join(turn(network, false), network).unwrap();
    }
    assert_eq!(queue.join(turn(9, false), 9), Err(QueueFullError));
    assert_eq!(queue.join(turn(9, true), 9), Ok(()), "what is reserved is not theirs");
}

#[test]
fn those_who_go_first_find_room_where_others_do_not() {
    let mut queue = FairQueue::with_first(1, 0.5, 4);
    queue.release(1.0, UnixMillis(1_000_000), |_| true);
    assert!(queue.first.take(turn(1, false).network, UnixMillis(1_000_000)));
    for _ in 0..2 {
        queue.join(turn(1, false), 1).unwrap();
    }
    assert_eq!(queue.join(turn(1, false), 1), Err(QueueFullError));
    for network in 2..4 {
        assert_eq!(queue.join(turn(network, false), network), Ok(()));
    }
    assert_eq!(queue.join(turn(4, false), 4), Err(QueueFullError), "theirs has an end too");
}

#[test]
fn both_lanes_move_however_slow_the_origin_is() {
    let mut queue = queue();
    for network in 0..200 {
        queue.join(turn(network, network % 2 == 0), network % 2).unwrap();
    }
    let released: Vec<_> = (1..=500).flat_map(|step| queue.release(4.0, UnixMillis(step * 20), |_| true)).collect();
    let others = released.iter().sum::<u32>() as usize;
    assert!((19..=21).contains(&others) && (39..=41).contains(&released.len()), "{others} of {}", released.len());
}

#[test]
fn everybody_goes_on_when_there_are_no_turns_any_longer() {
    for reserve in [0.0, 0.5] {
        let mut queue = FairQueue::new(reserve, 10_000);
        for network in 0..100 {
            queue.join(turn(network, reserve > 0.0 && network < 50), network).unwrap();
        }
        assert_eq!(queue.release(f64::INFINITY, UnixMillis(20), |_| true).len(), 100);
    }
}

#[test]
fn what_was_not_used_is_no_burst_later() {
    let mut queue = queue();
    assert!(queue.release(100.0, UnixMillis(60_000), |_| true).is_empty());
    for network in 0..200 {
        queue.join(turn(network, false), network).unwrap();
    }
    assert!(queue.release(100.0, UnixMillis(60_000), |_| true).len() <= 15);
}
