//! Attack 20: the gate's answers framed by another site, taken for what they are not, or kept by a cache that serves
//! them to somebody else.

use http::header::{CONTENT_TYPE, COOKIE};
use portcullis_tests::in_process::{Gate, get, navigation, post};

#[tokio::test]
async fn no_page_of_the_gates_can_be_framed() {
    // The challenge page, and the one for an origin that is down.
    for settings in [&[][..], &["gate.mode=off"]] {
        let page = Gate::with(settings).send(navigation("/")).await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!((page.header("x-frame-options"), page.header("referrer-policy")), ("DENY", "same-origin"));
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"), "{page:?}");
    }
}

#[tokio::test]
async fn what_is_meant_for_one_visitor_is_stored_by_nobody_and_sniffed_as_nothing_else() {
    let gate = Gate::lowered();
    let cookie = format!("__Host-portcullis={}", gate.token().await);
    let json = post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json");
    for answer in [
        gate.send(navigation("/")).await,
        gate.send(get("/logo.png")).await,
        gate.send(get("/style.css?v=1")).await,
        gate.send(post("/login").header("sec-fetch-mode", "navigate")).await,
        gate.send(get("/.portcullis/challenge")).await,
        gate.send(get("/.portcullis/authorize")).await,
        gate.send(get("/.portcullis/authorize").header(COOKIE, &cookie)).await,
        gate.send(get("/.portcullis/none")).await,
        gate.send(get("/.portcullis/readyz")).await,
        gate.send_with(json, "junk").await,
        gate.redeem(&gate.solved().await).await,
        // 502: admitted, to an origin that is not there.
        gate.send(navigation("/").header(COOKIE, &cookie)).await,
        gate.send(get("/").header(COOKIE, &cookie)).await,
    ] {
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        let is_text = answer.header("content-type").starts_with("text/html")
            || answer.header("content-type") == "application/problem+json";
        assert!(!is_text || answer.header("x-content-type-options") == "nosniff", "{answer:?}");
    }
}

#[tokio::test]
async fn the_key_set_is_kept_no_longer_than_a_key_is_published_before_it_signs() {
    let kept = Gate::lowered().send(get("/.portcullis/jwks.json")).await.header("cache-control").to_owned();
    let seconds: u64 = kept.split("max-age=").nth(1).and_then(|seconds| seconds.parse().ok()).expect(&kept);
    assert!(seconds > 0 && seconds < portcullis_issuer::keys::PUBLISH_LEAD.as_secs(), "{kept}");
}
