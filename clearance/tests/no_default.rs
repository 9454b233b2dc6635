//! No other crate of the program can break what verifies: the default that jsonwebtoken keeps for the whole process is never
//! asked. In a process of its own, whose default panics.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::crypto::{CryptoProvider, KeyUtils};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::token::header;
use portcullis_clearance::{Algorithm, Bearer, Keys, Level, PublicKeys, TokenError, TokenVerifier, VerifyingKey};
use serde_json::json;
use sha2::Sha256;

/// As where two other crates each switch on a provider: jsonwebtoken then finds none that is the default.
static TWO: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| panic!("which provider signs?"),
    verifier_factory: |_, _| panic!("which provider verifies?"),
    key_utils: KeyUtils::new_unimplemented(),
};

struct Secret(VerifyingKey);

impl Keys for Secret {
    fn verifying(&self, _: &str, _: UnixMillis) -> Option<&VerifyingKey> {
        Some(&self.0)
    }
}

#[test]
fn tokens_are_verified_without_the_process_s_provider() {
    TWO.install_default().expect("nobody else has installed one");
    let bearer = Bearer { host: "login.example", level: Level::FIRST, now: UnixMillis(1_800_000_000_000) };

    let secret = [7; 32];
    let signing = format!("{}.{}", part(&header(Algorithm::Hs256, "one")), part(&claims()));
    let tag = Hmac::<Sha256>::new_from_slice(&secret).unwrap().chain_update(&signing).finalize().into_bytes();
    let token = format!("{signing}.{}", Base64UrlUnpadded::encode_string(&tag));
    let key = VerifyingKey::from_secret("one".to_owned(), &secret).unwrap();
    assert!(TokenVerifier::new("portcullis", Secret(key)).verify(&token, bearer).is_ok());

    // Public keys, one of them named by its thumbprint: RFC 7515 (A.3) and RFC 8037 (A.2).
    let set = json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" },
        { "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    ] });
    let tokens = TokenVerifier::new("portcullis", PublicKeys::from_jwk_set(&set.to_string()).unwrap());
    for (algorithm, kid) in [
        (Algorithm::Es256, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"),
        (Algorithm::EdDsa, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ] {
        let unsigned = format!("{}.{}", part(&header(algorithm, kid)), part(&claims()));
        let forged = format!("{unsigned}.{}", Base64UrlUnpadded::encode_string(&[1; 64]));
        assert_eq!(tokens.verify(&forged, bearer).map(|_| ()), Err(TokenError::NotOurs), "{kid}");
    }
}

fn claims() -> serde_json::Value {
    let (now, exp) = (1_800_000_000, 1_800_000_900);
    json!({
        "iss": "portcullis", "aud": "login.example", "iat": now, "nbf": now, "exp": exp,
        "jti": "AAAAAAAAAAAAAAAAAAAAAA", "net": "203.0.113.0/24", "lvl": 1,
    })
}

fn part(json: &impl serde::Serialize) -> String {
    Base64UrlUnpadded::encode_string(&serde_json::to_vec(json).expect("plain members are JSON"))
}
