//! Which networks press: how much each asks for and solves, in bounded memory.
//!
//! A table of [`ENTRIES`] networks and groups of networks, in sets of [`WAYS`]. A network that is not in a full set takes
//! the place of the quietest one there, so that whoever presses stays, and a flood from ever new networks forgets none
//! but quiet ones, for whom being forgotten is to be treated like everybody.
//!
//! All rates are averages over about [`WINDOW`] seconds. A network raises its own figures alone: an address that
//! completes a TCP handshake is its own. What a network is asked for follows from *verified* solutions only, so that junk
//! and challenges left unsolved raise nobody's difficulty.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use portcullis_challenge::UnixMillis;

use super::Client;
use crate::network::NetworkPrefix;

/// A network, or a group of them that one hand may hold: an autonomous system, or an allocation of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A /24 or a /48, or as configured.
    Network(NetworkPrefix),
    /// The networks of one group.
    Group(u32),
}

/// What is known of a source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Who.
    pub source: Source,
    /// Requests a second.
    pub asked: f64,
    /// Verified solutions a second.
    pub solved: f64,
    /// How much more it is asked for than others, in powers of two.
    pub bits: f64,
}

/// What a source may do before more is asked of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Requests a second, from which on a network stands out.
    pub asked: f64,
    /// Verified solutions a second that no network is asked more for.
    pub solved: f64,
    /// Verified solutions a second that any network is asked more for.
    pub most_solved: f64,
    /// The most that a network is asked for on top, in powers of two.
    pub most_bits: f64,
}

/// All networks together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Networks that asked for something lately.
    pub active: usize,
    /// Networks that stand out.
    pub conspicuous: usize,
    /// The requests a second of those.
    pub conspicuous_asked: f64,
    /// Networks that more is asked of.
    pub pressed: usize,
    /// Verified solutions a second of the network in the middle of those that solve.
    pub typical_solved: f64,
    /// The sources that ask for most, the first one first; at most [`TOP`].
    pub top: Vec<Seen>,
}

/// The table.
#[derive(Debug)]
pub struct Networks {
    shards: [Mutex<Shard>; SHARDS],
    seed: u64,
    /// [`Bounds::asked`], as bits.
    conspicuous: AtomicU64,
}

impl Networks {
    /// An empty table. `seed` decides who shares a set with whom: nobody outside should know it.
    pub fn new(seed: u64) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            seed,
            conspicuous: AtomicU64::new(f64::INFINITY.to_bits()),
        }
    }

    /// Counts a request that costs so many reads. Whether its network stands out.
    pub fn asked(&self, client: Client, cost: u32, now: UnixMillis) -> bool {
        let reads = cost as f32 / WINDOW as f32;
        if let Some(group) = client.group {
            self.count(Source::Group(group), now, |entry| entry.asked += reads);
        }
        let asked = self.count(Source::Network(client.network), now, |entry| {
            entry.asked += reads;
            entry.asked
        });
        self.is_conspicuous(f64::from(asked))
    }

    /// Counts a verified solution.
    pub fn solved(&self, client: Client, now: UnixMillis) {
        for source in sources(client) {
            self.count(source, now, |entry| entry.solved += 1.0 / WINDOW as f32);
        }
    }

    /// Whether a client's network stands out.
    pub fn stands_out(&self, client: Client, now: UnixMillis) -> bool {
        let asked = self.look(Source::Network(client.network), now, |entry| entry.asked);
        asked.is_some_and(|asked| self.is_conspicuous(f64::from(asked)))
    }

    /// How much more a client is asked for than others, in powers of two.
    pub fn bits(&self, client: Client, now: UnixMillis) -> f64 {
        let bits = sources(client).filter_map(|source| self.look(source, now, |entry| entry.bits));
        f64::from(bits.fold(0.0, f32::max))
    }

    fn is_conspicuous(&self, asked: f64) -> bool {
        asked > f64::from_bits(self.conspicuous.load(Ordering::Relaxed))
    }

    /// Asks more of those that solve beyond `bounds`, and less of those that do no longer; `seconds` after the last time.
    pub fn step(&self, bounds: Bounds, seconds: f64, now: UnixMillis) -> Survey {
        self.conspicuous.store(bounds.asked.to_bits(), Ordering::Relaxed);
        let typical_solved = self.typical_solved(now);
        let allowed = (TIMES_TYPICAL * typical_solved).clamp(bounds.solved, bounds.most_solved.max(bounds.solved));
        let mut survey = Survey { typical_solved, ..Survey::default() };
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            for entry in shard.0.iter_mut().flatten() {
                entry.decay(now);
                entry.press(allowed, bounds.most_bits, seconds);
                survey.add(entry.seen(), bounds);
            }
            shard
                .0
                .iter_mut()
                .filter(|entry| entry.as_ref().is_some_and(Entry::is_quiet))
                .for_each(|entry| *entry = None);
        }
        survey
    }

    /// The median of the networks that solve at all.
    fn typical_solved(&self, now: UnixMillis) -> f64 {
        let mut rates = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let networks = shard.0.iter().flatten().filter(|entry| matches!(entry.source, Source::Network(_)));
            rates.extend(networks.map(|entry| entry.solved * entry.fading(now)).filter(|rate| *rate > QUIET));
        }
        if rates.is_empty() {
            return 0.0;
        }
        let middle = rates.len() / 2;
        f64::from(*rates.select_nth_unstable_by(middle, f32::total_cmp).1)
    }

    fn count<T>(&self, source: Source, now: UnixMillis, change: impl FnOnce(&mut Entry) -> T) -> T {
        let hash = self.hash(source);
        let mut shard = self.shard(hash);
        let entry = shard.entry(hash, source, now);
        entry.decay(now);
        change(entry)
    }

    fn look<T>(&self, source: Source, now: UnixMillis, read: impl FnOnce(Entry) -> T) -> Option<T> {
        let hash = self.hash(source);
        let found = self.shard(hash).set(hash).iter().flatten().find(|entry| entry.source == source).copied();
        found.map(|mut entry| {
            entry.decay(now);
            read(entry)
        })
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        self.shards[(hash >> 58) as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hash(&self, source: Source) -> u64 {
        let mut bytes = [0; 24];
        match source {
            Source::Network(network) => bytes[..18].copy_from_slice(&network.to_bytes()),
            Source::Group(group) => bytes[18..22].copy_from_slice(&group.to_be_bytes()),
        }
        bytes.chunks_exact(8).fold(self.seed, |state, chunk| {
            // A chunk of exactly 8 bytes is a u64.
            let word = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
            let mixed = (state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^ (mixed >> 29)
        })
    }
}

/// A client's network, and its group if it has one.
fn sources(client: Client) -> impl Iterator<Item = Source> {
    std::iter::once(Source::Network(client.network)).chain(client.group.map(Source::Group))
}

/// A part of the table: sets of [`WAYS`] entries one after another.
#[derive(Debug)]
struct Shard(Vec<Option<Entry>>);

impl Default for Shard {
    fn default() -> Self {
        Self(vec![None; ENTRIES / SHARDS])
    }
}

impl Shard {
    fn set(&mut self, hash: u64) -> &mut [Option<Entry>] {
        let sets = self.0.len() / WAYS;
        let first = (hash as usize % sets) * WAYS;
        &mut self.0[first..first + WAYS]
    }

    /// The entry of a source, in the place of the quietest one where it is new and the set is full.
    fn entry(&mut self, hash: u64, source: Source, now: UnixMillis) -> &mut Entry {
        let set = self.set(hash);
        let known = set.iter().position(|entry| entry.is_some_and(|entry| entry.source == source));
        let place = known.unwrap_or_else(|| {
            let loudness = |entry: &Option<Entry>| entry.map_or(-1.0, |entry| entry.loudness(now));
            let quietest = (0..WAYS).min_by(|one, other| loudness(&set[*one]).total_cmp(&loudness(&set[*other])));
            // A set has entries.
            let quietest = quietest.unwrap_or_default();
            set[quietest] = None;
            quietest
        });
        set[place].get_or_insert(Entry { source, asked: 0.0, solved: 0.0, bits: 0.0, at: now })
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    source: Source,
    asked: f32,
    solved: f32,
    bits: f32,
    at: UnixMillis,
}

impl Entry {
    fn fading(&self, now: UnixMillis) -> f32 {
        (-((now.0.saturating_sub(self.at.0)) as f32) / 1000.0 / WINDOW as f32).exp()
    }

    fn decay(&mut self, now: UnixMillis) {
        let fading = self.fading(now);
        (self.asked, self.solved) = (self.asked * fading, self.solved * fading);
        self.at = now;
    }

    fn loudness(&self, now: UnixMillis) -> f32 {
        (self.asked + self.solved) * self.fading(now) + self.bits
    }

    fn is_quiet(&self) -> bool {
        self.asked < QUIET && self.solved < QUIET && self.bits == 0.0
    }

    /// Up by a power of two a second at most, down by a third every ten seconds, and neither in between.
    fn press(&mut self, allowed: f64, most_bits: f64, seconds: f64) {
        // A group holds many networks.
        let allowed = if matches!(self.source, Source::Group(_)) { allowed * NETWORKS_A_GROUP } else { allowed };
        let excess = (f64::from(self.solved) / allowed).log2();
        let bits = f64::from(self.bits);
        let bits = if excess > 0.0 {
            bits + excess.min(RISE * seconds)
        } else if excess < -1.0 {
            bits - FALL * seconds
        } else {
            bits
        };
        self.bits = bits.clamp(0.0, most_bits) as f32;
    }

    fn seen(&self) -> Seen {
        let (asked, solved, bits) = (f64::from(self.asked), f64::from(self.solved), f64::from(self.bits));
        Seen { source: self.source, asked, solved, bits }
    }
}

impl Survey {
    fn add(&mut self, seen: Seen, bounds: Bounds) {
        let stands_out = seen.asked > bounds.asked;
        if matches!(seen.source, Source::Network(_)) {
            self.active += usize::from(seen.asked > f64::from(QUIET));
            self.conspicuous += usize::from(stands_out);
            self.conspicuous_asked += if stands_out { seen.asked } else { 0.0 };
            self.pressed += usize::from(seen.bits > 0.0);
        }
        let place = self.top.partition_point(|other| other.asked >= seen.asked);
        if place < TOP {
            self.top.insert(place, seen);
            self.top.truncate(TOP);
        }
    }
}

/// Powers of two a second that more is asked, at most.
pub(super) const RISE: f64 = 1.0;
/// Powers of two a second that less is asked: by a third every ten seconds.
pub(super) const FALL: f64 = 0.0585;
/// Seconds that rates are averages over.
pub const WINDOW: f64 = 10.0;
/// Sources in the table.
pub const ENTRIES: usize = 1 << 16;
/// Sources that share a place in the table.
pub const WAYS: usize = 8;
/// Sources in a [`Survey`].
pub const TOP: usize = 10;
const SHARDS: usize = 64;
/// A network that solves as much more than the typical one is pressed.
const TIMES_TYPICAL: f64 = 8.0;
/// A group may solve as much as so many networks.
const NETWORKS_A_GROUP: f64 = 32.0;
/// Less than one event in three windows.
const QUIET: f32 = 0.005;

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::network::PrefixLengths;

    const BOUNDS: Bounds = Bounds { asked: 10.0, solved: 0.5, most_solved: 5.0, most_bits: 3.3 };

    fn client(number: u32) -> Client {
        let address = IpAddr::V4(Ipv4Addr::from(number << 8));
        Client { network: NetworkPrefix::of(address, PrefixLengths::default()), group: None }
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
                networks.asked(client(1), 1, UnixMillis(second * 1000));
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
                networks.asked(client(1), 1, now);
            }
            for _ in 0..100_000 {
                networks.asked(client(next), 1, now);
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
                networks.solved(Client { group: Some(64_500), ..client(number) }, now);
            }
            networks.step(BOUNDS, 1.0, now);
        }
        let now = UnixMillis(20_000);
        assert!(networks.bits(Client { group: Some(64_500), ..client(9999) }, now) > 0.5);
        assert_eq!(networks.bits(Client { group: Some(64_501), ..client(9999) }, now), 0.0);
    }
}
