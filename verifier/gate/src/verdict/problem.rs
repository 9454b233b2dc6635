//! Answers for programs: problem documents (RFC 9457).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use portcullis_clearance::Level;
use serde::Serialize;

/// An `application/problem+json` answer (RFC 9457) with our `code` as an extension member. Never cached.
pub fn problem(status: StatusCode, title: &str, code: &str, detail: &str) -> Response {
    problem_of_level(status, title, code, detail, None)
}

/// The same, with the level of the work that is asked for.
pub(crate) fn problem_of_level(
    status: StatusCode,
    title: &str,
    code: &str,
    detail: &str,
    level: Option<Level>,
) -> Response {
    #[derive(Serialize)]
    struct Problem<'a> {
        title: &'a str,
        status: u16,
        code: &'a str,
        detail: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        level: Option<u8>,
    }
    let level = level.map(Level::number);
    let mut response = (status, Json(Problem { title, status: status.as_u16(), code, detail, level })).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The response, marked so that no cache keeps it (RFC 9111, 5.2.2.5).
pub(crate) fn never_stored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
