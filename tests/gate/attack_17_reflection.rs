//! Attack 17: what a client sends, in what it is sent back: HTML, attributes, JSON, headers.

use http::Request;
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HOST as HOST_HEADER};
use portcullis_tests::attacker::wire;
use portcullis_tests::in_process::{Answer, Gate, HOST, get, navigation, post};

/// What would become a script, an attribute or an element, had it its way.
const HOSTILE: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" autofocus onfocus=alert(1) x=\"",
    "<!--",
    "{{host}}{{challenge}}",
    "javascript:alert(1)",
    "\u{2028}\u{2029}\u{202e}&lt;&#60;&amp;",
];

#[tokio::test]
async fn a_hostile_host_is_refused_and_not_repeated() {
    let gate = Gate::lowered();
    for hostile in HOSTILE.iter().chain(&[
        "a b",
        "a,b",
        "a/b",
        "user@login.example",
        "a%00b",
        "",
        "[::1",
        "[::1]80",
        "a:b",
        "a:80:80",
        "a\tb",
    ]) {
        for prefix in ["", "login.example"] {
            let host = format!("{prefix}{hostile}");
            let Ok(value) = http::HeaderValue::from_bytes(host.as_bytes()) else { continue };
            for target in ["/", "/.portcullis/challenge", "/.portcullis/authorize"] {
                let request =
                    Request::get(target).header(HOST_HEADER, value.clone()).header("sec-fetch-mode", "navigate");
                let answer = gate.send(request).await;
                if host == HOST {
                    continue;
                }
                // To a gateway's question, 403 is the one refusal that all of them understand.
                let status = if target.ends_with("authorize") { 403 } else { 400 };
                assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, "malformed"), "{host:?}");
                assert!(hostile.is_empty() || !answer.text().contains(hostile), "{host:?} is repeated: {answer:?}");
            }
        }
    }
    // A host that is one is shown, and is lower-case letters, digits and points.
    let odd = Request::get("/").header(HOST_HEADER, "LOGIN.example:8443").header("sec-fetch-mode", "navigate");
    let page = gate.send(odd).await.text();
    assert!(page.contains("<bdi>login.example</bdi>"), "{page}");
}

#[tokio::test]
async fn a_hostile_language_url_or_header_changes_nothing() {
    let gate = Gate::lowered();
    let plain = without_challenge(&gate.send(navigation("/")).await);
    for hostile in HOSTILE {
        let encoded: String = hostile.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for request in [
            navigation("/").header(ACCEPT_LANGUAGE, hostile),
            navigation("/").header(ACCEPT_LANGUAGE, format!("xx-{hostile};q=1")),
            navigation("/").header("user-agent", hostile).header("referer", hostile).header("x-request-id", hostile),
            navigation("/").header("x-forwarded-host", hostile).header("x-forwarded-proto", hostile),
            navigation("/").header("cookie", format!("__Host-portcullis={hostile}; lang={hostile}")),
            navigation(&format!("/{encoded}?{encoded}={encoded}")),
        ] {
            assert_eq!(without_challenge(&gate.send(request).await), plain, "{hostile}");
        }
    }
}

#[tokio::test]
async fn a_hostile_form_is_carried_as_text() {
    let gate = Gate::lowered();
    for hostile in HOSTILE {
        let form = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let request = post("/login").header("sec-fetch-mode", "navigate").header("sec-fetch-site", "same-origin");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = format!("{0}={0}&plain={0}%0D%0ASet-Cookie:%20a=b", form(hostile));
        let answer = gate.send_with(request, body).await;
        let page = answer.text();
        let carried = page.split_once("<form id=\"carried-form\"").unwrap().1.split_once("</form>").unwrap().0;
        let escaped = hostile.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let escaped = escaped.replace('"', "&quot;").replace('\'', "&#39;");
        assert!(carried.contains(&format!("name=\"{escaped}\" value=\"{escaped}\"")), "{carried}");
        assert_eq!(carried.matches('<').count(), 2, "two inputs and nothing else: {carried}");
        assert!(answer.cookies().is_empty());
    }
}

#[tokio::test]
async fn a_hostile_submission_is_not_repeated() {
    let gate = Gate::lowered();
    for hostile in HOSTILE {
        for body in [
            hostile.to_owned(),
            serde_json::json!({ "challenge": hostile, "solution": hostile }).to_string(),
            serde_json::json!({ hostile: hostile }).to_string(),
        ] {
            let request = post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json");
            let answer = gate.send_with(request, body).await;
            assert_eq!(answer.code(), "malformed");
            assert!(!answer.text().contains(hostile) && !answer.text().contains("alert"), "{answer:?}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
    let unknown = gate.send(get("/.portcullis/%3Cscript%3E?%3Cscript%3E")).await;
    assert!(!unknown.text().contains("script"), "{unknown:?}");
}

#[tokio::test]
async fn line_ends_inject_no_header() {
    let gate = Gate::lowered();
    let served = gate.serve().await;
    let heads: [&[u8]; 9] = [
        b"GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: login.example\r\n",
        b"GET /?%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: login.example\r\nAccept: text/html\r\n",
        b"GET /\rSet-Cookie: a=b HTTP/1.1\r\nHost: login.example\r\n",
        b"GET / HTTP/1.1\r\nHost: login.example\rSet-Cookie: a=b\r\n",
        b"GET / HTTP/1.1\r\nHost: login.example\r\nAccept-Language: en\rSet-Cookie: a=b\r\nAccept: text/html\r\n",
        b"GET / HTTP/1.1\r\nHost: login.example\r\nAccept-Language: en\r\n Set-Cookie: a=b\r\nAccept: text/html\r\n",
        b"GET / HTTP/1.1\r\nHost: login.example\x00Set-Cookie: a=b\r\n",
        b"GET / HTTP/1.1\r\nHost: login.example\r\nSet-Cookie: a=b\r\nAccept: text/html\r\n",
        b"GET / HTTP/1.1\r\nHost: login.example%0d%0aSet-Cookie:%20a=b\r\n",
    ];
    for head in heads {
        let answer = wire::exchange(served.address(), &[head, b"Connection: close\r\n\r\n"].concat()).await;
        let shown = head.escape_ascii();
        assert!(matches!(wire::status(&answer), 400 | 403), "{shown}: {}", String::from_utf8_lossy(&answer));
        let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        assert!(!answer.contains("\nset-cookie") && !answer.contains("a=b"), "{shown}: {answer}");
    }
}

fn without_challenge(answer: &Answer) -> String {
    let page = answer.text();
    let text = page.split_once("data-challenge=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(text, _)| text);
    let text = text.unwrap_or_else(|| panic!("no challenge page: {answer:?}"));
    format!("{:?}{}", answer.headers, page.replace(text, ""))
}
