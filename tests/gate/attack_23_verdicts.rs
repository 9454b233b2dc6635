//! Attack 23: a denial that a gateway reads as "allow", or an admission it reads as "deny". Here: what the verifier
//! answers to each kind of gateway. What the real gateways make of it is in `tests/gateways`.

use http::Request;
use http::header::{COOKIE, HOST as HOST_HEADER};
use http::request::Builder;
use portcullis_tests::in_process::{CLIENT, Gate, HOST, Plan, from};

const GATEWAY: &str = "10.0.0.1";
const LISTED: &str = "client_ip.trusted_proxies=[\"10.0.0.0/8\"]";

/// A gateway's question about a client's request.
fn asks(route: &str, method: &str, target: &str) -> Builder {
    let question = Request::get(route)
        .header(HOST_HEADER, "verifier.internal:8080")
        .header("x-forwarded-for", CLIENT)
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", HOST)
        .header("x-forwarded-method", method)
        .header("x-forwarded-uri", target);
    from(question, GATEWAY)
}

fn navigating(question: Builder) -> Builder {
    question.header("sec-fetch-mode", "navigate")
}

fn with(question: Builder, token: &str) -> Builder {
    question.header(COOKIE, format!("__Host-portcullis={token}"))
}

const ONE_LOGIN: &str = r#"
    [[rule]]
    name = "login-posts"
    action = "challenge"
    method = ["POST"]
    path = ["/login"]
    budget = { requests = 1, refill = "1m" }
"#;

fn gate(settings: &[&str]) -> Gate {
    Gate::with(&[&[LISTED], settings].concat())
}

#[tokio::test]
async fn an_admission_is_200_and_empty_for_every_gateway() {
    let gate = gate(&[]);
    let token = gate.token().await;
    for route in ["/.portcullis/authorize", "/.portcullis/forward-auth"] {
        let answer = gate.send(with(asks(route, "GET", "/account"), &token)).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0), "{route}");
        assert_eq!((answer.header("portcullis-action"), answer.header("cache-control")), ("admit", "no-store"));
    }
}

#[tokio::test]
async fn a_bare_verdict_that_does_not_admit_is_403_whatever_its_reason() {
    let gate = gate(&["clearance.requests=1", "clearance.refill=1m"]);
    let token = gate.token().await;
    let route = "/.portcullis/authorize";
    assert_eq!(gate.send(with(asks(route, "GET", "/"), &token)).await.status, 200);
    let over = gate.send(navigating(with(asks(route, "GET", "/"), &token))).await;
    let none = gate.send(navigating(asks(route, "GET", "/"))).await;
    let unclear = gate.send(asks(route, "GET", "/").header("x-original-uri", "/other")).await;
    for (answer, action) in [(&over, "budget"), (&none, "challenge"), (&unclear, "deny")] {
        assert_eq!((answer.status.as_u16(), answer.header("portcullis-action")), (403, action));
    }
    assert_eq!(over.header("retry-after"), "60");
    assert!(over.body.is_empty() && none.body.is_empty());
}

#[tokio::test]
async fn the_answer_for_the_client_has_its_true_status() {
    let gate = gate(&["clearance.requests=1", "clearance.refill=1m"]);
    let token = gate.token().await;
    gate.send(with(asks("/.portcullis/authorize", "GET", "/"), &token)).await;
    for route in ["/.portcullis/page", "/.portcullis/forward-auth"] {
        let challenged = gate.send(navigating(asks(route, "GET", "/account?x=1"))).await;
        assert!(challenged.is_page(), "{challenged:?}");
        assert_eq!(challenged.header("portcullis-action"), "challenge");
        let for_program = gate.send(asks(route, "GET", "/account?x=1")).await;
        assert_eq!((for_program.status.as_u16(), for_program.code().as_str()), (403, "challenge-required"));
        let over = gate.send(navigating(with(asks(route, "GET", "/"), &token))).await;
        assert_eq!((over.status.as_u16(), over.header("retry-after")), (429, "60"), "{route}");
        assert!(over.challenge().is_some());
    }
    // The page never admits: the gateway that shows it has decided.
    let fresh = gate.token().await;
    assert!(gate.send(navigating(with(asks("/.portcullis/page", "GET", "/"), &fresh))).await.is_page());
}

#[tokio::test]
async fn the_page_spends_nothing_and_a_look_neither() {
    let gate = gate(&["clearance.requests=1", "clearance.refill=1m"]);
    let token = gate.token().await;
    let look = || with(from(Request::get("/.portcullis/authorize").header(HOST_HEADER, HOST), CLIENT), &token);
    for _ in 0..3 {
        gate.send(with(asks("/.portcullis/page", "GET", "/"), &token)).await;
        assert_eq!(gate.send(look()).await.status, 200);
    }
    assert_eq!(gate.send(with(asks("/.portcullis/authorize", "GET", "/"), &token)).await.status, 200);
    assert_eq!(gate.send(with(asks("/.portcullis/authorize", "GET", "/"), &token)).await.status, 403);
    assert_eq!(gate.send(look()).await.status, 200, "a spent token is still kept by the browser");
}

#[tokio::test]
async fn what_a_client_states_of_itself_is_not_read() {
    let gate = gate(&["clearance.requests=1", "clearance.refill=1m"]);
    let token = gate.token().await;
    let stated = |target| {
        let request =
            Request::get("/.portcullis/authorize").header(HOST_HEADER, HOST).header("x-forwarded-uri", target);
        with(from(request.header("x-forwarded-host", "other.example"), CLIENT), &token)
    };
    for _ in 0..3 {
        assert_eq!(gate.send(stated("/login")).await.status, 200, "a look, at the host in Host");
    }
}

#[tokio::test]
async fn envoy_states_the_target_in_the_path() {
    let gate = Gate::start(Plan::with(&[LISTED]).under(ONE_LOGIN));
    let token = gate.token().await;
    let asks = |method: &str, target: &str| {
        let request = Request::builder().method(method).uri(format!("/.portcullis/forward-auth{target}"));
        let request = request.header(HOST_HEADER, HOST).header("x-forwarded-for", CLIENT);
        with(from(request, GATEWAY), &token)
    };
    for (method, target, status) in
        [("POST", "/login?a=b", 200), ("GET", "/login", 200), ("POST", "//login", 429), ("POST", "/login/%2e", 429)]
    {
        assert_eq!(gate.send(asks(method, target)).await.status, status, "{method} {target}");
    }
}

#[tokio::test]
async fn without_an_origin_nothing_is_passed_on() {
    let mut plan = portcullis_tests::in_process::Plan::with(&[LISTED]);
    plan.has_origin = false;
    let gate = Gate::start(plan);
    let answer = gate.send(from(Request::get("/account").header(HOST_HEADER, HOST), GATEWAY)).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "no-origin"));
    assert_eq!(gate.send(asks("/.portcullis/authorize", "GET", "/")).await.status, 403);
}

#[test]
fn neither_an_origin_nor_a_gateway_is_a_mistake() {
    let mut plan = portcullis_tests::in_process::Plan::with(&[]);
    plan.has_origin = false;
    let refused = plan.config().unwrap_err();
    assert!(refused.contains("origin") && refused.contains("client_ip.trusted_proxies"), "{refused}");
}
