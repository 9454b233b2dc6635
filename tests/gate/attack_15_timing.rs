//! Attack 15: learning a tag byte by byte from how long its comparison takes.
//!
//! Constant time by construction, as far as types can say it: a tag cannot be compared with `==` at all, so the only
//! comparison there is, is the one of the `hmac` crate, which is constant-time. Signatures of tokens are public-key
//! signatures over public data: nothing in verifying them is secret.

use std::marker::PhantomData;

use portcullis_challenge::{Challenge, ChallengeId, Tag};

/// `COMPARABLE` is the inherent constant where `T: PartialEq`, and the trait's elsewhere.
struct Probe<T>(PhantomData<T>);

trait Otherwise {
    const COMPARABLE: bool = false;
}

impl<T> Otherwise for Probe<T> {}

impl<T: PartialEq> Probe<T> {
    const COMPARABLE: bool = true;
}

#[test]
fn tags_cannot_be_compared_but_by_the_mac_itself() {
    const { assert!(!Probe::<Tag>::COMPARABLE) };
    const { assert!(!Probe::<Challenge>::COMPARABLE) };
    // The probe does tell the difference.
    const { assert!(Probe::<ChallengeId>::COMPARABLE) };
}

#[test]
fn the_one_place_that_checks_a_tag_asks_the_mac() {
    let issue = include_str!("../../verifier/issuer/src/challenges/issue.rs");
    assert_eq!(issue.matches(".verify_slice(&challenge.tag.0)").count(), 1);
    // The tag's bytes are public to encode them; nobody else reads them.
    for (name, source) in [
        ("redeem", include_str!("../../verifier/issuer/src/solutions/redeem.rs")),
        ("ladder", include_str!("../../verifier/issuer/src/challenges/ladder.rs")),
        ("clearance", include_str!("../../verifier/issuer/src/tokens/clearance.rs")),
        ("response", include_str!("../../verifier/issuer/src/tokens/response.rs")),
        ("service", include_str!("../../verifier/src/service.rs")),
        ("passage", include_str!("../../verifier/src/passage.rs")),
        ("challenges", include_str!("../../verifier/src/redemption/challenges.rs")),
        ("redemption", include_str!("../../verifier/src/redemption/mod.rs")),
        ("redemption_response", include_str!("../../verifier/src/redemption/redemption_response.rs")),
    ] {
        assert!(!source.contains("tag.0"), "{name} reads a tag's bytes");
    }
}
