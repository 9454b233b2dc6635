//! A recipe: files of `deploy/`, as they are shipped except for the ports, and the program that they are for.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use portcullis_tests::processes::Settings;

/// What is particular to one recipe.
#[derive(Clone, Copy)]
pub(crate) struct Recipe {
    /// The folder below `deploy/`. It is copied as a whole.
    pub(crate) folder: &'static str,
    /// The files that this mode uses; the ports' literals must occur in them.
    pub(crate) files: &'static [&'static str],
    /// Who decides on a request that shows a token.
    pub(crate) mode: Mode,
    /// How the files write the three ports.
    pub(crate) ports: Ports,
    /// A folder that the files name from the root, where the gateway wants it so: that of the copy takes its place.
    pub(crate) place: Option<&'static str>,
    /// The command that runs the gateway in the foreground. It is given the copy of the folder, and started in it.
    pub(crate) command: fn(&Path) -> Command,
    /// What the recipe asks of the verifier's configuration, beside the gateway being listed.
    pub(crate) settings: fn(Settings) -> Settings,
    /// Reads public keys from files, in the folder `keys` beside its own.
    pub(crate) reads_keys: bool,
    /// Runs as the user who runs the tests, even root. For a program that lies where nobody else may look.
    pub(crate) own_user: bool,
    /// The clearance cookie reaches the origin, for the gateway cannot take one cookie out of several.
    pub(crate) passes_clearance: bool,
}

/// Who decides on a request that shows a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The verifier, asked about each request.
    Subrequest,
    /// The gateway itself, with the verifier's public keys; it asks only about requests without a good token.
    Offline,
}

/// How a recipe's files write the three ports: texts that occur in them and end in a port.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) verifier: &'static str,
    pub(crate) origin: &'static str,
    pub(crate) gateway: &'static str,
}

/// Where the three are in one test.
#[derive(Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) verifier: SocketAddr,
    pub(crate) origin: SocketAddr,
    pub(crate) gateway: SocketAddr,
}

impl Ports {
    /// As most gateways write addresses.
    pub(crate) const ADDRESSES: Self =
        Self { verifier: "127.0.0.1:8080", origin: "127.0.0.1:3000", gateway: "127.0.0.1:8000" };
}

impl Recipe {
    /// Copies the recipe into `folder`, with the ports of this test in place of those it is written with.
    pub(crate) fn copy_to(&self, folder: &Path, addresses: Addresses) {
        let Ports { verifier, origin, gateway } = self.ports;
        let ports = [(verifier, addresses.verifier), (origin, addresses.origin), (gateway, addresses.gateway)];
        let source = deploy().join(self.folder);
        for (literal, _) in ports {
            let occurs = |file: &&str| read(&source.join(file)).contains(literal);
            assert!(self.files.iter().any(occurs), "{literal} occurs nowhere in {:?}", self.files);
        }
        copy(&source, folder, &|text| {
            let text = ports
                .iter()
                .fold(text, |text, (literal, address)| text.replace(literal, &with_port(literal, *address)));
            self.place.map_or(text.clone(), |place| text.replace(place, &folder.to_string_lossy()))
        });
    }
}

/// `literal` with the port at its end replaced by that of `address`.
fn with_port(literal: &str, address: SocketAddr) -> String {
    format!("{}{}", literal.trim_end_matches(|c: char| c.is_ascii_digit()), address.port())
}

fn copy(from: &Path, to: &Path, change: &dyn Fn(String) -> String) {
    let entries = fs::read_dir(from).unwrap_or_else(|error| panic!("cannot read {}: {error}", from.display()));
    for entry in entries.map(|entry| entry.expect("a folder can be read to its end").path()) {
        let target = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            fs::create_dir_all(&target).expect("a temporary folder can be written to");
            copy(&entry, &target, change);
        } else {
            fs::write(target, change(read(&entry))).expect("a temporary folder can be written to");
        }
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()))
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_a_literal_is_replaced() {
        let address = "127.0.0.1:40123".parse().unwrap();
        assert_eq!(with_port("127.0.0.1:8080", address), "127.0.0.1:40123");
        assert_eq!(with_port("port_value: 8080", address), "port_value: 40123");
    }
}
