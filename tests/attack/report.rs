//! The result of the attack, as a table, and what it must be.

use std::fmt;
use std::time::Duration;

use crate::attackers::Flooded;
use crate::course::{With, Without};
use crate::site::{SCALE, Second};
use crate::visitors::Visit;

/// Both attacks.
pub(crate) struct Report {
    pub(crate) without: Without,
    pub(crate) with: With,
}

/// What must come of it.
pub(crate) struct Demands {
    /// The share of visitors that is served with the gate, at least.
    served: f64,
    /// The milliseconds that 95 of 100 of them do not wait for longer than, once the gate is lowered.
    wait: u64,
    /// The share of visitors that is served without the gate, at most: else it was no attack.
    served_without: f64,
    /// Seconds until the origin refuses nobody, and from the attack's end until the gate is up.
    reaction: f64,
    recovery: f64,
}

impl Default for Demands {
    fn default() -> Self {
        Self { served: 0.95, wait: 5000, served_without: 0.5, reaction: 10.0, recovery: 120.0 }
    }
}

impl Report {
    /// Asserts that it is as demanded.
    pub(crate) fn meets(&self, demands: &Demands) {
        let Self { without, with } = self;
        let down = served(&without.visits);
        assert!(!without.visits.is_empty() && down < demands.served_without, "{down} served without the gate");
        assert!(!with.modes.is_empty(), "the gate was lowered");
        let reaction = with.reaction.expect("the origin was pressed, and the gate lowered for it");
        assert!(reaction <= demands.reaction, "the gate took {reaction} s");
        let attacked: Vec<_> = with.first.iter().chain(&with.then).cloned().collect();
        assert!(served(&attacked) >= demands.served, "{} served in the attack", served(&attacked));
        let wait = wait(&with.then, 0.95);
        assert!(wait <= demands.wait, "95 % of visitors waited for up to {wait} ms");
        let recovered = with.recovered.expect("the gate is raised after the attack");
        assert!(recovered <= demands.recovery, "recovery took {recovered} s");
        assert!(with.spent.solved > 0 && with.pages > 0, "everybody took part: {:?}, {} pages", with.spent, with.pages);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visits(f)?;
        self.site(f)?;
        self.story(f)
    }
}

impl Report {
    /// What became of visitors.
    fn visits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { without, with } = self;
        writeln!(
            f,
            "\n| Phase | Visitors | Served | Wait, p50 | Wait, p95 | Asked for work | Attempts, p95 |\n|---|---|---|---|---|---|---|"
        )?;
        let phases: [(&str, &[Visit]); 5] = [
            ("Peace", &with.peace),
            ("Attack, gate up", &without.visits),
            ("Attack, gate in `auto`, first 10 s", &with.first),
            ("Attack, gate in `auto`, after that", &with.then),
            ("After the attack", &with.recovery),
        ];
        for (name, visits) in phases {
            let working = share(visits, |visit| visit.asked > 0);
            let (half, most) = (wait(visits, 0.5), wait(visits, 0.95));
            let asked = part_of(visits.iter().map(|visit| u64::from(visit.asked)).collect(), 0.95) as f64 / 1e6;
            let (count, served) = (visits.len(), 100.0 * served(visits));
            writeln!(
                f,
                "| {name} | {count} | {served:.0} % | {half} ms | {most} ms | {:.0} % | {asked:.1} M |",
                100.0 * working
            )?;
        }
        Ok(())
    }

    /// What the site and the verifier did.
    fn site(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { without, with } = self;
        writeln!(f, "\n| | Gate up | Gate in `auto`, after 10 s |\n|---|---|---|")?;
        let rates = [&without.seconds, &with.seconds].map(|seconds| rates(seconds));
        let row =
            |f: &mut fmt::Formatter<'_>, name, cell: [String; 2]| writeln!(f, "| {name} | {} | {} |", cell[0], cell[1]);
        row(f, "Origin: answered a second", rates.map(|rates| format!("{:.0}", rates.0)))?;
        row(f, "Origin: refused a second", rates.map(|rates| format!("{:.0}", rates.1)))?;
        row(f, "Origin: slowest answer, p50 of seconds", rates.map(|rates| format!("{} ms", rates.2)))?;
        let junk = [without.flooded, with.flooded];
        row(f, "Flood: answered, of them refused", junk.map(|junk| format!("{}, {}", junk.answered, junk.refused)))?;
        let costs = [(without.busy, without.flooded), (with.busy, with.flooded)];
        row(f, "Verifier: processor for each of them", costs.map(|(busy, junk)| format!("{:.0} µs", cost(busy, junk))))
    }

    /// What else happened, and when.
    fn story(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = &self.with;
        let spent = with.spent;
        let each = spent.attempts as f64 * f64::from(SCALE) / 1000.0 / spent.solved.max(1) as f64;
        writeln!(
            f,
            "\nSolvers: {} solved, {each:.1} million attempts each, {} logins answered, {} not in turn. \
             Browsers: {} pages.",
            spent.solved, spent.logins, spent.overloaded, with.pages
        )?;
        let seconds = |at: Option<f64>| at.map_or("never".to_owned(), |at| format!("{at:.1} s"));
        let [reaction, well, recovered] = [with.reaction, with.well, with.recovered].map(seconds);
        writeln!(
            f,
            "The origin refused nobody after {reaction} of the attack, and answered within a second after {well}. \
             The gate was up {recovered} after the attack."
        )?;
        for Visit { at, said, .. } in with.all().filter(|visit| visit.wait.is_none()) {
            writeln!(f, "Not served, who came after {:.1} s: {said:?}", (*at as f64 - with.begun as f64) / 1000.0)?;
        }
        let modes: Vec<_> = with.modes.iter().map(|(at, mode)| format!("{mode} at {at:.1} s")).collect();
        writeln!(f, "Modes: {}.", modes.join(", "))
    }
}

fn share(visits: &[Visit], is: impl Fn(&Visit) -> bool) -> f64 {
    visits.iter().filter(|visit| is(visit)).count() as f64 / visits.len().max(1) as f64
}

fn served(visits: &[Visit]) -> f64 {
    share(visits, |visit| visit.wait.is_some())
}

/// Milliseconds that a part of those who were served waited for at most; 0 where nobody was.
fn wait(visits: &[Visit], part: f64) -> u64 {
    part_of(visits.iter().filter_map(|visit| visit.wait).collect(), part)
}

/// What a part of them are at most.
fn part_of(mut all: Vec<u64>, part: f64) -> u64 {
    all.sort_unstable();
    let last = (all.len() as f64 * part).ceil() as usize;
    all.get(last.saturating_sub(1)).copied().unwrap_or_default()
}

/// Answered and refused a second, and how long the slowest answer of a second took in the middle.
fn rates(seconds: &[Second]) -> (f64, f64, u64) {
    let over = seconds.len().max(1) as f64;
    let answered: u32 = seconds.iter().map(|second| second.pages + second.logins).sum();
    let refused: u32 = seconds.iter().map(|second| second.refused).sum();
    let slowest = part_of(seconds.iter().map(|second| second.slowest).collect(), 0.5);
    (f64::from(answered) / over, f64::from(refused) / over, slowest)
}

/// Microseconds of a processor for each of them.
fn cost(busy: Duration, junk: Flooded) -> f64 {
    busy.as_secs_f64() * 1e6 / junk.answered.max(1) as f64
}
