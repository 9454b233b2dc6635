//! Headers as browsers and libraries send them. What the browsers at hand send is recorded by `tests/browser`.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

/// Lines of a head, without the request line.
fn raised(head: &str, secure: bool) -> Vec<Signal> {
    let line = |line: &str| {
        let (name, value) = line.trim().split_once(": ").unwrap();
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    let mut headers = HeaderMap::new();
    head.trim().lines().map(line).for_each(|(name, value)| {
        headers.append(name, value);
    });
    Signals::in_headers(&headers, secure).iter().collect()
}

/// What each browser sends with which nothing may be wrong: a name, and lines of a head.
fn browsers() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("browsers.txt").split("\n# ").skip(1).filter_map(|browser| browser.split_once('\n'))
}

fn chrome() -> &'static str {
    browsers().next().unwrap().1
}

#[test]
fn nothing_is_wrong_with_any_browser() {
    assert_eq!(browsers().count(), 26);
    for (who, head) in browsers() {
        assert_eq!(raised(head, true), [], "{who}");
    }
}

#[test]
fn over_plain_http_browsers_leave_out_what_is_for_secure_sites() {
    for (who, head) in browsers() {
        let plain: Vec<_> = head.trim().lines().filter(|line| !line.trim().starts_with("sec-")).collect();
        assert_eq!(raised(&plain.join("\n"), false), [], "{who}");
    }
}

#[test]
fn libraries_and_programs_raise_theirs() {
    use Signal::*;
    let pretends = "user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
    for (head, expected) in [
        ("accept: */*", &[NoUserAgent][..]),
        ("user-agent: curl/8.5.0\naccept: */*", &[HttpLibrary]),
        ("user-agent: python-requests/2.32.3\naccept-encoding: gzip, deflate\naccept: */*", &[HttpLibrary]),
        ("user-agent: Python/3.12 aiohttp/3.9.5\naccept: */*", &[HttpLibrary]),
        ("user-agent: Go-http-client/1.1\naccept-encoding: gzip", &[HttpLibrary]),
        ("user-agent: okhttp/4.12.0\naccept-encoding: gzip", &[HttpLibrary]),
        (
            "user-agent: node\naccept: */*\naccept-language: *\nsec-fetch-mode: cors\naccept-encoding: br, gzip",
            &[FetchMetadataDisagree, HttpLibrary],
        ),
        (&format!("{pretends}\naccept: */*"), &[NoAcceptLanguage, NoAcceptEncoding, NoFetchMetadata, NoClientHints]),
        (
            &format!(
                "{pretends}\naccept: */*\nupgrade-insecure-requests: 1\naccept-language: en\naccept-encoding: gzip"
            ),
            &[AcceptNotOfABrowser, NoFetchMetadata, NoClientHints],
        ),
        (&format!("{pretends}\nuser-agent: curl/8.5.0\nupgrade: websocket"), &[RepeatedUserAgent]),
    ] {
        assert_eq!(raised(head, true), expected, "{head}");
    }
}

#[test]
fn what_does_not_fit_together_is_seen() {
    use Signal::*;
    assert_eq!(raised(chrome(), true), []);
    for (from, to, expected) in [
        ("Chrome/131", "HeadlessChrome/131", &[Headless][..]),
        ("\"Google Chrome\"", "\"HeadlessChrome\"", &[Headless]),
        ("\"Chromium\";v=\"131\"", "\"Chromium\";v=\"120\"", &[ClientHintsDisagree]),
        ("ua-mobile: ?0", "ua-mobile: ?1", &[ClientHintsDisagree]),
        ("\"Windows\"", "\"Linux\"", &[ClientHintsDisagree]),
        (
            "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            "Gecko/20100101 Firefox/133.0",
            &[ClientHintsDisagree],
        ),
        ("fetch-dest: document", "fetch-dest: image", &[FetchMetadataDisagree]),
        ("fetch-mode: navigate", "fetch-mode: cors", &[FetchMetadataDisagree]),
        ("fetch-site: none", "fetch-site: self", &[FetchMetadataDisagree]),
        ("sec-fetch-mode: navigate", "x: y", &[FetchMetadataDisagree]),
        ("sec-ch-ua: ", "x: ", &[NoClientHints]),
        ("text/html", "text/plain", &[AcceptNotOfABrowser]),
        ("accept-language", "x", &[NoAcceptLanguage]),
        ("accept-encoding", "x", &[NoAcceptEncoding]),
    ] {
        let changed = chrome().replacen(from, to, 1);
        assert_ne!(changed, chrome(), "{from}");
        assert_eq!(raised(&changed, true), expected, "{from} → {to}");
    }
}

#[test]
fn every_signal_has_a_name_of_its_own_and_a_place() {
    for signal in Signal::ALL {
        assert_eq!(Signal::named(signal.name()), Some(signal));
        assert_eq!(Signals::from_iter([signal]).iter().collect::<Vec<_>>(), [signal]);
    }
    assert!(Signals::from_iter(Signal::ALL).iter().eq(Signal::ALL));
}

#[test]
fn any_bytes_can_be_read() {
    for agent in [
        "",
        " ",
        "Mozilla/5.0 (",
        "Mozilla/5.0 ()",
        "Mozilla/5.0 () Chrome/ Safari/",
        "Mozilla/5.0 () Chrome/99999999999 Safari/1",
    ] {
        let mut headers = HeaderMap::from_iter([(http::header::USER_AGENT, HeaderValue::from_str(agent).unwrap())]);
        headers.insert("sec-ch-ua", HeaderValue::from_bytes(b"\"Chromium\";v=\"\xff").unwrap());
        assert!(Signals::in_headers(&headers, true).iter().count() < 5, "{agent}");
    }
}
