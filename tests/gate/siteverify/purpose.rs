//! What a response can be asked for, and that it is nothing but a response.

use http::header::COOKIE;

use super::*;

#[tokio::test]
async fn a_response_comes_without_cookie_and_without_clearance() {
    let gate = gate(&[]);
    let answer = redeem(&gate, &json!({ "action": "login" })).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(answer.cookies().is_empty(), "{answer:?}");
    let given = answer.json();
    assert_eq!(given.as_object().unwrap().keys().collect::<Vec<_>>(), ["expires_in", "response"]);
    assert_eq!(given["expires_in"], 300);
    assert!(given["response"].as_str().unwrap().len() <= portcullis_issuer::tokens::response::MAX_LEN);
}

#[tokio::test]
async fn the_longest_purpose_at_the_longest_host_fits() {
    let issuer = format!("clearance.issuer={}", "i".repeat(100));
    let gate = gate(&[&issuer]);
    let host = format!("{}.example", "h".repeat(245));
    let ask = Request::get("/.portcullis/challenge").header(HOST_HEADER, &host);
    let submission = Submission::solving(&gate.challenge_by(from(ask, "2001:db8:ffff:ffff::1")).await);
    let purpose = json!({ "action": "a".repeat(32), "cdata": "c".repeat(255) });
    let submit = Request::post("/.portcullis/redeem").header(HOST_HEADER, &host);
    let submit = from(submit, "2001:db8:ffff:ffff::1").header(CONTENT_TYPE, "application/json");
    let answer = gate.send_with(submit, for_response(&submission, &purpose)).await;
    let told = about(&gate, answer.json()["response"].as_str().unwrap()).await;
    assert_eq!((told["hostname"].as_str(), told["cdata"].as_str()), (Some(&*host), purpose["cdata"].as_str()));
}

#[tokio::test]
async fn a_purpose_that_is_not_in_form_is_refused_and_burns_nothing() {
    let gate = gate(&[]);
    let solved = gate.solved().await;
    let redeem = || post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json");
    for purpose in [
        json!({ "action": "a".repeat(33) }),
        json!({ "cdata": "c".repeat(256) }),
        json!({ "action": "log in" }),
        json!({ "action": "<script>" }),
        json!({ "action": "a\r\nb" }),
        json!({ "action": "\u{0131}" }),
        json!({ "action": null }),
        json!({ "action": 1 }),
        json!({ "hostname": "other.example" }),
        json!("login"),
        json!(true),
    ] {
        let answer = gate.send_with(redeem(), for_response(&solved, &purpose)).await;
        assert_eq!(answer.code(), "malformed", "{purpose}: {answer:?}");
    }
    assert_eq!(gate.verifier.redeemed(), 0);
    assert_eq!(gate.send_with(redeem(), for_response(&solved, &json!({}))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn null_asks_for_a_clearance_as_nothing_does() {
    let gate = gate(&[]);
    let answer = redeem(&gate, &Value::Null).await;
    assert!(answer.cookies()[0].starts_with("__Host-portcullis="), "{answer:?}");
}

#[tokio::test]
async fn a_response_costs_a_full_challenge_whatever_its_client_holds() {
    let gate = gate(&["challenge.difficulty=8192"]);
    let cookie = format!("__Host-portcullis={}", gate.token().await);
    let asked = |target: &str| get(target).header(COOKIE, &cookie);
    let redeem = || post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json").header(COOKIE, &cookie);
    let small = gate.challenge_by(asked("/.portcullis/challenge")).await;
    assert!(small.fields.difficulty().attempts() < 8192);
    let topping_up = Submission::solving(&small);
    let refused = gate.send_with(redeem(), for_response(&topping_up, &json!({}))).await;
    assert_eq!(refused.code(), "wrong-binding");
    let full = gate.challenge_by(asked("/.portcullis/challenge?for=response")).await;
    assert_eq!(full.fields.difficulty().attempts(), 8192);
    let given = gate.send_with(redeem(), for_response(&Submission::solving(&full), &json!({}))).await;
    assert!(is_good(&about(&gate, given.json()["response"].as_str().unwrap()).await));
    // Nothing was burned: it still tops up.
    assert_eq!(gate.send_with(redeem(), topping_up.to_json()).await.status, StatusCode::OK);
}
