//! Whose turn it is when the origin cannot bear all who are cleared: deficit round robin (after Shreedhar and Varghese, 1995)
//! over networks, in two lanes, of which the one for returning clients has a share reserved.
//!
//! Each round gives every network one read. A request goes on as soon as its network has one, and what it costs beyond
//! that is owed: its network's next request waits for so many more rounds, whoever sends it. So a network gets no more by
//! asking more, and a login, which costs several reads and has only so long to wait, waits for a round at most.
//!
//! # Bounds
//!
//! A network has at most [`LINE`] requests waiting, and all together have `capacity`, which is reserved as turns are. In a
//! round each network that waits can come to owe, for less than [`MAX_COST`] rounds, so there are no more that owe than
//! `capacity` times that. Time is an argument; nothing here waits by itself.

use std::collections::{HashMap, VecDeque};

use portcullis_challenge::UnixMillis;

use crate::network::NetworkPrefix;

/// Who asks for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its network.
    pub network: NetworkPrefix,
    /// Whether it was here before the gate was lowered.
    pub returning: bool,
    /// What the request costs the origin, in reads: at least 1.
    pub cost: u32,
}

/// There is no room to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests are waiting for their turn")]
pub struct NoRoom;

/// Requests waiting for their turn; `T` is how each is told.
#[derive(Debug)]
pub struct FairQueue<T> {
    returning: Lane<T>,
    others: Lane<T>,
    /// The share that is reserved for the lane of returning clients.
    reserve: f64,
    capacity: usize,
    released_at: UnixMillis,
}

impl<T> FairQueue<T> {
    /// An empty queue, of at most `capacity` requests.
    pub fn new(reserve: f64, capacity: usize) -> Self {
        Self { returning: Lane::default(), others: Lane::default(), reserve, capacity, released_at: UnixMillis(0) }
    }

    /// Reserves another share for returning clients from now on.
    pub fn set_reserve(&mut self, reserve: f64) {
        self.reserve = reserve;
    }

    /// Puts a request into its network's line.
    ///
    /// # Errors
    ///
    /// [`NoRoom`].
    pub fn join(&mut self, turn: Turn, ticket: T) -> Result<(), NoRoom> {
        // Room is shared as turns are: others cannot take what is reserved.
        let (lane, share) = match turn.returning {
            true => (&mut self.returning, self.reserve),
            false => (&mut self.others, 1.0 - self.reserve),
        };
        if lane.waiting as f64 >= self.capacity as f64 * share {
            return Err(NoRoom);
        }
        lane.join(turn, ticket)
    }

    /// Everyone whose turn has come by `now`, at `rate` reads a second. Tickets that nobody holds any longer, by
    /// `still_waits`, are passed over and cost nothing.
    pub fn release(&mut self, rate: f64, now: UnixMillis, still_waits: impl Fn(&T) -> bool) -> Vec<T> {
        let seconds = (now.0.saturating_sub(self.released_at.0) as f64 / 1000.0).min(LONGEST_GAP);
        self.released_at = now;
        // As good as a rate without end, and a share of it is a number.
        let rate = rate.min(MOST_RATE);
        let earned = rate * seconds;
        self.returning.credit += earned * self.reserve;
        self.others.credit += earned * (1.0 - self.reserve);
        let mut released = Vec::new();
        self.returning.release(&still_waits, &mut released);
        // What one lane has no use for is the other's.
        self.others.credit += self.returning.surplus();
        self.others.release(&still_waits, &mut released);
        self.returning.credit += self.others.surplus();
        self.returning.release(&still_waits, &mut released);
        // Nor is it saved for later: that would be a burst. A little is, so that an idle origin is not kept waiting.
        // At the least one read, or a lane with a small share would never come to it.
        self.returning.credit = self.returning.credit.min((rate * SAVED * self.reserve).max(1.0));
        self.others.credit = self.others.credit.min((rate * SAVED).max(1.0));
        released
    }

    /// Forgets tickets that nobody holds any longer.
    pub fn forget(&mut self, still_waits: impl Fn(&T) -> bool) {
        self.returning.forget(&still_waits);
        self.others.forget(&still_waits);
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.returning.waiting + self.others.waiting
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many networks wait.
    pub fn networks(&self) -> usize {
        self.returning.lines.len() + self.others.lines.len()
    }

    /// Seconds until every network has had a turn, at `rate` reads a second.
    pub fn round(&self, rate: f64) -> f64 {
        self.networks() as f64 / rate.max(1.0)
    }
}

#[derive(Debug)]
struct Lane<T> {
    lines: HashMap<NetworkPrefix, Line<T>>,
    /// Networks with a line, in the order of the round.
    round: VecDeque<NetworkPrefix>,
    /// Reads that may go on.
    credit: f64,
    waiting: usize,
}

#[derive(Debug)]
struct Line<T> {
    /// What each costs, and how it is told.
    tickets: VecDeque<(u32, T)>,
    /// Reads that the network may have, or has had in advance.
    balance: i32,
}

impl<T> Line<T> {
    /// Whether nobody waits in it, and nothing is owed.
    fn is_done(&self) -> bool {
        self.tickets.is_empty() && self.balance >= 0
    }
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self { lines: HashMap::new(), round: VecDeque::new(), credit: 0.0, waiting: 0 }
    }
}

impl<T> Lane<T> {
    fn join(&mut self, turn: Turn, ticket: T) -> Result<(), NoRoom> {
        let line = self.lines.entry(turn.network).or_insert_with(|| {
            self.round.push_back(turn.network);
            Line { tickets: VecDeque::new(), balance: 0 }
        });
        if line.tickets.len() >= LINE {
            return Err(NoRoom);
        }
        line.tickets.push_back((turn.cost.clamp(1, MAX_COST), ticket));
        self.waiting += 1;
        Ok(())
    }

    fn release(&mut self, still_waits: &impl Fn(&T) -> bool, released: &mut Vec<T>) {
        while self.credit >= 1.0 {
            let Some(network) = self.round.pop_front() else { return };
            // A network in the round has a line.
            let Some(line) = self.lines.get_mut(&network) else { continue };
            let before = line.tickets.len();
            while line.tickets.front().is_some_and(|(_, ticket)| !still_waits(ticket)) {
                line.tickets.pop_front();
            }
            line.balance += 1;
            if line.balance > 0
                && let Some((cost, ticket)) = line.tickets.pop_front()
            {
                line.balance -= cost as i32;
                self.credit -= f64::from(cost);
                released.push(ticket);
            }
            self.waiting -= before - line.tickets.len();
            if line.is_done() {
                self.lines.remove(&network);
            } else {
                self.round.push_back(network);
            }
        }
    }

    /// Takes away the credit that nobody here waits for.
    fn surplus(&mut self) -> f64 {
        if self.waiting == 0 && self.credit > 0.0 { std::mem::take(&mut self.credit) } else { 0.0 }
    }

    fn forget(&mut self, still_waits: &impl Fn(&T) -> bool) {
        for line in self.lines.values_mut() {
            line.tickets.retain(|(_, ticket)| still_waits(ticket));
        }
        self.lines.retain(|_, line| !line.is_done());
        self.round.retain(|network| self.lines.contains_key(network));
        self.waiting = self.lines.values().map(|line| line.tickets.len()).sum();
    }
}

/// Requests of one network that may wait.
pub const LINE: usize = 32;
/// The most that a request can cost: a network is not made to wait for more rounds.
pub const MAX_COST: u32 = 8;
const MOST_RATE: f64 = 1e9;
/// Seconds that unused turns are kept for.
const SAVED: f64 = 0.1;
/// Seconds that are made up for when nobody has asked for a while.
const LONGEST_GAP: f64 = 1.0;

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::network::PrefixLengths;

    fn turn(network: u32, returning: bool) -> Turn {
        let address = IpAddr::V4(Ipv4Addr::from(network << 8));
        Turn { network: NetworkPrefix::of(address, PrefixLengths::default()), returning, cost: 1 }
    }

    fn queue() -> FairQueue<u32> {
        let mut queue = FairQueue::new(0.5, 10_000);
        assert!(queue.release(0.0, UnixMillis(0), |_| true).is_empty());
        queue
    }

    #[test]
    fn a_network_gets_no_more_by_asking_more() {
        let mut queue = queue();
        for _ in 0..LINE {
            queue.join(turn(1, false), 1).unwrap();
        }
        assert_eq!(queue.join(turn(1, false), 1), Err(NoRoom));
        queue.join(turn(2, false), 2).unwrap();
        queue.join(turn(3, false), 3).unwrap();
        assert_eq!(queue.release(40.0, UnixMillis(100), |_| true), [1, 2, 3, 1]);
        assert_eq!(queue.networks(), 1);
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
        let mut queue = FairQueue::new(0.5, 6);
        for network in 0..3 {
            queue.join(turn(network, false), network).unwrap();
        }
        assert_eq!(queue.join(turn(9, false), 9), Err(NoRoom));
        assert_eq!(queue.join(turn(9, true), 9), Ok(()), "what is reserved is not theirs");
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
}
