//! What visitors see of us: the challenge page and the page for an origin that does not answer, from the templates
//! `www/page.html` and `www/unavailable.html`, in every language, filled for one visitor.
//!
//! Everything that varies is escaped on the way in, except the carried form, which `carried_form` builds from escaped
//! parts. The page names no destination: it stands at the URL that was asked for, and reloads it.

mod carried_form;
mod language;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use portcullis_challenge::Challenge;

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
    challenge: Vec<Part>,
    unavailable: Vec<Part>,
}

/// The template or a translation does not fit the other: a mistake in the build, found at start.
#[derive(Debug, thiserror::Error)]
#[error("challenge page, language {language}: {problem}")]
pub struct UnusablePage {
    language: &'static str,
    problem: String,
}

/// A piece of the template: as it is, or to fill in.
#[derive(Clone, Debug)]
enum Part {
    Fixed(String),
    Host,
    Challenge,
    ExpiresIn,
    CarriedForm,
    FormNotice,
}

/// Whose page it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) host: &'a str,
    /// The `Accept-Language` header.
    pub(crate) accept_language: &'a str,
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
            let parts =
                |template| parse(template, language, translation).map_err(|problem| UnusablePage { language, problem });
            Ok(Translated { language, challenge: parts(CHALLENGE)?, unavailable: parts(UNAVAILABLE)? })
        });
        Ok(Self { by_language: by_language.collect::<Result<_, _>>()? })
    }

    /// The answer a navigation gets in place of what it asked for.
    pub(crate) fn challenge(&self, reader: Reader<'_>, demand: Demand<'_>) -> Response {
        let translated = self.for_reader(reader);
        let html = fill(&translated.challenge, reader, Some(demand));
        respond(StatusCode::FORBIDDEN, translated.language, html)
    }

    /// The answer a navigation gets when the origin gave none.
    pub(crate) fn unavailable(&self, reader: Reader<'_>, status: StatusCode) -> Response {
        let translated = self.for_reader(reader);
        respond(status, translated.language, fill(&translated.unavailable, reader, None))
    }

    fn for_reader(&self, reader: Reader<'_>) -> &Translated {
        let languages = self.by_language.iter().map(|translated| translated.language);
        &self.by_language[language::negotiate(reader.accept_language, languages)]
    }
}

fn fill(parts: &[Part], reader: Reader<'_>, demand: Option<Demand<'_>>) -> String {
    let mut html = String::with_capacity(16 << 10);
    for part in parts {
        part.fill(reader, demand, &mut html);
    }
    html
}

fn respond(status: StatusCode, language: &'static str, html: String) -> Response {
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_LANGUAGE, language),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

impl Part {
    fn fill(&self, reader: Reader<'_>, demand: Option<Demand<'_>>, html: &mut String) {
        match (self, demand) {
            (Self::Fixed(text), _) => html.push_str(text),
            (Self::Host, _) => escape(reader.host, html),
            (Self::Challenge, Some(demand)) => escape(&String::from_utf8_lossy(&demand.challenge.to_text()), html),
            (Self::ExpiresIn, Some(demand)) => {
                html.push_str(&demand.challenge.fields.lifetime.millis().to_string());
            }
            (Self::CarriedForm, Some(demand)) => demand.form.write_html(html),
            (Self::FormNotice, Some(demand)) => html.push_str(demand.form.notice()),
            // Only the challenge page has these, and it is never filled without a demand.
            (_, None) => {}
        }
    }
}

/// Splits the template at its placeholders; what is the same for every visitor is filled in at once.
fn parse(template: &str, language: &str, translation: &str) -> Result<Vec<Part>, String> {
    let texts: std::collections::BTreeMap<String, String> =
        serde_json::from_str(translation).map_err(|error| error.to_string())?;
    let mut parts = Vec::new();
    let mut fixed = String::new();
    let mut rest = template;
    while let Some((before, placeholder, after)) = split_at_placeholder(rest) {
        fixed.push_str(before);
        rest = after;
        let varies = match placeholder {
            "host" => Some(Part::Host),
            "challenge" => Some(Part::Challenge),
            "expires-in-ms" => Some(Part::ExpiresIn),
            "carried-form" => Some(Part::CarriedForm),
            "form-notice" => Some(Part::FormNotice),
            _ => None,
        };
        match (varies, placeholder) {
            (Some(part), _) => parts.extend([Part::Fixed(std::mem::take(&mut fixed)), part]),
            (None, "assets") => fixed.push_str(&crate::assets::folder()),
            (None, "redeem") => fixed.push_str(crate::routes::REDEEM),
            (None, "lang") => fixed.push_str(language),
            (None, name) => {
                let key = name.strip_prefix("text.").unwrap_or(name);
                let text = texts.get(key).ok_or_else(|| format!("there is no text {key:?}"))?;
                escape(text, &mut fixed);
            }
        }
    }
    fixed.push_str(rest);
    parts.push(Part::Fixed(fixed));
    Ok(parts)
}

fn split_at_placeholder(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once("{{")?;
    let (placeholder, after) = rest.split_once("}}")?;
    Some((before, placeholder.trim(), after))
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
