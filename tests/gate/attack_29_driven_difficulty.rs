//! Attack 29: difficulty driven up by the attacker, so that honest visitors wait (Tor proposal 362). Who only asks moves
//! nothing; who solves, without pause or in pulses, moves what visitors elsewhere are asked for to the stated most and no
//! further, and it comes down again.

use std::time::Duration;

use futures_util::future::join_all;
use http::header::COOKIE;
use portcullis_admission::pressure::Mode;
use portcullis_tests::attacker::Submission;
use portcullis_tests::in_process::{Gate, Origin, from, get, navigation, post};

#[tokio::test]
async fn who_only_solves_drives_nobody_beyond_the_most() {
    let mut site = Site::start().await;
    for _ in 0..45 {
        site.second(Attack::Solving).await;
    }
    assert!(site.most_mode >= Mode::ChallengeAll, "{:?} is not a defence", site.most_mode);
    assert!(site.most_asked > 2 * LEAST, "the attack moved nothing: {}", site.most_asked);
    site.assert_bounded();
    site.assert_peace_comes_back().await;
}

#[tokio::test]
async fn who_solves_nothing_leaves_everybody_at_the_least() {
    let mut site = Site::start().await;
    for _ in 0..45 {
        site.second(Attack::Asking).await;
        assert_eq!(site.most_asked, LEAST);
        assert_eq!(site.asked_of("198.51.0.1").await, LEAST, "who floods is challenged, and for the least too");
    }
    assert!(site.most_mode >= Mode::ChallengeNew, "the gate was not lowered: {:?}", site.most_mode);
}

#[tokio::test]
async fn who_solves_in_pulses_drives_nobody_beyond_the_most() {
    let mut site = Site::start().await;
    for second in 0..80 {
        site.second(if second % 20 < 5 { Attack::Solving } else { Attack::None }).await;
    }
    assert!(site.most_mode > Mode::Off, "the pulses were not noticed");
    site.assert_bounded();
    site.assert_peace_comes_back().await;
}

/// What the attackers do in a second.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attack {
    None,
    /// Ask for pages and challenges.
    Asking,
    /// Solve, and ask for pages with the tokens.
    Solving,
}

struct Site {
    gate: Gate,
    _origin: Origin,
    /// The most that an honest visitor was asked for.
    most_asked: u32,
    /// The lowest that the gate was.
    most_mode: Mode,
}

impl Site {
    async fn start() -> Self {
        let origin = Origin::start().await;
        let most = format!("pressure.most_difficulty={MOST}");
        let settings = ["gate.mode=auto", "pressure.requests=10", "pressure.turn=\"100ms\"", &most];
        let gate = Gate::in_front_of(&origin, &settings);
        Self { gate, _origin: origin, most_asked: 0, most_mode: Mode::Off }
    }

    /// A second of an attack from more networks than there are turns for, and one more honest visitor, from a network of its own.
    async fn second(&mut self, attack: Attack) {
        if attack != Attack::None {
            join_all((0..NETWORKS).map(|network| self.attack_from(network, attack))).await;
        }
        self.gate.clock().advance(Duration::from_secs(1));
        self.gate.verifier.take_pressure();
        self.most_asked = self.most_asked.max(self.asked_of("192.0.2.1").await);
        self.most_mode = self.most_mode.max(self.gate.verifier.pressure().stance().mode);
    }

    async fn attack_from(&self, network: u32, attack: Attack) {
        let address = format!("198.51.{network}.1");
        let challenge = self.gate.challenge_by(from(get("/.portcullis/challenge"), &address)).await;
        let mut cookie = String::new();
        if attack == Attack::Solving {
            let submit = from(post("/.portcullis/redeem"), &address);
            let cleared = self.gate.redeem_by(&Submission::solving(&challenge), submit).await;
            cookie = format!("__Host-portcullis={}", cleared.json()["token"].as_str().expect("a token for the work"));
        }
        let page = || self.gate.send(from(navigation("/login").header(COOKIE, &cookie), &address));
        join_all([page(), page(), page(), page()]).await;
    }

    /// The difficulty of a challenge for a client there.
    async fn asked_of(&self, address: &str) -> u32 {
        let challenge = self.gate.challenge_by(from(get("/.portcullis/challenge"), address)).await;
        challenge.fields.difficulty().attempts()
    }

    fn assert_bounded(&self) {
        // A threshold has a few steps less than a number has.
        assert!(self.most_asked <= MOST + MOST / 100, "{} is more than {MOST}", self.most_asked);
    }

    async fn assert_peace_comes_back(&mut self) {
        for _ in 0..120 {
            self.second(Attack::None).await;
        }
        assert_eq!(self.asked_of("192.0.2.1").await, LEAST);
        assert_eq!(self.gate.verifier.pressure().stance().mode, Mode::Off);
    }
}

/// Each gets less of the ten reads a second that the origin can take than a login needs.
const NETWORKS: u32 = 48;
/// What the kit's gate asks for at least.
const LEAST: u32 = 1024;
const MOST: u32 = 10_240;
