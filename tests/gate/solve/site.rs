//! Challenges from the address of a site.

use portcullis_challenge::Kind;
use portcullis_tests::attacker::wire;
use portcullis_tests::processes::{Settings, Verifier};
use serde_json::{Value, json};

use super::fake::Fake;
use super::{Ended, challenge, solve, solve_input, text};
use crate::program;

async fn verifier() -> Verifier {
    Verifier::start(Settings::in_front_of("http://127.0.0.1:9")).await
}

/// Whether the cookie that was printed admits.
async fn admits(verifier: &Verifier, ended: &Ended) -> bool {
    let token = ended.line().strip_prefix("portcullis=").expect("the cookie of plain HTTP on loopback");
    wire::status(&program::get(verifier.address(), "/.portcullis/authorize", Some(token)).await) == 200
}

#[tokio::test]
async fn any_address_of_a_site_brings_the_cookie_that_admits() {
    let verifier = verifier().await;
    for path in ["", "/", "/login?next=%2F"] {
        let ended = solve(&[&verifier.url(path)]).await;
        assert!(admits(&verifier, &ended).await);
        assert!(!ended.said.contains("eyJ"), "a token on standard error: {}", ended.said);
    }
    assert_eq!(verifier.log().count("solved"), 3);
}

#[tokio::test]
async fn either_kind_of_work_is_worth_a_cookie() {
    let verifier = verifier().await;
    for (solver, kind) in [("simd", "sha256"), ("scalar", "sha256"), ("pbkdf2", "pbkdf2"), ("js", "sha256")] {
        let ended = solve(&[&verifier.url(""), "--solver", solver]).await;
        assert!(admits(&verifier, &ended).await, "{solver}");
        let of_kind = program::get(verifier.address(), &format!("/.portcullis/challenge?solver={solver}"), None).await;
        let issued: Value = serde_json::from_slice(wire::body(&of_kind)).expect("a challenge is JSON");
        assert_eq!(issued["kind"], kind);
        let printed = solve_input(&["-", "--quiet"], wire::body(&of_kind)).await;
        let submitted = post(&verifier, printed.line()).await;
        assert_eq!(wire::status(&submitted), 200, "{}", String::from_utf8_lossy(&submitted));
    }
}

async fn post(verifier: &Verifier, body: &str) -> Vec<u8> {
    let (address, length) = (verifier.address(), body.len());
    let request = format!(
        "POST /.portcullis/redeem HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    wire::exchange(address, request.as_bytes()).await
}

#[tokio::test]
async fn a_refusal_is_told_with_its_code_and_the_verifier_s_words() {
    let settings = Settings::in_front_of("http://127.0.0.1:9").set("hosts", "[\"login.example\"]");
    let verifier = Verifier::start(settings).await;
    solve(&[&verifier.url("/")]).await.failed(6, &["refused with status 403 (denied): this host is not served here"]);

    // An issuer that is not the one asked to redeem.
    let issued = text(&challenge(Kind::Sha256, 4, 100, 60_000));
    let liar = json!({ "challenge": issued, "redeem": "/", "code": "x\u{1b}[31m", "detail": "y".repeat(9_000) });
    let fake = Fake::answering("403 Forbidden", &liar.to_string(), false).await;
    let ended = solve(&[&fake.url()]).await;
    ended.failed(6, &["refused with status 403 (x [31m): yyy", "yyy…"]);
    assert!(ended.said.len() < 1_000, "a stranger fills the terminal");
}

#[tokio::test]
async fn where_no_verifier_answers_it_says_so_and_what_to_look_at() {
    solve(&["http://127.0.0.1:1"]).await.failed(5, &["http://127.0.0.1:1: ", "refused", "check the address"]);
    solve(&["https://user:word@login.example"]).await.failed(2, &["expected an address such as https://"]);

    let page = Fake::answering("200 OK\r\nContent-Type: text/html", "<!doctype html>", false).await;
    solve(&[&page.url()])
        .await
        .failed(3, &["what http://127.0.0.1:", "/.portcullis/challenge answers is not a challenge"]);
    let missing = Fake::answering("404 Not Found", "nothing", false).await;
    solve(&[&missing.url()]).await.failed(5, &["status 404", "is Portcullis in front of this site?"]);
    let moved = Fake::answering("301 Moved\r\nLocation: https://login.example/", "", false).await;
    solve(&[&moved.url()]).await.failed(5, &["redirects to https://login.example/; give the address"]);
    let broken = Fake::answering("200 OK\r\nContent-Length: 100", "{", false).await;
    solve(&[&broken.url()]).await.failed(5, &["breaks off"]);
    let endless = Fake::answering("200 OK", &"{".repeat(10_000), true).await;
    solve(&[&endless.url()]).await.failed(5, &["too long"]);
}

#[tokio::test]
async fn work_is_never_shown_to_another_site() {
    let issued = text(&challenge(Kind::Sha256, 64, 1 << 30, 60_000));
    for elsewhere in ["http://127.0.0.1:1/steal", "127.0.0.1:1", "@127.0.0.1:1/", ""] {
        let fake = Fake::answering_json(&json!({ "challenge": issued, "redeem": elsewhere }).to_string()).await;
        // Half a minute of work is not begun: the status would be another.
        solve(&[&fake.url()]).await.failed(5, &["which is not a path on this site"]);
    }
    let no_cookie = text(&challenge(Kind::Sha256, 1, 2, 60_000));
    let fake = Fake::answering_json(&json!({ "challenge": no_cookie, "redeem": "/r" }).to_string()).await;
    solve(&[&fake.url()]).await.failed(5, &["no cookie came back"]);
}

#[tokio::test]
async fn a_site_that_is_too_busy_is_asked_again_and_not_for_ever() {
    let issued = json!({ "challenge": text(&challenge(Kind::Sha256, 1, 2, 60_000)), "redeem": "/r" }).to_string();
    let busy = ("503 Service Unavailable\r\nRetry-After: 1".to_owned(), "{}".to_owned());
    let offer = ("200 OK\r\nContent-Type: application/json".to_owned(), issued);
    let cookie = ("200 OK\r\nSet-Cookie: portcullis=a.b.c; Path=/".to_owned(), "{}".to_owned());
    let fake = Fake::answering_in_turn(vec![busy.clone(), offer, busy, cookie]).await;
    assert_eq!(solve(&[&fake.url()]).await.line(), "portcullis=a.b.c");

    let later = Fake::answering("503 Service Unavailable\r\nRetry-After: 3600", "", false).await;
    solve(&[&later.url()]).await.failed(5, &["status 503"]);
}
