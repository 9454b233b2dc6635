//! A name server on loopback that says what a test tells it to, true or not, and records what it is asked.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, PTR};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use parking_lot::Mutex;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A name server, over UDP. It stops when dropped.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    held: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

/// What it says to one question. To all others it says that there is no such name.
#[derive(Clone, Debug)]
pub enum NameServerAnswer {
    /// These records: owner, type (`PTR`, `A`, `AAAA` or `CNAME`) and value.
    Records(Vec<(String, &'static str, String)>),
    /// That it failed.
    Failure,
    /// Nothing.
    Nothing,
    /// Bytes that are not a message.
    Junk(Vec<u8>),
    /// The right answer to another question, in number.
    OtherId,
    /// The largest possible count of answers, and none of them.
    LyingCount,
}

#[derive(Debug, Default)]
struct Shared {
    says: Mutex<HashMap<(Name, RecordType), NameServerAnswer>>,
    asked: Mutex<Vec<(String, RecordType)>>,
}

impl NameServer {
    /// A name server that knows no name.
    ///
    /// # Panics
    ///
    /// When loopback has no free port.
    pub async fn start() -> Self {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("loopback has a free port"));
        let address = socket.local_addr().expect("a bound socket has an address");
        let shared = Arc::<Shared>::default();
        let (held, holding) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(socket, Arc::clone(&shared), holding));
        Self { address, shared, held, _tasks: tasks }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it says this to a question for `PTR`, `A` or `AAAA` of a name.
    ///
    /// # Panics
    ///
    /// When the name or the type is not valid.
    pub fn says(&self, name: &str, kind: &str, says: NameServerAnswer) {
        self.shared.says.lock().insert((parse(name), kind.parse().expect("a test writes a type")), says);
    }

    /// From now on it has these values for a name.
    pub fn has(&self, name: &str, kind: &'static str, values: &[&str]) {
        let records = values.iter().map(|value| (name.to_owned(), kind, (*value).to_owned())).collect();
        self.says(name, kind, NameServerAnswer::Records(records));
    }

    /// From now on an address has these names.
    pub fn points(&self, address: &str, names: &[&str]) {
        self.has(&reverse(address), "PTR", names);
    }

    /// It records questions and answers none of them, until it is [released](Self::release).
    pub fn hold(&self) {
        self.held.send_replace(true);
    }

    /// It answers what it was asked meanwhile, and goes on.
    pub fn release(&self) {
        self.held.send_replace(false);
    }

    /// Every question so far: name, with a dot at its end, and type.
    pub fn asked(&self) -> Vec<(String, String)> {
        self.shared.asked.lock().iter().map(|(name, kind)| (name.clone(), kind.to_string())).collect()
    }
}

/// The name that the names of an address are asked for by.
///
/// # Panics
///
/// When it is not an address.
pub fn reverse(address: &str) -> String {
    Name::from(address.parse::<IpAddr>().expect("a test writes an address")).to_string()
}

async fn serve(socket: Arc<UdpSocket>, shared: Arc<Shared>, holding: watch::Receiver<bool>) {
    let mut answers = JoinSet::new();
    let mut buffer = [0; 4096];
    loop {
        // On loopback an error is of a client that is gone.
        let Ok((length, client)) = socket.recv_from(&mut buffer).await else { continue };
        let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
        if let Some(query) = question.queries.first() {
            shared.asked.lock().push((query.name().to_string().to_lowercase(), query.query_type()));
        }
        let (socket, shared, mut holding) = (Arc::clone(&socket), Arc::clone(&shared), holding.clone());
        answers.spawn(async move {
            // Its sender is gone when the test is over.
            let _ = holding.wait_for(|held| !held).await;
            if let Some(answer) = answer(&question, &shared) {
                let _ = socket.send_to(&answer, client).await;
            }
        });
        while answers.try_join_next().is_some() {}
    }
}

fn answer(question: &Message, shared: &Shared) -> Option<Vec<u8>> {
    let query = question.queries.first()?.clone();
    let mut asked = query.name().clone();
    asked.set_fqdn(true);
    let says = shared.says.lock().get(&(asked, query.query_type())).cloned();
    let mut message = Message::response(question.metadata.id, question.metadata.op_code);
    message.metadata.message_type = MessageType::Response;
    message.metadata.recursion_desired = question.metadata.recursion_desired;
    message.metadata.recursion_available = true;
    message.add_query(query);
    match says {
        None => message.metadata.response_code = ResponseCode::NXDomain,
        Some(NameServerAnswer::Records(records)) => {
            message.add_answers(records.into_iter().map(record));
        }
        Some(NameServerAnswer::Failure) => message.metadata.response_code = ResponseCode::ServFail,
        Some(NameServerAnswer::Nothing) => return None,
        Some(NameServerAnswer::Junk(bytes)) => return Some(bytes),
        Some(NameServerAnswer::OtherId) => message.metadata.id = !message.metadata.id,
        Some(NameServerAnswer::LyingCount) => {
            let mut bytes = message.to_vec().ok()?;
            bytes.get_mut(6..8)?.fill(0xff);
            return Some(bytes);
        }
    }
    message.to_vec().ok()
}

fn record((owner, kind, value): (String, &str, String)) -> Record {
    let data = match kind {
        "PTR" => RData::PTR(PTR(parse(&value))),
        "CNAME" => RData::CNAME(CNAME(parse(&value))),
        "A" => RData::A(A(value.parse().expect("a test writes an address"))),
        _ => RData::AAAA(AAAA(value.parse().expect("a test writes an address"))),
    };
    Record::from_rdata(parse(&owner), 60, data)
}

fn parse(name: &str) -> Name {
    let mut name = Name::from_ascii(name).expect("a test writes a name");
    name.set_fqdn(true);
    name
}
