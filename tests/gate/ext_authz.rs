//! Envoy's external authorization over gRPC: who is asking, and that nothing a client does makes the call fail, which
//! Envoy would take for a verifier that is away. Its messages are written byte by byte, as they are on the wire.

use http::StatusCode;
use http::request::Builder;
use portcullis_tests::in_process::{Answer, CLIENT, Gate, HOST, from, post};

/// Envoy, as `client_ip.trusted_proxies` lists it.
const ENVOY: &str = "192.0.2.1";
/// A load balancer in front of it, listed too.
const BALANCER: &str = "192.0.2.77";
const STRANGER: &str = "198.51.100.1";

fn gate() -> Gate {
    Gate::with(&["client_ip.trusted_proxies=[\"192.0.2.0/24\"]"])
}

/// What Envoy says of a request.
struct Check<'a> {
    source: &'a str,
    path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
}

impl Check<'_> {
    /// `CheckRequest`: attributes (1) with source (1) and request (4).
    fn message(&self) -> Vec<u8> {
        let socket = field(2, self.source.as_bytes());
        let source = field(1, &field(1, &field(1, &socket)));
        let headers = self.headers.iter().map(|(name, value)| {
            let entry = [field(1, name.as_bytes()), field(2, value.as_bytes())].concat();
            field(3, &entry)
        });
        let mut http = headers.collect::<Vec<_>>().concat();
        for (number, text) in [(2, "GET"), (4, self.path), (5, HOST), (6, "https")] {
            http.extend(field(number, text.as_bytes()));
        }
        field(1, &[source, field(4, &field(2, &http))].concat())
    }
}

/// A field of bytes, text or another message.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 0x7f {
        field.push(length as u8 | 0x80);
        length >>= 7;
    }
    field.push(length as u8);
    field.extend(bytes);
    field
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&[0], &(message.len() as u32).to_be_bytes()[..], message].concat()
}

fn call() -> Builder {
    post("/envoy.service.auth.v3.Authorization/Check").header("content-type", "application/grpc")
}

async fn ask(gate: &Gate, check: &Check<'_>) -> Answer {
    gate.send_with(from(call(), ENVOY), framed(&check.message())).await
}

/// Whether the call went well and says "go on".
fn admits(answer: &Answer) -> bool {
    let well = answer.status == StatusCode::OK && answer.header("content-type") == "application/grpc";
    assert!(well, "Envoy takes this for no answer: {answer:?}");
    match answer.body.get(5..) {
        // The status OK, then ok_response.
        Some([0x0a, 0, 0x1a, ..]) => true,
        // The status PERMISSION_DENIED, then denied_response with a status of two bytes in it.
        Some([0x0a, 2, 8, 7, 0x12, ..]) => false,
        _ => panic!("no CheckResponse: {answer:?}"),
    }
}

#[tokio::test]
async fn a_client_is_whoever_envoy_has_accepted() {
    let gate = gate();
    let cookie = format!("a=b; __Host-portcullis={}", gate.token().await);
    let (by_the_balancer, a_claim) = (format!("{CLIENT}, {BALANCER}"), format!("{CLIENT}, {STRANGER}"));
    let admitted = async |source, forwarded| {
        let headers = vec![("cookie", cookie.as_str()), ("x-forwarded-for", forwarded)];
        admits(&ask(&gate, &Check { source, path: "/login", headers }).await)
    };
    assert!(admitted(CLIENT, "").await);
    assert!(admitted(CLIENT, STRANGER).await, "a client's claim counts");
    assert!(!admitted(STRANGER, CLIENT).await, "a stranger is believed to be the client");
    assert!(!admitted(STRANGER, &by_the_balancer).await, "a stranger is believed to come by the balancer");
    assert!(admitted(BALANCER, CLIENT).await, "the balancer is not believed");
    assert!(!admitted(BALANCER, &a_claim).await, "what the balancer was told is believed");
    assert!(!admitted("", STRANGER).await);
}

#[tokio::test]
async fn headers_that_state_another_host_count_for_nothing() {
    let gate = gate();
    let token = gate.token_at("other.example", CLIENT).await;
    let cookie = format!("__Host-portcullis={token}");
    let headers = vec![
        ("cookie", cookie.as_str()),
        ("host", "other.example"),
        ("x-forwarded-host", "other.example"),
        (":authority", "other.example"),
    ];
    assert!(!admits(&ask(&gate, &Check { source: CLIENT, path: "/login", headers }).await));
}

#[tokio::test]
async fn a_client_without_a_token_gets_the_page() {
    let headers = vec![("accept", "text/html"), ("accept-encoding", "gzip")];
    let answer = ask(&gate(), &Check { source: CLIENT, path: "/login", headers }).await;
    assert!(!admits(&answer));
    let text = answer.text();
    for told in ["portcullis-action", "challenge", "text/html; charset=utf-8", "data-challenge=\""] {
        assert!(text.contains(told), "{told} is not told to the client");
    }
}

#[tokio::test]
async fn only_listed_gateways_may_ask() {
    let gate = gate();
    let cookie = format!("__Host-portcullis={}", gate.token().await);
    let check = Check { source: CLIENT, path: "/login", headers: vec![("cookie", &cookie)] };
    for peer in [CLIENT, STRANGER] {
        assert!(!admits(&gate.send_with(from(call(), peer), framed(&check.message())).await), "{peer} may ask");
    }
}

#[tokio::test]
async fn what_cannot_be_judged_is_denied_rather_than_failing() {
    let gate = gate();
    let check = |path, headers| Check { source: CLIENT, path, headers }.message();
    let long = "a".repeat(600 << 10);
    let messages = [
        Vec::new(),
        vec![0xff; 100],
        check("", vec![]),
        check("/a b", vec![]),
        check("http://other.example/", vec![]),
        check("/", vec![("a b", "c")]),
        check("/", vec![("a", "c\u{1}")]),
        check("/", vec![("a", &long)]),
        Check { source: "nobody\n", path: "/", headers: vec![] }.message(),
    ];
    for message in messages {
        assert!(!admits(&gate.send_with(from(call(), ENVOY), framed(&message)).await));
    }
    for junk in [Vec::new(), vec![0; 3], vec![1, 0, 0, 0, 0], vec![0, 0xff, 0xff, 0xff, 0xff], vec![0; 1 << 20]] {
        assert!(!admits(&gate.send_with(from(call(), ENVOY), junk).await));
    }
}

#[tokio::test]
async fn only_grpc_is_answered() {
    let request = post("/envoy.service.auth.v3.Authorization/Check").header("content-type", "application/json");
    assert_eq!(gate().send_with(from(request, ENVOY), "{}").await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
