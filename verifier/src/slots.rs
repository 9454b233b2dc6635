//! What each network gets so much of in a time and no more, such as standing tokens: whoever wants much of it for an attack
//! needs many networks.
//!
//! Each network has one number, as tokens have in the [ledger](crate::budget). Nothing is forgotten before its time: while
//! the table is full, networks that are not in it get none.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portcullis_challenge::UnixMillis;

use crate::budget::Allowance;
use crate::clock::millis;
use crate::network::NetworkPrefix;

/// What each network has left.
#[derive(Debug)]
pub(crate) struct Slots {
    allowance: Allowance,
    /// When a network has all of its allowance again.
    unused_at: Mutex<Table>,
    capacity: usize,
}

type Table = HashMap<NetworkPrefix, UnixMillis>;

impl Slots {
    /// So many in a `period` for each network, of which [`NETWORKS`] at a time have one less than all.
    pub(crate) fn new(count: u32, period: Duration) -> Self {
        let allowance = Allowance { requests: count, refill: period / count.max(1) };
        Self { allowance, unused_at: Mutex::default(), capacity: NETWORKS }
    }

    /// Whether a network has one left.
    pub(crate) fn has(&self, network: NetworkPrefix, now: UnixMillis) -> bool {
        self.after_one(&self.table(), network, now).is_some()
    }

    /// Takes one of a network's, if there is one left.
    pub(crate) fn take(&self, network: NetworkPrefix, now: UnixMillis) -> bool {
        self.take_many(network, 1, now)
    }

    /// Takes so many of a network's, if there is one left. What it had not is owed.
    pub(crate) fn take_many(&self, network: NetworkPrefix, count: u32, now: UnixMillis) -> bool {
        let mut table = self.table();
        let Some(next) = self.after_one(&table, network, now) else { return false };
        let others = millis(self.allowance.refill).saturating_mul(u64::from(count.saturating_sub(1)));
        table.insert(network, UnixMillis(next.0.saturating_add(others)));
        true
    }

    /// When a network would have all of them again, if it took one; `None` when it has none left, or there is no room.
    fn after_one(&self, table: &Table, network: NetworkPrefix, now: UnixMillis) -> Option<UnixMillis> {
        let known = table.get(&network).copied();
        if known.is_none() && table.len() >= self.capacity {
            return None;
        }
        self.allowance.spent(known.unwrap_or(UnixMillis(0)), now).ok()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.unused_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back the memory of networks that have all of their allowance.
    pub(crate) fn forget(&self, now: UnixMillis) {
        let mut table = self.table();
        table.retain(|_, unused_at| *unused_at > now);
        if table.capacity() > 4 * table.len() {
            table.shrink_to_fit();
        }
    }
}

/// At about 40 bytes each.
pub(crate) const NETWORKS: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::PrefixLengths;

    const HOUR: Duration = Duration::from_secs(3600);

    fn network(number: u8) -> NetworkPrefix {
        NetworkPrefix::of([203, 0, number, 1].into(), PrefixLengths::default())
    }

    #[test]
    fn a_network_gets_so_many_and_then_one_at_a_time() {
        let slots = Slots::new(60, HOUR);
        let at = |minutes: u64| UnixMillis(1_000_000 + minutes * 60_000);
        let taken = |network, minutes| (0..1000).filter(|_| slots.take(network, at(minutes))).count();
        assert_eq!((taken(network(1), 0), taken(network(1), 0)), (60, 0));
        assert_eq!(taken(network(2), 0), 60, "another network has its own");
        assert_eq!((taken(network(1), 1), taken(network(1), 11), taken(network(1), 300)), (1, 10, 60));
    }

    #[test]
    fn what_a_network_had_not_is_owed() {
        let slots = Slots::new(60, HOUR);
        let at = |minutes: u64| UnixMillis(1_000_000 + minutes * 60_000);
        assert!((0..20).all(|_| slots.take_many(network(1), 3, at(0))));
        assert!(!slots.has(network(1), at(0)) && slots.has(network(1), at(1)));
        assert!(slots.take_many(network(1), 5, at(1)));
        assert!(!slots.has(network(1), at(5)) && slots.has(network(1), at(6)));
    }

    #[test]
    fn a_full_table_forgets_nobody_before_time() {
        let slots = Slots { capacity: 2, ..Slots::new(60, HOUR) };
        let now = UnixMillis(1_000_000);
        assert!(slots.take(network(1), now) && slots.take(network(2), now));
        assert!(!slots.take(network(3), now) && slots.take(network(1), now));
        slots.forget(UnixMillis(now.0 + 60_000));
        assert!(slots.take(network(3), now), "one network's minute is over");
        assert!(!slots.take(network(4), now), "the other's is not");
    }
}
