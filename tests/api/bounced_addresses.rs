//! An address from which a mail came back for good: its organization sends nothing there again, until somebody who runs it says
//! that it is right.

use serde_json::json;

use crate::refusal;
use crate::support::client::{Answer, Team};
use crate::support::hooks::{resend_event, resend_tells};

const MIA: &str = "mia.member@studio.test";

/// The message of this job's id, which is what the mailbox calls it, is told of.
fn told(team: &Team, event: &str, kind: &str, invitation: &str) {
    let sql = format!(
        "SELECT provider_message_id AS id FROM jobs WHERE invitation_id = '{invitation}' ORDER BY ver DESC, id DESC LIMIT 1"
    );
    let message = team.world.state().database.borrow().query(&sql)[0]["id"].as_str().unwrap().to_owned();
    resend_tells(&team.world, event, &resend_event(kind, &message, None)).ok();
    team.world.deliver();
}

/// A team whose mail to Mia came back, and that withdrew the invitation.
fn bounced() -> Team {
    let mut team = Team::new();
    let invitation = team.invited(MIA, "member");
    team.world.deliver();
    told(&team, "msg_1", "email.bounced", &invitation);
    team.owner.post(&format!("/v1/invitations/{invitation}/revoke"), &json!({})).ok();
    team
}

fn mails(team: &Team) -> usize {
    team.world.deliver();
    team.world.mailbox().into_iter().filter(|mail| mail["to"] == MIA).count()
}

/// Whether an invitation to Mia is sent again.
fn resend(team: &mut Team, invitation: &str, confirmed: bool) -> Answer {
    let body = json!({"confirm_address": confirmed});
    team.owner.post(&format!("/v1/invitations/{invitation}/resend"), &body)
}

#[test]
fn a_new_invitation_to_an_address_from_which_mail_came_back_is_made_and_not_mailed() {
    let mut team = bounced();
    let organization = team.organization.clone();
    let made = team.owner.invite(&organization, MIA, "member").ok();
    assert_eq!((made.status.as_u16(), made.str("/delivery")), (201, "bounced".to_owned()));
    let id = made.str("/id");
    assert_eq!(resend(&mut team, &id, false).refusal(), refusal(409, "undeliverable"));
    team.owner.post(&format!("/v1/invitations/{id}/link"), &json!({})).ok();
    assert_eq!(mails(&team), 1, "the first");
}

/// Programs are told of mails, and none went.
#[test]
fn what_was_never_mailed_did_not_come_back_to_programs() {
    let mut team = bounced();
    let hook = json!({"url": "https://app.example.test/hooks", "events": ["invitation.created", "invitation.bounced", "invitation.failed"]});
    crate::api_keys::any_program(&team).post(&team.path("/webhooks"), &hook).ok();
    team.invited(MIA, "member");
    team.world.state().database.borrow().change("DELETE FROM complaints");
    let events = team.world.state().database.borrow().query("SELECT DISTINCT type FROM webhook_events");
    assert_eq!(
        events.iter().map(|event| event["type"].clone()).collect::<Vec<_>>(),
        [json!("invitation.created")]
    );
}

#[test]
fn whoever_is_added_at_such_an_address_is_not_mailed() {
    let mut team = bounced();
    let new = json!({"email": MIA, "name": "Mia Member", "role": "member", "notify": true});
    team.owner.post(&team.path("/members"), &new).ok();
    assert_eq!(mails(&team), 1, "the first");
}

#[test]
fn another_organization_still_mails_there() {
    let team = bounced();
    let mut other = crate::another(&team.world);
    let organization = other.organization.clone();
    assert_eq!(other.owner.invite(&organization, MIA, "member").ok().str("/delivery"), "queued");
}

#[test]
fn an_invitation_that_comes_to_be_for_such_an_address_is_not_mailed() {
    let mut team = bounced();
    let id = team.invited("other@studio.test", "member");
    let changed = team.owner.patch(&format!("/v1/invitations/{id}"), &json!({"email": MIA})).ok();
    assert_eq!(changed.str("/delivery"), "bounced");
    assert_eq!(mails(&team), 1, "the first");
}

#[test]
fn who_runs_the_organization_confirms_the_address_and_mail_goes_there_again() {
    let mut team = bounced();
    let id = team.invited(MIA, "member");
    assert_eq!(resend(&mut team, &id, true).ok().str("/delivery"), "queued");
    assert_eq!(mails(&team), 2);
    // And from then on by itself, until one comes back again.
    resend(&mut team, &id, false).ok();
    assert_eq!(mails(&team), 3);
    told(&team, "msg_2", "email.bounced", &id);
    assert_eq!(resend(&mut team, &id, false).refusal(), refusal(409, "undeliverable"));
}

#[test]
fn staff_confirm_no_address() {
    let mut team = Team::of("reporting");
    let organization = team.organization.clone();
    let mut staff = team.joined("sam.member@studio.test", "member");
    let invited = staff.invite(&organization, "ana@client.test", "client");
    assert_eq!(invited.status, 201, "{}", invited.text());
    team.world.deliver();
    let id = invited.str("/id");
    told(&team, "msg_1", "email.bounced", &id);
    let path = format!("/v1/invitations/{id}/resend");
    let refused = staff.post(&path, &json!({"confirm_address": true})).refusal();
    assert_eq!(refused, refusal(403, "forbidden"));
    team.owner.post(&path, &json!({"confirm_address": true})).ok();
}

/// What a reader asked not to get is not for the organization to confirm; nor is it forgotten because something came back.
#[test]
fn a_reported_mail_closes_the_address_whatever_is_confirmed() {
    for events in [["email.bounced", "email.complained"], ["email.complained", "email.bounced"]] {
        let mut team = Team::new();
        let id = team.invited(MIA, "member");
        team.world.deliver();
        for (number, kind) in events.iter().enumerate() {
            told(&team, &format!("msg_{number}"), kind, &id);
        }
        assert_eq!(team.owner.get(&format!("/v1/invitations/{id}")).ok().str("/delivery"), "complained");
        assert_eq!(resend(&mut team, &id, true).refusal(), refusal(409, "undeliverable"), "{events:?}");
        // The operator lifts it, as docs/mail.md says.
        team.world.state().database.borrow().change("DELETE FROM complaints");
        assert_eq!(resend(&mut team, &id, false).ok().str("/delivery"), "queued");
    }
}
