//! A draft that begins with what an invitation offers: to change it, or to invite somebody once more.

use super::*;
use crate::reading::seen;
use crate::support::platform::Cost;

/// A client who was invited to approve on one account, with a permission of their own.
fn invited(wizard: &mut Wizard) -> (String, String) {
    let account = wizard.team.resource("facebook");
    let body = json!({
        "kind": "email", "role": "client", "email": CARL, "name": "Carl Client", "nickname": "Spring",
        "access": {
            "resources": [{"id": account, "approve": true}], "permissions": ["posts.view"],
            "addable_kinds": ["linkedin"], "require_mfa": true,
        },
    });
    let id = wizard.team.owner.post(&wizard.team.path("/invitations"), &body).ok().str("/id");
    (id, account)
}

/// Presses the button of its page that makes a draft of it.
fn begin(wizard: &mut Wizard, id: &str) {
    let page = wizard.start.replace("/team/invite", &format!("/invitations/{id}"));
    let nonce = nonce_in(&wizard.who.get(&page).text());
    let answer = wizard.who.post_form(&format!("{page}/draft"), &[("nonce", &nonce)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").unwrap().clone_into(&mut wizard.at);
}

/// What it gives is changed where it was chosen, and nothing else of it.
#[test]
fn what_an_open_invitation_gives_is_changed_in_the_same_steps() {
    let mut wizard = Wizard::of("publishing");
    let (id, account) = invited(&mut wizard);
    let other = wizard.team.resource("linkedin");
    let before = wizard.invitation();
    begin(&mut wizard, &id);
    let review = seen(&wizard.page());
    for fact in [
        "Check and save",
        CARL,
        "A facebook",
        "They approve on A facebook",
        "LinkedIn",
        "Customized",
        "only with it",
    ] {
        assert!(review.contains(fact), "{fact} in {review}");
    }
    assert!(!review.contains("has an open invitation"), "it is this one: {review}");
    // Nothing was changed yet.
    wizard.go(&[]);
    assert!(seen(&wizard.page()).contains("Nothing was changed."));

    begin(&mut wizard, &id);
    let check = wizard.at.clone();
    wizard.at = check.replace("/check", "/accounts?change");
    wizard.go(&[("change", "yes"), ("resources", "listed"), ("resource", &other)]);
    assert_eq!(wizard.at, check);
    wizard.go(&[]);
    assert!(wizard.at.ends_with(&format!("/invitations/{id}")), "{}", wizard.at);
    let page = seen(&wizard.page());
    assert!(page.contains("Saved.") && page.contains("A linkedin"), "{page}");
    let after = wizard.invitation();
    assert_eq!(after["access"]["resources"][0]["id"], other);
    assert_eq!(after["access"]["resources"].as_array().unwrap().len(), 1, "in the place of {account}");
    for field in ["id", "email", "name", "nickname", "role", "expires_at", "workspace_ids"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!((wizard.invitations(), wizard.drafts()), (1, 0));
}

/// A link's page has the same button; what its copies give is what it gives when somebody joins.
#[test]
fn what_a_link_gives_is_changed_too() {
    let mut wizard = Wizard::of("publishing");
    let body =
        json!({"kind": "link", "role": "client", "nickname": "Spring", "access": {"require_mfa": true}});
    let id = wizard.team.owner.post(&wizard.team.path("/invitations"), &body).ok().str("/id");
    begin(&mut wizard, &id);
    let check = wizard.at.clone();
    wizard.at = check.replace("/check", "/permissions?change");
    wizard.go(&[("change", "yes"), ("permissions", "default")]);
    wizard.go(&[]);
    assert!(seen(&wizard.page()).contains("Saved."));
    assert_eq!(wizard.invitation()["access"]["require_mfa"], false);
}

/// Who declined, or was too late, is invited once more with all that was chosen for them.
#[test]
fn a_settled_invitation_is_made_again_with_all_that_it_gave() {
    let mut wizard = Wizard::of("publishing");
    let (id, _) = invited(&mut wizard);
    let old = wizard.invitation();
    wizard.team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    wizard.team.world.pass(std::time::Duration::from_millis(1));
    begin(&mut wizard, &id);
    assert_eq!(wizard.team.world.last_cost(), Cost { d1: 2, kv: 0 });
    assert!(seen(&wizard.page()).contains("Send invitation to carl.client@client.test"));
    wizard.go(&[]);
    let new = wizard.invitation();
    assert_ne!(new["id"], old["id"]);
    for field in ["email", "name", "nickname", "role", "access", "workspace_ids"] {
        assert_eq!(new[field], old[field], "{field}");
    }
}

/// An admin has everything, so there is nothing to change; and nobody begins what they may not invite.
#[test]
fn a_draft_is_made_by_whoever_may_invite_the_role() {
    let mut wizard = Wizard::of("publishing");
    let body = json!({"kind": "email", "role": "admin", "email": CARL});
    let id = wizard.team.owner.post(&wizard.team.path("/invitations"), &body).ok().str("/id");
    let page = wizard.start.replace("/team/invite", &format!("/invitations/{id}"));
    assert!(!wizard.who.get(&page).text().contains("Change what it gives"));
    let mia = wizard.team.joined("mia.member@studio.test", "member");
    let mut wizard = wizard.by(mia);
    let nonce = nonce_in(&wizard.who.get("/me").text());
    let refused = wizard.who.post_form(&format!("{page}/draft"), &[("nonce", &nonce)]);
    assert_eq!((refused.status.as_u16(), wizard.drafts()), (403, 0));
}

/// What was answered stays where the same person is meant.
#[test]
fn a_change_of_whom_it_is_for_asks_anew_and_no_change_does_not() {
    let mut wizard = Wizard::of("client-portal");
    wizard.meet_a_client(CARL);
    while wizard.step() != "check" {
        wizard.go(&[]);
    }
    let who = wizard.at.replace("/check", "/who?change");
    wizard.at.clone_from(&who);
    wizard.go(&[("change", "yes"), ("who", "client")]);
    assert_eq!(wizard.step(), "check");
    wizard.at = who;
    wizard.go(&[("change", "yes"), ("who", "staff")]);
    assert_eq!(wizard.step(), "person");
}

/// Of two who change it at the same time, the later one is told, and takes nothing back.
#[test]
fn a_change_that_was_begun_before_another_is_told_and_takes_nothing_back() {
    let mut wizard = Wizard::of("publishing");
    let (id, _) = invited(&mut wizard);
    begin(&mut wizard, &id);
    let later = wizard.at.clone();
    begin(&mut wizard, &id);
    for at in [&wizard.at.clone(), &later] {
        wizard.at = at.replace("/check", "/permissions?change");
        wizard.go(&[("change", "yes"), ("permissions", "default")]);
        assert_eq!(wizard.at, *at);
        let sent = wizard.send(&[]);
        if *at == later {
            assert_eq!(sent.status, 409);
            assert!(seen(&sent.text()).contains("It was changed meanwhile, so nothing was saved."));
        }
    }
    assert_eq!(wizard.drafts(), 1, "and nothing that they chose is lost");
}

/// Whoever handed a link over is told that it gives nothing any more.
#[test]
fn a_change_says_what_became_of_the_copied_links() {
    for (send, words) in
        [(false, "copy it again, and give them the new one"), (true, "The link in the e-mail still works.")]
    {
        let mut wizard = Wizard::of("publishing");
        let account = wizard.team.resource("facebook");
        let body = json!({"kind": "email", "role": "client", "email": CARL, "send_email": send,
                          "access": {"resources": [{"id": account}]}});
        let id = wizard.team.owner.post(&wizard.team.path("/invitations"), &body).ok().str("/id");
        begin(&mut wizard, &id);
        wizard.at = wizard.at.replace("/check", "/accounts?change");
        wizard.go(&[("change", "yes"), ("resources", "listed")]);
        wizard.go(&[]);
        assert!(seen(&wizard.page()).contains(words), "{words}");
    }
}

/// An account that was deleted since is given to nobody, and stands in nobody's way.
#[test]
fn an_account_that_is_gone_is_left_out() {
    let mut wizard = Wizard::of("publishing");
    let (id, account) = invited(&mut wizard);
    let other = wizard.team.resource("linkedin");
    let both = json!({"access": {"resources": [{"id": account, "approve": true}, {"id": other}]}});
    wizard.team.owner.patch(&format!("/v1/invitations/{id}"), &both).ok();
    wizard.team.owner.delete(&format!("/v1/resources/{account}"));
    begin(&mut wizard, &id);
    let review = seen(&wizard.page());
    assert!(review.contains("A linkedin") && !review.contains("They approve on"), "{review}");
    wizard.go(&[]);
    assert_eq!(wizard.invitation()["access"]["resources"].as_array().unwrap().len(), 1);
}

/// S3-15: what a plan has no longer is not asked for again, and what else it gives can be changed.
#[test]
fn permissions_of_a_plan_that_is_over_stay_as_they_are() {
    let mut wizard = Wizard::of("publishing");
    let (id, account) = invited(&mut wizard);
    crate::support::scene::plan(&wizard.team, None, "[]");
    let before = wizard.invitation();
    begin(&mut wizard, &id);
    let check = wizard.at.clone();
    wizard.at = check.replace("/check", "/permissions?change");
    assert!(seen(&wizard.page()).contains("As they are now"));
    wizard.at = check.replace("/check", "/accounts?change");
    wizard.go(&[("change", "yes"), ("resources", "listed"), ("resource", &account)]);
    wizard.go(&[]);
    assert!(seen(&wizard.page()).contains("Saved."), "{}", seen(&wizard.page()));
    let after = wizard.invitation();
    assert_eq!(after["access"]["permissions"], before["access"]["permissions"]);
    assert_eq!(after["access"]["resources"][0]["approve"], false);
}

/// S3-07: whoever was to reach everything begins with nothing as somebody else, and is asked all of it.
#[test]
fn an_admin_who_is_invited_again_as_a_member_is_given_nothing_unasked() {
    let mut wizard = Wizard::of("publishing");
    let body = json!({"kind": "email", "role": "admin", "email": CARL});
    let id = wizard.team.owner.post(&wizard.team.path("/invitations"), &body).ok().str("/id");
    wizard.team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    wizard.team.resource("facebook");
    begin(&mut wizard, &id);
    wizard.at = wizard.at.replace("/check", "/person?change");
    wizard.go(&[("change", "yes"), ("role", "member"), ("email", CARL), ("how", "mail")]);
    assert_eq!(wizard.step(), "accounts");
    assert!(seen(&wizard.page()).contains("0 of 1 selected"));
}

/// Whom an open invitation is for is changed on its own page: its draft has no such steps.
#[test]
fn whom_it_is_for_is_no_step_of_a_change() {
    let mut wizard = Wizard::of("publishing");
    let (id, _) = invited(&mut wizard);
    begin(&mut wizard, &id);
    let check = wizard.at.clone();
    for step in ["who", "person"] {
        let path = check.replace("/check", &format!("/{step}"));
        assert_eq!(wizard.who.get(&path).header("location"), Some(&*check));
        wizard.at.clone_from(&check);
        let nonce = nonce_in(&wizard.page());
        let sent = wizard.who.post_form(&path, &[("nonce", &nonce), ("who", "link")]);
        assert_eq!(sent.header("location"), Some(&*check));
    }
}

/// A link that was withdrawn is made once more with what it gave.
#[test]
fn a_settled_link_is_made_again() {
    let mut wizard = Wizard::of("publishing");
    let body =
        json!({"kind": "link", "role": "client", "nickname": "Spring", "access": {"require_mfa": true}});
    let id = wizard.team.owner.post(&wizard.team.path("/invitations"), &body).ok().str("/id");
    wizard.team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    let page = wizard.start.replace("/team/invite", &format!("/invitations/{id}"));
    assert!(wizard.who.get(&page).text().contains("Make one like it"));
    begin(&mut wizard, &id);
    let review = seen(&wizard.page());
    assert!(review.contains("Check and make the link") && review.contains("Spring"), "{review}");
}

/// What was settled while it was looked over leads to its page, which says what became of it.
#[test]
fn an_invitation_that_is_settled_meanwhile_is_changed_no_more() {
    let mut wizard = Wizard::of("publishing");
    let (id, _) = invited(&mut wizard);
    begin(&mut wizard, &id);
    wizard.team.owner.post(&format!("/v1/invitations/{id}/revoke"), &json!({})).ok();
    wizard.go(&[]);
    assert!(wizard.at.ends_with(&format!("/invitations/{id}")), "{}", wizard.at);
    assert!(seen(&wizard.page()).contains("It is not open any more, so nothing of yours was saved."));
    assert_eq!(wizard.invitations(), 1);
}
