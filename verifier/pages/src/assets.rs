//! The browser's files, embedded in the program, under a path that changes when any of them does.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::headers::CONTENT_SECURITY_POLICY;
use crate::preference::Codings;

struct Asset {
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Whether this program was built with the browser's files.
pub fn are_embedded() -> bool {
    EMBEDDED.iter().any(|asset| asset.name == "portcullis.js")
}

/// The folder all assets are in. One hash over the whole set: modules import each other by relative path.
pub fn folder() -> String {
    format!("/.portcullis/assets/{VERSION}")
}

/// Serves one file of this version; any other is 404, and is not cached.
pub fn serve(version: &str, name: &str, headers: &HeaderMap) -> Response<Bytes> {
    let asset = EMBEDDED.iter().find(|asset| asset.name == name && version == VERSION);
    let Some(asset) = asset else {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NOT_FOUND;
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return response;
    };
    let (content, encoding) = negotiate(asset, Codings::accepted(headers));
    let mut response = Response::new(Bytes::from_static(content));
    let answer = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, content_type(asset.name)),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A worker's policy is that of its own script.
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        answer.insert(name, HeaderValue::from_static(value));
    }
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn negotiate(asset: &Asset, codings: Codings) -> (&'static [u8], Option<&'static str>) {
    if codings.brotli {
        (asset.brotli, Some("br"))
    } else if codings.gzip {
        (asset.gzip, Some("gzip"))
    } else {
        (asset.plain, None)
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
