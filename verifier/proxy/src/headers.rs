//! Which headers are passed on, and which are not.
//!
//! Not passed on in either direction: hop-by-hop headers (RFC 9110, 7.6.1) and what `Connection` lists. Not passed on
//! from a client: any claim about who it is or what it asked for (`X-Forwarded-*` and the like), which the proxy then
//! states itself; our own `Portcullis-*` headers; our cookie.

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Request, Version};
use portcullis_clearance::client::Client;
use portcullis_clearance::cookie;

/// Whether a request asks to become a WebSocket (RFC 6455, 4.1). No other upgrade is passed on.
pub(super) fn wants_websocket<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    let upgrade = headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    request.version() == Version::HTTP_11 && upgrade && connection_options(headers).any(|name| name == header::UPGRADE)
}

/// Keeps what the origin may see, and states the client.
pub(super) fn prepare_request(headers: &mut HeaderMap, client: &Client, wants_tunnel: bool) {
    remove_hop_by_hop(headers);
    let claims: Vec<HeaderName> = headers.keys().filter(|name| is_claim(name.as_str())).cloned().collect();
    for name in claims {
        headers.remove(name);
    }
    headers.remove(header::EXPECT);
    cookie::remove(headers);
    let scheme = if client.secure { "https" } else { "http" };
    headers.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
    // Addresses and authorities are visible ASCII.
    for (name, text) in
        [("x-forwarded-for", client.address.to_string()), ("x-forwarded-host", client.authority.to_string())]
    {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
    if let Ok(value) = HeaderValue::from_str(client.authority.as_str()) {
        headers.insert(header::HOST, value);
    }
    if wants_tunnel {
        state_upgrade(headers);
    }
}

/// Keeps what the client may see.
pub(super) fn prepare_response(headers: &mut HeaderMap, switched: bool) {
    remove_hop_by_hop(headers);
    let ours: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with(OWN_PREFIX)).cloned().collect();
    for name in ours {
        headers.remove(name);
    }
    if switched {
        state_upgrade(headers);
    }
}

fn state_upgrade(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = connection_options(headers).collect();
    for name in listed.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// What the `Connection` headers list. `Content-Length` and `Host` are never a connection's own, whatever it says.
fn connection_options(headers: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    let values = headers.get_all(header::CONNECTION).iter();
    let options = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    options
        .filter_map(|option| HeaderName::from_bytes(option.trim_ascii()).ok())
        .filter(|name| *name != header::CONTENT_LENGTH && *name != header::HOST)
}

/// A header in which gateways state the client or its request. Read with `_` as `-`: many origins cannot tell them
/// apart.
fn is_claim(name: &str) -> bool {
    let name = name.replace('_', "-");
    CLAIM_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || CLAIMS.contains(&name.as_str())
}

const OWN_PREFIX: &str = "portcullis-";
const CLAIM_PREFIXES: [&str; 4] = ["x-forwarded", "x-original-", "x-rewrite-", OWN_PREFIX];
const CLAIMS: [&str; 9] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "x-host",
];

const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
];
