//! The rows of `corpus.toml`, and the bytes that each stands for.

use serde::Deserialize;

use super::http2;
use super::tokens::Tokens;
use crate::client::HOST;
use crate::failure::Failure;
use crate::origin::Received;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Corpus {
    pub(super) row: Vec<Row>,
}

/// One request, and what must become of it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Row {
    pub(super) attack: u8,
    pub(super) name: String,
    line: String,
    version: String,
    host: String,
    headers: Vec<String>,
    token: Option<String>,
    body: String,
    http2: Vec<(String, String)>,
    from: From,
    pub(super) verifier: Option<Fate>,
    pub(super) expect: Expect,
}

/// Whose network a client is in.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum From {
    #[default]
    Home,
    Elsewhere,
}

/// What has become of the verifier.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fate {
    Killed,
    Frozen,
    Garbage,
}

/// What must become of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Expect {
    Admit,
    #[default]
    Challenge,
    Budget,
    One,
    Closed,
    Open,
}

impl Default for Row {
    fn default() -> Self {
        Self {
            attack: 0,
            name: String::new(),
            line: "GET /login".to_owned(),
            version: "HTTP/1.1".to_owned(),
            host: HOST.to_owned(),
            headers: Vec::new(),
            token: None,
            body: String::new(),
            http2: Vec::new(),
            from: From::Home,
            verifier: None,
            expect: Expect::Challenge,
        }
    }
}

impl From {
    fn address(self) -> [u8; 4] {
        match self {
            Self::Home => [127, 0, 7, 9],
            Self::Elsewhere => [127, 0, 8, 9],
        }
    }
}

impl Fate {
    pub(super) fn failure(self) -> Failure {
        match self {
            Self::Killed => Failure::Killed,
            Self::Frozen => Failure::Frozen,
            Self::Garbage => Failure::Garbage,
        }
    }
}

impl Row {
    /// The client's address.
    pub(super) fn source(&self) -> [u8; 4] {
        self.from.address()
    }

    /// Whether it is sent in HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        !self.http2.is_empty()
    }

    /// The target, as it is sent.
    pub(super) fn target(&self) -> &str {
        if let Some((_, target)) = self.http2.iter().find(|(name, _)| name == ":path") {
            return target;
        }
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// The request, marked with the row's number.
    ///
    /// # Panics
    ///
    /// When the row names a token that there is not.
    pub(super) fn bytes(&self, number: usize, tokens: &Tokens) -> Vec<u8> {
        if self.is_http2() {
            let filled = |(name, value): &(String, String)| (name.clone(), value.replace("{good}", &tokens["good"]));
            let mark = (MARK.to_owned(), number.to_string());
            return http2::request(&self.http2.iter().map(filled).chain([mark]).collect::<Vec<_>>());
        }
        let mut head = format!("{} {}\r\n", self.line, self.version);
        if !self.host.is_empty() {
            head += &format!("Host: {}\r\n", self.host);
        }
        head += &format!("{MARK}: {number}\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\n");
        if let Some(name) = &self.token {
            let token = tokens.get(name.as_str()).unwrap_or_else(|| panic!("there is no token {name:?}"));
            head += &format!("Cookie: __Host-portcullis={token}\r\n");
        }
        for header in &self.headers {
            head += &format!("{header}\r\n");
        }
        let own_connection = self.headers.iter().any(|header| header.starts_with("Connection:"));
        // What follows the request must be read by whatever would read it.
        if !own_connection && self.body.is_empty() {
            head += "Connection: close\r\n";
        }
        let hops = vec!["127.0.7.9"; 1000].join(",");
        let text = format!("{head}\r\n{}", self.body);
        let text = text.replace("{smuggled}", &hidden(number)).replace("{hops}", &hops);
        text.replace("{good}", &tokens["good"]).into_bytes()
    }
}

/// The number of the row that sent a request, or hid it in its own.
pub(super) fn mark_of(request: &Received) -> Option<usize> {
    let target = request.target();
    let hidden = target.split_once(HIDDEN).map(|(_, number)| number);
    hidden.or(request.head().header(MARK)).and_then(|number| number.parse().ok())
}

/// A request without a token, that nobody may see on its own: 47 bytes, whatever the number.
fn hidden(number: usize) -> String {
    format!("GET {HIDDEN}{number:03} HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
}

/// How the target of a request that is hidden in another begins; the number of the row follows.
pub(super) const HIDDEN: &str = "/smug-";
/// The header with the number of the row.
const MARK: &str = "x-row";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_request_is_as_long_as_the_corpus_says() {
        assert_eq!([7, 123].map(|number| hidden(number).len()), [47, 47]);
    }
}
