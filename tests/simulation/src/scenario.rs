//! What is simulated: a site, its people, and who attacks it.

use std::time::Duration;

use crate::origin::Site;
use crate::time::{SECOND, Time};

/// One simulation.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name on the command line and in the table: kebab-case.
    pub name: &'static str,
    /// What happens, in a sentence.
    pub about: &'static str,
    /// Which table it is in.
    pub group: Group,
    /// The protected site.
    pub site: Site,
    /// Who wants to log in.
    pub crowd: Crowd,
    /// Who attacks.
    pub attack: Option<Attack>,
    /// How long the attack takes; it begins after [`PEACE`] seconds.
    pub lasts: Time,
    /// Requests a second that the operator says the site can serve, if that is said.
    pub stated: Option<f64>,
}

/// A table of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Nobody is attacking.
    Peace,
    /// Floods that people have to get through.
    Floods,
    /// Attacks on the difficulty.
    Difficulty,
    /// Attacks that are too much.
    Losses,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Peace, Self::Floods, Self::Difficulty, Self::Losses];

    /// Its name in the manual.
    pub fn name(self) -> &'static str {
        match self {
            Self::Peace => "peace",
            Self::Floods => "floods",
            Self::Difficulty => "difficulty",
            Self::Losses => "losses",
        }
    }
}

/// People who want to log in.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// Logins a second.
    pub logins: f64,
    /// How many times as many come in the middle of a peak; 1 for none.
    pub peak: f64,
    /// The share that shows a standing token.
    pub returning: f64,
}

/// Who attacks, and how.
#[derive(Clone, Debug)]
pub struct Attack {
    /// Attempts a second, together.
    pub hashes: f64,
    /// Requests a second, together.
    pub requests: f64,
    /// Networks.
    pub networks: Networks,
    /// How many.
    pub prefixes: usize,
    /// When it sends requests.
    pub shape: Shape,
    /// What it does with challenges.
    pub work: Work,
    /// Whether each of its networks has a device of the mix instead of a share of `hashes`.
    pub browsers: bool,
    /// Whether each of its networks holds a standing token.
    pub standing: bool,
}

/// Where an attack comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Networks {
    /// Networks of its own.
    Own,
    /// The networks that most people come from.
    OfPeople,
}

/// When an attack sends requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// All the time.
    Flat,
    /// For so long, then not for so long.
    Pulsed(Time, Time),
    /// More and more.
    Ramp,
}

/// What an attack does with challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Solves one for a network whenever that has no token, and uses the token as long as it is good for anything.
    Use,
    /// The same, and for as long before the attack it solves as many as it can.
    Hoard(Time),
    /// Solves as many as it can, and uses no token.
    Waste,
    /// Solves none.
    Never,
}

impl Default for Crowd {
    fn default() -> Self {
        // With seven requests a login, half of what the site can do.
        Self { logins: 25.0, peak: 1.0, returning: 0.4 }
    }
}

impl Attack {
    /// A flood that solves when it has to.
    fn of(hashes: f64, prefixes: usize) -> Self {
        Self {
            hashes,
            // Eight times what the site can do in reads, and 32 times in logins.
            requests: 4_000.0,
            networks: Networks::Own,
            prefixes,
            shape: Shape::Flat,
            work: Work::Use,
            browsers: false,
            standing: false,
        }
    }
}

impl Scenario {
    /// Every one, in the order of the table.
    pub fn all() -> Vec<Self> {
        let of = |group, scenarios: Vec<Self>| scenarios.into_iter().map(move |scenario| Self { group, ..scenario });
        of(Group::Peace, peace())
            .chain(of(Group::Floods, floods()))
            .chain(of(Group::Difficulty, driving()))
            .chain(of(Group::Losses, losses()))
            .collect()
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|scenario| scenario.name == name)
    }

    /// When the attack is over.
    pub fn over(&self) -> Time {
        PEACE + self.lasts
    }

    fn under(name: &'static str, about: &'static str, attack: Attack) -> Self {
        Self {
            name,
            about,
            group: Group::Floods,
            site: Site::default(),
            crowd: Crowd::default(),
            attack: Some(attack),
            lasts: 300 * SECOND,
            stated: None,
        }
    }
}

/// A site on one small machine.
const TINY: Site = Site { capacity: 40.0, workers: 2, backlog: 128 };

fn peace() -> Vec<Scenario> {
    let peace = |name, about, peak| Scenario {
        attack: None,
        crowd: Crowd { peak, logins: Crowd::default().logins / if peak > 1.0 { 2.0 } else { 1.0 }, ..Crowd::default() },
        lasts: 600 * SECOND,
        ..Scenario::under(name, about, Attack::of(0.0, 1))
    };
    vec![
        peace("peace", "no attack", 1.0),
        peace("daily-peak", "no attack, and three times as many people at noon as in the morning", 3.0),
        Scenario {
            site: TINY,
            crowd: Crowd { logins: 2.0, ..Crowd::default() },
            ..peace("tiny-peace", "no attack, on a site that can serve 40 reads a second", 1.0)
        },
    ]
}

/// The floods that people have to get through.
fn floods() -> Vec<Scenario> {
    vec![
        Scenario::under("gpu-16", "1 GH/s from 16 networks", Attack::of(1e9, 16)),
        Scenario {
            stated: Some(450.0),
            ..Scenario::under(
                "gpu-16-stated",
                "the same, and the operator says what the site can serve",
                Attack::of(1e9, 16),
            )
        },
        Scenario::under("gpus-100", "22 GH/s from 100 networks", Attack::of(22e9, 100)),
        Scenario::under("botnet-10000", "22 GH/s from 10 000 networks", Attack::of(22e9, 10_000)),
        Scenario {
            lasts: 1800 * SECOND,
            ..Scenario::under("botnet-long", "the same for half an hour", Attack::of(22e9, 10_000))
        },
        Scenario::under(
            "junk",
            "20 000 requests a second from 1 000 networks that never solve",
            Attack { requests: 20_000.0, work: Work::Never, ..Attack::of(0.0, 1_000) },
        ),
        Scenario::under(
            "hoarded",
            "22 GH/s from 100 networks that solved for two minutes before",
            Attack { work: Work::Hoard(110 * SECOND), requests: 20_000.0, ..Attack::of(22e9, 100) },
        ),
    ]
}

/// Attacks on the difficulty itself.
fn driving() -> Vec<Scenario> {
    let pulsed = |on, off| Shape::Pulsed(on * SECOND, off * SECOND);
    vec![
        Scenario::under(
            "solved-only",
            "22 GH/s from 1 000 networks that solve all the time, and flood without the tokens",
            Attack { work: Work::Waste, ..Attack::of(22e9, 1_000) },
        ),
        Scenario::under(
            "unsolved-only",
            "1 000 networks that ask for challenges and solve none",
            Attack { work: Work::Never, ..Attack::of(0.0, 1_000) },
        ),
        Scenario {
            lasts: 600 * SECOND,
            ..Scenario::under(
                "pulsed",
                "22 GH/s from 100 networks, for 20 seconds of every minute",
                Attack { shape: pulsed(20, 40), ..Attack::of(22e9, 100) },
            )
        },
        Scenario::under(
            "ramp",
            "22 GH/s from 100 networks, a little more every second",
            Attack { shape: Shape::Ramp, ..Attack::of(22e9, 100) },
        ),
        Scenario::under(
            "gaming",
            "22 GH/s from 1 000 networks, on for as long as it takes to raise the difficulty and off before it falls",
            Attack { shape: pulsed(5, 10), ..Attack::of(22e9, 1_000) },
        ),
    ]
}

/// Attacks that are too much for the gate. No promise is made; the table says how badly they end.
fn losses() -> Vec<Scenario> {
    vec![
        Scenario::under(
            "farmed-10000",
            "22 GH/s from 10 000 networks that all came before the attack",
            Attack { standing: true, ..Attack::of(22e9, 10_000) },
        ),
        Scenario::under(
            "in-carrier-nat",
            "22 GH/s from the 10 networks that most people come from",
            Attack { networks: Networks::OfPeople, ..Attack::of(22e9, 10) },
        ),
        Scenario::under(
            "browsers-10000",
            "10 000 real browsers, each in a network of its own",
            Attack { browsers: true, ..Attack::of(0.0, 10_000) },
        ),
        Scenario {
            site: TINY,
            crowd: Crowd { logins: 2.0, ..Crowd::default() },
            ..Scenario::under(
                "tiny-site",
                "22 GH/s from 100 networks, against a site that can serve 40 reads a second",
                Attack::of(22e9, 100),
            )
        },
        Scenario {
            site: Site { backlog: 10_000, ..Site::default() },
            ..Scenario::under(
                "deep-backlog",
                "22 GH/s from 100 networks, against a site where 10 000 requests wait",
                Attack::of(22e9, 100),
            )
        },
        Scenario {
            lasts: 600 * SECOND,
            ..Scenario::under(
                "far-pulses",
                "22 GH/s from 100 networks, for 20 seconds of every three minutes",
                Attack { shape: Shape::Pulsed(20 * SECOND, 160 * SECOND), ..Attack::of(22e9, 100) },
            )
        },
    ]
}

/// How long peace lasts before an attack, and at the most after it.
pub const PEACE: Time = 120 * SECOND;
/// How long is watched after an attack.
pub const AFTER: Time = 150 * SECOND;
/// What a round trip to the gate takes.
pub(crate) const ROUND_TRIP: Time = 50_000;
/// How long a challenge can be redeemed.
pub(crate) const CHALLENGE: Time = 60 * SECOND;
/// What a login costs the site, in reads.
pub(crate) const LOGIN_COST: u32 = 4;
/// What a standing token admits.
pub(crate) const STANDING: portcullis_admission::Allowance =
    portcullis_admission::Allowance { requests: 60, refill: Duration::from_secs(10) };
