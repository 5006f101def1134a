//! Every address Usher answers at: [`Route`] reads a path and writes one, so a link in an e-mail can't drift from the
//! route that serves it.

use std::sync::LazyLock;

use http::Method;
use matchit::{Params, Router};

use crate::domain::ids::{
    ApiKeyId, DraftId, InvitationId, JobId, MemberId, OrganizationId, ResourceId, SessionId, WebhookId,
    WorkspaceId,
};
use crate::web::pages::invite::Step;

macro_rules! routes {
    ($($(#[doc = $doc:literal])* $variant:ident $(($($field:ident: $type:ty),+))? $path:literal [$($method:ident),+];)*) => {
        /// An address, with what its path names.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Route {
            $($(#[doc = $doc])* $variant $(($($type),+))?,)*
        }

        static TABLE: LazyLock<Router<fn(&Params<'_, '_>) -> Option<Route>>> = LazyLock::new(|| {
            let mut table: Router<fn(&Params<'_, '_>) -> Option<Route>> = Router::new();
            $(
                // Two patterns can't clash: a test reads every route back from its own path.
                let _ = table.insert($path, |_params| {
                    Some(Route::$variant $(($(_params.get(stringify!($field))?.parse::<$type>().ok()?),+))?)
                });
            )*
            table
        });

        impl Route {
            /// The pattern of every route, with the methods it takes.
            pub const PATTERNS: &'static [(&'static str, &'static [Method])] =
                &[$(($path, &[$(Method::$method),+])),*];

            /// The methods this route takes. HEAD goes wherever GET does.
            #[must_use]
            pub fn methods(&self) -> &'static [Method] {
                match self { $(Self::$variant { .. } => &[$(Method::$method),+],)* }
            }

            /// The route's name in logs: never what its path names.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => stringify!($variant),)* }
            }

            /// The path.
            #[must_use]
            pub fn path(&self) -> String {
                match self {
                    $(Self::$variant $(($($field),+))? => {
                        filled($path, &[$($((stringify!($field), $field.to_string())),+)?])
                    })*
                }
            }
        }
    };
}

/// A pattern with its fields in their places. What a field holds is no pattern, whatever it looks like.
fn filled(pattern: &str, fields: &[(&str, String)]) -> String {
    let mut path = String::new();
    let mut rest = pattern;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        path.push_str(before);
        if let Some((_, value)) = fields.iter().find(|(field, _)| *field == name) {
            path.push_str(value);
        }
        rest = after;
    }
    path + rest
}

routes! {
    /// The first page: where to go.
    Home "/" [GET];
    /// Signing in.
    SignIn "/sign-in" [GET, POST];
    /// The second factor of whoever signed in with their password.
    SignInCode "/sign-in/code" [GET, POST];
    /// Asking for a link in the place of a forgotten password, by form.
    ForgotPassword "/forgot-password" [GET, POST];
    /// An organization's logo, or its colour as a stylesheet, for everybody.
    Brand(organization: OrganizationId, hash: String) "/brand/{organization}/{hash}" [GET];
    /// Team & Clients: an organization's members, clients, invitations and links.
    Team(slug: String) "/o/{slug}/team" [GET];
    /// Removing those who were chosen there: asked once more, then what came of it.
    TeamRemove(slug: String) "/o/{slug}/team/remove" [GET, POST];
    /// Undoing a removal: asked once more, or done from the list.
    TeamRestore(slug: String) "/o/{slug}/team/restore" [GET, POST];
    /// The list that is shown there, as a spreadsheet.
    TeamExport(slug: String) "/o/{slug}/team/export.csv" [GET];
    /// Somebody in the organization: what they are and have, and the form that changes it.
    MemberPage(slug: String, member: MemberId) "/o/{slug}/members/{member}" [GET, POST];
    /// Making them the owner: asked once more, and done.
    MemberOwner(slug: String, member: MemberId) "/o/{slug}/members/{member}/owner" [GET, POST];
    /// A link with which they set a password, to hand over.
    MemberPassword(slug: String, member: MemberId) "/o/{slug}/members/{member}/password" [GET, POST];
    /// Leaving the organization: asked once more, and done.
    MemberLeave(slug: String, member: MemberId) "/o/{slug}/members/{member}/leave" [GET, POST];
    /// The organization's workspaces, with the forms that make and name them.
    WorkspacesPage(slug: String) "/o/{slug}/workspaces" [GET, POST];
    /// An invitation or a link for many: what it offers, and the form that changes it.
    OfferPage(slug: String, invitation: InvitationId) "/o/{slug}/invitations/{invitation}" [GET, POST];
    /// Its link, to copy, and as a QR code.
    OfferLink(slug: String, invitation: InvitationId) "/o/{slug}/invitations/{invitation}/link" [GET, POST];
    /// Sending it again, by form.
    OfferSend(slug: String, invitation: InvitationId) "/o/{slug}/invitations/{invitation}/send" [GET, POST];
    /// Withdrawing it, by form.
    OfferWithdraw(slug: String, invitation: InvitationId) "/o/{slug}/invitations/{invitation}/withdraw" [GET, POST];
    /// A new link for many in the place of the old one, by form.
    OfferReplace(slug: String, invitation: InvitationId) "/o/{slug}/invitations/{invitation}/replace" [GET, POST];
    /// Turning a link for many off, by form.
    OfferOff(slug: String, invitation: InvitationId) "/o/{slug}/invitations/{invitation}/off" [GET, POST];
    /// Turning it on again, by form.
    OfferOn(slug: String, invitation: InvitationId) "/o/{slug}/invitations/{invitation}/on" [GET, POST];
    /// A draft that begins with what it offers, to change that or to invite once more.
    OfferDraft(slug: String, invitation: InvitationId) "/o/{slug}/invitations/{invitation}/draft" [POST];
    /// Inviting somebody: whom.
    InviteStart(slug: String) "/o/{slug}/team/invite" [GET, POST];
    /// Inviting somebody: each step after that.
    InviteStep(slug: String, draft: DraftId, step: Step) "/o/{slug}/team/invite/{draft}/{step}" [GET, POST];
    /// Settings: an organization's name, and who may do what there unless somebody says otherwise.
    SettingsPage(slug: String) "/o/{slug}/settings" [GET, POST];
    /// How it shows itself to those it invites.
    BrandingPage(slug: String) "/o/{slug}/settings/branding" [GET, POST];
    /// What it has paid for, and who holds its seats.
    SeatsPage(slug: String) "/o/{slug}/settings/seats" [GET];
    /// The keys that its programs call with, and the form that makes one.
    KeysPage(slug: String) "/o/{slug}/settings/keys" [GET, POST];
    /// Revoking one of them: asked once more, and done.
    KeyRevoke(slug: String, key: ApiKeyId) "/o/{slug}/settings/keys/{key}/revoke" [GET, POST];
    /// The webhooks by which its programs are told what happens, and the form that makes one.
    WebhooksPage(slug: String) "/o/{slug}/settings/webhooks" [GET, POST];
    /// One of them: what was delivered, and what it is told.
    WebhookPage(slug: String, webhook: WebhookId) "/o/{slug}/settings/webhooks/{webhook}" [GET, POST];
    /// Another secret for it: asked once more, and shown once.
    WebhookSecret(slug: String, webhook: WebhookId) "/o/{slug}/settings/webhooks/{webhook}/secret" [GET, POST];
    /// Deleting it: asked once more, and done.
    WebhookDelete(slug: String, webhook: WebhookId) "/o/{slug}/settings/webhooks/{webhook}/delete" [GET, POST];
    /// What was delivered to it, and what came of it; and delivering that again.
    DeliveryPage(slug: String, webhook: WebhookId, job: JobId) "/o/{slug}/settings/webhooks/{webhook}/deliveries/{job}" [GET, POST];
    /// Who changed who may do what.
    ActivityPage(slug: String) "/o/{slug}/activity" [GET];
    /// The entries that are shown there, as a spreadsheet.
    ActivityCsv(slug: String) "/o/{slug}/activity/export.csv" [GET];
    /// The same as JSON, as programs get them.
    ActivityJson(slug: String) "/o/{slug}/activity/export.json" [GET];
    /// Inviting many people with a spreadsheet.
    ImportPage(slug: String) "/o/{slug}/team/import" [GET, POST];
    /// What such a spreadsheet looks like.
    ImportExample(slug: String) "/o/{slug}/team/import/example.csv" [GET];
    /// One import: how far it is, and taking it back.
    ImportJob(slug: String, job: JobId) "/o/{slug}/team/import/{job}" [GET, POST];
    /// On to the host product, for whoever is signed in: what it sends browsers to.
    Open "/open" [GET];
    /// Signing out.
    SignOut "/sign-out" [POST];
    /// Who is signed in, and the workspaces they reach.
    Me "/me" [GET];
    /// Everything that is kept about whoever is signed in, as a file.
    MyData "/me/data.json" [GET];
    /// Having the mail of an invitation that waits for them sent again, by form.
    MyInvitations "/me/invitations" [POST];
    /// A workspace, as whoever is in it sees it.
    WorkspacePage(workspace: WorkspaceId) "/w/{workspace}" [GET];
    /// Adding an account to it, by form.
    WorkspaceAccounts(workspace: WorkspaceId) "/w/{workspace}/accounts" [POST];
    /// One of its accounts, by form.
    AccountPage(workspace: WorkspaceId, resource: ResourceId) "/w/{workspace}/accounts/{resource}" [GET, POST];
    /// Adding somebody from another workspace: from which, whom, with what access.
    AddToWorkspace(workspace: WorkspaceId) "/w/{workspace}/add" [GET, POST];
    /// What somebody was given in it, and the form that changes it.
    AccessPage(workspace: WorkspaceId, member: MemberId) "/w/{workspace}/members/{member}" [GET, POST];
    /// The workspace as they see it.
    AccessPreview(workspace: WorkspaceId, member: MemberId) "/w/{workspace}/members/{member}/preview" [GET];
    /// Taking them out of it: asked once more, and done.
    AccessEnd(workspace: WorkspaceId, member: MemberId) "/w/{workspace}/members/{member}/remove" [GET, POST];
    /// Asking for access to it, by form.
    WorkspaceAsk(workspace: WorkspaceId) "/w/{workspace}/ask" [POST];
    /// What happened that concerns whoever is signed in.
    NotificationsPage "/me/notifications" [GET, POST];
    /// What of it they want to be told, and how.
    NotificationSettings "/me/notifications/settings" [GET, POST];
    /// How somebody signs in, and where they are signed in.
    Security "/me/security" [GET];
    /// Another password.
    SecurityPassword "/me/security/password" [GET, POST];
    /// Another address.
    SecurityEmail "/me/security/email" [GET, POST];
    /// Proving one of the two mailboxes, or stopping the change.
    EmailLink(token: String) "/email/{token}" [GET, POST];
    /// Setting a second factor up.
    SecurityFactor "/me/security/two-step" [GET, POST];
    /// Turning it off.
    SecurityFactorOff "/me/security/two-step/off" [GET, POST];
    /// Other recovery codes.
    SecurityCodes "/me/security/two-step/codes" [GET, POST];
    /// Signing out somewhere else, or everywhere else.
    SecuritySessions "/me/security/sessions" [POST];
    /// An invitation's link: what it is, and the form that accepts it.
    Invitation(token: String) "/i/{token}" [GET, POST];
    /// Asking for a new one, by form.
    InvitationAsk(token: String) "/i/{token}/ask" [POST];
    /// Declining by form.
    InvitationDecline(token: String) "/i/{token}/decline" [GET, POST];
    /// Setting a password with a link, by form.
    Reset(token: String) "/reset/{token}" [GET, POST];
    /// The development mailbox.
    Mailbox "/dev/mailbox" [GET];
    /// One message's HTML part, as its receiver sees it.
    MailboxMessage(job: JobId) "/dev/mailbox/{job}" [GET];
    /// What only the real runtime can answer, for the tests.
    Probe "/dev/probe" [POST];

    /// What Resend tells of a message.
    HookResend "/hooks/email/resend" [POST];
    /// What Postmark tells of a message.
    HookPostmark "/hooks/email/postmark" [POST];
    /// What Stripe tells of a subscription.
    HookStripe "/hooks/billing/stripe" [POST];

    /// The public keys of the tokens for host products.
    PublicKeys "/.well-known/jwks.json" [GET];
    /// Whom to tell of a weakness.
    SecurityText "/.well-known/security.txt" [GET];
    /// Where a password is changed, for programs that keep passwords.
    ChangePassword "/.well-known/change-password" [GET];
    /// Whether the Worker runs; no I/O.
    Health "/healthz" [GET];
    /// Whether it reaches its database.
    Ready "/readyz" [GET];

    /// The operator makes and lists organizations.
    Organizations "/v1/organizations" [GET, POST];
    /// An organization's invitations.
    Invitations(organization: OrganizationId) "/v1/organizations/{organization}/invitations" [GET, POST];
    /// Many invitations in one request.
    BulkInvitations(organization: OrganizationId) "/v1/organizations/{organization}/invitations/bulk" [POST];
    /// One organization.
    Organization(organization: OrganizationId) "/v1/organizations/{organization}" [GET, PATCH];
    /// Its logo.
    Logo(organization: OrganizationId) "/v1/organizations/{organization}/logo" [PUT, DELETE];
    /// What it has paid for.
    Plan(organization: OrganizationId) "/v1/organizations/{organization}/plan" [PUT];
    /// The keys that its programs call with.
    ApiKeys(organization: OrganizationId) "/v1/organizations/{organization}/api-keys" [GET, POST];
    /// One of them.
    ApiKey(organization: OrganizationId, key: ApiKeyId) "/v1/organizations/{organization}/api-keys/{key}" [DELETE];
    /// Where its programs are told what happens.
    Webhooks(organization: OrganizationId) "/v1/organizations/{organization}/webhooks" [GET, POST];
    /// One of them.
    Webhook(organization: OrganizationId, webhook: WebhookId) "/v1/organizations/{organization}/webhooks/{webhook}" [GET, PATCH, DELETE];
    /// Another secret for it.
    WebhookRotate(organization: OrganizationId, webhook: WebhookId) "/v1/organizations/{organization}/webhooks/{webhook}/rotate" [POST];
    /// Trying it out.
    WebhookTest(organization: OrganizationId, webhook: WebhookId) "/v1/organizations/{organization}/webhooks/{webhook}/test" [POST];
    /// What was delivered to it.
    Deliveries(organization: OrganizationId, webhook: WebhookId) "/v1/organizations/{organization}/webhooks/{webhook}/deliveries" [GET];
    /// Delivering again what failed.
    ReplayFailed(organization: OrganizationId, webhook: WebhookId) "/v1/organizations/{organization}/webhooks/{webhook}/deliveries/replay" [POST];
    /// Delivering one event again.
    Replay(organization: OrganizationId, webhook: WebhookId, job: JobId) "/v1/organizations/{organization}/webhooks/{webhook}/deliveries/{job}/replay" [POST];
    /// Its seats in numbers.
    Seats(organization: OrganizationId) "/v1/organizations/{organization}/seats" [GET];
    /// Who holds them.
    SeatHolders(organization: OrganizationId) "/v1/organizations/{organization}/seats/holders" [GET];
    /// Its permissions.
    Catalog(organization: OrganizationId) "/v1/organizations/{organization}/catalog" [GET];
    /// Who changed who may do what.
    Audit(organization: OrganizationId) "/v1/organizations/{organization}/audit" [GET];
    /// Handing the organization over.
    Owner(organization: OrganizationId) "/v1/organizations/{organization}/owner" [POST];
    /// An organization's members; adding one at once.
    Members(organization: OrganizationId) "/v1/organizations/{organization}/members" [GET, POST];
    /// Removing several.
    RemoveMembers(organization: OrganizationId) "/v1/organizations/{organization}/members/remove" [POST];
    /// An organization's workspaces.
    Workspaces(organization: OrganizationId) "/v1/organizations/{organization}/workspaces" [GET, POST];

    /// One workspace.
    Workspace(workspace: WorkspaceId) "/v1/workspaces/{workspace}" [GET, PATCH];
    /// The resources of a workspace.
    Resources(workspace: WorkspaceId) "/v1/workspaces/{workspace}/resources" [GET, POST];
    /// Adding somebody who is in the organization already.
    WorkspaceMembers(workspace: WorkspaceId) "/v1/workspaces/{workspace}/members" [POST];
    /// Somebody's membership in a workspace.
    Membership(workspace: WorkspaceId, member: MemberId) "/v1/workspaces/{workspace}/members/{member}" [PATCH, DELETE];
    /// What it gives them.
    MembershipAccess(workspace: WorkspaceId, member: MemberId) "/v1/workspaces/{workspace}/members/{member}/access" [GET];
    /// One resource.
    Resource(resource: ResourceId) "/v1/resources/{resource}" [GET, DELETE];
    /// Disconnecting it, for a while.
    Disconnect(resource: ResourceId) "/v1/resources/{resource}/disconnect" [POST];
    /// Connecting it again.
    Reconnect(resource: ResourceId) "/v1/resources/{resource}/reconnect" [POST];

    /// One member.
    Member(member: MemberId) "/v1/members/{member}" [GET, PATCH, DELETE];
    /// Undoing their removal.
    RestoreMember(member: MemberId) "/v1/members/{member}/restore" [POST];
    /// A link with which somebody without a password sets one, to hand over.
    PasswordLink(member: MemberId) "/v1/members/{member}/password-link" [POST];
    /// May this member do this?
    Check "/v1/check" [POST];
    /// How far a job is.
    Job(job: JobId) "/v1/jobs/{job}" [GET];
    /// Taking back what it did.
    UndoJob(job: JobId) "/v1/jobs/{job}/undo" [POST];

    /// What the holder of a link is offered.
    Preview "/v1/invitations/preview" [POST];
    /// Accepting.
    Accept "/v1/invitations/accept" [POST];
    /// Declining.
    Decline "/v1/invitations/decline" [POST];
    /// One invitation, as the inviter's side sees it.
    InvitationRecord(invitation: InvitationId) "/v1/invitations/{invitation}" [GET, PATCH];
    /// Sending it again.
    Resend(invitation: InvitationId) "/v1/invitations/{invitation}/resend" [POST];
    /// Withdrawing it.
    Revoke(invitation: InvitationId) "/v1/invitations/{invitation}/revoke" [POST];
    /// Its link, to copy.
    CopyLink(invitation: InvitationId) "/v1/invitations/{invitation}/link" [POST];
    /// A new link in the place of the old one.
    Rotate(invitation: InvitationId) "/v1/invitations/{invitation}/rotate" [POST];
    /// Turning its link off.
    Disable(invitation: InvitationId) "/v1/invitations/{invitation}/disable" [POST];
    /// Turning it on again.
    Enable(invitation: InvitationId) "/v1/invitations/{invitation}/enable" [POST];
    /// How its e-mails went.
    MailDeliveries(invitation: InvitationId) "/v1/invitations/{invitation}/deliveries" [GET];
    /// Who came in by it.
    Redemptions(invitation: InvitationId) "/v1/invitations/{invitation}/redemptions" [GET];

    /// Who is signed in.
    MyAccount "/v1/me" [GET];
    /// A token for the host product, which says who one is and may do what.
    HostToken "/v1/me/token" [POST];
    /// The same for a program that somebody was handed over to.
    Tokens "/v1/tokens" [POST];
    /// The workspaces they reach.
    MyWorkspaces "/v1/me/workspaces" [GET];
    /// What happened that concerns them.
    Notifications "/v1/me/notifications" [GET];
    /// They have seen it.
    ReadNotifications "/v1/me/notifications/read" [POST];
    /// What of it they want to be told, and how.
    MyNotificationSettings "/v1/me/notification-settings" [GET, PATCH];
    /// Asking for a link in the place of a forgotten password.
    PasswordResets "/v1/password-resets" [POST];
    /// Setting a password with a link.
    RedeemReset "/v1/password-resets/redeem" [POST];
    /// The operator takes the second factor off somebody's account.
    MfaResets "/v1/mfa-resets" [POST];
    /// Setting a second factor up, and turning it off.
    Totp "/v1/me/mfa/totp" [POST, DELETE];
    /// Its first code.
    ConfirmTotp "/v1/me/mfa/totp/confirm" [POST];
    /// Other recovery codes.
    RecoveryCodes "/v1/me/mfa/recovery-codes" [POST];
    /// Another address, and stopping that.
    MyEmail "/v1/me/email" [POST, DELETE];
    /// Proving one of the two mailboxes.
    ConfirmEmail "/v1/email-changes/confirm" [POST];
    /// Stopping the change.
    CancelEmail "/v1/email-changes/cancel" [POST];
    /// Another password.
    MyPassword "/v1/me/password" [PUT];
    /// Signing in by JSON; one's own sessions; signing out everywhere else.
    Sessions "/v1/sessions" [GET, POST, DELETE];
    /// The second factor of whoever signed in with their password.
    SessionMfa "/v1/sessions/mfa" [POST];
    /// Signing out somewhere else.
    Session(session: SessionId) "/v1/sessions/{session}" [DELETE];
    /// Signing out by JSON.
    CurrentSession "/v1/sessions/current" [DELETE];
}

impl Route {
    /// Reads a path. `None` where nothing is, an id of another kind included.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let matched = TABLE.at(path).ok()?;
        (matched.value)(&matched.params)
    }

    /// The full address.
    #[must_use]
    pub fn url(&self, origin: &str) -> String {
        format!("{origin}{}", self.path())
    }

    /// Whether this is a page for people; else it is for programs.
    #[must_use]
    pub fn is_page(&self) -> bool {
        let path = self.path();
        !path.starts_with("/v1/")
            && !path.starts_with("/hooks/")
            && !matches!(self, Self::Health | Self::Ready | Self::PublicKeys)
    }
}

#[cfg(test)]
mod tests;
