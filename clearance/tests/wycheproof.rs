//! The vectors of Project Wycheproof that apply, through the step that verifies every token. Run with each of the two
//! implementations, and with both: `--features aws-lc-rs`, `--features rust-crypto`, `--features aws-lc-rs,rust-crypto`.

use std::collections::{BTreeMap, HashSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::jwk::Jwk;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::{Keys, PublicKeys, VerifyingKey, jws};
use serde::Deserialize;
use serde_json::Value;

#[test]
fn json_web_signatures() {
    let file = File::read(include_str!("../../tests/vectors/wycheproof/json_web_signature.json"));
    let run = file.run(web);
    assert_eq!(file.left_out.values().sum::<usize>(), 320, "RSA and P-521");
    assert_eq!((run.accepted, run.refused, run.passed_over), (10, 67, 4));
    assert_eq!(run.total(&file), 401);
}

#[test]
fn what_lost_its_padding_in_the_file_is_refused_with_it() {
    let file = File::read(include_str!("../../tests/vectors/wycheproof/json_web_signature.json"));
    let of = |comment: &str| {
        let cases = file.groups.iter().flat_map(|group| group.cases.iter().map(move |case| (&group.key, case)));
        cases.into_iter().find(|(_, case)| case.comment == comment).expect("the file has this case")
    };
    let (key, valid) = of("ValidMac");
    let valid = valid.jws.as_str().expect("it is a compact JWS");
    for lost in ["invalidBase64Padding", "invalidBase64PaddingInPayload"] {
        assert_eq!(of(lost).1.jws, valid);
    }
    let key = secret(key).expect("its secret is long enough");
    assert_eq!(jws::payload(valid, &key).as_deref(), Ok(b"Test".as_slice()));
    for padded in [format!("{valid}="), valid.replace(".VGVzdA.", ".VGVzdA==."), valid.replacen('.', "=.", 1)] {
        assert!(jws::payload(&padded, &key).is_err(), "{padded}");
    }
}

#[test]
fn json_web_keys() {
    let file = File::read(include_str!("../../tests/vectors/wycheproof/json_web_key.json"));
    let run = file.run(web);
    assert_eq!((run.accepted, run.refused, run.passed_over), (2, 21, 3));
    assert_eq!(run.total(&file), 26);
}

#[test]
fn json_web_signatures_of_another_collection() {
    let file = File::read(include_str!("../../tests/vectors/wycheproof/json_web_crypto.json"));
    let run = file.run(web);
    assert_eq!(file.left_out.values().sum::<usize>(), 48, "RSA and encryption");
    assert_eq!((run.accepted, run.refused, run.passed_over), (3, 32, 0));
    assert_eq!(run.total(&file), 83);
}

#[test]
fn bare_es256_signatures() {
    let file = File::read(include_str!("../../tests/vectors/wycheproof/ecdsa_secp256r1_sha256_p1363.json"));
    let run = file.run(raw);
    assert_eq!((run.accepted, run.refused, run.passed_over), (173, 89, 0));
    assert_eq!(run.total(&file), 262);
}

#[test]
fn bare_eddsa_signatures() {
    let file = File::read(include_str!("../../tests/vectors/wycheproof/ed25519.json"));
    let run = file.run(raw);
    assert_eq!((run.accepted, run.refused, run.passed_over), (88, 63, 0));
    assert_eq!(run.total(&file), 151);
}

/// Why a case is passed over, and what becomes of it instead of what the file says.
fn passed_over(comment: &str, key: &Value) -> Option<(&'static str, bool)> {
    let algorithm = key["keys"][0]["alg"].as_str().unwrap_or_default();
    match comment {
        "InvalidCharacterInsertedInHeader" | "InvalidCharacterInsertedInPayload" => Some((
            "the file lets a verifier skip what is not base64url; RFC 7515 (2) does not, and neither do we",
            false,
        )),
        "invalidBase64Padding" | "invalidBase64PaddingInPayload" => {
            Some(("the very text of ValidMac: its padding was lost on the way into the file", true))
        }
        "acceptsValid" if algorithm == "RS256" => Some(("RSA verifies no token of ours", false)),
        "long_key" if algorithm != "HS256" => Some(("HS384 and HS512 verify no token of ours", false)),
        _ => None,
    }
}

/// Whether a compact JWS is accepted under a key or a set of keys.
fn web(key: &Value, case: &Case) -> bool {
    // Some are in JSON form, which is not a token either.
    let token = case.jws.as_str().map_or_else(|| case.jws.to_string(), str::to_owned);
    let accepted = |key: Option<&VerifyingKey>| key.is_some_and(|key| jws::payload(&token, key).is_ok());
    let named = || jsonwebtoken::decode_header(&token).ok()?.kid;
    match key.get("keys").and_then(Value::as_array) {
        // A shared secret is never published in a set: it is read as one, and its name must be its own.
        Some(keys) if are_secrets(keys) => {
            let secrets: Vec<_> = keys.iter().filter_map(secret).collect();
            accepted(named().and_then(|kid| secrets.iter().find(|key| key.kid() == kid)))
        }
        Some(_) => PublicKeys::from_jwk_set(&key.to_string())
            .is_ok_and(|keys| accepted(named().and_then(|kid| keys.verifying(&kid, UnixMillis(0))))),
        None if key["kty"] == "oct" => accepted(secret(key).as_ref()),
        None => accepted(public(key).as_ref()),
    }
}

/// Whether a signature of the bare message is accepted.
fn raw(key: &Value, case: &Case) -> bool {
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal")).collect()
    };
    let signature = Base64UrlUnpadded::encode_string(&bytes(&case.sig));
    public(key).is_some_and(|key| key.has_signed(&bytes(&case.msg), &signature))
}

fn public(key: &Value) -> Option<VerifyingKey> {
    let jwk: Jwk = serde_json::from_value(key.clone()).ok()?;
    VerifyingKey::from_jwk(&jwk).ok()
}

fn secret(key: &Value) -> Option<VerifyingKey> {
    let bytes = Base64UrlUnpadded::decode_vec(key["k"].as_str()?).ok()?;
    VerifyingKey::from_secret(key["kid"].as_str()?.to_owned(), &bytes).ok()
}

fn are_secrets(keys: &[Value]) -> bool {
    let names: HashSet<_> = keys.iter().map(|key| key["kid"].as_str()).collect();
    names.len() == keys.len() && keys.iter().all(|key| key["kty"] == "oct" && key["alg"] == "HS256")
}

#[derive(Deserialize)]
struct File {
    cases: usize,
    left_out: BTreeMap<String, usize>,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    key: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    tc_id: u32,
    comment: String,
    result: String,
    #[serde(default)]
    jws: Value,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    sig: String,
}

#[derive(Debug, Default)]
struct Run {
    accepted: usize,
    refused: usize,
    passed_over: usize,
}

impl File {
    fn read(text: &str) -> Self {
        serde_json::from_str(text).expect("trim.py writes JSON")
    }

    /// Runs every case; all that go otherwise than they should are named at once.
    fn run(&self, accepts: impl Fn(&Value, &Case) -> bool) -> Run {
        let (mut run, mut wrong) = (Run::default(), Vec::new());
        for group in &self.groups {
            for case in &group.cases {
                let accepted = accepts(&group.key, case);
                if let Some((reason, instead)) = passed_over(&case.comment, &group.key) {
                    assert_eq!(accepted, instead, "{}: {reason}", case.tc_id);
                    run.passed_over += 1;
                } else if accepted != (case.result == "valid") {
                    wrong.push(format!("{} {}: {}, accepted: {accepted}", case.tc_id, case.comment, case.result));
                } else if accepted {
                    run.accepted += 1;
                } else {
                    run.refused += 1;
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        run
    }
}

impl Run {
    fn total(&self, file: &File) -> usize {
        assert_eq!(self.accepted + self.refused + self.passed_over + file.left_out.values().sum::<usize>(), file.cases);
        file.cases
    }
}
