//! Serves the page, our artefacts and the others' packages on loopback, at the places where the checkout has them.

use std::ffi::OsStr;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

/// A running server; it ends with the program.
pub(crate) struct Server {
    url: String,
}

impl Server {
    /// Starts it on a free port. `cap` is served as `/cap.wasm`.
    ///
    /// # Errors
    /// When no port can be had.
    pub(crate) async fn start(cap: Option<&Path>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port on loopback")?;
        let url = format!("http://{}/{}", listener.local_addr()?, PAGE);
        let router = Router::new().route("/{*file}", get(file)).with_state(cap.map(Path::to_owned));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url })
    }

    /// The page that measures.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

const PAGE: &str = "tests/bench/solver/page/index.html";

/// The folders of the checkout that the page takes files from.
const FOLDERS: [&str; 3] = ["tests/bench/solver", "www", "target/xtask/sha2-wasm"];

async fn file(State(cap): State<Option<PathBuf>>, UrlPath(file): UrlPath<String>) -> Response {
    let Some(path) = locate(cap, &file) else { return StatusCode::NOT_FOUND.into_response() };
    // Small, local and before any measuring: nobody waits for it.
    match fs::read(&path) {
        Ok(content) => ([(header::CONTENT_TYPE, kind(&path))], content).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn locate(cap: Option<PathBuf>, file: &str) -> Option<PathBuf> {
    if file == "cap.wasm" {
        return cap;
    }
    let file = Path::new(file);
    let plain = file.components().all(|part| matches!(part, Component::Normal(_)));
    let listed = FOLDERS.iter().any(|folder| file.starts_with(folder));
    (plain && listed).then(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file))
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(OsStr::to_str) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folders_is_served() {
        assert!(locate(None, PAGE).is_some());
        for file in
            ["www/../Cargo.toml", "Cargo.toml", "/etc/passwd", "tests/bench/solver/../../Cargo.toml", "cap.wasm"]
        {
            assert_eq!(locate(None, file), None, "{file}");
        }
    }
}
