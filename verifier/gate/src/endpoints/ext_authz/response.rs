//! The answer to the client, as Envoy is told to give it.

use axum::response::Response;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName};

use super::messages::{
    APPEND, CheckResponse, DeniedHttpResponse, HeaderValue, HeaderValueOption, HttpResponse, HttpStatus, OK, OVERWRITE,
    OkHttpResponse, PERMISSION_DENIED, Status,
};
use portcullis_clearance::cookie;

/// The request goes to the origin, without the clearance cookie it came with.
pub(super) fn admitted(request_headers: &HeaderMap) -> CheckResponse {
    let mut without_ours = request_headers.clone();
    cookie::remove(&mut without_ours);
    let mut ok = OkHttpResponse::default();
    match without_ours.get(header::COOKIE) {
        Some(others) if request_headers.get(header::COOKIE) != Some(others) => {
            ok.headers.push(option(&header::COOKIE, others.as_bytes(), OVERWRITE));
        }
        None if request_headers.contains_key(header::COOKIE) => ok.headers_to_remove.push(header::COOKIE.to_string()),
        _ => {}
    }
    CheckResponse { status: Some(Status { code: OK }), http_response: Some(HttpResponse::Ok(ok)) }
}

/// The client gets this answer.
pub(super) fn denied(status: http::StatusCode, headers: &HeaderMap, body: &Bytes) -> CheckResponse {
    let told = headers.iter().filter(|(name, _)| **name != header::CONTENT_LENGTH);
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: status.as_u16().into() }),
        headers: told.map(|(name, value)| option(name, value.as_bytes(), action(name))).collect(),
        body: String::from_utf8_lossy(body).into_owned(),
    };
    CheckResponse {
        status: Some(Status { code: PERMISSION_DENIED }),
        http_response: Some(HttpResponse::Denied(denied)),
    }
}

/// [`denied`], for a whole response.
pub(super) async fn denied_with(response: Response) -> CheckResponse {
    let (parts, body) = response.into_parts();
    // Our own answers are in memory already, and a few kilobytes long.
    let body = axum::body::to_bytes(body, MAX_ANSWER).await.unwrap_or_default();
    denied(parts.status, &parts.headers, &body)
}

/// Envoy puts a content type of its own beside a body.
fn action(name: &HeaderName) -> i32 {
    if *name == header::CONTENT_TYPE { OVERWRITE } else { APPEND }
}

fn option(name: &HeaderName, value: &[u8], append_action: i32) -> HeaderValueOption {
    let header = match std::str::from_utf8(value) {
        Ok(text) => HeaderValue { key: name.to_string(), value: text.to_owned(), raw_value: Bytes::new() },
        Err(_) => HeaderValue { key: name.to_string(), value: String::new(), raw_value: Bytes::copy_from_slice(value) },
    };
    HeaderValueOption { header: Some(header), append_action }
}

/// The page, with the largest form in it, each byte written as an HTML entity.
const MAX_ANSWER: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn ok_for(cookie: Option<&'static str>) -> OkHttpResponse {
        let headers = cookie.map(|cookie| (header::COOKIE, http::HeaderValue::from_static(cookie)));
        match admitted(&headers.into_iter().collect()).http_response {
            Some(HttpResponse::Ok(ok)) => ok,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_origin_does_not_get_the_clearance_cookie() {
        let rest = ok_for(Some("a=b; __Host-portcullis=t.t.t; c=d"));
        assert_eq!(rest.headers, [option(&header::COOKIE, b"a=b; c=d", OVERWRITE)]);
        assert_eq!(ok_for(Some("__Host-portcullis=t.t.t")).headers_to_remove, ["cookie"]);
        assert_eq!(ok_for(Some("a=b; c=d")), OkHttpResponse::default());
        assert_eq!(ok_for(None), OkHttpResponse::default());
    }

    #[tokio::test]
    async fn the_client_gets_the_whole_answer() {
        let response = http::Response::builder()
            .status(429)
            .header("content-type", "text/html; charset=utf-8")
            .header("retry-after", "7")
            .body("<p>wait".into());
        let told = denied_with(response.unwrap()).await;
        assert_eq!(told.status, Some(Status { code: PERMISSION_DENIED }));
        let Some(HttpResponse::Denied(denied)) = told.http_response else { panic!("{told:?}") };
        assert_eq!((denied.status.map(|status| status.code), denied.body.as_str()), (Some(429), "<p>wait"));
        assert_eq!(denied.headers[1], option(&header::RETRY_AFTER, b"7", APPEND));
    }
}
