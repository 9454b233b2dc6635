//! Against DNS rebinding: a page in the operator's browser may have its own name resolve to this listener, but then its
//! requests carry that name. Requests that name an address, or `localhost`, cannot come from another site's page.

use std::net::IpAddr;

use http::{HeaderMap, Uri, header};

/// Whether a request names exactly one host, which is an IP address or `localhost`.
pub(super) fn names_an_address(headers: &HeaderMap, uri: &Uri) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    // An absolute target would override the header.
    if uri.host().is_some_and(|host| !is_address(host)) {
        return false;
    }
    host.to_str().ok().and_then(|host| host.parse::<http::uri::Authority>().ok()).is_some_and(|host| {
        // Anything before an @ is not part of a host.
        !host.as_str().contains('@') && is_address(host.host())
    })
}

fn is_address(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse::<IpAddr>().is_ok() || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn passes(hosts: &[&'static str], target: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_static(host));
        }
        names_an_address(&headers, &Uri::from_static(target))
    }

    #[test]
    fn addresses_and_localhost_pass_and_names_do_not() {
        for host in ["127.0.0.1:9180", "127.0.0.1", "[::1]:9180", "[::1]", "localhost:9180", "LOCALHOST", "10.0.0.1:9"]
        {
            assert!(passes(&[host], "/status"), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example:9180", "localhost.evil.example", "", "x@127.0.0.1", "127.1"]
        {
            assert!(!passes(&[host], "/status"), "{host}");
        }
        assert!(!passes(&[], "/status"));
        assert!(!passes(&["127.0.0.1", "127.0.0.1"], "/status"));
        assert!(!passes(&["127.0.0.1"], "http://evil.example/status"));
    }
}
