//! What a client can read: pages or problem documents, in which language and coding.

use http::Request;
use http::header::{self, HeaderMap, HeaderName};

use portcullis_clearance::client::Client;
use portcullis_pages::Codings;
use portcullis_pages::Reader;

/// What is kept of a request so that it can be answered with a page after its body has gone elsewhere.
pub(crate) struct Reading {
    /// See [`shows_pages`].
    pub(crate) shows_pages: bool,
    accept_language: String,
    codings: Codings,
}

impl Reading {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        let headers = request.headers();
        Self {
            shows_pages: shows_pages(headers),
            accept_language: text(headers, header::ACCEPT_LANGUAGE).to_owned(),
            codings: Codings::accepted(headers),
        }
    }

    pub(crate) fn reader<'a>(&'a self, client: &'a Client) -> Reader<'a> {
        Reader { host: &client.host, accept_language: &self.accept_language, codings: self.codings }
    }
}

/// Whether a request is a navigation: because the browser says so, or, for browsers that do not say, because it asks
/// for HTML.
pub(crate) fn shows_pages(headers: &HeaderMap) -> bool {
    match text(headers, HeaderName::from_static("sec-fetch-mode")) {
        "" => text(headers, header::ACCEPT).contains("text/html"),
        mode => mode == "navigate",
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
