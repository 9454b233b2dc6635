use std::iter;
use std::net::IpAddr;

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::RData;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

/// What a server sends back to the bytes of a question: any number of datagrams.
type Responder = fn(&Message) -> Vec<Vec<u8>>;

/// A name server over UDP, on loopback.
async fn server(tasks: &mut JoinSet<()>, says: Responder) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tasks.spawn(async move {
        let mut buffer = [0; 4096];
        loop {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            for datagram in says(&Message::from_vec(&buffer[..length]).unwrap()) {
                socket.send_to(&datagram, client).await.unwrap();
            }
        }
    });
    address
}

fn response(question: &Message) -> Message {
    let mut message = Message::response(question.metadata.id, OpCode::Query);
    message.add_query(question.queries[0].clone());
    message
}

/// An answer with one address.
fn with(question: &Message, address: [u8; 4]) -> Message {
    let mut message = response(question);
    let name = question.queries[0].name.clone();
    message.add_answer(Record::from_rdata(name, 60, RData::A(std::net::Ipv4Addr::from(address).into())));
    message
}

fn truth(question: &Message) -> Vec<Vec<u8>> {
    vec![with(question, [192, 0, 2, 1]).to_vec().unwrap()]
}

fn failure(question: &Message) -> Vec<Vec<u8>> {
    let mut message = response(question);
    message.metadata.response_code = ResponseCode::ServFail;
    vec![message.to_vec().unwrap()]
}

fn truncated(question: &Message) -> Vec<Vec<u8>> {
    let mut message = with(question, [203, 0, 113, 9]);
    message.metadata.truncation = true;
    vec![message.to_vec().unwrap()]
}

/// The addresses that servers have for a name.
async fn ask(stub: &Stub) -> Option<Vec<IpAddr>> {
    let records = stub.ask(&Name::from_ascii("crawl.bot.example.").unwrap(), RecordType::A).await?;
    Some(records.iter().map(|record| record.data.ip_addr().unwrap()).collect())
}

/// The addresses that a server has for a name which answers. On a busy machine, all of a server's time may pass before it has
/// answered: it is asked again.
async fn answer(stub: &Stub) -> Vec<IpAddr> {
    for _ in 0..20 {
        if let Some(addresses) = ask(stub).await {
            return addresses;
        }
    }
    panic!("no answer, however often it is asked");
}

fn true_address() -> Vec<IpAddr> {
    vec![[192, 0, 2, 1].into()]
}

#[tokio::test]
async fn what_does_not_answer_the_question_is_ignored() {
    let mut tasks = JoinSet::new();
    let server = server(&mut tasks, |question| {
        let mut other_id = with(question, [203, 0, 113, 1]);
        other_id.metadata.id = !other_id.metadata.id;
        let mut other_name = with(question, [203, 0, 113, 2]);
        other_name.queries[0].name = Name::from_ascii("evil.bot.example.").unwrap();
        let mut other_type = with(question, [203, 0, 113, 3]);
        other_type.queries[0].query_type = RecordType::AAAA;
        let mut lies = [other_id, other_name, other_type].map(|message| message.to_vec().unwrap()).to_vec();
        lies.extend([Vec::new(), vec![0xff; 4000], question.metadata.id.to_be_bytes().to_vec()]);
        lies.extend(truth(question));
        lies
    });
    assert_eq!(answer(&Stub::of(vec![server.await])).await, true_address());
}

#[tokio::test]
async fn only_the_asked_server_can_answer() {
    let mut tasks = JoinSet::new();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tasks.spawn(async move {
        let mut buffer = [0; 4096];
        loop {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..length]).unwrap();
            // It knows the id and the port, and is not the server.
            let liar = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            liar.send_to(&with(&question, [203, 0, 113, 9]).to_vec().unwrap(), client).await.unwrap();
            socket.send_to(&truth(&question)[0], client).await.unwrap();
        }
    });
    assert_eq!(answer(&Stub::of(vec![address])).await, true_address());
}

#[tokio::test]
async fn a_truncated_answer_is_fetched_over_tcp() {
    let mut tasks = JoinSet::new();
    // A port that is free for both.
    let (listener, address) = loop {
        let address = server(&mut tasks, truncated).await;
        if let Ok(listener) = TcpListener::bind(address).await {
            break (listener, address);
        }
    };
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Who asks may have given up meanwhile.
            let _ = answer_at_length(stream).await;
        }
    });
    let addresses = answer(&Stub::of(vec![address])).await;
    assert_eq!((addresses.len(), addresses[0]), (501, [192, 0, 2, 1].into()));
}

/// Answers over TCP, with 501 addresses.
async fn answer_at_length(mut stream: TcpStream) -> io::Result<()> {
    let mut question = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut question).await?;
    let question = Message::from_vec(&question).unwrap();
    let mut answer = with(&question, [192, 0, 2, 1]);
    let name = &question.queries[0].name;
    let another = || Record::from_rdata(name.clone(), 60, RData::A(std::net::Ipv4Addr::new(192, 0, 2, 2).into()));
    answer.add_answers((0..500).map(|_| another()));
    let bytes = answer.to_vec().unwrap();
    stream.write_u16(bytes.len().try_into().unwrap()).await?;
    stream.write_all(&bytes).await
}

#[tokio::test]
async fn a_truncated_answer_without_tcp_is_none() {
    let mut tasks = JoinSet::new();
    let server = server(&mut tasks, truncated).await;
    assert_eq!(ask(&Stub::of(vec![server])).await, None);
}

#[tokio::test]
async fn a_silent_server_is_given_up_and_the_next_one_is_asked() {
    let mut tasks = JoinSet::new();
    let (silent, good) = (UdpSocket::bind("127.0.0.1:0").await.unwrap(), server(&mut tasks, truth).await);
    let (alone, both) = (vec![silent.local_addr().unwrap()], vec![silent.local_addr().unwrap(), good]);
    let given_up = tokio::time::timeout(TRY * 30, ask(&Stub::of(alone))).await;
    assert_eq!(given_up, Ok(None));
    let tries = iter::from_fn(|| silent.try_recv(&mut [0; 4096]).ok()).count();
    assert!(tries <= TRIES, "{tries} tries");
    // From the second time on the one that answered is asked first. It is the only one, unless it takes all of its time on a
    // busy machine: then it is asked once more.
    let asked_alone = async |both: &Stub| {
        while silent.try_recv(&mut [0; 4096]).is_ok() {}
        assert_eq!(answer(both).await, true_address());
        silent.try_recv(&mut [0; 4096]).is_err()
    };
    let both = Stub::of(both);
    assert!(!asked_alone(&both).await, "the first one is asked first");
    let mut again = 0;
    while !asked_alone(&both).await {
        again += 1;
        assert!(again < 20, "the one that is silent is asked again and again");
    }
}

#[tokio::test]
async fn a_failing_server_is_not_the_last_one_to_ask() {
    let mut tasks = JoinSet::new();
    let [failing, good] = [server(&mut tasks, failure).await, server(&mut tasks, truth).await];
    assert_eq!(ask(&Stub::of(vec![failing])).await, None);
    assert_eq!(answer(&Stub::of(vec![failing, good])).await, true_address());
    assert_eq!(ask(&Stub::of(Vec::new())).await, None);
}

#[tokio::test]
async fn a_server_that_does_not_know_extensions_is_asked_without() {
    let mut tasks = JoinSet::new();
    let old = server(&mut tasks, |question| if question.edns.is_some() { failure(question) } else { truth(question) });
    assert_eq!(answer(&Stub::of(vec![old.await])).await, true_address());
}

#[tokio::test]
async fn no_such_name_is_an_answer() {
    let mut tasks = JoinSet::new();
    let server = server(&mut tasks, |question| {
        let mut message = response(question);
        message.metadata.response_code = ResponseCode::NXDomain;
        vec![message.to_vec().unwrap()]
    });
    assert_eq!(answer(&Stub::of(vec![server.await])).await, Vec::<IpAddr>::new());
}
