//! Attack 26: one request that the gate and the origin cut in different places, so that a second one passes inside the
//! first. The gate reads strictly and rewrites what it passes on: the origin sees one way to cut it.

use portcullis_tests::attacker::wire;
use portcullis_tests::in_process::{Gate, HOST, Origin};

/// 47 bytes: a request without clearance.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: login.example\r\n\r\n";

/// How a first request is framed, and the bytes after its head.
fn framings() -> Vec<(&'static str, String)> {
    let chunked = format!("0\r\n\r\n{SMUGGLED}");
    let whole = format!("{:x}\r\n{SMUGGLED}\r\n0\r\n\r\n", SMUGGLED.len());
    let with = |head: &'static str, body: &str| (head, body.to_owned());
    vec![
        with("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", &chunked),
        with("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", &chunked),
        with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", &whole),
        with("Content-Length: 0\r\nContent-Length: 47\r\n", SMUGGLED),
        with("Content-Length: 47\r\nContent-Length: 0\r\n", SMUGGLED),
        with("Content-Length: 0, 47\r\n", SMUGGLED),
        with("Content-Length: +0\r\n", SMUGGLED),
        with("Content-Length: -1\r\n", SMUGGLED),
        with("Content-Length: 0x0\r\n", SMUGGLED),
        with("Content-Length: 0\x0b\r\n", SMUGGLED),
        with("Content-Length : 47\r\n", SMUGGLED),
        with("Content_Length: 47\r\n", SMUGGLED),
        with("Content-Length:\r\n 47\r\n", SMUGGLED),
        with("Content-Length: 99999999999999999999\r\n", SMUGGLED),
        with("Transfer-Encoding: xchunked\r\n", &chunked),
        with("Transfer-Encoding: chunked, identity\r\n", &chunked),
        with("Transfer-Encoding: identity\r\n", &chunked),
        with("Transfer-Encoding: identity, chunked\r\n", &chunked),
        with("Transfer-Encoding : chunked\r\n", &chunked),
        with("Transfer-Encoding:\r\n chunked\r\n", &chunked),
        with("Transfer-Encoding: \x0bchunked\r\n", &chunked),
        with("Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n", &chunked),
        with("Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n", &chunked),
        with("X: y\nTransfer-Encoding: chunked\r\n", &chunked),
        with("X: y\rTransfer-Encoding: chunked\r\n", &chunked),
        with("Transfer-Encoding: chunked\r\n", &format!("0\n\n{SMUGGLED}")),
        with("Transfer-Encoding: chunked\r\n", &format!("0;x=y\r\n\r\n{SMUGGLED}")),
        with("Transfer-Encoding: chunked\r\n", &format!("0;x=\n{SMUGGLED}\r\n\r\n")),
        with("Transfer-Encoding: chunked\r\n", &format!("0\r\nX: y\r\n\r\n{SMUGGLED}")),
        with("Transfer-Encoding: chunked\r\n", &format!("0x0\r\n\r\n{SMUGGLED}")),
        with("Transfer-Encoding: chunked\r\n", &format!("10000000000000000\r\n\r\n{SMUGGLED}")),
        with("Transfer-Encoding: chunked\r\n", &format!("-1\r\n\r\n{SMUGGLED}")),
        with("Transfer-Encoding: chunked\r\n", &format!("1\r\naX0\r\n\r\n{SMUGGLED}")),
        with("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", &chunked),
        with("Connection: Content-Length\r\nContent-Length: 47\r\n", SMUGGLED),
        with("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", &whole),
        with("", SMUGGLED),
    ]
}

#[tokio::test]
async fn no_request_passes_inside_another() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[]);
    let served = gate.serve().await;
    let token = gate.token_from("127.0.0.1").await;
    let requests: Vec<_> = framings()
        .iter()
        .map(|(framing, body)| {
            let head = format!("POST /first HTTP/1.1\r\nHost: {HOST}\r\nCookie: __Host-portcullis={token}\r\n");
            format!("{head}{framing}\r\n{body}").into_bytes()
        })
        .collect();
    let exchanges = requests.iter().map(|bytes| wire::exchange(served.address(), bytes));
    let answers = futures_util::future::join_all(exchanges).await;
    for (answer, (framing, body)) in answers.iter().zip(framings()) {
        let status = wire::status(answer);
        // 502: its body turned out to be none while it was passed on.
        assert!(matches!(status, 100 | 200 | 400 | 502), "{status}: {framing}{body}");
    }
    let arrived = origin.arrived();
    assert!(!arrived.is_empty(), "some are requests");
    for arrival in arrived {
        assert_eq!(arrival.target, "/first", "smuggled: {arrival:?}");
        let framed = ["content-length", "transfer-encoding"].map(|name| arrival.headers.get_all(name).iter().count());
        assert!(framed.iter().sum::<usize>() <= 1, "two ways to cut it: {arrival:?}");
    }
}
