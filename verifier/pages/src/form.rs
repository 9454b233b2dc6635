//! A form that met the gate is carried through it: the page holds its fields and posts them after the work, or when the
//! site is less busy. The bytes go back to the client that sent them, in an answer that is never stored.
//!
//! The caller that reads a form from a request makes sure that a page of this site sent it.

use crate::escape::escape;

/// What became of the form in a request that met the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostedForm {
    /// There was no form.
    None,
    /// Its fields, to be posted on.
    Carried(Vec<(String, String)>),
    /// It could not be carried, and the visitor is told so.
    Lost,
}

impl PostedForm {
    /// The URL-encoded form in a request's whole body.
    pub fn of(body: &[u8]) -> Self {
        fields(body).map_or(Self::Lost, Self::Carried)
    }

    /// The value of the page's form notice.
    pub(super) fn notice(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Carried(_) => "carried",
            Self::Lost => "lost",
        }
    }

    /// The hidden form; nothing if there is none. It posts to the page's own URL.
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

/// The fields of a URL-encoded form; `None` unless all of it is text: a form that the page cannot repeat exactly is not
/// repeated at all.
fn fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    percent_encoding::percent_decode(body).decode_utf8().ok()?;
    let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    // HTML parsing would change these: NUL is replaced, and a field called `_charset_` is filled in by the browser.
    let exact = |text: &str| !text.contains('\0') && text != "_charset_";
    fields.iter().all(|(name, value)| exact(name) && !value.contains('\0')).then_some(fields)
}

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
