//! A verifier that gives no verdict: gone, hanging, or something else in its place.

use portcullis_tests::processes::Verifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What becomes of the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nobody listens on its port.
    Killed,
    /// Its port takes connections, and that is all.
    Frozen,
    /// Its port answers with bytes that are not HTTP.
    Garbage,
    /// Its port closes every connection once it has been asked.
    HangsUp,
    /// Its port answers 500.
    ServerError,
}

/// A verifier that has failed; what took its place ends when this is dropped.
pub(crate) struct Failed(Option<JoinHandle<()>>);

impl Failure {
    /// Makes it happen.
    pub(crate) async fn befall(self, verifier: &mut Verifier) -> Failed {
        if self == Self::Frozen {
            verifier.process().freeze().await;
            return Failed(None);
        }
        verifier.process().kill_9();
        let answer: &[u8] = match self {
            Self::Killed | Self::Frozen => return Failed(None),
            Self::Garbage => b"\x16\x03\x01 admit? 200 OK\r\n\r\n\0\xff",
            Self::HangsUp => b"",
            Self::ServerError => {
                b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            }
        };
        let listener = TcpListener::bind(verifier.address()).await.expect("the port of a killed verifier is free");
        Failed(Some(tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut asked = [0; 4096];
                let _ = socket.read(&mut asked).await;
                let _ = socket.write_all(answer).await;
            }
        })))
    }
}

impl Drop for Failed {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
