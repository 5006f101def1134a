//! Runs futures: as far as they come at once, and further as soon as something that they wait for is there.
//!
//! The SDK's way puts every step of a future into the platform's queue of microtasks, the first one too. That is a call into the
//! platform and one back each time, which was a fifth of the time of a request that waits for nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

type Running = Pin<Box<dyn Future<Output = ()>>>;

/// A future that is not done.
struct Task {
    /// Nothing while it is polled.
    future: Option<Running>,
    /// Whether it was woken while it was polled.
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

/// Runs a future until it waits; whoever wakes it then runs it further.
pub fn run(future: impl Future<Output = ()> + 'static) {
    let number = TASKS.with_borrow_mut(|tasks| {
        tasks.last += 1;
        tasks.waiting.insert(tasks.last, Task { future: Some(Box::pin(future)), woken: false });
        tasks.last
    });
    go_on(number);
}

/// Wakes the task of this number.
struct Alarm(u64);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        go_on(self.0);
    }
}

fn go_on(number: u64) {
    let waker = Waker::from(Arc::new(Alarm(number)));
    // No borrow is held while it is polled: it may begin others, and wake them and itself.
    while let Some(mut future) = TASKS.with_borrow_mut(|tasks| tasks.take(number)) {
        let done = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        let again = TASKS.with_borrow_mut(|tasks| tasks.put_back(number, (!done).then_some(future)));
        if !again {
            break;
        }
    }
}

impl Tasks {
    /// The future of a task, to be polled; nothing if it is done, or is polled right now, which is noted.
    fn take(&mut self, number: u64) -> Option<Running> {
        let task = self.waiting.get_mut(&number)?;
        let future = task.future.take();
        task.woken = future.is_none();
        future
    }

    /// Keeps a future that waits, and forgets one that is done. Answers whether it was woken meanwhile.
    fn put_back(&mut self, number: u64, future: Option<Running>) -> bool {
        match self.waiting.get_mut(&number) {
            Some(task) if future.is_some() => {
                task.future = future;
                task.woken
            }
            _ => {
                self.waiting.remove(&number);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::rc::Rc;
    use std::task::Poll;

    use super::*;

    fn waiting() -> usize {
        TASKS.with_borrow(|tasks| tasks.waiting.len())
    }

    #[test]
    fn what_waits_for_nothing_is_done_at_once() {
        let done = Rc::new(Cell::new(false));
        let told = Rc::clone(&done);
        run(async move { told.set(true) });
        assert!(done.get());
        assert_eq!(waiting(), 0);
    }

    #[test]
    fn what_waits_goes_on_when_it_is_woken_and_only_then() {
        let (polls, slot) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(None::<Waker>)));
        let (counted, kept) = (Rc::clone(&polls), Rc::clone(&slot));
        run(poll_fn(move |ctx| {
            counted.set(counted.get() + 1);
            kept.replace(Some(ctx.waker().clone()));
            if counted.get() == 3 { Poll::Ready(()) } else { Poll::Pending }
        }));
        assert_eq!((polls.get(), waiting()), (1, 1));
        for expected in [2, 3] {
            let waker = slot.take().unwrap();
            waker.wake();
            assert_eq!(polls.get(), expected);
        }
        assert_eq!(waiting(), 0);
        // Somebody wakes it late.
        slot.take().unwrap().wake();
        assert_eq!(polls.get(), 3);
    }

    #[test]
    fn what_wakes_itself_while_it_runs_is_run_again() {
        let polls = Rc::new(Cell::new(0));
        let counted = Rc::clone(&polls);
        run(poll_fn(move |ctx| {
            counted.set(counted.get() + 1);
            ctx.waker().wake_by_ref();
            if counted.get() == 5 { Poll::Ready(()) } else { Poll::Pending }
        }));
        assert_eq!((polls.get(), waiting()), (5, 0));
    }

    #[test]
    fn one_may_begin_and_wake_another_while_it_runs() {
        let slot = Rc::new(RefCell::new(None::<Waker>));
        let (kept, order) = (Rc::clone(&slot), Rc::new(RefCell::new(Vec::new())));
        let told = Rc::clone(&order);
        let mut woken = false;
        run(async move {
            let inner = Rc::clone(&told);
            run(poll_fn(move |ctx| {
                inner.borrow_mut().push("inner");
                kept.replace(Some(ctx.waker().clone()));
                if std::mem::replace(&mut woken, true) { Poll::Ready(()) } else { Poll::Pending }
            }));
            told.borrow_mut().push("outer");
            slot.take().unwrap().wake();
        });
        assert_eq!((order.take(), waiting()), (vec!["inner", "outer", "inner"], 0));
    }
}
