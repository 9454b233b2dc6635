//! What a client prefers, in its own words: the weighted lists of content negotiation (RFC 9110, 12.4.2).

use http::{HeaderMap, header};

/// The items of a weighted list such as `fr-CH, fr;q=0.9`, each with its weight from 0 (not acceptable) to 1. If it is
/// not a weight, it counts as 0.
pub(crate) fn weighted(list: &str) -> impl Iterator<Item = (&str, f32)> {
    list.split(',').take(MAX_ITEMS).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        (name, weight.map_or(1.0, |weight| weight.parse().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0)))
    })
}

/// How a body may be compressed on its way to a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codings {
    /// As brotli (RFC 7932).
    pub brotli: bool,
    /// As gzip (RFC 1952).
    pub gzip: bool,
}

impl Codings {
    /// What `Accept-Encoding` names (RFC 9110, 12.5.3). A wildcard names nothing: plain bytes satisfy it too.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
        for (coding, weight) in lists.flat_map(weighted) {
            if coding.eq_ignore_ascii_case("br") {
                accepted.brotli = weight > 0.0;
            } else if coding.eq_ignore_ascii_case("gzip") {
                accepted.gzip = weight > 0.0;
            }
        }
        accepted
    }
}

/// More than any browser sends.
const MAX_ITEMS: usize = 16;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn weights_are_read_and_odd_ones_count_as_none() {
        let items: Vec<_> = weighted("a, b;q=0.5 ,c ; q=0,d;x=1;Q=0.001,e;q=2,f;q=-1,g;q=NaN,h;q=").collect();
        let expected =
            [("a", 1.0), ("b", 0.5), ("c", 0.0), ("d", 0.001), ("e", 0.0), ("f", 0.0), ("g", 0.0), ("h", 0.0)];
        assert_eq!(items, expected);
    }

    #[test]
    fn a_coding_is_accepted_when_it_is_named_and_not_refused() {
        for (lists, brotli, gzip) in [
            (&[][..], false, false),
            (&[""], false, false),
            (&["gzip, deflate, br, zstd"], true, true),
            (&["GZip;q=0.1"], false, true),
            (&["gzip", "br"], true, true),
            (&["gzip;q=0"], false, false),
            (&["br;q=1.0, gzip;q=0.000, *"], true, false),
            (&["*"], false, false),
            (&["gzipped, brr, x;gzip"], false, false),
            (&["identity"], false, false),
        ] {
            let mut headers = HeaderMap::new();
            for list in lists {
                headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(list));
            }
            assert_eq!(Codings::accepted(&headers), Codings { brotli, gzip }, "{lists:?}");
        }
    }
}
