//! Attack 16: sending a visitor elsewhere after the challenge. There is nothing to abuse: no parameter names a
//! destination, no answer redirects, and the page is the same wherever it stands. What was asked for reaches the
//! origin byte for byte once the visitor is cleared.

use portcullis_tests::attacker::wire::{self, WireOrigin};
use portcullis_tests::in_process::{Gate, HOST, Origin, Served, navigation};

/// Targets that have confused gateways, filters and browsers.
fn targets() -> Vec<Vec<u8>> {
    let texts = [
        "/",
        "//h",
        "//evil.example/%2e%2e",
        "///evil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "/%2f%2fevil.example",
        "/%2F%2F",
        "/a;b=c;d",
        "/a+b?c+d=e+f",
        "/?",
        "/a?",
        "/a??",
        "/a?b=c?d",
        "/a?=&&=",
        "/%2561%252e",
        "/%00",
        "/%0d%0aLocation:%20//evil.example",
        "/..",
        "/a/../b/./c//",
        "/%2e%2e/%2E%2E",
        "/.portculli",
        "/.portcullisX/redeem",
        "/x/.portcullis/redeem",
        "/?next=https://evil.example/",
        "/?redirect_uri=//evil.example&url=/\\evil.example",
        "/login?return=%2F%2Fevil.example",
        "/@evil.example",
        "/:80",
        "/a:b@evil.example",
        "/'()*!$&,~-_.",
        "/a|b^c{d}\"e\"?f|g`h^i",
        "/%zz%",
        "/[::1]",
        "/caf%C3%A9?q=%F0%9F%8C%8A",
    ];
    let mut targets: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    targets.push([b"/", b"a".repeat(8_192).as_slice(), b"?", b"b".repeat(100).as_slice()].concat());
    targets.push("/café?ü".as_bytes().to_vec());
    targets.push(b"/a`b".to_vec());
    targets.push(b"/\xff\xfe?\x80".to_vec());
    targets.push(b"/a?\xc3\x28".to_vec());
    targets
}

#[tokio::test]
async fn path_and_query_reach_the_origin_byte_for_byte_or_not_at_all() {
    let origin = WireOrigin::start().await;
    let gate = Gate::with(&[&format!("origin={}", origin.url())]);
    let served = gate.serve().await;
    let token = gate.token_from("127.0.0.1").await;
    let mut refused = Vec::new();
    for target in targets() {
        let before = origin.count();
        let answer = ask(&served, &target, Some(&token)).await;
        let shown = target.escape_ascii().to_string();
        match wire::status(&answer) {
            200 => assert_eq!(origin.last_target(), target, "{shown}"),
            400 => {
                assert_eq!(origin.count(), before, "{shown} was refused and passed on");
                refused.push(shown);
            }
            status => panic!("{shown}: {status}"),
        }
    }
    // Bytes that every browser encodes: refused before the router sees them.
    assert_eq!(refused, ["/a`b", "/\\xff\\xfe?\\x80", "/a?\\xc3("]);
}

/// A fragment is the browser's own and never sent; a client that sends one has it dropped, not passed on.
#[tokio::test]
async fn a_fragment_is_not_passed_on() {
    let origin = WireOrigin::start().await;
    let gate = Gate::with(&[&format!("origin={}", origin.url())]);
    let served = gate.serve().await;
    let token = gate.token_from("127.0.0.1").await;
    for (target, passed) in [("/a#//evil.example", "/a"), ("/a?b#c?d", "/a?b")] {
        let answer = ask(&served, target.as_bytes(), Some(&token)).await;
        assert_eq!(wire::status(&answer), 200);
        assert_eq!(origin.last_target().escape_ascii().to_string(), passed);
    }
}

#[tokio::test]
async fn without_clearance_no_target_is_redirected_or_named_on_the_page() {
    let origin = WireOrigin::start().await;
    let gate = Gate::with(&[&format!("origin={}", origin.url())]);
    let served = gate.serve().await;
    let plain = String::from_utf8_lossy(&ask(&served, b"/", None).await).into_owned();
    assert_eq!(wire::status(plain.as_bytes()), 403);
    for target in targets() {
        let answer = String::from_utf8_lossy(&ask(&served, &target, None).await).into_owned();
        let shown = target.escape_ascii();
        let status = wire::status(answer.as_bytes());
        assert!(matches!(status, 403 | 400), "{shown}: {answer}");
        for header in ["\nlocation:", "\nrefresh:", "\ncontent-location:", "\nlink:"] {
            assert!(!answer.to_ascii_lowercase().contains(header), "{shown}: {answer}");
        }
        if status == 403 {
            assert_eq!(without_challenge(&answer), without_challenge(&plain), "{shown} changes the page");
        }
    }
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn no_route_of_the_gate_redirects() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[]);
    for path in ["challenge", "redeem", "authorize", "page", "jwks.json", "healthz", "readyz", "assets/x/page.js", ""] {
        for query in ["", "?next=//evil.example", "?redirect=https://evil.example&url=//evil.example&return=/x"] {
            let answer = gate.send(navigation(&format!("/.portcullis/{path}{query}"))).await;
            assert!(!answer.status.is_redirection(), "{path}: {answer:?}");
            assert!(!answer.headers.contains_key("location") && !answer.text().contains("evil"), "{answer:?}");
        }
    }
    assert!(origin.arrived().is_empty());
}

async fn ask(served: &Served, target: &[u8], token: Option<&str>) -> Vec<u8> {
    let cookie = token.map(|token| format!("Cookie: __Host-portcullis={token}\r\n")).unwrap_or_default();
    let rest = format!(
        " HTTP/1.1\r\nHost: {HOST}\r\nSec-Fetch-Mode: navigate\r\nAccept: text/html\r\n{cookie}Connection: close\r\n\r\n"
    );
    wire::exchange(served.address(), &[b"GET ", target, rest.as_bytes()].concat()).await
}

/// An answer without what differs between any two: the challenge, and the time.
fn without_challenge(answer: &str) -> String {
    let before = answer.split_once("data-challenge=\"").map_or("", |(before, _)| before);
    let after = answer.split_once("data-expires-in-ms=\"").map_or("", |(_, after)| after);
    assert!(!before.is_empty() && !after.is_empty(), "no challenge page: {answer}");
    let dated = before.lines().filter(|line| !line.starts_with("date: "));
    format!("{}{after}", dated.collect::<Vec<_>>().join("\n"))
}
