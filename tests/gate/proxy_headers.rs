//! What the origin and the client see of each other's headers. What clients claim in them is attack 21.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get as route;
use http::Request;
use http::header::{CONNECTION, COOKIE, HOST as HOST_HEADER};
use portcullis_tests::in_process::{CLIENT, Gate, HOST, Origin, from, get, post};

const HOP_BY_HOP: [(&str, &str); 8] = [
    ("connection", "close, x-listed, keep-alive"),
    ("x-listed", "1"),
    ("keep-alive", "timeout=5"),
    ("proxy-connection", "keep-alive"),
    ("te", "trailers, deflate"),
    ("trailer", "x-checksum"),
    ("upgrade", "h2c"),
    ("proxy-authenticate", "Basic"),
];

#[tokio::test]
async fn hop_by_hop_headers_end_at_the_gate() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off"]);
    let request = HOP_BY_HOP.iter().fold(get("/"), |request, (name, value)| request.header(*name, *value));
    assert_eq!(gate.send(request.header("x-kept", "yes").header("expect", "100-continue")).await.status, 200);
    let arrived = origin.last().headers;
    assert_eq!(arrived["x-kept"], "yes");
    for (name, _) in HOP_BY_HOP.iter().chain(&[("expect", ""), ("transfer-encoding", "")]) {
        assert!(!arrived.contains_key(*name), "{name} went on: {arrived:?}");
    }
}

#[tokio::test]
async fn a_connection_header_cannot_remove_what_frames_or_addresses_the_request() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off"]);
    let request = post("/form").header(CONNECTION, "content-length, host, x-forwarded-for, cookie, x-forwarded-host");
    let request = request.header("content-length", "5").header(COOKIE, "a=b");
    assert_eq!(gate.send_with(request, "a=b&c").await.status, 200);
    let arrived = origin.last();
    assert_eq!(arrived.body, "a=b&c");
    assert_eq!(arrived.headers["content-length"], "5");
    assert_eq!(
        (&arrived.headers["host"], &arrived.headers["x-forwarded-for"]),
        (&HOST.parse().unwrap(), &CLIENT.parse().unwrap())
    );
    assert_eq!(arrived.headers["x-forwarded-host"], HOST);
}

#[tokio::test]
async fn the_client_sees_no_hop_by_hop_header_and_no_word_of_the_gates_from_the_origin() {
    let answer = || async {
        let headers = [
            ("connection", "x-listed"),
            ("x-listed", "1"),
            ("keep-alive", "timeout=5"),
            ("portcullis-action", "challenge"),
            ("portcullis-other", "x"),
            ("set-cookie", "session=1; Path=/"),
            ("x-kept", "yes"),
        ];
        (headers, "body").into_response()
    };
    let origin = Origin::serving(Router::new().route("/", route(answer))).await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off"]);
    let answer = gate.send(get("/")).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "body"));
    assert_eq!((answer.header("x-kept"), answer.cookies()), ("yes", vec!["session=1; Path=/"]));
    for name in ["connection", "x-listed", "keep-alive", "portcullis-action", "portcullis-other"] {
        assert!(!answer.headers.contains_key(name), "{name} came through: {:?}", answer.headers);
    }
}

#[tokio::test]
async fn the_origin_is_told_who_asks_for_which_host_as_it_was_written() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off"]);
    for (host, address) in [("Login.Example:8443", "203.0.113.9"), ("[2001:db8::1]:80", "2001:db8::2"), ("a.b.", "::1")]
    {
        let request = Request::get("/x").header(HOST_HEADER, host);
        assert_eq!(gate.send(from(request, address)).await.status, 200);
        let arrived = origin.last().headers;
        for (name, value) in
            [("host", host), ("x-forwarded-host", host), ("x-forwarded-for", address), ("x-forwarded-proto", "http")]
        {
            assert_eq!(arrived.get_all(name).iter().collect::<Vec<_>>(), [value], "{name}");
        }
    }
}
