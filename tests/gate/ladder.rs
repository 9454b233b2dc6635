//! What each solver is asked for, and that the verifier alone decides it.

use http::StatusCode;
use portcullis_challenge::{Challenge, Kind};
use portcullis_tests::attacker::Submission;
use portcullis_tests::in_process::{Answer, Gate, from, get, navigation};

const SETTINGS: [&str; 1] = ["challenge.difficulty=4194304"];

async fn asked(gate: &Gate, query: &str) -> Answer {
    gate.send(get(&format!("/.portcullis/challenge{query}"))).await
}

fn compressions(answer: &Answer) -> f64 {
    answer.challenge().expect("a challenge").fields.compressions() as f64
}

#[tokio::test]
async fn each_solver_is_asked_for_its_share_of_the_work() {
    let gate = Gate::with(&SETTINGS);
    let whole = compressions(&asked(&gate, "").await);
    for (query, kind, fraction) in [
        ("?solver=simd", "sha256", 1.0),
        ("?solver=scalar", "sha256", 0.35),
        ("?solver=pbkdf2", "pbkdf2", 0.4),
        ("?solver=js", "sha256", 0.1),
        ("?x=1&solver=%6a%73&solver=simd", "sha256", 0.1),
        ("?other=js", "sha256", 1.0),
    ] {
        let answer = asked(&gate, query).await;
        let got = compressions(&answer) / whole;
        assert!((got / fraction - 1.0).abs() < 0.02, "{query}: {got} of the work instead of {fraction}");
        let json = answer.json();
        assert_eq!(json["kind"], kind, "{query}");
        assert_eq!(json["difficulty"], answer.challenge().unwrap().fields.difficulty().attempts(), "{query}");
    }
}

#[tokio::test]
async fn the_shares_are_the_operators() {
    let gate = Gate::with(&[
        "challenge.difficulty=4194304",
        "challenge.scalar_fraction=1",
        "challenge.javascript_fraction=0.5",
    ]);
    let whole = compressions(&asked(&gate, "").await);
    assert_eq!(compressions(&asked(&gate, "?solver=scalar").await), whole);
    assert!((compressions(&asked(&gate, "?solver=js").await) / whole - 0.5).abs() < 0.01);
}

#[tokio::test]
async fn a_solver_nobody_knows_is_refused_and_not_guessed() {
    let gate = Gate::lowered();
    for query in ["?solver=", "?solver=SIMD", "?solver=gpu", "?solver=js%00", "?solver"] {
        let answer = asked(&gate, query).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "malformed"), "{query}");
        assert!(answer.text().contains("simd, scalar, pbkdf2, js"), "{}", answer.text());
    }
}

#[tokio::test]
async fn over_tls_plain_javascript_gets_no_discount() {
    let gate = Gate::with(&["challenge.difficulty=4194304", "client_ip.trusted_proxies=[\"203.0.113.7\"]"]);
    let over_tls = async |query: &str| {
        let request = get(&format!("/.portcullis/challenge{query}")).header("x-forwarded-proto", "https");
        compressions(&gate.send(request).await)
    };
    assert_eq!(over_tls("?solver=js").await, over_tls("?solver=scalar").await);
    assert!(compressions(&asked(&gate, "?solver=js").await) < 0.5 * over_tls("?solver=js").await);
}

#[tokio::test]
async fn the_page_holds_the_challenge_of_current_browsers() {
    let gate = Gate::with(&SETTINGS);
    let page = gate.send(navigation("/login?solver=js")).await;
    let challenge = page.challenge().expect("the page has a challenge");
    assert_eq!((challenge.fields.kind, challenge.fields.compressions()), (Kind::Sha256, 1 << 22));
}

#[tokio::test]
async fn every_solver_earns_the_same_token() {
    let gate = Gate::lowered();
    for (number, solver) in ["simd", "scalar", "pbkdf2", "js"].into_iter().enumerate() {
        let address = format!("198.51.{number}.7");
        let request = from(get(&format!("/.portcullis/challenge?solver={solver}")), &address);
        let challenge: Challenge = gate.challenge_by(request).await;
        let answer = gate.redeem_from(&Submission::solving(&challenge), &address).await;
        assert_eq!(answer.status, StatusCode::OK, "{solver}: {}", answer.text());
        assert!(answer.json()["token"].is_string());
    }
}
