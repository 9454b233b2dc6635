use std::path::Path;

use portcullis_policy::Policy;

use super::*;

const NOW: UnixMillis = UnixMillis(1_000_000_000);

fn question(address: IpAddr) -> Question {
    let text = "[[bot]]\nname = \"bot\"\nuser_agent = [\"Bot\"]\ndns = [\"bot.example\"]";
    let policy = Policy::parse(text, Path::new("test.toml")).unwrap();
    Question::new(address, Arc::clone(policy.bots()[0].domains().unwrap()))
}

/// The questions of this many addresses, each in a network of its own.
fn questions(count: u32) -> Vec<Question> {
    let one = question([10, 0, 0, 1].into());
    (0..count).map(|number| Question { address: (number << 8).to_be_bytes().into(), ..one.clone() }).collect()
}

fn after(time: Duration) -> UnixMillis {
    UnixMillis(NOW.0 + millis(time))
}

impl Lookups {
    fn asks(&self, question: &Question, now: UnixMillis) -> bool {
        self.ask(question.clone(), None, now)
    }

    fn waiting(&self) -> usize {
        self.queue().asked.len()
    }

    /// Takes the next question, and its end.
    fn answered(&self, found: Found, now: UnixMillis) -> Option<IpAddr> {
        let job = self.queue().take()?;
        let running = Running { lookups: self, question: job.question };
        self.learn(&running.question, found, now);
        Some(running.question.address)
    }
}

#[test]
fn an_answer_is_known_for_its_time() {
    let question = question([192, 0, 2, 1].into());
    for (found, time) in [(Found::Refused, REFUSED_FOR), (Found::Failed, FAILED_FOR)] {
        let lookups = Lookups::default();
        assert!(!lookups.asks(&question, NOW));
        assert!(lookups.answered(found, NOW).is_some());
        assert!(!lookups.asks(&question, after(time - Duration::from_millis(1))));
        assert_eq!(lookups.waiting(), 0, "{found:?} is known");
        assert!(!lookups.asks(&question, after(time)));
        assert_eq!(lookups.waiting(), 1, "{found:?} is known no longer");
    }
    let lookups = Lookups::default();
    assert!(!lookups.asks(&question, NOW));
    assert!(lookups.answered(Found::Verified, NOW).is_some());
    assert!(lookups.asks(&question, NOW) && lookups.waiting() == 0);
    assert!(!lookups.asks(&question, after(VERIFIED_FOR)));
}

#[test]
fn a_bot_that_keeps_coming_is_looked_up_before_its_time_is_over() {
    let (lookups, question) = (Lookups::default(), question([192, 0, 2, 1].into()));
    lookups.asks(&question, NOW);
    lookups.answered(Found::Verified, NOW);
    let late = after(VERIFIED_FOR - RENEWED + Duration::from_secs(1));
    assert!(lookups.asks(&question, late) && lookups.waiting() == 1);
    // There was no answer: it stays verified, and is not asked about again at once.
    lookups.answered(Found::Failed, late);
    assert!(lookups.asks(&question, late) && lookups.waiting() == 0);
    let later = UnixMillis(late.0 + millis(FAILED_FOR));
    assert!(lookups.asks(&question, later) && lookups.waiting() == 1);
    lookups.answered(Found::Refused, later);
    assert!(!lookups.asks(&question, later), "it is a bot no longer");
}

#[test]
fn the_queue_is_bounded_and_a_question_waits_in_it_once() {
    let lookups = Lookups::default();
    let questions = questions(100_000);
    for question in questions.iter().chain(&questions) {
        assert!(!lookups.asks(question, NOW));
    }
    assert_eq!(lookups.waiting(), MOST_ASKED);
    assert!(lookups.outcomes.value(Outcome::NoRoom) >= 100_000);
    let answered = std::iter::from_fn(|| lookups.answered(Found::Refused, NOW)).count();
    assert_eq!((answered, lookups.waiting()), (MOST_ASKED, 0));
    let queue = lookups.queue();
    assert!(queue.shares.is_empty() && queue.turns.is_empty());
}

#[test]
fn a_network_has_its_share_and_others_get_their_turn() {
    let lookups = Lookups::default();
    let one = question([192, 0, 2, 0].into());
    let of = |last: u8| Question { address: [192, 0, 2, last].into(), ..one.clone() };
    for last in 0..=255 {
        lookups.asks(&of(last), NOW);
    }
    assert_eq!(lookups.waiting(), MOST_ASKED_OF_NETWORK);
    let other: IpAddr = [198, 51, 100, 1].into();
    lookups.asks(&Question { address: other, ..one.clone() }, NOW);
    // Two of the first network are being asked, and no more of it: the other is next.
    let mut queue = lookups.queue();
    let (first, second, third) = (queue.take().unwrap(), queue.take().unwrap(), queue.take().unwrap());
    assert!([&first, &second].iter().any(|job| job.question.address == other));
    assert!(queue.take().is_none(), "a network has two lookups at a time");
    assert!(queue.done(&third.question));
    assert!(queue.take().is_some());
    drop(queue);
    // IPv6 is one network by its first 32 bits.
    for number in 0..=255 {
        let address = format!("2001:db8:{number:x}::1").parse().unwrap();
        lookups.asks(&Question { address, ..one.clone() }, NOW);
    }
    assert_eq!(lookups.waiting(), 2 * MOST_ASKED_OF_NETWORK);
}

#[test]
fn a_hundred_thousand_liars_make_nobody_forget_a_bot() {
    let lookups = Lookups::default();
    let honest = question([203, 0, 113, 1].into());
    lookups.asks(&honest, NOW);
    lookups.answered(Found::Verified, NOW);
    for question in questions(100_000) {
        lookups.learn(&question, Found::Refused, NOW);
    }
    assert!(lookups.asks(&honest, NOW));
    assert!(lookups.refused.len() <= MOST_REFUSED, "{}", lookups.refused.len());
}

#[test]
fn a_mapped_address_is_the_address() {
    let [plain, mapped] = ["192.0.2.1", "::ffff:192.0.2.1"].map(|text| question(text.parse().unwrap()).address);
    assert_eq!(plain, mapped);
}
