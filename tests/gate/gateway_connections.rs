//! A gateway asks for everybody on one connection of HTTP/2: no client shall end it for the others by breaking off. A
//! client that does so on a connection of its own loses it.

use portcullis_tests::in_process::Gate;
use portcullis_tests::processes::PATIENCE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Frame types (RFC 9113, 6).
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// GET / of a host, as indices into the static table of HPACK and one literal, with END_STREAM and END_HEADERS.
fn request(stream: u32) -> Vec<u8> {
    frame(HEADERS, 5, stream, b"\x82\x86\x84\x41\x0dlogin.example")
}

/// Sends requests that are taken back at once, then one that is not. The types of the frames that come until that one is
/// answered, or the connection ends.
async fn break_off(gate: &Gate) -> Vec<u8> {
    let served = gate.serve().await;
    let mut socket = TcpStream::connect(served.address()).await.expect("the gate takes connections");
    let mut sent = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(SETTINGS, 0, 0, &[])].concat();
    for stream in (0..90).map(|number| 2 * number + 1) {
        sent.extend(request(stream));
        sent.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    sent.extend(request(ANSWERED));
    socket.write_all(&sent).await.expect("the gate reads what is sent");
    let mut kinds = Vec::new();
    let reading = async {
        let mut head = [0; 9];
        while socket.read_exact(&mut head).await.is_ok() {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            if socket.read_exact(&mut payload).await.is_err() {
                break;
            }
            kinds.push(head[3]);
            let answered = head[3] == HEADERS && u32::from_be_bytes([head[5], head[6], head[7], head[8]]) == ANSWERED;
            if answered || head[3] == GOAWAY {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("an answer, or the end");
    kinds
}

#[tokio::test]
async fn a_gateways_connection_outlives_clients_that_break_off() {
    let kinds = break_off(&Gate::with(&["client_ip.trusted_proxies=[\"127.0.0.1\"]"])).await;
    assert_eq!(kinds.last(), Some(&HEADERS), "{kinds:?}");
    let kinds = break_off(&Gate::lowered()).await;
    assert_ne!(kinds.last(), Some(&HEADERS), "a client may go on: {kinds:?}");
}

const ANSWERED: u32 = 1001;
