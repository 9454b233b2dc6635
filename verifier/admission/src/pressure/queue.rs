//! Whose turn it is when the origin cannot take all cleared clients: deficit round robin (after Shreedhar and Varghese,
//! 1995) over networks, in two lanes. The lane for returning clients has a fraction reserved.
//!
//! Each round gives every network one read. A request goes on as soon as its network has one, and whatever it costs
//! beyond that is owed: the network's next request waits for as many more rounds. So a network gets no more by asking
//! more, and a login, which costs several reads and can only wait for a limited time, waits for one round at most.
//!
//! The first [`FIRST`] reads of a network in twenty minutes go before all others: that is a login with what belongs to
//! it. A person is done by then; a flood has used them up in the first seconds, and takes turns with the others.
//!
//! # Bounds
//!
//! A network has at most [`LINE`] requests waiting, and all networks together have `capacity`, which is reserved as
//! turns are. In a round each waiting network can come to owe less than [`MAX_COST`] rounds, so at most `capacity`
//! times that many owe anything. The time is an argument; nothing here waits by itself.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use portcullis_challenge::UnixMillis;
use portcullis_clearance::network::NetworkPrefix;

use crate::network_quota::NetworkQuota;

/// A client that asks for a turn.
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
pub struct QueueFullError;

/// Requests waiting for their turn; `T` is how each is told.
#[derive(Debug)]
pub struct FairQueue<T> {
    returning: Lane<T>,
    others: Lane<T>,
    /// The fraction that is reserved for the lane of returning clients.
    reserve: f64,
    capacity: usize,
    released_at: UnixMillis,
    /// What each network has left of its first reads.
    first: NetworkQuota,
}

impl<T> FairQueue<T> {
    /// An empty queue, of at most `capacity` requests.
    pub fn new(reserve: f64, capacity: usize) -> Self {
        Self::with_first(FIRST, reserve, capacity)
    }

    fn with_first(first: u32, reserve: f64, capacity: usize) -> Self {
        let (returning, others) = (Lane::default(), Lane::default());
        Self {
            returning,
            others,
            reserve,
            capacity,
            released_at: UnixMillis(0),
            first: NetworkQuota::new(first, FIRST_AGAIN),
        }
    }

    /// Reserves another fraction for returning clients from now on.
    pub fn set_reserve(&mut self, reserve: f64) {
        self.reserve = reserve;
    }

    /// Puts a request into its network's line.
    ///
    /// # Errors
    ///
    /// [`QueueFullError`].
    pub fn join(&mut self, turn: Turn, ticket: T) -> Result<(), QueueFullError> {
        // Room is shared as turns are: others cannot take reserved room.
        let (lane, fraction) = match turn.returning {
            true => (&mut self.returning, self.reserve),
            false => (&mut self.others, 1.0 - self.reserve),
        };
        // Nor can networks that take turns use the room of those that go first.
        let is_first = self.first.has(turn.network, self.released_at);
        let fraction = if is_first { 2.0 * fraction } else { fraction };
        if lane.waiting as f64 >= self.capacity as f64 * fraction {
            return Err(QueueFullError);
        }
        lane.join(turn, ticket, is_first)
    }

    /// All requests whose turn has come by `now`, at `rate` reads a second. Tickets that nobody holds any longer, by
    /// `still_waits`, are skipped and cost nothing.
    pub fn release(&mut self, rate: f64, now: UnixMillis, still_waits: impl Fn(&T) -> bool) -> Vec<T> {
        let seconds = (now.0.saturating_sub(self.released_at.0) as f64 / 1000.0).min(LONGEST_GAP);
        self.released_at = now;
        // As good as an unlimited rate, and a fraction of it is still a number.
        let rate = rate.min(MOST_RATE);
        let earned = rate * seconds;
        self.returning.credit += earned * self.reserve;
        self.others.credit += earned * (1.0 - self.reserve);
        let mut released = Vec::new();
        let takes_first = |network, cost| self.first.take_many(network, cost, now);
        self.returning.release(&still_waits, &takes_first, &mut released);
        // What one lane cannot use goes to the other.
        self.others.credit += self.returning.surplus();
        self.others.release(&still_waits, &takes_first, &mut released);
        self.returning.credit += self.others.surplus();
        self.returning.release(&still_waits, &takes_first, &mut released);
        // Nor is it saved for later: that would be a burst. A little is, so that an idle origin is not kept waiting.
        // At least one read, or a lane with a small fraction would never reach it.
        self.returning.credit = self.returning.credit.min((rate * SAVED * self.reserve).max(1.0));
        self.others.credit = self.others.credit.min((rate * SAVED).max(1.0));
        released
    }

    /// Forgets tickets that nobody holds any longer, and networks that have all of their first reads again.
    pub fn forget(&mut self, still_waits: impl Fn(&T) -> bool) {
        self.first.forget(self.released_at);
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
    /// Networks with a line and some of their first reads left.
    first: VecDeque<NetworkPrefix>,
    /// The others with a line, in the order of the round.
    round: VecDeque<NetworkPrefix>,
    /// Reads that may go on now.
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
        let (first, round) = (VecDeque::new(), VecDeque::new());
        Self { lines: HashMap::new(), first, round, credit: 0.0, waiting: 0 }
    }
}

impl<T> Lane<T> {
    fn join(&mut self, turn: Turn, ticket: T, is_first: bool) -> Result<(), QueueFullError> {
        let line = self.lines.entry(turn.network).or_insert_with(|| {
            let round = if is_first { &mut self.first } else { &mut self.round };
            round.push_back(turn.network);
            Line { tickets: VecDeque::new(), balance: 0 }
        });
        if line.tickets.len() >= LINE {
            return Err(QueueFullError);
        }
        line.tickets.push_back((turn.cost.clamp(1, MAX_COST), ticket));
        self.waiting += 1;
        Ok(())
    }

    fn release(
        &mut self,
        still_waits: &impl Fn(&T) -> bool,
        takes_first: &impl Fn(NetworkPrefix, u32) -> bool,
        released: &mut Vec<T>,
    ) {
        while self.credit >= 1.0 {
            let first = self.first.pop_front();
            let was_first = first.is_some();
            let Some(network) = first.or_else(|| self.round.pop_front()) else { return };
            // A network in a round has a line.
            let Some(line) = self.lines.get_mut(&network) else { continue };
            let before = line.tickets.len();
            while line.tickets.front().is_some_and(|(_, ticket)| !still_waits(ticket)) {
                line.tickets.pop_front();
            }
            let cost = line.tickets.front().map(|(cost, _)| *cost);
            let is_first = was_first && cost.is_some_and(|cost| takes_first(network, cost));
            if !was_first {
                line.balance += 1;
            }
            if (is_first || (!was_first && line.balance > 0))
                && let Some((cost, ticket)) = line.tickets.pop_front()
            {
                // First reads are owed to nobody.
                line.balance -= if is_first { 0 } else { cost as i32 };
                self.credit -= f64::from(cost);
                released.push(ticket);
            }
            self.waiting -= before - line.tickets.len();
            if line.is_done() {
                self.lines.remove(&network);
            } else if is_first {
                self.first.push_back(network);
            } else {
                self.round.push_back(network);
            }
        }
    }

    /// Takes away credit that nobody here waits for.
    fn surplus(&mut self) -> f64 {
        if self.waiting == 0 && self.credit > 0.0 { std::mem::take(&mut self.credit) } else { 0.0 }
    }

    fn forget(&mut self, still_waits: &impl Fn(&T) -> bool) {
        for line in self.lines.values_mut() {
            line.tickets.retain(|(_, ticket)| still_waits(ticket));
        }
        self.lines.retain(|_, line| !line.is_done());
        self.first.retain(|network| self.lines.contains_key(network));
        self.round.retain(|network| self.lines.contains_key(network));
        self.waiting = self.lines.values().map(|line| line.tickets.len()).sum();
    }
}

/// Requests of one network that may wait.
pub const LINE: usize = 32;
/// The most that a request can cost: no network waits for more rounds.
pub const MAX_COST: u32 = 8;
/// Reads of a network that go first, in this period: a page and its parts, a login, and the page after it.
const FIRST: u32 = 16;
/// If it were longer, people who share a network would have to take turns with everybody; if it were shorter, as many
/// networks as a botnet has would go first all the time.
const FIRST_AGAIN: Duration = Duration::from_secs(1200);
const MOST_RATE: f64 = 1e9;
/// Seconds that unused turns are kept for.
const SAVED: f64 = 0.1;
/// Seconds that are made up for when nobody has asked for a while.
const LONGEST_GAP: f64 = 1.0;

#[cfg(test)]
mod tests;
