//! Lists of networks in files: one network or address a line, or the JSON that operators of large bots publish.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::{IpNet, Ipv4Net};

use crate::values;

/// Reads a network, or an address as a network of one.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let address = |text: &str| text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    let network = text.parse::<IpNet>().or_else(|_| address(text)).ok()?.trunc();
    // Addresses of clients are IPv4, in whichever form they are written; so are networks of them.
    match network {
        IpNet::V6(mapped) if mapped.prefix_len() >= 96 => match mapped.network().to_ipv4_mapped() {
            Some(address) => Ipv4Net::new(address, mapped.prefix_len() - 96).ok().map(IpNet::V4),
            None => Some(network),
        },
        _ => Some(network),
    }
}

/// Reads a file; a `#` begins a comment. A file that begins with `{` is JSON with `prefixes`, each an `ipv4Prefix` or
/// `ipv6Prefix`, as search engines publish theirs.
pub(super) fn read(path: &Path) -> Result<Vec<IpNet>, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    if text.trim_start().starts_with('{') {
        return read_json(&text).map_err(|problem| format!("{shown}: {problem}"));
    }
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let written = lines.enumerate().filter(|(_, line)| !line.is_empty());
    written
        .map(|(index, line)| {
            network(line).ok_or_else(|| format!("{shown}:{}: {line:?} is not a network; write one a line", index + 1))
        })
        .collect()
}

/// The networks in the policy, and those in the files that it names, which lie in `folder` and are added to `sources`.
pub(super) fn named(
    folder: &Path,
    networks: Option<Vec<String>>,
    files: Option<Vec<PathBuf>>,
    sources: &mut Vec<PathBuf>,
) -> Result<Vec<IpNet>, String> {
    let mut all = match values::list("network", networks)? {
        Some(networks) => values::each("network", &networks, "203.0.113.0/24", network)?,
        None => Vec::new(),
    };
    for file in values::list("network_file", files)?.unwrap_or_default() {
        let path = folder.join(&file);
        all.extend(read(&path)?);
        sources.push(path);
    }
    Ok(all)
}

fn read_json(text: &str) -> Result<Vec<IpNet>, String> {
    #[derive(serde::Deserialize)]
    struct Published {
        prefixes: Vec<Prefix>,
    }
    #[derive(serde::Deserialize)]
    struct Prefix {
        #[serde(alias = "ipv4Prefix", alias = "ipv6Prefix", alias = "ip_prefix", alias = "ipv6_prefix")]
        prefix: String,
    }
    let published: Published = serde_json::from_str(text).map_err(|error| format!("no list of prefixes: {error}"))?;
    let parse = |entry: &Prefix| network(&entry.prefix).ok_or_else(|| format!("{:?} is not a network", entry.prefix));
    published.prefixes.iter().map(parse).collect()
}
