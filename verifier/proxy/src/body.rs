//! The body of a request: as it comes from a connection, with no box around it, or from anywhere else.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use portcullis_listener::BoxError;
use tokio::time::Sleep;

/// A request's body.
#[derive(Debug)]
pub enum RequestBody {
    /// From a connection.
    Incoming(Incoming),
    /// From anywhere else.
    Boxed(UnsyncBoxBody<Bytes, BoxError>),
}

impl RequestBody {
    /// Any body.
    pub fn boxed<B>(body: B) -> Self
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        Self::Boxed(body.map_err(Into::into).boxed_unsync())
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Incoming(body) => Pin::new(body).poll_frame(context).map_err(Into::into),
            Self::Boxed(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Incoming(body) => body.is_end_stream(),
            Self::Boxed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Incoming(body) => body.size_hint(),
            Self::Boxed(body) => body.size_hint(),
        }
    }
}

/// A body that ends with an error if no piece comes for too long, and counts its pieces as they are taken.
///
/// tower-http has such a body; this one can be moved, which hyper's pooled client asks of it, and makes its timer only when a
/// piece is waited for, which most requests never do.
#[derive(Debug)]
pub struct Paced<B> {
    body: B,
    idle: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    taken: Option<Arc<AtomicU64>>,
}

impl<B> Paced<B> {
    pub(crate) fn new(body: B, idle: Duration) -> Self {
        Self { body, idle, timer: None, taken: None }
    }

    pub(crate) fn counted(self, taken: &Arc<AtomicU64>) -> Self {
        Self { taken: Some(Arc::clone(taken)), ..self }
    }
}

/// The sender of a body paused for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no piece of the body came in time")]
pub struct IdleBodyError;

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.timer = None;
            if let (Some(Ok(_)), Some(taken)) = (&frame, &this.taken) {
                taken.fetch_add(1, Ordering::Relaxed);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(this.idle)));
        timer.as_mut().poll(context).map(|()| Some(Err(IdleBodyError.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of which nothing ever comes.
    struct Silent;

    impl Body for Silent {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_pauses_for_too_long_ends_with_an_error() {
        let error = Paced::new(Silent, Duration::from_secs(5)).collect().await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&IdleBodyError));
    }

    #[tokio::test]
    async fn pieces_are_counted_and_passed_on() {
        let taken = Arc::new(AtomicU64::new(0));
        let body = RequestBody::boxed(http_body_util::Full::new(Bytes::from_static(b"user=a")));
        let body = Paced::new(body, Duration::from_secs(5)).counted(&taken);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "user=a");
        assert_eq!(taken.load(Ordering::Relaxed), 1);
    }
}
