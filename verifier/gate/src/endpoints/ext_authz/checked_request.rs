//! The client's request, rebuilt from what Envoy says about it.

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};

use super::messages::{AttributeContext, CheckRequest, HttpRequest};
use crate::verdict::Rejection;

/// The request Envoy asks about, with `Host`, `X-Forwarded-For` and `X-Forwarded-Proto` as its listed gateway states
/// them.
///
/// # Errors
///
/// [`Rejection::Malformed`] if it holds no HTTP request, or one that cannot exist.
pub(super) fn checked_request(check: CheckRequest) -> Result<Request, Rejection> {
    let AttributeContext { source, request } = check.attributes.ok_or(NO_REQUEST)?;
    let http = request.and_then(|request| request.http).ok_or(NO_REQUEST)?;
    let source = source.and_then(|peer| peer.address).and_then(|address| address.socket_address);
    let headers = headers(&http, source.map(|socket| socket.address).as_deref())?;
    let mut request = Request::new(Body::from(form(&http, &headers)));
    *request.method_mut() = Method::from_bytes(http.method.as_bytes()).map_err(|_| NO_REQUEST)?;
    *request.uri_mut() = target(&http.path)?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Path and query. A client that states a host here too has stated two.
fn target(path: &str) -> Result<Uri, Rejection> {
    let target: Uri = path.parse().map_err(|_| NO_REQUEST)?;
    if target.authority().is_some() { Err(NO_REQUEST) } else { Ok(target) }
}

/// The client's headers, without what is stated elsewhere: what Envoy states is what counts.
fn headers(http: &HttpRequest, source: Option<&str>) -> Result<HeaderMap, Rejection> {
    let mut headers = HeaderMap::new();
    let texts = http.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let raw = http.header_map.iter().flat_map(|map| &map.headers).map(|header| {
        let value = if header.raw_value.is_empty() { header.value.as_bytes() } else { &header.raw_value };
        (header.key.as_str(), value)
    });
    for (name, value) in texts.chain(raw).filter(|(name, _)| !name.starts_with(':')) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| NO_REQUEST)?;
        let value = HeaderValue::from_bytes(value).map_err(|_| NO_REQUEST)?;
        headers.append(name, value);
    }
    let stated = |text: &str| HeaderValue::from_str(text).map_err(|_| NO_REQUEST);
    headers.insert(header::HOST, stated(&http.host)?);
    if !headers.contains_key(FORWARDED_PROTO) {
        headers.insert(FORWARDED_PROTO, stated(&http.scheme)?);
    }
    if let Some(source) = source {
        headers.append(FORWARDED_FOR, stated(source)?);
    }
    Ok(headers)
}

/// What was posted; nothing where Envoy has cut it off.
fn form(http: &HttpRequest, headers: &HeaderMap) -> Bytes {
    if headers.get("x-envoy-auth-partial-body").is_some_and(|value| value != "false") {
        return Bytes::from_static(CUT_OFF);
    }
    if http.raw_body.is_empty() { Bytes::copy_from_slice(http.body.as_bytes()) } else { http.raw_body.clone() }
}

const NO_REQUEST: Rejection = Rejection::Malformed("Envoy asks about no request we can read");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// If it is not text, it is not a form: the visitor is told that the form is lost, rather than half of it being sent
/// on.
const CUT_OFF: &[u8] = b"\xff";

#[cfg(test)]
mod tests {
    use super::super::messages::{Address, Peer, Request as CheckedHttpRequest, SocketAddress};
    use super::*;

    fn post() -> HttpRequest {
        let headers = [
            (":path", "/login?next=%2F"),
            ("host", "forged.example"),
            ("cookie", "a=b"),
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-proto", "https"),
        ];
        HttpRequest {
            method: "POST".to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            path: "//login/%2e?next=%2F".to_owned(),
            host: "Login.example:8000".to_owned(),
            scheme: "http".to_owned(),
            raw_body: Bytes::from_static(b"user=a"),
            ..HttpRequest::default()
        }
    }

    fn check(http: HttpRequest) -> CheckRequest {
        let address = Address { socket_address: Some(SocketAddress { address: "203.0.113.9".to_owned() }) };
        let source = Some(Peer { address: Some(address) });
        CheckRequest {
            attributes: Some(AttributeContext { source, request: Some(CheckedHttpRequest { http: Some(http) }) }),
        }
    }

    async fn body(http: HttpRequest) -> Bytes {
        axum::body::to_bytes(checked_request(check(http)).unwrap().into_body(), 100).await.unwrap()
    }

    #[tokio::test]
    async fn the_request_is_what_envoy_says_it_is() {
        let request = checked_request(check(post())).unwrap();
        assert_eq!((request.method(), request.uri().to_string()), (&Method::POST, "//login/%2e?next=%2F".to_owned()));
        let headers = request.headers();
        assert_eq!(headers.get_all("host").iter().collect::<Vec<_>>(), ["Login.example:8000"]);
        assert_eq!(headers.get_all("x-forwarded-for").iter().collect::<Vec<_>>(), ["198.51.100.1", "203.0.113.9"]);
        assert_eq!(
            (&headers["x-forwarded-proto"], &headers["cookie"]),
            (&"https".parse().unwrap(), &"a=b".parse().unwrap())
        );
        assert_eq!(body(post()).await, "user=a");
    }

    #[tokio::test]
    async fn a_form_that_was_cut_off_is_no_form() {
        let mut cut_off = post();
        cut_off.headers.insert("x-envoy-auth-partial-body".to_owned(), "true".to_owned());
        assert_eq!(body(cut_off).await, CUT_OFF);
        let mut whole = post();
        whole.headers.insert("x-envoy-auth-partial-body".to_owned(), "false".to_owned());
        assert_eq!(body(whole).await, "user=a");
    }

    #[test]
    fn headers_are_read_in_either_form() {
        let mut raw = post();
        raw.headers.clear();
        let header = super::super::messages::HeaderValue {
            key: "cookie".to_owned(),
            value: String::new(),
            raw_value: Bytes::from_static(b"c=\xff"),
        };
        raw.header_map = Some(super::super::messages::RawHeaders { headers: vec![header] });
        let request = checked_request(check(raw)).unwrap();
        assert_eq!(request.headers()["cookie"].as_bytes(), b"c=\xff");
        assert_eq!(request.headers()["x-forwarded-proto"], "http");
    }

    #[test]
    fn what_cannot_be_a_request_is_refused() {
        assert!(checked_request(CheckRequest::default()).is_err());
        for path in ["", "login", "/a b", "http://other.example/", "/\u{1}"] {
            assert!(checked_request(check(HttpRequest { path: path.to_owned(), ..post() })).is_err(), "{path}");
        }
        assert!(checked_request(check(HttpRequest { method: "GE T".to_owned(), ..post() })).is_err());
    }
}
