//! Turns: everyone answers requests of one kind, one after another, round after round.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::cpu::Busy;
use crate::load::{Connections, Load, Rate, rate};
use crate::requests::{VISITORS, What};

/// How much is measured.
pub(crate) struct Plan {
    /// Everyone has this many turns.
    pub(crate) rounds: usize,
    /// How long each turn is.
    pub(crate) turn: Duration,
    /// Solved challenges for a turn, which ends with the last of them.
    pub(crate) solved: usize,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contestant {
    /// What it is called in the figures.
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its process id.
    pub(crate) process: u32,
}

/// Requests of one kind: how many the verifier answers in a second, and the microseconds of a processor that each takes.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    name: String,
    per_s: f64,
    cpu_us: f64,
    beside: Vec<Beside>,
}

/// The same of somebody else, and the verifier's over it.
#[derive(Debug, Serialize)]
struct Beside {
    name: String,
    per_s: f64,
    cpu_us: f64,
    rate_ratio: f64,
    cpu_ratio: f64,
}

/// What a turn came to.
#[derive(Clone, Copy, Debug)]
struct Turn {
    per_s: f64,
    cpu_us: f64,
}

/// Measures a row. `other_build` gets requests of its own, since it signs with other keys; `others` get the verifier's.
///
/// # Errors
///
/// When somebody does not answer as expected.
pub(crate) async fn row(
    what: What,
    connections: Connections,
    ours: &Contestant,
    other_build: Option<&Contestant>,
    others: &[Contestant],
    plan: &Plan,
) -> Result<Row> {
    let name = what.name(connections);
    let mut rounds = Vec::new();
    for round in 0..plan.rounds {
        let load = async |of: &Contestant| {
            let load = what.load(of.address, connections, plan.solved).await;
            load.with_context(|| format!("{name}, {}", of.name))
        };
        let ours_load = load(ours).await?;
        let accepted = accepted(&ours_load);
        let mut turns: Vec<(&Contestant, &Load)> = others.iter().map(|other| (other, &accepted)).collect();
        let other_load = match other_build {
            Some(build) => Some(load(build).await?),
            None => None,
        };
        turns.extend(other_build.zip(other_load.as_ref()));
        turns.push((ours, &ours_load));
        // Nobody is always first.
        let order: Vec<usize> =
            if round % 2 == 0 { (0..turns.len()).collect() } else { (0..turns.len()).rev().collect() };
        let mut came = vec![None; turns.len()];
        for place in order {
            let (who, load) = turns[place];
            let turn = turn(who, load, plan.turn).with_context(|| format!("{name}, {}", who.name))?;
            came[place] = Some(turn);
        }
        rounds.push(came.into_iter().flatten().collect::<Vec<_>>());
    }
    let names: Vec<_> = others.iter().chain(other_build).map(|other| other.name).collect();
    let row = compared(name, &names, &rounds);
    eprintln!("{row:?}");
    Ok(row)
}

/// Requests that anyone takes for good ones, and answers as often as they come.
fn accepted(load: &Load) -> Load {
    Load { requests: load.requests.iter().take(VISITORS).cloned().collect(), once: false, refused: false }
}

fn turn(who: &Contestant, load: &Load, duration: Duration) -> Result<Turn> {
    let before = Busy::of(who.process)?;
    let Rate { answers, per_s } = rate(who.address, load, duration)?;
    let busy = Busy::of(who.process)?.since(&before);
    Ok(Turn { per_s, cpu_us: busy.as_secs_f64() * 1e6 / answers as f64 })
}

/// The medians of all rounds. Each round has a turn for each of `names`, in this order, and the verifier's last.
fn compared(name: String, names: &[&str], rounds: &[Vec<Turn>]) -> Row {
    let over = |of: fn(&Turn) -> f64, place: usize| median(rounds.iter().map(|round| of(&round[place])));
    let ratio = |of: fn(&Turn) -> f64, place: usize| {
        median(rounds.iter().map(|round| of(&round[names.len()]) / of(&round[place])))
    };
    let per_s: fn(&Turn) -> f64 = |turn| turn.per_s;
    let cpu_us: fn(&Turn) -> f64 = |turn| turn.cpu_us;
    let beside = |(place, name): (usize, &&str)| Beside {
        name: (*name).to_owned(),
        per_s: over(per_s, place),
        cpu_us: over(cpu_us, place),
        rate_ratio: ratio(per_s, place),
        cpu_ratio: ratio(cpu_us, place),
    };
    let beside = names.iter().enumerate().map(beside).collect();
    Row { name, per_s: over(per_s, names.len()), cpu_us: over(cpu_us, names.len()), beside }
}

/// The middle one; of an even number, the upper of the two. Nothing has no median.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_the_rounds_ratios() {
        let turn = |per_s, cpu_us| Turn { per_s, cpu_us };
        let rounds = [
            vec![turn(100.0, 10.0), turn(50.0, 20.0)],
            vec![turn(200.0, 5.0), turn(20.0, 50.0)],
            vec![turn(40.0, 25.0), turn(30.0, 30.0)],
        ];
        let row = compared("page".to_owned(), &["nginx 204"], &rounds);
        let [beside] = &row.beside[..] else { panic!("{row:?}") };
        assert_eq!((row.per_s, row.cpu_us, beside.per_s, beside.cpu_us), (30.0, 30.0, 100.0, 10.0));
        assert_eq!((beside.rate_ratio, beside.cpu_ratio), (0.5, 2.0));
    }
}
