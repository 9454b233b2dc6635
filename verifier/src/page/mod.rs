//! What visitors see of us: the challenge page and the page for an origin that does not answer, from the templates
//! `www/page.html` and `www/unavailable.html`, in every language, filled for one visitor.
//!
//! Everything that varies is escaped on the way in, except the carried form, which `carried_form` builds from escaped
//! parts. The page names no destination: it stands at the URL that was asked for, and reloads it.
//!
//! Clients that accept gzip get it, at next to no cost: see `gzip`.

mod carried_form;
mod gzip;
mod language;
mod template;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use portcullis_challenge::Challenge;
use template::{Template, Value};

use crate::preference::Codings;

pub(crate) use carried_form::{FormReader, PostedForm};
pub(crate) use language::LANGUAGES;

/// What the page may load and do: its own files, WebAssembly, and nothing inline.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const CHALLENGE: &str = include_str!("../../../www/page.html");
const UNAVAILABLE: &str = include_str!("../../../www/unavailable.html");

/// The pages, ready to fill.
#[derive(Debug)]
pub(crate) struct Pages {
    by_language: Vec<Translated>,
}

#[derive(Debug)]
struct Translated {
    language: &'static str,
    challenge: Template,
    unavailable: Template,
}

/// The template or a translation does not fit the other: a mistake in the build, found at start.
#[derive(Debug, thiserror::Error)]
#[error("challenge page, language {language}: {problem}")]
pub struct UnusablePage {
    language: &'static str,
    problem: String,
}

/// Whose page it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) host: &'a str,
    /// The `Accept-Language` header.
    pub(crate) accept_language: &'a str,
    /// What the `Accept-Encoding` header allows.
    pub(crate) codings: Codings,
}

/// What a challenge page is filled with besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand<'a> {
    pub(crate) challenge: &'a Challenge,
    pub(crate) form: &'a PostedForm,
}

impl Pages {
    /// Parses the templates once for each language.
    ///
    /// # Errors
    ///
    /// [`UnusablePage`] for a placeholder or text that does not exist.
    pub(crate) fn new() -> Result<Self, UnusablePage> {
        let by_language = LANGUAGES.iter().map(|(language, translation)| {
            let parse = |template| {
                Template::parse(template, language, translation).map_err(|problem| UnusablePage { language, problem })
            };
            Ok(Translated { language, challenge: parse(CHALLENGE)?, unavailable: parse(UNAVAILABLE)? })
        });
        Ok(Self { by_language: by_language.collect::<Result<_, _>>()? })
    }

    /// The answer a navigation gets in place of what it asked for.
    pub(crate) fn challenge(&self, reader: Reader<'_>, demand: Demand<'_>, status: StatusCode) -> Response {
        let translated = self.for_reader(reader);
        let body = Body::of(&translated.challenge, reader, Some(demand));
        body.respond(status, translated.language)
    }

    /// The answer a navigation gets when the origin gave none.
    pub(crate) fn unavailable(&self, reader: Reader<'_>, status: StatusCode) -> Response {
        let translated = self.for_reader(reader);
        Body::of(&translated.unavailable, reader, None).respond(status, translated.language)
    }

    fn for_reader(&self, reader: Reader<'_>) -> &Translated {
        let languages = self.by_language.iter().map(|translated| translated.language);
        &self.by_language[language::negotiate(reader.accept_language, languages)]
    }
}

/// A page as it is sent.
struct Body {
    bytes: Vec<u8>,
    is_gzip: bool,
}

impl Body {
    fn of(template: &Template, reader: Reader<'_>, demand: Option<Demand<'_>>) -> Self {
        let write = |value, html: &mut String| write(value, reader, demand, html);
        let is_gzip = reader.codings.gzip;
        Self { bytes: if is_gzip { template.gzip(write) } else { template.plain(write) }, is_gzip }
    }

    fn respond(self, status: StatusCode, language: &'static str) -> Response {
        let mut response = (status, self.bytes).into_response();
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_LANGUAGE, language),
            (header::VARY, "accept-encoding, accept-language"),
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::REFERRER_POLICY, "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.is_gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

fn write(value: Value, reader: Reader<'_>, demand: Option<Demand<'_>>, html: &mut String) {
    match (value, demand) {
        (Value::Host, _) => escape(reader.host, html),
        (Value::Challenge, Some(demand)) => escape(&String::from_utf8_lossy(&demand.challenge.to_text()), html),
        (Value::ExpiresIn, Some(demand)) => html.push_str(&demand.challenge.fields.lifetime.millis().to_string()),
        (Value::FormNotice, Some(demand)) => html.push_str(demand.form.notice()),
        (Value::CarriedForm, Some(demand)) => demand.form.write_html(html),
        // Only the challenge page has these, and it is never filled without a demand.
        (_, None) => {}
    }
}

/// Escapes text for HTML, in content and in quoted attributes alike.
pub(crate) fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_fits_the_templates() {
        let pages = Pages::new().unwrap();
        assert_eq!(pages.by_language.len(), LANGUAGES.len());
    }

    #[test]
    fn escaping_leaves_no_way_out_of_text_or_attribute() {
        let mut html = String::new();
        escape("</script><a href='x' title=\"y\">&", &mut html);
        assert_eq!(html, "&lt;/script&gt;&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;");
    }
}
