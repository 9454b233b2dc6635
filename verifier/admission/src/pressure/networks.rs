//! The busiest networks: how much each asks for and solves, in bounded memory.
//!
//! A table of [`ENTRIES`] networks and groups of networks, in sets of [`WAYS`]. A network that is not in a full set
//! takes the place of the quietest one there. So busy networks stay, and a flood from ever new networks pushes out only
//! quiet ones, which are then treated like everybody else.
//!
//! All rates are averages over about [`WINDOW`] seconds. A network raises only its own figures: an address that
//! completes a TCP handshake is its own. What a network is asked for depends on *verified* solutions only, so junk and
//! unsolved challenges raise nobody's difficulty.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, MutexGuard};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::network::NetworkPrefix;

use super::client::ClientNetwork;

/// A network, or a group of them that one person may control: an autonomous system, or an allocation of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A /24 or a /48, or as configured.
    Network(NetworkPrefix),
    /// The networks of one group.
    Group(u32),
}

/// What is known about a source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The source.
    pub source: Source,
    /// Reads a second.
    pub asked: f64,
    /// Verified solutions a second.
    pub solved: f64,
    /// How much more it is asked for than others, in powers of two.
    pub bits: f64,
}

/// What a source may do before more is asked of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Reads a second, from which on a network stands out.
    pub asked: f64,
    /// Verified solutions a second, from which on a network is asked for more.
    pub solved: f64,
    /// Reads a second that all cleared clients share; infinite if they need not.
    pub rate: f64,
    /// The most that a network is asked for on top, in powers of two.
    pub most_bits: f64,
}

/// All networks together.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// Networks that asked for something lately.
    pub active: usize,
    /// Networks that stand out.
    pub conspicuous: usize,
    /// The reads a second of those.
    pub conspicuous_asked: f64,
    /// Networks that are asked for more.
    pub pressed: usize,
    /// Reads a second that a network gets at least when all get a fair share; infinite where nobody has to share.
    pub fair_share: f64,
    /// The busiest sources, the first one first; at most [`TOP`].
    pub top: Vec<Seen>,
}

impl Default for Survey {
    fn default() -> Self {
        let top = Vec::new();
        Self { active: 0, conspicuous: 0, conspicuous_asked: 0.0, pressed: 0, fair_share: f64::INFINITY, top }
    }
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
    /// An empty table. `seed` decides which sources share a set: nobody outside should know it.
    pub fn new(seed: u64) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            seed,
            conspicuous: AtomicU64::new(f64::INFINITY.to_bits()),
        }
    }

    /// Counts a request that costs this many reads, from a client that is cleared or not. Returns whether its network
    /// stands out.
    pub fn asked(&self, client: ClientNetwork, cost: u32, cleared: bool, now: UnixMillis) -> bool {
        let reads = cost as f32 / WINDOW as f32;
        if let Some(group) = client.group {
            self.count(Source::Group(group), now, |entry| entry.asked += reads);
        }
        let asked = self.count(Source::Network(client.network), now, |entry| {
            entry.asked += reads;
            entry.cleared += if cleared { reads } else { 0.0 };
            entry.asked
        });
        self.is_conspicuous(f64::from(asked))
    }

    /// Counts a verified solution.
    pub fn solved(&self, client: ClientNetwork, now: UnixMillis) {
        for source in sources(client) {
            self.count(source, now, |entry| entry.solved += 1.0 / WINDOW as f32);
        }
    }

    /// Whether a client's network stands out.
    pub fn stands_out(&self, client: ClientNetwork, now: UnixMillis) -> bool {
        let asked = self.look(Source::Network(client.network), now, |entry| entry.asked);
        asked.is_some_and(|asked| self.is_conspicuous(f64::from(asked)))
    }

    /// How much more a client is asked for than others, in powers of two.
    pub fn bits(&self, client: ClientNetwork, now: UnixMillis) -> f64 {
        let bits = sources(client).filter_map(|source| self.look(source, now, |entry| entry.bits));
        f64::from(bits.fold(0.0, f32::max))
    }

    fn is_conspicuous(&self, asked: f64) -> bool {
        asked > f64::from_bits(self.conspicuous.load(Ordering::Relaxed))
    }

    /// Asks more of those that solve beyond `bounds`, and less of those that no longer do; `seconds` after the last
    /// time.
    pub fn step(&self, bounds: Bounds, seconds: f64, now: UnixMillis) -> Survey {
        self.conspicuous.store(bounds.asked.to_bits(), Ordering::Relaxed);
        let mut survey = Survey { fair_share: self.fair_share(bounds.rate, now), ..Survey::default() };
        for shard in &self.shards {
            let mut shard = shard.lock();
            for entry in shard.0.iter_mut().flatten() {
                entry.decay(now);
                entry.press(bounds, seconds);
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

    /// What each network gets of `rate` if all cleared networks get an equal part, and leave what they cannot use to
    /// the others.
    fn fair_share(&self, rate: f64, now: UnixMillis) -> f64 {
        if rate.is_infinite() {
            return rate;
        }
        let mut wanted = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock();
            let networks = shard.0.iter().flatten().filter(|entry| matches!(entry.source, Source::Network(_)));
            wanted.extend(networks.map(|entry| entry.cleared * entry.fading(now)).filter(|wanted| *wanted > QUIET));
        }
        wanted.sort_unstable_by(f32::total_cmp);
        let mut left = rate;
        for (before, reads) in wanted.iter().enumerate() {
            let share = left / (wanted.len() - before) as f64;
            if f64::from(*reads) > share {
                return share;
            }
            left -= f64::from(*reads);
        }
        f64::INFINITY
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
        self.shards[(hash >> 58) as usize].lock()
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
fn sources(client: ClientNetwork) -> impl Iterator<Item = Source> {
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
        set[place].get_or_insert(Entry { source, asked: 0.0, cleared: 0.0, solved: 0.0, bits: 0.0, at: now })
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    source: Source,
    asked: f32,
    cleared: f32,
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
        self.asked *= fading;
        self.cleared *= fading;
        self.solved *= fading;
        self.at = now;
    }

    fn loudness(&self, now: UnixMillis) -> f32 {
        (self.asked + self.solved) * self.fading(now) + self.bits
    }

    fn is_quiet(&self) -> bool {
        self.asked < QUIET && self.solved < QUIET && self.bits == 0.0
    }

    /// Twice the work for twice as many solutions as allowed. In proportion, so that a network that solves a little too
    /// much, such as a carrier with many people, is asked for a little more, and not for ever more.
    fn press(&mut self, bounds: Bounds, seconds: f64) {
        // A group holds many networks.
        let networks = if matches!(self.source, Source::Group(_)) { NETWORKS_A_GROUP } else { 1.0 };
        let wanted = (f64::from(self.solved) / (bounds.solved * networks)).log2();
        self.bits = towards(f64::from(self.bits), wanted, bounds.most_bits, seconds) as f32;
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

/// The work asked for, in powers of two, `seconds` later, if it should be `wanted`: at most `most`, up fast and down
/// slowly.
pub(super) fn towards(bits: f64, wanted: f64, most: f64, seconds: f64) -> f64 {
    let wanted = wanted.clamp(0.0, most);
    if wanted > bits { wanted.min(bits + RISE * seconds) } else { wanted.max(bits - FALL * seconds) }
}

/// The most powers of two by which work rises in a second.
const RISE: f64 = 1.0;
/// The powers of two by which it falls in a second: a third every ten seconds.
const FALL: f64 = 0.0585;
/// Seconds that rates are averages over.
pub const WINDOW: f64 = 10.0;
/// Sources in the table.
pub const ENTRIES: usize = 1 << 16;
/// Sources that share a place in the table.
pub const WAYS: usize = 8;
/// Sources in a [`Survey`].
pub const TOP: usize = 10;
const SHARDS: usize = 64;
/// A group may solve as much as this many networks.
const NETWORKS_A_GROUP: f64 = 32.0;
/// Less than one event in three windows.
const QUIET: f32 = 0.005;

#[cfg(test)]
mod tests;
