//! What happens next, by chance: somebody asks for something, a message comes, the cron ticks, the clock moves on, an event
//! goes a step further or dies.

use std::rc::Rc;
use std::time::Duration;

use usher::domain::time::Timestamp;
use usher::params;

use super::asking::Asking;
use super::operation::{Operation, standing};
use super::{Doing, MOST_AT_ONCE, Simulation};

impl Simulation {
    /// The history: until everybody did what they wanted and every event is over or dead.
    pub(super) fn live(&mut self) {
        let world = Rc::clone(&self.world);
        let chance = &world.chance;
        let mut wanted = chance.between(8, 32);
        while !self.broken() && (wanted > 0 || !self.tasks.is_empty()) {
            if world.happens(world.weather.clock) && chance.one_in(4) {
                self.move_clock();
            }
            if self.tasks.len() < MOST_AT_ONCE && wanted > 0 && chance.one_in(5) {
                wanted -= 1;
                self.begin_something();
            } else if !self.tasks.is_empty() {
                let at = chance.below(self.tasks.len());
                if world.happens(world.weather.crash) {
                    self.crash(at);
                } else if !self.tasks[at].slow || chance.one_in(12) {
                    self.poll(at);
                }
            }
        }
        // Whatever is still under way dies with the machine.
        self.tasks.clear();
    }

    fn move_clock(&self) {
        const HOUR: u64 = 3_600_000;
        let world = &self.world;
        let chance = &world.chance;
        let millis = if world.happens(world.weather.leap) {
            match chance.below(5) {
                0 | 1 => chance.between(5_000, 90_000),
                2 => chance.between(60_000, 600_000),
                3 => chance.between(HOUR - 5_000, HOUR + 5_000),
                _ => chance.between(HOUR, 200 * HOUR),
            }
        } else {
            chance.between(1, 50)
        };
        world.pass(Duration::from_millis(millis));
        world.note(format!("{millis} ms pass"));
    }

    /// Just before an invitation ends somebody takes it up again, and somebody else wants its seat: whichever gets there
    /// last finds it over.
    fn meet_at_an_end(&mut self) {
        let world = Rc::clone(&self.world);
        let chance = &world.chance;
        let ends = world.read(
            "SELECT id, organization_id, expires_at FROM invitations
             WHERE outcome = 'open' AND expires_at > ?1 + 50 ORDER BY rowid",
            params![world.now.get()],
        );
        if ends.is_empty() {
            return;
        }
        let row = chance.pick(&ends);
        let id = row["id"].as_str().unwrap().parse().unwrap();
        world.hot.set(Some(id));
        let end = Timestamp::from_millis(row["expires_at"].as_i64().unwrap());
        world.now.set(end.minus(Duration::from_millis(chance.between(1, 30))));
        world.note(format!("{id} is about to end"));
        let place =
            self.scene.organizations.iter().find(|place| row["organization_id"] == place.id.to_string());
        let Some(place) = place else { return };
        let manager = *chance.pick(&place.managers);
        let invite = Operation::invite(&world, &self.scene, place);
        let taken_up = match Operation::with_link(&world, &self.scene) {
            Some((browser, operation)) if chance.one_in(2) => Asking::at(browser, operation),
            _ => Asking::at(manager, Operation::Resend(id)),
        };
        self.begin(Doing::Request(taken_up));
        self.begin(Doing::Request(Asking::at(manager, invite)));
    }

    /// Somebody is removed, and while that is undone somebody else wants the seat, or they are invited again.
    fn undo_a_removal(&mut self) {
        let world = Rc::clone(&self.world);
        let chance = &world.chance;
        let place = chance.pick(&self.scene.organizations);
        let (id, manager) = (place.id, *chance.pick(&place.managers));
        let Some(undo) = standing::Op::undo(&world, id) else {
            let Some(remove) = Operation::remove(&world, place) else { return };
            return self.begin(Doing::Request(Asking::at(manager, remove)));
        };
        let mut invite = Operation::invite(&world, &self.scene, place);
        let standing::Op::Restore(member) = undo else { return };
        let theirs = world.read(
            "SELECT u.email_key FROM members m JOIN users u ON u.id = m.user_id WHERE m.id = ?1",
            params![member],
        );
        if let Operation::Invite { email, .. } = &mut invite
            && chance.one_in(2)
        {
            theirs[0]["email_key"].as_str().unwrap().clone_into(email);
        }
        self.begin(Doing::Request(Asking::at(manager, invite)));
        self.begin(Doing::Request(Asking::at(manager, Operation::Standing(undo))));
    }

    fn begin_something(&mut self) {
        let world = Rc::clone(&self.world);
        let chance = &world.chance;
        let waiting = world.queue.borrow().len();
        // Before anybody has a link little can be done but to bring it.
        let messages = if world.links.borrow().is_empty() { 14 } else { 8 };
        match chance.below(20) {
            0 => self.begin(Doing::Tick),
            1 if chance.one_in(10) => self.begin(Doing::Garbage),
            turn if (1..messages).contains(&turn) && waiting > 0 => {
                let at = chance.below(waiting);
                let message = world.queue.borrow_mut().remove(at);
                // The queue keeps a delay; apart from that, any message may come at any time.
                if message.due > world.now.get() {
                    world.queue.borrow_mut().push(message);
                } else {
                    self.begin(Doing::Delivery(message));
                }
            }
            8 if chance.one_in(2) => self.meet_at_an_end(),
            8 | 10 if world.parts.standing && chance.one_in(2) => self.undo_a_removal(),
            9 if !self.again.is_empty() => {
                let at = chance.below(self.again.len());
                let doing = self.again.remove(at);
                self.begin(doing);
            }
            _ => {
                let (browser, operation) = Operation::choose(&world, &self.scene);
                let asking = Asking::drawn(&world, &self.scene, browser, operation);
                let often = if asking.once.is_some() { 3 } else { 6 };
                let doing = Doing::Request(asking);
                if chance.one_in(often) {
                    // Twice at once: an impatient person, or two browsers.
                    self.begin(doing.clone());
                }
                self.begin(doing);
            }
        }
    }
}
