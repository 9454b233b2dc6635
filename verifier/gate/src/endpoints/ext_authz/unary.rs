//! gRPC as far as one call with one message each way needs it: content type, a frame of five bytes, trailers.
//!
//! All of it is here, so that we answer every way in which a call can fail: Envoy treats a failed call as an absent
//! verifier and, on a route that fails open, lets the request through.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body_util::{BodyExt, Full, Limited};
use prost::Message;

/// Why no message could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MessageError {
    /// Longer than allowed, too slow, or broken off.
    #[error("the message is too long, too slow or broken off")]
    NotWhole,
    /// Compressed, not one frame, or not the message expected.
    #[error("the message is malformed")]
    Malformed,
}

/// Whether a request says that it is a gRPC call.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    content_type.strip_prefix(b"application/grpc").is_some_and(|rest| matches!(rest, b"" | b"+proto"))
}

/// The one message of a call, of at most `max_len` bytes.
///
/// # Errors
///
/// [`MessageError`].
pub(super) async fn read<M: Message + Default>(body: Body, max_len: usize) -> Result<M, MessageError> {
    let whole = tokio::time::timeout(READ_TIMEOUT, Limited::new(body, max_len.saturating_add(FRAME)).collect()).await;
    let bytes = whole.ok().and_then(Result::ok).ok_or(MessageError::NotWhole)?.to_bytes();
    let (frame, message) = bytes.split_first_chunk::<FRAME>().ok_or(MessageError::Malformed)?;
    let [compressed, length @ ..] = frame;
    let whole = usize::try_from(u32::from_be_bytes(*length)) == Ok(message.len());
    if *compressed != 0 || !whole {
        return Err(MessageError::Malformed);
    }
    M::decode(message).map_err(|_| MessageError::Malformed)
}

/// The answer to a call that succeeded.
pub(super) fn write(message: &impl Message) -> Response {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(FRAME + length);
    bytes.put_u8(0);
    // Answers are a few kilobytes long.
    bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    // The buffer grows as needed, so encoding into it cannot fail.
    let _ = message.encode(&mut bytes);
    let body = Full::new(Bytes::from(bytes)).with_trailers(async { Some(Ok::<_, Infallible>(status_ok())) });
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

fn status_ok() -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))])
}

/// One byte that says whether the message is compressed, four for its length.
const FRAME: usize = 5;
/// A gateway sends the whole message at once.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::super::messages::{CheckResponse, Status};
    use super::*;

    async fn written(message: &CheckResponse) -> Bytes {
        write(message).into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn what_is_written_is_read_again() {
        let message = CheckResponse { status: Some(Status { code: 7 }), http_response: None };
        let bytes = written(&message).await;
        assert_eq!(bytes[..5], [0, 0, 0, 0, 4]);
        assert_eq!(read(Body::from(bytes), 4).await, Ok(message));
    }

    #[tokio::test]
    async fn a_call_ends_with_its_status_in_the_trailers() {
        let collected = write(&CheckResponse::default()).into_body().collect().await.unwrap();
        assert_eq!(collected.trailers().unwrap()["grpc-status"], "0");
    }

    #[tokio::test]
    async fn junk_is_not_read() {
        let good = written(&CheckResponse { status: Some(Status { code: 7 }), http_response: None }).await;
        let read_bytes = async |bytes: Vec<u8>| read::<CheckResponse>(Body::from(bytes), 64).await;
        let mut compressed = good.to_vec();
        compressed[0] = 1;
        let two = [good.as_ref(), good.as_ref()].concat();
        let short = good[..good.len() - 1].to_vec();
        for bytes in [Vec::new(), vec![0; 4], compressed, two, short, vec![0, 0, 0, 0, 1, 0xff]] {
            assert_eq!(read_bytes(bytes.clone()).await, Err(MessageError::Malformed), "{bytes:?}");
        }
        assert_eq!(read_bytes(vec![0; 70]).await, Err(MessageError::NotWhole));
    }

    #[test]
    fn only_grpc_is_grpc() {
        let of = |value| HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]);
        assert!(is_grpc(&of("application/grpc")) && is_grpc(&of("application/grpc+proto")));
        assert!(!is_grpc(&of("application/grpc-web")) && !is_grpc(&of("application/json")));
        assert!(!is_grpc(&HeaderMap::new()));
    }
}
