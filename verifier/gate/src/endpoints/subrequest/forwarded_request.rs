//! The client's request that a gateway asks about: method and target in headers, or in the path that the gateway asks for.
//!
//! | what | where it is read, from listed gateways only |
//! |---|---|
//! | method | `X-Forwarded-Method`, `X-Original-Method`, else the request's own |
//! | target | `X-Forwarded-Uri`, `X-Original-URI`, or what follows the route in the path (Envoy's `path_prefix`) |
//!
//! Host, scheme and address are the [`Client`](portcullis_clearance::client::Client)'s. Two statements that disagree
//! are an attempt to be judged by one and served by the other, so they are refused. A request that states no target
//! only looks at the clearance.

use http::{HeaderMap, Method, Uri};

use crate::verdict::Rejection;

/// The client's request, as the gateway states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForwardedRequest {
    pub(crate) method: Method,
    /// Path and query as the client sent them; `None` for a look.
    pub(crate) target: Option<String>,
    /// Whether the target was stated in the path, as Envoy does.
    pub(crate) in_path: bool,
}

impl ForwardedRequest {
    /// Reads what a listed gateway states.
    ///
    /// # Errors
    ///
    /// [`Rejection::Malformed`] for statements that disagree or are none.
    pub(crate) fn read(own_method: &Method, uri: &Uri, route: &str, headers: &HeaderMap) -> Result<Self, Rejection> {
        let method = match one_of(headers, METHOD_HEADERS)? {
            Some(name) => Method::from_bytes(name.as_bytes()).map_err(|_| DISAGREE)?,
            None => own_method.clone(),
        };
        let after_route = uri.path_and_query().and_then(|target| target.as_str().strip_prefix(route));
        let in_path = after_route.filter(|target| target.starts_with('/')).map(str::to_owned);
        let is_in_path = in_path.is_some();
        let target = match (one_of(headers, TARGET_HEADERS)?, in_path) {
            (Some(_), Some(_)) => return Err(DISAGREE),
            (Some(target), None) => Some(origin_form(&target).ok_or(DISAGREE)?),
            (None, in_path) => in_path,
        };
        Ok(Self { method, target, in_path: is_in_path })
    }
}

/// The one value that all these headers have, if any has one. Bytes that are not text never equal a text.
fn one_of(headers: &HeaderMap, names: [&str; 2]) -> Result<Option<String>, Rejection> {
    let values = names.iter().flat_map(|name| headers.get_all(*name));
    let mut values = values.filter(|value| !value.is_empty()).map(|value| value.as_bytes());
    let Some(first) = values.next() else { return Ok(None) };
    if values.any(|other| other != first) {
        return Err(DISAGREE);
    }
    Ok(Some(String::from_utf8_lossy(first).into_owned()))
}

/// Path and query of a target in origin or absolute form (RFC 9112, 3.2). `None` for other forms.
fn origin_form(target: &str) -> Option<String> {
    if target.starts_with('/') || target == "*" {
        return Some(target.to_owned());
    }
    let (_, after_scheme) = target.split_once("://")?;
    let path = after_scheme.find(['/', '?']).map_or("", |start| &after_scheme[start..]);
    Some(if path.starts_with('/') { path.to_owned() } else { format!("/{path}") })
}

const METHOD_HEADERS: [&str; 2] = ["x-forwarded-method", "x-original-method"];
const TARGET_HEADERS: [&str; 2] = ["x-forwarded-uri", "x-original-uri"];
const DISAGREE: Rejection = Rejection::Malformed("the gateway does not state one method and one target");

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const ROUTE: &str = "/.portcullis/forward-auth";

    fn read(path: &'static str, headers: &[(&'static str, &'static str)]) -> Result<ForwardedRequest, Rejection> {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        ForwardedRequest::read(&Method::GET, &Uri::from_static(path), ROUTE, &headers)
    }

    #[test]
    fn what_is_stated_is_read_byte_for_byte() {
        let stated =
            read(ROUTE, &[("x-forwarded-method", "POST"), ("x-forwarded-uri", "//login/%2e%2e/?a=b;c")]).unwrap();
        assert_eq!(
            stated,
            ForwardedRequest { method: Method::POST, target: Some("//login/%2e%2e/?a=b;c".to_owned()), in_path: false }
        );
        let appended = read("/.portcullis/forward-auth/login?next=%2F", &[]).unwrap();
        assert_eq!((appended.target.as_deref(), appended.in_path), (Some("/login?next=%2F"), true));
        assert_eq!(read(ROUTE, &[]).unwrap().target, None);
        let absolute = read(ROUTE, &[("x-original-uri", "http://other.example/login")]).unwrap();
        assert_eq!(absolute.target.as_deref(), Some("/login"));
    }

    #[test]
    fn statements_that_disagree_are_refused() {
        assert!(read(ROUTE, &[("x-forwarded-uri", "/a"), ("x-original-uri", "/b")]).is_err());
        assert!(read(ROUTE, &[("x-forwarded-method", "GET"), ("x-original-method", "POST")]).is_err());
        assert!(read("/.portcullis/forward-auth/a", &[("x-original-uri", "/a")]).is_err());
        assert!(read(ROUTE, &[("x-original-uri", "login")]).is_err());
        assert!(read(ROUTE, &[("x-forwarded-uri", "/a"), ("x-original-uri", "/a")]).is_ok());
    }
}
