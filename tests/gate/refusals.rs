//! Clients that show no page are told what is asked of them, in words and in the form RFC 9457 gives; and hosts that
//! are not served are denied.

use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE, HOST as HOST_HEADER};
use portcullis_tests::in_process::{Gate, Origin, from, get, navigation, post};

#[tokio::test]
async fn a_program_is_told_why_and_where_the_challenge_is() {
    let gate = Gate::lowered();
    for request in [
        get("/login").header(ACCEPT, "*/*").header("user-agent", "curl/8.5.0"),
        get("/login"),
        get("/api").header(ACCEPT, "application/json"),
        // A page's own request is not a navigation, whatever it accepts.
        get("/login").header("sec-fetch-mode", "cors").header(ACCEPT, "text/html"),
        get("/logo.png").header("sec-fetch-mode", "no-cors"),
        post("/api").header(CONTENT_TYPE, "application/json"),
        get("/").method("HEAD"),
        get("/").method("DELETE"),
        get("/").method("ODD"),
    ] {
        let answer = gate.send(request).await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!((answer.header("portcullis-action"), answer.header("cache-control")), ("challenge", "no-store"));
        let told = answer.json();
        if !told.is_null() {
            assert_eq!((told["title"].as_str(), told["status"].as_u64()), (Some("Challenge required"), Some(403)));
            assert_eq!(answer.code(), "challenge-required");
            let detail = told["detail"].as_str().unwrap();
            assert!(detail.contains("/.portcullis/challenge") && detail.contains("/.portcullis/redeem"), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_served_is_denied_everything() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off", "hosts=[\"login.example\", \"www.login.example\"]"]);
    for host in ["other.example", "login.example.other", "xlogin.example", "127.0.0.1", "localhost"] {
        for target in ["/", "/.portcullis/challenge", "/.portcullis/authorize"] {
            let answer = gate.send(Request::get(target).header(HOST_HEADER, host)).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "denied"), "{host}{target}");
        }
        let submission = gate.solved().await;
        let elsewhere = Request::post("/.portcullis/redeem").header(HOST_HEADER, host);
        assert_eq!(gate.redeem_by(&submission, elsewhere).await.code(), "denied");
    }
    assert!(origin.arrived().is_empty());
    for host in ["login.example", "WWW.Login.Example.", "login.example:8443"] {
        assert_eq!(gate.send(Request::get("/").header(HOST_HEADER, host)).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn with_the_gate_up_everything_passes_and_pages_bring_a_standing_token_at_most() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off"]);
    for request in [navigation("/"), get("/login"), from(navigation("/"), "2001:db8::1"), post("/login")] {
        let answer = gate.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "origin"));
        let standing = |cookie: &&str| cookie.starts_with("__Host-portcullis-standing=");
        assert!(answer.cookies().iter().all(standing) && !answer.headers.contains_key("portcullis-action"));
    }
}

#[tokio::test]
async fn the_gates_own_routes_never_reach_the_origin() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off"]);
    for target in ["/.portcullis", "/.portcullis/", "/.portcullis/none", "/.portcullis/redeem", "/.portcullis/a/b/c"] {
        for method in ["GET", "POST", "PUT", "ODD"] {
            let answer = gate.send(get(target).method(method)).await;
            assert!(answer.status.is_client_error(), "{method} {target}: {answer:?}");
        }
    }
    assert!(origin.arrived().is_empty(), "{:?}", origin.arrived());
}
