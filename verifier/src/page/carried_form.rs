//! A form that met the gate is carried through it: the page holds its fields and posts them on after the work,
//! or when the site is less busy.
//!
//! Only a form that this site's own page sent is carried: posting another site's form on would give it this origin's
//! name and cookies (cross-site request forgery). The bytes go back to the one who sent them, in an answer that is
//! never stored.

use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Method, Request, header};
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use tokio::sync::Semaphore;

use super::escape;
use crate::visitor::Visitor;

/// What became of the form in a request that met the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PostedForm {
    /// There was none.
    None,
    /// Its fields, to be posted on.
    Carried(Vec<(String, String)>),
    /// It could not be carried, and the visitor is told so.
    Lost,
}

/// Reads forms, a bounded number of bounded size at a time.
#[derive(Debug)]
pub(crate) struct FormReader(Semaphore);

impl FormReader {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(MAX_AT_ONCE))
    }

    /// Reads the form that a client's request of `method` carried, as far as it came along: some gateways keep a
    /// request's body when they ask about it. Never waits for a turn: under attack a form is lost rather than the server.
    pub(crate) async fn read(&self, request: Request<Body>, method: &Method, visitor: &Visitor) -> PostedForm {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return PostedForm::None;
        }
        if request.method() != method && request.body().is_end_stream() {
            return PostedForm::Lost;
        }
        let Ok(_turn) = self.0.try_acquire() else { return PostedForm::Lost };
        if *method != Method::POST || !is_own_form(request.headers(), visitor) {
            return PostedForm::Lost;
        }
        let body = Limited::new(request.into_body(), MAX_LEN).collect();
        match tokio::time::timeout(READ_TIMEOUT, body).await {
            Ok(Ok(body)) => fields(&body.to_bytes()).map_or(PostedForm::Lost, PostedForm::Carried),
            _ => PostedForm::Lost,
        }
    }
}

impl PostedForm {
    /// The value of the page's form notice.
    pub(super) fn notice(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Carried(_) => "carried",
            Self::Lost => "lost",
        }
    }

    /// The hidden form; nothing where there is none. It posts to the page's own URL.
    pub(super) fn write_html(&self, html: &mut String) {
        let Self::Carried(fields) = self else { return };
        html.push_str("<form id=\"carried-form\" method=\"post\" accept-charset=\"utf-8\" hidden>");
        for (name, value) in fields {
            html.push_str("<input type=\"hidden\" name=\"");
            escape(name, html);
            html.push_str("\" value=\"");
            escape(value, html);
            html.push_str("\">");
        }
        html.push_str("</form>");
    }
}

/// A URL-encoded form, sent by a page of the same origin.
fn is_own_form(headers: &HeaderMap, visitor: &Visitor) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(header::CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default();
    let same_origin = match text(header::HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        // Browsers from before Sec-Fetch-Site send the origin alone.
        None => text(header::ORIGIN)
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, authority)| authority == visitor.authority.as_str()),
    };
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") && same_origin
}

/// The fields of a URL-encoded form, `None` unless every one is text: a form the page cannot repeat exactly is not
/// repeated at all.
fn fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    percent_encoding::percent_decode(body).decode_utf8().ok()?;
    let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    // HTML parsing would change these: NUL is replaced, and a field called `_charset_` is filled in by the browser.
    let exact = |text: &str| !text.contains('\0') && text != "_charset_";
    fields.iter().all(|(name, value)| exact(name) && !value.contains('\0')).then_some(fields)
}

/// Forms held at once: with [`MAX_LEN`], 4 MiB.
const MAX_AT_ONCE: usize = 64;
/// A login form, or a letter to the bank.
const MAX_LEN: usize = 64 << 10;
const READ_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carried_form_cannot_break_out_of_its_attributes() {
        let form = PostedForm::Carried(fields(b"user=a%22%3E%3Cscript%3E&note=line+1%0D%0Aline+2").unwrap());
        let mut html = String::new();
        form.write_html(&mut html);
        assert!(html.contains(r#"name="user" value="a&quot;&gt;&lt;script&gt;""#), "{html}");
        assert!(html.contains("line 1\r\nline 2"));
    }

    #[test]
    fn a_form_that_is_not_text_is_not_carried() {
        assert_eq!(fields(b"blob=%ff%fe"), None);
        assert_eq!(fields(b"nul=%00"), None);
    }
}
