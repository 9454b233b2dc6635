use std::cell::RefCell;
use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::Once;

use base64ct::{Base64UrlUnpadded, Encoding};
use futures_util::FutureExt;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::StatusCode;
use http::header::{COOKIE, HOST};
use portcullis_challenge::UnixMillis;
use sha2::Sha256;

use super::*;
use crate::clock::ManualClock;
use crate::keys::{Algorithm, VerifyingKey};
use crate::token::{self, ClearanceClaims, TokenId};
use crate::verify::TokenError;

const SITE: &str = "login.example";
const CLIENT: &str = "203.0.113.9";
const NOW: u64 = 1_800_000_000;
const SECRET: [u8; 32] = [7; 32];

/// One secret.
struct Secret(VerifyingKey);

impl Keys for Secret {
    fn verifying(&self, kid: &str, _: UnixMillis) -> Option<&VerifyingKey> {
        (kid == self.0.kid()).then_some(&self.0)
    }
}

/// The service behind the layer.
#[derive(Clone)]
struct Site;

impl Service<Request<()>> for Site {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let level = request.extensions().get::<Clearance>().map(|clearance| clearance.claims().lvl);
        ready(Ok(Response::new(format!("admitted with level {}", level.expect("the layer leaves the clearance")))))
    }
}

fn layer() -> ClearanceLayer<Secret> {
    let key = VerifyingKey::from_secret("one".to_owned(), &SECRET).unwrap();
    let clock = Arc::new(ManualClock::new(UnixMillis(NOW * 1000)));
    ClearanceLayer::new(TokenVerifier::new("portcullis", Secret(key))).clock(clock)
}

fn claims() -> ClearanceClaims {
    ClearanceClaims {
        iss: "portcullis".to_owned(),
        aud: SITE.to_owned(),
        iat: NOW,
        nbf: NOW,
        exp: NOW + 900,
        jti: TokenId([3; 16]),
        net: crate::network::NetworkPrefix::of(CLIENT.parse().unwrap(), PrefixLengths::default()),
        lvl: Level::FIRST,
    }
}

fn signed(claims: &ClearanceClaims, secret: [u8; 32]) -> String {
    let encoded = |json: Vec<u8>| Base64UrlUnpadded::encode_string(&json);
    let header = token::header(Algorithm::Hs256, "one");
    let [header, claims] = [serde_json::to_vec(&header), serde_json::to_vec(claims)].map(|json| encoded(json.unwrap()));
    let signed = format!("{header}.{claims}");
    let tag = Hmac::<Sha256>::new_from_slice(&secret).unwrap().chain_update(&signed).finalize().into_bytes();
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(&tag))
}

/// A request of the client's, with a good token.
fn request() -> Request<()> {
    let cookie = format!("__Host-portcullis={}", signed(&claims(), SECRET));
    let peer = Peer(std::net::SocketAddr::new(CLIENT.parse().unwrap(), 50_000));
    Request::get("/").header(HOST, SITE).header(COOKIE, cookie).extension(peer).body(()).unwrap()
}

fn with_token(token: &str) -> Request<()> {
    let mut request = request();
    request.headers_mut().insert(COOKIE, format!("__Host-portcullis={token}").parse().unwrap());
    request
}

/// Everything is logged from the first request on: tracing remembers of each event whether anybody wanted it, so a test that
/// came before the one that looks at the log would silence it.
fn answer(layer: &ClearanceLayer<Secret>, request: Request<()>) -> Response<String> {
    static LOGGING: Once = Once::new();
    LOGGING.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false);
        subscriber.without_time().with_writer(|| OwnLog).init();
    });
    layer.layer(Site).call(request).now_or_never().expect("neither side waits").unwrap()
}

/// Requests that are not admitted, and why.
fn rejected() -> Vec<(Request<()>, Rejected)> {
    let without = |header| {
        let mut request = request();
        request.headers_mut().remove(header);
        request
    };
    let mut nobodys = request();
    nobodys.extensions_mut().clear();
    let mut elsewhere = request();
    elsewhere.extensions_mut().insert(Peer("198.51.100.1:50000".parse().unwrap()));
    let not_cleared = |claims: ClearanceClaims| with_token(&signed(&claims, SECRET));
    vec![
        (nobodys, Rejected::NoPeer),
        (without(HOST), Rejected::NoHost),
        (without(COOKIE), Rejected::NoToken),
        (with_token("nonsense"), TokenError::Malformed.into()),
        (with_token(&signed(&claims(), SECRET).replacen('.', "..", 1)), TokenError::Malformed.into()),
        (with_token(&signed(&claims(), [8; 32])), TokenError::NotOurs.into()),
        (not_cleared(ClearanceClaims { aud: "other.example".to_owned(), ..claims() }), TokenError::NotOurs.into()),
        (not_cleared(ClearanceClaims { exp: NOW - 5, ..claims() }), TokenError::Expired.into()),
        (elsewhere, TokenError::WrongNetwork.into()),
    ]
}

#[test]
fn every_rejection_has_its_reason_in_the_response() {
    let layer = layer();
    assert_eq!(answer(&layer, request()).body(), "admitted with level 1");
    for (request, why) in rejected() {
        let response = answer(&layer, request);
        assert_eq!(response.extensions().get(), Some(&why));
        assert_eq!(
            (response.status(), response.headers()["portcullis-action"].as_bytes()),
            (StatusCode::FORBIDDEN, b"challenge".as_slice())
        );
        assert!(response.body().contains("challenge-required"), "{why}");
    }
    let second = layer.level(Level::new(2).unwrap());
    let response = answer(&second, request());
    assert_eq!(response.extensions().get(), Some(&Rejected::NotCleared(TokenError::WrongLevel)));
}

#[test]
fn a_service_answers_rejected_clients_in_its_own_words() {
    let layer = layer().rejecting(|why| {
        let mut response = Response::new(format!("not admitted: {why}"));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        response
    });
    for (request, why) in rejected() {
        let response = answer(&layer, request);
        assert_eq!((response.status(), response.body()), (StatusCode::UNAUTHORIZED, &format!("not admitted: {why}")));
        assert!(response.headers().is_empty(), "nothing is added to it");
        assert_eq!(response.extensions().get(), Some(&why));
    }
    assert_eq!(answer(&layer, request()).status(), StatusCode::OK);
}

thread_local! {
    /// What this thread, and so this test, has logged.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what is logged.
struct OwnLog;

impl Write for OwnLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_says_why_and_not_whom() {
    let layer = layer();
    // Where tests run one after another on one thread, others have logged there before.
    LOG.take();
    answer(&layer, request());
    rejected().into_iter().for_each(|(request, _)| drop(answer(&layer, request)));
    let text = String::from_utf8(LOG.take()).unwrap();
    let expected =
        rejected().into_iter().map(|(_, why)| format!("DEBUG portcullis_clearance::layer: not admitted reason={why}"));
    assert_eq!(text.lines().map(str::trim).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}
