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

const CHROME_WINDOWS: &str = r#"
    sec-ch-ua: "Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"
    sec-ch-ua-mobile: ?0
    sec-ch-ua-platform: "Windows"
    upgrade-insecure-requests: 1
    user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
    accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7
    sec-fetch-site: none
    sec-fetch-mode: navigate
    sec-fetch-user: ?1
    sec-fetch-dest: document
    accept-encoding: gzip, deflate, br, zstd
    accept-language: en-GB,en-US;q=0.9,en;q=0.8"#;

/// What each browser sends with which nothing may be wrong.
const BROWSERS: [(&str, &str); 26] = [
    ("Chrome on Windows goes to a page", CHROME_WINDOWS),
    (
        "Chrome on Android goes to a page",
        r#"
        sec-ch-ua: "Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"
        sec-ch-ua-mobile: ?1
        sec-ch-ua-platform: "Android"
        upgrade-insecure-requests: 1
        user-agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8
        sec-fetch-site: cross-site
        sec-fetch-mode: navigate
        sec-fetch-user: ?1
        sec-fetch-dest: document
        accept-encoding: gzip, deflate, br, zstd
        accept-language: de-DE,de;q=0.9"#,
    ),
    (
        "Chrome on Android asks for the desktop's page",
        r#"
        sec-ch-ua: "Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"
        sec-ch-ua-mobile: ?0
        sec-ch-ua-platform: "Android"
        upgrade-insecure-requests: 1
        user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        sec-fetch-site: same-origin
        sec-fetch-mode: navigate
        sec-fetch-dest: document
        accept-encoding: gzip, deflate, br, zstd
        accept-language: de-DE,de;q=0.9"#,
    ),
    (
        "Chrome's page redeems a solution",
        r#"
        content-length: 420
        sec-ch-ua-platform: "macOS"
        user-agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
        sec-ch-ua: "Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"
        content-type: application/json
        sec-ch-ua-mobile: ?0
        accept: */*
        origin: https://login.example
        sec-fetch-site: same-origin
        sec-fetch-mode: cors
        sec-fetch-dest: empty
        referer: https://login.example/login
        accept-encoding: gzip, deflate, br, zstd
        accept-language: fr"#,
    ),
    (
        "Chrome fetches an image from a worker, without hints",
        r#"
        user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
        accept: image/avif,image/webp,*/*;q=0.8
        sec-fetch-site: same-origin
        sec-fetch-mode: no-cors
        sec-fetch-dest: image
        accept-encoding: gzip, deflate, br, zstd
        accept-language: en"#,
    ),
    (
        "Chrome fetches a page ahead",
        r#"
        sec-ch-ua: "Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"
        sec-ch-ua-mobile: ?0
        sec-ch-ua-platform: "Linux"
        upgrade-insecure-requests: 1
        user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
        sec-purpose: prefetch;prerender
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        sec-fetch-site: none
        sec-fetch-mode: navigate
        sec-fetch-user: ?1
        sec-fetch-dest: document
        accept-encoding: gzip, deflate, br, zstd
        accept-language: en"#,
    ),
    (
        "a page in a frame",
        r#"
        sec-ch-ua: "Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"
        sec-ch-ua-mobile: ?0
        sec-ch-ua-platform: "Chrome OS"
        upgrade-insecure-requests: 1
        user-agent: Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        sec-fetch-site: cross-site
        sec-fetch-mode: navigate
        sec-fetch-dest: iframe
        accept-encoding: gzip, deflate, br, zstd
        accept-language: en"#,
    ),
    (
        "Chrome opens a WebSocket",
        r#"
        connection: Upgrade
        pragma: no-cache
        cache-control: no-cache
        user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
        upgrade: websocket
        origin: https://login.example
        sec-websocket-version: 13
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==
        sec-websocket-extensions: permessage-deflate; client_max_window_bits"#,
    ),
    (
        "Chrome asks before a request from elsewhere",
        r#"
        accept: */*
        access-control-request-method: POST
        access-control-request-headers: content-type
        origin: https://www.example
        user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
        sec-fetch-mode: cors
        sec-fetch-site: cross-site
        sec-fetch-dest: empty"#,
    ),
    (
        "Chrome asks for a part of a film",
        r#"
        sec-ch-ua-platform: "Windows"
        user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
        sec-ch-ua: "Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"
        sec-ch-ua-mobile: ?0
        accept: */*
        sec-fetch-site: same-origin
        sec-fetch-mode: no-cors
        sec-fetch-dest: video
        accept-language: en
        range: bytes=0-"#,
    ),
    (
        "Edge",
        r#"
        sec-ch-ua: "Microsoft Edge";v="131", "Chromium";v="131", "Not_A Brand";v="24"
        sec-ch-ua-mobile: ?0
        sec-ch-ua-platform: "Windows"
        upgrade-insecure-requests: 1
        user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
        sec-fetch-site: none
        sec-fetch-mode: navigate
        sec-fetch-user: ?1
        sec-fetch-dest: document
        accept-encoding: gzip, deflate, br, zstd
        accept-language: en-US,en;q=0.9"#,
    ),
    (
        "Opera, whose own version is another",
        r#"
        sec-ch-ua: "Opera";v="115", "Chromium";v="130", "Not?A_Brand";v="99"
        sec-ch-ua-mobile: ?0
        sec-ch-ua-platform: "macOS"
        upgrade-insecure-requests: 1
        user-agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        sec-fetch-site: none
        sec-fetch-mode: navigate
        sec-fetch-user: ?1
        sec-fetch-dest: document
        accept-encoding: gzip, deflate, br
        accept-language: nb-NO,nb;q=0.9"#,
    ),
    (
        "Brave",
        r#"
        sec-ch-ua: "Brave";v="131", "Chromium";v="131", "Not_A Brand";v="24"
        sec-ch-ua-mobile: ?0
        sec-ch-ua-platform: "Linux"
        upgrade-insecure-requests: 1
        user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
        sec-gpc: 1
        accept-language: en-US,en;q=0.6
        sec-fetch-site: none
        sec-fetch-mode: navigate
        sec-fetch-user: ?1
        sec-fetch-dest: document
        accept-encoding: gzip, deflate, br, zstd"#,
    ),
    (
        "Samsung Internet",
        r#"
        sec-ch-ua: "Not?A_Brand";v="99", "Samsung Internet";v="27.0", "Chromium";v="125"
        sec-ch-ua-mobile: ?1
        sec-ch-ua-platform: "Android"
        upgrade-insecure-requests: 1
        user-agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        sec-fetch-site: none
        sec-fetch-mode: navigate
        sec-fetch-user: ?1
        sec-fetch-dest: document
        accept-encoding: gzip, deflate, br
        accept-language: ko-KR,ko;q=0.9"#,
    ),
    (
        "an app on Android fetches with the name of its web view",
        r#"
        user-agent: Mozilla/5.0 (Linux; Android 13; SM-A536B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.6099.230 Mobile Safari/537.36
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        x-requested-with: com.example.app
        accept-encoding: gzip, deflate
        accept-language: en"#,
    ),
    (
        "Chrome on an old phone",
        r#"
        upgrade-insecure-requests: 1
        user-agent: Mozilla/5.0 (Linux; Android 5.1; Nexus 5) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/66.0.3359.158 Mobile Safari/537.36
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,image/apng,*/*;q=0.8
        accept-encoding: gzip, deflate, br
        accept-language: pt-BR,pt;q=0.9"#,
    ),
    (
        "Firefox",
        r#"
        user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        accept-language: de,en-US;q=0.7,en;q=0.3
        accept-encoding: gzip, deflate, br, zstd
        upgrade-insecure-requests: 1
        sec-fetch-dest: document
        sec-fetch-mode: navigate
        sec-fetch-site: none
        sec-fetch-user: ?1
        priority: u=0, i
        te: trailers"#,
    ),
    (
        "Firefox on Android goes on from a page of the site",
        r#"
        user-agent: Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        accept-language: en-US
        accept-encoding: gzip, deflate, br, zstd
        referer: https://login.example/
        upgrade-insecure-requests: 1
        sec-fetch-dest: document
        sec-fetch-mode: navigate
        sec-fetch-site: same-origin"#,
    ),
    (
        "a Firefox of 2020",
        r#"
        user-agent: Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:78.0) Gecko/20100101 Firefox/78.0
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8
        accept-language: ru-RU,ru;q=0.8,en-US;q=0.5,en;q=0.3
        accept-encoding: gzip, deflate, br
        upgrade-insecure-requests: 1"#,
    ),
    (
        "SeaMonkey, older than the Firefox that it names",
        r#"
        user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:91.0) Gecko/20100101 Firefox/91.0 SeaMonkey/2.53.18
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8
        accept-language: en-US,en;q=0.5
        accept-encoding: gzip, deflate, br
        upgrade-insecure-requests: 1"#,
    ),
    (
        "Safari on a Mac",
        r#"
        sec-fetch-dest: document
        user-agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        sec-fetch-site: none
        sec-fetch-mode: navigate
        accept-language: en-GB,en;q=0.9
        priority: u=0, i
        accept-encoding: gzip, deflate, br"#,
    ),
    (
        "Safari on an iPhone",
        r#"
        sec-fetch-dest: document
        user-agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_1_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1.1 Mobile/15E148 Safari/604.1
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        sec-fetch-site: none
        sec-fetch-mode: navigate
        accept-language: en-GB,en;q=0.9
        accept-encoding: gzip, deflate, br"#,
    ),
    (
        "Safari on an old iPhone",
        r#"
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        user-agent: Mozilla/5.0 (iPhone; CPU iPhone OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1
        accept-language: en-gb
        accept-encoding: br, gzip, deflate"#,
    ),
    (
        "Chrome on an iPhone, which is a WebKit",
        r#"
        sec-fetch-dest: document
        user-agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        sec-fetch-site: none
        sec-fetch-mode: navigate
        accept-language: en-GB,en;q=0.9
        accept-encoding: gzip, deflate, br"#,
    ),
    (
        "a browser inside an app on an iPhone",
        r#"
        user-agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21G93 Instagram 350.0.0.30.94 (iPhone14,5; iOS 17_6_1; en_US; en; scale=3.00; 1170x2532)
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        accept-encoding: gzip, deflate, br"#,
    ),
    (
        "GNOME Web",
        r#"
        user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15
        accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        accept-language: en-US, en;q=0.90
        accept-encoding: gzip, deflate"#,
    ),
];

#[test]
fn nothing_is_wrong_with_any_browser() {
    for (who, head) in BROWSERS {
        assert_eq!(raised(head, true), [], "{who}");
    }
}

#[test]
fn over_plain_http_browsers_leave_out_what_is_for_secure_sites() {
    for (who, head) in BROWSERS {
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
    assert_eq!(raised(CHROME_WINDOWS, true), []);
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
        let changed = CHROME_WINDOWS.replacen(from, to, 1);
        assert_ne!(changed, CHROME_WINDOWS, "{from}");
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
