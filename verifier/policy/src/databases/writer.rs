//! Writes small MaxMind DB files (version 2.0 of the format) for tests.

use ipnet::IpNet;

/// A database of this type that names these networks' autonomous systems.
pub(crate) fn systems(kind: &str, systems: &[(&str, u32)]) -> Vec<u8> {
    write(kind, systems, |data, number| {
        data.push(map(1));
        text(data, "autonomous_system_number");
        data.push(6 << 5 | 4);
        data.extend(number.to_be_bytes());
    })
}

/// A database of this type that names these networks' countries.
pub(crate) fn countries(kind: &str, countries: &[(&str, &str)]) -> Vec<u8> {
    write(kind, countries, |data, country| {
        data.push(map(1));
        text(data, "country");
        data.push(map(1));
        text(data, "iso_code");
        text(data, country);
    })
}

fn write<T>(kind: &str, networks: &[(&str, T)], record: impl Fn(&mut Vec<u8>, &T)) -> Vec<u8> {
    let mut tree = Tree(vec![[None; 2]]);
    let mut data = Vec::new();
    for (network, known) in networks {
        tree.insert(network.parse().expect("a test writes a network"), data.len());
        record(&mut data, known);
    }
    let nodes = tree.0.len();
    let mut bytes = tree.encode();
    bytes.extend([0; SEPARATOR]);
    bytes.extend(data);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    bytes.extend(metadata(kind, nodes));
    bytes
}

/// The two branches of each node.
struct Tree(Vec<[Option<Branch>; 2]>);

#[derive(Clone, Copy)]
enum Branch {
    Node(usize),
    Data(usize),
}

impl Tree {
    /// IPv4 has its place at ::/96.
    fn insert(&mut self, network: IpNet, data: usize) {
        let (bits, length) = match network {
            IpNet::V4(network) => (u128::from(u32::from(network.network())), 96 + network.prefix_len()),
            IpNet::V6(network) => (u128::from(network.network()), network.prefix_len()),
        };
        let side = |depth: u8| (bits >> (127 - depth) & 1) as usize;
        let mut node = 0;
        for depth in 0..length - 1 {
            let next = match self.0[node][side(depth)] {
                Some(Branch::Node(next)) => next,
                _ => self.0.len(),
            };
            if next == self.0.len() {
                self.0.push([None; 2]);
            }
            self.0[node][side(depth)] = Some(Branch::Node(next));
            node = next;
        }
        self.0[node][side(length - 1)] = Some(Branch::Data(data));
    }

    /// With records of 24 bits.
    fn encode(&self) -> Vec<u8> {
        let records = self.0.iter().flatten().map(|branch| match branch {
            None => self.0.len(),
            Some(Branch::Node(node)) => *node,
            Some(Branch::Data(at)) => self.0.len() + SEPARATOR + at,
        });
        records.flat_map(|record| (record as u32).to_be_bytes().into_iter().skip(1)).collect()
    }
}

fn metadata(kind: &str, nodes: usize) -> Vec<u8> {
    let mut bytes = vec![map(9)];
    for (name, number) in [("binary_format_major_version", 2), ("binary_format_minor_version", 0)] {
        short(&mut bytes, name, number);
    }
    short(&mut bytes, "ip_version", 6);
    short(&mut bytes, "record_size", 24);
    text(&mut bytes, "node_count");
    bytes.push(6 << 5 | 4);
    bytes.extend((nodes as u32).to_be_bytes());
    text(&mut bytes, "build_epoch");
    // Types beyond 7 are named in a second byte: 9 is a number of 64 bits, 11 a list.
    bytes.extend([8, 9 - 7]);
    bytes.extend(1_800_000_000_u64.to_be_bytes());
    text(&mut bytes, "database_type");
    text(&mut bytes, kind);
    text(&mut bytes, "languages");
    bytes.extend([1, 11 - 7]);
    text(&mut bytes, "en");
    text(&mut bytes, "description");
    bytes.push(map(1));
    text(&mut bytes, "en");
    text(&mut bytes, "for a test");
    bytes
}

fn short(bytes: &mut Vec<u8>, name: &str, number: u16) {
    text(bytes, name);
    bytes.push(5 << 5 | 2);
    bytes.extend(number.to_be_bytes());
}

/// Up to 28 bytes.
fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(2 << 5 | text.len() as u8);
    bytes.extend(text.as_bytes());
}

fn map(entries: u8) -> u8 {
    7 << 5 | entries
}

const SEPARATOR: usize = 16;
