//! The course of the attack: what happens when, and what is measured of it.

use std::env;
use std::time::Duration;

use portcullis_clearance::clock::SystemClock;
use tokio::time::sleep;

use crate::attackers::{Browsers, Flooded, Spent, flood, solvers};
use crate::modes::Modes;
use crate::site::{Second, Site};
use crate::visitors::{PATIENCE, Visit, Visitors};

/// How long each phase takes, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    peace: u64,
    without: u64,
    /// With the gate: until the ladder should have been climbed, and after that.
    first: u64,
    then: u64,
}

/// An attack without the gate.
pub(crate) struct Without {
    /// Those who came while the attack lasted as long as their patience.
    pub(crate) visits: Vec<Visit>,
    pub(crate) seconds: Vec<Second>,
    pub(crate) flooded: Flooded,
    pub(crate) busy: Duration,
}

/// An attack with the gate, from peace to peace.
pub(crate) struct With {
    pub(crate) begun: u64,
    pub(crate) peace: Vec<Visit>,
    /// Those who came in the attack's first seconds.
    pub(crate) first: Vec<Visit>,
    pub(crate) then: Vec<Visit>,
    pub(crate) recovery: Vec<Visit>,
    /// Modes, and the seconds after the attack began when each was taken.
    pub(crate) modes: Vec<(f64, String)>,
    /// Seconds until the origin refused nobody any more: what floods it is held off.
    pub(crate) reaction: Option<f64>,
    /// Seconds until it had worked off its backlog, and answered again within a second.
    pub(crate) well: Option<f64>,
    /// Seconds from the attack's end until the gate was up; `None` when it was not in [`LONGEST_RECOVERY`].
    pub(crate) recovered: Option<f64>,
    /// The origin's seconds after the first ones.
    pub(crate) seconds: Vec<Second>,
    /// The flood after the first seconds, and what the verifier did meanwhile, for all clients.
    pub(crate) flooded: Flooded,
    pub(crate) busy: Duration,
    pub(crate) spent: Spent,
    pub(crate) pages: u32,
}

impl With {
    /// Everybody who came.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Visit> {
        [&self.peace, &self.first, &self.then, &self.recovery].into_iter().flatten()
    }
}

impl Course {
    /// A short one, or a long one with `--long`.
    pub(crate) fn as_asked() -> Self {
        if env::var_os("PORTCULLIS_LONG").is_some() {
            Self { peace: 20, without: 30, first: 10, then: 60 }
        } else {
            Self { peace: 6, without: 17, first: 10, then: 22 }
        }
    }

    /// The attack, with the gate up whatever happens.
    pub(crate) async fn without_the_gate(self) -> Without {
        let clock = SystemClock::start();
        let mut site = Site::start("off", clock).await;
        let browsers = Browsers::start().await;
        let (begun, busy) = (site.now(), site.busy());
        let gate = site.gate();
        let attack = (flood(gate, self.without), solvers(gate, self.without), browsers.load(gate));
        sleep(Duration::from_secs(1)).await;
        let visitors = Visitors::come(gate, clock);
        let flooded = attack.0.await.expect("wrk runs");
        let (ended, busy) = (site.now(), site.busy().saturating_sub(busy));
        attack.1.await.expect("solvers run");
        attack.2.end().await;
        // Where the machine is busy, wrk ends late.
        let last = (begun + self.without * 1000).min(ended) - PATIENCE.as_millis() as u64;
        let visits = visitors.all().await.into_iter().filter(|visit| visit.at <= last).collect();
        Without { visits, seconds: site.seconds(begun + 1000, ended), flooded, busy }
    }

    /// Peace, the attack with the gate in mode `auto`, and peace again.
    pub(crate) async fn with_the_gate(self) -> With {
        let clock = SystemClock::start();
        let mut site = Site::start("auto", clock).await;
        let (browsers, gate) = (Browsers::start().await, site.gate());
        let modes = Modes::read(site.verifier.log(), clock);
        let visitors = Visitors::come(gate, clock);
        sleep(Duration::from_secs(self.peace)).await;

        let begun = site.now();
        let attack = (solvers(gate, self.first + self.then), browsers.load(gate));
        flood(gate, self.first).await.expect("wrk runs");
        let (lowered, busy) = (site.now(), site.busy());
        let flooded = flood(gate, self.then).await.expect("wrk runs");
        let (ended, busy) = (site.now(), site.busy().saturating_sub(busy));
        let (spent, pages) = (attack.0.await.expect("solvers run"), attack.1.end().await);

        let recovered = tokio::time::timeout(LONGEST_RECOVERY, modes.off_at()).await.ok();
        let visits = visitors.all().await;
        let between = |from, to| visits.iter().filter(|visit| (from..to).contains(&visit.at)).cloned().collect();
        let attacked = site.seconds(begun, ended);
        let after = |at: u64| (at as f64 - begun as f64) / 1000.0;
        With {
            begun,
            peace: between(0, begun),
            first: between(begun, lowered),
            then: between(lowered, ended),
            recovery: between(ended, u64::MAX),
            modes: modes.so_far().into_iter().map(|(at, mode)| (after(at), mode)).collect(),
            reaction: back_at(&attacked, |second| second.refused == 0).map(after),
            well: back_at(&attacked, Second::is_well).map(after),
            recovered: recovered.map(|at| (at as f64 - ended as f64) / 1000.0),
            seconds: site.seconds(lowered, ended),
            flooded,
            busy,
            spent,
            pages,
        }
    }
}

/// From when on something was so for [`CALM`] seconds, after it was not.
fn back_at(seconds: &[Second], is: impl Fn(&Second) -> bool) -> Option<u64> {
    let first_without = seconds.iter().position(|second| !is(second))?;
    let after = &seconds[first_without..];
    after.windows(CALM).find(|calm| calm.iter().all(&is)).map(|calm| calm[0].at)
}

/// A recovery longer than this is none.
const LONGEST_RECOVERY: Duration = Duration::from_secs(120);
/// After this many good seconds it is not an accident.
const CALM: usize = 3;
