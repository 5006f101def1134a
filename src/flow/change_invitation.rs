//! Changing an invitation until it is settled. Who came in by it before keeps what they were given: a link's access is what
//! it is at the moment somebody joins.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::domain::access::{Access, Resources};
use crate::domain::authority::{Actor, Authority};
use crate::domain::change::Change;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::WorkspaceId;
use crate::domain::invitation::{Delivery, Kind};
use crate::domain::role::Role;
use crate::domain::text::{Message, Name};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::access::{Wanted, check_scope, everything, keep_second_factor, resolve};
use crate::flow::invite::{link_for_clients, refusal_of, role_not_allowed};
use crate::flow::{Attempt, Context, check_still_acts, look};
use crate::jobs::lost_at;
use crate::platform::{Platform, ResultSet};
use crate::store::access::Columns;
use crate::store::acting::Acting;
use crate::store::change_invitation::{self as store, Changed};
use crate::store::invitations::{self, Record};
use crate::store::jobs;
use crate::store::obstacles::{self, Asked, Obstacles};

/// What is to change. `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// What the person becomes.
    pub role: Option<Role>,
    /// For which address.
    pub email: Option<EmailAddress>,
    /// What the person is called.
    pub name: Change<Name>,
    /// What only the inviter's side sees.
    pub nickname: Change<Name>,
    /// A message to them.
    pub message: Change<Message>,
    /// What the link's page calls the organization.
    pub branding_name: Change<Name>,
    /// What the link's page says.
    pub branding_message: Change<Message>,
    /// The language of mail and page.
    pub locale: Option<String>,
    /// Into which workspaces.
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// Whether the access begins again from the default.
    pub clear_access: bool,
    /// With what access there.
    pub access: Wanted,
    /// How long it lives from now. URLs that were given out keep the end that is written in them.
    pub lifetime: Option<Duration>,
    /// How many may come in by a link.
    pub max_uses: Change<i64>,
    /// Which revision of it was looked at, where the whole was: another than that is nobody's to write over.
    pub seen: Option<i64>,
}

/// How often what is done with an invitation is worked out again because somebody else's came between.
pub(super) const MOST_TRIES: u8 = 8;

/// Changes an open invitation. Refuses one that is settled or over, a role that the actor may not invite, more than they hold
/// or the plan allows, an address that is invited or a member's, fewer uses than there were, and a seat more than there is.
/// For another address or role there is a new link, by e-mail if this invitation was sent by e-mail, and the old ones are dead;
/// of an e-mail invitation that gives something else the copied ones are. A link for many keeps its URLs.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    record: Record,
    asked: Changes,
) -> Result<Record> {
    let mut record = record;
    for _ in 0..MOST_TRIES {
        match attempt(ctx, by, record, &asked).await? {
            Attempt::Done(changed) => return Ok(changed),
            Attempt::Overtaken(current) => record = *current,
        }
    }
    Err(Error::slow_down())
}

async fn attempt<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    record: Record,
    asked: &Changes,
) -> Result<Attempt<Record>> {
    let entry = ctx.entry(by);
    let now = entry.at;
    if !is_open(&record, now) {
        return Err(Code::NotPending.into());
    }
    if asked.seen.is_some_and(|seen| seen != record.revision) {
        let detail =
            "It was changed meanwhile, so nothing was saved. Open it again to see what it gives now.";
        return Err(Refusal::new(Code::NotPending).because(detail).into());
    }
    let planned = plan(ctx, by, &record, asked, now).await?;
    let (before, after) = difference(&record, &planned);
    // Two addresses may look the same when masked, so it is the fields that count.
    if after.is_empty() {
        return Ok(Attempt::Done(record));
    }
    let Plan { changed, moves, .. } = planned;
    let acting = Acting::by(by);
    let id = changed.id;
    let readdressed = changed.email.as_ref().filter(|_| changed.readdressed);
    let job = ctx.id();
    let mut batch = vec![store::claim(
        &entry,
        &acting,
        &changed,
        ctx.config.quota,
        json!(before).to_string(),
        json!(after).to_string(),
    )];
    if let Some(email) = readdressed {
        batch.push(invitations::stamp_lapsed_of(record.state.organization_id, email, now));
    }
    batch.push(store::apply(entry.id, &changed, now));
    if moves {
        batch.extend(store::move_to(entry.id, &changed));
    }
    if changed.offered_anew {
        batch.push(jobs::insert_invitation_email(job, id, now, lost_at(now)));
    }
    batch.push(invitations::select(id));
    batch.push(obstacles::select(&Asked {
        organization: record.state.organization_id,
        email: readdressed,
        workspaces: changed.workspaces.as_deref(),
        grants: &changed.asked_grants,
        mailed: changed.email.as_ref().filter(|_| changed.offered_anew && record.delivery != Delivery::None),
        quota: ctx.config.quota,
        now,
        except: Some(id),
        unless: None,
    }));
    batch.push(acting.select());
    let results = ctx.platform.batch(batch).await?;
    let [claimed, .., mailed, current, obstacles, acts] = results.as_slice() else {
        return Err(Error::Internal("a claim and three reads".to_owned()));
    };
    let current: Record = current.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
    if ResultSet::any(claimed) {
        if changed.offered_anew && mailed.any() {
            ctx.platform.enqueue(job);
        }
        look::forget(ctx, id, current.state.ver - i64::from(changed.offered_anew)).await;
        return Ok(Attempt::Done(current));
    }
    check_still_acts(&acting, acts)?;
    if !is_open(&current, now) {
        return Err(Code::NotPending.into());
    }
    if current.revision != changed.revision {
        return Ok(Attempt::Overtaken(Box::new(current)));
    }
    if changed.max_uses.is_some_and(|most| most < current.state.uses) {
        let detail = format!("{} came in by it already. Use that many or more.", current.state.uses);
        return Err(Error::field("/max_uses", Code::InvalidValue, detail));
    }
    let Some(obstacles) = obstacles.first::<Obstacles>()? else { return Err(Code::NotFound.into()) };
    Err(refusal_of(&obstacles, by, changed.customized, now))
}

/// Until it is settled or over: a link also while it is turned off or full.
pub(super) fn is_open(record: &Record, now: Timestamp) -> bool {
    record.state.status(now).is_open()
}

/// What the invitation becomes, and what that was worked out from.
struct Plan {
    changed: Changed,
    old_access: Access,
    new_access: Access,
    /// Whether somebody new took a seat by it.
    took_seat: bool,
    /// Whether its workspaces change.
    moves: bool,
}

async fn plan<P: Platform>(
    ctx: &Context<'_, P>,
    by: &Authority,
    record: &Record,
    asked: &Changes,
    now: Timestamp,
) -> Result<Plan> {
    let state = &record.state;
    let role = asked.role.unwrap_or(state.role);
    if !by.covers(state.role) {
        return Err(Code::Forbidden.into());
    }
    match by {
        Authority::Member(actor) if !by.covers(role) => return Err(role_not_allowed(actor, role)),
        // An owner's invitation stays one.
        Authority::Operator(_) if !by.covers(role) => return Err(Code::RoleNotAllowed.into()),
        _ if state.kind == Kind::Link && role != Role::Client => return Err(link_for_clients()),
        Authority::Member(actor) => check_scope(actor, state.role).and_then(|()| check_scope(actor, role))?,
        Authority::Operator(_) => {}
    }
    let template = by.template();
    let (workspaces, moves) = workspaces(by, record, role, asked.workspaces.clone());
    let email = asked.email.clone().or_else(|| state.email.clone());
    let readdressed = asked.email.is_some() && asked.email != state.email;
    let by_mail = state.kind == Kind::Email;

    let old_access = record.access.clone().read(&template.catalog);
    let base = if asked.clear_access || state.role.reaches_every_workspace() {
        Access::default()
    } else {
        old_access.clone()
    };
    let wanted = asked.access.clone();
    let asked_grants = match &wanted.resources {
        Some(Resources::Listed(grants)) => json!(grants).to_string(),
        _ => "[]".to_owned(),
    };
    let lists = wanted.permissions.is_some() || role != state.role;
    // Words alone are nobody's access; whatever decides who is given what, how many and until when, the actor must hold.
    let lets_in_more = asked.lifetime.is_some() || asked.max_uses.is_said();
    let gives = lists || !wanted.is_empty() || asked.clear_access || moves || readdressed || lets_in_more;
    let new_access = match by {
        Authority::Member(actor) if gives => {
            let access = resolve(ctx, actor, role, workspaces.as_deref(), base, wanted).await?;
            keep_second_factor(actor, old_access.require_mfa, &access)?;
            access
        }
        Authority::Member(_) => base,
        // An owner's.
        Authority::Operator(_) => everything(&wanted)?,
    }
    .in_order();
    let name = |change: &Change<Name>, old: &Option<String>| {
        change.clone().and_then(|name| Some(name.as_str().to_owned())).of(old.clone())
    };
    let message = |change: &Change<Message>, old: &Option<String>| {
        change.clone().and_then(|message| Some(message.as_str().to_owned())).of(old.clone())
    };
    let offered_anew = readdressed || (by_mail && role != state.role);
    let gives_else = by_mail && (offered_anew || moves || new_access != old_access);
    let access = Columns::of(&new_access, template);
    let changed = Changed {
        id: state.id,
        revision: record.revision,
        role,
        email,
        readdressed,
        offered_anew,
        gives_else,
        name: name(&asked.name, &record.name),
        nickname: name(&asked.nickname, &record.nickname),
        message: message(&asked.message, &record.message),
        locale: asked.locale.clone().unwrap_or_else(|| record.locale.clone()),
        branding_name: name(&asked.branding_name, &record.branding_name),
        branding_message: message(&asked.branding_message, &record.branding_message),
        takes_seat: access.takes_seat_as(role),
        customized: (lists || readdressed || lets_in_more) && new_access.is_custom_for(role),
        access,
        asked_grants,
        workspaces,
        expires_at: asked.lifetime.map(|lifetime| now.plus(lifetime).whole_seconds()),
        max_uses: asked.max_uses.of(state.max_uses),
    };
    let took_seat = Columns::of(&old_access, template).takes_seat_as(state.role);
    Ok(Plan { changed, old_access, new_access, took_seat, moves })
}

/// Where the person will be, and whether that is a change.
fn workspaces(
    by: &Authority,
    record: &Record,
    role: Role,
    named: Option<Vec<WorkspaceId>>,
) -> (Option<Vec<WorkspaceId>>, bool) {
    let meant = |actor: &Actor| actor.workspaces_meant(None);
    match (named, by) {
        (Some(named), _) if role.reaches_every_workspace() => (Some(named), !record.workspace_ids.is_empty()),
        (Some(named), _) => {
            // As sets: a list that names one of them twice is not the same as two.
            let held = &record.workspace_ids;
            let moves =
                named.iter().any(|id| !held.contains(id)) || held.iter().any(|id| !named.contains(id));
            (Some(named), moves)
        }
        // It named none, because its role reached them all.
        (None, Authority::Member(actor)) if record.workspace_ids.is_empty() => {
            (meant(actor), !role.reaches_every_workspace())
        }
        (None, _) => (Some(record.workspace_ids.clone()), role.reaches_every_workspace()),
    }
}

/// What the audit log says of a change: the fields that change, as they were and as they are to be. An address is masked, and
/// of what people wrote only which of it changed is told.
fn difference(record: &Record, plan: &Plan) -> (Map<String, Value>, Map<String, Value>) {
    let (state, changed) = (&record.state, &plan.changed);
    let masked = |email: Option<&EmailAddress>| json!(email.map(EmailAddress::masked));
    let mut words = Vec::new();
    for (field, old, new) in [
        ("name", &record.name, &changed.name),
        ("nickname", &record.nickname, &changed.nickname),
        ("message", &record.message, &changed.message),
        ("branding.name", &record.branding_name, &changed.branding_name),
        ("branding.message", &record.branding_message, &changed.branding_message),
    ] {
        if old != new {
            words.push(field);
        }
    }
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut tell = |field: &str, differs: bool, old: Value, new: Value| {
        if differs {
            before.insert(field.to_owned(), old);
            after.insert(field.to_owned(), new);
        }
    };
    let retyped =
        changed.email.as_ref().map(EmailAddress::as_str) != state.email.as_ref().map(EmailAddress::as_str);
    tell("role", state.role != changed.role, json!(state.role), json!(changed.role));
    tell("email", changed.readdressed, masked(state.email.as_ref()), masked(changed.email.as_ref()));
    tell("email_as_typed", retyped && !changed.readdressed, json!(false), json!(true));
    tell("locale", record.locale != changed.locale, json!(record.locale), json!(changed.locale));
    // What it is, and where, stands in the row and is filled in there.
    tell("access", plan.moves || plan.old_access != plan.new_access, Value::Null, Value::Null);
    // By what it gives: whether it reserves one just now depends on whom it is for.
    let took_seat = plan.took_seat;
    tell("takes_seat", took_seat != changed.takes_seat, json!(took_seat), json!(changed.takes_seat));
    if let Some(expires_at) = changed.expires_at {
        tell("expires_at", expires_at != state.expires_at, json!(state.expires_at), json!(expires_at));
    }
    tell("max_uses", state.max_uses != changed.max_uses, json!(state.max_uses), json!(changed.max_uses));
    tell("words", !words.is_empty(), json!([]), json!(words));
    (before, after)
}
