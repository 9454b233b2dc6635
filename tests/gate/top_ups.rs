//! Top-ups: who has a token and has changed the network, or used it up, does an eighth of the work; who has stolen one
//! does that work each time, a bounded number of times, for a budget that is shared.

use http::header::COOKIE;
use portcullis_tests::attacker::Submission;
use portcullis_tests::attacker::tokens::Token;
use portcullis_tests::in_process::{Answer, CLIENT, Gate, Origin, from, get, navigation, post};

const ELSEWHERE: &str = "198.51.100.9";

fn with(request: http::request::Builder, token: &str, address: &str) -> http::request::Builder {
    from(request.header(COOKIE, format!("__Host-portcullis={token}")), address)
}

/// Solves the challenge that a client with `token` is given at `address`, and submits it from there.
async fn top_up(gate: &Gate, token: &str, address: &str) -> Answer {
    let challenge = gate.challenge_by(with(get("/.portcullis/challenge"), token, address)).await;
    gate.redeem_by(&Submission::solving(&challenge), with(post("/.portcullis/redeem"), token, address)).await
}

fn token_in(answer: &Answer) -> String {
    answer.json()["token"].as_str().unwrap_or_else(|| panic!("no token in {answer:?}")).to_owned()
}

fn attempts(challenge: &portcullis_challenge::Challenge) -> u32 {
    challenge.fields.difficulty().attempts()
}

#[tokio::test]
async fn a_visitor_who_changed_the_network_does_an_eighth_of_the_work_and_keeps_the_token_s_name_and_end() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[]);
    let token = gate.token().await;
    let page = gate.send(with(navigation("/"), &token, ELSEWHERE)).await;
    assert!(page.is_page());
    let asked = page.challenge().unwrap();
    assert_eq!(attempts(&asked) * 8, attempts(&gate.challenge().await));

    gate.clock().advance(std::time::Duration::from_secs(30));
    let answer =
        gate.redeem_by(&Submission::solving(&asked), with(post("/.portcullis/redeem"), &token, ELSEWHERE)).await;
    let moved = token_in(&answer);
    let (before, after) = (Token::parse(&token), Token::parse(&moved));
    for claim in ["jti", "exp", "iat", "aud", "lvl"] {
        assert_eq!(before.claim(claim), after.claim(claim), "{claim}");
    }
    assert_eq!(after.claim("net"), "198.51.100.0/24");
    assert_eq!(answer.json()["expires_in"], 15 * 60 - 30);
    assert!(answer.cookies()[0].contains("Max-Age=870"), "{:?}", answer.cookies());
    assert_eq!(gate.send(with(navigation("/"), &moved, ELSEWHERE)).await.status, 200);
    assert!(gate.send(with(navigation("/"), &moved, CLIENT)).await.is_page(), "it is good in one network");
}

#[tokio::test]
async fn a_small_challenge_is_worth_nothing_without_its_token() {
    let gate = Gate::lowered();
    let (token, other) = (gate.token().await, gate.token().await);
    let small = gate.challenge_by(with(get("/.portcullis/challenge"), &token, ELSEWHERE)).await;
    let solved = Submission::solving(&small);
    let redeem = || post("/.portcullis/redeem");
    for (what, request) in [
        ("no token", from(redeem(), ELSEWHERE)),
        ("another token", with(redeem(), &other, ELSEWHERE)),
        ("no token of ours", with(redeem(), "x.y.z", ELSEWHERE)),
        ("a third network", with(redeem(), &token, "192.0.2.1")),
        ("the token's own network", with(redeem(), &token, CLIENT)),
    ] {
        let answer = gate.redeem_by(&solved, request).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "wrong-binding"), "{what}");
    }
    let answer = gate.redeem_by(&solved, with(redeem(), &token, ELSEWHERE)).await;
    assert_eq!(answer.status, 200, "a refused submission burnt nothing");
    let again = gate.redeem_by(&solved, with(redeem(), &token, ELSEWHERE)).await;
    assert_eq!(again.code(), "replayed");
}

#[tokio::test]
async fn a_stolen_token_costs_its_thief_work_each_time_and_ends_after_eight() {
    let gate = Gate::lowered();
    let token = gate.token().await;
    for number in 0..8 {
        let thief = format!("198.51.{number}.1");
        assert!(gate.send(with(navigation("/"), &token, &thief)).await.is_page());
        assert_eq!(top_up(&gate, &token, &thief).await.status, 200, "{thief}");
    }
    let full = gate.challenge().await;
    let asked = gate.challenge_by(with(get("/.portcullis/challenge"), &token, "198.51.8.1")).await;
    assert_eq!(attempts(&asked), attempts(&full), "from now on a new token is asked for");
    let answer = top_up(&gate, &token, "198.51.8.1").await;
    assert_ne!(Token::parse(&token_in(&answer)).claim("jti"), Token::parse(&token).claim("jti"));
}

#[tokio::test]
async fn the_last_top_up_is_had_once_by_however_many_solutions() {
    let gate = Gate::with(&["clearance.top_ups=1"]);
    let token = gate.token().await;
    let mut solved = Vec::new();
    for number in 0..4 {
        let address = format!("198.51.{number}.1");
        let challenge = gate.challenge_by(with(get("/.portcullis/challenge"), &token, &address)).await;
        solved.push((Submission::solving(&challenge), address));
    }
    let mut topped_up = 0;
    for (submission, address) in &solved {
        let answer = gate.redeem_by(submission, with(post("/.portcullis/redeem"), &token, address)).await;
        topped_up += usize::from(answer.status == 200);
    }
    assert_eq!(topped_up, 1);
}

#[tokio::test]
async fn a_spent_budget_gets_the_share_back_that_was_worked_for() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["clearance.requests=16", "clearance.refill=1h"]);
    let token = gate.token().await;
    for _ in 0..16 {
        assert_eq!(gate.show(&token, "/").await.status, 200);
    }
    assert_eq!(gate.show(&token, "/").await.status, 429);
    let more = token_in(&top_up(&gate, &token, CLIENT).await);
    for _ in 0..2 {
        assert_eq!(gate.show(&more, "/").await.status, 200);
    }
    // The old text and the new one are one token.
    assert_eq!(gate.show(&more, "/").await.status, 429);
    assert_eq!(gate.show(&token, "/").await.status, 429);
}

#[tokio::test]
async fn an_expired_token_is_not_topped_up() {
    let gate = Gate::lowered();
    let token = gate.token().await;
    gate.clock().advance(std::time::Duration::from_secs(15 * 60 + 6));
    let asked = gate.challenge_by(with(get("/.portcullis/challenge"), &token, ELSEWHERE)).await;
    assert_eq!(attempts(&asked), attempts(&gate.challenge().await));
}

#[tokio::test]
async fn no_top_ups_where_none_are_wanted() {
    let gate = Gate::with(&["clearance.top_ups=0"]);
    let token = gate.token().await;
    let asked = gate.challenge_by(with(get("/.portcullis/challenge"), &token, ELSEWHERE)).await;
    assert_eq!(attempts(&asked), attempts(&gate.challenge().await));
}
