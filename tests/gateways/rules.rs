//! Requests by which it shows whether a gateway hands on all that the default policy reads.

use crate::client::HOST;

/// A request, and what the default policy makes of it while the gate is lowered.
#[derive(Clone, Debug)]
pub(crate) struct Ruled {
    pub(crate) method: &'static str,
    pub(crate) target: &'static str,
    /// Each ended by CR LF.
    pub(crate) headers: String,
    pub(crate) passes: bool,
}

impl Ruled {
    /// In HTTP/1.1.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self { method, target, headers, .. } = self;
        let length = if *method == "POST" { "Content-Length: 0\r\n" } else { "" };
        let close = if headers.contains("Connection: ") { "" } else { "Connection: close\r\n" };
        format!("{method} {target} HTTP/1.1\r\nHost: {HOST}\r\n{length}{headers}{close}\r\n").into_bytes()
    }
}

/// Each hole, and what closes it: a header that a gateway may keep to itself.
pub(crate) fn all() -> Vec<Ruled> {
    let passes = |method, target, headers: &str| Ruled { method, target, headers: headers.to_owned(), passes: true };
    let is_challenged = |method, target, headers| Ruled { passes: false, ..passes(method, target, headers) };
    let rewritten = |length| format!("X-Rewrite-URL: /login?{}\r\n", "a".repeat(length));
    vec![
        passes("GET", "/static/app.css", "User-Agent: curl/8.0\r\n"),
        is_challenged("GET", "/static/app.css", &rewritten(1)),
        is_challenged("GET", "/static/app.css", &rewritten(3000)),
        is_challenged("GET", "/static/app.css", "X-HTTP-Method-Override: POST\r\n"),
        passes("GET", "/api/posts", ""),
        is_challenged("GET", "/api/posts", "Sec-Fetch-Mode: cors\r\n"),
        is_challenged("GET", "/api/posts", HANDSHAKE),
        passes("POST", "/api/posts", "Authorization: Bearer 0123456789abcdef\r\n"),
        is_challenged("POST", "/api/posts", "Authorization: Basic 0123456789abcdef\r\n"),
        is_challenged("POST", "/api/posts", ""),
        passes("OPTIONS", "/api/posts", "Origin: https://app.example\r\nAccess-Control-Request-Method: PUT\r\n"),
        is_challenged("OPTIONS", "/api/posts", "Origin: https://app.example\r\n"),
        passes("POST", "/webhooks/github", ""),
        is_challenged("POST", "/webhooks/github", "Origin: https://app.example\r\n"),
    ]
}

/// Of a WebSocket.
const HANDSHAKE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What Chromium sends when it goes to a page by itself, on a secure site. (`localhost` is one.)
pub(crate) const CHROMIUM: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
    sec-ch-ua: \"Google Chrome\";v=\"131\", \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"\r\n\
    sec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\nUpgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: de-DE,de;q=0.9,en;q=0.8\r\n\r\n";
