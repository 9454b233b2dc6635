//! The good bots of a policy, as they are written, and the files that they name.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::lists;
use crate::bot::keys::BotKeys;
use crate::bot::{Bot, Domains};
use crate::values;

/// Reads all bots of a policy; refuses a bad one with its place in the file.
pub(super) fn read_all(
    raw: Vec<Spanned<RawBot>>,
    folder: &Path,
    sources: &mut Vec<PathBuf>,
) -> Result<Vec<Bot>, (usize, String)> {
    let mut bots: Vec<Bot> = Vec::new();
    for bot in raw {
        let (start, name) = (bot.span().start, bot.get_ref().name.clone());
        let refused = |problem| (start, format!("bot {name:?}: {problem}"));
        if bots.len() >= MOST_BOTS || bots.iter().any(|other| other.name == name) {
            return Err(refused(format!("give each its own name, and write at most {MOST_BOTS}")));
        }
        bots.push(bot.into_inner().read(folder, sources).map_err(refused)?);
    }
    Ok(bots)
}

/// Reads `dns_resolver`.
pub(super) fn resolver(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("dns_resolver: {text:?} is not an address with a port; write \"127.0.0.1:53\""))
}

/// `[[bot]]`, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBot {
    name: String,
    user_agent: Option<Vec<String>>,
    network: Option<Vec<String>>,
    network_file: Option<Vec<PathBuf>>,
    dns: Option<Vec<String>>,
    keys: Option<PathBuf>,
}

impl RawBot {
    /// Reads the files that it names, which lie beside the policy, and adds them to `sources`.
    fn read(self, folder: &Path, sources: &mut Vec<PathBuf>) -> Result<Bot, String> {
        if !values::is_kebab(&self.name) {
            return Err("this is not a name; write one such as \"googlebot\"".to_owned());
        }
        let user_agent = match values::list("user_agent", self.user_agent)? {
            Some(agents) => values::patterns("user_agent", &agents, false)?,
            None => Vec::new(),
        };
        let networks = lists::named(folder, self.network, self.network_file, sources)?;
        if networks.iter().any(|network| network.prefix_len() == 0) {
            return Err("a network of all addresses proves nothing; write the bot's own".to_owned());
        }
        let domains = values::list("dns", self.dns)?.map(|domains| Domains::parse(&domains)).transpose()?;
        if domains.is_some() && user_agent.is_empty() {
            return Err("`dns` needs `user_agent`: only clients that claim to be the bot are looked up".to_owned());
        }
        let keys = match self.keys {
            Some(file) => {
                let path = folder.join(file);
                let keys = BotKeys::read(&path)?;
                sources.push(path);
                keys
            }
            None => BotKeys::default(),
        };
        if networks.is_empty() && domains.is_none() && keys.is_empty() {
            return Err(
                "nothing proves that it is the bot; write `network`, `network_file`, `dns` or `keys`".to_owned()
            );
        }
        Ok(Bot::new(self.name, user_agent, &networks, domains, keys))
    }
}

/// Several times the number of well-known bots.
const MOST_BOTS: usize = 200;
