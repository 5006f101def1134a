//! An organization's members.

use crate::domain::access;
use crate::domain::authority::Actor;
use crate::domain::change::Change;
use crate::domain::ids::{MemberId, OrganizationId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Fields, Result};
use crate::flow::Context;
use crate::flow::members::Wanted;
use crate::flow::removal::remove as remove_members;
use crate::flow::restore::{refusal_of, restore as restore_members};
use crate::flow::transfer::only_the_owner;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::members::{self, Filter, MOST_PLACES, Member, Person, Status};
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::field::{self, one_of};
use crate::web::api::{Each, Page, no_fields};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use http::StatusCode;
use serde::{Deserialize, Serialize};

/// The most members that one request removes.
pub const MOST_REMOVED: usize = 100;

/// A member, as the API shows them.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Member"))]
pub(super) struct Shown {
    id: MemberId,
    user: Person,
    /// What only staff call them; never told to themself, unless they are an admin.
    nickname: Option<String>,
    role: Role,
    status: Status,
    takes_seat: bool,
    /// Of those that they were put in, the ones that the caller comes into.
    workspaces: Vec<ShownPlace>,
    /// Whether they are in more than these: `GET …/workspaces?member_id=` lists all.
    more_workspaces: bool,
    joined_at: Timestamp,
    removed_at: Option<Timestamp>,
    /// The host product's own id of them, if a program accepted for them.
    subject: Option<String>,
}

/// A workspace that a member was put in.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "MemberWorkspace"))]
struct ShownPlace {
    id: WorkspaceId,
    name: String,
    access: access::Shown,
}

impl Shown {
    /// As this actor sees them: of their workspaces only those that the actor comes into. The others don't exist to them.
    pub(super) fn of(member: Member, actor: &Actor) -> Self {
        let nickname = member.nickname_for(actor);
        Self { nickname, ..Self::with(member, actor.template, &|place| actor.reaches(place)) }
    }

    /// As a program of the organization sees them.
    pub(super) fn in_full(member: Member, template: &'static Template) -> Self {
        Self::with(member, template, &|_| true)
    }

    fn with(member: Member, template: &'static Template, reaches: &dyn Fn(WorkspaceId) -> bool) -> Self {
        let role = member.role;
        let place = |place: members::Placed| ShownPlace {
            id: place.id,
            name: place.name,
            access: place.access.of(template, role).shown(template, role),
        };
        Self {
            id: member.id,
            user: member.user,
            nickname: member.nickname,
            role,
            status: member.status,
            takes_seat: member.takes_seat,
            more_workspaces: member.workspaces.len() > MOST_PLACES,
            workspaces: member
                .workspaces
                .into_iter()
                .take(MOST_PLACES)
                .filter(|place| reaches(place.id))
                .map(place)
                .collect(),
            joined_at: member.joined_at,
            removed_at: member.removed_at,
            subject: member.subject,
        }
    }
}

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// How many to answer at most: 1 to 100; 25 unless said.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Limit>"))]
    limit: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    #[cfg_attr(described, schemars(with = "Option<MemberId>"))]
    cursor: Option<String>,
    /// Only those in this role.
    #[cfg_attr(described, schemars(with = "Option<Role>"))]
    role: Option<String>,
    /// Only those who were put into this workspace.
    #[cfg_attr(described, schemars(with = "Option<WorkspaceId>"))]
    workspace_id: Option<String>,
    /// Only these; `active` unless said.
    #[cfg_attr(described, schemars(with = "Option<Status>"))]
    status: Option<String>,
    /// What their name, nickname or address begins with.
    q: Option<String>,
    /// Only whom the host product calls this, by its own id. It goes with `status` alone.
    subject: Option<String>,
}

/// `GET`: the members, newest first. For staff; a client doesn't see who else there is.
pub async fn list<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, organization).await?;
    if actor.role == Role::Client {
        return Err(Code::Forbidden.into());
    }
    let query: Query = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let mut fields = Fields::default();
    let role = one_of(&mut fields, "?role", query.role.as_deref(), "owner, admin, member, client");
    let status = one_of(&mut fields, "?status", query.status.as_deref(), "active, removed");
    let workspace = query.workspace_id.and_then(|id| field::workspace(&mut fields, "?workspace_id", &id));
    if query.subject.is_some() && (role.is_some() || workspace.is_some() || query.q.is_some()) {
        let detail = "A subject is one person: leave the other filters out.";
        fields.refuse("?subject", Code::InvalidValue, detail);
    }
    fields.finish(Some(()))?;
    if let Some(subject) = query.subject {
        let status = status.unwrap_or(Status::Active);
        let found = members::of_subject(organization, &subject, status, page.before, page.rows());
        let rows = ctx.platform.run(found).await?.rows()?;
        return Ok(page.reply(
            rows,
            |member: &Member| member.id.to_string(),
            |member| Shown::of(member, &actor),
        ));
    }
    let filter = Filter {
        status: status.unwrap_or(Status::Active),
        roles: role.into_iter().collect(),
        workspace,
        prefix: field::prefix(query.q),
        only: None,
    };
    // Who is in a workspace is nothing to staff who don't come into it.
    let rows = if workspace.is_some_and(|workspace| !actor.reaches(workspace)) {
        Vec::new()
    } else {
        ctx.platform.run(members::page(organization, &filter, page.before, page.rows())).await?.rows()?
    };
    let shown = |member| Shown::of(member, &actor);
    Ok(page.reply(rows, |member: &Member| member.id.to_string(), shown))
}

/// The caller and the member that the path names.
async fn caller_and<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: MemberId,
) -> Result<(Actor, Member)> {
    let reads = vec![members::select(id)];
    let (actor, found) = Caller::of(request, ctx.config)?.acting(ctx, At::Member(id), reads).await?;
    let member = ResultSet::row_of(found.first())?;
    Ok((actor, member.ok_or_else(|| Error::from(Code::NotFound))?))
}

/// `GET` of one: for staff, and a client's own.
pub async fn get<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: MemberId) -> Result<Reply> {
    let (actor, member) = caller_and(ctx, request, id).await?;
    if actor.role == Role::Client && !actor.is(id) {
        return Err(Code::Forbidden.into());
    }
    Ok(reply::json(StatusCode::OK, &Shown::of(member, &actor)))
}

/// What changes of a member.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "MemberChanges"))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Role"))]
    role: Change<String>,
    /// What this organization calls them.
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Name"))]
    name: Change<String>,
    /// What only staff call them, for owner and admins to say; null takes it away.
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Option<Name>"))]
    nickname: Change<String>,
}

/// `PATCH`: 200 with the member. Their name here can't be cleared: there is none to fall back to that this organization
/// may know, for what others call them, and they themself elsewhere, is not its own.
pub async fn change<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: MemberId) -> Result<Reply> {
    let (actor, member) = caller_and(ctx, request, id).await?;
    let body: Body = request::json(request)?;
    let wanted = read_changes(body.role, body.name, body.nickname)?;
    let member = crate::flow::members::change(ctx, &actor, member, wanted).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(member, &actor)))
}

/// Reads what is to be changed of a member.
///
/// # Errors
/// 422 with what is wrong with which field.
pub fn read_changes(role: Change<String>, name: Change<String>, nickname: Change<String>) -> Result<Wanted> {
    let mut fields = Fields::default();
    let role = match role {
        Change::Keep => None,
        Change::Clear => fields.required("/role", None),
        Change::Set(role) => one_of(&mut fields, "/role", Some(&role), "owner, admin, member, client"),
    };
    let name = match name {
        Change::Keep => None,
        Change::Clear => {
            fields.refuse("/name", Code::Required, "A member has a name here. Write another one.");
            None
        }
        Change::Set(name) => fields.take("/name", Code::InvalidValue, Name::parse(&name)),
    };
    let nickname = field::changed(&mut fields, "/nickname", nickname, Name::parse);
    fields.finish(Some(Wanted { role, name, nickname }))
}

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RemovalQuery {
    /// Whether the open invitations that they sent are withdrawn too.
    #[cfg_attr(described, schemars(with = "Option<bool>"))]
    revoke_their_invitations: Option<String>,
}

/// `DELETE`: removes somebody, or the caller themself. 204.
pub async fn remove<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: MemberId) -> Result<Reply> {
    let (actor, _) = Caller::of(request, ctx.config)?.acting(ctx, At::Member(id), Vec::new()).await?;
    let query: RemovalQuery = request::query(request)?;
    let with_sent = field::flag("?revoke_their_invitations", query.revoke_their_invitations.as_deref())?;
    match remove_members(ctx, &actor, &[id], with_sent).await?.0.pop().flatten() {
        Some(refused) => Err(refused),
        None => Ok(reply::no_content()),
    }
}

/// `POST …/restore`: undoes somebody's removal. 200 with the member.
pub async fn restore<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: MemberId) -> Result<Reply> {
    let (actor, member) = caller_and(ctx, request, id).await?;
    no_fields(request)?;
    // Who is in was removed at no moment, and is refused as such.
    let at = member.removed_at.unwrap_or(ctx.now());
    let (fates, read) = restore_members(ctx, &actor, &[id], at, Some(members::select(id))).await?;
    if let Some(why) = fates.into_iter().flatten().next() {
        return Err(refusal_of(why));
    }
    let member = read.as_ref().map(ResultSet::first).transpose()?.flatten().unwrap_or(member);
    Ok(reply::json(StatusCode::OK, &Shown::of(member, &actor)))
}

/// Whom to remove.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Removal"))]
#[serde(deny_unknown_fields)]
pub(super) struct Several {
    /// 1 to 100 of them.
    #[cfg_attr(described, schemars(with = "Vec<MemberId>", length(min = 1, max = 100)))]
    member_ids: Vec<String>,
    /// Whether the open invitations that they sent are withdrawn too.
    revoke_their_invitations: Option<bool>,
}

/// What became of one of them.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Removed"))]
pub(super) struct Fate<'a> {
    /// As it was named.
    member_id: &'a str,
    /// `removed`, or `refused`.
    #[cfg_attr(described, schemars(extend("enum" = ["removed", "refused"])))]
    outcome: &'static str,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem<'a>>,
}

/// A refusal of one of many: what a problem of its own would say.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "RemovalProblem"))]
struct Problem<'a> {
    status: u16,
    code: &'a str,
    title: &'a str,
    detail: String,
}

/// `POST …/members/remove`: 200 with what became of each, in order (S0-31).
pub async fn remove_several<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.administrator_of(ctx, organization).await?;
    let body: Several = request::json(request)?;
    if body.member_ids.is_empty() || body.member_ids.len() > MOST_REMOVED {
        return Err(Error::field("/member_ids", Code::InvalidValue, "Name 1 to 100 members."));
    }
    // What is no id is nobody's, and answered like one.
    let named: Vec<Option<MemberId>> = body.member_ids.iter().map(|id| id.parse().ok()).collect();
    let known: Vec<MemberId> = named.iter().copied().flatten().collect();
    let with_sent = body.revoke_their_invitations.unwrap_or(false);
    let mut fates = remove_members(ctx, &actor, &known, with_sent).await?.0.into_iter();
    let data = body
        .member_ids
        .iter()
        .zip(named)
        .map(|(id, named)| {
            let refused = match named {
                Some(_) => fates.next().flatten(),
                None => Some(Code::NotFound.into()),
            };
            let problem = refused.as_ref().map(problem);
            let outcome = if problem.is_none() { "removed" } else { "refused" };
            Fate { member_id: id, outcome, problem }
        })
        .collect();
    Ok(reply::json(StatusCode::OK, &Each { data }))
}

fn problem(why: &Error) -> Problem<'static> {
    let code = why.code();
    Problem {
        status: code.status().as_u16(),
        code: code.as_str(),
        title: code.title(),
        detail: why.detail().into_owned(),
    }
}

/// Who is to own the organization.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NewOwner {
    #[cfg_attr(described, schemars(with = "MemberId"))]
    member_id: String,
    /// The owner's password, unless they typed it within five minutes.
    password: Option<String>,
}

/// `POST …/owner`: 200 with the new owner. Whoever found a browser that was left open doesn't take the organization over.
pub async fn transfer<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let actor = caller.member_of(ctx, organization).await?;
    if actor.role != Role::Owner {
        return Err(only_the_owner());
    }
    let body: NewOwner = request::json(request)?;
    caller.prove(ctx, body.password.as_deref()).await?;
    let to = body.member_id.parse().map_err(|_| Error::from(Code::NotFound))?;
    let owner = crate::flow::transfer::transfer(ctx, &actor, to).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(owner, &actor)))
}
