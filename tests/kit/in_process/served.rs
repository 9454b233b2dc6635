//! A gate on a real socket of loopback.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Gate;

/// A gate that is served. It is cut off when dropped.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<usize>,
}

impl Gate {
    /// Serves this gate on a free port of loopback, as the program does.
    ///
    /// # Panics
    ///
    /// When loopback has no free port.
    pub async fn serve(&self) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        let verifier = Arc::clone(&self.verifier);
        let task = tokio::spawn(portcullis_gate::serving::serve(verifier, listener, async {
            // A sender that is gone means the same.
            let _ = stopped.await;
        }));
        Served { address, stop: Some(stop), task }
    }
}

impl Served {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells it to stop, as SIGTERM does.
    pub fn ask_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have stopped by itself.
            let _ = stop.send(());
        }
    }

    /// Waits until it has stopped; returns how many connections were cut off.
    ///
    /// # Panics
    ///
    /// When serving panicked.
    pub async fn stopped(mut self) -> usize {
        (&mut self.task).await.expect("serving does not panic")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}
