//! What a token admits: at most N requests at once, by rule or in all, one more every so often, and no more for ten thousand
//! clients than for one.

use std::time::Duration;

use http::header::COOKIE;
use http::{Method, Request};
use portcullis_tests::in_process::{Answer, Gate, HOST, Origin, from, navigation};

const POLICY: &str = r#"
    [[rule]]
    name = "login-posts"
    action = "challenge"
    method = ["POST"]
    path = ["/login", "/account/*"]
    budget = { requests = 2, refill = "1m" }
    [[rule]]
    name = "pages"
    action = "challenge"
    budget = { requests = 5, refill = "10s" }
"#;

async fn ask(gate: &Gate, token: &str, method: Method, target: &str) -> Answer {
    let request = Request::builder().method(method).uri(target).header("host", HOST);
    gate.send(request.header(COOKIE, format!("__Host-portcullis={token}"))).await
}

#[tokio::test]
async fn a_spent_budget_is_429_until_it_refills() {
    let origin = Origin::start().await;
    let gate = Gate::under(POLICY, &origin, &[]);
    let token = gate.token().await;
    for _ in 0..2 {
        assert_eq!(ask(&gate, &token, Method::POST, "/login").await.status, 200);
    }
    let spent = ask(&gate, &token, Method::POST, "/login").await;
    assert_eq!((spent.status.as_u16(), spent.code().as_str()), (429, "budget-spent"));
    assert_eq!((spent.header("retry-after"), spent.header("portcullis-action")), ("60", "budget"));
    assert_eq!(origin.arrived().len(), 2);
    assert_eq!(ask(&gate, &token, Method::GET, "/login").await.status, 200, "another rule");

    gate.clock().advance(Duration::from_secs(59));
    assert_eq!(ask(&gate, &token, Method::POST, "/login").await.header("retry-after"), "1");
    gate.clock().advance(Duration::from_secs(1));
    assert_eq!(ask(&gate, &token, Method::POST, "/login").await.status, 200);
}

#[tokio::test]
async fn a_login_spelt_otherwise_counts_as_a_login() {
    let origin = Origin::start().await;
    let gate = Gate::under(POLICY, &origin, &[]);
    let token = gate.token().await;
    for target in ["/%6cogin", "//login"] {
        assert_eq!(ask(&gate, &token, Method::POST, target).await.status, 200, "{target}");
    }
    for target in [
        "/login",
        "/LOGIN",
        "/./login",
        "/x/..%2flogin",
        "/login;a=b",
        "/login/",
        "/account/%2e%2e/login",
        "/%256cogin",
    ] {
        assert_eq!(ask(&gate, &token, Method::POST, target).await.status, 429, "{target}");
    }
}

/// Attack 13: one token, handed out to ten thousand clients of its network.
#[tokio::test]
async fn ten_thousand_clients_with_one_token_get_what_one_gets() {
    let origin = Origin::start().await;
    let gate = Gate::under(POLICY, &origin, &[]);
    let cookie = format!("__Host-portcullis={}", gate.token().await);
    let mut admitted = 0;
    for client in 0..10_000 {
        let request = from(navigation("/").header(COOKIE, &cookie), &format!("203.0.113.{}", client % 256));
        admitted += usize::from(gate.send(request).await.status == 200);
    }
    assert_eq!((admitted, origin.arrived().len()), (5, 5));
}

#[tokio::test]
async fn a_navigation_over_budget_gets_the_page_with_a_small_challenge() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["clearance.requests=1", "clearance.refill=1h"]);
    let token = gate.token().await;
    assert_eq!(gate.show(&token, "/").await.status, 200);
    let page = gate.show(&token, "/").await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "3600"));
    assert_eq!(page.header("cache-control"), "no-store");
    let (asked, full) = (page.challenge().unwrap(), gate.challenge().await);
    let attempts = |challenge: portcullis_challenge::Challenge| challenge.fields.difficulty().attempts();
    assert_eq!(attempts(asked) * 8, attempts(full));
}

/// What has no budget of its own shares one, of which there are many.
#[tokio::test]
async fn a_rule_without_a_budget_counts_with_all_else() {
    const TWO_RULES: &str = r#"
        [[rule]]
        name = "account"
        action = "challenge"
        path = ["/account/*"]
        [[rule]]
        name = "login-posts"
        action = "challenge"
        path = ["/login"]
        budget = { requests = 1, refill = "1h" }
    "#;
    let origin = Origin::start().await;
    let gate = Gate::under(TWO_RULES, &origin, &[]);
    let token = gate.token().await;
    assert_eq!(gate.show(&token, "/login").await.status, 200);
    assert_eq!(gate.show(&token, "/login").await.status, 429);
    for request in 0..600 {
        let target = if request % 2 == 0 { "/account/" } else { "/" };
        assert_eq!(gate.show(&token, target).await.status, 200, "{request}");
    }
    assert_eq!(gate.show(&token, "/account/").await.status, 429);
    assert_eq!(gate.show(&token, "/").await.status, 429);
}

/// A policy that is read again counts on: a reload does not give a fresh budget.
#[tokio::test]
async fn a_reloaded_policy_counts_on_by_the_names_of_its_rules() {
    let origin = Origin::start().await;
    let gate = Gate::under(POLICY, &origin, &[]);
    let token = gate.token().await;
    for _ in 0..2 {
        assert_eq!(ask(&gate, &token, Method::POST, "/login").await.status, 200);
    }
    let first = "[[rule]]\nname = \"feeds\"\naction = \"allow\"\npath = [\"/feed\"]\n";
    gate.comes_under(&format!("{first}{POLICY}"));
    assert_eq!(ask(&gate, "none", Method::GET, "/feed").await.status, 200, "the new policy is in use");
    assert_eq!(ask(&gate, &token, Method::POST, "/login").await.status, 429);
}

#[tokio::test]
async fn with_no_room_to_count_a_token_waits_and_a_rule_that_fails_open_lets_it_go_on() {
    const OPEN: &str = r#"
        [[rule]]
        name = "checkout"
        action = "challenge"
        fail = "open"
        path = ["/checkout"]
    "#;
    let origin = Origin::start().await;
    let gate = Gate::under(OPEN, &origin, &["limits.budgets=1"]);
    let (first, second) = (gate.token().await, gate.token().await);
    assert_eq!(gate.show(&first, "/").await.status, 200, "it takes all the room");
    let refused = gate.show(&second, "/").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "10"));
    assert_eq!(gate.show(&second, "/checkout").await.status, 200);
    assert_eq!(gate.show("none", "/checkout").await.status, 403, "it is not an open door");
}

#[test]
fn budgets_that_mean_nothing_are_refused_with_the_fix() {
    for (set, said) in [
        ("clearance.requests=0", "out of range"),
        ("clearance.refill=0s", "out of range"),
        ("budget=[]", "unknown field"),
    ] {
        let refused = portcullis_tests::in_process::Plan::with(&[set]).config().expect_err(set);
        assert!(refused.contains(said), "{set}: {refused}");
    }
}
