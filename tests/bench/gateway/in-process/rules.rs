//! Policies of many rules, and requests to decide on.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use http::{HeaderMap, HeaderValue, Method};
use portcullis_challenge::UnixMillis;
use portcullis_policy::{Facts, Policy, Signals};

use crate::{NOW, ROUND};

/// A policy of this many rules, over all matchers that need no database, and ten lists of this many networks each.
///
/// # Panics
///
/// When its files cannot be written beside others of this process, or it is not a policy.
pub fn rules(count: u32, networks: u32) -> Policy {
    let folder = tempfile::tempdir().expect("a folder for temporary files can be made");
    let folder = folder.path();
    for list in 0..10 {
        let networks: String = (0..networks).fold(String::new(), |mut text, number| {
            let [_, a, b, c] = number.wrapping_mul(2_654_435).wrapping_add(list * 7).to_be_bytes();
            let _ = writeln!(text, "{}.{a}.{b}.{}/28", 20 + list * 10, c & 0xf0);
            text
        });
        write(&folder.join(format!("list-{list}.txt")), &networks);
    }
    let mut text = "ja4_header = \"x-ja4\"\n[[threshold]]\nweight = 10\naction = \"challenge\"\n".to_owned();
    for number in (16..count).step_by(20) {
        let _ = writeln!(text, "[[bot]]\nname = \"bot-{number}\"\nnetwork = [\"198.51.100.0/24\"]");
    }
    for number in 0..count {
        let _ = writeln!(text, "[[rule]]\nname = \"rule-{number}\"\n{}", rule(number));
    }
    write(&folder.join("policy.toml"), &text);
    Policy::read(Some(&folder.join("policy.toml"))).expect("what is written here is a policy")
}

/// A policy of one rule, with an expression as sites write them.
///
/// # Panics
///
/// As [`rules`].
pub fn expression() -> Policy {
    let folder = tempfile::tempdir().expect("a folder for temporary files can be made");
    let file = folder.path().join("policy.toml");
    let expression = "method == \"POST\" || (path.startsWith(\"/api/\") && userAgent.contains(\"curl\"))";
    write(&file, &format!("[[rule]]\nname = \"a\"\naction = \"deny\"\nexpression = '{expression}'\n"));
    Policy::read(Some(&file)).expect("what is written here is a policy")
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, text).expect("a folder for temporary files can be written to");
}

/// Sites write most rules for paths, then for clients; a few are for something else.
fn rule(number: u32) -> String {
    match number % 20 {
        0 | 1 => format!("action = \"challenge\"\npath = [\"/section-{number}/*\", \"/area-{number}\"]"),
        2 | 3 => format!("action = \"deny\"\nuser_agent = [\"Crawler-{number}/\"]"),
        4 => format!("action = \"challenge\"\nalways = true\nmethod = [\"POST\"]\npath = [\"/forms/{number}\"]"),
        5 => format!("action = \"allow\"\nmethod = [\"GET\", \"HEAD\"]\npath = [\"*.x{number}\"]"),
        6 => format!("action = \"weigh\"\nweight = 1\nnetwork_file = [\"list-{}.txt\"]", number / 20 % 10),
        7 => format!("action = \"deny\"\nnetwork = [\"192.{}.{}.0/24\"]", number % 250, number / 250),
        8 | 9 => format!("action = \"weigh\"\nweight = 2\nheader = {{ x-app-{} = \"^v{number}\" }}", number / 20 % 10),
        10 => format!("action = \"challenge\"\nhost = [\"tenant-{number}.example\", \"*.t{number}.example\"]"),
        11 => format!("action = \"challenge\"\npath_regex = [\"^/api/v[0-9]+/item-{number}/\"]"),
        12 => format!("action = \"deny\"\nheader = {{ accept-language = false }}\npath = [\"/pages/{number}/*\"]"),
        13 => format!("action = \"weigh\"\nweight = 3\nuser_agent = [\"Tool-{number}\", \"Script-{number}\"]"),
        14 => format!("action = \"allow\"\npath = [\"/feeds/{number}.xml\"]\nuser_agent = [\"Reader\"]"),
        15 => format!("action = \"challenge\"\nsignal = [\"no-user-agent\"]\npath = [\"/search-{number}\"]"),
        16 => format!("action = \"allow\"\nbot = [\"bot-{number}\"]"),
        17 => format!("action = \"weigh\"\nweight = 4\nja4 = [\"^t13d{number}\"]\npath = [\"/login-{number}\"]"),
        18 => {
            let time = "time = [{ days = [\"sat\", \"sun\"], from = \"00:00\", to = \"24:00\" }]";
            format!("action = \"challenge\"\npath = [\"/weekend-{number}/*\"]\n{time}")
        }
        _ => format!("action = \"challenge\"\nmethod = [\"PUT\", \"DELETE\"]\npath = [\"/things/{number}/*\"]"),
    }
}

/// A request.
pub struct Visit {
    method: Method,
    target: String,
    host: String,
    headers: HeaderMap,
    address: IpAddr,
}

impl Visit {
    /// A round of them: of three, one is meant by a rule.
    pub fn round() -> Vec<Self> {
        (0..ROUND as u32).map(Self::new).collect()
    }

    fn new(number: u32) -> Self {
        let target = match number % 12 {
            0 => format!("/section-{}/page?from={number}", number % 1000),
            1 => format!("/feeds/{}.xml", number % 1000),
            2 => format!("/api/v2/item-{}/parts", number % 1000),
            3 => format!("/images/logo-{number}.x{}", number % 1000),
            4 => format!("/Pages/{number}/../about/"),
            _ => format!("/articles/{number}/a-title-of-some-length?page={}", number % 9),
        };
        let agent = match number % 16 {
            0 => format!("Crawler-{}/2.0 (+https://crawler.example/about)", number % 1000),
            _ => format!(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36",
                90 + number % 50
            ),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("accept-encoding", "gzip, deflate, br, zstd"),
            ("accept-language", "de-DE,de;q=0.9,en;q=0.8"),
            ("cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("upgrade-insecure-requests", "1"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert("user-agent", agent.parse().expect("a name of a program is a value"));
        if number.is_multiple_of(8) {
            headers.insert("x-app-3", HeaderValue::from_static("v68.1"));
        }
        let scattered = number.wrapping_mul(2_654_435_761);
        Self {
            method: if number.is_multiple_of(10) { Method::POST } else { Method::GET },
            target,
            host: format!("tenant-{}.example", number % 3000),
            headers,
            address: Ipv4Addr::from(scattered).into(),
        }
    }

    /// What a policy is told of it.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            method: &self.method,
            target: &self.target,
            host: &self.host,
            headers: &self.headers,
            address: self.address,
            from_gateway: true,
            signals: Signals::in_headers(&self.headers, true),
            bot: None,
            now: UnixMillis(NOW.0),
        }
    }
}
