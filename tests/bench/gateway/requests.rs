//! What is asked for, with all the headers that a browser sends.

use std::net::SocketAddr;

use anyhow::Result;
use portcullis_challenge::Challenge;
use portcullis_tests::attacker::Submission;

use crate::load::{Connections, Load};
use crate::servers::{challenges, token};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A verdict on a request with a good token.
    Authorize,
    /// The challenge page, of a visitor without one.
    Page,
    /// A token, signed with this algorithm.
    Redeem(&'static str),
    /// A page of the origin, with a good token.
    ProxiedGet,
    /// A form for the origin, with a good token.
    ProxiedPost,
}

impl What {
    /// Its name in the figures.
    pub(crate) fn name(self, connections: Connections) -> String {
        let what = match self {
            Self::Authorize => "authorize".to_owned(),
            Self::Page => "page".to_owned(),
            Self::Redeem(algorithm) => format!("redeem-{algorithm}"),
            Self::ProxiedGet => "proxied-get".to_owned(),
            Self::ProxiedPost => "proxied-post".to_owned(),
        };
        if connections == Connections::New { format!("{what}-new-connection") } else { what }
    }

    /// What tokens are signed with.
    pub(crate) fn algorithm(self) -> &'static str {
        match self {
            Self::Redeem(algorithm) => algorithm,
            _ => "es256",
        }
    }

    /// Whether requests go on to the origin.
    pub(crate) fn is_proxied(self) -> bool {
        matches!(self, Self::ProxiedGet | Self::ProxiedPost)
    }

    /// A turn's requests to this verifier; of solved challenges, `solved`.
    ///
    /// # Errors
    ///
    /// When the verifier gives no challenge, or no token.
    pub(crate) async fn load(self, verifier: SocketAddr, connections: Connections, solved: usize) -> Result<Load> {
        let connection = if connections == Connections::Kept { "keep-alive" } else { "close" };
        let mut requests = Vec::new();
        if let Self::Redeem(_) = self {
            let challenges = challenges(verifier, 0..solved).await?;
            requests
                .extend(challenges.iter().enumerate().map(|(number, challenge)| redeem(challenge, number, connection)));
            return Ok(Load { requests, once: true, refused: false });
        }
        for number in 0..VISITORS {
            let head = format!("{}Connection: {connection}\r\n", stated(number));
            let asked = format!("{head}X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /account?page={number}\r\n{PAGE}");
            let cookie = match self {
                Self::Page => format!("Cookie: {SESSION}\r\n\r\n"),
                _ => format!("Cookie: {SESSION}; __Host-portcullis={}\r\n\r\n", token(verifier, number).await?),
            };
            requests.push(match self {
                Self::ProxiedGet => format!("GET /account?page={number} HTTP/1.1\r\n{head}{PAGE}{cookie}"),
                Self::ProxiedPost => format!("POST /account?page={number} HTTP/1.1\r\n{head}{FORM}{cookie}{}", form()),
                Self::Page => format!("GET /.portcullis/page HTTP/1.1\r\n{asked}{cookie}"),
                Self::Authorize | Self::Redeem(_) => format!("GET /.portcullis/authorize HTTP/1.1\r\n{asked}{cookie}"),
            });
        }
        Ok(Load { requests, once: false, refused: self == Self::Page })
    }
}

/// What a gateway says of a client, in lines of a head.
pub(crate) fn stated(number: usize) -> String {
    let (a, b) = (number / 256 % 256, number % 256);
    format!("Host: login.example\r\nX-Forwarded-For: 10.{a}.{b}.9\r\nX-Forwarded-Proto: https\r\n")
}

/// The request that redeems a challenge, solved.
pub(crate) fn redeem(challenge: &Challenge, number: usize, connection: &str) -> String {
    let body = Submission::solving(challenge).to_json();
    let (head, length) = (stated(number), body.len());
    format!(
        "POST /.portcullis/redeem HTTP/1.1\r\n{head}Connection: {connection}\r\nContent-Length: {length}\r\n{FETCH}\
         Cookie: {SESSION}\r\n\r\n{body}"
    )
}

/// A form of [`FORM_LENGTH`] bytes.
fn form() -> String {
    format!("{:x<FORM_LENGTH$}", "note=")
}

/// With a token each, so that nobody's budget ends.
pub(crate) const VISITORS: usize = 256;
const FORM_LENGTH: usize = 200;
const SESSION: &str = "theme=dark; session=5f0c9ad1e7b84c3296a1d0f7b2e84c61";
/// Chrome goes to a page.
const PAGE: &str = "sec-ch-ua: \"Google Chrome\";v=\"131\", \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"\r\n\
    sec-ch-ua-mobile: ?0\r\n\
    sec-ch-ua-platform: \"Windows\"\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,\
    image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\r\n\
    Sec-Fetch-Site: none\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-User: ?1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en-US;q=0.9,en;q=0.8\r\n";
/// Chrome sends a form from a page.
const FORM: &str = "Content-Length: 200\r\n\
    Cache-Control: max-age=0\r\n\
    sec-ch-ua: \"Google Chrome\";v=\"131\", \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"\r\n\
    sec-ch-ua-mobile: ?0\r\n\
    sec-ch-ua-platform: \"Windows\"\r\n\
    Origin: https://login.example\r\n\
    Content-Type: application/x-www-form-urlencoded\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,\
    image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-User: ?1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Referer: https://login.example/account\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en-US;q=0.9,en;q=0.8\r\n";
/// Chrome's page asks for something itself.
const FETCH: &str = "sec-ch-ua-platform: \"Windows\"\r\n\
    User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n\
    sec-ch-ua: \"Google Chrome\";v=\"131\", \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"\r\n\
    Content-Type: application/json\r\n\
    sec-ch-ua-mobile: ?0\r\n\
    Accept: */*\r\n\
    Origin: https://login.example\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-Mode: cors\r\n\
    Sec-Fetch-Dest: empty\r\n\
    Referer: https://login.example/account\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en-US;q=0.9,en;q=0.8\r\n";

#[cfg(test)]
mod tests {
    use portcullis_policy::Signals;

    use super::*;

    #[test]
    fn the_form_is_as_long_as_its_head_says() {
        assert!(FORM.contains(&format!("Content-Length: {}\r\n", form().len())));
    }

    #[test]
    fn nothing_is_wrong_with_the_headers_of_a_browser() {
        for lines in [PAGE, FORM, FETCH] {
            let headers = lines.lines().map(|line| line.split_once(": ").unwrap());
            let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            let raised: Vec<_> = Signals::in_headers(&headers, true).iter().collect();
            assert!(raised.is_empty(), "{raised:?}");
        }
    }
}
