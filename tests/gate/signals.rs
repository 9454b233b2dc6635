//! Signals: a client that raises them does more work, if the policy says so, and nobody is kept out by them.

use http::header::{CONTENT_TYPE, USER_AGENT};
use http::request::Builder;
use portcullis_tests::attacker::Submission;
use portcullis_tests::attacker::tokens::Token;
use portcullis_tests::in_process::{Answer, Gate, Plan, get, post};
use serde_json::{Value, json};

use crate::admin::Admin;

/// Signals of the page and of headers weigh as much as level 2 asks for, each; posts weigh as much, and are not a signal.
const WEIGHED: &str = r#"
[[level]]
level = 2
difficulty = 4.0
[[level]]
level = 3
difficulty = 8.0

[[threshold]]
weight = 10
action = "challenge"
level = 2
[[threshold]]
weight = 25
action = "deny"

[[rule]]
name = "driven"
action = "weigh"
weight = 10
signal = ["webdriver", "no-user-agent"]
[[rule]]
name = "traces"
action = "weigh"
weight = 20
signal = ["automation-globals"]
"#;

fn gate_with(policy: &str) -> Gate {
    Gate::start(Plan::with(&[]).under(policy))
}

fn of_level(level: u8) -> Builder {
    get(&format!("/.portcullis/challenge?level={level}"))
}

async fn solved(gate: &Gate, level: u8) -> Submission {
    Submission::solving(&gate.challenge_by(of_level(level)).await)
}

/// Redeems as a program that names itself, with what the page tells.
async fn redeem(gate: &Gate, submission: &Submission, signals: Value) -> Answer {
    let body = json!({ "challenge": submission.challenge, "solution": submission.solution, "signals": signals });
    let request = post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json").header(USER_AGENT, "test");
    gate.send_with(request, body.to_string()).await
}

/// The level of the token in an answer.
fn earned(answer: &Answer) -> Value {
    let token = answer.json()["token"].as_str().unwrap_or_else(|| panic!("no token in {answer:?}")).to_owned();
    Token::parse(&token).claim("lvl")
}

fn assert_more_work(answer: &Answer, level: u8) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "more-work"), "{answer:?}");
    assert_eq!(answer.json()["level"], level);
}

#[tokio::test]
async fn who_raises_a_signal_that_weighs_does_more_work_and_is_cleared() {
    let gate = gate_with(WEIGHED);
    let first = solved(&gate, 1).await;
    assert_more_work(&redeem(&gate, &first, json!(["webdriver", "of-tomorrow"])).await, 2);
    assert_more_work(&redeem(&gate, &first, json!(["webdriver"])).await, 2);
    let second = solved(&gate, 2).await;
    assert_eq!(earned(&redeem(&gate, &second, json!(["webdriver"])).await), 2);
    assert_eq!(earned(&redeem(&gate, &first, json!([])).await), 1, "nothing was claimed");
}

#[tokio::test]
async fn no_weight_of_signals_keeps_anybody_out() {
    let gate = gate_with(WEIGHED);
    let all = || json!(["webdriver", "automation-globals", "no-languages"]);
    for level in [1, 2] {
        assert_more_work(&redeem(&gate, &solved(&gate, level).await, all()).await, 3);
    }
    assert_eq!(earned(&redeem(&gate, &solved(&gate, 3).await, all()).await), 3);
}

#[tokio::test]
async fn without_signals_everybody_passes_at_the_usual_level() {
    let gate = gate_with(WEIGHED);
    assert_eq!(earned(&redeem(&gate, &solved(&gate, 1).await, json!([])).await), 1);
    let solution = solved(&gate, 1).await;
    let bare = gate.redeem_by(&solution, post("/.portcullis/redeem").header(USER_AGENT, "test")).await;
    assert_eq!(earned(&bare), 1);
}

#[tokio::test]
async fn the_policy_that_every_site_begins_with_takes_two_kinds_of_signals_for_more_work_and_none_for_a_wall() {
    let gate = Gate::lowered();
    for one_kind in [json!(["webdriver", "automation-globals", "patched-navigator"]), json!(["no-window-size"])] {
        assert_eq!(earned(&redeem(&gate, &solved(&gate, 1).await, one_kind).await), 1);
    }
    let all: Vec<_> = portcullis_policy::Signal::ALL.iter().map(|signal| signal.name()).collect();
    for several in [json!(["webdriver", "no-window-size"]), json!(all)] {
        assert_more_work(&redeem(&gate, &solved(&gate, 1).await, several.clone()).await, 2);
        assert_eq!(earned(&redeem(&gate, &solved(&gate, 2).await, several).await), 2);
    }
}

#[tokio::test]
async fn headers_of_the_submission_count_too_and_a_page_tells_nothing_of_them() {
    let gate = gate_with(WEIGHED);
    let solution = solved(&gate, 1).await;
    assert_more_work(&gate.redeem(&solution).await, 2);
    assert_eq!(earned(&redeem(&gate, &solution, json!(["no-user-agent"])).await), 1);
}

#[tokio::test]
async fn what_weighs_and_is_no_signal_does_not_count_against_a_submission() {
    let posts = "\n[[rule]]\nname = \"posts\"\naction = \"weigh\"\nweight = 10\nmethod = [\"POST\"]\n";
    let gate = gate_with(&format!("{WEIGHED}{posts}"));
    assert_eq!(earned(&redeem(&gate, &solved(&gate, 1).await, json!([])).await), 1);
    assert_more_work(&redeem(&gate, &solved(&gate, 2).await, json!(["webdriver", "automation-globals"])).await, 3);
}

#[tokio::test]
async fn signals_have_a_form_and_a_bound() {
    let gate = gate_with(WEIGHED);
    let solution = solved(&gate, 1).await;
    for signals in
        [json!("webdriver"), json!([1]), json!({}), json!(vec!["x"; 33]), json!(["x".repeat(65)]), json!([null])]
    {
        let answer = redeem(&gate, &solution, signals.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "malformed"), "{signals}");
    }
    assert_eq!(earned(&redeem(&gate, &solution, json!(vec!["x"; 32])).await), 1);
}

#[tokio::test]
async fn signals_are_counted_by_name_and_by_nothing_else() {
    let gate = gate_with(WEIGHED);
    let admin = Admin::of(&gate);
    let before = admin.get("/metrics").await;
    let counted = |metrics: &str, name: &str| {
        let series = format!("portcullis_signals_total{{signal=\"{name}\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&series)?.parse().ok()).unwrap_or(-1)
    };
    assert_eq!(counted(&before, "webdriver"), 0);
    redeem(&gate, &solved(&gate, 1).await, json!(["webdriver", "of-tomorrow"])).await;
    gate.send(get("/login")).await;
    gate.send(get("/login").header(USER_AGENT, "curl/8.5.0")).await;
    let after = admin.get("/metrics").await;
    for (name, count) in [("webdriver", 1), ("no-user-agent", 1), ("http-library", 1), ("of-tomorrow", -1)] {
        assert_eq!(counted(&after, name), count, "{name}");
    }
    assert_eq!(before.lines().count(), after.lines().count());
}
