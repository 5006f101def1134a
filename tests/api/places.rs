//! The pages of who is in a workspace with what, as far as the database meets them. What they say is in `tests/pages/`.

use serde_json::json;

use crate::support::client::{Team, nonce_in};

/// Goes through them, so that every statement of theirs was run: somebody's access is changed while its page is open, and
/// somebody is chosen to be added.
pub fn walk(team: &mut Team) {
    let from = team.workspace();
    let to = team.owner.post(&team.path("/workspaces"), &json!({"name": "Private"})).ok().str("/id");
    let body = json!({"workspace_ids": [from]});
    team.joined_with("pia.client@client.test", "client", body);
    let member = team.member("pia.client@client.test");
    let mut owner = team.owner.clone().with_header("accept", "text/html");
    for query in
        ["", &format!("?from={from}"), &format!("?from={from}&q=p"), &format!("?from={from}&member={member}")]
    {
        assert_eq!(owner.get(&format!("/w/{to}/add{query}")).status, 200, "{query}");
    }
    // Staff who invite clients choose among the workspaces that they come into.
    let invites = json!({"policy": {"invites": {"member": ["client"]}}});
    team.owner.patch(&team.path(""), &invites).ok();
    let body = json!({"workspace_ids": [from, to]});
    let mut staff =
        team.joined_with("sam.staff@studio.test", "member", body).with_header("accept", "text/html");
    assert_eq!(staff.get(&format!("/w/{to}/add")).status, 200);
    let path = format!("/w/{from}/members/{member}");
    let page = owner.get(&path).text();
    let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let access = json!({"access": {"require_mfa": true}});
    team.owner.patch(&format!("/v1/workspaces/{from}/members/{member}"), &access).ok();
    let fields = [("nonce", nonce_in(&page)), ("seen", seen.to_owned()), ("do", "save".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(owner.post_form(&path, &fields).status, 409);
}
