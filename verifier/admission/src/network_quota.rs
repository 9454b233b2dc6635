//! At most N of something per network and period, such as standing tokens: an attack that wants many of them needs many
//! networks.
//!
//! Each network has one number, as tokens have in the [ledger](crate::budget). Nothing is forgotten before its time:
//! while the table is full, networks that are not in it get nothing.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::millis;
use portcullis_clearance::network::NetworkPrefix;

use crate::budget::Allowance;

/// What each network has left.
#[derive(Debug)]
pub struct NetworkQuota {
    allowance: Allowance,
    /// When a network has all of its allowance again.
    unused_at: Mutex<Table>,
    capacity: usize,
}

type Table = HashMap<NetworkPrefix, UnixMillis>;

impl NetworkQuota {
    /// At most this many in a `period` for each network. [`NETWORKS`] networks at a time can have used some of theirs.
    pub fn new(count: u32, period: Duration) -> Self {
        let allowance = Allowance { requests: count, refill: period / count.max(1) };
        Self { allowance, unused_at: Mutex::default(), capacity: NETWORKS }
    }

    /// Whether a network has one left.
    pub fn has(&self, network: NetworkPrefix, now: UnixMillis) -> bool {
        self.after_one(&self.table(), network, now).is_some()
    }

    /// Takes one of a network's, if there is one left.
    pub fn take(&self, network: NetworkPrefix, now: UnixMillis) -> bool {
        self.take_many(network, 1, now)
    }

    /// Takes this many of a network's, if there is one left. What is missing is owed.
    pub(crate) fn take_many(&self, network: NetworkPrefix, count: u32, now: UnixMillis) -> bool {
        let mut table = self.table();
        let Some(next) = self.after_one(&table, network, now) else { return false };
        let others = millis(self.allowance.refill).saturating_mul(u64::from(count.saturating_sub(1)));
        table.insert(network, UnixMillis(next.0.saturating_add(others)));
        true
    }

    /// When a network would have its whole allowance again if it took one; `None` if nothing is left, or there is no
    /// room.
    fn after_one(&self, table: &Table, network: NetworkPrefix, now: UnixMillis) -> Option<UnixMillis> {
        let known = table.get(&network).copied();
        if known.is_none() && table.len() >= self.capacity {
            return None;
        }
        self.allowance.spent(known.unwrap_or(UnixMillis(0)), now).ok()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.unused_at.lock()
    }

    /// Frees the memory of networks that have their whole allowance.
    pub fn forget(&self, now: UnixMillis) {
        let mut table = self.table();
        table.retain(|_, unused_at| *unused_at > now);
        if table.capacity() > 4 * table.len() {
            table.shrink_to_fit();
        }
    }
}

/// How many networks a quota remembers, at about 40 bytes each.
pub const NETWORKS: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_clearance::network::PrefixLengths;

    const HOUR: Duration = Duration::from_secs(3600);

    fn network(number: u8) -> NetworkPrefix {
        NetworkPrefix::of([203, 0, number, 1].into(), PrefixLengths::default())
    }

    #[test]
    fn a_network_gets_so_many_and_then_one_at_a_time() {
        let quota = NetworkQuota::new(60, HOUR);
        let at = |minutes: u64| UnixMillis(1_000_000 + minutes * 60_000);
        let taken = |network, minutes| (0..1000).filter(|_| quota.take(network, at(minutes))).count();
        assert_eq!((taken(network(1), 0), taken(network(1), 0)), (60, 0));
        assert_eq!(taken(network(2), 0), 60, "another network has its own");
        assert_eq!((taken(network(1), 1), taken(network(1), 11), taken(network(1), 300)), (1, 10, 60));
    }

    #[test]
    fn what_a_network_had_not_is_owed() {
        let quota = NetworkQuota::new(60, HOUR);
        let at = |minutes: u64| UnixMillis(1_000_000 + minutes * 60_000);
        assert!((0..20).all(|_| quota.take_many(network(1), 3, at(0))));
        assert!(!quota.has(network(1), at(0)) && quota.has(network(1), at(1)));
        assert!(quota.take_many(network(1), 5, at(1)));
        assert!(!quota.has(network(1), at(5)) && quota.has(network(1), at(6)));
    }

    #[test]
    fn a_full_table_forgets_nobody_before_time() {
        let quota = NetworkQuota { capacity: 2, ..NetworkQuota::new(60, HOUR) };
        let now = UnixMillis(1_000_000);
        assert!(quota.take(network(1), now) && quota.take(network(2), now));
        assert!(!quota.take(network(3), now) && quota.take(network(1), now));
        quota.forget(UnixMillis(now.0 + 60_000));
        assert!(quota.take(network(3), now), "one network's minute is over");
        assert!(!quota.take(network(4), now), "the other's is not");
    }
}
