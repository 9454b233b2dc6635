//! Attack 30: requests that make the program panic. A panic would be answered 500; none of these is.

use std::net::{IpAddr, SocketAddr};

use http::request::Builder;
use http::{HeaderName, HeaderValue, Request, Uri};
use portcullis_clearance::client::Peer;
use portcullis_tests::attacker::random::Random;
use portcullis_tests::attacker::wire;
use portcullis_tests::in_process::{Gate, HOST, get};

use crate::refusal::assert_still_good;

#[tokio::test]
async fn no_random_request_panics() {
    for (seed, mode, requests) in [(30, "challenge", 4_000), (31, "off", 500)] {
        let trusting = "client_ip.trusted_proxies=[\"0.0.0.0/1\", \"::/1\"]";
        let gate = Gate::with(&[&format!("gate.mode={mode}"), trusting]);
        let good = gate.solved().await;
        let mut random = Random::seeded(seed);
        let mut answers = std::collections::BTreeMap::<u16, u32>::new();
        for number in 0..requests {
            let body = body(&mut random, &good.to_json());
            let answer = gate.send_with(request(&mut random), body).await;
            assert_ne!(answer.status, 500, "seed {seed}, request {number}: {answer:?}");
            *answers.entry(answer.status.as_u16()).or_default() += 1;
        }
        println!("{requests} random requests, gate {mode}: {answers:?}");
        assert!(answers.len() >= 3, "they reach different parts: {answers:?}");
        assert_eq!(gate.send(get("/.portcullis/healthz")).await.status, 200);
        if gate.verifier.redeemed() == 0 {
            assert_still_good(&gate, &good).await;
        }
    }
}

#[tokio::test]
async fn no_random_bytes_on_a_connection_end_the_server() {
    let gate = Gate::lowered();
    let served = gate.serve().await;
    let mut random = Random::seeded(32);
    let blasts: Vec<Vec<u8>> = (0..300).map(|_| blast(&mut random)).collect();
    let exchanges = blasts.iter().map(|bytes| wire::provoke(served.address(), bytes));
    for answer in futures_util::future::join_all(exchanges).await {
        assert_ne!(wire::status(&answer), 500, "{}", answer.escape_ascii());
    }
    let alive = b"GET /.portcullis/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(wire::status(&wire::exchange(served.address(), alive).await), 200);
}

/// Real words in random places, and random bytes among them.
fn request(random: &mut Random) -> Builder {
    let method = random.one_of(&["GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "X-Y"]);
    let address: IpAddr = match random.below(4) {
        0 => IpAddr::from([203, 0, 113, 7]),
        1 => IpAddr::from((random.number() as u32).to_be_bytes()),
        2 => IpAddr::from([127, 0, 0, 1]),
        _ => IpAddr::from((u128::from(random.number()) << 64 | u128::from(random.number())).to_be_bytes()),
    };
    let mut request =
        Request::builder().method(method).uri(target(random)).extension(Peer(SocketAddr::new(address, 1)));
    // Most are well-formed enough to get further than the first check.
    if random.below(20) > 0 {
        request = request.header("host", HOST);
    }
    if random.below(2) > 0 {
        request = request.header("sec-fetch-mode", "navigate").header("sec-fetch-site", "same-origin");
    }
    if random.below(2) > 0 {
        let form = random.one_of(&["application/json", "application/x-www-form-urlencoded"]);
        request = request.header("content-type", form);
    }
    for _ in 0..random.below(8) {
        let name = HeaderName::from_static(random.one_of(&HEADERS));
        let length = random.below(40);
        let value = match random.below(3) {
            0 => random.one_of(&VALUES).as_bytes().to_vec(),
            1 => random.bytes(length),
            _ => {
                [random.one_of(&VALUES), ",", random.one_of(&VALUES), ";", random.one_of(&VALUES)].concat().into_bytes()
            }
        };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            request = request.header(name, value);
        }
    }
    request
}

fn target(random: &mut Random) -> Uri {
    loop {
        let mut target = random.one_of(&TARGETS).to_owned();
        for _ in 0..random.below(6) {
            target.push_str(random.one_of(&PIECES));
        }
        if let Ok(target) = target.parse() {
            return target;
        }
    }
}

fn body(random: &mut Random, submission: &str) -> Vec<u8> {
    let length = random.below(300);
    match random.below(5) {
        0 => Vec::new(),
        1 => random.bytes(length),
        2 => b"user=a&b=%00&%ff&=&&".to_vec(),
        3 => {
            let mut bytes = submission.as_bytes().to_vec();
            let at = random.below(bytes.len());
            bytes[at] = random.number().to_be_bytes()[0];
            bytes
        }
        _ => submission.as_bytes()[..random.below(submission.len())].to_vec(),
    }
}

fn blast(random: &mut Random) -> Vec<u8> {
    let length = random.below(2_000);
    match random.below(4) {
        0 => random.bytes(length),
        1 => [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), random.bytes(length)].concat(),
        2 => [b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec(), random.bytes(length), b"\r\n\r\n".to_vec()].concat(),
        _ => {
            let head = "POST /.portcullis/redeem HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
            let framing = random.one_of(&["Transfer-Encoding: chunked\r\n\r\n", "Content-Length: 50\r\n\r\n"]);
            [head.as_bytes(), framing.as_bytes(), &random.bytes(length)].concat()
        }
    }
}

const TARGETS: [&str; 8] = [
    "/",
    "/login",
    "/.portcullis/challenge",
    "/.portcullis/redeem",
    "/.portcullis/authorize",
    "/.portcullis/assets/",
    "/.portcullis/",
    "http://login.example/",
];
const PIECES: [&str; 14] =
    ["/", "?", "%00", "%ff", "..", "//", "\\", ";", "=", "a", "%2e%2e%2f", "{{host}}", "\u{fc}", "&next=//x"];
const HEADERS: [&str; 20] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "if-none-match",
    "origin",
    "sec-fetch-mode",
    "sec-fetch-site",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x_forwarded_for",
];
const VALUES: [&str; 26] = [
    "",
    "*",
    ",,,",
    ";;q=",
    "q=NaN",
    "en;q=1e999",
    "text/html",
    "navigate",
    "same-origin",
    "application/json",
    "application/x-www-form-urlencoded",
    "__Host-portcullis=a.b.c",
    "__Host-portcullis=eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
    "portcullis=",
    "=",
    "websocket",
    "upgrade",
    "chunked",
    "-1",
    "18446744073709551616",
    "[::1]:99999",
    "1.2.3.4:",
    "http://login.example",
    "[",
    "gzip;q=0, br;q=",
    "\"",
];
