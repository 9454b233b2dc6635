//! Degenerate parameters that mean no work, and puzzles this verifier does not set: nothing defaults to success.

use portcullis_challenge::{
    Audience, Binding, Challenge, ChallengeId, Difficulty, Fields, KeyId, Kind, Lifetime, ParseError, ShareCount,
    Solution, Tag, Threshold, UnixMillis,
};

fn easiest() -> Challenge {
    let fields = Fields {
        kind: Kind::Sha256,
        key_id: KeyId(0),
        shares: ShareCount::new(1).unwrap(),
        threshold: Threshold::new(u32::MAX - 1).unwrap(),
        issued_at: UnixMillis(0),
        lifetime: Lifetime::MAX,
        audience: Audience([0; 16]),
        binding: Binding([0; 16]),
        id: ChallengeId([0; 16]),
    };
    Challenge { fields, tag: Tag([0; 32]) }
}

/// What becomes of the easiest challenge with bytes replaced from `offset` on.
fn with(offset: usize, replacement: &[u8]) -> Result<(), ParseError> {
    let mut bytes = easiest().encode();
    bytes[offset..offset + replacement.len()].copy_from_slice(replacement);
    Challenge::decode(&bytes).map(drop)
}

#[test]
fn attack_04_no_version_but_1_and_no_kind_but_1_and_2_is_known() {
    for version in 0..=255 {
        for kind in 0..=255 {
            let expected = match (version, kind) {
                (1, 1) => Ok(()),
                // Known, and without iterations no work.
                (1, 2) => Err(ParseError::Parameter),
                (1, _) => Err(ParseError::Kind),
                _ => Err(ParseError::Version),
            };
            assert_eq!(with(0, &[version, kind]), expected, "version {version}, kind {kind}");
        }
    }
}

#[test]
fn attack_04_no_share_count_means_no_work() {
    for count in 0..=255 {
        let expected = if (1..=64).contains(&count) { Ok(()) } else { Err(ParseError::Parameter) };
        assert_eq!(with(3, &[count]), expected, "{count} shares");
        assert_eq!(ShareCount::new(count).is_some(), expected.is_ok());
    }
}

#[test]
fn attack_04_no_threshold_makes_every_nonce_a_share() {
    assert_eq!(with(4, &[0xff; 4]), Err(ParseError::Parameter));
    assert_eq!(Threshold::new(u32::MAX), None);
    for count in 1..=64 {
        let shares = ShareCount::new(count).unwrap();
        for attempts in 1..=128 {
            if let Ok(threshold) = Difficulty::new(attempts).unwrap().threshold(shares) {
                assert_ne!(threshold.word(), u32::MAX, "{count} shares, {attempts} attempts");
            }
        }
    }
}

#[test]
fn attack_04_no_iterations_are_read_where_none_belong() {
    for bit in 0..32 {
        assert_eq!(with(8, &(1_u32 << bit).to_be_bytes()), Err(ParseError::Parameter), "bit {bit}");
    }
}

#[test]
fn attack_04_no_iterations_are_no_work_and_too_many_are_refused() {
    for (iterations, expected) in
        [(0, Err(ParseError::Parameter)), (1, Ok(())), (4096, Ok(())), (4097, Err(ParseError::Parameter))]
    {
        let mut bytes = easiest().encode();
        bytes[1] = 2;
        bytes[8..12].copy_from_slice(&u32::to_be_bytes(iterations));
        assert_eq!(Challenge::decode(&bytes).map(drop), expected, "{iterations} iterations");
    }
}

#[test]
fn attack_04_degenerate_parameters_do_not_become_good_under_another_kind() {
    for (kind, expected) in
        [(0, ParseError::Kind), (2, ParseError::Parameter), (3, ParseError::Kind), (255, ParseError::Kind)]
    {
        for (shares, threshold, iterations) in [(0, 0, 0), (0, 1 << 20, 1), (1, u32::MAX, 1), (1, 1 << 20, 0)] {
            let mut bytes = [kind, 0, shares, 0, 0, 0, 0, 0, 0, 0, 0];
            bytes[3..7].copy_from_slice(&u32::to_be_bytes(threshold));
            bytes[7..].copy_from_slice(&u32::to_be_bytes(iterations));
            assert_eq!(with(1, &bytes), Err(expected));
        }
    }
}

#[test]
fn attack_04_no_nonces_are_no_solution_even_of_the_easiest_challenge() {
    assert_eq!(Solution::new(&[]), Err(ParseError::Nonces));
    assert_eq!(Solution::parse(b""), Err(ParseError::Nonces));
    // One nonce in 2³² is not a share of it, so one does.
    let challenge = easiest();
    assert!(challenge.puzzle().verify(challenge.fields.shares, &Solution::new(&[0]).unwrap()).is_ok());
}
