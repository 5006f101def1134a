//! Leaving an organization: whoever is in it may, but for the owner; it is asked once more, and written to the audit log.

use crate::reading::{seen, text_of};
use crate::scene::{browsing, page_of, team};
use crate::structure::check_page;
use crate::support::client::Team;
use crate::support::scene::{audited, notified, seats};
use crate::support::{Answer, Client};

fn leave_path(team: &mut Team, email: &str) -> String {
    let member = team.member(email);
    page_of(team, &format!("/members/{member}/leave"))
}

fn asked(person: &mut Client, path: &str) -> Answer {
    let page = person.get(path);
    assert_eq!(page.status, 200, "{}", page.text());
    check_page(&page);
    page
}

#[test]
fn whoever_is_in_leaves_and_is_out_at_once() {
    for (role, email) in
        [("client", "ana@client.test"), ("member", "mia.member@studio.test"), ("admin", "adam@studio.test")]
    {
        let mut team = team();
        let mut person = browsing(team.joined(email, role));
        let member = team.member(email);
        let workspace = team.workspace();
        let path = leave_path(&mut team, email);
        let taken = seats(&team);
        assert!(
            person.get(&format!("/w/{workspace}")).text().contains(&format!("href=\"{path}\"")),
            "{role}"
        );
        assert!(
            person.get(path.trim_end_matches("/leave")).text().contains(&format!("href=\"{path}\"")),
            "{role}"
        );
        let before = team.world.state().database.borrow().dump();
        let page = asked(&mut person, &path);
        assert_eq!(text_of(&page.text(), "h1"), "Leave Example Studio?");
        assert!(seen(&page.text()).contains("You come back only if somebody there invites you again."));
        assert_eq!(team.world.state().database.borrow().dump(), before, "asking changes nothing");
        let left = person.submit(&path, &path, &[]);
        assert_eq!((left.status.as_u16(), left.header("location")), (303, Some("/me")), "{role}");
        let own = person.get("/me");
        check_page(&own);
        assert!(seen(&own.text()).contains("You left Example Studio."), "{}", seen(&own.text()));
        assert_eq!(person.get(&format!("/w/{workspace}")).status, 404, "{role}");
        assert_eq!(
            audited(&team, &member).last().unwrap(),
            &("member.removed".to_owned(), member.clone()),
            "{role}"
        );
        assert!(!notified(&team, &member).contains(&"member.removed".to_owned()), "they know");
        let expected = if role == "client" { taken } else { (taken.0 - 1, taken.1) };
        assert_eq!(seats(&team), expected, "{role}");
        assert_eq!(person.submit("/me", &path, &[]).status, 404, "once is enough");
    }
}

#[test]
fn nobody_leaves_for_somebody_else_and_the_owner_stays() {
    let mut team = team();
    let ana = browsing(team.joined("ana@client.test", "client"));
    let adam = browsing(team.joined("adam@studio.test", "admin"));
    let mut owner = browsing(team.owner.clone());
    let (of_ana, of_owner) =
        (leave_path(&mut team, "ana@client.test"), leave_path(&mut team, "olga.owner@studio.test"));
    let before = team.world.state().database.borrow().dump();
    for (person, path, status) in
        [(&owner, &of_ana, 403), (&adam, &of_ana, 403), (&ana, &of_owner, 403), (&owner, &of_owner, 409)]
    {
        let mut person = person.clone();
        assert_eq!(person.get(path).status, status, "{path}");
        let answer = person.submit("/me/security", path, &[]);
        check_page(&answer);
        assert_eq!(answer.status, status, "{path}");
    }
    assert_eq!(team.world.state().database.borrow().dump(), before);
    let own = of_owner.trim_end_matches("/leave");
    assert!(!owner.get(own).text().contains("/leave"), "nothing that can't be done is offered");
}

/// The API's way is `DELETE` of oneself.
#[test]
fn a_program_leaves_by_deleting_who_it_is() {
    let mut team = team();
    for (role, email) in [("client", "ana@client.test"), ("member", "mia.member@studio.test")] {
        let mut person = team.joined(email, role);
        let member = team.member(email);
        let other = team.member("olga.owner@studio.test");
        assert_eq!(person.delete(&format!("/v1/members/{other}")).refusal().0, 403, "{role}");
        assert_eq!(person.delete(&format!("/v1/members/{member}")).status, 204, "{role}");
        assert_eq!(person.get(&format!("/v1/members/{member}")).status, 404, "{role}");
    }
    let owner = team.member("olga.owner@studio.test");
    let refused = team.owner.delete(&format!("/v1/members/{owner}"));
    assert_eq!(refused.refusal(), (409, "last_owner".to_owned()));
}
