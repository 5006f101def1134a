//! One's own page: the workspaces, page by page, and the invitations that wait for the address that one has proved.
//!
//! The rule: an invitation is shown only to whoever proved its address, and never with what opens it (V5, V6).

use crate::reading::seen;
use crate::scene::{MIA, PRODUCT, browsing, team};
use crate::structure::check_page;
use crate::support::client::Team;
use crate::support::scene::{somebody, workspace};
use crate::support::{Answer, Client};

fn page(person: &mut Client) -> String {
    let page = person.get("/me").ok();
    check_page(&page);
    page.text()
}

fn open(person: &mut Client, id: &str) -> Answer {
    person.submit("/me", "/me/invitations", &[("invitation", id)])
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
    team.world.pass(std::time::Duration::from_hours(6 * 24));
    assert!(seen(&page(&mut mia)).contains("Works until 28 November 2026, 22:00 UTC"), "to the minute");
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
fn it_is_opened_and_accepted_or_declined_with_no_mail() {
    let mut team = team();
    let mut mia = browsing(somebody(&team.world, MIA));
    for (decides, said) in [("/decline", "You declined the invitation"), ("", "You joined Example Studio.")] {
        let id = team.invited(MIA, "member");
        let before = mails(&team);
        let opened = open(&mut mia, &id);
        assert_eq!(opened.status, 303, "{}", opened.text());
        let at = opened.header("location").unwrap().to_owned();
        assert!(at.starts_with("/i/"), "{at}");
        assert!(seen(&mia.get(&at).ok().text()).contains("Join Example Studio"));
        let path = format!("{at}{decides}");
        let done = mia.submit(&path, &path, &[]);
        let text = match done.header("location") {
            Some(to) => mia.get(to).ok().text(),
            None => done.text(),
        };
        assert!(seen(&text).contains(said), "{text}");
        if !decides.is_empty() {
            assert!(
                !seen(&text).contains("account") && seen(&text).contains("Go to your workspaces"),
                "{text}"
            );
        }
        assert!(!page(&mut mia).contains(&id), "it waits no more");
        assert_eq!(mails(&team), before, "no mail was sent for it");
    }
}

/// A link of an invitation is good for its person alone, however it is come by.
#[test]
fn nobody_opens_another_persons() {
    let mut team = team();
    let mut mia = browsing(somebody(&team.world, MIA));
    let other = browsing(somebody(&team.world, "alex@other.test"));
    let id = team.invited(MIA, "member");
    for (person, id) in [(&other, id.as_str()), (&mia, "inv_1"), (&mia, "inv_01h455vb4pex5vsknk084sn02q")] {
        let mut person = person.clone();
        let answer = person.submit("/me/security", "/me/invitations", &[("invitation", id)]);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/me")), "{id}");
        assert!(seen(&page(&mut person)).contains("That invitation does not wait for you any more."), "{id}");
    }
    let at = open(&mut mia, &id).header("location").unwrap().to_owned();
    let mut other = other;
    assert!(seen(&other.get(&at).ok().text()).contains("This invitation is for another address"));
    other.submit(&at, &at, &[]);
    assert_eq!(team.world.count("SELECT count(*) FROM redemptions"), 1, "the owner's own");
    let mut nobody = Client::new(team.world.clone());
    let page = nobody.get(&at).ok().text();
    assert!(!page.contains(MIA), "signed out it tells nothing: {page}");
}

/// S0-24: whoever is in one organization alone finds its brand on their own pages too, and where there is nothing; whoever is in
/// two, or none, the product's.
#[test]
fn ones_own_pages_bear_the_brand_of_the_only_organization() {
    let mut team = team();
    let mut mia = browsing(team.joined(MIA, "client"));
    let brand = |page: &Answer| {
        check_page(page);
        seen(page.text().split("class=\"brand\"").nth(1).unwrap().split("</a>").next().unwrap())
    };
    for path in ["/me", "/me/security", "/me/notifications", "/w/wsp_01h455vb4pex5vsknk084sn02q"] {
        let page = mia.get(path);
        assert!(brand(&page).contains("Example Studio"), "{path} {}", brand(&page));
        assert!(page.text().contains("href=\"/me/security\""), "the ways on: {path}");
        assert!(!page.text().contains(PRODUCT), "{path}");
    }
    let other = team.world.operator().create_organization("Other Studio", MIA);
    team.world.deliver();
    let token = team.world.mailed_token(MIA);
    mia.post("/v1/invitations/accept", &serde_json::json!({"token": token})).ok();
    assert!(brand(&mia.get("/me")).contains(PRODUCT), "{other}");
    let nobody = browsing(somebody(&team.world, "alex@other.test")).get("/me");
    assert!(brand(&nobody).contains(PRODUCT));
}

/// One press mails the link that confirms it.
#[test]
fn an_address_that_nobody_confirmed_is_confirmed_from_here() {
    let team = team();
    let mut mia = browsing(somebody(&team.world, MIA));
    team.world.state().database.borrow().change("UPDATE users SET email_verified_at = NULL");
    let before = mails(&team);
    let text = page(&mut mia);
    assert!(seen(&text).contains("Your address is not confirmed yet"), "{}", seen(&text));
    let sent = mia.submit("/me", "/forgot-password", &[("email", MIA)]);
    check_page(&sent);
    assert!(seen(&sent.text()).contains("Check your e-mail"));
    assert_eq!(mails(&team), before + 1);
    let way = mia.get("/me/security/email").text();
    assert!(
        way.contains("Send me the link") && way.contains("name=\"to\" value=\"/me/security/email\""),
        "{way}"
    );
}
