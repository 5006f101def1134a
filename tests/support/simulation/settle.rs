//! After the storm: nothing goes wrong any more, everything is delivered, and what was promised must be so.

use std::time::Duration;

use usher::domain::link::{Link, Via};
use usher::domain::time::Timestamp;
use usher::params;

use super::asking::Asking;
use super::operation::{Operation, plan};
use super::world::{Known, Queued};
use super::{Doing, Simulation, invariants, judge};

impl Simulation {
    /// Delivers everything, ticks until no job waits, and looks at what is left.
    pub(super) fn settle(&mut self) {
        let world = std::rc::Rc::clone(&self.world);
        world.calm.set(true);
        if world.chance.one_in(2) {
            // The queue forgets all it has: the outbox doesn't.
            world.queue.borrow_mut().clear();
        }
        // Stripe tells until it is answered.
        for at in world.billing.untold() {
            self.expect(0, Operation::Plan(plan::Op::Told(at)), 200);
        }
        // The most tries at the longest wait, and a dead letter's turn.
        for turn in 0..40 {
            self.deliver_what_is_due();
            if self.broken() || !self.waiting() {
                break;
            }
            // What waits for long is waited for together.
            let due = world.read(
                "SELECT iif(?1, max(min(due_at), min(requeue_at)), max(max(due_at), max(requeue_at))) AS at
                 FROM jobs WHERE waiting = 1",
                params![turn < 8],
            );
            let minute = world.now.get().plus(Duration::from_mins(1));
            world.now.set(minute.max(Timestamp::from_millis(due[0]["at"].as_i64().unwrap_or_default())));
            self.finish(Doing::Tick);
        }
        if self.broken() {
            return;
        }
        for rule in invariants::settled(&world.database.borrow(), world.now.get()) {
            world.violate(format!("after everything was delivered: {rule}"));
        }
        judge::mails(&world);
        judge::told(&world, &self.scene);
        judge::log(&world, &self.scene);
        if !self.broken() && world.chance.one_in(4) {
            self.everybody_gets_what_they_were_promised();
        }
    }

    fn deliver_what_is_due(&mut self) {
        while !self.broken() {
            let now = self.world.now.get();
            let due = |message: &Queued| message.due <= now;
            let Some(at) = self.world.queue.borrow().iter().position(due) else { return };
            let message = self.world.queue.borrow_mut().remove(at);
            self.finish(Doing::Delivery(message));
        }
    }

    /// Whoever has an open invitation and an account, and was not removed since it was offered, gets in; then there are exactly as many seats left as were counted;
    /// and the lists show who is there.
    fn everybody_gets_what_they_were_promised(&mut self) {
        let world = std::rc::Rc::clone(&self.world);
        let open = world.read(
            "SELECT i.id, i.organization_id, i.ver, i.expires_at, i.email_key FROM invitations i
             JOIN users u ON u.email_key = i.email_key AND u.email_verified_at IS NOT NULL
             JOIN organizations o ON o.id = i.organization_id AND coalesce(o.trial_ends_at, ?1 + 1) > ?1
               AND coalesce(o.seats_used + o.seats_reserved <= o.seat_limit, 1)
             WHERE i.outcome = 'open' AND i.expires_at > ?1
               AND NOT EXISTS (SELECT 1 FROM members n WHERE n.organization_id = i.organization_id AND n.user_id = u.id
                                 AND n.removed_at >= coalesce(i.offered_at, i.created_at))
             ORDER BY i.rowid",
            params![world.now.get()],
        );
        for row in open {
            let link = Link {
                invitation_id: row["id"].as_str().unwrap().parse().unwrap(),
                organization_id: row["organization_id"].as_str().unwrap().parse().unwrap(),
                ver: row["ver"].as_i64().unwrap(),
                via: Via::Email,
                given: 0,
            };
            let expires_at = Timestamp::from_millis(row["expires_at"].as_i64().unwrap());
            let token = link.sign(&world.settings().keys, expires_at);
            let Some(browser) = judge::signed_in_as(&world, &self.scene, &row["email_key"]) else { continue };
            self.expect(browser, Operation::Accept(Known { token, link }), 200);
        }
        for at in 0..self.scene.organizations.len() {
            let (id, watcher) = (self.scene.organizations[at].id, self.scene.organizations[at].watcher);
            // Whoever handed it over may have left since.
            let address = &self.scene.people[self.scene.browsers[watcher].person].address;
            let manages = world.any(
                "SELECT 1 FROM members m JOIN users u ON u.id = m.user_id
                 WHERE m.organization_id = ?1 AND u.email_key = ?2 AND m.removed_at IS NULL AND m.role IN ('owner', 'admin')",
                params![id, address.as_str()],
            );
            if !manages {
                continue;
            }
            let seats = world.read(
                "SELECT seat_limit - seats_used - seats_reserved
                   + (SELECT count(*) FROM invitations l WHERE l.organization_id = o.id AND l.reserves = 1
                      AND l.expires_at <= ?2) AS free, coalesce(trial_ends_at <= ?2, 0) AS over
                 FROM organizations o WHERE id = ?1",
                params![id, world.now.get()],
            );
            let over = seats[0]["over"] == 1;
            let free = if over { 0 } else { seats[0]["free"].as_i64().unwrap_or(1).max(0) };
            for more in 0..=free {
                let invite = Operation::Invite {
                    organization: id,
                    email: format!("more-{more}@people.test"),
                    role: "member",
                    workspaces: None,
                    expires_in: None,
                    send_email: false,
                };
                let room = more < free || (seats[0]["free"].is_null() && !over);
                self.expect(
                    watcher,
                    invite,
                    if room {
                        201
                    } else if over {
                        403
                    } else {
                        409
                    },
                );
            }
            self.expect(watcher, Operation::ListMembers(id), 200);
            self.expect(watcher, Operation::ListInvitations(id), 200);
        }
    }

    fn expect(&mut self, browser: usize, operation: Operation, status: u16) {
        if self.broken() {
            return;
        }
        let name = operation.name();
        self.finish(Doing::Request(Asking::at(browser, operation)));
        let events = self.world.events();
        let answer = events.iter().rev().find(|event| event.contains(" is answered ")).unwrap();
        if !answer.contains(&format!(" is answered {status}")) {
            self.world.violate(format!("{name} in the calm should be answered {status}: {answer}"));
        }
    }
}
