//! Attack 21: a client that claims to be somebody else, in headers only a gateway may write.

use http::header::{HOST as HOST_HEADER, HeaderName};
use portcullis_tests::attacker::Submission;
use portcullis_tests::attacker::tokens::Token;
use portcullis_tests::in_process::{CLIENT, Gate, HOST, Origin, from, get, post};
use portcullis_tests::processes::PATIENCE;

/// Every way in which gateways and frameworks are told the client and its request.
const CLAIMS: [&str; 26] = [
    "Forwarded",
    "X-Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Forwarded-Scheme",
    "X-Forwarded-Ssl",
    "X-Forwarded-Prefix",
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Forwarded-Server",
    "X-Forwarded-User",
    "X-Original-URI",
    "X-Original-URL",
    "X-Original-Method",
    "X-Original-Host",
    "X-Rewrite-URL",
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "Fastly-Client-IP",
    "X-Host",
    "Portcullis-Action",
];
const CLAIM: &str = "198.51.100.66";

#[tokio::test]
async fn a_clients_claims_never_reach_the_origin() {
    let origin = Origin::start().await;
    for settings in [&["gate.mode=off"][..], &[], &["client_ip.trusted_proxies=[\"10.0.0.0/8\"]"]] {
        let gate = Gate::in_front_of(&origin, settings);
        let token = gate.token().await;
        for claim in CLAIMS {
            for name in [claim.to_owned(), claim.replace('-', "_"), claim.replacen('-', "_", 1)] {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                let cookie = format!("__Host-portcullis={token}");
                let request = get("/").header("cookie", cookie).header(&name, CLAIM).header(&name, "second");
                assert_eq!(gate.send(request).await.status, 200, "{name}");
                let arrived = origin.last().headers;
                for (header, value) in &arrived {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    assert!(!value.contains(CLAIM) && !value.contains("second"), "{name} arrived as {header}: {value}");
                }
                assert_eq!(arrived["x-forwarded-for"], CLIENT);
                assert_eq!(arrived["x-forwarded-host"], HOST);
                assert_eq!(arrived["x-forwarded-proto"], "http");
                assert_eq!(arrived.get_all("x-forwarded-for").iter().count(), 1);
            }
        }
    }
}

#[tokio::test]
async fn a_claim_changes_neither_the_clients_network_nor_its_host() {
    let gate = Gate::lowered();
    for claim in CLAIMS {
        for name in [claim.to_owned(), claim.replace('-', "_")] {
            for value in [CLAIM, "127.0.0.1", "other.example", "for=198.51.100.66;host=other.example"] {
                let challenge = gate.challenge_by(get("/.portcullis/challenge").header(&name, value)).await;
                let submission = Submission::solving(&challenge);
                let redeem = post("/.portcullis/redeem").header(&name, value);
                let answer = gate.redeem_by(&submission, redeem).await;
                let token = Token::parse(answer.json()["token"].as_str().unwrap());
                assert_eq!((token.claim("net"), token.claim("aud")), ("203.0.113.0/24".into(), HOST.into()), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn behind_a_listed_gateway_the_client_is_the_rightmost_address_that_is_no_gateway() {
    let origin = Origin::start().await;
    let listed = "client_ip.trusted_proxies=[\"10.0.0.0/8\", \"2001:db8:face::/48\", \"192.0.2.1\"]";
    let gate = Gate::in_front_of(&origin, &["gate.mode=off", listed]);
    for (peer, forwarded, client) in [
        ("10.0.0.1", &["198.51.100.1"][..], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.66, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.66, 198.51.100.1, 10.9.9.9,192.0.2.1"], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.66", "198.51.100.1", "10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", &["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &[""], "10.0.0.1"),
        ("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
        ("2001:db8:face::1", &["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", &["2001:db8::1, 2001:db8:face:1::2"], "2001:db8::1"),
        ("10.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
        ("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
        ("10.0.0.1", &["198.51.100.1:50000"], "198.51.100.1"),
        ("10.0.0.1", &["\t198.51.100.1 \t"], "198.51.100.1"),
        ("10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.1, ::ffff:10.0.0.9"], "198.51.100.1"),
        // If an entry is not an address, nothing beyond it is believed.
        ("10.0.0.1", &["198.51.100.1, garbage"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1, unknown, 10.3.3.3"], "10.3.3.3"),
        ("10.0.0.1", &["198.51.100.1,"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1, 999.1.1.1"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1, 0x7f.1"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1, for=10.0.0.9"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1 10.0.0.9"], "10.0.0.1"),
        // A peer that is not a gateway is the client.
        ("203.0.113.7", &["198.51.100.66"], "203.0.113.7"),
        ("192.0.2.2", &["198.51.100.66"], "192.0.2.2"),
        ("11.0.0.1", &["198.51.100.66, 10.0.0.1"], "11.0.0.1"),
    ] {
        let request = forwarded.iter().fold(get("/"), |request, value| request.header("x-forwarded-for", *value));
        // Other ways to say it are never read, from anyone.
        let request = request.header("forwarded", "for=198.51.100.66").header("x-real-ip", "198.51.100.66");
        assert_eq!(gate.send(from(request, peer)).await.status, 200);
        assert_eq!(origin.last().headers["x-forwarded-for"], client, "{forwarded:?} from {peer}");
    }
}

#[tokio::test]
async fn a_header_of_bytes_that_are_no_text_is_believed_no_further() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off", "client_ip.trusted_proxies=[\"10.0.0.0/8\"]"]);
    let value = http::HeaderValue::from_bytes(b"198.51.100.1, \xff\xfe").unwrap();
    assert_eq!(gate.send(from(get("/").header("x-forwarded-for", value), "10.0.0.1")).await.status, 200);
    assert_eq!(origin.last().headers["x-forwarded-for"], "10.0.0.1");
}

#[tokio::test]
async fn a_thousand_hops_are_decided_at_once_and_believe_no_claim() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off", "client_ip.trusted_proxies=[\"10.0.0.0/8\"]"]);
    let gateways = vec!["10.0.0.1"; 1_000].join(",");
    let clients = vec!["198.51.100.9"; 1_000].join(",");
    let garbage = vec!["x"; 10_000].join(",");
    for (forwarded, client) in [
        // Beyond any chain there is: the gateways themselves are the client, and the claim is not reached.
        (format!("{CLAIM},{gateways}"), "10.0.0.1"),
        (format!("{CLAIM},{clients}"), "198.51.100.9"),
        (format!("{CLAIM},{garbage}"), "10.0.0.1"),
        (format!("{CLAIM}{}", ",".repeat(10_000)), "10.0.0.1"),
    ] {
        let asked = gate.send(from(get("/").header("x-forwarded-for", forwarded), "10.0.0.1"));
        let answer = tokio::time::timeout(PATIENCE, asked).await.expect("decided at once");
        assert_eq!(answer.status, 200);
        assert_eq!(origin.last().headers["x-forwarded-for"], client);
    }
}

#[tokio::test]
async fn the_scheme_is_believed_from_a_listed_gateway_alone() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off", "client_ip.trusted_proxies=[\"10.0.0.0/8\"]"]);
    for (peer, said, told) in [
        ("10.0.0.1", "https", "https"),
        ("10.0.0.1", "http", "http"),
        ("10.0.0.1", "HTTPS, http", "http"),
        ("203.0.113.7", "https", "http"),
    ] {
        gate.send(from(get("/").header("x-forwarded-proto", said), peer)).await;
        assert_eq!(origin.last().headers["x-forwarded-proto"], told, "{said} from {peer}");
    }
}

#[tokio::test]
async fn a_request_is_for_one_host_or_refused() {
    let gate = Gate::lowered();
    let two = http::Request::get("/").header(HOST_HEADER, HOST).header(HOST_HEADER, "other.example");
    let none = http::Request::get("/");
    let other_target = http::Request::get("http://other.example/").header(HOST_HEADER, HOST);
    for request in [two, none, other_target] {
        let answer = gate.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "malformed"));
    }
    let same = http::Request::get(format!("http://{HOST}/")).header(HOST_HEADER, HOST);
    assert_eq!(gate.send(same).await.code(), "challenge-required");
}
