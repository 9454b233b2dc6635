//! Harbour Post, the login page of the demo, as the protected site.

use std::io::{BufRead, BufReader};

use super::{Process, program};

/// A running `demo-login`.
#[derive(Debug)]
pub struct Origin {
    _process: Process,
    url: String,
}

impl Origin {
    /// Starts it on a free port of loopback.
    ///
    /// # Panics
    ///
    /// When it has not been built, or does not start.
    pub fn start() -> Self {
        let (process, output) = Process::start(&mut program("demo-login"));
        let mut url = String::new();
        let read = BufReader::new(output).read_line(&mut url);
        assert!(read.is_ok() && url.starts_with("http://"), "demo-login did not say its address, but {url:?}");
        Self { _process: process, url: url.trim().to_owned() }
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }
}
