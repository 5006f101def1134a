//! What people do, as requests, and what may be answered to each.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use usher::domain::ids::{InvitationId, JobId, MemberId, OrganizationId, WorkspaceId};
use usher::domain::nonce;
use usher::domain::secret::Bearer;
use usher::params;
use usher::web::request::{FORM_COOKIE, SESSION_COOKIE};
use usher::web::route::Route;

use super::super::client::PASSWORD;
use super::super::platform::{OPERATOR_KEY, ORIGIN};
use super::scene::{Organization, Scene};
use super::world::{Known, World};

/// Something that somebody does at a browser.
#[derive(Debug, Clone)]
pub enum Operation {
    Invite {
        organization: OrganizationId,
        email: String,
        role: &'static str,
        workspaces: Option<Vec<WorkspaceId>>,
        expires_in: Option<u64>,
        send_email: bool,
    },
    /// A link for many, perhaps one that gives clients a seat.
    MakeLink {
        organization: OrganizationId,
        create_posts: bool,
        max_uses: Option<usize>,
    },
    Rotate(InvitationId),
    Disable(InvitationId),
    Enable(InvitationId),
    AddMember {
        organization: OrganizationId,
        email: String,
        role: &'static str,
        notify: bool,
    },
    Remove {
        organization: OrganizationId,
        members: Vec<MemberId>,
    },
    ChangeRole(MemberId, &'static str),
    ChangeAccess {
        workspace: WorkspaceId,
        member: MemberId,
        create_posts: bool,
    },
    Bulk {
        organization: OrganizationId,
        emails: Vec<String>,
    },
    Undo(JobId),
    Resend(InvitationId),
    Revoke(InvitationId),
    CopyLink(InvitationId),
    Read(InvitationId),
    ListInvitations(OrganizationId),
    ListMembers(OrganizationId),
    Preview(Known),
    Look(Known),
    Accept(Known),
    SignUp(Known),
    AcceptForm(Known),
    Decline(Known),
    DeclineForm(Known),
    SignIn,
    SignOut,
    Me,
    /// The operator's: no browser of anybody.
    CreateOrganization {
        owner: String,
    },
    OperatorResend(InvitationId),
}

use Operation as Op;

impl Operation {
    /// Something to do, with the browser to do it at.
    pub fn choose(world: &World, scene: &Scene) -> (usize, Self) {
        let chance = &world.chance;
        let organization = chance.pick(&scene.organizations);
        let manager = *chance.pick(&organization.managers);
        let browser = *chance.pick(&scene.busy());
        match chance.below(100) {
            0..14 => (manager, Self::invite(world, scene, organization)),
            14..26 => {
                let change = Self::of_members(world, scene, organization);
                (manager, change.unwrap_or_else(|| Self::invite(world, scene, organization)))
            }
            26..44 => {
                let known = world.read("SELECT id, role, kind FROM invitations ORDER BY rowid", params![]);
                if known.is_empty() {
                    return (manager, Self::invite(world, scene, organization));
                }
                let hot = world.hot.get().map(|id| id.to_string()).filter(|_| chance.one_in(2));
                let hot = known.iter().find(|known| hot.as_deref() == known["id"].as_str());
                let known = hot.unwrap_or_else(|| chance.pick(&known));
                let id = known["id"].as_str().unwrap().parse().unwrap();
                world.hot.set(Some(id));
                match chance.below(16) {
                    _ if known["role"] == "owner" => (browser, Op::OperatorResend(id)),
                    0..2 if known["kind"] == "link" => (manager, Op::Rotate(id)),
                    2..4 if known["kind"] == "link" => (manager, Op::Disable(id)),
                    4..6 if known["kind"] == "link" => (manager, Op::Enable(id)),
                    6..9 if known["kind"] == "link" => (manager, Op::CopyLink(id)),
                    0..5 => (manager, Op::Resend(id)),
                    5..9 => (manager, Op::Revoke(id)),
                    9..12 => (manager, Op::CopyLink(id)),
                    12..14 => (manager, Op::Read(id)),
                    14 => (browser, Op::Revoke(id)),
                    _ => (browser, Op::Read(id)),
                }
            }
            44 => (manager, Op::ListInvitations(organization.id)),
            45 => (manager, Op::ListMembers(organization.id)),
            46 => (browser, Op::ListMembers(organization.id)),
            47..95 => Self::with_link(world, scene)
                .unwrap_or_else(|| (manager, Self::invite(world, scene, organization))),
            95 => (browser, Op::SignOut),
            96 if scene.may_hash() => (browser, Op::SignIn),
            96..98 => (browser, Op::Me),
            _ => (browser, Op::CreateOrganization { owner: chance.pick(&scene.people).address.clone() }),
        }
    }

    /// An invitation of somebody into an organization.
    pub fn invite(world: &World, scene: &Scene, organization: &Organization) -> Self {
        let chance = &world.chance;
        let mut email = chance.pick(&scene.people).address.clone();
        if chance.one_in(4) {
            email = email.replacen('p', "P", 1);
        }
        let role = ["member", "member", "member", "admin", "client"][chance.below(5)];
        Op::Invite {
            organization: organization.id,
            email,
            role,
            workspaces: chance
                .one_in(3)
                .then(|| organization.workspaces.iter().rev().copied().take(1 + chance.below(2)).collect()),
            expires_in: chance.one_in(2).then_some(3600),
            send_email: !chance.one_in(6),
        }
    }

    /// Something that changes who is in, or what somebody there may do.
    fn of_members(world: &World, scene: &Scene, organization: &Organization) -> Option<Self> {
        let chance = &world.chance;
        let email = chance.pick(&scene.people).address.clone();
        let members = world.read(
            "SELECT id, role FROM members WHERE organization_id = ?1 AND removed_at IS NULL
               AND role IN ('member', 'client') ORDER BY rowid",
            params![organization.id],
        );
        let somebody = || -> Option<MemberId> {
            (!members.is_empty()).then(|| chance.pick(&members)["id"].as_str().unwrap().parse().unwrap())
        };
        Some(match chance.below(18) {
            0..2 => Op::MakeLink {
                organization: organization.id,
                create_posts: chance.one_in(2),
                max_uses: chance.one_in(2).then(|| 1 + chance.below(3)),
            },
            2..5 => Op::AddMember {
                organization: organization.id,
                email,
                role: ["member", "client"][chance.below(2)],
                notify: chance.one_in(2),
            },
            5..7 => {
                let mut members = vec![somebody()?, somebody()?];
                members.dedup();
                Op::Remove { organization: organization.id, members }
            }
            7..9 => Op::ChangeRole(somebody()?, ["member", "client"][chance.below(2)]),
            9..12 => Op::ChangeAccess {
                workspace: *chance.pick(&organization.workspaces),
                member: somebody()?,
                create_posts: chance.one_in(2),
            },
            12..15 => Op::Bulk {
                organization: organization.id,
                emails: (0..3).map(|_| chance.pick(&scene.people).address.clone()).collect(),
            },
            _ => {
                let imports = world.read("SELECT job_id FROM bulk_imports ORDER BY job_id", params![]);
                if imports.is_empty() {
                    return None;
                }
                Op::Undo(chance.pick(&imports)["job_id"].as_str().unwrap().parse().unwrap())
            }
        })
    }

    /// Something to do with a link, if anybody has one.
    pub fn with_link(world: &World, scene: &Scene) -> Option<(usize, Self)> {
        let chance = &world.chance;
        let links = world.links.borrow();
        if links.is_empty() {
            return None;
        }
        let hot: Vec<&Known> =
            links.iter().filter(|known| world.hot.get() == Some(known.link.invitation_id)).collect();
        let known = if hot.is_empty() || chance.one_in(2) {
            chance.pick(&links).clone()
        } else {
            (*chance.pick(&hot)).clone()
        };
        world.hot.set(Some(known.link.invitation_id));
        // Mostly it is the person who was invited, at one of their browsers.
        let invited =
            world.read("SELECT email_key FROM invitations WHERE id = ?1", params![known.link.invitation_id]);
        let busy = scene.busy();
        let theirs: Vec<usize> = busy
            .iter()
            .copied()
            .filter(|at| {
                invited.iter().any(|row| row["email_key"] == scene.people[scene.browsers[*at].person].address)
            })
            .collect();
        let browser =
            if theirs.is_empty() || chance.one_in(8) { *chance.pick(&busy) } else { *chance.pick(&theirs) };
        let signed_in = scene.browsers[browser].session.borrow().is_some();
        let operation = match chance.below(48) {
            0..6 => Op::Preview(known),
            6..12 => Op::Look(known),
            12..16 => Op::Decline(known),
            16..18 => Op::DeclineForm(known),
            // Without a session the form may come to hash a password.
            18..28 if signed_in || scene.may_hash() => Op::AcceptForm(known),
            28..38 if scene.may_hash() => Op::SignUp(known),
            _ => Op::Accept(known),
        };
        Some((browser, operation))
    }

    /// The operation's name, for the history.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap().to_owned()
    }

    /// The link that it is about.
    pub fn link(&self) -> Option<&Known> {
        match self {
            Op::Preview(known)
            | Op::Look(known)
            | Op::Accept(known)
            | Op::SignUp(known)
            | Op::AcceptForm(known)
            | Op::Decline(known)
            | Op::DeclineForm(known) => Some(known),
            _ => None,
        }
    }

    /// As a request from this browser.
    pub fn request(&self, world: &World, scene: &Scene, browser: usize) -> Request<Bytes> {
        let browser = &scene.browsers[browser];
        let (method, route, body) = match self {
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
            Op::Remove { organization, members } => {
                (Method::POST, Route::RemoveMembers(*organization), json!({"member_ids": members}))
            }
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
                let email = &scene.people[browser.person].address;
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
                let email = &scene.people[browser.person].address;
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
        };
        let mut request = Request::builder().method(&method).uri(route.path()).header("origin", ORIGIN);
        let mut cookies = vec![format!("{FORM_COOKIE}={}", browser.form)];
        if matches!(self, Op::CreateOrganization { .. } | Op::OperatorResend(_)) {
            request = request.header("authorization", format!("Bearer {OPERATOR_KEY}"));
        } else if let Some(session) = &*browser.session.borrow() {
            cookies.push(format!("{SESSION_COOKIE}={session}"));
        }
        request = request.header("cookie", cookies.join("; "));
        let form = |fields: &[(&str, &str)]| {
            let cookie = Bearer::parse(&browser.form).unwrap();
            let nonce = nonce::issue(&world.settings().keys, &cookie, world.now.get());
            let mut form = vec![("nonce", nonce.as_str())];
            form.extend(fields);
            serde_urlencoded::to_string(form).unwrap()
        };
        let (content_type, body) = match self {
            Op::AcceptForm(_) => {
                let email = scene.people[browser.person].address.as_str();
                let fields = [("name", "Somebody New"), ("password", PASSWORD), ("email", email)];
                ("application/x-www-form-urlencoded", form(&fields))
            }
            Op::DeclineForm(_) => ("application/x-www-form-urlencoded", form(&[])),
            _ if body.is_null() => ("application/json", String::new()),
            _ => ("application/json", body.to_string()),
        };
        request.header("content-type", content_type).body(Bytes::from(body)).unwrap()
    }

    /// Whether the contract has this answer to it: the status, and the code of a refusal.
    pub fn is_documented(&self, status: u16, code: &str) -> bool {
        const NOT_YOURS: [&str; 3] = ["unauthenticated", "forbidden", "not_found"];
        const CLOSED: [&str; 8] = [
            "link_disabled",
            "link_full",
            "access_removed",
            "invitation_expired",
            "invitation_replaced",
            "invitation_revoked",
            "invitation_used",
            "invitation_declined",
        ];
        let refused = |codes: &[&str]| codes.contains(&code);
        match self {
            Op::Invite { .. } => {
                status == 201
                    || refused(&NOT_YOURS)
                    || refused(&[
                        "role_not_allowed",
                        "already_invited",
                        "already_member",
                        "seat_limit_reached",
                    ])
            }
            Op::Resend(_) | Op::OperatorResend(_) => {
                status == 200
                    || refused(&NOT_YOURS)
                    || refused(&["not_pending", "already_invited", "already_member", "seat_limit_reached"])
                    || code == "link_has_no_recipient"
            }
            Op::MakeLink { .. } => status == 201 || refused(&NOT_YOURS) || code == "role_not_allowed",
            Op::Rotate(_) | Op::Disable(_) | Op::Enable(_) => {
                status == 200 || refused(&NOT_YOURS) || code == "not_pending"
            }
            Op::AddMember { .. } => {
                status == 201
                    || refused(&NOT_YOURS)
                    || refused(&[
                        "role_not_allowed",
                        "already_invited",
                        "already_member",
                        "seat_limit_reached",
                    ])
            }
            Op::Remove { .. } => status == 200 || refused(&NOT_YOURS),
            Op::ChangeRole(..) | Op::ChangeAccess { .. } => {
                status == 200
                    || refused(&NOT_YOURS)
                    || refused(&["role_not_allowed", "seat_limit_reached", "member_not_active"])
            }
            Op::Bulk { .. } => status == 202 || refused(&NOT_YOURS) || code == "role_not_allowed",
            Op::Undo(_) => status == 200 || refused(&NOT_YOURS) || code == "not_undoable",
            Op::Revoke(_) | Op::CopyLink(_) => status == 200 || refused(&NOT_YOURS) || code == "not_pending",
            Op::Read(_) | Op::ListInvitations(_) | Op::ListMembers(_) => status == 200 || refused(&NOT_YOURS),
            Op::Preview(_) => status == 200 || refused(&["invitation_expired", "invitation_replaced"]),
            Op::Accept(_) | Op::SignUp(_) => {
                status == 200
                    || refused(&CLOSED)
                    || refused(&[
                        "sign_in_required",
                        "wrong_account",
                        "email_unverified",
                        "seat_limit_reached",
                    ])
                    || (code == "required" && matches!(self, Op::Accept(_)))
            }
            Op::Decline(_) => {
                status == 204 || refused(&CLOSED) || refused(&["link_has_no_recipient", "email_unverified"])
            }
            Op::Look(_) => matches!(status, 200 | 303 | 403 | 410),
            Op::AcceptForm(_) => matches!(status, 303 | 401 | 403 | 409 | 410),
            // 403 also when the form lay open for too long.
            // A link for many is declined by nobody: the form leads back to it.
            Op::DeclineForm(_) => matches!(status, 200 | 303 | 403 | 410),
            // A session may be over before its own answer: somebody who proved the mailbox ended it.
            Op::SignIn => status == 201 || refused(&["invalid_credentials", "unauthenticated"]),
            Op::SignOut => status == 204 || code == "unauthenticated",
            Op::Me => status == 200 || code == "unauthenticated",
            Op::CreateOrganization { .. } => status == 201,
        }
    }
}
