//! Nonces out of order, repeated, too few, too many, or from another challenge.

use base64ct::{Base64UrlUnpadded, Encoding};
use portcullis_challenge::{
    Challenge, Fields, InsufficientWorkError, Kind, ParseError, SOLUTION_TEXT_MAX_LEN, ShareCount, Solution, Threshold,
    reference,
};
use proptest::prelude::*;

use crate::draw;

/// One nonce in sixteen is a share: cheap to solve, and a nonce that is not a share is easy to find.
const ONE_IN_SIXTEEN: u32 = (1 << 28) - 1;

fn easy_challenge() -> impl Strategy<Value = Challenge> {
    (draw::challenge(), 1..=64_u8).prop_map(|(challenge, shares)| {
        let (shares, threshold) = (ShareCount::new(shares).unwrap(), Threshold::new(ONE_IN_SIXTEEN).unwrap());
        let kind = match challenge.fields.kind {
            Kind::Sha256 => Kind::Sha256,
            _ => draw::pbkdf2(1),
        };
        Challenge { fields: Fields { kind, shares, threshold, ..challenge.fields }, ..challenge }
    })
}

/// The first `count` shares of a challenge.
fn shares(challenge: &Challenge, count: usize) -> Vec<u32> {
    reference::search(&challenge.puzzle(), 0).take(count).collect()
}

fn count_of(challenge: &Challenge) -> usize {
    usize::from(challenge.fields.shares.count())
}

fn outcome(challenge: &Challenge, nonces: &[u32]) -> Result<(), InsufficientWorkError> {
    challenge.puzzle().verify(challenge.fields.shares, &Solution::new(nonces).unwrap())
}

/// The text of nonces in whatever order.
fn parse(nonces: &[u32]) -> Result<Solution, ParseError> {
    let bytes: Vec<u8> = nonces.iter().flat_map(|nonce| nonce.to_be_bytes()).collect();
    let mut text = [0; 1_000];
    Solution::parse(Base64UrlUnpadded::encode(&bytes, &mut text).unwrap().as_bytes())
}

proptest! {
    #![proptest_config(draw::config())]

    #[test]
    fn attack_06_a_solution_survives_its_text(nonces in draw::nonces()) {
        let solution = Solution::new(&nonces).unwrap();
        prop_assert_eq!(solution.nonces(), &nonces);
        let mut buffer = [0; SOLUTION_TEXT_MAX_LEN];
        prop_assert_eq!(Solution::parse(solution.to_text(&mut buffer).as_bytes()), Ok(solution));
    }

    #[test]
    fn attack_06_nonces_are_a_solution_exactly_when_1_to_64_in_strict_order(
        nonces in proptest::collection::vec(prop_oneof![0..100_u32, any::<u32>()], 0..5)
    ) {
        let strict = !nonces.is_empty() && nonces.windows(2).all(|pair| pair[0] < pair[1]);
        prop_assert_eq!(Solution::new(&nonces).is_ok(), strict);
        prop_assert_eq!(parse(&nonces), Solution::new(&nonces));
    }

    #[test]
    fn attack_06_a_repeated_nonce_is_refused_wherever_it_stands(
        nonces in draw::nonces(), from in any::<usize>(), to in any::<usize>()
    ) {
        let mut repeated = nonces.clone();
        repeated.truncate(63);
        let again = repeated[from % repeated.len()];
        repeated.insert(to % (repeated.len() + 1), again);
        prop_assert_eq!(Solution::new(&repeated), Err(ParseError::Nonces));
        prop_assert_eq!(parse(&repeated), Err(ParseError::Nonces));
    }

    #[test]
    fn attack_06_two_nonces_exchanged_are_refused(
        nonces in draw::nonces(), one in any::<usize>(), other in any::<usize>()
    ) {
        let (one, other) = (one % nonces.len(), other % nonces.len());
        let mut exchanged = nonces;
        exchanged.swap(one, other);
        prop_assert_eq!(parse(&exchanged).is_ok(), one == other);
    }

    #[test]
    fn attack_06_more_than_64_nonces_are_refused(extra in 1..100_u32) {
        let nonces: Vec<u32> = (0..64 + extra).collect();
        prop_assert_eq!(Solution::new(&nonces), Err(ParseError::Nonces));
        prop_assert!(parse(&nonces).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..draw::config() })]

    #[test]
    fn attack_06_one_share_too_few_or_too_many_is_refused(challenge in easy_challenge(), index in any::<usize>()) {
        let count = count_of(&challenge);
        let more = shares(&challenge, count + 1);
        prop_assert_eq!(outcome(&challenge, &more[..count]), Ok(()));
        if count < 64 {
            prop_assert_eq!(outcome(&challenge, &more), Err(InsufficientWorkError));
        }
        let mut fewer = more[..count].to_vec();
        fewer.remove(index % count);
        if !fewer.is_empty() {
            prop_assert_eq!(outcome(&challenge, &fewer), Err(InsufficientWorkError));
        }
    }

    #[test]
    fn attack_06_good_shares_but_one_are_refused_whichever_it_is(challenge in easy_challenge(), index in any::<usize>()) {
        let mut nonces = shares(&challenge, count_of(&challenge));
        let index = index % nonces.len();
        let low = if index == 0 { 0 } else { nonces[index - 1] + 1 };
        // The nonces between two neighbouring shares are not shares.
        if low < nonces[index] {
            nonces[index] -= 1;
            prop_assert_eq!(outcome(&challenge, &nonces), Err(InsufficientWorkError));
        }
    }

    #[test]
    fn attack_06_shares_of_another_challenge_are_refused(challenge in easy_challenge(), byte in 56..104_usize) {
        let mut bytes = challenge.encode();
        bytes[byte] ^= 1;
        let other = Challenge::decode(&bytes).unwrap();
        let nonces = shares(&other, count_of(&other));
        prop_assert_eq!(outcome(&other, &nonces), Ok(()));
        let all_hit_here = nonces.iter().all(|nonce| challenge.puzzle().is_share(*nonce));
        prop_assert_eq!(outcome(&challenge, &nonces).is_ok(), all_hit_here);
        prop_assert!(nonces.len() < 4 || !all_hit_here);
    }
}
