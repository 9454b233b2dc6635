//! Attack 12: clearance tokens nobody earned, after RFC 8725. Each is shown to the gate as a browser would show it; the
//! answer is the challenge page, and the origin sees nothing.
//!
//! `header` and `signature` are what a forger can do without the key; `claims` is what a verifier's own key must not
//! be made to vouch for: the tokens there are signed right and wrong in one thing.

mod claims;
mod header;
mod signature;
mod text;

use http::StatusCode;
use jsonwebtoken::EncodingKey;
use portcullis_tests::attacker::tokens::{self, Token};
use portcullis_tests::in_process::{Gate, Origin};

/// A gate before an origin, a genuine token, and the key that signed it.
struct Scene {
    gate: Gate,
    origin: Origin,
    genuine: String,
    key: EncodingKey,
}

impl Scene {
    async fn set() -> Self {
        let origin = Origin::start().await;
        let gate = Gate::in_front_of(&origin, &[]);
        let genuine = gate.token().await;
        let key = tokens::newest_key(&gate.plan.key_folder());
        let scene = Self { gate, origin, genuine, key };
        // The key and the taking apart are right: the same token, signed again, is good.
        scene.assert_admitted(&scene.token().signed(&scene.key).to_string()).await;
        scene
    }

    /// The genuine token, to be changed.
    fn token(&self) -> Token {
        Token::parse(&self.genuine)
    }

    async fn assert_admitted(&self, token: &str) {
        let arrived = self.origin.arrived().len();
        let answer = self.gate.show(token, "/account").await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, "origin"), "{token}");
        assert_eq!(self.origin.arrived().len(), arrived + 1);
    }

    /// Asserts that each token meets the challenge page and that none reached the origin; then that the genuine one
    /// still does.
    async fn assert_challenged(&self, tokens: impl IntoIterator<Item = (impl std::fmt::Display, String)>) {
        let arrived = self.origin.arrived().len();
        for (what, token) in tokens {
            let answer = self.gate.show(&token, "/account").await;
            assert!(answer.is_page(), "{what} was not challenged: {answer:?}");
            assert_eq!(answer.header("portcullis-action"), "challenge");
            assert!(answer.cookies().is_empty());
            assert_eq!(self.origin.arrived().len(), arrived, "{what} reached the origin");
        }
        self.assert_admitted(&self.genuine).await;
    }
}
