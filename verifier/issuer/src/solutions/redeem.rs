//! The checks a submission passes before it is worth a token, in the order of the protocol.
//!
//! The order is by cost and by blame. Form and tag come first, so that junk is refused in well under a microsecond, and
//! everything later reads only bytes that we wrote. The work comes before the claim, so that only verified solutions
//! take memory. The claim is last and atomic, so that a failed submission burns nothing.
//!
//! # Puzzles of kind 2
//!
//! A share of kind 2 takes the verifier as long as the client's attempt: thousands of compressions instead of one. So
//! the claim comes after the first share and before the others. A submission without work is refused for the price of
//! one share; one with part of the work is checked further, once, and its challenge is spent; one that was redeemed
//! before is refused for nothing. So nobody can have the same shares checked again and again, and a record in memory
//! still costs its client a share of the work. A client that submits a wrong solution of kind 2 needs a fresh
//! challenge.

use portcullis_challenge::{Challenge, Fields, Kind, Solution, UnixMillis};
use portcullis_clearance::clock::{LEEWAY, millis};
use portcullis_clearance::network::NetworkPrefix;
use portcullis_clearance::{Level, TokenId};

use super::redeem_error::{RedeemError, SubmissionError};
use crate::stores::{Claim, ClaimError, Claims};

use crate::challenges::issue::{ChallengeKeyRing, Earns, audience};

/// A challenge and a solution, both well-formed. Nothing is verified yet.
#[derive(Clone, Copy, Debug)]
pub struct Submission {
    challenge: Challenge,
    solution: Solution,
}

/// The client that submits, and when.
#[derive(Clone, Copy, Debug)]
pub struct Submitter<'a> {
    /// The lower-case host the submission came to.
    pub host: &'a str,
    /// The network it came from.
    pub network: NetworkPrefix,
    /// The token that came with it, if it is one that can be topped up.
    pub token: Option<TokenId>,
    /// The highest level for which there are challenges.
    pub highest: Level,
    /// The verifier's time.
    pub now: UnixMillis,
}

/// A submission for a challenge that is ours, current, and issued to its submitter. The work is not verified yet.
#[derive(Clone, Copy, Debug)]
pub struct Authentic {
    submission: Submission,
    earns: Earns,
}

/// A verified solution that has been claimed: the only thing a token is signed for. It exists once per challenge.
#[derive(Debug)]
pub struct Redeemed {
    fields: Fields,
    earns: Earns,
}

impl Submission {
    /// Reads the two texts of a submission.
    ///
    /// # Errors
    ///
    /// [`RedeemError::Malformed`].
    pub fn parse(challenge: &[u8], solution: &[u8]) -> Result<Self, RedeemError> {
        let challenge =
            Challenge::parse(challenge).map_err(|error| RedeemError::Malformed(SubmissionError::Challenge(error)))?;
        let solution =
            Solution::parse(solution).map_err(|error| RedeemError::Malformed(SubmissionError::Solution(error)))?;
        Ok(Self { challenge, solution })
    }

    /// Every check before the work, in order. Pure: a failed submission changes nothing.
    ///
    /// # Errors
    ///
    /// The [`RedeemError`] of the first check that fails.
    pub fn authenticate(self, keys: &ChallengeKeyRing, by: Submitter<'_>) -> Result<Authentic, RedeemError> {
        let fields = &self.challenge.fields;
        ensure(keys.vouches_for(&self.challenge), RedeemError::Forged)?;
        ensure(is_current(fields, by.now), RedeemError::Expired)?;
        ensure(fields.audience == audience(by.host), RedeemError::WrongAudience)?;
        // For a new token, or to top up the one that came along.
        let is_for = |earns: &Earns| keys.binding(fields.key_id, by.network, *earns) == Some(fields.binding);
        let mut possible = Level::up_to(by.highest).map(Earns::Token).chain(by.token.map(Earns::TopUp));
        let earns = possible.find(is_for).ok_or(RedeemError::WrongBinding)?;
        Ok(Authentic { submission: self, earns })
    }
}

impl Authentic {
    /// What its work earns.
    pub fn earns(&self) -> Earns {
        self.earns
    }

    /// What its challenge says.
    pub fn fields(&self) -> &Fields {
        &self.submission.challenge.fields
    }

    /// Whether checking the work takes so long that it must not be done on an async thread.
    pub fn is_heavy(&self) -> bool {
        self.submission.challenge.fields.kind != Kind::Sha256
    }

    /// Verifies the work and claims the solution, once and for all: of any number of parallel calls one succeeds. The three steps
    /// in a row, for work whose check is not [heavy](Self::is_heavy).
    ///
    /// # Errors
    ///
    /// As each of the steps.
    pub async fn redeem(self, claims: &dyn Claims, now: UnixMillis) -> Result<Redeemed, RedeemError> {
        self.check(claims)?.claim(claims, now).await?.finish()
    }

    /// The first step: as much of the work as a claim is worth. Computes, and never waits.
    ///
    /// # Errors
    ///
    /// [`RedeemError::InsufficientWork`]; [`RedeemError::Replayed`] where that is known already.
    pub fn check(self, claims: &dyn Claims) -> Result<Checked, RedeemError> {
        let Submission { challenge, solution } = &self.submission;
        let (puzzle, fields) = (challenge.puzzle(), challenge.fields);
        if self.is_heavy() {
            ensure(solution.nonces().len() == usize::from(fields.shares.count()), RedeemError::InsufficientWork)?;
            ensure(!claims.holds(fields.id, fields.expires_at()), RedeemError::Replayed)?;
            // As many as the challenge's shares, so at least one.
            ensure(puzzle.is_share(solution.nonces()[0]), RedeemError::InsufficientWork)?;
        } else {
            puzzle.verify(fields.shares, solution).map_err(|_| RedeemError::InsufficientWork)?;
        }
        Ok(Checked(self))
    }
}

/// A submission whose work has been checked so far that it may be claimed.
#[derive(Clone, Copy, Debug)]
pub struct Checked(Authentic);

impl Checked {
    /// The second step: the one claim.
    ///
    /// # Errors
    ///
    /// [`RedeemError::Replayed`]; [`RedeemError::Expired`] when the clock has stepped back behind what the store
    /// forgot; [`RedeemError::Unavailable`] when the store is full.
    pub async fn claim(self, claims: &dyn Claims, now: UnixMillis) -> Result<Claimed, RedeemError> {
        let fields = self.0.fields();
        let claim = Claim { id: fields.id, expires_at: fields.expires_at(), under: None };
        claims.claim(claim, now).await.map_err(refused)?;
        Ok(Claimed(self.0))
    }
}

/// A submission that has been claimed; of kind 2, before all of its work was checked.
#[derive(Debug)]
pub struct Claimed(Authentic);

impl Claimed {
    /// The last step: the rest of the work. Computes, and never waits.
    ///
    /// # Errors
    ///
    /// [`RedeemError::InsufficientWork`]; the challenge is spent.
    pub fn finish(self) -> Result<Redeemed, RedeemError> {
        let Authentic { submission: Submission { challenge, solution }, earns } = self.0;
        if self.0.is_heavy() {
            let puzzle = challenge.puzzle();
            let all_shares = solution.nonces().iter().skip(1).all(|nonce| puzzle.is_share(*nonce));
            ensure(all_shares, RedeemError::InsufficientWork)?;
        }
        Ok(Redeemed { fields: challenge.fields, earns })
    }
}

fn refused(error: ClaimError) -> RedeemError {
    match error {
        ClaimError::Replayed => RedeemError::Replayed,
        ClaimError::Forgotten => RedeemError::Expired,
        ClaimError::Full => RedeemError::Unavailable,
    }
}

impl Redeemed {
    /// What the redeemed challenge said.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// What the work earned.
    pub fn earns(&self) -> Earns {
        self.earns
    }
}

/// Not expired by the verifier's clock (the edge belongs to the past), and not from the future.
fn is_current(fields: &Fields, now: UnixMillis) -> bool {
    now < fields.expires_at() && fields.issued_at.0 <= now.0.saturating_add(millis(LEEWAY))
}

fn ensure(holds: bool, otherwise: RedeemError) -> Result<(), RedeemError> {
    if holds { Ok(()) } else { Err(otherwise) }
}
