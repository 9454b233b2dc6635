//! What apps, programs and other services send, and what pages of somebody else's make browsers send.

use http::header::{ACCEPT, AUTHORIZATION, ORIGIN};
use http::request::Builder;
use portcullis_tests::in_process::{get, post};

use super::Fate::{Challenged, Passed};
use super::{Site, ask, preflight, with_token};

#[tokio::test]
async fn browsers_may_ask_an_api_of_another_origin_whether_they_may_ask() {
    let site = Site::open().await;
    site.all(Passed, &["/api/posts", "/api/v1/posts?page=2"], preflight).await;
    site.all(Challenged, &["/posts", "/api/login", "/api/../cart", "/api/v1/session"], preflight).await;
    // What is not such a question, but an OPTIONS that an origin may serve as it likes.
    site.all(Challenged, &["/api/posts"], |target| ask("OPTIONS", target)).await;
    site.all(Challenged, &["/api/posts"], |target| ask("OPTIONS", target).header(ORIGIN, "https://app.example")).await;
}

#[tokio::test]
async fn apps_read_and_write_by_an_api() {
    let site = Site::open().await;
    let resources = ["/api/posts", "/api/v1/posts/7?page=2", "/api/projects/a%2Fb/issues", "/api/users/5"];
    site.all(Passed, &resources, get).await;
    site.all(Passed, &resources, |target| get(target).header(ACCEPT, "application/json")).await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
        site.all(Passed, &resources, |target| with_token(method, target)).await;
    }
    // Letters that an origin may take for others: a wide `l`, a long `s`, and what ends a text early.
    let letters = ["/api/%ef%bd%8cogin", "/api/%c5%bfignin", "/api/x%00/../login", "/api/posts%0a", "/api/posts%20x"];
    site.all(Challenged, &letters, get).await;
    site.all(Challenged, &["/apis/posts", "/api", "/api/", "/API/../cart", "/v1/api/posts"], get).await;
}

#[tokio::test]
async fn an_api_takes_no_writes_without_a_token_and_no_passwords() {
    let site = Site::open().await;
    site.all(Challenged, &["/api/posts"], post).await;
    for credentials in [
        // Each makes the origin check a password.
        "Basic YW5uOnBhc3N3b3JkMTIzNDU2Nzg5MA==",
        "Digest username=\"ann\", realm=\"api\"",
        "Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa8=",
        "Bearer",
        "Bearer x",
        "",
        "bearer",
        "Basic YW5uOnB3 Bearer 0123456789abcdef0123",
    ] {
        for method in ["GET", "POST"] {
            let request = ask(method, "/api/posts").header(AUTHORIZATION, credentials);
            assert_eq!(site.fate(request).await, Challenged, "{method} {credentials}");
        }
    }
    // The origin may read the other one of two.
    let two = with_token("GET", "/api/posts").header(AUTHORIZATION, "Basic YW5uOnBhc3N3b3JkMTIzNDU2Nzg5MA==");
    assert_eq!(site.fate(two).await, Challenged);
    // Methods that an origin may serve as it likes.
    for method in ["TRACE", "PROPFIND", "post", "LOGIN"] {
        assert_eq!(site.fate(with_token(method, "/api/posts")).await, Challenged, "{method}");
    }
}

#[tokio::test]
async fn no_page_sends_its_visitors_browsers_through_the_holes_for_programs() {
    let site = Site::open().await;
    for mode in ["navigate", "no-cors", "cors", "same-origin"] {
        let by_browser = |request: Builder| request.header("sec-fetch-mode", mode);
        assert_eq!(site.fate(by_browser(get("/api/posts"))).await, Challenged, "{mode}");
        assert_eq!(site.fate(by_browser(with_token("POST", "/api/posts"))).await, Challenged, "{mode}");
        assert_eq!(site.fate(by_browser(post("/webhooks/github"))).await, Challenged, "{mode}");
    }
    // Browsers from before Sec-Fetch-Mode name the page in each POST.
    assert_eq!(site.fate(post("/webhooks/github").header(ORIGIN, "https://other.example")).await, Challenged);
    assert_eq!(site.fate(post("/webhooks/github").header(ORIGIN, "null")).await, Challenged);
}

#[tokio::test]
async fn other_services_notify_the_site() {
    let site = Site::open().await;
    let hooks = ["/webhooks/github", "/webhook/stripe", "/hooks/1f", "/api/webhooks/paypal", "/web-hook/x"];
    site.all(Passed, &hooks, post).await;
    site.all(Challenged, &hooks[..3], get).await;
    let others =
        ["/webhooks", "/webhooks/", "/webhooks/../cart", "/webhooks/..%2fcart", "/webhooks/login", "/a/hooks/1"];
    site.all(Challenged, &others, post).await;
    site.all(Challenged, &["/webhooks/graphql", "/hooks/session"], post).await;
}
