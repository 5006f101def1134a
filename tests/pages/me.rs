//! One's own page: the workspaces, page by page, and the invitations that wait for the address that one has proved.
//!
//! The rule: an invitation is shown only to whoever proved its address, and never with what opens it (V5, V6).

use serde_json::json;

use crate::reading::seen;
use crate::scene::{MIA, browsing, team};
use crate::structure::check_page;
use crate::support::client::{Team, nonce_in};
use crate::support::scene::{somebody, workspace};
use crate::support::{Answer, Client};

fn page(person: &mut Client) -> String {
    let page = person.get("/me").ok();
    check_page(&page);
    page.text()
}

fn send(person: &mut Client, id: &str) -> Answer {
    let answer = person.submit("/me", "/me/invitations", &[("invitation", id)]);
    if answer.status != 303 {
        check_page(&answer);
    }
    answer
}

fn mails(team: &Team) -> i64 {
    team.world.deliver();
    team.world.count("SELECT count(*) FROM mailbox")
}

#[test]
fn many_workspaces_are_listed_page_by_page() {
    let mut team = team();
    for number in 0..60 {
        workspace(&team, &format!("Place {number:02}"));
    }
    let mut owner = browsing(team.owner.clone());
    let (mut at, mut met) = ("/me".to_owned(), Vec::new());
    loop {
        let page = owner.get(&at).ok();
        check_page(&page);
        let text = page.text();
        met.extend(text.split("href=\"/w/").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
        let Some(next) = text.split("href=\"/me?cursor=").nth(1) else { break };
        at = format!("/me?cursor={}", next.split('"').next().unwrap());
    }
    assert_eq!(met.len(), 61);
    met.sort();
    met.dedup();
    assert_eq!(met.len(), 61, "each once");
    assert!(owner.get(&at).text().contains("First page"));
    drop(team.workspace());
}

/// V5, V6: who invites, until when; no link, no token, and the same page for whoever didn't prove the address.
#[test]
fn an_invitation_waits_for_whoever_proved_its_address() {
    let mut team = team();
    let mut mia = browsing(somebody(&team.world, MIA));
    assert!(!seen(&page(&mut mia)).contains("Invitations for you"));
    let id = team.invited(MIA, "member");
    let text = page(&mut mia);
    let words = seen(&text);
    assert!(words.contains("Invitations for you"), "{words}");
    assert!(words.contains("Example Studio From Olga Owner · Works until 28 November 2026"), "{words}");
    assert!(!text.contains("/i/") && !text.contains("eyJ0"), "no link: {text}");
    let mut other = browsing(somebody(&team.world, "alex@other.test"));
    assert!(!page(&mut other).contains(&id));
    team.world.state().database.borrow().change("UPDATE users SET email_verified_at = NULL");
    assert!(!page(&mut mia).contains(&id), "nobody proved it");
    team.world.state().database.borrow().change("UPDATE users SET email_verified_at = 1");
    for end in
        ["revoked_at = 1", "declined_at = 1", "disabled_at = 1", "expires_at = 1000", "accepted_at = 1"]
    {
        let column = end.split(' ').next().unwrap();
        let was = if column == "expires_at" {
            "expires_at = 4000000000000".to_owned()
        } else {
            format!("{column} = NULL")
        };
        let change = |what: &str| {
            team.world
                .state()
                .database
                .borrow()
                .change(&format!("UPDATE invitations SET {what} WHERE id = '{id}'"));
        };
        change(end);
        assert!(!page(&mut mia).contains(&id), "{end}");
        change(&was);
    }
    assert!(page(&mut mia).contains(&id));
}

#[test]
fn its_mail_is_sent_again_to_that_address_and_its_link_works() {
    let mut team = team();
    let mut mia = browsing(somebody(&team.world, MIA));
    let id = team.invited(MIA, "member");
    team.world.deliver();
    let before = mails(&team);
    let old = team.world.mailed_token(MIA);
    let ends = team.owner.get(&format!("/v1/invitations/{id}")).ok().str("/expires_at");
    team.world.pass(std::time::Duration::from_mins(5));
    let sent = send(&mut mia, &id);
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert!(seen(&page(&mut mia)).contains("The invitation to Example Studio is on its way to you again."));
    assert_eq!(mails(&team), before + 1);
    let token = team.world.mailed_token(MIA);
    assert_ne!(token, old);
    assert_eq!(mia.get(&format!("/i/{old}")).status, 410, "the older link is dead");
    assert_eq!(
        team.owner.get(&format!("/v1/invitations/{id}")).ok().str("/expires_at"),
        ends,
        "it lives no longer for it"
    );
    let logged = team.owner.get(&team.path(&format!("/audit?subject={id}"))).ok().json();
    assert_eq!(logged["data"][0]["action"], "invitation.resent");
    assert_eq!(logged["data"][0]["actor"], "invitee");
    mia.post("/v1/invitations/accept", &json!({"token": token})).ok();
    assert!(!page(&mut mia).contains(&id), "they are in");
}

#[test]
fn nobody_has_another_persons_sent_nor_more_than_a_day_allows() {
    let mut team = team();
    let mut mia = browsing(somebody(&team.world, MIA));
    let other = browsing(somebody(&team.world, "alex@other.test"));
    let id = team.invited(MIA, "member");
    let before = mails(&team);
    for (person, id) in [(&other, id.as_str()), (&mia, "inv_1"), (&mia, "inv_01h455vb4pex5vsknk084sn02q")] {
        let mut person = person.clone();
        let answer = person.submit("/me/security", "/me/invitations", &[("invitation", id)]);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/me")), "{id}");
        assert!(seen(&page(&mut person)).contains("That invitation does not wait for you any more."), "{id}");
    }
    assert_eq!(mails(&team), before);
    let mut sent = 0;
    let refused = loop {
        let answer = send(&mut mia, &id);
        if answer.status != 303 {
            break answer;
        }
        sent += 1;
        team.world.deliver();
        assert!(sent < 100, "a day allows so many");
    };
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    assert!(nonce_in(&refused.text()).len() > 40);
    assert_eq!(mails(&team), before + sent);
}
