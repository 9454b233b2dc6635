//! HAProxy: a Lua action that asks, and `jwt_verify`.

use std::fs;
use std::path::Path;
use std::process::Command;

use jsonwebtoken::{Algorithm, EncodingKey};
use portcullis_tests::attacker::tokens::{Token, newest_key};
use serde_json::json;

use crate::checks::checks;
use crate::latency::added_latency;
use crate::recipe::{Mode, Ports, Recipe};
use crate::site::Site;

checks! { subrequest: SUBREQUEST }
checks! { offline: OFFLINE }
added_latency! { PLAIN; subrequest: SUBREQUEST, offline: OFFLINE }

pub(super) const SUBREQUEST: Recipe = Recipe {
    folder: "haproxy",
    files: &["subrequest.cfg"],
    mode: Mode::Subrequest,
    ports: Ports::ADDRESSES,
    command: |folder| haproxy(folder, "subrequest.cfg"),
    place: None,
    settings: |settings| settings,
    reads_keys: false,
    own_user: false,
    passes_clearance: false,
};

pub(super) const OFFLINE: Recipe = Recipe {
    files: &["offline.cfg"],
    mode: Mode::Offline,
    reads_keys: true,
    command: |folder| haproxy(folder, "offline.cfg"),
    ..SUBREQUEST
};

/// HAProxy as it is when it has not been reloaded since the key changed that signs.
const STALE: Recipe = Recipe {
    command: |folder| {
        fs::write(folder.join("keys/keys.map"), "another 1.pem\n").expect("a temporary folder can be written to");
        haproxy(folder, "offline.cfg")
    },
    ..OFFLINE
};

/// The verifier is gone, so that HAProxy alone decides: whom it does not admit is not let into a closed route.
#[tokio::test]
async fn offline_no_token_but_the_genuine_is_good() {
    let mut site = Site::behind(&OFFLINE).await;
    let text = site.client().token().await;
    let genuine = Token::parse(&text);
    let key = newest_key(&site.verifier.keys());
    let public = site.client().navigate("/.portcullis/jwks.json", "").await.body;
    site.verifier.process().kill_9();
    let claims = |members| genuine.claims_with(members).signed(&key).to_string();
    // By text: HAProxy wants the members in the verifier's order, too.
    let header = |from: &str, to: &str| {
        let changed = Token { header: genuine.header.replace(from, to), ..genuine.clone() };
        assert_ne!(changed.header, genuine.header);
        changed.signed(&key).to_string()
    };
    let kid = || genuine.header.split('"').nth(11).unwrap_or_default();
    let secret = EncodingKey::from_secret(public.as_bytes());
    let now = genuine.claim("iat").as_u64().expect("a token says when it was signed");
    let bad = [
        ("another issuer", claims(json!({ "iss": "another" }))),
        ("another audience", claims(json!({ "aud": "other.example" }))),
        ("a list as audience", claims(json!({ "aud": ["login.example"] }))),
        ("another network", claims(json!({ "net": "127.0.8.0/24" }))),
        ("a wider network", claims(json!({ "net": "127.0.0.0/8" }))),
        ("expired", claims(json!({ "exp": now - 6 }))),
        ("not yet valid", claims(json!({ "nbf": now + 600 }))),
        ("level 0", claims(json!({ "lvl": 0 }))),
        ("an expiry as text", claims(json!({ "exp": (now + 600).to_string() }))),
        ("no expiry", claims(json!({ "exp": null }))),
        ("no network", claims(json!({ "net": null }))),
        ("no audience", claims(json!({ "aud": null }))),
        ("another type", header("clearance+jwt", "JWT")),
        ("an unknown key", header(kid(), &"A".repeat(43))),
        ("no key named", header(&format!(",\"kid\":\"{}\"", kid()), "")),
        ("a key's address", header("}", ",\"jku\":\"http://127.0.0.1/\"}")),
        ("no algorithm", genuine.header_with(json!({ "alg": "none" })).with_signature(Vec::new()).to_string()),
        ("a public key as secret", {
            genuine.header_with(json!({ "alg": "HS256" })).signed_with(&secret, Algorithm::HS256).to_string()
        }),
        ("a signature of zeros", genuine.with_signature(vec![0; 64]).to_string()),
        ("a short signature", genuine.with_signature(genuine.signature[..63].to_vec()).to_string()),
        (
            "another's signature",
            claims(json!({ "jti": "x" })).rsplit_once('.').map_or_else(String::new, |(_, signature)| {
                format!("{}.{signature}", text.rsplit_once('.').map_or("", |(signed, _)| signed))
            }),
        ),
        ("padding", format!("{text}=")),
        ("a part more", format!("{text}.AAAA")),
        ("a long one", format!("{text}{}", "A".repeat(1024))),
    ];
    for (what, token) in bad {
        let answer = site.client().navigate_with("/login", &token).await;
        assert_eq!(answer.status, 503, "{what}: {answer:?}");
    }
    assert_eq!(site.client_at([127, 0, 8, 9]).navigate_with("/login", &text).await.status, 503);
    assert_eq!(site.origin.count(), 0);
    assert_eq!(site.client().navigate_with("/login", &text).await.status, 200);
    let renewed = claims(json!({ "nbf": now - 600, "jti": "another" }));
    assert_eq!(site.client().navigate_with("/login", &renewed).await.status, 200);
}

#[tokio::test]
async fn offline_the_verifier_is_asked_about_keys_that_are_not_known() {
    let mut site = Site::behind(&STALE).await;
    let token = site.client().token().await;
    assert_eq!(site.client().navigate_with("/login", &token).await.status, 200);
    site.verifier.process().kill_9();
    assert_eq!(site.client().navigate_with("/login", &token).await.status, 503);
}

#[tokio::test]
async fn what_the_verifier_cannot_be_asked_lets_nobody_in() {
    let site = Site::behind(&SUBREQUEST).await;
    for length in [4_000, 6_000, 8_000, 10_000, 12_000, 14_000, 15_000, 16_000, 40_000] {
        let long = "a".repeat(length);
        for answer in [
            site.client().navigate(&format!("/?{long}"), "").await,
            site.client().navigate("/", &format!("Cookie: {long}\r\n")).await,
            site.client().navigate(&format!("/?{}", &long[..3_000]), &format!("X-Long: {long}\r\n")).await,
        ] {
            assert!((400..500).contains(&answer.status), "{length}: {answer:?}");
        }
    }
    for line in ["OPTIONS * HTTP/1.1", "CONNECT login.example:443 HTTP/1.1"] {
        site.client().send(format!("{line}\r\nHost: login.example\r\nConnection: close\r\n\r\n").as_bytes()).await;
    }
    assert_eq!(site.origin.count(), 0);
}

#[test]
fn the_two_files_differ_in_one_block() {
    let read = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/haproxy").join(file);
        let text = fs::read_to_string(path).expect("the recipe is there");
        // The introductions differ, too.
        text.split_once("global\n").expect("there is a global section").1.to_owned()
    };
    let (subrequest, offline) = (read("subrequest.cfg"), read("offline.cfg"));
    let (before, block) = offline.split_once("    # [portcullis offline\n").expect("the block begins");
    let (_, after) = block.split_once("    # portcullis offline]\n").expect("the block ends");
    assert_eq!(subrequest, format!("{before}{after}"));
}

/// Without us.
const PLAIN: Recipe = Recipe {
    folder: "../tests/gateways/plain",
    files: &["haproxy.cfg"],
    command: |folder| haproxy(folder, "haproxy.cfg"),
    ..SUBREQUEST
};

/// One process. The socket it comes to itself by has a name on the machine, not in the folder: each test has its own.
fn haproxy(folder: &Path, file: &str) -> Command {
    let path = folder.join(file);
    let config = fs::read_to_string(&path).expect("the recipe was copied");
    assert!(config.contains(SOCKET), "{SOCKET} is not in {file}");
    let own = format!("abns@{}", folder.file_name().unwrap_or_default().to_string_lossy());
    fs::write(&path, config.replace(SOCKET, &own)).expect("a temporary folder can be written to");
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f", file]);
    command
}

const SOCKET: &str = "abns@portcullis-authorize";
