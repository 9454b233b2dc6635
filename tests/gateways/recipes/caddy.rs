//! Caddy: `reverse_proxy` with `handle_response`, of which `forward_auth` is made.

use std::path::Path;
use std::process::Command;

use crate::checks::checks;
use crate::latency::added_latency;
use crate::recipe::{Mode, Ports, Recipe};
use crate::site::Site;

checks! { subrequest: SUBREQUEST }
added_latency! { PLAIN; subrequest: SUBREQUEST }

pub(super) const SUBREQUEST: Recipe = Recipe {
    folder: "caddy",
    files: &["Caddyfile", "portcullis.caddy"],
    mode: Mode::Subrequest,
    ports: Ports { gateway: "http://:8000", ..Ports::ADDRESSES },
    command: caddy,
    place: None,
    settings: |settings| settings,
    reads_keys: false,
    own_user: false,
    passes_clearance: false,
};

/// Caddy takes headers of a megabyte, which is more than the verifier reads.
#[tokio::test]
async fn what_the_verifier_cannot_be_asked_lets_nobody_in() {
    let site = Site::behind(&SUBREQUEST).await;
    for length in [10_000, 100_000, 300_000, 400_000, 500_000, 900_000, 1_040_000] {
        let long = "a".repeat(length);
        for (target, headers) in
            [(format!("/?{long}"), String::new()), ("/".to_owned(), format!("Cookie: {long}\r\nX-Long: a\r\n"))]
        {
            let answer = site.client().navigate(&target, &headers).await;
            assert_ne!(answer.status, 200, "{length}: {answer:?}");
        }
    }
    let many: String = (0..1000).map(|number| format!("X-{number}: a\r\n")).collect();
    assert_ne!(site.client().navigate("/", &many).await.status, 200);
    assert_eq!(site.origin.count(), 0);
}

/// Without us.
const PLAIN: Recipe = Recipe { folder: "../tests/gateways/plain", files: &["Caddyfile"], command: caddy, ..SUBREQUEST };

fn caddy(folder: &Path) -> Command {
    let mut command = Command::new("caddy");
    // Where it keeps what it would keep, such as certificates.
    command.env("HOME", folder);
    command.args(["run", "--config", "Caddyfile", "--adapter", "caddyfile"]);
    command
}
