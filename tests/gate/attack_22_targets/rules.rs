//! What slips past a rule for some requests: with every matcher, what is to be refused does not pass as something else, and
//! what is let through does not take something else with it.

use axum::body::Body;
use http::{Method, Request};
use portcullis_tests::attacker::wire::{self, WireOrigin};
use portcullis_tests::in_process::{Gate, HOST, Origin, from, get};

use super::policy;

/// Everything goes on but what one rule refuses.
fn denying(matcher: &str) -> String {
    format!(
        "ja4_header = \"x-ja4\"\n[[rule]]\nname = \"guarded\"\naction = \"deny\"\n{matcher}\n\
         [[rule]]\nname = \"rest\"\naction = \"allow\"\n"
    )
}

/// Everything is challenged but what one rule lets through.
fn allowing(matcher: &str) -> String {
    format!("ja4_header = \"x-ja4\"\n[[rule]]\nname = \"open\"\naction = \"allow\"\n{matcher}\n")
}

/// Ways to write `/login` that some origin takes for it.
const LOGIN: [&str; 32] = [
    "/login",
    "//login",
    "///login",
    "/./login",
    "/a/../login",
    "/../login",
    "/a/..;/login",
    "/%2e/login",
    "/a/%2e%2e/login",
    "/a/%2E%2E%2flogin",
    "/%2flogin",
    "/%6cogin",
    "/%256cogin",
    "/%25256cogin",
    "/LOGIN",
    "/Login/",
    "/login/",
    "/login/.",
    "/login//",
    "/login;jsessionid=1",
    "/login;.css",
    "/login%3b.css",
    "/login%2f",
    "/login%2fa.css",
    "/login%5ca.css",
    "/login%00",
    "/login%00.css",
    "/login?.css",
    "/login/x/..",
    "/login/a.css",
    "/;x/login",
    "http://login.example/login",
];

/// Requests as they are written, beside `Host: login.example` and `User-Agent: Mozilla/5.0` where they have none.
fn written(method: &str, target: &str, headers: &[&str]) -> String {
    let has = |name: &str| headers.iter().any(|header| header.to_lowercase().starts_with(name));
    let mut request = format!("{method} {target} HTTP/1.1\r\n");
    request += if has("host:") { "" } else { "Host: login.example\r\n" };
    request += if has("user-agent") { "" } else { "User-Agent: Mozilla/5.0\r\n" };
    headers.iter().filter(|header| !header.is_empty()).for_each(|header| request += &format!("{header}\r\n"));
    request + "Connection: close\r\n\r\n"
}

fn ways_to_login() -> Vec<String> {
    LOGIN.iter().map(|target| written("GET", target, &[])).collect()
}

/// What no rule that refuses may miss: a matcher, and requests that it means.
fn refused() -> Vec<(&'static str, Vec<String>)> {
    let one = |method: &str, headers: &[&str]| written(method, "/login", headers);
    let unknown = ["X", "PROPFIND", "POST"].map(|method| one(method, &["Content-Length: 0"]));
    vec![
        ("path = [\"/login/*\"]", ways_to_login()),
        ("path_regex = [\"^/login\"]", ways_to_login()),
        ("expression = 'path.startsWith(\"/login\")'", ways_to_login()),
        ("path = [\"/login/*\"]", unknown.to_vec()),
        ("method = [\"POST\"]", ["POST", "post", "Post"].map(|method| one(method, &["Content-Length: 0"])).to_vec()),
        (
            "host = [\"login.example\"]",
            ["Host: login.example.", "Host: LOGIN.EXAMPLE", "Host: login.example:80", "Host: Login.Example.:8080"]
                .map(|host| one("GET", &[host]))
                .to_vec(),
        ),
        (
            "host = [\"*.example\"]",
            ["Host: login.example.", "Host: a.LOGIN.example:1"].map(|host| one("GET", &[host])).to_vec(),
        ),
        (
            "user_agent = [\"Bot\"]",
            vec![
                one("GET", &["User-Agent: Bot", "User-Agent: Mozilla"]),
                one("GET", &["User-Agent: Mozilla", "User-Agent: Bot"]),
                one("GET", &["User-Agent: Mozilla", &format!("User-Agent: {}", "x".repeat(9000))]),
            ],
        ),
        (
            "user_agent = [\"^$\"]",
            vec![one("GET", &["User-Agent:"]), written("GET", "/", &["User-Agent:"]), bare("GET", "/login")],
        ),
        (
            "header = { x-key = \"^bad$\" }",
            vec![
                one("GET", &["X-Key: bad"]),
                one("GET", &["x-KEY: good", "X-Key: bad"]),
                one("GET", &["X-Key:   bad  ", "X-Key: good"]),
            ],
        ),
        ("header = { x-key = false }", vec![one("GET", &[])]),
        (
            "expression = 'headers[\"X-Key\"] == \"bad\"'",
            vec![one("GET", &["X-Key: good", "x-key: bad"]), one("GET", &["X-Key: bad", "X-Key: good"])],
        ),
        ("signal = [\"no-user-agent\"]", vec![bare("GET", "/login")]),
        (
            "network = [\"127.0.0.0/8\"]",
            ["X-Forwarded-For: 198.51.100.1", "Forwarded: for=198.51.100.1", "X-Real-IP: 198.51.100.1"]
                .map(|claim| one("GET", &[claim]))
                .to_vec(),
        ),
    ]
}

/// Without a `User-Agent`.
fn bare(method: &str, target: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: login.example\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn nothing_that_a_rule_refuses_passes_in_another_spelling() {
    for (matcher, requests) in refused() {
        let origin = WireOrigin::start().await;
        let (_file, setting) = policy(&denying(matcher));
        let gate = Gate::with(&[&format!("origin={}", origin.url()), &setting]);
        let served = gate.serve().await;
        for request in &requests {
            let answer = wire::exchange(served.address(), request.as_bytes()).await;
            let shown = &request[..request.len().min(200)];
            assert!(
                matches!(wire::status(&answer), 400 | 403 | 404 | 405),
                "{matcher}: {shown}: {}",
                wire::status(&answer)
            );
            assert_eq!(origin.count(), 0, "{matcher}: passed: {shown}");
        }
        // Something else goes on: it is the rule that refuses.
        let other = "PATCH /other HTTP/1.1\r\nHost: other.test\r\nUser-Agent: Mozilla\r\nX-Key: good\r\n";
        let other = format!("{other}Content-Length: 0\r\nConnection: close\r\n\r\n");
        if !matcher.starts_with("network") {
            wire::exchange(served.address(), other.as_bytes()).await;
            assert_eq!(origin.count(), 1, "{matcher}: refused");
        }
    }
}

/// What no rule that lets through may take for its own: a matcher, a request that it means, and requests that it does not.
fn let_through() -> Vec<(&'static str, String, Vec<String>)> {
    let get = |target: &str| written("GET", target, &[]);
    let with = |headers: &[&str]| written("GET", "/x", headers);
    vec![
        (
            "path = [\"/static/*\"]",
            get("/static/a.css"),
            [
                "/static/../login",
                "/static/%2e%2e/login",
                "/static/..%2flogin",
                "/static/..;/login",
                "/static%2f..%2flogin",
                "/static/%252e%252e/login",
                "/static/..%5clogin",
                "/static/a/../../login",
                "/statics",
                "//login/static/",
            ]
            .map(get)
            .to_vec(),
        ),
        (
            "path = [\"*.css\"]",
            get("/a/b.css"),
            [
                "/login;.css",
                "/login;a/.css/..",
                "/login?.css",
                "/login%00.css",
                "/login/x.css/..",
                "/login%3b.css",
                "/login?a=/b.css",
            ]
            .map(get)
            .to_vec(),
        ),
        (
            "path_regex = [\"^/static/\"]",
            get("/static/a"),
            ["/static/../login", "/static/%2e%2e/login", "/static/..%2flogin"].map(get).to_vec(),
        ),
        (
            "expression = 'path.startsWith(\"/static/\")'",
            get("/static/a"),
            ["/static/../login", "/static/%2e%2e/login", "/static/..%2flogin"].map(get).to_vec(),
        ),
        (
            "method = [\"GET\"]",
            get("/x"),
            ["get", "Get", "POST", "X"].map(|method| written(method, "/x", &["Content-Length: 0"])).to_vec(),
        ),
        (
            "host = [\"open.example\"]",
            with(&["Host: OPEN.example.:80"]),
            vec![
                with(&["Host: login.example"]),
                with(&["Host: open.example.login.example"]),
                with(&["Host: open.example", "Host: login.example"]),
                written("GET", "http://open.example/x", &["Host: login.example"]),
                with(&["Host: login.example", "X-Forwarded-Host: open.example"]),
                with(&["Host: open.example@login.example"]),
            ],
        ),
        (
            "user_agent = [\"^Reader/\"]",
            with(&["User-Agent: Reader/1"]),
            vec![
                with(&["User-Agent: Reader/1", "User-Agent: Bot"]),
                with(&["User-Agent: Bot", "User-Agent: Reader/1"]),
                with(&["User-Agent:"]),
                with(&[&format!("User-Agent: Reader/{}", "1".repeat(9000))]),
                bare("GET", "/x"),
            ],
        ),
        (
            "header = { x-key = \"^good$\" }",
            with(&["X-Key: good"]),
            vec![with(&["X-Key: good", "X-Key: bad"]), with(&["X-Key: good, bad"]), with(&["X_Key: good"]), with(&[])],
        ),
        (
            "expression = 'headers[\"X-Key\"] == \"good\" && query[\"a\"] == \"1\"'",
            written("GET", "/x?a=1", &["X-Key: good"]),
            vec![
                written("GET", "/x?a=1&a=2", &["X-Key: good"]),
                written("GET", "/x?a=1", &["X-Key: good", "X-Key: bad"]),
                written("GET", "/x", &["X-Key: good"]),
            ],
        ),
        (
            "ja4 = [\"^t13\"]\nnetwork = [\"127.0.0.1\"]",
            String::new(),
            vec![with(&["X-JA4: t13d1516h2"]), with(&["X-JA4: t13d1516h2", "X-JA4: t13d1516h2"])],
        ),
        (
            "network = [\"198.51.100.0/24\"]",
            String::new(),
            [
                "X-Forwarded-For: 198.51.100.1",
                "Forwarded: for=198.51.100.1",
                "X-Real-IP: 198.51.100.1",
                "True-Client-IP: 198.51.100.1",
            ]
            .map(|claim| with(&[claim]))
            .to_vec(),
        ),
    ]
}

#[tokio::test]
async fn nothing_passes_with_what_a_rule_lets_through() {
    for (matcher, meant, requests) in let_through() {
        let origin = WireOrigin::start().await;
        let (_file, setting) = policy(&allowing(matcher));
        let gate = Gate::with(&[&format!("origin={}", origin.url()), &setting]);
        let served = gate.serve().await;
        for request in &requests {
            let answer = wire::exchange(served.address(), request.as_bytes()).await;
            let shown = &request[..request.len().min(200)];
            assert!(
                matches!(wire::status(&answer), 400 | 403 | 404 | 405),
                "{matcher}: {shown}: {}",
                wire::status(&answer)
            );
            assert_eq!(origin.count(), 0, "{matcher}: passed: {shown}");
        }
        if !meant.is_empty() {
            wire::exchange(served.address(), meant.as_bytes()).await;
            assert_eq!(origin.count(), 1, "{matcher}: refused: {meant}");
        }
    }
}

#[tokio::test]
async fn an_upgrade_and_a_tunnel_meet_the_rule_of_their_path() {
    let origin = WireOrigin::start().await;
    let (_file, setting) = policy(&denying("path = [\"/login/*\"]"));
    let gate = Gate::with(&[&format!("origin={}", origin.url()), &setting]);
    let served = gate.serve().await;
    for request in [
        "GET /login HTTP/1.1\r\nHost: login.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET /Login HTTP/1.1\r\nHost: login.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
        "CONNECT login.example:80 HTTP/1.1\r\nHost: login.example:80\r\n\r\n",
        "GET /login HTTP/1.0\r\n\r\n",
    ] {
        let answer = wire::exchange(served.address(), request.as_bytes()).await;
        assert!(matches!(wire::status(&answer), 400 | 403 | 404 | 405), "{request}: {}", answer.escape_ascii());
        assert_eq!(origin.count(), 0, "passed: {request}");
    }
}

#[tokio::test]
async fn an_address_is_one_however_it_is_written() {
    let origin = Origin::start().await;
    let (_file, setting) = policy(&denying("network = [\"203.0.113.0/24\"]"));
    let gate = Gate::in_front_of(&origin, &[&setting, "client_ip.trusted_proxies=[\"192.0.2.1\"]"]);
    for address in ["203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107"] {
        assert_eq!(gate.send(from(get("/"), address)).await.status, 403, "{address}");
        let handed_on = from(get("/"), "192.0.2.1").header("x-forwarded-for", format!("198.51.100.9, {address}"));
        assert_eq!(gate.send(handed_on).await.status, 403, "{address} by its gateway");
    }
    assert!(origin.arrived().is_empty());
    assert_eq!(gate.send(from(get("/"), "198.51.100.9")).await.status, 200);
}

#[tokio::test]
async fn a_fingerprint_is_believed_from_a_gateway_that_states_one() {
    let origin = Origin::start().await;
    let trusting = "client_ip.trusted_proxies=[\"192.0.2.1\"]";
    let stated = |address: &str, values: &[&str]| {
        let request = from(get("/"), address).header("x-forwarded-for", "203.0.113.7");
        values.iter().fold(request, |request, value| request.header("x-ja4", *value))
    };
    let (_file, setting) = policy(&allowing("ja4 = [\"^good$\"]"));
    let gate = Gate::in_front_of(&origin, &[&setting, trusting]);
    for (address, values, status) in [
        ("192.0.2.1", &["good"][..], 200),
        ("192.0.2.2", &["good"], 403),
        ("192.0.2.1", &["good", "bad"], 403),
        ("192.0.2.1", &["bad", "good"], 403),
        ("192.0.2.1", &[], 403),
    ] {
        assert_eq!(gate.send(stated(address, values)).await.status, status, "{address} {values:?}");
    }
    let (_file, setting) = policy(&denying("ja4 = [\"^bad$\"]"));
    let gate = Gate::in_front_of(&origin, &[&setting, trusting]);
    for (values, status) in [(&["bad"][..], 403), (&["good", "bad"], 403), (&["bad", "good"], 403), (&["good"], 200)] {
        assert_eq!(gate.send(stated("192.0.2.1", values)).await.status, status, "{values:?}");
    }
}

#[tokio::test]
async fn over_http2_a_rule_sees_the_host_that_the_origin_does() {
    let origin = Origin::start().await;
    let (_file, setting) = policy(&allowing("host = [\"open.example\"]"));
    let gate = Gate::in_front_of(&origin, &[&setting]);
    for (authority, host, status) in [
        ("open.example", None, 200),
        ("login.example", Some("open.example"), 400),
        ("open.example", Some("login.example"), 400),
        (HOST, None, 403),
    ] {
        let mut request =
            Request::builder().method(Method::GET).uri(format!("http://{authority}/")).version(http::Version::HTTP_2);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        assert_eq!(gate.send_with(request, Body::empty()).await.status, status, "{authority} {host:?}");
    }
    assert_eq!(origin.arrived().len(), 1);
}
