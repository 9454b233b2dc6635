//! nginx: `auth_request`, to the verifier or to njs.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use portcullis_tests::processes::installed;

use crate::checks::checks;
use crate::failure::Failure;
use crate::latency::added_latency;
use crate::recipe::{Mode, Ports, Recipe};
use crate::site::Site;

checks! { subrequest: SUBREQUEST }
checks! { offline: OFFLINE }
checks! {
    subrequest_in_a_site_with_settings: SUBREQUEST_WITH_SETTINGS,
    without_a_token_the_page_stands_at_the_same_url,
    a_form_that_meets_the_gate_is_kept_in_the_page,
    a_look_tells_whether_the_cookie_was_kept,
    a_request_the_verifier_cannot_read_admits_nobody,
    a_killed_verifier_closes_the_login_and_nothing_else,
    a_verifier_of_garbage_closes_the_login_and_nothing_else,
    the_page_has_its_own_headers_and_script
}
checks! {
    offline_in_a_site_with_settings: OFFLINE_WITH_SETTINGS,
    without_a_token_the_page_stands_at_the_same_url,
    a_request_the_verifier_cannot_read_admits_nobody,
    a_killed_verifier_closes_the_login_and_nothing_else,
    a_verifier_that_answers_500_closes_the_login_and_nothing_else
}
added_latency! { PLAIN; subrequest: SUBREQUEST, offline: OFFLINE }

pub(super) const SUBREQUEST: Recipe = Recipe {
    folder: "nginx",
    files: &["subrequest.conf", "portcullis/http.conf"],
    mode: Mode::Subrequest,
    ports: Ports::ADDRESSES,
    place: Some("/var/lib/nginx"),
    command: |folder| nginx(folder, "subrequest.conf"),
    settings: |settings| settings,
    reads_keys: false,
    own_user: false,
    passes_clearance: false,
};

pub(super) const OFFLINE: Recipe = Recipe {
    files: &["offline.conf", "portcullis/http.conf"],
    mode: Mode::Offline,
    command: |folder| nginx(folder, "offline.conf"),
    ..SUBREQUEST
};

/// In a site that has error pages, headers and locations of its own.
const SUBREQUEST_WITH_SETTINGS: Recipe =
    Recipe { command: |folder| nginx_with_settings(folder, "subrequest.conf"), ..SUBREQUEST };
const OFFLINE_WITH_SETTINGS: Recipe =
    Recipe { command: |folder| nginx_with_settings(folder, "offline.conf"), ..OFFLINE };

fn nginx_with_settings(folder: &Path, file: &str) -> Command {
    change(folder, file, "server {\n", &format!("server {{\n{SETTINGS}"));
    nginx(folder, file)
}

/// Replaces what stands in a file once.
fn change(folder: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(folder.join(file)).expect("the recipe was copied");
    assert_eq!(text.matches(from).count(), 1, "{from} in {file}");
    fs::write(folder.join(file), text.replace(from, to)).expect("a temporary folder can be written to");
}

/// Whose copy of the keys is no longer fresh after a second. The verifier is given up late, on the way on which a token is
/// asked about.
const OFFLINE_WITH_OLD_KEYS: Recipe = Recipe {
    command: |folder| {
        change(folder, "portcullis/to-verifier.conf", "proxy_read_timeout 2s;", "proxy_read_timeout 60s;");
        change(folder, "portcullis/offline.conf", "proxy_cache_valid 200 5m;", "proxy_cache_valid 200 1s;");
        nginx(folder, "offline.conf")
    },
    ..OFFLINE
};

#[tokio::test]
async fn old_keys_stay_good_while_the_verifier_is_gone() {
    // Not with garbage: nginx takes bytes that are not HTTP for an answer of HTTP/0.9, and no copy is used in its place.
    for failure in [Failure::Killed, Failure::Frozen, Failure::ServerError, Failure::HangsUp] {
        let mut site = Site::behind(&OFFLINE_WITH_OLD_KEYS).await;
        let token = site.client().token().await;
        assert_eq!(site.client().navigate_with("/login", &token).await.status, 200);
        let _failed = failure.befall(&mut site.verifier).await;
        // Only time makes the copy of the keys old: it is good for a second, and nobody tells when it is not.
        tokio::time::sleep(Duration::from_millis(2100)).await;
        let client = site.client();
        for _ in 0..5 {
            // Sooner than the verifier is given up: a client here waits for less than a minute.
            assert_eq!(client.navigate_with("/login", &token).await.status, 200, "{failure:?}");
        }
    }
}

/// Without us.
const PLAIN: Recipe = Recipe {
    folder: "../tests/gateways/plain",
    files: &["nginx.conf"],
    command: |folder| nginx(folder, "nginx.conf"),
    place: None,
    ..SUBREQUEST
};

/// One process, so that no worker outlives it.
fn nginx(folder: &Path, file: &str) -> Command {
    let mut command = installed("nginx");
    command.arg("-p").arg(folder).args(["-e", "stderr", "-g", "daemon off; master_process off;", "-c", file]);
    command
}

/// What would turn refusals into 200, the page's script into nothing, and the page's policy into one that runs no script.
const SETTINGS: &str = r#"
    error_page 404 431 502 503 504 =200 /maintenance;
    location = /maintenance { auth_request off; return 200 "back soon"; }
    location ~* "[.]js$" { return 404; }
    proxy_intercept_errors on;
    add_header Content-Security-Policy "default-src 'none'" always;
    add_header Cache-Control public always;
    gzip on;
    gzip_types *;
"#;
