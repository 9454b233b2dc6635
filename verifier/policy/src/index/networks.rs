//! Rules by the networks they name: ranges of addresses, each with the rules that name all of it.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use super::bits::Bits;

/// Rules by the networks they name.
#[derive(Debug)]
pub(super) struct Networks {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

/// Ranges that begin where the one before ends.
#[derive(Debug)]
struct Ranges<T> {
    begins: Vec<T>,
    /// Which of `sets` each has.
    set: Vec<u32>,
    sets: Vec<Vec<u32>>,
}

impl Networks {
    /// `None` if rules name the same addresses so often that it would take too much memory.
    pub(super) fn new(named: &[(u32, &[IpNet])]) -> Option<Self> {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (rule, networks) in named {
            for network in *networks {
                match network {
                    IpNet::V4(network) => {
                        v4.push((u32::from(network.network()), u32::from(network.broadcast()), *rule))
                    }
                    IpNet::V6(network) => {
                        v6.push((u128::from(network.network()), u128::from(network.broadcast()), *rule));
                    }
                }
            }
        }
        let v4 = Ranges::new(v4, |last| last.checked_add(1))?;
        Some(Self { v4, v6: Ranges::new(v6, |last| last.checked_add(1))? })
    }

    /// Those that name an address.
    pub(super) fn find(&self, address: IpAddr, hits: &mut Bits) {
        hits.extend(match address {
            IpAddr::V4(address) => self.v4.of(u32::from(address)),
            IpAddr::V6(address) => self.v6.of(u128::from(address)),
        });
    }
}

impl<T: Copy + Ord> Ranges<T> {
    /// From networks' first and last addresses.
    fn new(networks: Vec<(T, T, u32)>, next: impl Fn(T) -> Option<T>) -> Option<Self> {
        // Where a network of a rule begins or ends.
        let mut turns = Vec::with_capacity(networks.len() * 2);
        for (first, last, rule) in networks {
            turns.push((first, rule, true));
            turns.extend(next(last).map(|after| (after, rule, false)));
        }
        // One that ends where another of the same rule begins comes first.
        turns.sort_unstable_by_key(|(at, rule, begins)| (*at, *begins, *rule));
        let mut ranges = Self { begins: Vec::new(), set: Vec::new(), sets: Vec::new() };
        let (mut numbers, mut current, mut members) = (HashMap::new(), BTreeSet::new(), 0);
        let mut turns = turns.into_iter().peekable();
        while let Some((at, rule, begins)) = turns.next() {
            if begins {
                current.insert(rule);
            } else {
                current.remove(&rule);
            }
            if turns.peek().is_some_and(|(next, ..)| *next == at) {
                continue;
            }
            let set: Vec<u32> = current.iter().copied().collect();
            let number = *numbers.entry(set).or_insert_with_key(|set| {
                members += set.len();
                ranges.sets.push(set.clone());
                ranges.sets.len() - 1
            });
            if members > MOST_MEMBERS {
                return None;
            }
            ranges.begins.push(at);
            ranges.set.push(number as u32);
        }
        Some(ranges)
    }

    fn of(&self, address: T) -> &[u32] {
        let after = self.begins.partition_point(|begin| *begin <= address);
        let set = after.checked_sub(1).map(|place| self.set[place] as usize);
        set.map_or(&[], |set| &self.sets[set])
    }
}

/// Of all sets: 32 MiB.
const MOST_MEMBERS: usize = 8 << 20;
