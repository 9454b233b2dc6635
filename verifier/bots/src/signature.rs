//! The signature that a bot shows: HTTP Message Signatures (RFC 9421) as Web Bot Auth uses them
//! (draft-meunier-web-bot-auth-architecture, draft-ietf-webbotauth-httpsig-protocol).
//!
//! A request shows one: `Signature-Input` states what is signed, when, until when, with which key and for which
//! purpose; `Signature` has the bytes. It must be by Ed25519, tagged `web-bot-auth`, and valid for a day at most. It
//! must cover the host asked for (`@authority`), so that it is valid nowhere else, and `Signature-Agent`, if that is
//! sent. It may also cover `@method`, `@path`, `@query` and whole header fields.
//!
//! # Caveats
//!
//! Nonces are not remembered: until it expires, anybody who saw a signature may show it again, at this host. Hosts are
//! known without their port, so a signature for a port other than the scheme's own is refused.

use http::{HeaderMap, HeaderName};
use portcullis_challenge::UnixMillis;
use sfv::{BareItem, Dictionary, FieldType, InnerList, Item, KeyRef, ListEntry, Parameters, Parser};

use portcullis_clearance::clock::LEEWAY;

use crate::request::BotRequest;

/// A signature that is well formed. Nothing about it is verified.
#[derive(Debug)]
pub(crate) struct RequestSignature {
    input: InnerList,
    key: String,
    signature: Vec<u8>,
}

impl RequestSignature {
    /// Reads a request's only signature. `None` if there is none, or it is not what Web Bot Auth asks for.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let length = FIELDS.iter().flat_map(|name| headers.get_all(*name)).map(http::HeaderValue::len).sum::<usize>();
        if length > MOST_BYTES {
            return None;
        }
        let (label, input) = only_member(headers, INPUT)?;
        let (signed_label, signature) = only_member(headers, SIGNATURE)?;
        let (ListEntry::InnerList(input), ListEntry::Item(signature)) = (input, signature) else { return None };
        let BareItem::ByteSequence(signature) = signature.bare_item else { return None };
        let text = |key| text(&input.params, key);
        let is_meant = label == signed_label
            && signature.len() == SIGNATURE_BYTES
            && input.items.len() <= MOST_COMPONENTS
            && text("tag") == Some(TAG)
            && (input.params.get(key("alg")?).is_none() || text("alg") == Some(ALGORITHM));
        let key = text("keyid").filter(|_| is_meant)?.to_owned();
        Some(Self { input, key, signature })
    }

    /// The thumbprint of the key that it claims to be by.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Its bytes.
    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// What it must have signed. `None` if it is not valid now, or leaves out something it must cover.
    pub(crate) fn message(&self, request: &BotRequest<'_>) -> Option<String> {
        if !self.is_good_at(request.now) || !self.covers(AUTHORITY) {
            return None;
        }
        if request.headers.contains_key(AGENT) && !self.covers(AGENT) {
            return None;
        }
        self.base(request)
    }

    fn is_good_at(&self, now: UnixMillis) -> bool {
        let seconds = |key| time(&self.input.params, key);
        let (Some(created), Some(expires)) = (seconds("created"), seconds("expires")) else { return false };
        let (now, leeway) = (now.0 / 1000, LEEWAY.as_secs());
        created < expires
            && expires - created <= LONGEST
            && created <= now + leeway
            && now < expires.saturating_add(leeway)
    }

    fn covers(&self, name: &str) -> bool {
        self.input.items.iter().any(|item| component(item) == Some(name))
    }

    /// The signature base (RFC 9421, section 2.5).
    fn base(&self, request: &BotRequest<'_>) -> Option<String> {
        let mut base = String::new();
        let mut identifiers = Vec::new();
        for item in &self.input.items {
            let identifier = item.clone().serialize();
            if identifiers.contains(&identifier) {
                return None;
            }
            let value = value(item, request).filter(|value| base.len() + value.len() <= MOST_BASE_BYTES)?;
            base.extend([identifier.as_str(), ": ", value.as_str(), "\n"]);
            identifiers.push(identifier);
        }
        let params = vec![ListEntry::InnerList(self.input.clone())].serialize()?;
        base.extend(["\"@signature-params\": ", params.as_str()]);
        Some(base)
    }
}

/// The value of a covered component. `None` if it is absent, or unknown here.
fn value(item: &Item, request: &BotRequest<'_>) -> Option<String> {
    let name = component(item)?;
    if let Some(parameter) = item.params.first() {
        // A member of a dictionary, which is how later drafts cover `Signature-Agent`.
        let (BareItem::String(member), true) = (parameter.1, parameter.0.as_str() == "key" && item.params.len() == 1)
        else {
            return None;
        };
        let fields: Dictionary = Parser::new(&field(request.headers, name)?).parse().ok()?;
        return match fields.get(key(member.as_str())?)? {
            ListEntry::Item(item) => Some(item.serialize()),
            ListEntry::InnerList(list) => vec![ListEntry::InnerList(list.clone())].serialize(),
        };
    }
    let path_and_query = || request.target.map(|target| target.split_once('?').unwrap_or((target, "")));
    match name {
        AUTHORITY => Some(request.host.to_owned()),
        "@method" => request.target.map(|_| request.method.to_string()),
        "@path" => path_and_query().map(|(path, _)| if path.is_empty() { "/" } else { path }.to_owned()),
        "@query" => path_and_query().map(|(_, query)| format!("?{query}")),
        _ => field(request.headers, name),
    }
}

/// A header field as it is signed: its values, without surrounding space, joined.
fn field(headers: &HeaderMap, name: &str) -> Option<String> {
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let name = HeaderName::from_bytes(name.as_bytes()).ok().filter(|_| is_lower)?;
    let values = headers.get_all(name).iter().map(|value| value.to_str().ok().map(str::trim));
    let values = values.collect::<Option<Vec<_>>>().filter(|values| !values.is_empty())?;
    Some(values.join(", "))
}

/// The name of a covered component.
fn component(item: &Item) -> Option<&str> {
    match &item.bare_item {
        BareItem::String(name) => Some(name.as_str()),
        _ => None,
    }
}

/// The only member of a dictionary in a header that is there once.
fn only_member(headers: &HeaderMap, name: &str) -> Option<(sfv::Key, ListEntry)> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let members: Dictionary = Parser::new(value.as_bytes()).parse().ok()?;
    let mut members = members.into_iter();
    members.next().filter(|_| members.next().is_none())
}

fn key(name: &str) -> Option<&KeyRef> {
    KeyRef::from_str(name).ok()
}

fn text<'a>(params: &'a Parameters, name: &str) -> Option<&'a str> {
    match params.get(key(name)?)? {
        BareItem::String(text) => Some(text.as_str()),
        _ => None,
    }
}

fn time(params: &Parameters, name: &str) -> Option<u64> {
    match params.get(key(name)?)? {
        BareItem::Integer(seconds) => u64::try_from(i64::from(*seconds)).ok(),
        _ => None,
    }
}

const INPUT: &str = "signature-input";
const SIGNATURE: &str = "signature";
const AGENT: &str = "signature-agent";
const FIELDS: [&str; 3] = [INPUT, SIGNATURE, AGENT];
const AUTHORITY: &str = "@authority";
const TAG: &str = "web-bot-auth";
const ALGORITHM: &str = "ed25519";
/// Of Ed25519.
const SIGNATURE_BYTES: usize = 64;
/// From `created` to `expires`, in seconds: a day.
const LONGEST: u64 = 24 * 60 * 60;
/// All three header fields; those of bots have some 600.
const MOST_BYTES: usize = 4096;
const MOST_COMPONENTS: usize = 16;
const MOST_BASE_BYTES: usize = 1 << 14;

#[cfg(test)]
mod tests;
