//! Attack 15: learning a tag byte by byte from how long its comparison takes.
//!
//! Constant time by construction, as far as types can say it: a tag cannot be compared with `==` at all, so the only
//! comparison there is, is the one of the `hmac` crate, which is constant-time. Signatures of tokens are public-key
//! signatures over public data: nothing in verifying them is secret.

use std::fs;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

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
    let rooms = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier");
    let mut sources = Vec::new();
    sources_below(&rooms, &mut sources);
    let named = |name: &str| sources.iter().filter(|(path, _)| path.ends_with(name)).count();
    assert!(sources.len() > 100 && named("redeem.rs") > 0 && named("service.rs") > 0, "the rooms are elsewhere");
    for (path, source) in sources {
        if path.ends_with("issuer/src/challenges/issue.rs") {
            assert_eq!(source.matches(".verify_slice(&challenge.tag.0)").count(), 1);
        } else {
            // The tag's bytes are public to encode them; nobody else reads them.
            assert!(!source.contains("tag.0"), "{} reads a tag's bytes", path.display());
        }
    }
}

fn sources_below(folder: &Path, sources: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace can be read") {
        let path = entry.expect("an entry of it too").path();
        if path.is_dir() {
            sources_below(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("sources are text");
            sources.push((path, source));
        }
    }
}
