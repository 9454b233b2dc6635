//! A verifier at an address: asking it for a challenge, and redeeming a solution there.
//!
//! Two requests, each on a connection of its own, bounded in time and size; if the site is too busy (503), a request is
//! sent again after as long as the site says. Redirects are not followed: work done for one site is never shown to
//! another.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::request::Builder;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderMap, Request, Response, StatusCode, Uri, header};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::{Clock, millis};
use portcullis_clearance::cookie::{INSECURE_NAME, NAME};
use portcullis_policy::Level;
use serde::Deserialize;

use super::address::Site;
use super::error::{SolveError, printable};
use super::source::{MAX_LEN, Offer};
use crate::cli::http::{Bounds, CertificateError, Client, ExchangeError, Trust, with_causes};

/// Which challenge to ask for; what is not said is the site's choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// The browser's solver whose work it is to be.
    pub(super) solver: Option<&'a str>,
    /// The level of clearance that it is to earn.
    pub(super) level: Option<u8>,
}

/// The way to a site.
pub(super) struct Connection {
    site: Site,
    client: Client,
}

impl Connection {
    /// Prepares the client; nothing is sent yet. `ca` names the certificates to trust, in place of the system's.
    pub(super) fn to(site: Site, ca: Option<&Path>) -> Result<Self, SolveError> {
        let trust = match ca {
            Some(file) => Trust::of_file(file),
            None if site.scheme == Scheme::HTTPS => Trust::of_system(),
            None => Ok(Trust::nobody()),
        };
        let client = Client::new(BOUNDS, trust.map_err(unreadable)?);
        let client = client
            .map_err(|error| SolveError::Unreadable { what: "the network".to_owned(), why: error.to_string() })?;
        Ok(Self { site, client })
    }

    /// Gets a challenge.
    pub(super) fn challenge(&self, wanted: Wanted<'_>, clock: &dyn Clock) -> Result<Offer, SolveError> {
        let solver = wanted.solver.map(|name| format!("solver={name}"));
        let level = wanted.level.map(|level| format!("level={level}"));
        let query = [solver, level].into_iter().flatten().collect::<Vec<_>>().join("&");
        let request = Request::get(self.at(&format!("{CHALLENGE}?{query}"))?);
        let patience = Deadline { at: UnixMillis(clock.steady().0.saturating_add(millis(BOUNDS.exchange))), clock };
        let answer = self.exchange(request, Bytes::new(), patience)?;
        let what = || format!("what {}{CHALLENGE} answers", self.site);
        let offer =
            Offer::parse(answer.body(), clock).map_err(|why| SolveError::NotAChallenge { what: what(), why })?;
        // Parsed here, so that a bad answer is refused before the work and not after it.
        self.at(&offer.redeem)?;
        Ok(offer)
    }

    /// Redeems the solution of an offer on the same site, while it is worth something, and returns the cookie in the
    /// form of a `Cookie` header.
    pub(super) fn redeem(&self, offer: &Offer, submission: String, clock: &dyn Clock) -> Result<String, SolveError> {
        let request = Request::post(self.at(&offer.redeem)?).header(header::CONTENT_TYPE, "application/json");
        let answer = self.exchange(request, Bytes::from(submission), Deadline { at: offer.expires_at, clock })?;
        let cookie = clearance(answer.headers());
        cookie.ok_or_else(|| self.unreachable("the solution was redeemed, but no cookie came back".to_owned()))
    }

    /// The address of a path on this site, and on no other.
    fn at(&self, path: &str) -> Result<Uri, SolveError> {
        let path_and_query = path.starts_with('/').then(|| path.parse::<PathAndQuery>().ok()).flatten();
        let uri = path_and_query.and_then(|path_and_query| {
            let (scheme, authority) = (self.site.scheme.clone(), self.site.authority.clone());
            Uri::builder().scheme(scheme).authority(authority).path_and_query(path_and_query).build().ok()
        });
        uri.ok_or_else(|| {
            let path = printable(path);
            self.unreachable(format!("it says to redeem at {path:?}, which is not a path on this site"))
        })
    }

    /// Sends a request, again and again while the site is too busy and there is time; an answer other than 200 is an error.
    fn exchange(&self, request: Builder, body: Bytes, patience: Deadline<'_>) -> Result<Response<Bytes>, SolveError> {
        let request = request.header(header::ACCEPT, "application/json").header(header::USER_AGENT, USER_AGENT);
        // Constant names and values, and an address that has been parsed.
        let request = request.body(body).map_err(|error| self.unreachable(with_causes(&error)))?;
        loop {
            let answer = self.client.send(request.clone()).map_err(|error| self.no_answer(&error))?;
            if answer.status() == StatusCode::OK {
                return Ok(answer);
            }
            let pause = patience.pause_after(&answer).ok_or_else(|| self.refusal(&answer))?;
            self.client.wait(pause);
        }
    }

    fn refusal(&self, answer: &Response<Bytes>) -> SolveError {
        #[derive(Deserialize)]
        struct Problem {
            code: String,
            detail: String,
            level: Option<u8>,
        }
        let status = answer.status();
        if let Ok(problem) = serde_json::from_slice::<Problem>(answer.body()) {
            let (code, detail) = (printable(&problem.code), printable(&problem.detail));
            let level = problem.level.filter(|level| *level <= Level::LAST.number());
            return SolveError::Refused { site: self.site.to_string(), status: status.as_u16(), code, detail, level };
        }
        let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        self.unreachable(match location {
            Some(location) if status.is_redirection() => {
                format!("it redirects to {}; give the address of the site itself", printable(location))
            }
            _ => format!("status {status} from something that is not a verifier; is Portcullis in front of this site?"),
        })
    }

    fn no_answer(&self, error: &ExchangeError) -> SolveError {
        let why = error.to_string();
        self.unreachable(match error {
            ExchangeError::Unanswered(_) if why.contains("certificate") => {
                format!("{why}; if the certificate is from an authority of your own, name that with --ca")
            }
            ExchangeError::Unanswered(_) => format!("{why}; check the address, and that the site is up"),
            ExchangeError::Incomplete(_) | ExchangeError::Late(_) => why,
        })
    }

    fn unreachable(&self, why: String) -> SolveError {
        SolveError::Unreachable { site: self.site.to_string(), why }
    }
}

fn unreadable(CertificateError { what, why }: CertificateError) -> SolveError {
    SolveError::Unreadable { what, why }
}

/// Until when a busy site is asked again.
#[derive(Clone, Copy)]
struct Deadline<'a> {
    at: UnixMillis,
    clock: &'a dyn Clock,
}

impl Deadline<'_> {
    /// How long to wait before asking again; `None` if waiting would not change the answer, or would take too long.
    fn pause_after(&self, answer: &Response<Bytes>) -> Option<Duration> {
        if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
            return None;
        }
        let said = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let pause = Duration::from_secs(said.unwrap_or(0).max(1));
        (self.clock.steady().0.saturating_add(millis(pause)) < self.at.0).then_some(pause)
    }
}

/// The clearance cookie that an answer sets, in the form in which it is sent back.
fn clearance(headers: &HeaderMap) -> Option<String> {
    let set = headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = set.filter_map(|cookie| cookie.split(';').next()).map(str::trim);
    pairs
        .find(|pair| {
            let name = pair.split('=').next();
            name == Some(NAME) || name == Some(INSECURE_NAME)
        })
        .map(str::to_owned)
}

const CHALLENGE: &str = "/.portcullis/challenge";
const USER_AGENT: &str = concat!("portcullis-solve/", env!("CARGO_PKG_VERSION"));
const BOUNDS: Bounds = Bounds { connect: Duration::from_secs(10), exchange: Duration::from_secs(30), body: MAX_LEN };

#[cfg(test)]
mod tests {
    use portcullis_clearance::clock::ManualClock;

    use super::*;

    fn connection() -> Connection {
        Connection::to("http://login.example:8080/a?b#c".parse().expect("an address"), None).expect("no network yet")
    }

    #[test]
    fn work_is_redeemed_on_the_same_site_only() {
        let connection = connection();
        let at = |path| connection.at(path).map(|uri| uri.to_string()).ok();
        assert_eq!(at("/.portcullis/redeem").as_deref(), Some("http://login.example:8080/.portcullis/redeem"));
        assert_eq!(at("//thief.example/x").as_deref(), Some("http://login.example:8080//thief.example/x"));
        for elsewhere in ["http://thief.example/x", "thief.example/x", "@thief.example/", "", ":81/", "/a\r\nb: c"] {
            assert_eq!(at(elsewhere), None, "{elsewhere:?}");
        }
    }

    #[test]
    fn a_busy_site_is_asked_again_while_there_is_time() {
        let clock = ManualClock::new(UnixMillis(1_000_000));
        let patience = Deadline { at: UnixMillis(1_030_000), clock: &clock };
        let pause = |status: u16, retry_after: &str| {
            let answer = Response::builder().status(status).header(header::RETRY_AFTER, retry_after);
            patience.pause_after(&answer.body(Bytes::new()).expect("an answer")).map(|pause| pause.as_secs())
        };
        for (status, retry_after, expected) in [
            (503, "5", Some(5)),
            (503, "0", Some(1)),
            (503, "Wed, 21 Oct 2026 07:28:00 GMT", Some(1)),
            (503, "30", None),
            (503, "18446744073709551615", None),
            (403, "5", None),
            (429, "5", None),
            (500, "5", None),
        ] {
            assert_eq!(pause(status, retry_after), expected, "{status}, {retry_after}");
        }
        clock.advance(Duration::from_secs(28));
        assert_eq!(pause(503, "5"), None, "the challenge would be worth nothing then");
    }

    #[test]
    fn the_cookie_is_the_clearance_and_nothing_else() {
        let mut headers = HeaderMap::new();
        headers.append(header::SET_COOKIE, header::HeaderValue::from_static("session=x; Path=/"));
        assert_eq!(clearance(&headers), None);
        headers.append(header::SET_COOKIE, header::HeaderValue::from_static("__Host-portcullis=a.b.c; Path=/; Secure"));
        assert_eq!(clearance(&headers).as_deref(), Some("__Host-portcullis=a.b.c"));
    }
}
