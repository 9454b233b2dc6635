//! The page as gzip: the same page to the byte, for clients that accept it, with everything of the visitor's own in it
//! uncompressed.

use std::io::Read as _;

use flate2::read::GzDecoder;
use http::Request;
use http::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_TYPE, HOST as HOST_HEADER};
use http::request::Builder;
use portcullis_tests::attacker::wire;
use portcullis_tests::in_process::{Answer, Gate, navigation, post};

const LANGUAGES: [&str; 9] = ["en", "ar", "de", "es", "fr", "it", "nl", "pl", "pt"];

#[tokio::test]
async fn both_pages_unpack_to_the_plain_page_in_every_language() {
    // The challenge page, and the one for an origin that is down.
    for settings in [&[][..], &["gate.mode=off"]] {
        let gate = Gate::with(settings);
        for language in LANGUAGES {
            let (plain, gzip) = both(&gate, || navigation("/").header(ACCEPT_LANGUAGE, language), String::new()).await;
            assert_eq!(gzip.header("content-language"), language);
            assert!(gzip.body.len() < plain.body.len(), "{language}: {} bytes", gzip.body.len());
        }
    }
}

#[tokio::test]
async fn it_unpacks_for_every_length_of_a_host() {
    let label = "a".repeat(63);
    let longest = [&label[..], &label, &label, &label[..61]].join(".");
    for settings in [&[][..], &["gate.mode=off"]] {
        let gate = Gate::with(settings);
        for length in 1..=longest.len() {
            let host = &longest[longest.len() - length..];
            // A name may not begin with a point.
            let host = host.strip_prefix('.').unwrap_or(host);
            let request = || Request::get("/").header(HOST_HEADER, host).header("sec-fetch-mode", "navigate");
            both(&gate, request, String::new()).await;
        }
    }
}

#[tokio::test]
async fn it_unpacks_for_every_length_of_a_form() {
    let gate = Gate::lowered();
    // A stored block holds 65 535 bytes: lengths on both sides of one and of several, whatever stands around a form.
    // An apostrophe takes five bytes on the page.
    let plain_values = (0..3).chain(65_300..65_534).map(|length| "b".repeat(length));
    let escaped_values = (13_050..13_110).chain([26_000, 65_534]).map(|length| "'".repeat(length));
    let (mut shortest, mut longest) = (usize::MAX, 0);
    for value in plain_values.chain(escaped_values) {
        let (plain, _) = both(&gate, own_form, format!("a={value}")).await;
        let length = plain.text().split_once("<form").map_or(0, |(_, form)| form.len());
        (shortest, longest) = (shortest.min(length), longest.max(length));
    }
    assert!(shortest < 200 && longest > 5 * 65_000, "forms of {shortest} to {longest} bytes");
}

#[tokio::test]
async fn only_who_accepts_gzip_gets_it() {
    let gate = Gate::lowered();
    for (accepted, expected) in [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("br;q=1.0, GZIP;q=0.001", "gzip"),
        ("", ""),
        ("br", ""),
        ("deflate", ""),
        ("gzip;q=0", ""),
        ("gzip;q=0.000, br", ""),
        ("gzip;q=none", ""),
        ("*", ""),
        ("identity", ""),
        ("\"gzip\"", ""),
    ] {
        let page = gate.send(navigation("/").header(ACCEPT_ENCODING, accepted)).await;
        assert_eq!(page.header("content-encoding"), expected, "{accepted:?}");
        assert_eq!(page.header("vary"), "accept-encoding, accept-language", "{accepted:?}");
        assert_eq!(page.body.starts_with(b"<!doctype html>"), expected.is_empty(), "{accepted:?}");
    }
    assert!(gate.send(navigation("/")).await.is_page(), "who says nothing gets it plain");
}

#[tokio::test]
async fn a_head_request_learns_the_same_headers_and_gets_no_body() {
    let gate = Gate::lowered();
    let served = gate.serve().await;
    let mut heads = Vec::new();
    for method in ["GET", "HEAD"] {
        let request = format!(
            "{method} / HTTP/1.1\r\nHost: login.example\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\nConnection: \
             close\r\n\r\n"
        );
        let answer = wire::exchange(served.address(), request.as_bytes()).await;
        let body = wire::body(&answer);
        let head = String::from_utf8_lossy(&answer[..answer.len() - body.len()]).to_ascii_lowercase();
        assert_eq!(method == "HEAD", body.is_empty());
        assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
        let head: Vec<_> = head.lines().filter(|line| !line.starts_with("date:")).map(str::to_owned).collect();
        heads.push(head);
        if method == "GET" {
            assert!(heads[0].contains(&format!("content-length: {}", body.len())), "{heads:?}");
        }
    }
    assert_eq!(heads[0], heads[1]);
}

#[tokio::test]
async fn what_is_the_visitors_own_is_stored_and_not_compressed() {
    let gate = Gate::lowered();
    let field = "correct+horse+correct+horse+correct+horse";
    let (plain, gzip) = both(&gate, own_form, format!("password={field}")).await;
    let page = plain.text();
    let (_, carried) = page.split_once("<form").expect("the form is carried");
    for own in [&challenge_text(&unpacked(&gzip)), "login.example", "carried", carried] {
        assert!(is_stored(own.as_bytes(), &gzip.body), "{own}");
    }
    assert!(!is_stored(b"viewport", &gzip.body), "the check finds what is stored only");
}

#[tokio::test]
async fn the_length_of_a_page_tells_nothing_about_what_is_in_it() {
    let gate = Gate::lowered();
    let page = navigation("/").header("sec-fetch-site", "same-origin");
    let page = gate.send(page).await.text();
    let text = page.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>")).map(|(text, _)| text).unwrap();
    let text: String = text.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    // A guess that is right, as it stands on the page, and one that is not; a guess that repeats what the visitor sent
    // beside it, and one that does not.
    let mut lengths = Vec::new();
    for guess in [text.as_str(), "Zx9Qw8Vu7Ts6Rp5On4Ml", "correcthorsecorrectho", "correcthorsebatterys"] {
        let body = format!("secret=correcthorsebatterys&guess={:.20}", guess);
        let (_, gzip) = both(&gate, own_form, body).await;
        lengths.push(gzip.body.len());
    }
    assert!(lengths.iter().all(|length| *length == lengths[0]), "{lengths:?}");
}

fn own_form() -> Builder {
    let request = post("/login").header("sec-fetch-mode", "navigate").header("sec-fetch-site", "same-origin");
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// The answers to one request without and with gzip, which are the same page.
async fn both(gate: &Gate, request: impl Fn() -> Builder, body: String) -> (Answer, Answer) {
    let plain = gate.send_with(request(), body.clone()).await;
    let gzip = gate.send_with(request().header(ACCEPT_ENCODING, "gzip"), body).await;
    let encodings = (plain.header("content-encoding"), gzip.header("content-encoding"));
    assert_eq!((plain.status, encodings), (gzip.status, ("", "gzip")));
    let (text, unpacked) = (plain.text(), unpacked(&gzip));
    // Each has a challenge of its own.
    let (challenge, other) = (challenge_text(&text), challenge_text(&unpacked));
    assert!(challenge.is_empty() || challenge != other);
    assert!(text.replace(&challenge, "") == unpacked.replace(&other, ""), "{text}\nis not\n{unpacked}");
    (plain, gzip)
}

/// What one gzip member unpacks to. The decoder checks the checksum and the length in it.
fn unpacked(gzip: &Answer) -> String {
    let (mut decoder, mut text) = (GzDecoder::new(&gzip.body[..]), String::new());
    decoder.read_to_string(&mut text).expect("the body is gzip");
    assert!(decoder.into_inner().is_empty(), "nothing follows");
    text
}

/// The challenge on a page; empty when there is none.
fn challenge_text(page: &str) -> String {
    let text = page.split_once("data-challenge=\"").and_then(|(_, rest)| rest.split_once('"'));
    text.map(|(text, _)| text.to_owned()).unwrap_or_default()
}

/// Whether `own` stands whole in a stored block: after a length and its complement (RFC 1951, 3.2.4) that span it.
fn is_stored(own: &[u8], gzip: &[u8]) -> bool {
    let Some(at) = gzip.windows(own.len()).position(|bytes| bytes == own) else { return false };
    (0..at.saturating_sub(3)).any(|start| {
        let [low, high, not_low, not_high] = [0, 1, 2, 3].map(|offset| gzip[start + offset]);
        let end = start + 4 + usize::from(u16::from_le_bytes([low, high]));
        (low, high) == (!not_low, !not_high) && end >= at + own.len()
    })
}
