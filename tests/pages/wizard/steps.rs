//! Which steps there are, for whom, and that nothing which was typed is lost on the way.

use super::*;
use crate::reading::{seen, text_of};

/// S3-03, S3-04, S2-03: it begins with whom, and goes on to who it is.
#[test]
fn it_begins_with_whom_and_asks_nothing_of_a_draft_before() {
    let mut wizard = Wizard::of("publishing");
    let before = wizard.team.world.state().database.borrow().dump();
    let page = wizard.page();
    assert_eq!(text_of(&page, "title"), "Who are you inviting? (Step 1 of 5) – Example Studio");
    let text = seen(&page);
    for words in ["Staff", "Client", "A link for many clients"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert_eq!(wizard.team.world.state().database.borrow().dump(), before, "looking makes no draft");
    let nothing = wizard.send(&[]);
    assert_eq!(nothing.status, 422);
    assert!(seen(&nothing.text()).contains("Choose whom you want to invite."));
    assert_eq!(wizard.drafts(), 0);
    wizard.go(&[("who", "client")]);
    assert_eq!((wizard.step(), wizard.drafts()), ("person", 1));
    assert_eq!(text_of(&wizard.page(), "h1"), "Who is it?");
}

/// Somebody who is invited again is known already.
#[test]
fn an_address_that_is_known_is_filled_in() {
    let mut wizard = Wizard::of("publishing");
    wizard.at.push_str("?email=carl.client%40client.test&who=client");
    let page = wizard.page();
    assert!(page.contains("value=\"client\" autocomplete=\"off\" checked"));
    assert!(page.contains("type=\"hidden\" name=\"email\" value=\"carl.client@client.test\""));
    wizard.at = wizard.start.clone();
    wizard.go(&[("who", "client"), ("email", CARL)]);
    assert!(wizard.page().contains("value=\"carl.client@client.test\""));
}

/// S4-02: from a workspace's page, the workspace is known.
#[test]
fn a_workspace_that_is_known_is_chosen() {
    let mut wizard = Wizard::of("client-portal");
    let north = scene::workspace(&wizard.team, "North");
    wizard.at = format!("{}?who=client&workspace_ids={north}&nonce=x&resource=y", wizard.start);
    let page = wizard.page();
    assert!(page.contains(&format!("type=\"hidden\" name=\"workspace_ids\" value=\"{north}\"")));
    assert!(!page.contains("name=\"resource\""), "and nothing else is carried along");
    wizard.at = wizard.start.clone();
    wizard.go(&[("who", "client"), ("workspace_ids", &north)]);
    wizard.go(&[("email", CARL), ("how", "mail")]);
    assert!(wizard.page().contains(&format!("value=\"{north}\" autocomplete=\"off\" checked")));
}

/// S3-05: whoever may invite clients only is not asked whom; and the server lets them invite nobody else.
#[test]
fn a_staff_member_s_wizard_begins_with_the_client() {
    let mut team = Team::of("reporting");
    let mia = team.joined("mia.member@studio.test", "member");
    let mut wizard = Wizard::in_team(team).by(mia);
    let page = wizard.page();
    assert_eq!(text_of(&page, "h1"), "Who is it?");
    assert!(seen(&page).contains("You can invite clients. Ask an admin to add staff."));
    assert_eq!(wizard.send(&[("who", "staff"), ("email", CARL), ("role", "admin")]).status, 403);
    assert_eq!(wizard.drafts(), 0);
    wizard.go(&[("who", "client"), ("email", CARL), ("role", "admin"), ("how", "mail")]);
    assert_eq!(wizard.step(), "accounts");
    for _ in 0..2 {
        wizard.go(&[]);
    }
    wizard.go(&[]);
    assert_eq!(wizard.invitation()["role"], "client");
}

/// S3-05: a forged address of the first step is refused as well.
#[test]
fn a_staff_member_who_goes_back_to_the_first_step_still_invites_clients_only() {
    let mut team = Team::of("reporting");
    let mia = team.joined("mia.member@studio.test", "member");
    let mut wizard = Wizard::in_team(team).by(mia);
    wizard.go(&[("who", "client"), ("email", CARL), ("how", "mail")]);
    wizard.at = wizard.at.replace("/accounts", "/who");
    assert_eq!(wizard.send(&[("who", "staff")]).status, 403);
    wizard.at = wizard.at.replace("/who", "/check");
    assert_eq!(wizard.send(&[]).status, 403);
    assert_eq!(wizard.invitations(), 1, "Mia's own alone");
}

/// An admin has everything, so nobody asks what.
#[test]
fn for_an_admin_there_are_neither_accounts_nor_permissions() {
    let mut wizard = Wizard::of("publishing");
    wizard.go(&[("who", "staff")]);
    assert!(wizard.page().contains("Reaches every workspace"));
    wizard.go(&[("role", "admin"), ("email", "adam@studio.test"), ("how", "mail")]);
    assert_eq!(wizard.step(), "check");
    let text = seen(&wizard.page());
    assert!(text.contains("Everything, in every workspace."), "{text}");
    assert!(text.contains("Uses 1 seat: every admin does. 1 of 25 would be taken or reserved."), "{text}");
    wizard.go(&[]);
    assert_eq!(wizard.invitation()["role"], "admin");
}

/// Workspaces are asked for where there are several.
#[test]
fn workspaces_are_asked_for_where_there_are_several() {
    let mut wizard = Wizard::of("publishing");
    let north = scene::workspace(&wizard.team, "North");
    wizard.meet_a_client(CARL);
    assert_eq!(wizard.step(), "workspaces");
    let none = wizard.send(&[]);
    assert_eq!(none.status, 422);
    assert!(seen(&none.text()).contains("Choose at least one workspace."));
    wizard.go(&[("workspace_ids", &north)]);
    let page = scene::resource(&wizard.team, &north, "facebook");
    assert!(wizard.page().contains(&page), "what is there can be given");
    wizard.go(&[("resource", &page)]);
    wizard.go(&[]);
    assert!(seen(&wizard.page()).contains("Workspaces North Change"));
    wizard.go(&[]);
    let invitation = wizard.invitation();
    assert_eq!(invitation["workspace_ids"], json!([north]));
    assert_eq!(invitation["access"]["resources"][0]["id"], json!(page));
}

/// S2-13 to S2-15: whose credentials is asked only where a permission works with some, of each account that is given.
#[test]
fn credentials_are_asked_for_only_where_they_count() {
    let mut wizard = Wizard::of("publishing");
    let page = wizard.team.resource("facebook");
    wizard.meet_a_client(CARL);
    wizard.go(&[("resource", &page), ("approve", &page)]);
    wizard.go(&[("permissions", "default")]);
    assert_eq!(wizard.step(), "check", "only looking and approving");
    wizard.at = wizard.at.replace("/check", "/permissions");
    wizard.go(&[("permissions", "customize"), ("permission", "posts.write.create")]);
    assert_eq!(wizard.step(), "credentials");
    let text = seen(&wizard.page());
    assert!(text.contains("You reconnect the account on their behalf."), "{text}");
    assert!(text.contains("They reconnect it, and need access to the account itself."), "{text}");
    let field = format!("credentials/{page}");
    wizard.go(&[(&field, "member")]);
    let review = wizard.page();
    assert!(seen(&review).contains("Credentials Their own Change"), "{}", seen(&review));
    // The answer is changed where it was given, and the review comes next.
    wizard.at = wizard.at.replace("/check", "/credentials?change");
    assert!(review.contains(&format!("href=\"{}\"", wizard.at)), "{review}");
    wizard.go(&[(&field, "owner"), ("change", "yes")]);
    assert!(seen(&wizard.page()).contains("Credentials The owner’s Change"));
    wizard.at = wizard.at.replace("/check", "/credentials");
    wizard.go(&[(&field, "member")]);
    // A choice that counts no more is not sent, and comes back when it does.
    wizard.at = wizard.at.replace("/check", "/permissions");
    wizard.go(&[("permissions", "default"), ("permission", "posts.write.create")]);
    assert_eq!(wizard.step(), "check");
    wizard.at = wizard.at.replace("/check", "/permissions");
    wizard.go(&[("permissions", "customize"), ("permission", "posts.write.create")]);
    wizard.at = wizard.at.replace("/credentials", "/check");
    wizard.go(&[]);
    let grant = &wizard.invitation()["access"]["resources"][0];
    assert_eq!(grant, &json!({"id": page, "approve": true, "credentials": "member"}));
}

#[test]
fn going_back_keeps_what_was_typed() {
    let mut wizard = Wizard::of("publishing");
    wizard.go(&[("who", "client")]);
    wizard.go(&[("email", "half an addr"), ("name", "Carl <Client>"), ("back", "yes")]);
    assert_eq!(wizard.step(), "who");
    assert!(wizard.page().contains("value=\"client\" autocomplete=\"off\" checked"));
    wizard.go(&[("who", "client")]);
    let page = wizard.page();
    assert!(page.contains("value=\"half an addr\"") && page.contains("value=\"Carl &#60;Client&#62;\""));
}

#[test]
fn an_error_keeps_what_was_typed_even_for_later() {
    let mut wizard = Wizard::of("publishing");
    wizard.go(&[("who", "client")]);
    let wrong = wizard.send(&[
        ("email", "carl"),
        ("name", "www.spam.test"),
        ("nickname", "Spring"),
        ("message", "Hello"),
        ("how", "link"),
    ]);
    assert_eq!(wrong.status, 422);
    for page in [wrong.text(), wizard.page()] {
        for typed in ["value=\"carl\"", "value=\"www.spam.test\"", "value=\"Spring\"", "Hello</textarea>"] {
            assert!(page.contains(typed), "{typed} in {page}");
        }
        assert!(page.contains("value=\"link\" autocomplete=\"off\" checked"));
    }
    assert!(wrong.text().contains("href=\"#email\"") && wrong.text().contains("href=\"#name\""));
}

/// A change leads back to where everything is checked.
#[test]
fn a_change_leads_back_to_the_check() {
    let mut wizard = Wizard::of("client-portal");
    wizard.meet_a_client(CARL);
    wizard.go(&[]);
    assert_eq!(wizard.step(), "check");
    let page = wizard.page();
    let change = page.split("href=\"").find_map(|rest| {
        let path = rest.split('"').next().unwrap();
        path.ends_with("/person?change").then(|| path.to_owned())
    });
    wizard.at = change.unwrap();
    wizard.go(&[("change", "yes"), ("email", "carla@client.test"), ("how", "mail")]);
    assert_eq!(wizard.step(), "check");
    assert!(seen(&wizard.page()).contains("Send invitation to carla@client.test"));
}
