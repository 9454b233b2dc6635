//! File, environment and flags, laid over each other; and where a refused value came from.
//!
//! All layers become one table, which is parsed once. A refusal carries the key's path, and the path leads back to the
//! layer that set it: a line of the file, a variable, or a flag.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use toml::{Table, Value};

use crate::config::Config;

/// The sources of a configuration, from the weakest to the strongest.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The TOML file and its text.
    pub file: Option<(PathBuf, String)>,
    /// Variables `PORTCULLIS_SECTION__KEY`; those without the prefix are ignored.
    pub environment: Vec<(String, String)>,
    /// `section.key=value`, from `--set`.
    pub flags: Vec<String>,
}

/// A configuration that is refused: where, what, and the fix.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    place: Place,
    problem: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Line { file: PathBuf, line: usize, key: String },
    File(PathBuf),
    Variable(String),
    Flag(String),
    Nowhere(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { file, line, key } if key.is_empty() => write!(f, "{}:{line}", file.display()),
            Self::Line { file, line, key } => write!(f, "{}:{line}: {key}", file.display()),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(flag) => write!(f, "--set {flag}"),
            Self::Nowhere(key) => write!(f, "configuration: {key}"),
        }
    }
}

/// Variables of this prefix set keys: `PORTCULLIS_GATE__MODE=challenge` is `gate.mode`.
const ENVIRONMENT_PREFIX: &str = "PORTCULLIS_";

/// Keys that had another name, and their names now.
const RENAMED: [(&str, &str); 4] = [
    ("challenge.scalar_share", "challenge.scalar_fraction"),
    ("challenge.pbkdf2_share", "challenge.pbkdf2_fraction"),
    ("challenge.javascript_share", "challenge.javascript_fraction"),
    ("clearance.top_up_share", "clearance.top_up_fraction"),
];

impl Layers {
    /// Reads the file at `path`, and takes environment and flags as given.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn read(
        path: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: Vec<String>,
    ) -> Result<Self, ConfigError> {
        let file = path
            .map(|path| {
                let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
                    place: Place::File(path.to_owned()),
                    problem: format!("cannot read the configuration: {error}"),
                })?;
                Ok((path.to_owned(), text))
            })
            .transpose()?;
        let ours = |name: &str| name.starts_with(ENVIRONMENT_PREFIX) && !is_service_link(name);
        let environment = environment.filter(|(name, _)| ours(name)).collect();
        Ok(Self { file, environment, flags })
    }

    /// Parses the layers into a configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for TOML that does not parse, unknown keys, values out of range, and contradictions.
    pub fn parse(&self) -> Result<Config, ConfigError> {
        let mut table = self.file_table()?;
        let mut places = BTreeMap::new();
        for (name, value) in &self.environment {
            let path = name[ENVIRONMENT_PREFIX.len()..].to_lowercase().replace("__", ".");
            lay_over(&mut table, &path, value, Place::Variable(name.clone()), &mut places)?;
        }
        for flag in &self.flags {
            let place = Place::Flag(flag.clone());
            let Some((path, value)) = flag.split_once('=') else {
                return Err(ConfigError { place, problem: "write it as section.key=value".to_owned() });
            };
            lay_over(&mut table, path.trim(), value, place, &mut places)?;
        }
        let config: Config = serde_path_to_error::deserialize(table).map_err(|error| {
            let path = error.path().to_string();
            let problem = error.into_inner().message().to_owned();
            let key = blamed_key(&path, &problem);
            // An element of a list is set with its list.
            let key = key.split('[').next().unwrap_or_default();
            let new_name = RENAMED.iter().find(|(old, _)| *old == key).map(|(_, new)| *new);
            let problem = new_name.map_or(problem, |new| format!("this key is now called {new}; rename it"));
            ConfigError { place: self.place(key, &places), problem }
        })?;
        match config.contradiction() {
            None => Ok(config),
            Some((key, problem)) => Err(ConfigError { place: self.place(key, &places), problem }),
        }
    }

    fn file_table(&self) -> Result<Table, ConfigError> {
        let Some((path, text)) = &self.file else { return Ok(Table::new()) };
        text.parse::<Table>().map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            let place = Place::Line { file: path.clone(), line, key: String::new() };
            ConfigError { place, problem: error.message().to_owned() }
        })
    }

    /// The source of `key`: the strongest layer that sets it, or the nearest table around it in the file.
    fn place(&self, key: &str, places: &BTreeMap<String, Place>) -> Place {
        let above = |inner: &str| inner.rsplit_once('.').map(|(outer, _)| outer.to_owned());
        let within = |set: &str| set.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
        if let Some(place) = places.get(key) {
            return place.clone();
        }
        let mut key_or_above = Some(key.to_owned());
        while let (Some(path), Some((file, text))) = (&key_or_above, &self.file) {
            if let Some(line) = line_of(text, path) {
                return Place::Line { file: file.clone(), line, key: key.to_owned() };
            }
            key_or_above = above(path);
        }
        // A whole section is to blame, and only an override set anything in it.
        if let Some((_, place)) = places.iter().find(|(set, _)| within(set)) {
            return place.clone();
        }
        self.file.as_ref().map_or(Place::Nowhere(key.to_owned()), |(file, _)| Place::File(file.clone()))
    }
}

/// A variable that Kubernetes sets in every container near a service called "portcullis": no key of ours.
fn is_service_link(name: &str) -> bool {
    let rest = name.strip_prefix(ENVIRONMENT_PREFIX).unwrap_or_default();
    rest == "PORT" || ["PORT_", "SERVICE_HOST", "SERVICE_PORT"].iter().any(|prefix| rest.starts_with(prefix))
}

/// Sets the value at a dotted path. The value is TOML where it reads as TOML, else text: `--set gate.mode=off`.
fn lay_over(
    table: &mut Table,
    path: &str,
    value: &str,
    place: Place,
    places: &mut BTreeMap<String, Place>,
) -> Result<(), ConfigError> {
    let parsed = format!("value = {value}").parse::<Table>().ok().filter(|parsed| parsed.len() == 1);
    let value = parsed.and_then(|mut parsed| parsed.remove("value")).unwrap_or_else(|| Value::from(value));
    let mut sections: Vec<&str> = path.split('.').collect();
    let key = sections.pop().unwrap_or_default();
    let mut inner = table;
    for section in sections {
        let next = inner.entry(section).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(next) = next else {
            return Err(ConfigError { place, problem: format!("{section} is a value and has no keys") });
        };
        inner = next;
    }
    inner.insert(key.to_owned(), value);
    places.insert(path.to_owned(), place);
    Ok(())
}

/// The key to blame if an error is at the table around it: an unknown key is quoted in the message, and a value out of
/// range is repeated at its start as `key = value`.
fn blamed_key(path: &str, problem: &str) -> String {
    let is_key = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let unknown = problem.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')).map(|(key, _)| key);
    let repeated = || problem.split_once(" = ").map(|(key, _)| key).filter(is_key);
    match unknown.or_else(repeated) {
        Some(key) if path == key || path.ends_with(&format!(".{key}")) => path.to_owned(),
        Some(key) if path == "." || path.is_empty() => key.to_owned(),
        Some(key) => format!("{path}.{key}"),
        None => path.to_owned(),
    }
}

/// The line a dotted path is set on.
fn line_of(text: &str, path: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut keys = path.split('.').peekable();
    let mut inner = table.get_ref();
    loop {
        let key = keys.next()?;
        let (name, value) = inner.get_key_value(key)?;
        if keys.peek().is_none() {
            return Some(line_at(text, name.span().start));
        }
        inner = value.get_ref().as_table()?;
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "origin = \"http://127.0.0.1:3000\"\n";

    fn refused(text: &str, environment: &[(&str, &str)], flags: &[&str]) -> String {
        let layers = Layers {
            file: Some(("portcullis.toml".into(), text.to_owned())),
            environment: environment.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            flags: flags.iter().map(ToString::to_string).collect(),
        };
        layers.parse().unwrap_err().to_string()
    }

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        assert!(
            refused(&format!("{ORIGIN}lisen = 1\n"), &[], &[]).starts_with("portcullis.toml:2: lisen: unknown field")
        );
        let nested = refused(&format!("{ORIGIN}[gate]\nmode = \"off\"\nmood = 1\n"), &[], &[]);
        assert!(nested.starts_with("portcullis.toml:4: gate.mood: unknown field"), "{nested}");
        let secret = refused(&format!("{ORIGIN}[challenge]\nsecret = \"changeme\"\n"), &[], &[]);
        assert!(secret.starts_with("portcullis.toml:3: challenge.secret: unknown field"), "{secret}");
    }

    #[test]
    fn a_key_that_had_another_name_is_refused_with_the_new_one() {
        for (old, new) in RENAMED {
            let (section, name) = old.split_once('.').unwrap();
            let refusal = refused(&format!("{ORIGIN}[{section}]\n{name} = 0.5\n"), &[], &[]);
            assert_eq!(refusal, format!("portcullis.toml:3: {old}: this key is now called {new}; rename it"));
            let flag = refused(ORIGIN, &[], &[&format!("{old}=0.5")]);
            assert_eq!(flag, format!("--set {old}=0.5: this key is now called {new}; rename it"));
            let layers = Layers { flags: vec![format!("{new}=0.5")], ..Layers::default() };
            assert!(!layers.parse().unwrap_err().to_string().contains(new), "the new name is known");
        }
    }

    #[test]
    fn unsafe_values_are_refused_with_their_line_and_the_fix() {
        for (text, place, fix) in [
            ("[challenge]\ndifficulty = 0", "portcullis.toml:3: challenge.difficulty", "1500000"),
            ("[challenge]\nshares = 0", "portcullis.toml:3: challenge.shares", "1 to 64"),
            ("[challenge]\ndifficulty = 16", "portcullis.toml:3: challenge.difficulty", "raise the difficulty"),
            ("[challenge]\nlifetime = \"1h\"", "portcullis.toml:3: challenge.lifetime", "5m"),
            ("[clearance]\nlifetime = \"2days\"", "portcullis.toml:3: clearance.lifetime", "1day"),
            ("[clearance]\nnetwork_prefix_v4 = 0", "portcullis.toml:3: clearance.network_prefix_v4", "8 to 32"),
            (
                "[client_ip]\ntrusted_proxies = [\"0.0.0.0/0\"]",
                "portcullis.toml:3: client_ip.trusted_proxies",
                "list your gateways",
            ),
            (
                "listen = \"0.0.0.0:80\"\n[gate]\ninsecure_loopback_cookie = true",
                "portcullis.toml:4: gate.insecure",
                "127.0.0.1",
            ),
            ("listen = \"127.0.0.1:3000\"", "portcullis.toml:1: origin", "call itself"),
            ("[admin]\nlisten = \"0.0.0.0:9180\"", "portcullis.toml:3: admin.listen", "insecure_public"),
            ("[admin]\nlisten = \"127.0.0.1:8080\"", "portcullis.toml:3: admin.listen", "another port"),
            ("[admin]\nlisten = \"on\"", "portcullis.toml:3: admin.listen", "off"),
            ("[[schedule]]\nfrom = \"8\"\nto = \"09:00\"\nmode = \"watch\"", "portcullis.toml:2: schedule", "08:00"),
            ("listen = 5 5", "portcullis.toml:2", ""),
        ] {
            let refusal = refused(&format!("{ORIGIN}{text}\n"), &[], &[]);
            assert!(refusal.starts_with(place) && refusal.contains(fix), "{text}: {refusal}");
        }
        assert!(refused("", &[], &[]).contains("no origin is set"));
    }

    #[test]
    fn an_override_is_blamed_by_its_name() {
        let refusal = refused(ORIGIN, &[("PORTCULLIS_CLEARANCE__LIFETIME", "1s")], &[]);
        assert!(refusal.starts_with("environment variable PORTCULLIS_CLEARANCE__LIFETIME: "), "{refusal}");
        let refusal = refused(ORIGIN, &[], &["clearance.lifetime=1s"]);
        assert!(refusal.starts_with("--set clearance.lifetime=1s: "), "{refusal}");
        let refusal = refused(ORIGIN, &[], &["challenge.difficulty=0"]);
        assert!(refusal.starts_with("--set challenge.difficulty=0: "), "{refusal}");
        let good = format!("{ORIGIN}[challenge]\ndifficulty = 1024\n");
        let refusal = refused(&good, &[], &["challenge.difficulty=0"]);
        assert!(refusal.starts_with("--set challenge.difficulty=0: "), "{refusal}");
        assert!(refused(ORIGIN, &[], &["nonsense"]).contains("section.key=value"));
    }

    #[test]
    fn an_element_of_a_list_is_blamed_on_whoever_set_the_list() {
        let refusal = refused(ORIGIN, &[], &["hosts=[\"Login.example\"]"]);
        assert!(refusal.starts_with("--set hosts="), "{refusal}");
    }

    #[test]
    fn variables_of_a_kubernetes_service_are_passed_over() {
        let variables =
            [("PORTCULLIS_PORT", "tcp://10.0.0.1:80"), ("PORTCULLIS_SERVICE_HOST", "10.0.0.1"), ("HOME", "/")];
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        assert_eq!(Layers::read(None, variables, Vec::new()).unwrap().environment, []);
    }

    #[test]
    fn the_sample_holds_every_default() {
        let sample = include_str!("../../../docs/portcullis.toml").to_owned();
        let with = |text: String, flags: &[&str]| {
            let flags = flags.iter().map(ToString::to_string).collect();
            format!("{:?}", Layers { file: Some(("f".into(), text)), environment: Vec::new(), flags }.parse().unwrap())
        };
        // What the sample sets on purpose, and says so.
        let defaults =
            with(ORIGIN.to_owned(), &["client_ip.trusted_proxies=[\"127.0.0.1\", \"::1\"]", "log.format=json"]);
        assert_eq!(with(sample, &[]), defaults);
    }

    #[test]
    fn flags_win_over_environment_and_environment_over_the_file() {
        let layers = Layers {
            file: Some(("f".into(), format!("{ORIGIN}[gate]\nmode = \"off\"\n[limits]\nconnections = 1\n"))),
            environment: vec![
                ("PORTCULLIS_GATE__MODE".into(), "challenge".into()),
                ("PORTCULLIS_LIMITS__CONNECTIONS".into(), "2".into()),
            ],
            flags: vec!["limits.connections=3".into(), "listen=127.0.0.1:9000".into()],
        };
        let config = layers.parse().unwrap();
        assert_eq!(config.gate.mode, "challenge".parse().unwrap());
        assert_eq!(config.limits.connections, 3);
        assert_eq!(config.listen.port(), 9000);
    }
}
