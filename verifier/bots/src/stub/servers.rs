//! Which name servers the system asks, as its administrator wrote them down.

use std::net::{IpAddr, SocketAddr};
use std::{fs, io};

/// Reads the system's name servers from the disk. At least one; an error if there is none.
pub(super) fn of_system() -> io::Result<Vec<SocketAddr>> {
    let text = fs::read(RESOLV_CONF)?;
    let servers = parse(&String::from_utf8_lossy(&text));
    if servers.is_empty() {
        return Err(io::Error::other(format!("{RESOLV_CONF} names no name server")));
    }
    Ok(servers)
}

/// The servers of a `resolv.conf`, in its order: lines of the word `nameserver` and an address. Other lines concern names
/// that people type, or are not ones that this can use.
fn parse(text: &str) -> Vec<SocketAddr> {
    let server = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let address: IpAddr = words.next().filter(|word| *word == "nameserver").and(words.next())?.parse().ok()?;
        Some(SocketAddr::new(address, PORT))
    };
    text.lines().filter_map(server).take(MOST_SERVERS).collect()
}

const RESOLV_CONF: &str = "/etc/resolv.conf";
const PORT: u16 = 53;
/// The system's own resolver reads no more either.
const MOST_SERVERS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_in_their_order_and_other_lines_passed_over() {
        let text = "# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n\ndomain example.com\nsearch example.com\n\
            options edns0 ndots:5\nnameserver 192.0.2.53 # the first\n  nameserver\t2001:db8::53\r\n\
            nameserver\nnameserver ns.example\nnameserver 192.0.2.300\nnameservers 192.0.2.3\n\
            nameserver fe80::1%eth0\nnameserver 127.0.0.53";
        let expected = ["192.0.2.53:53", "[2001:db8::53]:53", "127.0.0.53:53"].map(|text| text.parse().unwrap());
        assert_eq!(parse(text), expected);
    }

    #[test]
    fn three_servers_are_enough() {
        let text = (1..=9).map(|last| format!("nameserver 192.0.2.{last}\n")).collect::<String>();
        assert_eq!(parse(&text).last(), Some(&"192.0.2.3:53".parse().unwrap()));
        assert_eq!((parse(&text).len(), parse("").len()), (3, 0));
    }
}
