//! The question: the fields of the services that this one replaces. Others, such as `sitekey`, are ignored.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use super::error::SiteverifyError;

/// The fields, as text. An empty one counts as not given.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Question {
    pub(super) secret: Option<String>,
    pub(super) response: Option<String>,
    remoteip: Option<String>,
    idempotency_key: Option<String>,
}

impl Question {
    /// Reads a body of the two media types those services take.
    pub(super) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, SiteverifyError> {
        let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let media_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let mut question = if media_type.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            Self::of_form(body)?
        } else if media_type.eq_ignore_ascii_case(b"application/json") {
            Self::of_json(body).ok_or(SiteverifyError::BadRequest("the JSON is not an object with these fields"))?
        } else {
            return Err(SiteverifyError::BadRequest("neither application/x-www-form-urlencoded nor application/json"));
        };
        let Self { secret, response, remoteip, idempotency_key } = &mut question;
        for field in [secret, response, remoteip, idempotency_key] {
            field.take_if(|text| text.is_empty());
        }
        Ok(question)
    }

    fn of_json(body: &[u8]) -> Option<Self> {
        // The parser would take an array for the fields in their order.
        let is_object = body.trim_ascii_start().starts_with(b"{");
        is_object.then(|| serde_json::from_slice(body).ok()).flatten()
    }

    fn of_form(body: &[u8]) -> Result<Self, SiteverifyError> {
        let mut question = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let field = match &*name {
                "secret" => &mut question.secret,
                "response" => &mut question.response,
                "remoteip" => &mut question.remoteip,
                "idempotency_key" => &mut question.idempotency_key,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(SiteverifyError::BadRequest("a field is there twice"));
            }
        }
        Ok(question)
    }

    /// The client's address, as its server saw it. A hint: libraries send "None" or "unknown" if they do not know it.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.remoteip.as_deref()?.trim().parse().ok()
    }

    /// What marks repetitions of one question, if given.
    pub(super) fn retry_key(&self) -> Result<Option<u128>, SiteverifyError> {
        let Some(text) = &self.idempotency_key else { return Ok(None) };
        uuid(text).map(Some).ok_or(SiteverifyError::BadRequest("idempotency_key is not a UUID"))
    }
}

/// A UUID in its usual text form (RFC 9562, 4).
fn uuid(text: &str) -> Option<u128> {
    let groups: Vec<&str> = text.split('-').collect();
    let hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let in_form = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(hex);
    in_form.then(|| u128::from_str_radix(&groups.concat(), 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_one_form_in_either_case() {
        let upper = uuid("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6");
        assert_eq!(upper, Some(0xf81d_4fae_7dec_11d0_a765_00a0_c91e_6bf6));
        assert_eq!(upper, uuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
        for text in [
            "",
            "1",
            "f81d4fae7dec11d0a76500a0c91e6bf6",
            "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6-",
            "+81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        ] {
            assert_eq!(uuid(text), None, "{text}");
        }
    }
}
