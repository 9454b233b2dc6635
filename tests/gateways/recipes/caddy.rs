//! Caddy: `reverse_proxy` with `handle_response`, of which `forward_auth` is made.

use std::path::Path;
use std::process::Command;

use crate::checks::checks;
use crate::recipe::{Mode, Ports, Recipe};

checks! { subrequest: SUBREQUEST }

pub(super) const SUBREQUEST: Recipe = Recipe {
    folder: "caddy",
    files: &["Caddyfile", "portcullis.caddy"],
    mode: Mode::Subrequest,
    ports: Ports { gateway: "http://:8000", ..Ports::ADDRESSES },
    command: caddy,
    place: None,
    settings: |settings| settings,
    own_user: false,
    passes_clearance: false,
};

fn caddy(folder: &Path) -> Command {
    let mut command = Command::new("caddy");
    // Where it keeps what it would keep, such as certificates.
    command.env("HOME", folder);
    command.args(["run", "--config", "Caddyfile", "--adapter", "caddyfile"]);
    command
}
