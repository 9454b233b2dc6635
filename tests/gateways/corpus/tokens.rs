//! The tokens that rows of the corpus show: a genuine one, and every way in which one can be wrong.

use std::collections::HashMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::{Algorithm, EncodingKey};
use portcullis_tests::attacker::tokens::{self, Token};
use serde_json::{Value, json};

use crate::client::HOST;

/// Tokens by name.
pub(super) type Tokens = HashMap<&'static str, String>;

/// All of them, made of two genuine ones, the key that signed them and its public half.
pub(super) fn all(good: String, spent: String, key: &EncodingKey, public: &Value) -> Tokens {
    let genuine = Token::parse(&good);
    let signature = &genuine.signature;
    let header = |members: Value| genuine.header_with(members).signed(key).to_string();
    let claims = |members: Value| genuine.claims_with(members).signed(key).to_string();
    let unsigned = |signature: Vec<u8>| genuine.with_signature(signature).to_string();
    let foreign = tokens::foreign_key();
    let changed: Vec<u8> = signature.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == 40)).collect();
    let twice = genuine.claims.replacen('{', "{\"exp\":1,", 1);
    let mut tokens = HashMap::from([
        ("empty", String::new()),
        ("alg-none", genuine.header_with(json!({ "alg": "none" })).with_signature(Vec::new()).to_string()),
        ("hs256-public-key", confused(&genuine, public)),
        ("alg-es384", header(json!({ "alg": "ES384" }))),
        ("unknown-kid", header(json!({ "kid": "unknown" }))),
        ("no-kid", header(json!({ "kid": null }))),
        ("jwk-header", genuine.header_with(json!({ "jwk": public })).signed(&foreign).to_string()),
        (
            "jku-header",
            genuine.header_with(json!({ "jku": "http://127.0.0.1:9/jwks.json" })).signed(&foreign).to_string(),
        ),
        ("typ-jwt", header(json!({ "typ": "JWT" }))),
        ("no-typ", header(json!({ "typ": null }))),
        ("response-typ", header(json!({ "typ": "response+jwt" }))),
        ("iss", claims(json!({ "iss": "other" }))),
        ("no-aud", claims(json!({ "aud": null }))),
        ("aud-list", claims(json!({ "aud": [HOST] }))),
        ("expired", claims(json!({ "iat": 1_000_000_000, "nbf": 1_000_000_000, "exp": 1_000_000_900 }))),
        ("no-exp", claims(json!({ "exp": null }))),
        ("exp-text", claims(json!({ "exp": "9999999999" }))),
        ("not-yet", claims(json!({ "nbf": 9_999_999_000_u64, "exp": 9_999_999_999_u64 }))),
        ("no-nbf", claims(json!({ "nbf": null }))),
        ("no-net", claims(json!({ "net": null }))),
        ("net-everywhere", genuine.claims_with(json!({ "net": "0.0.0.0/0" })).to_string()),
        ("level-0", claims(json!({ "lvl": 0 }))),
        ("exp-twice", Token { claims: twice, ..genuine.clone() }.signed(key).to_string()),
        ("zero-signature", unsigned(vec![0; 64])),
        ("der-signature", unsigned(tokens::der(signature))),
        ("short-signature", unsigned(signature[..63].to_vec())),
        ("long-signature", unsigned([signature, &[0_u8][..]].concat())),
        ("changed-signature", unsigned(changed)),
        ("four-parts", format!("{good}.{good}")),
        ("padded", format!("{good}==")),
        ("huge", format!("{good}{}", "A".repeat(7_000))),
        ("foreign-key", genuine.header_with(json!({ "kid": "foreign" })).signed(&foreign).to_string()),
        ("foreign-key-our-kid", genuine.clone().signed(&foreign).to_string()),
    ]);
    tokens.insert("good", good);
    tokens.insert("spent", spent);
    tokens
}

/// Signed with HMAC, under the public key as everybody can read it.
fn confused(genuine: &Token, public: &Value) -> String {
    let number = |name: &str| Base64UrlUnpadded::decode_vec(public[name].as_str().unwrap_or_default());
    let point = ["x", "y"].map(|name| number(name).expect("a published key is base64url")).concat();
    let renamed = genuine.header_with(json!({ "alg": "HS256" }));
    renamed.signed_with(&EncodingKey::from_secret(&point), Algorithm::HS256).to_string()
}
