//! What a token admits: so many requests of a class at once, one more every so often, and no more for ten thousand
//! clients than for one.

use std::time::Duration;

use http::header::COOKIE;
use http::{Method, Request};
use portcullis_tests::in_process::{Answer, Gate, HOST, Origin, from, navigation};

const CLASSES: &str = r#"budget=[
    {name="login-posts", methods=["POST"], paths=["/login", "/account/*"], requests=2, refill="1m"},
    {name="pages", paths=["/*"], requests=5, refill="10s"},
]"#;

async fn ask(gate: &Gate, token: &str, method: Method, target: &str) -> Answer {
    let request = Request::builder().method(method).uri(target).header("host", HOST);
    gate.send(request.header(COOKIE, format!("__Host-portcullis={token}"))).await
}

#[tokio::test]
async fn a_spent_budget_is_429_until_it_refills() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[CLASSES]);
    let token = gate.token().await;
    for _ in 0..2 {
        assert_eq!(ask(&gate, &token, Method::POST, "/login").await.status, 200);
    }
    let spent = ask(&gate, &token, Method::POST, "/login").await;
    assert_eq!((spent.status.as_u16(), spent.code().as_str()), (429, "budget-spent"));
    assert_eq!((spent.header("retry-after"), spent.header("portcullis-action")), ("60", "budget"));
    assert_eq!(origin.arrived().len(), 2);
    assert_eq!(ask(&gate, &token, Method::GET, "/login").await.status, 200, "another class");

    gate.clock().advance(Duration::from_secs(59));
    assert_eq!(ask(&gate, &token, Method::POST, "/login").await.header("retry-after"), "1");
    gate.clock().advance(Duration::from_secs(1));
    assert_eq!(ask(&gate, &token, Method::POST, "/login").await.status, 200);
}

#[tokio::test]
async fn a_login_spelt_otherwise_counts_as_a_login() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[CLASSES]);
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
    let gate = Gate::in_front_of(&origin, &[CLASSES]);
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
    let gate = Gate::in_front_of(&origin, &[r#"budget=[{name="pages", paths=["/*"], requests=1, refill="1h"}]"#]);
    let token = gate.token().await;
    assert_eq!(gate.show(&token, "/").await.status, 200);
    let page = gate.show(&token, "/").await;
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "3600"));
    assert_eq!(page.header("cache-control"), "no-store");
    let (asked, full) = (page.challenge().unwrap(), gate.challenge().await);
    let attempts = |challenge: portcullis_challenge::Challenge| challenge.fields.difficulty().attempts();
    assert_eq!(attempts(asked) * 8, attempts(full));
}

#[tokio::test]
async fn what_is_in_no_class_is_not_counted_and_the_default_is_generous() {
    let origin = Origin::start().await;
    let unlimited = Gate::in_front_of(&origin, &["budget=[]"]);
    let usual = Gate::in_front_of(&origin, &[]);
    let (one, other) = (unlimited.token().await, usual.token().await);
    for _ in 0..600 {
        assert_eq!(unlimited.show(&one, "/").await.status, 200);
        assert_eq!(usual.show(&other, "/").await.status, 200);
    }
    assert_eq!(unlimited.show(&one, "/").await.status, 200);
    assert_eq!(usual.show(&other, "/").await.status, 429);
}

#[test]
fn classes_that_mean_nothing_are_refused_with_the_fix() {
    for (classes, said) in [
        (r#"[{name="Login", paths=["/*"], requests=1, refill="1s"}]"#, "is no name"),
        (r#"[{name="a", paths=[], requests=1, refill="1s"}]"#, "paths is empty"),
        (r#"[{name="a", paths=["login"], requests=1, refill="1s"}]"#, "is no path"),
        (r#"[{name="a", paths=["/*"], requests=0, refill="1s"}]"#, "out of range"),
        (r#"[{name="a", paths=["/*"], requests=1, refill="0s"}]"#, "out of range"),
        (r#"[{name="a", methods=["post"], paths=["/*"], requests=1, refill="1s"}]"#, "is no method"),
        (r#"[{name="a", paths=["/*"], requests=1, refill="1s", extra=1}]"#, "unknown field"),
        (
            r#"[{name="a", paths=["/*"], requests=1, refill="1s"}, {name="a", paths=["/*"], requests=1, refill="1s"}]"#,
            "two classes",
        ),
    ] {
        let plan = portcullis_tests::in_process::Plan::with(&[&format!("budget={classes}")]);
        let refused = plan.config().expect_err(classes);
        assert!(refused.contains(said), "{classes}: {refused}");
    }
}
