//! HTTP/2 with prior knowledge (RFC 9113), as far as one request needs it.

/// The bytes that ask for `fields` on a connection of their own.
pub(super) fn request(fields: &[(String, String)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        // A literal that is not to be remembered (RFC 7541, 6.2.2).
        block.push(0);
        string(name, &mut block);
        string(value, &mut block);
    }
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, WHOLE, 1, &block)]
        .concat()
}

/// Whether the answer is there to its end, or none comes. A peer that does not speak HTTP/2 answers as it can.
pub(super) fn is_over(received: &[u8]) -> bool {
    let mut rest = received;
    while let [a, b, c, kind, flags, _, _, _, stream, payload @ ..] = rest {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let ends = (matches!(*kind, DATA | HEADERS) && flags & END_STREAM != 0 && *stream == 1) || *kind == RST_STREAM;
        if payload.len() < length {
            return false;
        }
        if ends || *kind == GOAWAY {
            return true;
        }
        rest = &payload[length..];
    }
    false
}

/// A length of seven bits, and the bytes (RFC 7541, 5.2); longer ones with what is above seven bits behind.
fn string(text: &str, block: &mut Vec<u8>) {
    match text.len() {
        length @ 0..127 => block.push(length as u8),
        length => {
            block.push(127);
            let mut more = length - 127;
            while more >= 128 {
                block.push((more % 128 + 128) as u8);
                more /= 128;
            }
            block.push(more as u8);
        }
    }
    block.extend(text.bytes());
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    // Payloads are some hundred bytes.
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
/// The last frame of its stream, and the last of its headers.
const WHOLE: u8 = END_STREAM | 4;
