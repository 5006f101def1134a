//! A second factor that everybody is asked for: said in the settings, and what whoever lacks it sees.

use crate::reading::seen;
use crate::scene::{MIA, browsing, page_of, team};
use crate::structure::check_page;
use crate::support::scene::second_factor;

#[test]
fn an_organization_asks_for_it_in_its_settings_once_its_admin_has_one() {
    let mut team = team();
    let path = page_of(&mut team, "/settings");
    let mut olga = browsing(team.owner.clone());
    let page = olga.get(&path).ok();
    check_page(&page);
    let fields = [("name", "Example Studio"), ("policy/send_email", "true"), ("require_mfa", "true")];
    let refused = olga.submit(&path, &path, &fields);
    assert_eq!(refused.status, 403);
    check_page(&refused);
    assert!(seen(&refused.text()).contains("Set up two-step sign-in for your own account first"));
    assert!(
        refused
            .text()
            .contains("value=\"true\" checked aria-invalid=\"true\" aria-describedby=\"factor-hint"),
        "still chosen"
    );
    second_factor(&mut team.owner.clone());
    olga.submit(&path, &path, &fields).ok();
    let page = olga.get(&path).ok();
    check_page(&page);
    assert_eq!(team.world.count("SELECT require_mfa FROM organizations"), 1);
    olga.submit(&path, &path, &fields[..2]).ok();
    assert_eq!(team.world.count("SELECT require_mfa FROM organizations"), 0);
}

#[test]
fn a_workspace_asks_for_it_on_its_own_page_and_stops() {
    let mut team = team();
    let path = page_of(&mut team, "/workspaces");
    let workspace = team.workspace();
    let form = format!("{path}?rename={workspace}");
    let mut olga = browsing(team.owner.clone());
    let fields = |asks| [("workspace", workspace.as_str()), ("require_mfa", asks)];
    let refused = olga.submit(&form, &path, &fields("yes"));
    assert_eq!(refused.status, 403);
    check_page(&refused);
    second_factor(&mut team.owner.clone());
    olga.submit(&form, &path, &fields("yes")).ok();
    assert!(
        seen(&olga.get(&path).text())
            .contains("Everybody who comes into Example Studio signs in with two steps now.")
    );
    let page = olga.get(&form).ok();
    check_page(&page);
    assert!(seen(&page.text()).contains("Stop asking everybody"));
    olga.submit(&form, &path, &fields("no")).ok();
    assert_eq!(team.world.count("SELECT require_mfa FROM workspaces"), 0);
}

#[test]
fn whoever_lacks_it_is_shown_where_it_is_set_up_and_nothing_else() {
    let mut team = team();
    let team_page = page_of(&mut team, "/team");
    let workspace = team.workspace();
    let mut admin = browsing(team.joined(MIA, "admin"));
    second_factor(&mut team.owner);
    team.owner.patch(&team.path(""), &serde_json::json!({"require_mfa": true})).ok();
    for path in [team_page, format!("/w/{workspace}")] {
        let page = admin.get(&path);
        assert_eq!(page.status, 403, "{path}");
        check_page(&page);
        let back = format!("href=\"/me/security/two-step?to={}\"", path.replace('/', "%2F"));
        assert!(page.text().contains(&back), "{path}: {}", page.text());
        assert!(!page.text().contains("Olga Owner"));
    }
}
