//! What is there already, and what of a long list is looked for.

use super::*;
use crate::reading::{seen, tags};
use crate::support::scene::workspace;

/// Whose address it is already is one click away: the invitation to send again or change, or the member.
#[test]
fn whoever_is_there_already_is_one_click_away() {
    let mut wizard = Wizard::of("client-links");
    let invitation = wizard.team.invited(CARL, "client");
    wizard.team.joined("ana@client.test", "client");
    let member = wizard.team.member("ana@client.test");
    let base = wizard.start.replace("/team/invite", "");
    for (email, path, words) in [
        (CARL, format!("{base}/invitations/{invitation}"), "Send it again or change it"),
        ("ana@client.test", format!("{base}/members/{member}"), "Look at who it is"),
    ] {
        wizard.at = wizard.start.clone();
        wizard.go(&[("who", "client")]);
        let refused = wizard.send(&[("email", email), ("how", "mail")]);
        assert_eq!(refused.status, 409, "{}", refused.text());
        let link = format!("<a href=\"{path}\">{words}</a>");
        assert!(refused.text().contains(&link), "{link} in {}", refused.text());
        assert_eq!(wizard.who.get(&path).status, 200);
    }
}

/// More workspaces than a page lists are looked for by their names. What is chosen meanwhile stays.
#[test]
fn of_many_workspaces_some_are_looked_for_and_those_that_were_chosen_stay() {
    let mut wizard = Wizard::of("client-portal");
    let few = wizard.page();
    assert!(!few.contains("Find a workspace"));
    let ids: Vec<String> =
        (0..120).map(|number| workspace(&wizard.team, &format!("Place {number}"))).collect();
    wizard.go(&[("who", "client")]);
    wizard.go(&[("email", CARL), ("how", "mail")]);
    assert_eq!(wizard.step(), "workspaces");
    let page = wizard.page();
    assert!(seen(&page).contains("Only some are listed"), "{}", seen(&page));
    let listed = |page: &str| {
        let boxes = tags(page).into_iter().filter(|tag| tag.get("name") == "workspace_ids");
        boxes.map(|tag| (tag.get("value").to_owned(), tag.has("checked"))).collect::<Vec<_>>()
    };
    assert_eq!(listed(&page).len(), 100);
    assert!(!page.contains(&ids[118]));

    wizard.go(&[("workspace_ids", &ids[0]), ("find", "pLACE 118"), ("look", "yes")]);
    let page = wizard.page();
    assert_eq!(listed(&page), [(ids[0].clone(), true), (ids[118].clone(), false)], "{page}");
    assert!(page.contains("value=\"pLACE 118\""));
    wizard.go(&[
        ("workspace_ids", &ids[0]),
        ("workspace_ids", &ids[118]),
        ("find", "nowhere"),
        ("look", "yes"),
    ]);
    assert_eq!(listed(&wizard.page()), [(ids[0].clone(), true), (ids[118].clone(), true)]);
    wizard.go(&[("workspace_ids", &ids[0]), ("workspace_ids", &ids[118])]);
    wizard.go(&[]);
    assert_eq!(wizard.step(), "check");
    let text = seen(&wizard.page());
    assert!(text.contains("Place 0 and Place 118"), "{text}");
    wizard.go(&[]);
    assert_eq!(wizard.invitation()["workspace_ids"], json!([ids[0], ids[118]]));
}

/// Of staff who reach some, those are looked through.
#[test]
fn staff_look_through_their_own_workspaces() {
    let mut team = Team::of("client-portal");
    let policy = json!({"policy": {"invites": {"member": ["client"]}}});
    team.owner.patch(&team.path(""), &policy).ok();
    let mia = team.joined("mia@studio.test", "member");
    let member = team.member("mia@studio.test");
    let theirs = workspace(&team, "Bakery");
    let others = workspace(&team, "Bank");
    let body = json!({"member_id": member});
    team.owner.post(&format!("/v1/workspaces/{theirs}/members"), &body).ok();
    let mut wizard = Wizard::in_team(team).by(mia);
    wizard.go(&[("who", "client"), ("email", CARL), ("how", "mail")]);
    wizard.at = wizard.at.replace("/person", "/workspaces");
    if wizard.step() != "workspaces" {
        wizard.go(&[("email", CARL), ("how", "mail")]);
    }
    wizard.go(&[("find", "ba"), ("look", "yes")]);
    let page = wizard.page();
    assert!(page.contains(&theirs) && !page.contains(&others), "{page}");
}

/// S3-19: of very many clients to copy from, some are looked for.
#[test]
fn of_many_to_copy_from_some_are_looked_for() {
    let mut wizard = Wizard::of("publishing");
    let ids: Vec<String> = (0..103)
        .map(|number| {
            let body = json!({"name": format!("Client {number}")});
            // Who is newer is told by the time.
            wizard.team.world.pass(std::time::Duration::from_millis(1));
            wizard.team.add(&format!("c{number}@client.test"), "client", body).ok().str("/id")
        })
        .collect();
    wizard.meet_a_client(CARL);
    wizard.go(&[]);
    assert_eq!(wizard.step(), "permissions");
    let page = wizard.page();
    assert!(seen(&page).contains("Find somebody to copy from") && !page.contains(&ids[0]), "{}", seen(&page));
    wizard.go(&[("permissions", "clone"), ("find", "client 0"), ("look", "yes")]);
    let page = wizard.page();
    assert!(page.contains(&ids[0]) && !page.contains(&ids[50]), "{page}");
    wizard.go(&[("permissions", "clone"), ("clone_of", &ids[0]), ("find", "nobody"), ("look", "yes")]);
    assert!(wizard.page().contains(&format!("value=\"{}\" selected", ids[0])), "whoever is chosen stays");
    wizard.go(&[("permissions", "clone"), ("clone_of", &ids[0])]);
    let text = seen(&wizard.page());
    assert!(text.contains("Copied from Client 0"), "{text}");
}
