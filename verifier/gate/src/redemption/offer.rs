//! Which clients are given a standing token, and beside which answers.
//!
//! While the gate is up, with the answer to a navigation; a page behind a gateway that asks fetches its own (`GET
//! /.portcullis/standing`). In an attack, only with a redeemed solution. A client that shows a valid one gets no other
//! before it is due.
//!
//! A cookie must reach only the client it was made for, so it goes with no answer that a cache might keep for others
//! (RFC 9111, 3 and 7.3): only with one that says `private` or `no-store`, or nothing about caching.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use portcullis_clearance::TokenId;

use crate::client::reading::shows_pages;
use crate::client::{Clients, StandingTokens};
use portcullis_admission::judge::Admission;
use portcullis_admission::pressure::Mode;
use portcullis_clearance::client::Client;
use portcullis_clearance::clock::Clock;
use portcullis_issuer::tokens::standing::StandingToken;

/// Gives standing tokens to the clients that are due one.
pub(crate) struct StandingOffers {
    pub(crate) tokens: Arc<StandingTokens>,
    pub(crate) clients: Arc<Clients>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The token that a client is to get with its response.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Offer {
    /// A first one.
    First,
    /// The one that replaces this.
    Successor(StandingToken),
}

impl StandingOffers {
    /// What the client of a request for a page gets with it while the gate is up.
    pub(crate) fn to_navigation(&self, headers: &HeaderMap, client: &Client) -> Option<Offer> {
        // Browsers drop the cookie in a frame of another site, so it would be given again and again.
        let is_framed = headers.get(DEST).is_some_and(|dest| dest != "document");
        if !shows_pages(headers) || is_framed { None } else { self.while_up(headers, client) }
    }

    /// What a page that asks for it gets while the gate is up, if it is a page of this site.
    pub(crate) fn to_page(&self, headers: &HeaderMap, client: &Client) -> Option<Offer> {
        let from_elsewhere = headers.get(SITE).is_some_and(|site| !OWN_SITES.iter().any(|own| site == own));
        if from_elsewhere { None } else { self.while_up(headers, client) }
    }

    /// What a client that has solved a challenge gets with its clearance.
    pub(crate) fn to_solver(&self, headers: &HeaderMap, client: &Client) -> Option<Offer> {
        self.shown(headers, client).is_none().then_some(Offer::First)
    }

    fn while_up(&self, headers: &HeaderMap, client: &Client) -> Option<Offer> {
        if self.admission.pressure.stance().mode != Mode::Off {
            return None;
        }
        match self.shown(headers, client) {
            None => Some(Offer::First),
            Some(token) => token.is_due(self.clock.now()).then_some(Offer::Successor(token)),
        }
    }

    fn shown(&self, headers: &HeaderMap, client: &Client) -> Option<StandingToken> {
        let text = self.clients.cookie(client).read_standing(headers);
        self.tokens.shown(text, client, self.clock.now())
    }

    /// Puts the token beside a response, if it may be there, and if the quota of the client's network allows one more.
    pub(crate) fn join<B>(&self, offer: Offer, client: &Client, response: &mut Response<B>) {
        let may_be_there = is_of_the_origin(response.status()) && is_for_its_client_alone(response.headers());
        if let Some(cookie) = may_be_there.then(|| self.cookie(offer, client)).flatten() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    fn cookie(&self, offer: Offer, client: &Client) -> Option<HeaderValue> {
        let now = self.clock.now();
        self.tokens.with_key(|_| ())?;
        if !self.tokens.take_from_quota(client.network, self.clock.steady()) {
            return None;
        }
        let text = self.tokens.with_key(|key| {
            let token = match offer {
                Offer::First => StandingToken::first(&client.host, TokenId(portcullis_issuer::entropy::random()), now),
                Offer::Successor(token) => key.successor(&token, now),
            };
            key.sign(&token)
        })?;
        self.clients.cookie(client).set_standing(&text, self.tokens.lifetime())
    }
}

/// Not an origin's failure, nor an answer with which a cache refreshes what it stores.
fn is_of_the_origin(status: StatusCode) -> bool {
    status != StatusCode::NOT_MODIFIED && !status.is_server_error() && !status.is_informational()
}

/// Whether no cache between here and the client keeps an answer for others.
fn is_for_its_client_alone(headers: &HeaderMap) -> bool {
    let has_own_rules = |name: &HeaderName| name.as_str().ends_with("-cache-control") || name == "surrogate-control";
    if headers.keys().any(has_own_rules) {
        return false;
    }
    let values = headers.get_all(header::CACHE_CONTROL).iter();
    let directives = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let (mut for_one, mut for_all) = (false, false);
    for directive in directives.map(|directive| directive.trim_ascii().to_ascii_lowercase()) {
        // `private="a-header"` is about that header alone.
        for_one |= directive == b"private" || directive == b"no-store";
        for_all |= directive == b"public" || directive.starts_with(b"s-maxage");
    }
    let speaks_of_it = [header::CACHE_CONTROL, header::EXPIRES, header::LAST_MODIFIED];
    let says_nothing = !speaks_of_it.iter().any(|name| headers.contains_key(name));
    (for_one && !for_all) || says_nothing
}

const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const OWN_SITES: [&str; 3] = ["same-origin", "same-site", "none"];

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(lines: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_for_its_client_alone(&headers)
    }

    #[test]
    fn no_cookie_goes_with_what_a_cache_may_keep_for_others() {
        let say = "cache-control";
        for lines in [
            &[][..],
            &[("etag", "\"a\"")],
            &[(say, "private")],
            &[(say, "no-store")],
            &[(say, "max-age=0, PRIVATE , must-revalidate")],
            &[(say, "no-cache"), (say, "no-store"), ("expires", "0"), ("last-modified", "x")],
        ] {
            assert!(alone(lines), "{lines:?}");
        }
        for lines in [
            &[(say, "public")][..],
            &[(say, "max-age=600")],
            &[(say, "max-age=0")],
            &[(say, "no-cache")],
            &[(say, "")],
            &[(say, "S-MaxAge=5, private")],
            &[(say, "public, private")],
            &[(say, "private"), (say, "public")],
            &[(say, "private=\"set-cookie\"")],
            &[(say, "no-cache=\"private\"")],
            &[("expires", "Thu, 01 Dec 2050 16:00:00 GMT")],
            &[("last-modified", "Thu, 01 Dec 1994 16:00:00 GMT")],
            &[(say, "private"), ("cdn-cache-control", "max-age=60")],
            &[(say, "private"), ("surrogate-control", "max-age=60")],
        ] {
            assert!(!alone(lines), "{lines:?}");
        }
    }

    #[test]
    fn no_cookie_goes_with_a_failure_or_a_revalidation() {
        for (status, given) in [(200, true), (302, true), (404, true), (304, false), (502, false), (101, false)] {
            assert_eq!(is_of_the_origin(StatusCode::from_u16(status).unwrap()), given, "{status}");
        }
    }
}
