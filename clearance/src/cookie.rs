//! The clearance cookie and the standing cookie: their names, setting them, reading them, and keeping them from the
//! origin.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

/// The cookie's name for clients that speak TLS. Because of the prefix, browsers refuse it without `Secure`, with a
/// `Domain`, or from a path (RFC 6265bis, 4.1.3.2), so no sibling host can plant one.
pub const NAME: &str = "__Host-portcullis";
/// Its name in development: plain HTTP on loopback, where a browser may refuse `Secure`.
pub const INSECURE_NAME: &str = "portcullis";
/// The name of the cookie that holds a standing token.
pub const STANDING_NAME: &str = "__Host-portcullis-standing";
/// Its name in development.
pub const INSECURE_STANDING_NAME: &str = "portcullis-standing";

/// How our cookies are set and read for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `__Host-`, `Secure`.
    HostPrefixed,
    /// Neither: loopback only.
    InsecureLoopback,
}

impl Style {
    /// The `Set-Cookie` value for `token`, which lives as long as the token does. `None` if the token cannot be a
    /// cookie value; every JWT can.
    pub fn set(self, token: &str, lifetime: Duration) -> Option<HeaderValue> {
        self.set_as(self.name(), token, lifetime)
    }

    /// The token a request carries, if it carries one.
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        read_as(self.name(), headers)
    }

    /// As [`set`](Self::set), for a standing token.
    pub fn set_standing(self, token: &str, lifetime: Duration) -> Option<HeaderValue> {
        self.set_as(self.standing_name(), token, lifetime)
    }

    /// The standing token a request carries, if it carries one.
    pub fn read_standing(self, headers: &HeaderMap) -> Option<&str> {
        read_as(self.standing_name(), headers)
    }

    fn name(self) -> &'static str {
        match self {
            Self::HostPrefixed => NAME,
            Self::InsecureLoopback => INSECURE_NAME,
        }
    }

    fn standing_name(self) -> &'static str {
        match self {
            Self::HostPrefixed => STANDING_NAME,
            Self::InsecureLoopback => INSECURE_STANDING_NAME,
        }
    }

    fn set_as(self, name: &str, token: &str, lifetime: Duration) -> Option<HeaderValue> {
        let secure = match self {
            Self::HostPrefixed => "; Secure",
            Self::InsecureLoopback => "",
        };
        let seconds = lifetime.as_secs();
        HeaderValue::from_str(&format!("{name}={token}; Path=/; Max-Age={seconds}{secure}; HttpOnly; SameSite=Lax"))
            .ok()
    }
}

fn read_as<'a>(name: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let token = pairs(headers).find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    std::str::from_utf8(token).ok()
}

/// Removes our cookies, by all their names, and joins the others into one header as in HTTP/1.1 (RFC 9113, 8.2.3).
pub fn remove(headers: &mut HeaderMap) {
    let ours = |pair: &&[u8]| {
        let name = pair.split(|byte| *byte == b'=').next();
        OURS.iter().any(|ours| name == Some(ours.as_bytes()))
    };
    let others: Vec<&[u8]> = pairs(headers).filter(|pair| !ours(pair)).collect();
    // Joined from valid header values by valid characters.
    let joined = HeaderValue::from_bytes(&others.join(b"; ".as_slice()));
    headers.remove(header::COOKIE);
    match joined {
        Ok(value) if !value.is_empty() => drop(headers.insert(header::COOKIE, value)),
        _ => {}
    }
}

/// Every `name=value`, trimmed, across all `Cookie` headers.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(header::COOKIE).iter();
    values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty())
}

/// Cookies that no origin sees.
const OURS: [&str; 4] = [NAME, INSECURE_NAME, STANDING_NAME, INSECURE_STANDING_NAME];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_cookies_alone_are_kept_from_the_origin() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("session=a; __Host-portcullis=t.t.t;theme=dark"));
        headers.append(
            header::COOKIE,
            HeaderValue::from_static(
                "portcullis=x; portcullis2=kept; portcullis-standing=s; __Host-portcullis-standing=S",
            ),
        );
        assert_eq!(Style::HostPrefixed.read(&headers), Some("t.t.t"));
        assert_eq!(Style::InsecureLoopback.read(&headers), Some("x"));
        assert_eq!(Style::HostPrefixed.read_standing(&headers), Some("S"));
        assert_eq!(Style::InsecureLoopback.read_standing(&headers), Some("s"));
        remove(&mut headers);
        assert_eq!(
            headers.get_all(header::COOKIE).iter().collect::<Vec<_>>(),
            ["session=a; theme=dark; portcullis2=kept"]
        );
    }

    #[test]
    fn nothing_is_left_of_a_header_with_nothing_else() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-portcullis=t"));
        remove(&mut headers);
        assert!(headers.is_empty());
    }
}
