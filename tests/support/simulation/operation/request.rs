//! What people do, as requests.

use http::Method;
use serde_json::{Value, json};
use usher::web::route::Route;

use super::super::super::client::PASSWORD;
use super::super::scene::Person;
use super::super::world::World;
use super::Operation as Op;

impl Op {
    /// What is asked, and where, by this person: the body as JSON, or null if there is none or it is a form.
    pub fn asked(&self, world: &World, person: &Person) -> (Method, Route, Value) {
        match self {
            Op::Invite { organization, email, role, workspaces, expires_in, send_email } => {
                let mut body =
                    json!({"kind": "email", "role": role, "email": email, "send_email": send_email});
                if let Some(workspaces) = workspaces {
                    body["workspace_ids"] = json!(workspaces);
                }
                if let Some(seconds) = expires_in {
                    body["expires_in"] = json!(seconds);
                }
                (Method::POST, Route::Invitations(*organization), body)
            }
            Op::MakeLink { organization, create_posts, max_uses } => {
                let permissions = if *create_posts { json!(["posts"]) } else { json!("default") };
                let body = json!({
                    "kind": "link", "role": "client", "max_uses": max_uses, "access": {"permissions": permissions},
                });
                (Method::POST, Route::Invitations(*organization), body)
            }
            Op::Rotate(id) => (Method::POST, Route::Rotate(*id), json!({})),
            Op::Disable(id) => (Method::POST, Route::Disable(*id), json!({})),
            Op::Enable(id) => (Method::POST, Route::Enable(*id), json!({})),
            Op::AddMember { organization, email, role, notify } => {
                let body = json!({"email": email, "name": "Added Person", "role": role, "notify": notify});
                (Method::POST, Route::Members(*organization), body)
            }
            Op::Remove { organization, members, with_sent } => {
                let body = json!({"member_ids": members, "revoke_their_invitations": with_sent});
                (Method::POST, Route::RemoveMembers(*organization), body)
            }
            Op::Standing(op) => op.asked(),
            Op::Place(op) => op.asked(),
            Op::Webhook(op) => op.asked(),
            Op::Plan(op) => op.asked(world),
            Op::Mail(op) => op.asked(),
            Op::ChangeRole(member, role) => (Method::PATCH, Route::Member(*member), json!({"role": role})),
            Op::ChangeAccess { workspace, member, create_posts } => {
                let permissions = if *create_posts { json!(["posts"]) } else { json!("default") };
                let body = json!({"access": {"permissions": permissions}});
                (Method::PATCH, Route::Membership(*workspace, *member), body)
            }
            Op::Bulk { organization, emails } => {
                let rows: Vec<_> = emails
                    .iter()
                    .map(|email| json!({"kind": "email", "role": "member", "email": email}))
                    .collect();
                (Method::POST, Route::BulkInvitations(*organization), json!({"rows": rows, "dry_run": false}))
            }
            Op::Undo(job) => (Method::POST, Route::UndoJob(*job), json!({})),
            Op::Resend(id) | Op::OperatorResend(id) => (Method::POST, Route::Resend(*id), json!({})),
            Op::Revoke(id) => (Method::POST, Route::Revoke(*id), json!({})),
            Op::CopyLink(id) => (Method::POST, Route::CopyLink(*id), json!({})),
            Op::Read(id) => (Method::GET, Route::InvitationRecord(*id), Value::Null),
            Op::ListInvitations(id) => (Method::GET, Route::Invitations(*id), Value::Null),
            Op::ListMembers(id) => (Method::GET, Route::Members(*id), Value::Null),
            Op::Preview(known) => (Method::POST, Route::Preview, json!({"token": known.token})),
            Op::Look(known) => (Method::GET, Route::Invitation(known.token.clone()), Value::Null),
            Op::Accept(known) => (Method::POST, Route::Accept, json!({"token": known.token})),
            Op::SignUp(known) => {
                let email = &person.address;
                let body = json!({
                    "token": known.token, "name": "Somebody New", "password": PASSWORD, "email": email,
                });
                (Method::POST, Route::Accept, body)
            }
            Op::AcceptForm(known) => (Method::POST, Route::Invitation(known.token.clone()), Value::Null),
            Op::Decline(known) => (Method::POST, Route::Decline, json!({"token": known.token})),
            Op::DeclineForm(known) => {
                (Method::POST, Route::InvitationDecline(known.token.clone()), Value::Null)
            }
            Op::SignIn => {
                let email = &person.address;
                (Method::POST, Route::Sessions, json!({"email": email, "password": PASSWORD}))
            }
            Op::SignOut => (Method::DELETE, Route::CurrentSession, Value::Null),
            Op::Me => (Method::GET, Route::MyAccount, Value::Null),
            Op::CreateOrganization { owner } => {
                let owner = json!({"email": owner, "name": "Olga Owner"});
                (
                    Method::POST,
                    Route::Organizations,
                    json!({"name": "Another", "template": "team", "owner": owner}),
                )
            }
        }
    }
}
