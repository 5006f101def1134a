//! How the e-mails of an invitation went, on its page: what happened to each, when, and what can be done where one did not arrive.

use std::time::Duration;

use serde_json::{Value, json};

use crate::reading::seen;
use crate::support::World;
use crate::support::client::Team;
use crate::support::hooks::{resend_event, resend_tells};
use crate::team::{ANA, Desk};

/// The invitation of Ana, which was sent, and its message's id.
fn sent() -> (Desk, String) {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({}));
    desk.team.world.pass(Duration::from_mins(1));
    desk.team.world.deliver();
    (desk, id)
}

/// Resend tells this of the newest message about an invitation.
fn tells(world: &World, invitation: &str, kind: &str, bounce: Option<(&str, &str)>) {
    let sql = format!(
        "SELECT provider_message_id AS id FROM jobs WHERE invitation_id = '{invitation}' AND kind = 'invitation_email' ORDER BY ver DESC LIMIT 1"
    );
    let message = world.state().database.borrow().query(&sql)[0]["id"].as_str().unwrap().to_owned();
    let mut event = resend_event(kind, &message, bounce.map(|(kind, _)| kind));
    event["created_at"] = json!(world.now().to_string());
    if let Some((_, why)) = bounce {
        event["data"]["bounce"]["subType"] = Value::from(why);
    }
    resend_tells(world, &format!("msg_{kind}_{message}"), &event).ok();
    world.deliver();
}

/// What the section of the e-mails says.
fn mails(desk: &mut Desk, id: &str) -> String {
    let page = desk.page(&format!("/invitations/{id}"));
    let section = page.split("<h2 id=\"mails\"").nth(1).map(|rest| rest.split("</section>").next().unwrap());
    section.map_or_else(String::new, seen)
}

/// That these stand in it one after the other.
#[track_caller]
fn in_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let place = rest.find(word).unwrap_or_else(|| panic!("{word} in {rest} of {text}"));
        rest = &rest[place + word.len()..];
    }
}

#[test]
fn an_email_that_arrived_and_was_answered_is_told_from_its_first_step_to_its_last() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({}));
    assert!(mails(&mut desk, &id).contains("Queued 21 November 2026, 22:00 UTC"));
    desk.team.world.pass(Duration::from_mins(1));
    desk.team.world.deliver();
    desk.team.world.pass(Duration::from_mins(1));
    tells(&desk.team.world, &id, "email.delivered", None);
    desk.team.world.pass(Duration::from_hours(24 * 3));
    desk.team.world.tick();
    desk.team.world.deliver();
    desk.team.world.client().join(ANA, "Ana Client").ok();
    in_order(
        &mails(&mut desk, &id),
        &[
            "E-mail",
            "Queued 21 November 2026, 22:00 UTC",
            "Taken by the mail provider 21 November 2026, 22:01 UTC",
            "Delivered 21 November 2026, 22:02 UTC",
            "Reminder sent 24 November 2026, 22:02 UTC",
            "Joined 24 November 2026, 22:02 UTC",
        ],
    );
}

/// Looking at a page writes nothing, so nobody can know who looked.
#[test]
fn that_somebody_opened_it_is_no_step() {
    let (mut desk, id) = sent();
    let before = desk.stored();
    let token = desk.team.world.mailed_token(ANA);
    desk.team.world.client().get(&format!("/i/{token}")).ok();
    assert_eq!(desk.stored(), before);
    assert!(!mails(&mut desk, &id).contains("pened"));
}

#[test]
fn each_end_stands_behind_the_newest_email() {
    for (sql, words) in [
        ("declined_at = 1795298461000", "Declined 21 November 2026, 22:01 UTC"),
        ("revoked_at = 1795298461000", "Withdrawn 21 November 2026, 22:01 UTC"),
        ("expires_at = 1795298400000", "Expired 21 November 2026, 22:00 UTC"),
    ] {
        let (mut desk, id) = sent();
        let change = format!("UPDATE invitations SET {sql} WHERE id = '{id}'");
        desk.team.world.state().database.borrow().change(&change);
        in_order(&mails(&mut desk, &id), &["Taken by the mail provider", words]);
    }
}

#[test]
fn what_did_not_arrive_says_why_and_what_to_do() {
    let (mut desk, id) = sent();
    tells(&desk.team.world, &id, "email.bounced", Some(("Permanent", "NoEmail")));
    in_order(
        &mails(&mut desk, &id),
        &["Taken by the mail provider", "Not delivered", ": mailbox does not exist"],
    );
    let page = desk.page(&format!("/invitations/{id}"));
    let text = seen(&page);
    assert!(text.contains("Not delivered Mailbox does not exist."), "{text}");
    assert!(page.contains("href=\"#email\">Fix the address") && page.contains("id=\"email\""), "{page}");
    assert!(text.contains("Copy link") && !text.contains("Send again"), "{text}");
    let list = desk.seen("/team?tab=invitations");
    assert!(list.contains("Not delivered"), "{list}");
    // Where a seat waits for them, taking it back frees that.
    let staff = Team::new();
    let mut staff = Desk::over(staff);
    let mia = staff.team.invited("mia@studio.test", "member");
    staff.team.world.deliver();
    tells(&staff.team.world, &mia, "email.bounced", Some(("Permanent", "General")));
    let text = staff.seen(&format!("/invitations/{mia}"));
    assert!(text.contains("Withdraw (frees 1 seat)") && text.contains("Fix the address"), "{text}");
}

#[test]
fn what_may_arrive_another_time_can_be_sent_again() {
    let (mut desk, id) = sent();
    tells(&desk.team.world, &id, "email.bounced", Some(("Transient", "MailboxFull")));
    let text = desk.seen(&format!("/invitations/{id}"));
    assert!(
        text.contains("Not delivered The mailbox is full. Check the address, then send it again"),
        "{text}"
    );
    assert!(text.contains("Send again"));
    desk.team.world.pass(Duration::from_mins(1));
    let path = format!("/invitations/{id}");
    desk.submit(&path, &format!("{path}/send"), &[]).ok();
    desk.team.world.deliver();
    in_order(
        &mails(&mut desk, &id),
        &[
            "E-mails, the newest first",
            "Queued",
            "Taken by the mail provider",
            "Queued",
            "Not delivered",
            ": the mailbox is full",
        ],
    );
    assert!(!desk.seen(&path).contains("The mailbox is full."), "that was the older one");
}

#[test]
fn a_report_is_told_and_the_next_invitation_is_handed_over() {
    let (mut desk, id) = sent();
    tells(&desk.team.world, &id, "email.complained", None);
    let text = desk.seen(&format!("/invitations/{id}"));
    let told = "The person reported this e-mail. We will not send to them again from Example Studio.";
    assert!(text.contains(told) && !text.contains("Send again"), "{text}");
    in_order(&mails(&mut desk, &id), &["Taken by the mail provider", "Reported as unwanted"]);
    desk.team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    let again = desk.invited(ANA, &json!({}));
    let text = desk.seen(&format!("/invitations/{again}"));
    assert!(text.contains("The person reported an e-mail of yours."), "{text}");
    assert!(mails(&mut desk, &again).is_empty(), "none was queued");
}

#[test]
fn an_invitation_without_an_email_has_nothing_to_tell_of_one() {
    let mut desk = Desk::new();
    let id = desk.invited(ANA, &json!({"send_email": false}));
    assert!(mails(&mut desk, &id).is_empty());
    let link = desk.link(&json!({}));
    assert!(mails(&mut desk, &link).is_empty());
}
