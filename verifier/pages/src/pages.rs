//! The pages: the challenge page, the page of a site that is too busy just now, that of an origin that does not answer,
//! and that of a request that a rule refuses, from the templates `page`, `busy`, `unavailable` and `denied` in
//! `www/pages`; in every language, filled for one visitor.
//!
//! Everything that varies is escaped on the way in, except the carried form, which `form` builds from escaped
//! parts. The page names no destination: it stands at the URL that was asked for, and reloads it.
//!
//! Clients that accept gzip get it, at next to no cost: see `gzip`.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use portcullis_challenge::Challenge;
use portcullis_clearance::Level;

use crate::escape::escape;
use crate::form::PostedForm;
use crate::headers::CONTENT_SECURITY_POLICY;
use crate::language::{self, LANGUAGES};
use crate::preference::Codings;
use crate::template::{Links, Template, Value};

const CHALLENGE: &str = include_str!("../../../www/pages/page.html");
const BUSY: &str = include_str!("../../../www/pages/busy.html");
const UNAVAILABLE: &str = include_str!("../../../www/pages/unavailable.html");
const DENIED: &str = include_str!("../../../www/pages/denied.html");

/// The pages, ready to fill.
#[derive(Debug)]
pub struct Pages {
    by_language: Vec<Translated>,
}

#[derive(Debug)]
struct Translated {
    language: &'static str,
    challenge: Template,
    busy: Template,
    unavailable: Template,
    denied: Template,
}

/// The template and a translation do not match: a mistake in the build, found at start.
#[derive(Debug, thiserror::Error)]
#[error("challenge page, language {language}: {problem}")]
pub struct PageError {
    language: &'static str,
    problem: String,
}

/// Whose page it is.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The host that was asked for, in lower case.
    pub host: &'a str,
    /// The `Accept-Language` header.
    pub accept_language: &'a str,
    /// What the `Accept-Encoding` header allows.
    pub codings: Codings,
}

/// What a visitor is asked for before the site opens; it decides which page is shown.
#[derive(Clone, Copy, Debug)]
pub enum Demand<'a> {
    /// To solve a challenge of a level.
    Work(&'a Challenge, Level),
    /// To come back after this long, which the page does by itself.
    Wait(Duration),
}

/// The other things that a page is filled with.
#[derive(Clone, Copy, Debug)]
struct Content<'a> {
    demand: Demand<'a>,
    form: &'a PostedForm,
}

impl Pages {
    /// Parses the templates once for each language.
    ///
    /// # Errors
    ///
    /// [`PageError`] for a placeholder or text that does not exist.
    pub fn new(links: &Links<'_>) -> Result<Self, PageError> {
        let by_language = LANGUAGES.iter().map(|(language, translation)| {
            let parse = |template| {
                Template::parse(template, links, language, translation)
                    .map_err(|problem| PageError { language, problem })
            };
            let (challenge, busy) = (parse(CHALLENGE)?, parse(BUSY)?);
            let (unavailable, denied) = (parse(UNAVAILABLE)?, parse(DENIED)?);
            Ok(Translated { language, challenge, busy, unavailable, denied })
        });
        Ok(Self { by_language: by_language.collect::<Result<_, _>>()? })
    }

    /// The answer to a navigation that met the gate. `form` is what became of the form in it.
    pub fn demand(
        &self,
        reader: Reader<'_>,
        demand: Demand<'_>,
        form: &PostedForm,
        status: StatusCode,
    ) -> Response<Bytes> {
        let translated = self.for_reader(reader);
        let template = match demand {
            Demand::Work(..) => &translated.challenge,
            Demand::Wait(_) => &translated.busy,
        };
        Body::of(template, reader, Some(Content { demand, form })).respond(status, translated.language)
    }

    /// The answer to a navigation to which the origin gave none.
    pub fn unavailable(&self, reader: Reader<'_>, status: StatusCode) -> Response<Bytes> {
        let translated = self.for_reader(reader);
        Body::of(&translated.unavailable, reader, None).respond(status, translated.language)
    }

    /// The answer to a navigation that a rule refuses.
    pub fn denied(&self, reader: Reader<'_>, status: StatusCode) -> Response<Bytes> {
        let translated = self.for_reader(reader);
        Body::of(&translated.denied, reader, None).respond(status, translated.language)
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
    fn of(template: &Template, reader: Reader<'_>, content: Option<Content<'_>>) -> Self {
        let write = |value, html: &mut String| write(value, reader, content, html);
        let is_gzip = reader.codings.gzip;
        Self { bytes: if is_gzip { template.gzip(write) } else { template.plain(write) }, is_gzip }
    }

    fn respond(self, status: StatusCode, language: &'static str) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.bytes));
        *response.status_mut() = status;
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

fn write(value: Value, reader: Reader<'_>, content: Option<Content<'_>>, html: &mut String) {
    match (value, content) {
        (Value::Host, _) => escape(reader.host, html),
        (Value::FormNotice, Some(Content { form, .. })) => html.push_str(form.notice()),
        (Value::CarriedForm, Some(Content { form, .. })) => form.write_html(html),
        (Value::Challenge, Some(Content { demand: Demand::Work(challenge, _), .. })) => {
            escape(&String::from_utf8_lossy(&challenge.to_text()), html);
        }
        (Value::ExpiresIn, Some(Content { demand: Demand::Work(challenge, _), .. })) => {
            html.push_str(&challenge.fields.lifetime.millis().to_string());
        }
        (Value::Level, Some(Content { demand: Demand::Work(_, level), .. })) => html.push_str(&level.to_string()),
        (Value::RetryIn, Some(Content { demand: Demand::Wait(wait), .. })) => {
            html.push_str(&wait.as_millis().to_string());
        }
        // Every value in a template is filled: `each_page_is_filled_with_its_own` below.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_fits_the_templates() {
        let pages = Pages::new(&Links { redeem: "/redeem", assets: "/assets" }).unwrap();
        assert_eq!(pages.by_language.len(), LANGUAGES.len());
    }

    #[test]
    fn each_page_is_filled_with_its_own() {
        let names = |template: &str| -> Vec<String> {
            let parts = template.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
            parts.map(|(name, _)| name.to_owned()).collect()
        };
        let work = ["challenge", "expires-in-ms", "level"].map(str::to_owned);
        let wait = ["retry-in-ms"].map(str::to_owned);
        let form = ["form-notice", "carried-form"].map(str::to_owned);
        let has = |template: &str, values: &[String]| values.iter().all(|value| names(template).contains(value));
        let lacks = |template: &str, values: &[String]| !values.iter().any(|value| names(template).contains(value));
        assert!(has(CHALLENGE, &work) && has(CHALLENGE, &form) && lacks(CHALLENGE, &wait));
        assert!(has(BUSY, &wait) && has(BUSY, &form) && lacks(BUSY, &work));
        for page in [UNAVAILABLE, DENIED] {
            assert!(lacks(page, &work) && lacks(page, &wait) && lacks(page, &form));
        }
    }
}
