//! Envoy: `ext_authz` over HTTP and over gRPC, and `jwt_authn`.

use std::path::Path;
use std::process::Command;

use portcullis_tests::attacker::tokens::{Token, newest_key};
use portcullis_tests::processes::{Settings, installed};
use serde_json::{Value, json};

use crate::checks::checks;
use crate::latency::added_latency;
use crate::recipe::{Mode, Ports, Recipe};
use crate::site::Site;

checks! { ext_authz_http: EXT_AUTHZ_HTTP }
checks! { ext_authz_grpc: EXT_AUTHZ_GRPC }
checks! { jwt_authn: JWT_AUTHN }
added_latency! { PLAIN; ext_authz_http: EXT_AUTHZ_HTTP, ext_authz_grpc: EXT_AUTHZ_GRPC, jwt_authn: JWT_AUTHN }

pub(super) const EXT_AUTHZ_HTTP: Recipe = Recipe {
    folder: "envoy",
    files: &["ext-authz-http.yaml"],
    mode: Mode::Subrequest,
    // The verifier's URL in these files is only a name; the port that counts is the cluster's.
    ports: Ports { verifier: "port_value: 8080", origin: "port_value: 3000", gateway: "port_value: 8000" },
    place: None,
    command: |folder| envoy(folder, "ext-authz-http.yaml"),
    settings: |settings| settings,
    // The program is in the user's own cache.
    reads_keys: false,
    own_user: true,
    passes_clearance: false,
};

pub(super) const EXT_AUTHZ_GRPC: Recipe = Recipe {
    files: &["ext-authz-grpc.yaml"],
    command: |folder| envoy(folder, "ext-authz-grpc.yaml"),
    ..EXT_AUTHZ_HTTP
};

pub(super) const JWT_AUTHN: Recipe = Recipe {
    files: &["jwt-authn.yaml"],
    mode: Mode::Offline,
    command: |folder| envoy(folder, "jwt-authn.yaml"),
    ..EXT_AUTHZ_HTTP
};

/// Without us.
const PLAIN: Recipe = Recipe {
    folder: "../tests/gateways/plain",
    files: &["envoy.yaml"],
    command: |folder| envoy(folder, "envoy.yaml"),
    ..EXT_AUTHZ_HTTP
};

/// One worker thread, and no shared memory, by which it would find others of its kind.
fn envoy(folder: &Path, file: &str) -> Command {
    let mut command = installed("envoy");
    command.arg("-c").arg(folder.join(file)).args(["--concurrency", "1", "--disable-hot-restart", "-l", "warning"]);
    command
}

/// What the page cannot keep whole, it does not keep.
#[tokio::test]
async fn a_form_is_kept_whole_or_not_at_all() {
    let from_here = "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\n";
    for recipe in [&EXT_AUTHZ_HTTP, &EXT_AUTHZ_GRPC, &JWT_AUTHN] {
        let site = Site::behind(recipe).await;
        for (target, length, notice) in [
            ("/login", 60_000, "carried"),
            ("/letter", 60_000, "carried"),
            ("/login", 70_000, "lost"),
            ("/letter", 70_000, "lost"),
        ] {
            let form = format!("text={}", "a".repeat(length));
            let answer = site.client().post(target, "application/x-www-form-urlencoded", from_here, &form).await;
            assert!(answer.body.contains(&format!("data-form-notice=\"{notice}\"")), "{target}, {length}: {answer:?}");
        }
    }
}

/// Envoy decides alone on what it is told of a token, and asks about all others.
#[tokio::test]
async fn jwt_authn_asks_about_nobody_with_a_good_token() {
    for algorithm in ["es256", "eddsa"] {
        let signing = |settings: Settings| settings.set("clearance.algorithm", &format!("{algorithm:?}"));
        let site = Site::with(&JWT_AUTHN, signing).await;
        let token = site.client().token().await;
        for _ in 0..3 {
            assert_eq!(site.client().navigate_with("/login", &token).await.status, 200, "{algorithm}");
        }
        assert_eq!((site.origin.count(), site.verifier.log().count("admitted")), (3, 0), "{algorithm}");
    }
}

/// Signed right, and wrong in one thing: what Envoy would let through, the recipe does not.
#[tokio::test]
async fn jwt_authn_refuses_tokens_that_are_wrong_in_one_thing() {
    let site = Site::behind(&JWT_AUTHN).await;
    let token = site.client().token().await;
    let (genuine, key) = (Token::parse(&token), newest_key(&site.verifier.keys()));
    let again = genuine.clone().signed(&key).to_string();
    assert_eq!(site.client().navigate_with("/", &again).await.status, 200, "a token signed again is as good");
    let headers = [
        json!({ "typ": "JWT" }),
        json!({ "typ": null }),
        json!({ "kid": null }),
        json!({ "kid": 7 }),
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "jku": "http://127.0.0.1/keys" }),
        json!({ "jwk": {} }),
        json!({ "crit": ["b64"], "b64": false }),
    ];
    let claims = [
        json!({ "iss": "another" }),
        json!({ "iss": null }),
        json!({ "aud": "other.example" }),
        json!({ "aud": ["login.example"] }),
        json!({ "aud": null }),
        json!({ "exp": null }),
        json!({ "exp": 1 }),
        json!({ "nbf": null }),
        json!({ "nbf": 4_000_000_000_u64 }),
        json!({ "net": "127.0.8.0/24" }),
        json!({ "net": "::/0" }),
        json!({ "net": "everywhere" }),
        json!({ "net": null }),
        json!({ "lvl": 0 }),
        json!({ "lvl": null }),
    ];
    let refused = async |wrong: Token, what: &Value| {
        let answer = site.client().navigate_with("/", &wrong.signed(&key).to_string()).await;
        assert_eq!((answer.status, answer.action()), (403, "challenge"), "{what}: {answer:?}");
    };
    for members in headers {
        refused(genuine.header_with(members.clone()), &members).await;
    }
    for members in claims {
        refused(genuine.claims_with(members.clone()), &members).await;
    }
}
