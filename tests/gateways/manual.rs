//! Settings that the manual shows and that are in no recipe: the gateway reads them.

use std::fs;
use std::process::Command;

use portcullis_tests::manual::{self, Block};
use portcullis_tests::processes::installed;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

/// What a page shows in a language and begins so.
fn shown(page: &str, language: &str, begins: &str) -> Block {
    let mut blocks = manual::all().into_iter();
    let found = blocks.find(|one| one.page == page && one.language == language && one.text.starts_with(begins));
    found.unwrap_or_else(|| panic!("{page} shows no {language} that begins {begins:?}"))
}

fn assert_reads(gateway: &mut Command) {
    let said = gateway.output().expect("the gateway is installed");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn nginx_reads_the_server_of_the_manual() {
    let folder = TempDir::new().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["login.example".to_owned()]).unwrap();
    fs::write(folder.path().join("certificate.pem"), cert.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();

    let block = shown("docs/operating.md", "nginx", "map $http_upgrade");
    // The reader's certificate and key are ours here, and what it listens on to look is not a port of the machine's.
    let mut text = block.text.clone();
    for (theirs, ours) in [
        ("/etc/ssl/login.example.pem", folder.path().join("certificate.pem").display().to_string()),
        ("/etc/ssl/login.example.key", folder.path().join("key.pem").display().to_string()),
        ("listen 443 ssl;", format!("listen unix:{} ssl;", folder.path().join("socket").display())),
    ] {
        assert!(text.contains(theirs), "{block} has no {theirs}");
        text = text.replace(theirs, &ours);
    }
    let temporary =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {name};\n"));
    let whole = format!("pid nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{}{text}}}\n", temporary.concat());
    let file = folder.path().join("nginx.conf");
    fs::write(&file, whole).unwrap();
    assert_reads(installed("nginx").args(["-t", "-e", "stderr", "-p"]).arg(folder.path()).arg("-c").arg(file));
}

#[test]
fn caddy_reads_the_site_of_the_manual() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("Caddyfile");
    fs::write(&file, shown("docs/operating.md", "caddyfile", "login.example {").text).unwrap();
    let mut caddy = installed("caddy");
    // Nothing of it is kept.
    caddy.env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
    assert_reads(caddy.args(["validate", "--adapter", "caddyfile", "--config"]).arg(file));
}
