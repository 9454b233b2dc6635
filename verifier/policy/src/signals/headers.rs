//! What a request's headers show.
//!
//! A missing header is a sign only if the browser is known to send it: so missing headers are compared with a
//! `User-Agent` that names Chrome, Edge, Opera, Firefox or Safari *and nothing else*. Browsers that are built from one
//! of these and say so (web views, browsers inside apps, most of Brave's and Samsung's kind, crawlers) are not taken
//! for it.
//!
//! Not every request of a browser is alike. The challenge page's own `fetch()` accepts everything and is not a
//! navigation; WebSocket handshakes, reports and preflights have fewer headers than others. They raise no signals.

use http::{HeaderMap, HeaderValue};

use super::{Signal, Signals};

impl Signals {
    /// What a request's headers show. Over plain HTTP (not `secure`) browsers leave out several headers.
    pub fn in_headers(headers: &HeaderMap, secure: bool) -> Self {
        let mut signals = Self::default();
        let read = Read::of(headers);
        let Some(agent) = read.agent else {
            signals.raise(Signal::NoUserAgent);
            return signals;
        };
        // What follows the last comment, `(KHTML, like Gecko)` or the system's, are products.
        let products = &agent[agent.iter().rposition(|byte| *byte == b')').map_or(0, |end| end + 1)..];
        signals.raise_if(read.agents > 1, Signal::RepeatedUserAgent);
        signals.raise_if(is_library(agent), Signal::HttpLibrary);
        let hints = read.hints.unwrap_or_default();
        let is_headless = |text| contains(text, b"Headless") || contains(text, b"PhantomJS");
        signals.raise_if(is_headless(products) || is_headless(hints), Signal::Headless);
        signals.raise_if(read.purposes_disagree(), Signal::FetchMetadataDisagree);

        let Some(claim) = Claim::of(agent, products).filter(|_| !read.carries_less) else { return signals };
        signals.raise_if(!read.accepts_language, Signal::NoAcceptLanguage);
        // Parts of a film are requested without a coding.
        signals.raise_if(!read.accepts_encoding && !read.is_part, Signal::NoAcceptEncoding);
        let navigates = read.navigates();
        signals.raise_if(navigates && !contains(read.accept, b"text/html"), Signal::AcceptNotOfABrowser);
        let tells_purpose = read.site.is_some() || read.mode.is_some() || read.dest.is_some();
        signals.raise_if(secure && claim.tells_purpose() && !tells_purpose, Signal::NoFetchMetadata);
        let should_name_itself = secure && claim.names_itself() && (navigates || !tells_purpose);
        signals.raise_if(should_name_itself && read.hints.is_none(), Signal::NoClientHints);
        signals.raise_if(claim.disagrees(agent, products, &read), Signal::ClientHintsDisagree);
        signals
    }

    fn raise_if(&mut self, holds: bool, signal: Signal) {
        if holds {
            self.raise(signal);
        }
    }
}

/// The headers that are read, in one walk through all of them: looking each up takes several times as long. Of two
/// values of one name the first counts.
#[derive(Default)]
struct Read<'a> {
    agent: Option<&'a [u8]>,
    agents: usize,
    accept: &'a [u8],
    accepts_language: bool,
    accepts_encoding: bool,
    /// `Sec-CH-UA`.
    hints: Option<&'a [u8]>,
    mobile: &'a [u8],
    platform: &'a [u8],
    /// `Sec-Fetch-Site` and the like.
    site: Option<&'a [u8]>,
    mode: Option<&'a [u8]>,
    dest: Option<&'a [u8]>,
    by_user: bool,
    /// `Upgrade-Insecure-Requests`.
    upgrades: bool,
    /// Part of a file is asked for.
    is_part: bool,
    /// It is fetched ahead of need.
    is_ahead: bool,
    /// It is of a kind that browsers send with fewer headers than others: a WebSocket's handshake, a preflight, a
    /// report, the script of a service worker.
    carries_less: bool,
}

impl<'a> Read<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let mut read = Self::default();
        for (name, value) in headers {
            let value = HeaderValue::as_bytes(value);
            match name.as_str() {
                "user-agent" => {
                    first(&mut read.agent, value);
                    read.agents += 1;
                }
                "accept" if read.accept.is_empty() => read.accept = value,
                "accept-language" => read.accepts_language = true,
                "accept-encoding" => read.accepts_encoding = true,
                "sec-ch-ua" => first(&mut read.hints, value),
                "sec-ch-ua-mobile" => read.mobile = value,
                "sec-ch-ua-platform" => read.platform = value,
                "sec-fetch-site" => first(&mut read.site, value),
                "sec-fetch-mode" => first(&mut read.mode, value),
                "sec-fetch-dest" => first(&mut read.dest, value),
                "sec-fetch-user" => read.by_user = true,
                "upgrade-insecure-requests" => read.upgrades = true,
                "range" => read.is_part = true,
                "purpose" | "sec-purpose" => read.is_ahead = true,
                "upgrade" | "sec-websocket-version" | "access-control-request-method" | "service-worker" => {
                    read.carries_less = true;
                }
                "content-type" => {
                    let is = |kind: &[u8]| value.starts_with(kind);
                    read.carries_less |= is(b"application/reports+json") || is(b"application/csp-report");
                }
                _ => {}
            }
        }
        read
    }

    /// Whether it goes to a page, as far as it says.
    fn navigates(&self) -> bool {
        match self.mode {
            Some(mode) => mode == b"navigate" && matches!(self.dest, Some(b"document" | b"iframe" | b"frame")),
            None => self.upgrades,
        }
    }

    /// Whether `Sec-Fetch-*` say what no browser does. A single one is left over from a request that was put together
    /// by hand; what is fetched ahead may have any destination.
    fn purposes_disagree(&self) -> bool {
        let (Some(site), Some(mode)) = (self.site, self.mode) else {
            return self.site.is_some() || self.mode.is_some() || self.dest.is_some() || self.by_user;
        };
        let is_site = matches!(site, b"none" | b"same-origin" | b"same-site" | b"cross-site");
        let odd = match mode {
            b"navigate" => self.dest.is_some_and(|dest| PARTS.contains(&dest)),
            b"cors" | b"websocket" => self.by_user || self.dest == Some(b"document"),
            _ => self.by_user,
        };
        !is_site || (odd && !self.is_ahead)
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
    fn of(agent: &[u8], text: &[u8]) -> Option<Self> {
        if !agent.starts_with(b"Mozilla/5.0 (") {
            return None;
        }
        let mut products = [b"".as_slice(); 6];
        let mut count = 0;
        for product in text.split(|byte| *byte == b' ').filter(|product| !product.is_empty()) {
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
    fn disagrees(self, agent: &[u8], products: &[u8], read: &Read<'_>) -> bool {
        let Self::Chromium(major) = self else { return read.hints.is_some_and(|hints| !hints.is_empty()) };
        let says_mobile = contains(products, b" Mobile ");
        let marks = PLATFORMS.iter().find(|(named, _)| *named == read.platform).map(|(_, marks)| *marks);
        read.hints.and_then(chromium_version).is_some_and(|hinted| hinted != major)
            || (read.mobile == b"?1" && !says_mobile)
            || (read.mobile == b"?0" && says_mobile)
            || marks.is_some_and(|marks| !marks.iter().any(|mark| contains(agent, mark)))
    }
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

/// The number at the start of a text, and the rest.
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
    let Some(first) = agent.first().map(u8::to_ascii_lowercase) else { return false };
    let names = LIBRARIES.iter().filter(|name| name[0].to_ascii_lowercase() == first);
    let mut beginnings = names.map(|name| (name, agent.get(..name.len())));
    beginnings.any(|(name, beginning)| beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(name)))
}

fn first<'a>(slot: &mut Option<&'a [u8]>, value: &'a [u8]) {
    slot.get_or_insert(value);
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

const CHROMIUM_VERSION: &[u8] = b"\"Chromium\";v=\"";

/// Destinations of the parts of a page.
const PARTS: [&[u8]; 9] =
    [b"script", b"style", b"image", b"font", b"audio", b"video", b"track", b"worker", b"manifest"];

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
