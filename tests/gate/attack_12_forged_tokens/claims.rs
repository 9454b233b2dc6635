//! Claims that are wrong, missing, or there twice, under a signature that is right.

use portcullis_tests::attacker::tokens::Token;
use portcullis_tests::in_process::START;
use serde_json::{Value, json};

use super::Scene;

const NOW: u64 = START.0 / 1000;

#[tokio::test]
async fn every_claim_must_be_there_and_right() {
    let scene = Scene::set().await;
    let wrong = [
        ("iss", vec![json!("other"), json!(""), json!("Portcullis"), json!(["portcullis"]), json!(1)]),
        ("aud", vec![json!("other.example"), json!(""), json!("LOGIN.EXAMPLE"), json!("login.example."), json!([])]),
        (
            "aud",
            vec![json!(["login.example"]), json!(["login.example", "other.example"]), json!("*"), json!("example")],
        ),
        ("exp", vec![json!(NOW - 5), json!(0), json!(-1), json!("9999999999"), json!(1e300), json!(NOW as f64 + 0.5)]),
        ("nbf", vec![json!(NOW + 6), json!(NOW + 900), json!(u64::MAX), json!("0"), json!(-1)]),
        ("iat", vec![json!("now"), json!(-1), json!(true)]),
        ("jti", vec![json!(1), json!([])]),
        ("net", vec![json!("203.0.113.0"), json!(""), json!("0.0.0.0/33"), json!("198.51.100.0/24"), json!("::/0")]),
        ("net", vec![json!("203.0.112.0/25"), json!("2001:db8::/48"), json!(["203.0.113.0/24"]), json!(true)]),
        ("lvl", vec![json!(-1), json!(256), json!("1"), json!(1.5)]),
        ("adm", vec![json!(true)]),
        ("sub", vec![json!("root")]),
    ];
    let mut forged = Vec::new();
    for (claim, values) in wrong {
        for value in values {
            let token = scene.token().claims_with(json!({ claim: value })).signed(&scene.key);
            forged.push((format!("{claim} = {value}"), token.to_string()));
        }
    }
    for claim in ["iss", "aud", "exp", "nbf", "iat", "jti", "net", "lvl"] {
        let token = scene.token().claims_with(json!({ claim: Value::Null })).signed(&scene.key);
        forged.push((format!("no {claim}"), token.to_string()));
    }
    scene.assert_challenged(forged).await;
    // Within the leeway, on both sides.
    for claims in [json!({ "exp": NOW - 4 }), json!({ "nbf": NOW + 5 })] {
        scene.assert_admitted(&scene.token().claims_with(claims).signed(&scene.key).to_string()).await;
    }
}

#[tokio::test]
async fn a_claim_that_is_there_twice_is_refused_whichever_is_right() {
    let scene = Scene::set().await;
    let claims = scene.token().claims;
    let mut forged = Vec::new();
    for member in [
        format!(r#""exp":{}"#, NOW + 900),
        r#""exp":0"#.to_owned(),
        r#""aud":"login.example""#.to_owned(),
        r#""aud":"other.example""#.to_owned(),
        r#""net":"0.0.0.0/0""#.to_owned(),
        r#""iss":"portcullis""#.to_owned(),
        r#""\u0065xp":9999999999"#.to_owned(),
    ] {
        let first = claims.replacen('{', &format!("{{{member},"), 1);
        let last = format!("{},{member}}}", claims.trim_end_matches('}'));
        for claims in [first, last] {
            forged.push((claims.clone(), Token { claims, ..scene.token() }.signed(&scene.key).to_string()));
        }
    }
    scene.assert_challenged(forged).await;
}

#[tokio::test]
async fn claims_that_are_no_object_or_huge_are_refused() {
    let scene = Scene::set().await;
    let claims = scene.token().claims;
    let others = [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        format!("{claims}{claims}"),
        format!("[{claims}]"),
        claims[..claims.len() - 1].to_owned(),
        "[".repeat(400),
        json!({ "jti": "j".repeat(2_000) }).to_string(),
    ];
    let mut forged: Vec<_> = others
        .into_iter()
        .map(|claims| (claims.clone(), Token { claims, ..scene.token() }.signed(&scene.key).to_string()))
        .collect();
    for length in [800, 4_000, 40_000] {
        let token = scene.token().claims_with(json!({ "jti": "j".repeat(length) })).signed(&scene.key);
        forged.push((format!("a jti of {length} bytes"), token.to_string()));
    }
    scene.assert_challenged(forged).await;
}
