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

fn nothing(_: &Message) -> Vec<Vec<u8>> {
    Vec::new()
}

/// The addresses that servers have for a name.
async fn ask(stub: &Stub) -> Option<Vec<IpAddr>> {
    let records = stub.ask(&Name::from_ascii("crawl.bot.example.").unwrap(), RecordType::A).await?;
    Some(records.iter().map(|record| record.data.ip_addr().unwrap()).collect())
}

fn true_address() -> Option<Vec<IpAddr>> {
    Some(vec![[192, 0, 2, 1].into()])
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
    assert_eq!(ask(&Stub::of(vec![server.await])).await, true_address());
}

#[tokio::test]
async fn only_the_asked_server_can_answer() {
    let mut tasks = JoinSet::new();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tasks.spawn(async move {
        let mut buffer = [0; 4096];
        let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
        let question = Message::from_vec(&buffer[..length]).unwrap();
        // It knows the id and the port, and is not the server.
        let liar = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        liar.send_to(&with(&question, [203, 0, 113, 9]).to_vec().unwrap(), client).await.unwrap();
        socket.send_to(&truth(&question)[0], client).await.unwrap();
    });
    assert_eq!(ask(&Stub::of(vec![address])).await, true_address());
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
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut question = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut question).await.unwrap();
        let question = Message::from_vec(&question).unwrap();
        let mut answer = with(&question, [192, 0, 2, 1]);
        let name = &question.queries[0].name;
        answer.add_answers(
            (0..500)
                .map(|_| Record::from_rdata(name.clone(), 60, RData::A(std::net::Ipv4Addr::new(192, 0, 2, 2).into()))),
        );
        let bytes = answer.to_vec().unwrap();
        stream.write_u16(bytes.len().try_into().unwrap()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    });
    let addresses = ask(&Stub::of(vec![address])).await.unwrap();
    assert_eq!((addresses.len(), addresses[0]), (501, [192, 0, 2, 1].into()));
}

#[tokio::test]
async fn a_truncated_answer_without_tcp_is_none() {
    let mut tasks = JoinSet::new();
    let server = server(&mut tasks, truncated).await;
    assert_eq!(ask(&Stub::of(vec![server])).await, None);
}

#[tokio::test]
async fn a_silent_server_is_given_up_in_time_and_the_next_one_is_asked() {
    let mut tasks = JoinSet::new();
    let [silent, good] = [server(&mut tasks, nothing).await, server(&mut tasks, truth).await];
    let (alone, both) = (Stub::of(vec![silent]), Stub::of(vec![silent, good]));
    let longest = TRY * 2 * u32::try_from(TRIES).unwrap();
    let (none, found) = tokio::time::timeout(longest, async { tokio::join!(ask(&alone), ask(&both)) }).await.unwrap();
    assert_eq!((none, found), (None, true_address()));
    // From now on the one that answered is asked first.
    let again = tokio::time::timeout(TRY / 2, ask(&both)).await;
    assert_eq!(again, Ok(true_address()));
}

#[tokio::test]
async fn a_failing_server_is_not_the_last_one_to_ask() {
    let mut tasks = JoinSet::new();
    let [failing, good] = [server(&mut tasks, failure).await, server(&mut tasks, truth).await];
    assert_eq!(ask(&Stub::of(vec![failing])).await, None);
    assert_eq!(ask(&Stub::of(vec![failing, good])).await, true_address());
    assert_eq!(ask(&Stub::of(Vec::new())).await, None);
}

#[tokio::test]
async fn a_server_that_does_not_know_extensions_is_asked_without() {
    let mut tasks = JoinSet::new();
    let old = server(&mut tasks, |question| if question.edns.is_some() { failure(question) } else { truth(question) });
    assert_eq!(ask(&Stub::of(vec![old.await])).await, true_address());
}

#[tokio::test]
async fn no_such_name_is_an_answer() {
    let mut tasks = JoinSet::new();
    let server = server(&mut tasks, |question| {
        let mut message = response(question);
        message.metadata.response_code = ResponseCode::NXDomain;
        vec![message.to_vec().unwrap()]
    });
    assert_eq!(ask(&Stub::of(vec![server.await])).await, Some(Vec::new()));
}
