//! The checks a submission passes before it is worth a token, in the order of the protocol.
//!
//! The order is by cost and by blame: form and tag first, so that junk is refused in well under a microsecond and
//! nothing else looks at bytes we did not write; the work before the claim, so that only verified solutions occupy
//! memory; the claim last and atomic, so that a failed submission burns nothing.

use portcullis_challenge::{Challenge, Fields, Solution, UnixMillis};

use crate::clock::{LEEWAY, millis};
use crate::issue::{ChallengeKeyRing, audience};
use crate::network::NetworkPrefix;
use crate::rejection::{MalformedPart, Rejection};
use crate::replay::{ReplayStore, Unclaimed};

/// A challenge and a solution, both in form. Nothing is verified yet.
#[derive(Clone, Copy, Debug)]
pub struct Submission {
    challenge: Challenge,
    solution: Solution,
}

/// Who submits, and when.
#[derive(Clone, Copy, Debug)]
pub struct Submitter<'a> {
    /// The lower-case host the submission came to.
    pub host: &'a str,
    /// The network it came from.
    pub network: NetworkPrefix,
    /// The verifier's time.
    pub now: UnixMillis,
}

/// A solution that passed every check but the claim.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedSolution(Fields);

/// A verified solution that has been claimed: the only thing a token is signed for. It exists once per challenge.
#[derive(Debug)]
pub struct Redeemed(Fields);

impl Submission {
    /// Reads the two texts of a submission.
    ///
    /// # Errors
    ///
    /// [`Rejection::Malformed`].
    pub fn parse(challenge: &[u8], solution: &[u8]) -> Result<Self, Rejection> {
        let challenge =
            Challenge::parse(challenge).map_err(|error| Rejection::Malformed(MalformedPart::Challenge(error)))?;
        let solution =
            Solution::parse(solution).map_err(|error| Rejection::Malformed(MalformedPart::Solution(error)))?;
        Ok(Self { challenge, solution })
    }

    /// Every check up to the work, in order. Pure: a failed submission changes nothing.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of the first check that fails.
    pub fn verify(&self, keys: &ChallengeKeyRing, by: Submitter<'_>) -> Result<VerifiedSolution, Rejection> {
        let fields = &self.challenge.fields;
        ensure(keys.vouches_for(&self.challenge), Rejection::Forged)?;
        ensure(is_current(fields, by.now), Rejection::Expired)?;
        ensure(fields.audience == audience(by.host), Rejection::WrongAudience)?;
        ensure(keys.binding(fields.key_id, by.network) == Some(fields.binding), Rejection::WrongBinding)?;
        portcullis_challenge::verify(fields, &self.challenge.prefix(), &self.solution)
            .map_err(|_| Rejection::InsufficientWork)?;
        Ok(VerifiedSolution(*fields))
    }
}

impl VerifiedSolution {
    /// Claims the solution, once for all: of any number of parallel calls one succeeds.
    ///
    /// # Errors
    ///
    /// [`Rejection::Replayed`]; [`Rejection::Expired`] when the clock has stepped back behind what the store forgot;
    /// [`Rejection::Unavailable`] when the store is full.
    pub fn claim(self, store: &ReplayStore, now: UnixMillis) -> Result<Redeemed, Rejection> {
        match store.claim(self.0.id, self.0.expires_at(), now) {
            Ok(()) => Ok(Redeemed(self.0)),
            Err(Unclaimed::Replayed) => Err(Rejection::Replayed),
            Err(Unclaimed::Forgotten) => Err(Rejection::Expired),
            Err(Unclaimed::Full) => Err(Rejection::Unavailable),
        }
    }
}

impl Redeemed {
    /// What the redeemed challenge said.
    pub fn fields(&self) -> &Fields {
        &self.0
    }
}

/// Not expired by the verifier's clock (the edge belongs to the past), and not from the future.
fn is_current(fields: &Fields, now: UnixMillis) -> bool {
    now < fields.expires_at() && fields.issued_at.0 <= now.0.saturating_add(millis(LEEWAY))
}

fn ensure(holds: bool, otherwise: Rejection) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(otherwise) }
}
