//! Levels: a higher one costs more, admits wherever a lower one does, and cannot be had for the price of a lower one.

use std::time::Duration;

use http::header::COOKIE;
use portcullis_tests::attacker::Submission;
use portcullis_tests::attacker::tokens::Token;
use portcullis_tests::in_process::{Answer, CLIENT, Gate, HOST, Origin, from, get, navigation, post};

const POLICY: &str = r#"
[[level]]
level = 2
difficulty = 4.0
lifetime = "5m"
binding = "address"

[[level]]
level = 3
difficulty = 8.0

[[rule]]
name = "vault"
action = "challenge"
level = 2
path = ["/vault/*"]
"#;
const NEIGHBOUR: &str = "203.0.113.8";

async fn site() -> (Gate, Origin) {
    let origin = Origin::start().await;
    (Gate::under(POLICY, &origin, &[]), origin)
}

/// Does the work that an answer asks for.
async fn pay(gate: &Gate, asked: &Answer) -> String {
    let challenge = asked.challenge().unwrap_or_else(|| panic!("no challenge in {asked:?}"));
    token_in(&gate.redeem(&Submission::solving(&challenge)).await)
}

fn token_in(answer: &Answer) -> String {
    answer.json()["token"].as_str().unwrap_or_else(|| panic!("no token in {answer:?}")).to_owned()
}

async fn at_level(gate: &Gate, level: u8) -> Answer {
    gate.send(get(&format!("/.portcullis/challenge?level={level}"))).await
}

fn attempts(answer: &Answer) -> u32 {
    answer.challenge().unwrap_or_else(|| panic!("no challenge in {answer:?}")).fields.difficulty().attempts()
}

#[tokio::test]
async fn a_higher_level_costs_its_multiple_and_admits_where_a_lower_one_does() {
    let (gate, _origin) = site().await;
    let (page, vault) = (gate.send(navigation("/")).await, gate.send(navigation("/vault/1")).await);
    let times = f64::from(attempts(&vault)) / f64::from(attempts(&page));
    assert!((3.9..4.1).contains(&times), "{times}");
    assert!(page.text().contains("data-level=\"1\"") && vault.text().contains("data-level=\"2\""));

    let (low, high) = (pay(&gate, &page).await, pay(&gate, &vault).await);
    assert_eq!((Token::parse(&low).claim("lvl"), Token::parse(&high).claim("lvl")), (1.into(), 2.into()));
    for (token, target, admitted) in
        [(&low, "/", true), (&low, "/vault", false), (&high, "/", true), (&high, "/vault", true)]
    {
        assert_eq!(gate.show(token, target).await.status == 200, admitted, "{target}");
    }
    assert!(gate.show(&low, "/vault").await.text().contains("data-level=\"2\""), "its holder is told what is missing");
}

#[tokio::test]
async fn work_for_one_level_earns_that_level_and_no_other() {
    let (gate, _origin) = site().await;
    for level in [1_u8, 2, 3] {
        let token = pay(&gate, &at_level(&gate, level).await).await;
        assert_eq!(Token::parse(&token).claim("lvl"), serde_json::Value::from(level));
    }
    // The cheapest there is, whatever is written beside it.
    assert_eq!(attempts(&at_level(&gate, 1).await), attempts(&gate.send(get("/.portcullis/challenge")).await));
    // A level that this policy does not have is its highest; one that no policy can have is none.
    assert_eq!(attempts(&at_level(&gate, 4).await), attempts(&at_level(&gate, 3).await));
    for none in ["0", "5", "-1", "2x", "", "256"] {
        let answer = gate.send(get(&format!("/.portcullis/challenge?level={none}"))).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "malformed"), "{none:?}");
    }
}

#[tokio::test]
async fn a_token_of_a_level_lives_and_is_good_where_the_level_says() {
    let (gate, _origin) = site().await;
    let low = pay(&gate, &at_level(&gate, 1).await).await;
    let high = pay(&gate, &at_level(&gate, 2).await).await;
    assert_eq!(Token::parse(&high).claim("net"), format!("{CLIENT}/32"));
    let show =
        |token: &str, address| from(navigation("/").header(COOKIE, format!("__Host-portcullis={token}")), address);
    assert_eq!(gate.send(show(&low, NEIGHBOUR)).await.status, 200);
    assert_eq!(gate.send(show(&high, NEIGHBOUR)).await.status, 403, "it is bound to the address");
    gate.clock().advance(Duration::from_secs(5 * 60 + 6));
    assert_eq!(gate.show(&low, "/").await.status, 200);
    assert_eq!(gate.show(&high, "/").await.status, 403, "it is good for five minutes");
}

#[tokio::test]
async fn a_token_is_topped_up_at_its_own_level_s_price_and_stays_at_it() {
    let (gate, _origin) = site().await;
    let high = pay(&gate, &at_level(&gate, 2).await).await;
    let cookie = format!("__Host-portcullis={high}");
    let whole = attempts(&at_level(&gate, 2).await);
    let asked = gate.send(from(get("/.portcullis/challenge?level=1").header(COOKIE, &cookie), NEIGHBOUR)).await;
    assert_eq!(attempts(&asked) * 8, whole, "asking for less does not make it cheaper");
    let submission = Submission::solving(&asked.challenge().unwrap());
    let redeem = from(post("/.portcullis/redeem").header(COOKIE, &cookie), NEIGHBOUR);
    let moved = token_in(&gate.redeem_by(&submission, redeem).await);
    assert_eq!(Token::parse(&moved).claim("lvl"), 2);
    assert_eq!(Token::parse(&moved).claim("net"), format!("{NEIGHBOUR}/32"));
    // A token of level 1 does not lead to a small challenge of level 2.
    let low = pay(&gate, &at_level(&gate, 1).await).await;
    let asked = gate.show(&low, "/vault").await;
    assert_eq!(attempts(&asked), whole);
}

#[tokio::test]
async fn a_look_is_at_the_level_it_names() {
    let (gate, _origin) = site().await;
    let low = pay(&gate, &at_level(&gate, 1).await).await;
    for (level, status) in [("", 200), ("?level=1", 200), ("?level=2", 403), ("?level=9", 403)] {
        let look = get(&format!("/.portcullis/authorize{level}")).header(COOKIE, format!("__Host-portcullis={low}"));
        assert_eq!(gate.send(look).await.status, status, "{level}");
    }
}

#[tokio::test]
async fn a_program_is_told_where_the_challenge_of_its_level_is() {
    let (gate, _origin) = site().await;
    let answer = gate.send(get("/vault")).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "challenge-required"));
    assert_eq!(answer.json()["level"], 2);
    assert!(answer.text().contains("/.portcullis/challenge?level=2"), "{} at {HOST}", answer.text());
}
