//! What a request's headers show.
//!
//! A header that is missing speaks only where its browser is known to send it: so what is missing is held against a
//! `User-Agent` that names Chrome, Edge, Opera, Firefox or Safari *and nothing else*. Whoever is built from one of them and
//! says so (web views, browsers inside apps, most of Brave's and Samsung's kin, crawlers) is not taken for it.
//!
//! Not every request of a browser is alike. The challenge page's own `fetch()` accepts everything and navigates nowhere;
//! WebSocket handshakes, reports and preflights carry less than others. Nothing is held against them.

use http::{HeaderMap, HeaderName, header};

use super::{Signal, Signals};

impl Signals {
    /// What a request's headers show. Over plain HTTP (not `secure`) browsers leave out several headers.
    pub fn in_headers(headers: &HeaderMap, secure: bool) -> Self {
        let mut signals = Self::default();
        let mut agents = headers.get_all(header::USER_AGENT).iter();
        let Some(agent) = agents.next() else {
            signals.raise(Signal::NoUserAgent);
            return signals;
        };
        signals.raise_if(agents.next().is_some(), Signal::RepeatedUserAgent);
        let agent = agent.as_bytes();
        let hints = value(headers, &SEC_CH_UA);
        signals.raise_if(is_library(agent), Signal::HttpLibrary);
        let is_headless = contains(agent, b"Headless") || contains(agent, b"PhantomJS") || contains(hints, b"Headless");
        signals.raise_if(is_headless, Signal::Headless);
        signals.raise_if(fetch_metadata_disagree(headers), Signal::FetchMetadataDisagree);

        let Some(claim) = Claim::of(agent).filter(|_| !carries_less(headers)) else { return signals };
        signals.raise_if(!headers.contains_key(header::ACCEPT_LANGUAGE), Signal::NoAcceptLanguage);
        // Parts of a film are asked for without a coding.
        let is_part = headers.contains_key(header::RANGE);
        signals.raise_if(!is_part && !headers.contains_key(header::ACCEPT_ENCODING), Signal::NoAcceptEncoding);
        let navigates = navigates(headers);
        let accepts_html = || contains(value(headers, &header::ACCEPT), b"text/html");
        signals.raise_if(navigates && !accepts_html(), Signal::AcceptNotOfABrowser);
        let tells_purpose =
            [&SEC_FETCH_SITE, &SEC_FETCH_MODE, &SEC_FETCH_DEST].iter().any(|name| headers.contains_key(*name));
        signals.raise_if(secure && claim.tells_purpose() && !tells_purpose, Signal::NoFetchMetadata);
        let names_itself = headers.contains_key(SEC_CH_UA);
        let should = secure && claim.names_itself() && (navigates || !tells_purpose);
        signals.raise_if(should && !names_itself, Signal::NoClientHints);
        signals.raise_if(claim.disagrees(agent, hints, headers), Signal::ClientHintsDisagree);
        signals
    }

    fn raise_if(&mut self, holds: bool, signal: Signal) {
        if holds {
            self.raise(signal);
        }
    }
}

/// The browser that a `User-Agent` names, and no other beside it, with its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    Chromium(u32),
    Firefox(u32),
    /// Major and minor.
    Safari(u32, u32),
}

impl Claim {
    fn of(agent: &[u8]) -> Option<Self> {
        if !agent.starts_with(b"Mozilla/5.0 (") {
            return None;
        }
        let mut products = [b"".as_slice(); 6];
        let mut count = 0;
        // What follows the last comment, `(KHTML, like Gecko)` or the system's, are products.
        let after = agent.iter().rposition(|byte| *byte == b')').map_or(0, |end| end + 1);
        for product in agent[after..].split(|byte| *byte == b' ').filter(|product| !product.is_empty()) {
            *products.get_mut(count)? = product;
            count += 1;
        }
        match &products[..count] {
            [gecko, firefox] if gecko.starts_with(b"Gecko/") => Some(Self::Firefox(version(firefox, b"Firefox/")?.0)),
            [version, rest @ ..] if version.starts_with(b"Version/") && contains(agent, b"Mac OS X") => {
                let rest = without_mobile(rest);
                let [safari] = rest else { return None };
                let (major, minor) = self::version(version, b"Version/").filter(|_| safari.starts_with(b"Safari/"))?;
                Some(Self::Safari(major, minor))
            }
            [chrome, rest @ ..] => {
                let (major, _) = version(chrome, b"Chrome/")?;
                let is_known = |product: &&[u8]| CHROMIUMS.iter().any(|known| product.starts_with(known));
                match without_mobile(rest) {
                    [safari] if safari.starts_with(b"Safari/") => Some(Self::Chromium(major)),
                    [safari, name] if safari.starts_with(b"Safari/") && is_known(name) => Some(Self::Chromium(major)),
                    _ => None,
                }
            }
            [] => None,
        }
    }

    /// Whether it sends `Sec-Fetch-*`.
    fn tells_purpose(self) -> bool {
        match self {
            Self::Chromium(major) => major >= 80,
            Self::Firefox(major) => major >= 90,
            Self::Safari(major, minor) => (major, minor) >= (16, 4),
        }
    }

    /// Whether it sends `Sec-CH-UA`.
    fn names_itself(self) -> bool {
        matches!(self, Self::Chromium(major) if major >= 90)
    }

    /// Whether Client Hints name another browser, version, system or kind of device than the `User-Agent`.
    fn disagrees(self, agent: &[u8], hints: &[u8], headers: &HeaderMap) -> bool {
        let Self::Chromium(major) = self else { return !hints.is_empty() };
        let mobile = value(headers, &SEC_CH_UA_MOBILE);
        let says_mobile = contains(agent, b" Mobile ");
        let platform = value(headers, &SEC_CH_UA_PLATFORM);
        let marks = PLATFORMS.iter().find(|(named, _)| *named == platform).map(|(_, marks)| *marks);
        chromium_version(hints).is_some_and(|hinted| hinted != major)
            || (mobile == b"?1" && !says_mobile)
            || (mobile == b"?0" && says_mobile)
            || marks.is_some_and(|marks| !marks.iter().any(|mark| contains(agent, mark)))
    }
}

/// Whether a request goes to a page, as far as it tells.
fn navigates(headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_MODE) {
        Some(mode) => {
            mode == "navigate" && matches!(value(headers, &SEC_FETCH_DEST), b"document" | b"iframe" | b"frame")
        }
        None => headers.contains_key(header::UPGRADE_INSECURE_REQUESTS),
    }
}

/// Whether a request is of a kind that browsers send with fewer headers than others.
fn carries_less(headers: &HeaderMap) -> bool {
    let is_report = || {
        let kind = value(headers, &header::CONTENT_TYPE);
        kind.starts_with(b"application/reports+json") || kind.starts_with(b"application/csp-report")
    };
    headers.contains_key(header::UPGRADE)
        || headers.contains_key(header::SEC_WEBSOCKET_VERSION)
        || headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        || headers.contains_key(SERVICE_WORKER)
        || is_report()
}

/// Whether `Sec-Fetch-*` tell what no browser does. One alone is left from a request that was put together by hand; what is
/// fetched ahead may have any destination.
fn fetch_metadata_disagree(headers: &HeaderMap) -> bool {
    let [site, mode, dest, user] =
        [SEC_FETCH_SITE, SEC_FETCH_MODE, SEC_FETCH_DEST, SEC_FETCH_USER].map(|name| headers.get(name));
    if site.is_none() && mode.is_none() && dest.is_none() && user.is_none() {
        return false;
    }
    let (Some(site), Some(mode)) = (site, mode) else { return true };
    let dest = dest.map(http::HeaderValue::as_bytes).unwrap_or_default();
    let is_site = matches!(site.as_bytes(), b"none" | b"same-origin" | b"same-site" | b"cross-site");
    let is_ahead = headers.contains_key(SEC_PURPOSE) || headers.contains_key(PURPOSE);
    let goes_nowhere = || {
        matches!(
            dest,
            b"script" | b"style" | b"image" | b"font" | b"audio" | b"video" | b"track" | b"worker" | b"manifest"
        )
    };
    let odd = match mode.as_bytes() {
        b"navigate" => goes_nowhere(),
        b"cors" | b"websocket" => dest == b"document" || user.is_some(),
        _ => user.is_some(),
    };
    !is_site || (odd && !is_ahead)
}

/// The version that Client Hints give the engine: `"Chromium";v="131"`.
fn chromium_version(hints: &[u8]) -> Option<u32> {
    let at = find(hints, CHROMIUM_VERSION)?;
    Some(number(&hints[at + CHROMIUM_VERSION.len()..])?.0)
}

/// Major and minor version of a product such as `Chrome/131.0.0.0`.
fn version(product: &[u8], name: &[u8]) -> Option<(u32, u32)> {
    let (major, rest) = number(product.strip_prefix(name)?)?;
    let minor = rest.strip_prefix(b".").and_then(number).map_or(0, |(minor, _)| minor);
    Some((major, minor))
}

/// The number that a text begins with, and the rest.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

fn without_mobile<'a, 'b>(products: &'a [&'b [u8]]) -> &'a [&'b [u8]] {
    match products {
        [mobile, rest @ ..] if mobile.starts_with(b"Mobile") => rest,
        all => all,
    }
}

/// Whether a `User-Agent` begins with the name of a library or a program for requests.
fn is_library(agent: &[u8]) -> bool {
    let is = |name: &&[u8]| agent.len() >= name.len() && agent[..name.len()].eq_ignore_ascii_case(name);
    LIBRARIES.iter().any(|name| is(name))
}

/// A header's first value; empty, where there is none.
fn value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a [u8] {
    headers.get(name).map(http::HeaderValue::as_bytes).unwrap_or_default()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let (first, others) = part.split_first()?;
    let mut from = 0;
    loop {
        from += text.get(from..)?.iter().position(|byte| byte == first)?;
        if text[from + 1..].starts_with(others) {
            return Some(from);
        }
        from += 1;
    }
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_USER: HeaderName = HeaderName::from_static("sec-fetch-user");
const SEC_CH_UA: HeaderName = HeaderName::from_static("sec-ch-ua");
const SEC_CH_UA_MOBILE: HeaderName = HeaderName::from_static("sec-ch-ua-mobile");
const SEC_CH_UA_PLATFORM: HeaderName = HeaderName::from_static("sec-ch-ua-platform");
const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
const PURPOSE: HeaderName = HeaderName::from_static("purpose");
const SERVICE_WORKER: HeaderName = HeaderName::from_static("service-worker");
const CHROMIUM_VERSION: &[u8] = b"\"Chromium\";v=\"";

/// Browsers that put their name behind Chrome's and send what Chrome sends.
const CHROMIUMS: [&[u8]; 3] = [b"Edg/", b"EdgA/", b"OPR/"];

/// What a `User-Agent` has in it on each platform of the Client Hints. A phone that shows sites for desktops says `Linux`.
const PLATFORMS: [(&[u8], &[&[u8]]); 6] = [
    (b"\"Windows\"", &[b"Windows"]),
    (b"\"macOS\"", &[b"Macintosh"]),
    (b"\"Android\"", &[b"Android", b"Linux"]),
    (b"\"Linux\"", &[b"Linux"]),
    (b"\"Chrome OS\"", &[b"CrOS"]),
    (b"\"Chromium OS\"", &[b"CrOS"]),
];

/// Libraries and programs for requests, as they name themselves first in their `User-Agent`.
const LIBRARIES: [&[u8]; 36] = [
    b"aiohttp/",
    b"Apache-HttpClient/",
    b"ApacheBench/",
    b"axios/",
    b"curl/",
    b"Dart/",
    b"Deno/",
    b"Faraday v",
    b"Go-http-client/",
    b"got (",
    b"GuzzleHttp/",
    b"hey/",
    b"HTTPie/",
    b"Java/",
    b"Java-http-client/",
    b"Jakarta Commons-HttpClient/",
    b"k6/",
    b"libcurl",
    b"libwww-perl/",
    b"Mechanize",
    b"Nim-httpclient/",
    b"node",
    b"okhttp/",
    b"PHP/",
    b"PostmanRuntime/",
    b"PycURL/",
    b"Python",
    b"reqwest",
    b"rest-client/",
    b"Ruby",
    b"Scrapy/",
    b"Symfony",
    b"undici",
    b"vegeta",
    b"Wget/",
    b"wrk",
];
