//! What `cargo xtask bench gateway` measures in process: the verifier's own functions, on inputs that differ each time.
//!
//! What can be done once only, such as redeeming, is done with a round of inputs made before, and the store or the cache
//! that would remember them is a fresh one in the next round.

mod rules;

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use portcullis_admission::pressure::{ClientNetwork, Mode, Objectives, Pressure, PressureTerms, Setting};
use portcullis_admission::{Admission, Allowance, Budget, Ledger, Outcome, Purpose, Request, RuleDemand, TokenIds};
use portcullis_challenge::{
    Challenge, ChallengeId, Difficulty, Kind, Lifetime, SOLUTION_TEXT_MAX_LEN, ShareCount, Solution, UnixMillis,
};
use portcullis_clearance::network::{NetworkPrefix, PrefixLengths};
use portcullis_clearance::{Algorithm, Bearer, Clearance, TokenId, TokenVerifier};
use portcullis_issuer::challenges::issue::{ChallengeKeyRing, ChallengeTerms, Earns};
use portcullis_issuer::keys::{KeyMaterial, KeyRing, SigningKey};
use portcullis_issuer::solutions::RedeemError;
use portcullis_issuer::solutions::redeem::{Redeemed, Submission, Submitter};
use portcullis_issuer::stores::replay_store::ReplayStore;
use portcullis_issuer::tokens::clearance::{ClearanceGrant, sign};
use portcullis_policy::Level;

pub use rules::{Visit, expression, rules};

/// A verifier's insides, and clients of many networks.
pub struct Gate {
    challenge_keys: ChallengeKeyRing,
    terms: ChallengeTerms,
}

/// A challenge and its solution, as texts.
pub struct Posted {
    challenge: Vec<u8>,
    solution: String,
    from: NetworkPrefix,
}

impl Gate {
    /// With a challenge key of its own, and little work to do: the verifier's part is the same for any.
    pub fn new() -> Self {
        let shares = ShareCount::default();
        let difficulty = Difficulty::new(DIFFICULTY).expect("a number from 1 to 2³⁰");
        let threshold = difficulty.threshold(shares).expect("more attempts than shares");
        let lifetime = Lifetime::from_millis(60_000).expect("a minute is a lifetime");
        let terms = ChallengeTerms { kind: Kind::Sha256, shares, threshold, lifetime };
        Self { challenge_keys: ChallengeKeyRing::new(&[[7; 32]]).expect("one key is a ring"), terms }
    }

    /// Issues the challenge number `number`: audience, binding, tag and text.
    pub fn issue(&self, number: u64) -> (Challenge, impl AsRef<[u8]> + use<>) {
        let to = self.challenge_keys.recipient(HOST, network(number), Earns::Token(Level::FIRST));
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        id[8..].copy_from_slice(&number.to_be_bytes());
        let challenge = self.challenge_keys.issue(&self.terms, to, ChallengeId(id), NOW);
        (challenge, challenge.to_text())
    }

    /// A round of submissions, each of its own challenge.
    pub fn solved(&self) -> Vec<Posted> {
        let post = |number| {
            let (challenge, text) = self.issue(number);
            let nonces: Vec<u32> = challenge.puzzle().shares(0..1 << 32).take(32).collect();
            let solution = Solution::new(&nonces).expect("shares are found in order");
            let mut buffer = [0; SOLUTION_TEXT_MAX_LEN];
            let solution = solution.to_text(&mut buffer).to_owned();
            Posted { challenge: text.as_ref().to_vec(), solution, from: network(number) }
        };
        (0..ROUND as u64).map(post).collect()
    }

    /// Every check of a submission, and its claim.
    ///
    /// # Errors
    ///
    /// As the verifier's.
    pub fn redeem(&self, posted: &Posted, store: &ReplayStore) -> Result<Redeemed, RedeemError> {
        let by = Submitter { host: HOST, network: posted.from, token: None, highest: Level::FIRST, now: NOW };
        let submission = Submission::parse(&posted.challenge, posted.solution.as_bytes())?;
        let redeeming = submission.authenticate(&self.challenge_keys, by)?.redeem(store, NOW);
        // In memory a claim never waits.
        redeeming.now_or_never().expect("a claim in memory is there at once")
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Posted {
    /// The same with the challenge's last bytes, which are the tag's, changed.
    pub fn with_a_bad_tag(mut self) -> Self {
        let last = self.challenge.len() - 8;
        self.challenge[last..].reverse();
        self.challenge[last] ^= 2;
        self
    }
}

/// A ring of one key.
pub struct Signer(KeyMaterial);

impl Signer {
    /// With a new key.
    pub fn new(algorithm: Algorithm) -> Self {
        Self(KeyMaterial::generate(algorithm))
    }

    /// The ring.
    pub fn ring(&self) -> KeyRing {
        let key = SigningKey::new(&self.0, UnixMillis(0)).expect("a generated key can be used");
        KeyRing::new(vec![key]).expect("one key is a ring")
    }
}

/// Signs the token that redeemed work is worth.
pub fn token(ring: &KeyRing, paid: &Redeemed, network: NetworkPrefix) -> String {
    let grant = ClearanceGrant {
        issuer: ISSUER,
        host: HOST,
        network,
        level: Level::FIRST,
        lifetime: Duration::from_secs(900),
        now: NOW,
    };
    sign(ring, paid, grant).expect("a key that was made signs").text
}

/// A verifier that has seen no token yet.
pub fn verifier(ring: KeyRing) -> TokenVerifier<KeyRing> {
    TokenVerifier::remembering(2 * ROUND, ISSUER, ring)
}

/// Decides on a token shown from `address`.
pub fn decide(tokens: &TokenVerifier<KeyRing>, token: &str, address: IpAddr) -> Option<Clearance> {
    let bearer = Bearer { host: HOST, level: Level::FIRST, now: NOW };
    tokens.verify(token, bearer).ok()?.shown_from(address).ok()
}

const ALLOWANCE: Allowance = Allowance { requests: 600, refill: Duration::from_secs(1) };

/// The policy in mode `challenge-all`, with the terms and the budget of the configuration's defaults.
pub fn policy() -> Admission {
    let objectives = Objectives { requests: None, latency: Duration::from_secs(1), errors: 0.1 };
    let terms = PressureTerms { objectives, most_bits: 3.3 };
    Admission {
        pressure: Pressure::new(terms, Setting::Forced(Mode::ChallengeAll), 7),
        ledger: Ledger::new(1_000_000),
        standing: Budget::of_a_standing_token(ALLOWANCE),
    }
}

/// Has the policy judge a request of client number `number`, who shows a clearance token of its own, in a network of its own.
pub fn judge(policy: &Admission, number: u64, now: UnixMillis) -> Outcome {
    let mut token = [0; 16];
    token[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    let request = Request {
        client: ClientNetwork { network: network(number), group: None },
        budget: Some(Budget::of_a_token(ALLOWANCE)),
        fail_open: false,
        cost: 1,
        demand: RuleDemand::ByMode,
    };
    let read = |_| TokenIds { clearance: Some(TokenId(token)), standing: None };
    policy.admit(request, read, || false, Purpose::Pass, now)
}

/// The address of client number `number`.
pub fn address(number: u64) -> IpAddr {
    let [.., a, b] = number.to_be_bytes();
    Ipv4Addr::new(10, a, b, 9).into()
}

/// The network of client number `number`.
pub fn network(number: u64) -> NetworkPrefix {
    NetworkPrefix::of(address(number), PrefixLengths::default())
}

/// Inputs taken in turn, with something beside them that is made again for every round.
pub struct Rounds<T, F> {
    make: F,
    current: Rc<T>,
    next: usize,
}

impl<T, F: Fn() -> T> Rounds<T, F> {
    /// Makes the first.
    pub fn new(make: F) -> Self {
        Self { current: Rc::new(make()), make, next: 0 }
    }

    /// What is current, and the place in the round. A caller that still holds what was current before keeps it.
    pub fn turn(&mut self) -> (Rc<T>, usize) {
        if self.next == ROUND {
            self.current = Rc::new((self.make)());
            self.next = 0;
        }
        self.next += 1;
        (Rc::clone(&self.current), self.next - 1)
    }
}

/// Inputs in a round: more than a cache of the processor holds.
pub const ROUND: usize = 4096;
const DIFFICULTY: u32 = 128;
/// When everything happens.
pub const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const HOST: &str = "login.example";
const ISSUER: &str = "portcullis";
