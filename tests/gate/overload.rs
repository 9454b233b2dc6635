//! A cleared client whose turn does not come, in mode `queue`: it is told when to come back, and a browser does so by
//! itself, with the form it was sending.

use std::io::Read as _;

use flate2::read::GzDecoder;
use http::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE};
use http::request::Builder;
use portcullis_tests::in_process::{Answer, Gate, Origin, from, get, navigation, post};

const BUSY: [&str; 3] = ["gate.mode=queue", "pressure.requests=1", "pressure.turn=100ms"];
const LANGUAGES: [&str; 9] = ["en", "ar", "de", "es", "fr", "it", "nl", "pl", "pt"];
const FORM: &str = "application/x-www-form-urlencoded";

/// A site at which no turn comes, because its clock stands still; and somebody who is cleared.
async fn busy(settings: &[&str]) -> (Gate, String) {
    let (gate, cookie) = cleared(settings).await;
    // The first ones take what the origin would have borne until now.
    for _ in 0..10 {
        if gate.send(get("/").header(COOKIE, &cookie)).await.status == 503 {
            return (gate, cookie);
        }
    }
    panic!("turns come though no time passes");
}

async fn cleared(settings: &[&str]) -> (Gate, String) {
    let gate = Gate::with(&[&BUSY[..], settings].concat());
    let cookie = format!("__Host-portcullis={}", gate.token().await);
    gate.verifier.take_pressure();
    (gate, cookie)
}

fn is_busy_page(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.header("portcullis-action")), (503, "overload"), "{answer:?}");
    assert!(answer.text().contains("data-retry-in-ms=\"2000\""), "{answer:?}");
    assert!(answer.challenge().is_none(), "who is cleared has no work to do: {answer:?}");
}

fn own_form(cookie: &str) -> Builder {
    let request = post("/login?next=/").header("sec-fetch-mode", "navigate").header("sec-fetch-site", "same-origin");
    request.header(CONTENT_TYPE, FORM).header(COOKIE, cookie)
}

#[tokio::test]
async fn a_navigation_gets_a_page_that_comes_back_by_itself() {
    let (gate, cookie) = busy(&[]).await;
    let page = gate.send(navigation("/login?next=%2Fa").header(COOKIE, &cookie)).await;
    is_busy_page(&page);
    for (name, value) in [
        ("retry-after", "2"),
        ("cache-control", "no-store"),
        ("content-type", "text/html; charset=utf-8"),
        ("content-language", "en"),
        ("content-security-policy", portcullis_pages::CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    assert_eq!(page.headers.get("location"), None);
    assert!(page.text().contains("data-form-notice=\"none\"") && !page.text().contains("<form"), "{page:?}");
}

#[tokio::test]
async fn a_program_gets_a_problem_document() {
    let (gate, cookie) = busy(&[]).await;
    let answer = gate.send(get("/api").header(COOKIE, &cookie)).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "overload"));
    assert_eq!((answer.header("retry-after"), answer.header("portcullis-action")), ("2", "overload"));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn who_is_not_cleared_is_challenged_and_not_put_off() {
    let (gate, _) = busy(&[]).await;
    let page = gate.send(navigation("/login")).await;
    assert_eq!(page.header("portcullis-action"), "challenge");
    assert!(page.is_page() && page.challenge().is_some(), "{page:?}");
}

#[tokio::test]
async fn a_form_of_the_sites_own_is_carried_and_another_sites_is_not() {
    let (gate, cookie) = busy(&[]).await;
    let page = gate.send_with(own_form(&cookie), "user=a%22da&list=1&list=2").await;
    is_busy_page(&page);
    let text = page.text();
    assert!(text.contains("data-form-notice=\"carried\""), "{text}");
    let fields = "<input type=\"hidden\" name=\"user\" value=\"a&quot;da\">\
                  <input type=\"hidden\" name=\"list\" value=\"1\"><input type=\"hidden\" name=\"list\" value=\"2\">";
    assert!(text.contains(fields), "{text}");

    let other = post("/login").header("sec-fetch-mode", "navigate").header("sec-fetch-site", "cross-site");
    let page = gate.send_with(other.header(CONTENT_TYPE, FORM).header(COOKIE, &cookie), "user=mallory").await;
    is_busy_page(&page);
    assert!(page.text().contains("data-form-notice=\"lost\"") && !page.text().contains("mallory"), "{page:?}");
}

#[tokio::test]
async fn the_page_is_there_in_every_language_and_as_gzip_to_the_byte() {
    let (gate, cookie) = busy(&[]).await;
    let mut headings = Vec::new();
    for language in LANGUAGES {
        let request = || navigation("/").header(COOKIE, &cookie).header(ACCEPT_LANGUAGE, language);
        let plain = gate.send(request()).await;
        is_busy_page(&plain);
        assert_eq!((plain.header("content-language"), plain.header("content-encoding")), (language, ""));
        let gzip = gate.send(request().header(ACCEPT_ENCODING, "gzip")).await;
        assert_eq!((gzip.status.as_u16(), gzip.header("content-encoding")), (503, "gzip"));
        let mut unpacked = String::new();
        GzDecoder::new(&gzip.body[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.text(), "{language}");
        let heading = unpacked.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>")).unwrap().0;
        headings.push(heading.to_owned());
    }
    headings.sort();
    headings.dedup();
    assert_eq!(headings.len(), LANGUAGES.len(), "{headings:?}");
}

#[tokio::test]
async fn what_the_client_sends_stands_escaped_in_the_page() {
    let (gate, cookie) = busy(&[]).await;
    let page = gate.send_with(own_form(&cookie), "%3Cscript%3E=%22%3E%3Cimg+src%3Dx%3E").await;
    is_busy_page(&page);
    assert!(!page.text().contains("<script>") && !page.text().contains("<img"), "{page:?}");
}

#[tokio::test]
async fn a_dry_run_admits_everybody() {
    let origin = Origin::start().await;
    let url = format!("origin={}", origin.url());
    let (gate, cookie) = cleared(&["gate.dry_run=true", &url]).await;
    for _ in 0..20 {
        assert_eq!(gate.send(navigation("/login").header(COOKIE, &cookie)).await.status, 200);
    }
    assert_eq!(origin.arrived().len(), 20);
}

/// What gateways are told, of a client at the tests' usual address.
mod gateways {
    use super::*;

    const GATEWAY: &str = "192.0.2.1";

    async fn busy_behind_a_gateway() -> (Gate, String) {
        // Who says nothing of somebody else asks for itself.
        busy(&["client_ip.trusted_proxies=[\"192.0.2.0/24\"]"]).await
    }

    fn stated(request: Builder, target: &str) -> Builder {
        let request = from(request, GATEWAY).header("x-forwarded-for", portcullis_tests::in_process::CLIENT);
        request.header("x-original-uri", target).header("x-forwarded-proto", "https")
    }

    #[tokio::test]
    async fn a_gateway_is_told_no_and_gets_the_page_with_its_status() {
        let (gate, cookie) = busy_behind_a_gateway().await;
        let verdict = gate.send(stated(get("/.portcullis/authorize"), "/login").header(COOKIE, &cookie)).await;
        assert_eq!((verdict.status.as_u16(), verdict.header("portcullis-action")), (403, "overload"));
        assert_eq!(verdict.header("retry-after"), "2");
        is_busy_page(&gate.send(stated(navigation("/.portcullis/page"), "/login").header(COOKIE, &cookie)).await);
        is_busy_page(
            &gate.send(stated(navigation("/.portcullis/forward-auth"), "/login").header(COOKIE, &cookie)).await,
        );
    }

    #[tokio::test]
    async fn a_form_comes_through_the_page_route() {
        let (gate, cookie) = busy_behind_a_gateway().await;
        let request = stated(post("/.portcullis/page"), "/login").header("sec-fetch-mode", "navigate");
        let request = request.header("sec-fetch-site", "same-origin").header(CONTENT_TYPE, FORM);
        let page = gate.send_with(request.header(COOKIE, &cookie), "user=ada").await;
        is_busy_page(&page);
        assert!(page.text().contains("data-form-notice=\"carried\""), "{page:?}");
    }

    /// Envoy would take 503 for a verifier that is away, and let everybody in on a route that is open.
    #[tokio::test]
    async fn envoy_over_http_gets_no_server_error() {
        let (gate, cookie) = busy_behind_a_gateway().await;
        let request = |request: Builder| {
            from(request, GATEWAY)
                .header("x-forwarded-for", portcullis_tests::in_process::CLIENT)
                .header(COOKIE, &cookie)
        };
        let page = gate.send(request(navigation("/.portcullis/forward-auth/login?a=b"))).await;
        assert_eq!((page.status.as_u16(), page.header("portcullis-action")), (429, "overload"), "{page:?}");
        assert!(page.header("retry-after") == "2" && page.text().contains("data-retry-in-ms=\"2000\""), "{page:?}");
        let program = gate.send(request(get("/.portcullis/forward-auth/login"))).await;
        assert_eq!((program.status.as_u16(), program.code().as_str()), (429, "overload"));
        assert_eq!(program.json()["status"], 429);
    }

    #[tokio::test]
    async fn a_look_at_the_clearance_waits_for_no_turn() {
        let (gate, cookie) = busy_behind_a_gateway().await;
        assert_eq!(gate.send(get("/.portcullis/authorize").header(COOKIE, &cookie)).await.status, 200);
    }
}
