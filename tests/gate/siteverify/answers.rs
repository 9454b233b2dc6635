//! What is asked and what is answered.

use std::time::Duration;

use http::{Request, StatusCode};
use portcullis_tests::attacker::{random::Random, wire};
use portcullis_tests::in_process::{Gate, get, post};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

#[tokio::test]
async fn a_good_response_is_told_with_when_where_and_what_for() {
    let gate = gate(&[]);
    let answer = redeem(&gate, &json!({ "action": "login", "cdata": "session-123" })).await;
    let response = answer.json()["response"].as_str().unwrap().to_owned();
    let told = about(&gate, &response).await;
    assert_eq!(
        told,
        json!({
            "success": true,
            "challenge_ts": "2027-01-15T08:00:00.000Z",
            "hostname": "login.example",
            "error-codes": [],
            "action": "login",
            "cdata": "session-123",
        })
    );
}

#[tokio::test]
async fn json_and_forms_are_understood_alike_and_other_fields_are_passed_over() {
    let gate = gate(&[]);
    for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
        let body = json!({
            "secret": SECRET, "response": response(&gate).await, "remoteip": CLIENT, "sitekey": "1x00000000000000000000AA",
            "idempotency_key": null, "other": [1, { "a": 2 }],
        });
        assert!(is_good(&ask_with(&gate, content_type, body.to_string()).await));
    }
    let response = response(&gate).await;
    let form = format!("other=%FF&response={response}&sitekey=10000000-ffff-ffff-ffff-000000000001&secret={SECRET}&x");
    let told = ask_with(&gate, "application/x-www-form-urlencoded;charset=UTF-8", form).await;
    assert!(is_good(&told), "{told}");
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named_and_spends_nothing() {
    let gate = gate(&[]);
    let good = response(&gate).await;
    let other = "another-0123456789abcdef0123456789abcdef";
    for (fields, code) in [
        (vec![], "missing-input-secret"),
        (vec![("response", good.as_str())], "missing-input-secret"),
        (vec![("secret", ""), ("response", &good)], "missing-input-secret"),
        (vec![("secret", other), ("response", &good)], "invalid-input-secret"),
        (vec![("secret", other)], "invalid-input-secret"),
        (vec![("secret", SECRET)], "missing-input-response"),
        (vec![("secret", SECRET), ("response", "")], "missing-input-response"),
        (vec![("secret", SECRET), ("response", "none")], "invalid-input-response"),
        (vec![("secret", SECRET), ("response", &good), ("idempotency_key", "1")], "bad-request"),
        (vec![("secret", SECRET), ("secret", SECRET), ("response", &good)], "bad-request"),
        (vec![("secret", SECRET), ("response", &good), ("response", &good)], "bad-request"),
    ] {
        assert_eq!(ask(&gate, &fields).await, no(code), "{fields:?}");
    }
    assert!(is_good(&about(&gate, &good).await));
}

#[tokio::test]
async fn a_request_that_is_not_in_form_is_a_bad_request() {
    let gate = gate(&[]);
    let good = response(&gate).await;
    let form = format!("secret={SECRET}&response={good}");
    for (content_type, body) in [
        ("", form.clone()),
        ("text/plain", form.clone()),
        ("multipart/form-data; boundary=x", form.clone()),
        ("application/json", form.clone()),
        ("application/json", "[]".to_owned()),
        ("application/json", String::new()),
        ("application/json", format!(r#"{{"secret":"{SECRET}","response":["{good}"]}}"#)),
        ("application/json", format!(r#"{{"secret":"{SECRET}","secret":"{SECRET}","response":"{good}"}}"#)),
        ("application/x-www-form-urlencoded", format!("{form}&padding={}", "x".repeat(8192))),
    ] {
        assert_eq!(ask_with(&gate, content_type, body).await, no("bad-request"), "{content_type}");
    }
    assert!(is_good(&about(&gate, &good).await));
}

#[tokio::test]
async fn a_secret_in_the_address_does_not_count() {
    let gate = gate(&[]);
    let good = response(&gate).await;
    let target = format!("/.portcullis/siteverify?secret={SECRET}&response={good}");
    let request = post(&target).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(gate.send(request).await.json(), no("missing-input-secret"));
    let answer = gate.send(get(&target)).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_address_a_server_tells_must_be_in_the_network_the_work_was_done_from() {
    let gate = gate(&[]);
    let elsewhere = ["198.51.100.7", "203.0.112.7", "::1", "2001:db8::7", "::ffff:198.51.100.7", " 127.0.0.1 "];
    let good = response(&gate).await;
    for address in elsewhere {
        let told = ask(&gate, &[("secret", SECRET), ("response", &good), ("remoteip", address)]).await;
        assert_eq!(told, no("invalid-input-response"), "{address}");
    }
    // A server that does not know its client's address tells none, or something else.
    for address in [CLIENT, "203.0.113.200", "::ffff:203.0.113.9", "", "None", "unknown", "203.0.113", "localhost"] {
        let good = response(&gate).await;
        let told = ask(&gate, &[("secret", SECRET), ("response", &good), ("remoteip", address)]).await;
        assert!(is_good(&told), "{address}: {told}");
    }
    let good = response_from(&gate, "2001:db8:1:2::3").await;
    let told = ask(&gate, &[("secret", SECRET), ("response", &good), ("remoteip", "2001:db8:1:ffff::1")]).await;
    assert!(is_good(&told), "{told}");
    let lenient = super::gate(&["siteverify.remoteip=ignore"]);
    let good = response(&lenient).await;
    assert!(is_good(&ask(&lenient, &[("secret", SECRET), ("response", &good), ("remoteip", "::1")]).await));
}

#[tokio::test]
async fn without_secrets_there_are_no_responses_and_no_such_route() {
    let gate = Gate::lowered();
    let solved = gate.solved().await;
    let ask = post("/.portcullis/siteverify").header(CONTENT_TYPE, "application/json");
    assert_eq!(gate.send_with(ask, "{}").await.code(), "not-found");
    let redeem = || post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json");
    let refused = gate.send_with(redeem(), for_response(&solved, &json!({}))).await;
    assert_eq!(refused.code(), "malformed");
    assert!(refused.json()["detail"].as_str().unwrap().contains("siteverify is off"), "{refused:?}");
    // Nothing was burned.
    assert_eq!(gate.redeem(&solved).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_asks_under_any_name_even_where_hosts_are_listed_and_the_gate_is_up() {
    let gate = gate(&["hosts=[\"login.example\"]", "gate.mode=off"]);
    let good = response(&gate).await;
    let request = Request::get("/.portcullis/challenge").header(HOST_HEADER, "127.0.0.1:8080");
    assert_eq!(gate.send(request).await.code(), "denied");
    assert!(is_good(&about(&gate, &good).await));
}

#[tokio::test]
async fn junk_is_answered_and_told_no() {
    let gate = gate(&[]);
    let mut random = Random::seeded(27);
    let pieces =
        ["secret=", "response=", "&", "%", "=", "{", "\"secret\":", "}", SECRET, "idempotency_key=", "\u{e9}", "null"];
    for _ in 0..500 {
        let mut body = Vec::new();
        for _ in 0..random.below(12) {
            body.extend_from_slice(random.one_of(&pieces).as_bytes());
            let count = random.below(4);
            body.extend(random.bytes(count));
        }
        for content_type in ["application/json", "application/x-www-form-urlencoded"] {
            let told = ask_with(&gate, content_type, body.clone()).await;
            assert_eq!(told["success"], false, "{body:?}: {told}");
        }
    }
    assert_eq!(gate.verifier.redeemed(), 0);
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up() {
    let served = gate(&[]).serve().await;
    let mut socket = TcpStream::connect(served.address()).await.expect("the gate listens");
    let head = "POST /.portcullis/siteverify HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nsecret=";
    socket.write_all(head.as_bytes()).await.expect("the gate reads");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(60), socket.read_to_end(&mut answer));
    read.await.expect("the gate does not wait for ever").expect("the gate answers");
    assert_eq!(wire::status(&answer), 200);
    assert_eq!(serde_json::from_slice::<Value>(wire::body(&answer)).unwrap_or_default(), no("bad-request"));
}
