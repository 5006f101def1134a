//! Runs the futures of requests: as far as they come at once, and further when something that they wait for is there.
//!
//! The SDK's way puts the first step of a future into the platform's queue of microtasks too. That is a call into the platform and
//! one back, which was a fifth of the time of a request that waits for nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

type Running = Pin<Box<dyn Future<Output = ()>>>;

/// Has [`go_on`] called with this number, soon and never at once: whoever wakes a task may be in the middle of something.
pub type Soon = fn(u64);

/// A future that is not done.
struct Task {
    /// Nothing while it is polled.
    future: Option<Running>,
    /// Whether it is to go on soon.
    woken: bool,
}

/// The tasks of this thread, of which the platform has one. Each has a number that no other one has after it: so a waker may
/// outlive its task.
#[derive(Default)]
struct Tasks {
    last: u64,
    waiting: BTreeMap<u64, Task>,
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

/// Wakes the task of this number.
struct Alarm(u64, Soon);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        let Self(number, soon) = *self;
        let first = TASKS.with_borrow_mut(|tasks| {
            tasks.waiting.get_mut(&number).is_some_and(|task| !std::mem::replace(&mut task.woken, true))
        });
        if first {
            soon(number);
        }
    }
}

/// Runs a future until it waits; when it is woken then, it is run further by `soon`.
pub fn run(future: impl Future<Output = ()> + 'static, soon: Soon) {
    let number = TASKS.with_borrow_mut(|tasks| {
        tasks.last += 1;
        tasks.waiting.insert(tasks.last, Task { future: Some(Box::pin(future)), woken: false });
        tasks.last
    });
    go_on(number, soon);
}

/// Runs the task of this number further, if there still is one.
pub fn go_on(number: u64, soon: Soon) {
    let taken = TASKS.with_borrow_mut(|tasks| {
        let task = tasks.waiting.get_mut(&number)?;
        task.woken = false;
        task.future.take()
    });
    let Some(mut future) = taken else { return };
    // No borrow is held meanwhile: it may begin others, and wake them and itself.
    let waker = Waker::from(Arc::new(Alarm(number, soon)));
    let done = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
    TASKS.with_borrow_mut(|tasks| {
        if done {
            tasks.waiting.remove(&number);
        } else if let Some(task) = tasks.waiting.get_mut(&number) {
            task.future = Some(future);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::rc::Rc;
    use std::task::Poll;

    use super::*;

    thread_local! {
        static QUEUE: RefCell<Vec<u64>> = RefCell::default();
    }

    fn soon(number: u64) {
        QUEUE.with_borrow_mut(|queue| queue.push(number));
    }

    /// Lets those go on that were woken; answers how many.
    fn turn() -> usize {
        let woken = QUEUE.take();
        for number in &woken {
            go_on(*number, soon);
        }
        woken.len()
    }

    fn waiting() -> usize {
        TASKS.with_borrow(|tasks| tasks.waiting.len())
    }

    /// Whoever may wake a future.
    type Slot = Rc<RefCell<Option<Waker>>>;

    /// A future that is done when it was polled so often; and how often it was, and whoever may wake it.
    fn counting(needed: u32) -> (impl Future<Output = ()>, Rc<Cell<u32>>, Slot) {
        let (polls, waker): (_, Slot) = (Rc::new(Cell::new(0)), Rc::default());
        let (counted, kept) = (Rc::clone(&polls), Rc::clone(&waker));
        let future = poll_fn(move |ctx| {
            counted.set(counted.get() + 1);
            kept.replace(Some(ctx.waker().clone()));
            if counted.get() == needed { Poll::Ready(()) } else { Poll::Pending }
        });
        (future, polls, waker)
    }

    #[test]
    fn what_waits_for_nothing_is_done_at_once() {
        let (future, polls, _) = counting(1);
        run(future, soon);
        assert_eq!((polls.get(), waiting(), turn()), (1, 0, 0));
    }

    #[test]
    fn what_waits_goes_on_after_it_was_woken_and_never_within() {
        let (future, polls, waker) = counting(2);
        run(future, soon);
        let waker = waker.take().unwrap();
        waker.wake_by_ref();
        waker.wake_by_ref();
        assert_eq!((polls.get(), waiting()), (1, 1));
        assert_eq!((turn(), polls.get(), waiting()), (1, 2, 0), "woken twice, it goes on once");
        waker.wake();
        assert_eq!(turn(), 0, "it is done");
    }

    /// The SDK's timer wakes whoever asked first, and notes only after that that the time is over.
    #[test]
    fn who_asked_first_is_woken_however_often_it_was_polled_since() {
        let (future, polls, waker) = counting(3);
        run(future, soon);
        let first = waker.take().unwrap();
        first.wake_by_ref();
        assert_eq!((turn(), polls.get()), (1, 2));
        first.wake();
        assert_eq!((turn(), polls.get(), waiting()), (1, 3, 0));
    }

    #[test]
    fn what_wakes_itself_while_it_runs_goes_on_in_the_next_turn() {
        let woken = Rc::new(Cell::new(false));
        let again = Rc::clone(&woken);
        run(
            poll_fn(move |ctx| {
                ctx.waker().wake_by_ref();
                if again.replace(true) { Poll::Ready(()) } else { Poll::Pending }
            }),
            soon,
        );
        assert_eq!((waiting(), turn(), waiting()), (1, 1, 0));
    }

    #[test]
    fn one_may_begin_and_wake_another_while_it_runs() {
        let (inner, polls, waker) = counting(2);
        run(
            async move {
                run(inner, soon);
                waker.take().unwrap().wake();
            },
            soon,
        );
        assert_eq!((polls.get(), waiting()), (1, 1));
        assert_eq!((turn(), polls.get(), waiting()), (1, 2, 0));
    }
}
