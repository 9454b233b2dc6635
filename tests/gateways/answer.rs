//! HTTP/1.1 messages, read from the bytes of a connection.

use portcullis_tests::attacker::wire;

/// The head of a message: bytes that are not text are shown as such.
#[derive(Clone, Debug)]
pub(crate) struct Head(String);

impl Head {
    /// What stands before the empty line.
    pub(crate) fn of(message: &[u8]) -> Self {
        let body = wire::body(message).len();
        Self(String::from_utf8_lossy(&message[..message.len() - body]).into_owned())
    }

    /// The request line, or the status line.
    pub(crate) fn first_line(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// Every value of a header.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let fields = self.0.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The whole head.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// An answer to a client.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// 0 when there was none.
    pub(crate) status: u16,
    pub(crate) head: Head,
    /// Without the chunks it came in.
    pub(crate) body: String,
}

impl Answer {
    /// Reads the bytes of an answer.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let head = Head::of(bytes);
        let body = wire::body(bytes);
        let body = if is_chunked(&head) { joined(body) } else { body.to_vec() };
        Self { status: wire::status(bytes), head, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// The verdict it states.
    pub(crate) fn action(&self) -> &str {
        self.head.header("portcullis-action").unwrap_or_default()
    }
}

/// Whether a message is there to its end, as far as its head says where that is.
pub(crate) fn is_whole(message: &[u8]) -> bool {
    if !message.windows(4).any(|end| end == b"\r\n\r\n") {
        return false;
    }
    let (head, body) = (Head::of(message), wire::body(message));
    match head.header("content-length").map(str::parse) {
        _ if is_chunked(&head) => body.ends_with(b"0\r\n\r\n"),
        Some(Ok(length)) => body.len() >= length,
        // A request without a body, or an answer that ends with its connection.
        _ => !head.first_line().starts_with("HTTP/"),
    }
}

fn is_chunked(head: &Head) -> bool {
    head.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
}

/// The data of all whole chunks.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    while let Some(end) = chunks.windows(2).position(|end| end == b"\r\n") {
        let size =
            std::str::from_utf8(&chunks[..end]).ok().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let Some(chunk) = size.and_then(|size| chunks.get(end + 2..end + 2 + size)) else { break };
        data.extend_from_slice(chunk);
        chunks = chunks.get(end + 2 + chunk.len() + 2..).unwrap_or_default();
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        let answer =
            Answer::of(b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        assert_eq!((answer.status, answer.body.as_str()), (403, "abcde"));
    }

    #[test]
    fn a_message_ends_where_its_head_says() {
        assert!(is_whole(b"GET / HTTP/1.1\r\n\r\n"));
        assert!(!is_whole(b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nab"));
        assert!(is_whole(b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\n\r\nmore may come"));
    }
}
