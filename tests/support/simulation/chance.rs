//! What a seed decides. Everything that a history leaves open is asked here, in order, so one seed is one history.

use std::cell::RefCell;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A seeded source of decisions.
pub struct Chance(RefCell<ChaCha8Rng>);

impl Chance {
    /// One of the seed's independent streams: the scheduler and the service's entropy have one each.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(RefCell::new(generator))
    }

    /// A number below `end`, which is not 0.
    pub fn below(&self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.0.borrow_mut().next_u64() % end).unwrap()
    }

    /// A number from `first` to `last`.
    pub fn between(&self, first: u64, last: u64) -> u64 {
        first + self.0.borrow_mut().next_u64() % (last - first + 1)
    }

    /// True once in so many times; never for 0.
    pub fn one_in(&self, times: usize) -> bool {
        times > 0 && self.below(times) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&self, these: &'a [T]) -> &'a T {
        &these[self.below(these.len())]
    }

    /// Random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.borrow_mut().fill_bytes(bytes);
    }

    /// Random bytes, by value.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// How often each thing goes wrong in one history: once in so many times, 0 for never. Drawn anew for each history, so that
/// some are stormy in one way and calm in all others; a fault that always comes with all the rest hides what it alone does.
pub struct Weather {
    /// An event dies at an await.
    pub crash: usize,
    /// The database refuses a batch before it did anything.
    pub database_refuses: usize,
    /// The database commits a batch, and its answer is lost.
    pub database_answer_lost: usize,
    /// A write to KV is lost.
    pub kv_write_lost: usize,
    /// KV answers what was true up to a minute ago.
    pub kv_stale: usize,
    /// The queue loses a message.
    pub message_lost: usize,
    /// The queue delivers a message twice.
    pub message_twice: usize,
    /// The queue gives a message up, to the dead letters.
    pub message_dead: usize,
    /// The mail provider asks to try again.
    pub mail_retry: usize,
    /// The mail provider refuses for good.
    pub mail_refused: usize,
    /// The mail provider takes the mail, and its answer is lost.
    pub mail_answer_lost: usize,
    /// A webhook's receiver answers something else than success, or nothing.
    pub receiver_fails: usize,
    /// It takes too long.
    pub receiver_hangs: usize,
    /// It says that it is gone.
    pub receiver_gone: usize,
    /// A limiter refuses.
    pub limited: usize,
    /// The clock moves on between two polls.
    pub clock: usize,
    /// A step of the clock is past a lease, a backoff or an invitation's end.
    pub leap: usize,
}

impl Weather {
    /// The weather of a history.
    pub fn draw(chance: &Chance) -> Self {
        let rate = |rare: usize, often: usize| match chance.below(4) {
            0 | 1 => 0,
            2 => rare,
            _ => often,
        };
        Self {
            crash: rate(80, 25),
            database_refuses: rate(60, 15),
            database_answer_lost: rate(60, 15),
            kv_write_lost: rate(10, 3),
            kv_stale: rate(5, 2),
            message_lost: rate(5, 2),
            message_twice: rate(6, 2),
            message_dead: rate(30, 8),
            mail_retry: rate(8, 2),
            mail_refused: rate(16, 4),
            mail_answer_lost: rate(8, 3),
            receiver_fails: rate(6, 2),
            receiver_hangs: rate(10, 3),
            receiver_gone: rate(30, 8),
            limited: rate(60, 20),
            clock: 1 + rate(8, 2),
            leap: rate(10, 3),
        }
    }
}
