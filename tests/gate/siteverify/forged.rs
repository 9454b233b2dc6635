//! Responses nobody earned, after RFC 8725; and that a clearance is not a response and a response is not a clearance.

use jsonwebtoken::EncodingKey;
use portcullis_tests::attacker::tokens::{self, Token};
use portcullis_tests::in_process::{Origin, START};

use super::*;

const NOW: u64 = START.0 / 1000;

/// A gate, an unspent response, and the key that signed it.
struct Scene {
    gate: Gate,
    genuine: String,
    key: EncodingKey,
}

impl Scene {
    async fn set() -> Self {
        let gate = gate(&[]);
        let (genuine, spent) = (response(&gate).await, response(&gate).await);
        let key = tokens::newest_key(&gate.plan.key_folder());
        // The key and the taking apart are right: a response signed again is good.
        assert!(is_good(&about(&gate, &Token::parse(&spent).signed(&key).to_string()).await));
        Self { gate, genuine, key }
    }

    fn token(&self) -> Token {
        Token::parse(&self.genuine)
    }

    /// Asserts that none of them is good or spends the genuine one.
    async fn assert_refused(&self, forged: impl IntoIterator<Item = (impl std::fmt::Display, String)>) {
        for (what, token) in forged {
            assert_eq!(about(&self.gate, &token).await, no("invalid-input-response"), "{what}: {token}");
        }
        assert!(is_good(&about(&self.gate, &self.genuine).await));
    }
}

#[tokio::test]
async fn a_clearance_is_no_response_and_a_response_is_no_clearance() {
    let origin = Origin::start().await;
    let mut plan = plan(&[]);
    plan.settings.push(format!("origin={}", origin.url()));
    let gate = Gate::start(plan);
    let (clearance, response) = (gate.token().await, response(&gate).await);
    let key = tokens::newest_key(&gate.plan.key_folder());
    assert!(gate.show(&response, "/account").await.is_page());
    assert_eq!(about(&gate, &clearance).await, no("invalid-input-response"));
    // Nor under the other's `typ`, nor with the other's claims, nor with those of both, signed by our own key.
    let (clearance, response) = (Token::parse(&clearance), Token::parse(&response));
    let retyped = |token: &Token, typ: &str| token.header_with(json!({ "typ": typ })).signed(&key).to_string();
    let mut both: Value = serde_json::from_str(&response.claims).unwrap();
    both.as_object_mut().unwrap().extend(serde_json::from_str::<serde_json::Map<_, _>>(&clearance.claims).unwrap());
    let mixed = response.claims_with(both);
    for shown in [&response, &mixed] {
        assert!(gate.show(&retyped(shown, "clearance+jwt"), "/account").await.is_page());
    }
    for shown in [&clearance, &mixed] {
        assert_eq!(about(&gate, &retyped(shown, "response+jwt")).await, no("invalid-input-response"));
    }
    assert!(origin.arrived().is_empty());
    assert!(is_good(&about(&gate, &response.to_string()).await));
}

#[tokio::test]
async fn headers_that_are_not_exactly_ours_are_refused() {
    let scene = Scene::set().await;
    let mut forged = Vec::new();
    for members in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "typ": "JWT" }),
        json!({ "typ": "RESPONSE+JWT" }),
        json!({ "typ": null }),
        json!({ "kid": null }),
        json!({ "kid": "unknown" }),
        json!({ "jku": "https://evil.example/jwks.json" }),
        json!({ "crit": ["exp"] }),
        json!({ "cty": "JWT" }),
    ] {
        forged.push((members.to_string(), scene.token().header_with(members).signed(&scene.key).to_string()));
    }
    let published = scene.gate.send(get("/.portcullis/jwks.json")).await.json()["keys"][0].clone();
    let embedded = scene.token().header_with(json!({ "jwk": published })).signed(&scene.key);
    forged.push(("an embedded key".to_owned(), embedded.to_string()));
    scene.assert_refused(forged).await;
}

#[tokio::test]
async fn signatures_of_others_or_of_no_one_are_refused() {
    let scene = Scene::set().await;
    let genuine = scene.token().signature;
    let flipped = |at: usize| {
        let mut signature = genuine.clone();
        signature[at] ^= 1;
        signature
    };
    let signatures = [
        ("nothing", Vec::new()),
        ("zeros", vec![0; 64]),
        ("another r", flipped(0)),
        ("another s", flipped(63)),
        ("half", genuine[..32].to_vec()),
        ("longer", [genuine.as_slice(), &[0]].concat()),
        ("DER", tokens::der(&genuine)),
        ("r = s = n", [tokens::P256_ORDER, tokens::P256_ORDER].concat()),
    ];
    let mut forged: Vec<_> =
        signatures.into_iter().map(|(what, bytes)| (what, scene.token().with_signature(bytes).to_string())).collect();
    forged.push(("a foreign key", scene.token().signed(&tokens::foreign_key()).to_string()));
    let raised = Token { signature: genuine.clone(), ..scene.token().claims_with(json!({ "action": "admin" })) };
    forged.push(("claims changed after signing", raised.to_string()));
    forged.push(("a longer text", format!("{}{}", scene.genuine, "A".repeat(2048))));
    forged.push(("a line break", format!("{}\n", scene.genuine)));
    forged.push(("padding", format!("{}==", scene.genuine)));
    scene.assert_refused(forged).await;
}

#[tokio::test]
async fn every_claim_must_be_there_and_right() {
    let scene = Scene::set().await;
    let wrong = [
        ("iss", vec![json!("other"), json!(""), json!(["portcullis"])]),
        ("aud", vec![json!(1), json!([]), json!(["login.example"])]),
        ("exp", vec![json!("9999999999"), json!(-1), json!(1e300), json!(NOW as f64 + 0.5)]),
        ("iat", vec![json!("now"), json!(-1)]),
        ("jti", vec![json!(""), json!("AAAA"), json!("A".repeat(23)), json!("A".repeat(400)), json!(1), json!("é")]),
        ("net", vec![json!("203.0.113.0"), json!(""), json!("0.0.0.0/33")]),
        ("run", vec![json!(1), json!([])]),
        ("action", vec![json!("a".repeat(33)), json!("log in"), json!(1)]),
        ("cdata", vec![json!("c".repeat(256)), json!("<")]),
        ("challenge_ts", vec![json!(1)]),
        ("nbf", vec![json!(NOW)]),
        ("lvl", vec![json!(1)]),
    ];
    let mut forged = Vec::new();
    for (claim, values) in wrong {
        for value in values {
            let token = scene.token().claims_with(json!({ claim: value })).signed(&scene.key);
            forged.push((format!("{claim} = {value}"), token.to_string()));
        }
    }
    for claim in ["iss", "aud", "exp", "iat", "jti", "net", "run", "action", "cdata", "challenge_ts"] {
        let token = scene.token().claims_with(json!({ claim: Value::Null })).signed(&scene.key);
        forged.push((format!("no {claim}"), token.to_string()));
    }
    let twice = scene.token().claims.replacen('{', r#"{"exp":9999999999,"#, 1);
    let twice = Token { claims: twice, ..scene.token() }.signed(&scene.key);
    forged.push(("exp twice".to_owned(), twice.to_string()));
    scene.assert_refused(forged).await;
}

#[tokio::test]
async fn what_was_good_in_another_run_or_time_is_timed_out() {
    let scene = Scene::set().await;
    for claims in [json!({ "exp": NOW }), json!({ "exp": 0 }), json!({ "run": "" }), json!({ "run": "A".repeat(22) })] {
        let token = scene.token().claims_with(claims).signed(&scene.key).to_string();
        assert_eq!(about(&scene.gate, &token).await, no("timeout-or-duplicate"));
    }
}
