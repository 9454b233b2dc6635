//! What `portcullis top` says of a status, before it is laid out: for the screen and for the snapshot alike.

use portcullis_admin::{PressureStatus, Status, Store};
use portcullis_config::Mode;

use crate::cli::describe;

/// How something is meant: whether an operator should look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing special.
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Careful,
    /// Something to act on.
    Bad,
}

/// A name, what is said of it, and how that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// The name, or nothing where the line before goes on.
    pub(super) name: &'static str,
    /// What is said.
    pub(super) text: String,
    /// How it is meant.
    pub(super) tone: Tone,
}

/// A rate a second, with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rate {
    /// The name.
    pub(super) name: &'static str,
    /// Events a second.
    pub(super) rate: f64,
    /// What is said beside it.
    pub(super) text: String,
}

/// The mode, and who set it.
pub(super) fn gate(status: &Status) -> Vec<Fact> {
    let gate = &status.gate;
    let tone = match gate.mode {
        Mode::Off => Tone::Good,
        Mode::Watch | Mode::ChallengeNew => Tone::Careful,
        Mode::ChallengeAll | Mode::Queue => Tone::Bad,
    };
    let (held, meaning) = (describe::duration(gate.mode_for), describe::mode(gate.mode));
    let mode = Fact { name: "Mode", text: format!("{} for {held}: {meaning}", gate.mode), tone };
    let mut facts = vec![mode, plain("Set", describe::setting(gate))];
    if gate.least > Mode::Off {
        facts.push(plain("", format!("the schedule asks for at least {} while this is auto", gate.least)));
    }
    if gate.dry_run {
        let text = "everything passes; the log says what would have been stopped".to_owned();
        facts.push(Fact { name: "DRY RUN", text, tone: Tone::Careful });
    }
    facts
}

/// How a strain is meant.
pub(super) fn tone_of(strain: f64) -> Tone {
    match strain {
        strain if strain >= 1.0 => Tone::Bad,
        strain if strain >= 0.7 => Tone::Careful,
        _ => Tone::Good,
    }
}

/// Requests a second for the site, whoever sends them.
pub(super) fn asked(pressure: &PressureStatus) -> f64 {
    pressure.asked_new + pressure.asked_returning + pressure.asked_cleared
}

/// What is asked, passed, answered, solved and sent away.
pub(super) fn rates(pressure: &PressureStatus) -> [Rate; 5] {
    let [new, returning, cleared] =
        [pressure.asked_new, pressure.asked_returning, pressure.asked_cleared].map(describe::rate);
    let capacity = if pressure.capacity > 0.0 {
        format!("of {}/s that the site can take", describe::rate(pressure.capacity))
    } else {
        "what the site can take is not known yet".to_owned()
    };
    let (failed, latency) = (describe::rate(pressure.failed), pressure.latency * 1000.0);
    let answers = format!("{failed}/s fail, 95 % begin within {latency:.0} ms, {} open", pressure.in_flight);
    let queue = match pressure.queue_rate {
        Some(rate) => format!("timed out; {} wait, {}/s go on", pressure.waiting, describe::rate(rate)),
        None => "timed out; there is no queue now".to_owned(),
    };
    let rate = |name, rate, text| Rate { name, rate, text };
    [
        rate("Asked", asked(pressure), format!("{new} new, {returning} returning, {cleared} cleared")),
        rate("Passed", pressure.passed, capacity),
        rate("Answered", pressure.answered + pressure.failed, answers),
        rate("Solved", pressure.solved, format!("of {} challenges/s", describe::rate(pressure.issued))),
        rate("Sent away", pressure.overloaded, queue),
    ]
}

/// The difficulty.
pub(super) fn difficulty(status: &Status) -> Fact {
    plain("Difficulty", describe::difficulty(status.gate.difficulty))
}

/// How many networks there are, and how many of them stand out.
pub(super) fn networks(status: &Status) -> Fact {
    let networks = &status.networks;
    let (active, conspicuous, pressed) = (networks.active, networks.conspicuous, networks.pressed);
    plain("Networks", format!("{active} active, {conspicuous} stand out, {pressed} asked for more work"))
}

/// How full the stores are.
pub(super) fn memory(status: &Status) -> Fact {
    let percent = |store: &Store| 100.0 * store.held as f64 / (store.capacity as f64).max(1.0);
    let text =
        |store: &Store| format!("{} {} ({:.0} %)", store.name, describe::grouped(store.held as f64), percent(store));
    let full = status.stores.iter().any(|store| percent(store) >= FULL);
    let text = status.stores.iter().map(text).collect::<Vec<_>>().join(", ");
    Fact { name: "Memory", text, tone: if full { Tone::Bad } else { Tone::Plain } }
}

fn plain(name: &'static str, text: String) -> Fact {
    Fact { name, text, tone: Tone::Plain }
}

/// In percent: a store this full is something to act on.
const FULL: f64 = 80.0;
