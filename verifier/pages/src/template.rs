//! A page's template, read once for each language: what is the same for every visitor is filled in at once, and what
//! varies is left open.

use std::collections::BTreeMap;
use std::mem;

use crate::escape::escape;
use crate::gzip::{Member, Segment};

/// Where the links of every page lead.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a> {
    /// The path that solutions are posted to.
    pub redeem: &'a str,
    /// The folder of the browser's files, without a slash at its end: see [`assets::folder`](crate::assets::folder).
    pub assets: &'a str,
}

/// What varies from visitor to visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Host,
    Challenge,
    ExpiresIn,
    Level,
    RetryIn,
    FormNotice,
    CarriedForm,
}

/// A page in one language, ready to fill.
#[derive(Debug)]
pub(super) struct Template(Vec<Stretch>);

/// Text that is the same for every visitor, and what varies after it.
#[derive(Debug)]
struct Stretch {
    fixed: Segment,
    varying: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    /// Too short to be a segment of its own.
    Text(String),
    Value(Value),
}

impl Template {
    /// Reads a template and puts the texts of a translation into it.
    ///
    /// # Errors
    ///
    /// What does not match, in words.
    pub(super) fn parse(template: &str, links: &Links<'_>, language: &str, translation: &str) -> Result<Self, String> {
        let texts: BTreeMap<String, String> = serde_json::from_str(translation).map_err(|error| error.to_string())?;
        let template = without_indentation(&template.replacen("{{head}}\n", HEAD, 1));
        let mut parsed = Self(Vec::new());
        let mut fixed = String::new();
        let mut rest = template.as_str();
        while let Some((before, placeholder, after)) = split_at_placeholder(rest) {
            fixed.push_str(before);
            rest = after;
            if let Some(value) = value(placeholder) {
                parsed.add_text(mem::take(&mut fixed))?;
                parsed.add_value(value);
                continue;
            }
            match placeholder {
                "assets" => fixed.push_str(links.assets),
                "redeem" => fixed.push_str(links.redeem),
                "lang" => fixed.push_str(language),
                name => {
                    let key = name.strip_prefix("text.").unwrap_or(name);
                    let text = texts.get(key).ok_or_else(|| format!("there is no text {key:?}"))?;
                    escape(text, &mut fixed);
                }
            }
        }
        fixed.push_str(rest);
        parsed.add_text(fixed)?;
        Ok(parsed)
    }

    fn add_text(&mut self, text: String) -> Result<(), String> {
        let segment = Segment::new(text).map_err(|error| error.to_string())?;
        match self.0.last_mut() {
            Some(stretch) if !segment.is_smaller() => stretch.varying.push(Part::Text(segment.text().to_owned())),
            _ => self.0.push(Stretch { fixed: segment, varying: Vec::new() }),
        }
        Ok(())
    }

    fn add_value(&mut self, value: Value) {
        if let Some(stretch) = self.0.last_mut() {
            stretch.varying.push(Part::Value(value));
        }
    }

    /// The page as text. `write` writes each value, escaped.
    pub(super) fn plain(&self, write: impl Fn(Value, &mut String)) -> Vec<u8> {
        let mut html = String::with_capacity(USUAL_LENGTH);
        for stretch in &self.0 {
            html.push_str(stretch.fixed.text());
            stretch.write_varying(&write, &mut html);
        }
        html.into_bytes()
    }

    /// The same as gzip.
    pub(super) fn gzip(&self, write: impl Fn(Value, &mut String)) -> Vec<u8> {
        let mut member = Member::new();
        let mut varying = String::new();
        for stretch in &self.0 {
            varying.clear();
            stretch.write_varying(&write, &mut varying);
            member.push(&stretch.fixed, varying.as_bytes());
        }
        member.finish()
    }
}

impl Stretch {
    fn write_varying(&self, write: &impl Fn(Value, &mut String), html: &mut String) {
        for part in &self.varying {
            match part {
                Part::Text(text) => html.push_str(text),
                Part::Value(value) => write(*value, html),
            }
        }
    }
}

fn value(placeholder: &str) -> Option<Value> {
    match placeholder {
        "host" => Some(Value::Host),
        "challenge" => Some(Value::Challenge),
        "expires-in-ms" => Some(Value::ExpiresIn),
        "level" => Some(Value::Level),
        "retry-in-ms" => Some(Value::RetryIn),
        "form-notice" => Some(Value::FormNotice),
        "carried-form" => Some(Value::CarriedForm),
        _ => None,
    }
}

/// A line's end and the indentation around it are one white space in HTML, and one byte here. (The templates have no
/// element that would show them, such as `pre`.)
fn without_indentation(template: &str) -> String {
    let lines: Vec<&str> = template.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn split_at_placeholder(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once("{{")?;
    let (placeholder, after) = rest.split_once("}}")?;
    Some((before, placeholder.trim(), after))
}

/// What all pages begin with.
const HEAD: &str = include_str!("../../../www/pages/head.html");
/// Enough for a page without a carried form.
const USUAL_LENGTH: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    const LINKS: Links<'_> = Links { redeem: "/redeem", assets: "/assets" };

    fn plain(template: &str) -> Result<String, String> {
        let write = |value, html: &mut String| html.push_str(&format!("[{value:?}]"));
        let html = Template::parse(template, &LINKS, "en", r#"{ "dir": "ltr", "heading": "a < b" }"#)?.plain(write);
        Ok(String::from_utf8(html).unwrap())
    }

    #[test]
    fn values_and_texts_stand_where_the_template_says() {
        let html = plain("<p dir={{ dir }}>\n  {{text.heading}}: {{host}}{{challenge}}\n</p>{{carried-form}}\n");
        assert_eq!(html.unwrap(), "<p dir=ltr>\na &lt; b: [Host][Challenge]\n</p>[CarriedForm]");
        assert_eq!(plain("{{host}}").unwrap(), "[Host]");
    }

    #[test]
    fn a_text_that_does_not_exist_is_a_mistake() {
        assert_eq!(plain("{{text.unheard-of}}").unwrap_err(), "there is no text \"unheard-of\"");
    }

    #[test]
    fn short_text_between_values_makes_no_segment() {
        let template = format!("{0}{{{{host}}}} and {{{{host}}}}{0}", "<p hidden data-when>".repeat(9));
        let parsed = Template::parse(&template, &LINKS, "en", "{}").unwrap();
        assert_eq!(parsed.0.len(), 2, "{parsed:?}");
    }
}
