//! How many standing tokens a network gets: whoever wants many of them for an attack needs many networks.
//!
//! Each network has one number, as tokens have in the [ledger](crate::budget). Nothing is forgotten before its time: while
//! the table is full, networks that are not in it get none.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use portcullis_challenge::UnixMillis;

use crate::config::Allowance;
use crate::network::NetworkPrefix;

/// What each network has left.
#[derive(Debug)]
pub(super) struct Slots {
    allowance: Allowance,
    /// When a network has all of its allowance again.
    unused_at: Mutex<HashMap<NetworkPrefix, UnixMillis>>,
    capacity: usize,
}

impl Slots {
    /// So many an hour for each of at most `capacity` networks at a time.
    pub(super) fn new(an_hour: u32, capacity: usize) -> Self {
        let allowance = Allowance { requests: an_hour, refill: HOUR / an_hour.max(1) };
        Self { allowance, unused_at: Mutex::default(), capacity }
    }

    /// Takes one of a network's, if there is one left.
    pub(super) fn take(&self, network: NetworkPrefix, now: UnixMillis) -> bool {
        let mut table = self.unused_at.lock().unwrap_or_else(PoisonError::into_inner);
        let known = table.get(&network).copied();
        if known.is_none() && table.len() >= self.capacity {
            return false;
        }
        let next = self.allowance.spent(known.unwrap_or(UnixMillis(0)), now);
        next.map(|next| table.insert(network, next)).is_ok()
    }

    /// Gives back the memory of networks that have all of their allowance.
    pub(super) fn forget(&self, now: UnixMillis) {
        let mut table = self.unused_at.lock().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, unused_at| *unused_at > now);
        if table.capacity() > 4 * table.len() {
            table.shrink_to_fit();
        }
    }
}

const HOUR: Duration = Duration::from_secs(3600);
/// At about 40 bytes each.
pub(super) const NETWORKS: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::PrefixLengths;

    fn network(number: u8) -> NetworkPrefix {
        NetworkPrefix::of([203, 0, number, 1].into(), PrefixLengths::default())
    }

    #[test]
    fn a_network_gets_so_many_and_then_one_at_a_time() {
        let slots = Slots::new(60, 10);
        let at = |minutes: u64| UnixMillis(1_000_000 + minutes * 60_000);
        let taken = |network, minutes| (0..1000).filter(|_| slots.take(network, at(minutes))).count();
        assert_eq!((taken(network(1), 0), taken(network(1), 0)), (60, 0));
        assert_eq!(taken(network(2), 0), 60, "another network has its own");
        assert_eq!((taken(network(1), 1), taken(network(1), 11), taken(network(1), 300)), (1, 10, 60));
    }

    #[test]
    fn a_full_table_forgets_nobody_before_time() {
        let slots = Slots::new(60, 2);
        let now = UnixMillis(1_000_000);
        assert!(slots.take(network(1), now) && slots.take(network(2), now));
        assert!(!slots.take(network(3), now) && slots.take(network(1), now));
        slots.forget(UnixMillis(now.0 + 60_000));
        assert!(slots.take(network(3), now), "one network's minute is over");
        assert!(!slots.take(network(4), now), "the other's is not");
    }
}
