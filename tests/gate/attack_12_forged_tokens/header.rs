//! Header games: algorithms, key names, key material, types.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use jsonwebtoken::{Algorithm, EncodingKey};
use portcullis_tests::attacker::tokens::{self, Token};
use portcullis_tests::in_process::get;
use serde_json::{Value, json};

use super::Scene;

#[tokio::test]
async fn no_algorithm_but_the_pinned_one_is_believed() {
    let scene = Scene::set().await;
    let names = ["none", "None", "NONE", "nOnE", "", "es256", "ES256K", "ES384", "EdDSA", "RS256", "PS256", "HS512"];
    let mut forged = Vec::new();
    for name in names {
        let renamed = scene.token().header_with(json!({ "alg": name }));
        // With the old signature, with none, and with a right one.
        forged.push((format!("alg {name:?}"), renamed.to_string()));
        forged.push((format!("alg {name:?}, unsigned"), renamed.with_signature(Vec::new()).to_string()));
        forged.push((format!("alg {name:?}, signed with ES256"), renamed.signed(&scene.key).to_string()));
    }
    for alg in [Value::Null, json!(0), json!(["ES256"]), json!({})] {
        let other = scene.token().header_with(json!({ "alg": alg })).signed(&scene.key);
        forged.push((format!("alg {alg}"), other.to_string()));
    }
    scene.assert_challenged(forged).await;
}

#[tokio::test]
async fn the_public_key_is_nobodys_secret() {
    let scene = Scene::set().await;
    let published = scene.gate.send(get("/.portcullis/jwks.json")).await;
    let jwk = published.json()["keys"][0].clone();
    let member = |name: &str| Base64UrlUnpadded::decode_vec(jwk[name].as_str().unwrap()).unwrap();
    let point = [&[4], member("x").as_slice(), &member("y")].concat();
    let spki = [SPKI_P256, &point].concat();
    let pem = |end| format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----{end}", wrapped(&spki));
    let secrets: [(&str, Vec<u8>); 9] = [
        ("the JWK Set", published.body.to_vec()),
        ("the JWK", jwk.to_string().into_bytes()),
        ("the point", point.clone()),
        ("x", member("x")),
        ("the DER", spki.clone()),
        ("the PEM", pem("").into_bytes()),
        ("the PEM with its last line feed", pem("\n").into_bytes()),
        ("the kid", jwk["kid"].as_str().unwrap().as_bytes().to_vec()),
        ("nothing", Vec::new()),
    ];
    let mut forged = Vec::new();
    for (what, secret) in secrets {
        for (name, algorithm) in [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("ES256", Algorithm::HS256)]
        {
            let token = scene.token().header_with(json!({ "alg": name }));
            let token = token.signed_with(&EncodingKey::from_secret(&secret), algorithm);
            forged.push((format!("HMAC under {what}, alg {name}"), token.to_string()));
        }
    }
    scene.assert_challenged(forged).await;
}

#[tokio::test]
async fn a_kid_names_a_key_of_the_ring_and_nothing_else() {
    let scene = Scene::set().await;
    let kids = ["", "0", "unknown", "../../../../dev/null", "/dev/null", "' OR 1=1 --", "http://127.0.0.1/k", "\0"];
    let mut forged = Vec::new();
    for kid in kids.map(Value::from).into_iter().chain([Value::Null, json!(0), json!([]), json!({})]) {
        let renamed = scene.token().header_with(json!({ "kid": kid }));
        forged.push((format!("kid {kid}"), renamed.clone().signed(&scene.key).to_string()));
        forged.push((format!("kid {kid}, foreign key"), renamed.signed(&tokens::foreign_key()).to_string()));
    }
    let own_kid: Value = serde_json::from_str::<Value>(&scene.token().header).unwrap()["kid"].clone();
    let padded = format!("{}=", own_kid.as_str().unwrap());
    forged.push((
        "kid padded".to_owned(),
        scene.token().header_with(json!({ "kid": padded })).signed(&scene.key).to_string(),
    ));
    forged.push(("foreign key, own kid".to_owned(), scene.token().signed(&tokens::foreign_key()).to_string()));
    scene.assert_challenged(forged).await;
}

#[tokio::test]
async fn key_material_and_extensions_in_the_header_are_refused_even_when_signed_right() {
    let scene = Scene::set().await;
    let (foreign, jwk) = tokens::foreign_key_with_public();
    let thumbprint = jwk.common.key_id.clone();
    let mut forged = Vec::new();
    for members in [
        json!({ "jwk": jwk }),
        json!({ "jwk": jwk, "kid": thumbprint }),
        json!({ "jku": "http://127.0.0.1:9/jwks.json" }),
        json!({ "jku": "https://login.example/.portcullis/jwks.json" }),
        json!({ "x5u": "http://127.0.0.1:9/cert.pem" }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "x5t": "AAAA" }),
        json!({ "x5t#S256": "AAAA" }),
        json!({ "crit": ["exp"] }),
        json!({ "crit": [] }),
        json!({ "b64": false, "crit": ["b64"] }),
        json!({ "zip": "DEF" }),
        json!({ "enc": "A128GCM" }),
        json!({ "cty": "JWT" }),
        json!({ "url": "http://127.0.0.1" }),
        json!({ "nonce": "1" }),
        json!({ "foo": "bar" }),
    ] {
        let token = scene.token().header_with(members.clone());
        forged.push((format!("{members}, own key"), token.clone().signed(&scene.key).to_string()));
        forged.push((format!("{members}, foreign key"), token.signed(&foreign).to_string()));
    }
    scene.assert_challenged(forged).await;
}

#[tokio::test]
async fn a_token_of_another_type_is_none() {
    let scene = Scene::set().await;
    let types = ["JWT", "jwt", "at+jwt", "application/clearance+jwt", "clearance+JWT", "clearance+jwt ", ""];
    let types = types.map(Value::from).into_iter().chain([Value::Null, json!(1)]);
    let forged = types.map(|typ| {
        (format!("typ {typ}"), scene.token().header_with(json!({ "typ": typ })).signed(&scene.key).to_string())
    });
    scene.assert_challenged(forged.collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_header_that_says_things_twice_or_is_no_object_is_refused() {
    let scene = Scene::set().await;
    let header = scene.token().header;
    let twice = |member: &str| format!("{},{member}}}", header.trim_end_matches('}'));
    let headers = [
        twice(r#""alg":"none""#),
        twice(r#""alg":"ES256""#),
        twice(r#""kid":"x""#),
        twice(r#""typ":"JWT""#),
        header.replacen('{', r#"{"alg":"none","#, 1),
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        String::new(),
        format!("{header}{header}"),
        header[..header.len() - 1].to_owned(),
        header.replace("ES256", "\\u0045S256\\u0000"),
    ];
    let forged =
        headers.map(|header| (header.clone(), Token { header, ..scene.token() }.signed(&scene.key).to_string()));
    scene.assert_challenged(forged).await;
}

fn wrapped(der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
}

/// What stands before a P-256 point in a SubjectPublicKeyInfo (RFC 5480).
const SPKI_P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
