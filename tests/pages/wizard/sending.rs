//! What the last button does, and what is shown after it.

use super::*;
use crate::reading::seen;
use crate::support::client::PASSWORD;
use crate::support::platform::{password_token_in, token_in};

/// S2-16, S4-03, S4-05: sent by e-mail, and the list shows it without being loaded again.
#[test]
fn an_invitation_is_sent_and_stands_in_the_list() {
    let mut wizard = Wizard::of("client-portal");
    wizard.go(&[("who", "client")]);
    wizard.go(&[
        ("email", CARL),
        ("name", "Carl Client"),
        ("nickname", "Spring"),
        ("message", "Here you approve."),
        ("how", "mail"),
        ("expires_in", "86400"),
    ]);
    wizard.go(&[]);
    wizard.go(&[]);
    assert!(wizard.at.ends_with("/team?tab=invitations"), "{}", wizard.at);
    let text = seen(&wizard.who.get(&wizard.at.clone()).text());
    assert!(text.contains("Invitation sent to carl.client@client.test."), "{text}");
    assert!(text.contains("Carl Client"), "{text}");
    assert_eq!(wizard.drafts(), 0);
    let invitation = wizard.invitation();
    for (field, value) in
        [("nickname", "Spring"), ("message", "Here you approve."), ("delivery", "queued"), ("role", "client")]
    {
        assert_eq!(invitation[field], value, "{field}");
    }
    wizard.team.world.deliver();
    let token = wizard.team.world.mailed_token(CARL);
    wizard.team.world.client().accept(&token, "Carl Client").ok();
}

/// S3-09: without an e-mail the link is shown, to be handed over.
#[test]
fn a_link_to_hand_over_is_shown_and_works() {
    let mut wizard = Wizard::of("client-portal");
    wizard.go(&[("who", "client")]);
    wizard.go(&[("email", CARL), ("how", "link")]);
    wizard.go(&[]);
    let made = wizard.send(&[]);
    assert_eq!(made.status, 200);
    let text = seen(&made.text());
    assert!(
        text.contains(
            "The invitation is ready No e-mail was sent. Give this link to carl.client@client.test"
        )
    );
    wizard.team.world.deliver();
    assert_eq!(wizard.invitation()["delivery"], "none");
    let token = token_in(&made.text());
    wizard.team.world.client().accept(&token, "Carl Client").ok();
}

/// S2-17, S3-20: added at once, told by e-mail.
#[test]
fn somebody_is_added_at_once_and_told() {
    let mut wizard = Wizard::of("client-portal");
    wizard.go(&[("who", "client")]);
    let nameless = wizard.send(&[("email", CARL), ("how", "add"), ("notify", "yes")]);
    assert_eq!(nameless.status, 422);
    assert!(nameless.text().contains("href=\"#name\""), "whoever is added has a name");
    wizard.go(&[("email", CARL), ("name", "Carl Client"), ("how", "add"), ("notify", "yes")]);
    wizard.go(&[]);
    assert!(wizard.page().contains("Add Carl Client</button>"));
    wizard.go(&[]);
    assert!(wizard.at.ends_with("/team?tab=clients"), "{}", wizard.at);
    assert!(seen(&wizard.who.get(&wizard.at.clone()).text()).contains("Carl Client was added"));
    wizard.team.member(CARL);
    wizard.team.world.deliver();
    wizard.team.world.mailed_password_token(CARL);
}

/// S3-09: added without an e-mail, the link to a password is handed over.
#[test]
fn somebody_who_is_added_without_an_e_mail_gets_a_link_from_whoever_added_them() {
    let mut wizard = Wizard::of("client-portal");
    wizard.go(&[("who", "client")]);
    wizard.go(&[("email", CARL), ("name", "Carl Client"), ("how", "add")]);
    wizard.go(&[]);
    let made = wizard.send(&[]);
    assert_eq!(made.status, 200);
    assert!(seen(&made.text()).contains("Carl Client was added No e-mail was sent."));
    let token = password_token_in(&made.text());
    let set = json!({"token": token, "password": PASSWORD});
    wizard.team.world.client().post("/v1/password-resets/redeem", &set).ok();
}

/// S0-03, S0-04, S0-05, S0-06: a link for many clients, with what its page says.
#[test]
fn a_link_for_many_is_made_and_shown() {
    let mut wizard = Wizard::of("client-links");
    wizard.go(&[("who", "link")]);
    let wrong = wizard.send(&[("max_uses", "a few"), ("nickname", "Spring")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("href=\"#max_uses\"") && wrong.text().contains("value=\"a few\""));
    wizard.go(&[
        ("nickname", "Spring"),
        ("branding/name", "Spring Studio"),
        ("branding/message", "Welcome."),
        ("max_uses", "25"),
        ("expires_in", "7776000"),
    ]);
    wizard.go(&[("addable_kinds", "facebook"), ("addable_kinds", "instagram")]);
    wizard.go(&[]);
    assert!(wizard.page().contains("Make the link</button>"));
    let made = wizard.send(&[]);
    assert_eq!(made.status, 200);
    let invitation = wizard.invitation();
    assert_eq!(invitation["kind"], "link");
    assert_eq!(invitation["branding"], json!({"name": "Spring Studio", "message": "Welcome."}));
    assert_eq!(invitation["max_uses"], 25);
    assert_eq!(invitation["access"]["addable_kinds"], json!(["facebook", "instagram"]));
    let token = token_in(&made.text());
    let mut visitor = wizard.team.world.client().with_header("accept", "text/html");
    assert!(seen(&visitor.get(&format!("/i/{token}")).text()).contains("Spring Studio"));
}

/// Whose address it is already is told where it is typed, with a way there; and again where it is sent.
#[test]
fn an_address_that_is_known_leads_to_whose_it_is() {
    let mut team = Team::of("client-portal");
    team.invited(CARL, "client");
    team.joined("mia.member@studio.test", "member");
    let mut wizard = Wizard::in_team(team);
    wizard.go(&[("who", "client")]);
    for (email, words, way) in [
        (CARL, "has an open invitation.", "/invitations/inv_"),
        ("mia.member@studio.test", "is in the organization already.", "/members/mbr_"),
    ] {
        let known = wizard.send(&[("email", email), ("nickname", "Spring"), ("how", "mail")]);
        assert_eq!(known.status, 409);
        assert!(seen(&known.text()).contains(&format!("{email} {words}")), "{}", known.text());
        assert!(known.text().contains(way) && known.text().contains("value=\"Spring\""));
    }
    // Somebody else invites them meanwhile.
    wizard.go(&[("email", "ana@client.test"), ("how", "mail")]);
    wizard.go(&[]);
    wizard.team.invited("ana@client.test", "client");
    let late = wizard.send(&[]);
    assert_eq!(late.status, 409);
    assert!(seen(&late.text()).contains("ana@client.test has an open invitation."));
    assert_eq!(wizard.drafts(), 1);
}

/// What a day allows is told where the button is, with when to come again; nothing that was typed is lost.
#[test]
fn when_the_day_allows_no_more_it_is_said_and_what_was_typed_stays() {
    let mut wizard = Wizard::of("client-portal");
    wizard.meet_a_client(CARL);
    wizard.go(&[]);
    let day = wizard.team.world.now().seconds() / 86_400;
    wizard
        .team
        .world
        .state()
        .database
        .borrow()
        .change(&format!("INSERT INTO daily_counts (whose, day, count) VALUES ('{CARL}', {day}, 10)"));
    let refused = wizard.send(&[]);
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some("7200")));
    let text = seen(&refused.text());
    assert!(text.contains("As many invitations as one day allows were sent"), "{text}");
    assert!(text.contains(CARL), "{text}");
    assert_eq!((wizard.drafts(), wizard.invitations()), (1, 0));
    wizard.team.world.pass(std::time::Duration::from_hours(2));
    wizard.go(&[]);
    assert_eq!((wizard.drafts(), wizard.invitations()), (0, 1));
}
