//! Requests that say nothing: whatever bytes they are of, and however many, a policy decides on them.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use portcullis_challenge::UnixMillis;
use portcullis_policy::{Facts, Policy, Signals};
use portcullis_tests::attacker::random::Random;

const POLICY: &str = r#"
ja4_header = "x-ja4"
[[rule]]
name = "paths"
action = "weigh"
weight = 1
path = ["/login/*", "/", "*.css", "/a/b"]
[[rule]]
name = "path-regexes"
action = "weigh"
weight = -1
path_regex = ["(a|b)*c.{20}d", "(?:/[^/]+){30}$", "\\w+\\.php"]
[[rule]]
name = "clients"
action = "weigh"
weight = 1
user_agent = ["(?i)bot", "^$", "(x+x+)+y"]
header = { x-a = "[0-9]{3,}", x-b = false }
[[rule]]
name = "fingerprints"
action = "weigh"
weight = 1
ja4 = ["^t1"]
network = ["0.0.0.0/1", "2000::/3"]
[[rule]]
name = "expressions"
action = "weigh"
weight = 1
expression = 'segments(path).exists(s, s == "..") || headers.exists(h, headers[h].contains("\u0000")) || query["a"] != ""'
[[rule]]
name = "numbers"
action = "deny"
expression = 'int(headers["X-A"]) / size(userAgent) > 3 && path.matches("^/[a-z]+$") && weight > 2'
"#;

fn policy() -> Policy {
    let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    std::fs::write(file.path(), POLICY).expect("a temporary file can be written");
    Policy::read(Some(file.path())).unwrap_or_else(|refused| panic!("{refused}"))
}

#[test]
fn no_bytes_stop_a_policy_from_deciding() {
    let policy = policy();
    let mut random = Random::seeded(22);
    let mut weights = std::collections::BTreeMap::<i32, u32>::new();
    for _ in 0..3_000 {
        let length = random.below(120);
        let target = String::from_utf8_lossy(&random.bytes(length)).into_owned();
        let pieces = ["/", "..", "%2e", "%00", ";", "?a=", "&a=", "\\", "%", "login", "\u{fc}", "//", ".css"];
        let target = (0..random.below(12)).fold(target, |target, _| target + random.one_of(&pieces));
        let mut headers = HeaderMap::new();
        for _ in 0..random.below(10) {
            let name = random.one_of(&["user-agent", "x-a", "x-b", "x-ja4", "cookie"]);
            let length = random.below(40);
            if let Ok(value) = HeaderValue::from_bytes(&random.bytes(length)) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        let address: IpAddr = match random.below(2) {
            0 => IpAddr::from((random.number() as u32).to_be_bytes()),
            _ => IpAddr::from((u128::from(random.number()) << 64 | 1).to_be_bytes()),
        };
        let host = String::from_utf8_lossy(&random.bytes(12)).into_owned();
        *weights.entry(policy.decide(&facts(&target, &host, &headers, address)).weight).or_default() += 1;
    }
    assert!(weights.len() >= 3, "they meet different rules: {weights:?}");
}

/// What a request's head has room for, filled with one thing. Each test of the suite is bounded; a policy that took a
/// power of what is sent would not come to its end.
#[test]
fn the_largest_requests_are_decided_on() {
    let policy = policy();
    const HEAD: usize = 64 << 10;
    let fill = |piece: &str| piece.repeat(HEAD / piece.len());
    let target = format!("/{}?{}", "a/".repeat(HEAD / 4), "a=b&".repeat(HEAD / 8));
    let none = HeaderMap::new();
    for piece in ["/", "/a", "/..", "%25", "%2e%2e/", "a", "\\", ";", "ab", ".css", "=&", "\u{fc}"] {
        decide(&policy, &fill(piece), &none);
    }
    for target in [fill("/x"), target] {
        let mut headers = HeaderMap::new();
        for piece in ["x", "xy", "bot", "1", "abababab", "\u{fc}"] {
            headers.append("user-agent", HeaderValue::from_bytes(fill(piece).as_bytes()).unwrap());
            headers.append("x-a", HeaderValue::from_bytes(fill(piece).as_bytes()).unwrap());
        }
        decide(&policy, &target, &headers);
    }
    let mut headers = HeaderMap::new();
    for number in 0..5_000 {
        headers.append(HeaderName::try_from(format!("x-{number}")).unwrap(), HeaderValue::from_static("1"));
        headers.append("x-a", HeaderValue::from_static("1"));
    }
    decide(&policy, "/", &headers);
}

fn decide(policy: &Policy, target: &str, headers: &HeaderMap) {
    policy.decide(&facts(target, &"a.".repeat(5_000), headers, [192, 0, 2, 1].into()));
}

fn facts<'a>(target: &'a str, host: &'a str, headers: &'a HeaderMap, address: IpAddr) -> Facts<'a> {
    Facts {
        method: &Method::POST,
        target,
        host,
        headers,
        address,
        from_gateway: true,
        signals: Signals::in_headers(headers, true),
        bot: None,
        now: UnixMillis(1_800_000_000_000),
    }
}
