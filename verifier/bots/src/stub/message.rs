//! One question to a name server as bytes, and whether bytes that come back answer it.

use hickory_proto::op::{Edns, Header, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};

/// A question that was put into bytes, with an id of its own.
pub(super) struct DnsQuery {
    id: u16,
    query: Query,
    bytes: Vec<u8>,
}

/// What a name server said to a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// These records, of any name and type. None: there is no such name, or it has no record of the type.
    Records(Vec<Record>),
    /// There is more than fits in a datagram.
    Truncated,
    /// It cannot, or does not want to, answer.
    Failure,
}

impl DnsQuery {
    /// Asks for records of a type, and that the server asks others for them. `extended`: announces the size of datagrams
    /// that can be received (EDNS). `None` if the system has no randomness, or the name cannot be written.
    pub(super) fn new(name: &Name, kind: RecordType, extended: bool) -> Option<Self> {
        let mut id = [0; 2];
        getrandom::fill(&mut id).ok()?;
        let id = u16::from_ne_bytes(id);
        let query = Query::query(name.clone(), kind);
        let mut message = Message::new(id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(query.clone());
        if extended {
            let mut edns = Edns::new();
            edns.set_max_payload(DATAGRAM);
            message.set_edns(edns);
        }
        let bytes = message.to_vec().ok()?;
        Some(Self { id, query, bytes })
    }

    /// What is sent.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What these bytes answer. `None`: they are not a message, or do not answer this question, so somebody else may have
    /// sent them.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Answer> {
        // First, because it is cheap and most of what somebody else sends fails it.
        if bytes.first_chunk() != Some(&self.id.to_be_bytes()) {
            return None;
        }
        let mut decoder = BinDecoder::new(bytes);
        let Header { metadata, counts } = Header::read(&mut decoder).ok()?;
        let is_answer = metadata.message_type == MessageType::Response && metadata.op_code == OpCode::Query;
        if !is_answer || counts.queries != 1 || Query::read(&mut decoder).ok()? != self.query {
            return None;
        }
        // Before the records: the last of them may be cut off.
        if metadata.truncation {
            return Some(Answer::Truncated);
        }
        let message = Message::from_vec(bytes).ok()?;
        Some(match message.metadata.response_code {
            ResponseCode::NoError => Answer::Records(of_internet(message.answers)),
            ResponseCode::NXDomain => Answer::Records(Vec::new()),
            _ => Answer::Failure,
        })
    }
}

fn of_internet(mut records: Vec<Record>) -> Vec<Record> {
    records.retain(|record| record.dns_class == DNSClass::IN);
    records
}

/// Bytes that a datagram may have on any path without being cut up, as servers have agreed.
const DATAGRAM: u16 = 1232;

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> DnsQuery {
        DnsQuery::new(&Name::from_ascii("Crawl.bot.example.").unwrap(), RecordType::A, true).unwrap()
    }

    /// The bytes of an answer without records to a question, changed by `change`.
    fn answer(asked: &DnsQuery, change: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::response(asked.id, OpCode::Query);
        message.add_query(asked.query.clone());
        change(&mut message);
        message.to_vec().unwrap()
    }

    #[test]
    fn a_question_asks_for_recursion_and_announces_its_size() {
        let message = Message::from_vec(asked().bytes()).unwrap();
        assert!(message.metadata.recursion_desired && message.metadata.message_type == MessageType::Query);
        assert_eq!(message.edns.map(|edns| edns.max_payload()), Some(1232));
        let plain = DnsQuery::new(&Name::root(), RecordType::PTR, false).unwrap();
        assert!(Message::from_vec(plain.bytes()).unwrap().edns.is_none());
    }

    #[test]
    fn every_question_has_an_id_of_its_own() {
        let ids: std::collections::HashSet<u16> = (0..64).map(|_| asked().id).collect();
        assert!(ids.len() > 56, "{ids:?}");
    }

    #[test]
    fn only_an_answer_to_the_question_is_one() {
        let asked = asked();
        let other = Query::query(Name::from_ascii("other.bot.example.").unwrap(), RecordType::A);
        let changes: [&dyn Fn(&mut Message); 8] = [
            &|message| message.metadata.id = !message.metadata.id,
            &|message| message.metadata.message_type = MessageType::Query,
            &|message| message.metadata.op_code = OpCode::Notify,
            &|message| message.queries.clear(),
            &|message| message.queries.push(message.queries[0].clone()),
            &|message| message.queries = vec![other.clone()],
            &|message| message.queries[0].query_type = RecordType::AAAA,
            &|message| message.queries[0].query_class = DNSClass::CH,
        ];
        for (number, change) in changes.iter().enumerate() {
            assert_eq!(asked.read(&answer(&asked, change)), None, "change {number}");
        }
        // Names are the same in any case.
        let lower = answer(&asked, |message| message.queries[0].name = message.queries[0].name.to_lowercase());
        assert_eq!(asked.read(&lower), Some(Answer::Records(Vec::new())));
    }

    #[test]
    fn no_name_is_an_answer_and_anything_else_a_failure() {
        let asked = asked();
        let read = |code| asked.read(&answer(&asked, |message| message.metadata.response_code = code));
        for code in [ResponseCode::NoError, ResponseCode::NXDomain] {
            assert_eq!(read(code), Some(Answer::Records(Vec::new())), "{code}");
        }
        for code in [ResponseCode::ServFail, ResponseCode::Refused, ResponseCode::FormErr, ResponseCode::NotImp] {
            assert_eq!(read(code), Some(Answer::Failure), "{code}");
        }
    }

    #[test]
    fn an_answer_cut_off_anywhere_is_truncated_or_nothing() {
        let asked = asked();
        let whole = answer(&asked, |message| {
            message.metadata.truncation = true;
            let (name, data) =
                (asked.query.name.clone(), hickory_proto::rr::RData::A(std::net::Ipv4Addr::new(192, 0, 2, 1).into()));
            message.add_answer(Record::from_rdata(name, 60, data));
        });
        let after_question = answer(&asked, |_| {}).len();
        for length in 0..=whole.len() {
            let expected = (length >= after_question).then_some(Answer::Truncated);
            assert_eq!(asked.read(&whole[..length]), expected, "{length} bytes");
        }
        // The same without the flag is not a message.
        let mut unflagged = whole.clone();
        unflagged[2] &= !2;
        assert_eq!(asked.read(&unflagged[..whole.len() - 1]), None);
        assert!(matches!(asked.read(&unflagged), Some(Answer::Records(records)) if records.len() == 1));
    }

    #[test]
    fn bytes_that_are_no_message_are_ignored() {
        let asked = asked();
        let mut bytes = asked.id.to_be_bytes().to_vec();
        for _ in 0..2000 {
            assert_eq!(asked.read(&bytes), None);
            bytes.push(0xff);
        }
        assert_eq!(asked.read(&[]), None);
    }

    #[test]
    fn records_of_other_classes_are_left_out() {
        let asked = asked();
        let bytes = answer(&asked, |message| {
            let data = hickory_proto::rr::RData::A(std::net::Ipv4Addr::new(192, 0, 2, 1).into());
            let mut record = Record::from_rdata(asked.query.name.clone(), 60, data);
            message.add_answer(record.clone());
            record.dns_class = DNSClass::CH;
            message.add_answer(record);
        });
        assert!(matches!(asked.read(&bytes), Some(Answer::Records(records)) if records.len() == 1));
    }
}
