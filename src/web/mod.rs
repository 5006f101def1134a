//! The web: requests in, replies out. The JSON API is in [`api`], the pages are in [`pages`], what
//! others tell is in [`hooks`].

pub mod api;
pub mod guard;
pub mod hooks;
pub mod idempotency;
pub mod pages;
pub mod reply;
pub mod request;
pub mod route;
pub mod scope;
pub mod shape;

use http::{Method, StatusCode};

use crate::domain::ids::{InvitationId, WebhookId};
use crate::error::{Code, Refusal, Result};
use crate::flow::Context;
use crate::platform::{Platform, Statement};
use crate::sql;
use crate::store::idempotency::Once;
use pages::kept::Again;
use pages::settings::webhooks::acts::Act as WebhookAct;
use pages::team::acts::Act;
use reply::Reply;
use request::{Oversized, Request};
use route::Route;

/// The methods that routes take, to be matched on.
#[derive(Clone, Copy)]
enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    fn of(method: &Method) -> Option<Self> {
        match *method {
            Method::GET => Some(Self::Get),
            Method::POST => Some(Self::Post),
            Method::PUT => Some(Self::Put),
            Method::PATCH => Some(Self::Patch),
            Method::DELETE => Some(Self::Delete),
            _ => None,
        }
    }
}

/// Answers a request to a route. HEAD comes here as GET.
pub async fn answer<P: Platform>(ctx: &Context<'_, P>, request: &Request, route: &Route) -> Result<Reply> {
    let largest = request::largest_body(Some(route));
    if request.body().len() > largest || request.extensions().get::<Oversized>().is_some() {
        return Err(Refusal::new(Code::PayloadTooLarge)
            .because(format!("This is too much at once. Send at most {} KiB.", largest / 1024))
            .into());
    }
    let verb = Verb::of(request.method()).filter(|_| route.methods().contains(request.method()));
    let Some(verb) = verb else { return Err(method_not_allowed(route)) };
    if route.is_page() {
        let mut answer = match page(ctx, request, route, verb).await {
            // A person is shown the way in, and comes back from there with what they typed.
            Err(error) if error.code() == Code::Unauthenticated => pages::kept::way(ctx, request).await,
            answer => answer,
        }?;
        let again = answer.extensions_mut().remove::<Again>();
        let Some((again, route)) = again.and_then(|again| again.request(request)) else { return Ok(answer) };
        Ok(match page(ctx, &again, &route, Verb::Post).await {
            Ok(shown) => pages::kept::with_cookies_of(shown, &answer),
            // Where whoever signed in has no such form, they come to the page that says so.
            Err(_) => answer,
        })
    } else {
        match idempotency::of(ctx, request, route).await? {
            Some(once) => call_once(ctx, request, route, once).await,
            None => call(ctx, request, route, verb).await,
        }
    }
}

/// A program's request that it may repeat.
async fn call_once<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    route: &Route,
    once: Once,
) -> Result<Reply> {
    if let Some(reply) = idempotency::kept(ctx, &once).await? {
        return Ok(reply);
    }
    let ctx = &ctx.under(Some(once.clone()));
    let answer = call(ctx, request, route, Verb::Post).await;
    idempotency::settle(ctx, &once, answer).await
}

/// A program's request, or a script's.
async fn call<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    route: &Route,
    verb: Verb,
) -> Result<Reply> {
    use Verb::{Delete, Patch, Post};
    match (route, verb) {
        (Route::Health, _) => Ok(reply::json(StatusCode::OK, &serde_json::json!({"status": "ok"}))),
        (Route::Ready, _) => ready(ctx).await,
        (Route::PublicKeys, _) => Ok(pages::well_known::public_keys(ctx)),

        (Route::Organizations, Post) => api::organizations::create(ctx, request).await,
        (Route::Organizations, _) => api::organizations::list(ctx, request).await,
        (Route::Organization(id), Patch) => api::organizations::change(ctx, request, *id).await,
        (Route::Organization(id), _) => api::organizations::get(ctx, request, *id).await,
        (Route::Logo(id), Delete) => api::logo::clear(ctx, request, *id).await,
        (Route::Logo(id), _) => api::logo::set(ctx, request, *id).await,
        (Route::Plan(id), _) => api::organizations::set_plan(ctx, request, *id).await,
        (Route::ApiKeys(id), Post) => api::api_keys::create(ctx, request, *id).await,
        (Route::ApiKeys(id), _) => api::api_keys::list(ctx, request, *id).await,
        (Route::ApiKey(id, key), _) => api::api_keys::revoke(ctx, request, *id, *key).await,
        (Route::Seats(id), _) => api::seats::count(ctx, request, *id).await,
        (Route::SeatHolders(id), _) => api::seats::holders(ctx, request, *id).await,
        (Route::Catalog(id), _) => api::catalog::show(ctx, request, *id).await,
        (Route::Audit(id), _) => api::audit::list(ctx, request, *id).await,

        (Route::Invitations(id), Post) => api::invitations::create(ctx, request, *id).await,
        (Route::Invitations(id), _) => api::invitations::list(ctx, request, *id).await,
        (Route::BulkInvitations(id), _) => api::bulk::create(ctx, request, *id).await,
        (Route::InvitationRecord(id), Patch) => api::invitations::change(ctx, request, *id).await,
        (Route::InvitationRecord(id), _) => api::invitations::get(ctx, request, *id).await,
        (Route::Resend(id), _) => api::invitations::resend(ctx, request, *id).await,
        (Route::Revoke(id), _) => api::invitations::revoke(ctx, request, *id).await,
        (Route::CopyLink(id), _) => api::invitations::link(ctx, request, *id).await,
        (Route::Rotate(id), _) => api::links::rotate(ctx, request, *id).await,
        (Route::Disable(id), _) => api::links::disable(ctx, request, *id).await,
        (Route::Enable(id), _) => api::links::enable(ctx, request, *id).await,
        (Route::Redemptions(id), _) => api::links::redemptions(ctx, request, *id).await,
        (Route::MailDeliveries(id), _) => api::deliveries::list(ctx, request, *id).await,
        (Route::Preview, _) => api::invitee::preview(ctx, request).await,
        (Route::Accept, _) => api::invitee::accept(ctx, request).await,
        (Route::Decline, _) => api::invitee::decline(ctx, request).await,

        (Route::Members(id), Post) => api::adding::create(ctx, request, *id).await,
        (Route::Members(id), _) => api::members::list(ctx, request, *id).await,
        (Route::RemoveMembers(id), _) => api::members::remove_several(ctx, request, *id).await,
        (Route::Owner(id), _) => api::members::transfer(ctx, request, *id).await,
        (Route::Member(id), Patch) => api::members::change(ctx, request, *id).await,
        (Route::Member(id), Delete) => api::members::remove(ctx, request, *id).await,
        (Route::Member(id), _) => api::members::get(ctx, request, *id).await,
        (Route::RestoreMember(id), _) => api::members::restore(ctx, request, *id).await,
        (Route::PasswordLink(id), _) => api::adding::password_link(ctx, request, *id).await,

        (Route::Workspaces(id), Post) => api::workspaces::create(ctx, request, *id).await,
        (Route::Workspaces(id), _) => api::workspaces::list(ctx, request, *id).await,
        (Route::Workspace(id), Patch) => api::workspaces::change(ctx, request, *id).await,
        (Route::Workspace(id), _) => api::workspaces::get(ctx, request, *id).await,
        (Route::WorkspaceMembers(id), _) => api::memberships::create(ctx, request, *id).await,
        (Route::Membership(id, member), Patch) => api::memberships::change(ctx, request, *id, *member).await,
        (Route::Membership(id, member), _) => api::memberships::remove(ctx, request, *id, *member).await,
        (Route::MembershipAccess(id, member), _) => {
            api::memberships::access(ctx, request, *id, *member).await
        }
        (Route::Check, _) => api::check::check(ctx, request).await,

        (Route::Resources(id), Post) => api::resources::create(ctx, request, *id).await,
        (Route::Resources(id), _) => api::resources::list(ctx, request, *id).await,
        (Route::Resource(id), Delete) => api::resources::delete(ctx, request, *id).await,
        (Route::Resource(id), _) => api::resources::get(ctx, request, *id).await,
        (Route::Disconnect(id), _) => api::resources::disconnect(ctx, request, *id).await,
        (Route::Reconnect(id), _) => api::resources::reconnect(ctx, request, *id).await,

        (Route::Job(id), _) => api::bulk::get(ctx, request, *id).await,
        (Route::UndoJob(id), _) => api::bulk::undo(ctx, request, *id).await,

        (Route::MyAccount, _) => api::me::account(ctx, request).await,
        (Route::HostToken, _) => api::host_token::issue(ctx, request).await,
        (Route::Tokens, _) => api::host_token::exchange(ctx, request).await,
        (Route::MyWorkspaces, _) => api::me::workspaces(ctx, request).await,
        (Route::Notifications, _) => api::notifications::list(ctx, request).await,
        (Route::ReadNotifications, _) => api::notifications::read(ctx, request).await,
        (Route::MyNotificationSettings, Patch) => api::notification_settings::change(ctx, request).await,
        (Route::MyNotificationSettings, _) => api::notification_settings::list(ctx, request).await,
        (Route::RecoveryCodes, _) => api::second_factor::renew(ctx, request).await,
        (Route::MyEmail, Delete) => api::email_change::cancel_own(ctx, request).await,
        (Route::MyEmail, _) => api::email_change::begin(ctx, request).await,
        (Route::ConfirmEmail, _) => api::email_change::confirm(ctx, request).await,
        (Route::CancelEmail, _) => api::email_change::cancel(ctx, request).await,
        (Route::MyPassword, _) => api::passwords::change(ctx, request).await,
        (Route::Sessions, Delete) => api::sessions::end_elsewhere(ctx, request).await,
        (Route::Session(id), _) => api::sessions::end(ctx, request, *id).await,
        (Route::Sessions, Verb::Get) => api::sessions::list(ctx, request).await,
        (Route::Sessions, _) => api::sessions::create(ctx, request).await,
        (Route::SessionMfa, _) => api::sessions::pass(ctx, request).await,
        (Route::Totp, Delete) => api::second_factor::remove(ctx, request).await,
        (Route::Totp, _) => api::second_factor::begin(ctx, request).await,
        (Route::ConfirmTotp, _) => api::second_factor::confirm(ctx, request).await,
        (Route::MfaResets, _) => api::second_factor::take_off(ctx, request).await,
        (Route::CurrentSession, _) => api::sessions::delete(ctx, request).await,
        (Route::HookResend, _) => hooks::from_resend(ctx, request).await,
        (Route::HookPostmark, _) => hooks::from_postmark(ctx, request).await,
        (Route::HookStripe, _) => hooks::from_stripe(ctx, request).await,
        (Route::PasswordResets, _) => api::passwords::ask(ctx, request).await,
        (Route::RedeemReset, _) => api::passwords::redeem(ctx, request).await,
        _ => webhook(ctx, request, route, verb).await,
    }
}

/// A webhook, and what was delivered to it.
async fn webhook<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    route: &Route,
    verb: Verb,
) -> Result<Reply> {
    use Verb::{Delete, Patch, Post};
    match (route, verb) {
        (Route::Webhooks(id), Post) => api::webhooks::create(ctx, request, *id).await,
        (Route::Webhooks(id), _) => api::webhooks::list(ctx, request, *id).await,
        (Route::Webhook(id, webhook), Patch) => api::webhooks::change(ctx, request, *id, *webhook).await,
        (Route::Webhook(id, webhook), Delete) => api::webhooks::delete(ctx, request, *id, *webhook).await,
        (Route::Webhook(id, webhook), _) => api::webhooks::get(ctx, request, *id, *webhook).await,
        (Route::WebhookRotate(id, webhook), _) => api::webhooks::rotate(ctx, request, *id, *webhook).await,
        (Route::WebhookTest(id, webhook), _) => api::webhooks::test(ctx, request, *id, *webhook).await,
        (Route::Deliveries(id, webhook), _) => api::webhooks::deliveries(ctx, request, *id, *webhook).await,
        (Route::ReplayFailed(id, webhook), _) => {
            api::webhooks::replay_failed(ctx, request, *id, *webhook).await
        }
        (Route::Replay(id, webhook, job), _) => {
            api::webhooks::replay(ctx, request, *id, *webhook, *job).await
        }
        _ => Err(Code::NotFound.into()),
    }
}

/// The lists of an organization, what is done in them, and the files that are made of them and of one's own.
async fn list<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    route: &Route,
    verb: Verb,
) -> Option<Result<Reply>> {
    Some(match (route, verb) {
        (Route::Team(slug), _) => pages::team::show(ctx, request, slug).await,
        (Route::TeamExport(slug), _) => pages::team::export::show(ctx, request, slug).await,
        (Route::TeamRestore(slug), Verb::Post) => pages::team::restore::submit(ctx, request, slug).await,
        (Route::TeamRestore(slug), _) => pages::team::restore::show(ctx, request, slug).await,
        (Route::TeamRemove(slug), Verb::Post) => pages::team::remove::submit(ctx, request, slug).await,
        (Route::TeamRemove(slug), _) => pages::team::remove::show(ctx, request, slug).await,
        (Route::ActivityPage(slug), _) => pages::activity::show(ctx, request, slug).await,
        (Route::ActivityCsv(slug), _) => pages::activity::export::csv(ctx, request, slug).await,
        (Route::ActivityJson(slug), _) => pages::activity::export::json(ctx, request, slug).await,
        (Route::ImportExample(slug), _) => pages::import::example(ctx, request, slug).await,
        (Route::MyData, _) => pages::my_data::show(ctx, request).await,
        _ => return None,
    })
}

/// A person's request for a page, or a form of one.
async fn page<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    route: &Route,
    verb: Verb,
) -> Result<Reply> {
    use Verb::Post;
    if let Some(reply) = list(ctx, request, route, verb).await {
        return reply;
    }
    match (route, verb) {
        (Route::Home, _) => Ok(pages::home::show(request)),
        (Route::SecurityText, _) => pages::well_known::security(ctx),
        (Route::ChangePassword, _) => Ok(reply::see_other(&Route::SecurityPassword.path())),
        (Route::SignIn, Post) => pages::sign_in::submit(ctx, request).await,
        (Route::SignIn, _) => pages::sign_in::show(ctx, request).await,
        (Route::SignInCode, Post) => pages::code::submit(ctx, request).await,
        (Route::SignInCode, _) => pages::code::show(ctx, request).await,
        (Route::ForgotPassword, Post) => pages::forgot_password::submit(ctx, request).await,
        (Route::ForgotPassword, _) => pages::forgot_password::show(ctx, request).await,
        (Route::SignOut, _) => pages::sign_in::sign_out(ctx, request).await,
        (Route::Brand(id, name), _) => match name.strip_suffix(".css") {
            Some(colour) => pages::brand::stylesheet(colour),
            None => api::logo::serve(ctx, *id, name).await,
        },
        (Route::MemberPage(slug, id), Post) => pages::member::submit(ctx, request, slug, *id).await,
        (Route::MemberPage(slug, id), _) => pages::member::show(ctx, request, slug, *id).await,
        (Route::MemberOwner(slug, id), Post) => pages::member::owner::submit(ctx, request, slug, *id).await,
        (Route::MemberOwner(slug, id), _) => pages::member::owner::show(ctx, request, slug, *id).await,
        (Route::MemberPassword(slug, id), Post) => {
            pages::member::password::submit(ctx, request, slug, *id).await
        }
        (Route::MemberPassword(slug, id), _) => pages::member::password::show(ctx, request, slug, *id).await,
        (Route::MemberLeave(slug, id), Post) => pages::member::leave::submit(ctx, request, slug, *id).await,
        (Route::MemberLeave(slug, id), _) => pages::member::leave::show(ctx, request, slug, *id).await,
        (Route::WorkspacesPage(slug), Post) => pages::workspaces::submit(ctx, request, slug).await,
        (Route::WorkspacesPage(slug), _) => pages::workspaces::show(ctx, request, slug).await,
        (Route::OfferPage(slug, id), Post) => pages::team::offer::submit(ctx, request, slug, *id).await,
        (Route::OfferPage(slug, id), _) => pages::team::offer::show(ctx, request, slug, *id).await,
        (Route::OfferLink(slug, id), _) => offer_act(ctx, request, slug, *id, Act::Copy, verb).await,
        (Route::OfferSend(slug, id), _) => offer_act(ctx, request, slug, *id, Act::Send, verb).await,
        (Route::OfferWithdraw(slug, id), _) => offer_act(ctx, request, slug, *id, Act::Withdraw, verb).await,
        (Route::OfferReplace(slug, id), _) => offer_act(ctx, request, slug, *id, Act::Replace, verb).await,
        (Route::OfferOff(slug, id), _) => offer_act(ctx, request, slug, *id, Act::Off, verb).await,
        (Route::OfferOn(slug, id), _) => offer_act(ctx, request, slug, *id, Act::On, verb).await,
        (Route::OfferDraft(slug, id), _) => pages::invite::draft(ctx, request, slug, *id).await,
        (Route::InviteStart(slug), Post) => pages::invite::begin(ctx, request, slug).await,
        (Route::InviteStart(slug), _) => pages::invite::start(ctx, request, slug).await,
        (Route::InviteStep(slug, draft, step), Post) => {
            pages::invite::submit(ctx, request, slug, *draft, *step).await
        }
        (Route::InviteStep(slug, draft, step), _) => {
            pages::invite::show(ctx, request, slug, *draft, *step).await
        }
        (Route::EmailLink(token), Post) => pages::email_link::submit(ctx, request, token).await,
        (Route::EmailLink(token), _) => pages::email_link::show(ctx, request, token).await,
        (Route::SettingsPage(slug), Post) => pages::settings::change(ctx, request, slug).await,
        (Route::SettingsPage(slug), _) => pages::settings::show(ctx, request, slug).await,
        (Route::BrandingPage(slug), Post) => pages::settings::rebrand(ctx, request, slug).await,
        (Route::BrandingPage(slug), _) => pages::settings::branding(ctx, request, slug).await,
        (Route::SeatsPage(slug), _) => pages::settings::seats(ctx, request, slug).await,
        (Route::KeysPage(slug), Post) => pages::settings::create_key(ctx, request, slug).await,
        (Route::KeysPage(slug), _) => pages::settings::keys(ctx, request, slug).await,
        (Route::KeyRevoke(slug, key), Post) => pages::settings::revoked_key(ctx, request, slug, *key).await,
        (Route::KeyRevoke(slug, key), _) => pages::settings::revoke_key(ctx, request, slug, *key).await,
        (Route::ImportPage(slug), Post) => pages::import::check(ctx, request, slug).await,
        (Route::ImportPage(slug), _) => pages::import::show(ctx, request, slug).await,
        (Route::ImportJob(slug, job), Post) => pages::import::undo(ctx, request, slug, *job).await,
        (Route::ImportJob(slug, job), _) => pages::import::job(ctx, request, slug, *job).await,
        (Route::Open, _) => pages::open::show(ctx, request).await,
        (Route::MyInvitations, _) => pages::me::open(ctx, request).await,
        (Route::Me, _) => pages::me::show(ctx, request).await,
        (Route::NotificationsPage, Post) => pages::notifications::read(ctx, request).await,
        (Route::NotificationsPage, _) => pages::notifications::show(ctx, request).await,
        (Route::NotificationSettings, _) => pages::notification_settings::answer(ctx, request).await,
        (Route::WorkspacePage(id), _) => pages::workspace::show(ctx, request, *id).await,
        (Route::WorkspaceAccounts(id), _) => pages::workspace::add(ctx, request, *id).await,
        (Route::AccountPage(id, resource), Post) => pages::workspace::act(ctx, request, *id, *resource).await,
        (Route::AccountPage(id, resource), _) => {
            pages::workspace::confirm(ctx, request, *id, *resource).await
        }
        (Route::AddToWorkspace(id), Post) => pages::placing::adding::submit(ctx, request, *id).await,
        (Route::AddToWorkspace(id), _) => pages::placing::adding::show(ctx, request, *id).await,
        (Route::AccessPage(id, member), Post) => pages::placing::submit(ctx, request, *id, *member).await,
        (Route::AccessPage(id, member), _) => pages::placing::show(ctx, request, *id, *member).await,
        (Route::AccessPreview(id, member), _) => pages::workspace::preview(ctx, request, *id, *member).await,
        (Route::AccessEnd(id, member), Post) => {
            pages::placing::ending::submit(ctx, request, *id, *member).await
        }
        (Route::AccessEnd(id, member), _) => pages::placing::ending::show(ctx, request, *id, *member).await,
        (Route::WorkspaceAsk(id), _) => pages::workspace::ask(ctx, request, *id).await,
        (Route::Invitation(token), Post) => pages::invitation::submit(ctx, request, token).await,
        (Route::Invitation(token), _) => pages::invitation::show(ctx, request, token).await,
        (Route::InvitationAsk(token), _) => pages::invitation::ask(ctx, request, token).await,
        (Route::InvitationDecline(token), Post) => pages::invitation::decline(ctx, request, token).await,
        (Route::InvitationDecline(token), _) => pages::invitation::show_decline(ctx, request, token).await,
        (Route::Reset(token), Post) => pages::reset::submit(ctx, request, token).await,
        (Route::Reset(token), _) => pages::reset::show(ctx, request, token).await,
        (Route::Mailbox, _) => pages::mailbox::list(ctx, request).await,
        (Route::MailboxMessage(job), _) => pages::mailbox::message(ctx, *job).await,
        (Route::Probe, _) => api::probe::ask(ctx, request).await,
        _ => security(ctx, request, route, verb).await,
    }
}

/// How somebody signs in.
async fn security<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    route: &Route,
    verb: Verb,
) -> Result<Reply> {
    use Verb::Post;
    match (route, verb) {
        (Route::Security, _) => pages::security::show(ctx, request).await,
        (Route::SecurityPassword, Post) => pages::security::submit_password(ctx, request).await,
        (Route::SecurityPassword, _) => pages::security::show_password(ctx, request).await,
        (Route::SecurityEmail, Post) => pages::security::submit_email(ctx, request).await,
        (Route::SecurityEmail, _) => pages::security::show_email(ctx, request).await,
        (Route::SecurityCodes, Post) => pages::security::submit_codes(ctx, request).await,
        (Route::SecurityCodes, _) => pages::security::show_codes(ctx, request).await,
        (Route::SecurityFactor, Post) => pages::security::submit_factor(ctx, request).await,
        (Route::SecurityFactor, _) => pages::security::show_factor(ctx, request).await,
        (Route::SecurityFactorOff, Post) => pages::security::submit_off(ctx, request).await,
        (Route::SecurityFactorOff, _) => pages::security::show_off(ctx, request).await,
        (Route::SecuritySessions, _) => pages::security::end_sessions(ctx, request).await,
        _ => webhooks(ctx, request, route, verb).await,
    }
}

/// The pages of webhooks.
async fn webhooks<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    route: &Route,
    verb: Verb,
) -> Result<Reply> {
    use Verb::Post;
    use pages::settings::webhooks;
    match (route, verb) {
        (Route::WebhooksPage(slug), Post) => webhooks::create(ctx, request, slug).await,
        (Route::WebhooksPage(slug), _) => webhooks::show(ctx, request, slug).await,
        (Route::WebhookPage(slug, id), Post) => webhooks::one::submit(ctx, request, slug, *id).await,
        (Route::WebhookPage(slug, id), _) => webhooks::one::show(ctx, request, slug, *id).await,
        (Route::WebhookSecret(slug, id), _) => {
            webhook_act(ctx, request, slug, *id, WebhookAct::Rotate, verb).await
        }
        (Route::WebhookDelete(slug, id), _) => {
            webhook_act(ctx, request, slug, *id, WebhookAct::Delete, verb).await
        }
        (Route::DeliveryPage(slug, id, job), Post) => {
            webhooks::delivery::replay(ctx, request, slug, *id, *job).await
        }
        (Route::DeliveryPage(slug, id, job), _) => {
            webhooks::delivery::show(ctx, request, slug, *id, *job).await
        }
        _ => Err(Code::NotFound.into()),
    }
}

/// What is done with a webhook once and for all: asked once more, or done.
async fn webhook_act<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
    act: WebhookAct,
    verb: Verb,
) -> Result<Reply> {
    match verb {
        Verb::Post => pages::settings::webhooks::acts::done(ctx, request, slug, id, act).await,
        _ => pages::settings::webhooks::acts::ask(ctx, request, slug, id, act).await,
    }
}

/// What is done with an invitation: asked once more, or done.
async fn offer_act<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: InvitationId,
    act: Act,
    verb: Verb,
) -> Result<Reply> {
    match verb {
        Verb::Post => pages::team::acts::act(ctx, request, slug, id, act).await,
        _ => pages::team::acts::ask(ctx, request, slug, id, act).await,
    }
}

async fn ready<P: Platform>(ctx: &Context<'_, P>) -> Result<Reply> {
    ctx.platform.run(Statement::new(sql!("SELECT 1 FROM organizations LIMIT 1"), Vec::new())).await?;
    Ok(reply::json(StatusCode::OK, &serde_json::json!({"status": "ok"})))
}

fn method_not_allowed(route: &Route) -> crate::error::Error {
    let mut allow: Vec<&str> = route.methods().iter().map(Method::as_str).collect();
    if allow.contains(&"GET") {
        allow.push("HEAD");
    }
    Refusal { allow: Some(allow.join(", ")), ..Refusal::new(Code::MethodNotAllowed) }.into()
}
