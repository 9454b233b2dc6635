//! Paths as rules see them. An origin may decode, collapse and fold what a client wrote, so a rule that looked only at
//! the letters could be evaded: it also sees the path that all of this leads to.

use std::borrow::Cow;

/// The path of a request's target, in all the ways in which an origin may read it.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    raw: &'a str,
    canonical: Cow<'a, str>,
    /// Up to its first zero byte, if it has one: there a path ends for programs in C.
    cut: Option<String>,
}

impl<'a> Target<'a> {
    /// The path of a target, which may have a query.
    pub fn of(target: &'a str) -> Self {
        let raw = target.split('?').next().unwrap_or_default();
        if is_canonical(raw) {
            return Self { raw, canonical: Cow::Borrowed(raw), cut: None };
        }
        let decoded = decoded(raw);
        let zero = decoded.iter().position(|byte| *byte == 0);
        Self { raw, canonical: Cow::Owned(canonical(&decoded)), cut: zero.map(|zero| canonical(&decoded[..zero])) }
    }

    /// Whether a pattern matches one of its readings.
    pub fn is(&self, pattern: &PathPattern) -> bool {
        self.readings().any(|path| pattern.matches(path))
    }

    /// Whether there is only one way to read it.
    pub fn is_plain(&self) -> bool {
        self.raw == self.canonical
    }

    /// The path as it stands, and as an origin may see it.
    pub fn readings(&self) -> impl Iterator<Item = &str> {
        [Some(self.raw), Some(&self.canonical), self.cut.as_deref()].into_iter().flatten()
    }
}

/// A path decoded until nothing is left to decode.
fn decoded(path: &str) -> Cow<'_, [u8]> {
    let mut decoded = Cow::Borrowed(path.as_bytes());
    for _ in 0..MAX_ENCODINGS {
        let once: Vec<u8> = percent_encoding::percent_decode(&decoded).collect();
        if *once == *decoded {
            break;
        }
        decoded = Cow::Owned(once);
    }
    decoded
}

/// What the most tolerant origin would make of a decoded path: backslashes as slashes, no parameters after `;`, no
/// empty or dot segments, lower case, no slash at the end.
fn canonical(decoded: &[u8]) -> String {
    let text = String::from_utf8_lossy(decoded).to_lowercase().replace('\\', "/");
    let mut segments: Vec<&str> = Vec::new();
    for segment in text.split('/').map(|segment| segment.split(';').next().unwrap_or_default()) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    format!("/{}", segments.join("/"))
}

/// Most paths are already, and cost no memory.
fn is_canonical(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'/');
    path.starts_with('/')
        && path.bytes().all(plain)
        && !path.contains("//")
        && (path.len() == 1 || !path.ends_with('/'))
}

/// How many layers of encoding are decoded.
const MAX_ENCODINGS: usize = 4;

/// A path, a path and everything below it (`/account/*`), or every path whose last segment ends so (`*.css`). Lower-case,
/// and compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPattern {
    /// The path itself.
    Is(String),
    /// The path and everything below it. Empty: everything.
    Below(String),
    /// Everything that ends so. No slash in it.
    Ends(String),
}

impl PathPattern {
    /// Reads `/login`, `/account/*` or `*.css`. `None` if it does not begin with a slash, or has a star elsewhere.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let plain = |part: &str| !part.contains(['*', '?']);
        if let Some(end) = lower.strip_prefix('*') {
            return (!end.is_empty() && plain(end) && !end.contains('/')).then(|| Self::Ends(end.to_owned()));
        }
        let path = |path: &str| if path == "/" { path.to_owned() } else { path.trim_end_matches('/').to_owned() };
        match lower.strip_suffix("/*") {
            Some(above) => {
                (plain(above) && (above.is_empty() || above.starts_with('/'))).then(|| Self::Below(path(above)))
            }
            None => (plain(&lower) && lower.starts_with('/')).then(|| Self::Is(path(&lower))),
        }
    }

    /// Whether it matches a path.
    pub fn matches(&self, path: &str) -> bool {
        let (path, starts) = (path.as_bytes(), |with: &str| {
            path.as_bytes().get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
        });
        match self {
            Self::Is(whole) => path.len() == whole.len() && starts(whole),
            // The asterisk form of a target, and anything else that is not a path, is part of everything and below
            // nothing.
            Self::Below(above) => starts(above) && (path.len() == above.len() || path[above.len()] == b'/'),
            Self::Ends(end) => {
                let start = path.len().checked_sub(end.len());
                start.is_some_and(|start| path[start..].eq_ignore_ascii_case(end.as_bytes()))
            }
        }
    }
}

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Is(path) => f.write_str(path),
            Self::Below(path) => write!(f, "{path}/*"),
            Self::Ends(end) => write!(f, "*{end}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_path_is_its_own() {
        for path in ["/", "/login", "/a/b-c_d/0"] {
            assert!(Target::of(path).is_plain());
        }
        for (path, canonical) in [
            ("", "/"),
            ("/a/", "/a"),
            ("/a//b", "/a/b"),
            ("/../../a", "/a"),
            ("/a/%2e%2E/b", "/b"),
            ("/%25252561", "/a"),
            ("/a;jsessionid=1/b;c", "/a/b"),
            ("/login%00.css", "/login"),
            ("*", "/*"),
        ] {
            assert_eq!(Target::of(path).readings().last(), Some(canonical), "{path}");
        }
    }

    #[test]
    fn patterns_are_whole_segments() {
        let below = PathPattern::parse("/account/*").unwrap();
        assert!(below.matches("/account") && below.matches("/account/x") && !below.matches("/accounts"));
        assert!(PathPattern::parse("/*").unwrap().matches("/anything"));
        assert!(PathPattern::parse("/*").unwrap().matches("/"));
        assert!(PathPattern::parse("/").unwrap().matches("/") && !PathPattern::parse("/").unwrap().matches("/a"));
        let styles = PathPattern::parse("*.CSS").unwrap();
        assert!(styles.matches("/a/b.css") && styles.matches("/A.CSS") && !styles.matches("/a.css/b"));
        for text in ["/", "/login", "/account/*", "/*", "*.css"] {
            assert_eq!(PathPattern::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "login", "*", "/a*", "/a/*/b", "/a?b", "*/a", "*.a*"] {
            assert_eq!(PathPattern::parse(text), None, "{text}");
        }
    }
}
