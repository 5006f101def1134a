//! What can be given, and how it is told before it is.

use super::*;
use crate::reading::{seen, tags};

/// S3-07: of all there are none is chosen, and none is given.
#[test]
fn no_account_is_chosen_until_somebody_chooses_it() {
    let mut wizard = Wizard::of("reporting");
    for _ in 0..51 {
        wizard.team.resource("campaign");
    }
    wizard.meet_a_client(CARL);
    let page = wizard.page();
    assert!(seen(&page).contains("0 of 25 selected"), "{page}");
    assert!(!tags(&page).iter().any(|tag| tag.get("name") == "resource" && tag.has("checked")));
    wizard.go(&[]);
    wizard.go(&[]);
    // S3-10: said before it is sent, by the code that decides it later.
    let text = seen(&wizard.page());
    assert!(text.contains("No campaign is selected: they can sign in, but will see nothing"), "{text}");
    assert!(text.contains("Nothing, until they are given a campaign."), "{text}");
    wizard.go(&[]);
    assert_eq!(wizard.invitation()["access"]["resources"], json!([]));
}

/// S2-12, S0-15, S2-06: accounts with who approves, kinds that may be added, and a second factor.
#[test]
fn what_is_chosen_is_what_is_given() {
    let mut wizard = Wizard::of("client-links");
    let (page, other) = (wizard.team.resource("facebook"), wizard.team.resource("linkedin"));
    wizard.meet_a_client(CARL);
    wizard.go(&[
        ("resources", "listed"),
        ("resource", &page),
        ("resource", &other),
        ("approve", &page),
        ("addable_kinds", "facebook"),
    ]);
    wizard.go(&[("permissions", "customize"), ("permission", "posts.create"), ("require_mfa", "yes")]);
    let text = seen(&wizard.page());
    for words in [
        "Accounts A facebook and A linkedin They approve on A facebook. Change",
        "What they may add Facebook Change",
        "Permissions Customized More than by default: create, edit and schedule posts.",
        "Two-step sign-in They come in only with it Change",
        "Uses 1 seat: they may create, edit and schedule posts. 1 of 5 would be taken or reserved.",
        "View posts, create, edit and schedule posts and approve posts.",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    wizard.go(&[]);
    let access = wizard.invitation()["access"].clone();
    assert_eq!(access["permissions"], json!({"mode": "custom", "keys": ["posts.create"]}));
    assert_eq!(
        access["resources"],
        json!([{"id": page, "approve": true, "credentials": null}, {"id": other, "approve": false, "credentials": null}])
    );
    assert_eq!((&access["addable_kinds"], &access["require_mfa"]), (&json!(["facebook"]), &json!(true)));
}

#[test]
fn all_is_all_now_and_later() {
    let mut wizard = Wizard::of("client-links");
    let page = wizard.team.resource("facebook");
    wizard.meet_a_client(CARL);
    wizard.go(&[("resources", "all"), ("resource", &page)]);
    wizard.go(&[]);
    assert!(seen(&wizard.page()).contains("All accounts, now and later"));
    wizard.go(&[]);
    assert_eq!(wizard.invitation()["access"]["resources"], "all");
}

/// S3-12: the default in words. S3-16 to S3-18: every permission as a switch with its word, down to the metrics, General last.
#[test]
fn permissions_are_the_default_or_a_tree_of_switches() {
    let team = Team::of("reporting");
    let plan = json!({"key": "agency", "seat_limit": 25, "features": ["custom_client_permissions"]});
    team.world.operator().put(&team.path("/plan"), &plan).ok();
    let mut wizard = Wizard::in_team(team);
    wizard.meet_a_client(CARL);
    wizard.go(&[]);
    let page = wizard.page();
    let text = seen(&page);
    assert!(
        text.contains("Everything except: send messages, set tasks, create reports and edit reports."),
        "{text}"
    );
    let switches: Vec<String> = tags(&page)
        .iter()
        .filter(|tag| tag.get("role") == "switch")
        .map(|tag| tag.get("value").to_owned())
        .collect();
    let catalog = wizard.team.owner.get(&wizard.team.path("/catalog")).ok().json();
    assert_eq!(switches.len(), leaves(&catalog["permissions"]), "every permission there is");
    assert!(switches.contains(&"integrations.google_ads.cost".to_owned()), "down to the metrics");
    let places =
        ["Reports", "Integrations", "General"].map(|group| text.find(&format!(" {group} ")).unwrap());
    assert!(places.is_sorted(), "General last: {text}");
    assert!(text.contains("Reports 2 of 4 on") && text.contains("Google Ads 6 of 6 on"), "{text}");
    let on = tags(&page).iter().filter(|tag| tag.get("role") == "switch" && tag.has("checked")).count();
    assert_eq!(on, switches.len() - 4, "they begin as the default is");
}

fn leaves(nodes: &Value) -> usize {
    let of = |node: &Value| match node["children"].as_array().unwrap().len() {
        0 => 1,
        _ => leaves(&node["children"]),
    };
    nodes.as_array().unwrap().iter().map(of).sum()
}

/// S3-15: what the plan doesn't have stays in sight, and says why it can't be chosen.
#[test]
fn what_the_plan_does_not_have_says_so() {
    let mut wizard = Wizard::of("reporting");
    wizard.meet_a_client(CARL);
    wizard.go(&[]);
    let page = wizard.page();
    assert!(
        seen(&page)
            .contains("Customize Choosing a client's permissions one by one is not part of this plan.")
    );
    assert!(!page.contains("permissions-customize") && !page.contains("role=\"switch\""));
    // And a form that chooses it all the same is refused where it is sent.
    wizard.go(&[("permissions", "customize"), ("permission", "reports.create")]);
    assert_eq!(wizard.send(&[]).status, 403);
    assert_eq!((wizard.invitations(), wizard.drafts()), (0, 1), "and nothing is lost by it");
}

/// S3-14, S3-19: every other client can be copied from; what they have now is what is given, without their accounts.
#[test]
fn permissions_are_copied_from_another_client() {
    let mut team = Team::of("client-links");
    let page = team.resource("facebook");
    let access = json!({"permissions": ["inbox.use"], "resources": [{"id": page}]});
    team.joined_with("ana.client@client.test", "client", json!({"access": access}));
    team.joined("mia.member@studio.test", "member");
    let ana = team.member("ana.client@client.test");
    let mut wizard = Wizard::in_team(team);
    wizard.meet_a_client(CARL);
    wizard.go(&[]);
    let page = wizard.page();
    let listed =
        tags(&page).iter().filter(|tag| tag.name == "option" && !tag.get("value").is_empty()).count();
    assert_eq!(listed, 1, "clients, not staff");
    assert!(
        seen(&page).contains(
            "Copies permissions now. Later changes are not shared. Access to accounts is not copied."
        )
    );
    let nobody = wizard.send(&[("permissions", "clone"), ("clone_of", "")]);
    assert_eq!(nobody.status, 422);
    assert!(nobody.text().contains("href=\"#access/permissions/clone_of\""));
    wizard.go(&[("permissions", "clone"), ("clone_of", &ana)]);
    let text = seen(&wizard.page());
    assert!(
        text.contains("Permissions Copied from Somebody New More than by default: use the social inbox.")
    );
    wizard.go(&[]);
    let access = wizard.invitation()["access"].clone();
    assert_eq!(access["permissions"]["keys"], json!(["inbox.use"]));
    assert_eq!(access["resources"], json!([]));
}

/// Nobody gives what they don't have, and is told so at the switch.
#[test]
fn a_staff_member_gives_only_what_they_have() {
    let mut team = Team::of("reporting");
    let plan = json!({"key": "agency", "seat_limit": 25, "features": ["custom_client_permissions"]});
    team.world.operator().put(&team.path("/plan"), &plan).ok();
    let (theirs, other) = (team.resource("campaign"), team.resource("campaign"));
    let access = json!({"permissions": ["reports.view"], "resources": [{"id": theirs}]});
    let mia = team.joined_with("mia.member@studio.test", "member", json!({"access": access}));
    let mut wizard = Wizard::in_team(team).by(mia);
    wizard.go(&[("who", "client"), ("email", CARL), ("how", "mail")]);
    let page = wizard.page();
    assert!(page.contains(&theirs) && !page.contains(&other));
    assert!(!page.contains("resources-all"));
    wizard.go(&[("resource", &theirs)]);
    let page = wizard.page();
    let switches = tags(&page).iter().filter(|tag| tag.get("role") == "switch").count();
    assert_eq!(switches, 1);
    assert!(seen(&page).contains("You don’t have this yourself, so you can’t give it."));
    wizard.go(&[("permissions", "default")]);
    assert!(seen(&wizard.page()).contains("You can only give what you have yourself."));
    assert_eq!(wizard.send(&[]).status, 403);
    wizard.at = wizard.at.replace("/check", "/permissions");
    wizard.go(&[("permissions", "customize"), ("permission", "reports.view")]);
    wizard.go(&[]);
    assert_eq!(wizard.invitation()["access"]["permissions"]["keys"], json!(["reports.view"]));
}

/// S0-13: what has no seat left says so before it is sent.
#[test]
fn a_full_plan_is_told_before_it_refuses() {
    let plan = json!({"key": "test", "seat_limit": 0, "features": []});
    let team = Team::make(crate::support::World::new(), "client-links", Some(plan));
    let mut wizard = Wizard::in_team(team);
    wizard.go(&[("who", "staff")]);
    wizard.go(&[("role", "member"), ("email", "mia@studio.test"), ("how", "mail")]);
    wizard.go(&[]);
    wizard.go(&[]);
    let text = seen(&wizard.page());
    assert!(text.contains("Every seat is taken or reserved."), "{text}");
    assert_eq!(wizard.send(&[]).status, 409);
}
