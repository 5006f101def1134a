//! Every screen there is: each route that answers with a page, and the states of it that are looked at.
//!
//! The rule: a page without a row, a row without a look, and a look at another page each fail; so no screen comes that
//! nobody has seen at 320 and 1280 pixels, in light and dark, with axe-core finding nothing.

use http::Method;
use usher::web::route::Route;

use super::chromium::Browser;

/// Routes by their patterns, each with the names of the looks at it ([`Browser::look`]).
const SCREENS: &[(&str, &[&str])] = &[
    ("/sign-in", &["sign-in", "sign-in-wrong", "sign-in-limited", "sign-in-kept", "form-expired"]),
    ("/sign-in/code", &["security-code", "security-code-recovery"]),
    ("/forgot-password", &["security-forgot", "security-forgot-mistake", "security-forgot-sent"]),
    (
        "/o/{slug}/team",
        &[
            "team-members",
            "team-clients",
            "team-invitations",
            "team-links",
            "team-empty-clients",
            "team-empty-links",
            "team-empty-removed",
            "team-nobody",
            "team-chosen",
            "team-clients-said",
            "team-removed",
            "team-all-chosen",
        ],
    ),
    ("/o/{slug}/team/restore", &["team-restore"]),
    ("/o/{slug}/team/remove", &["team-remove", "team-remove-nobody", "team-remove-typed"]),
    ("/o/{slug}/members/{member}", &["member", "member-new", "member-places", "member-self", "team-member"]),
    ("/o/{slug}/members/{member}/owner", &["member-owner"]),
    ("/o/{slug}/members/{member}/leave", &["member-leave"]),
    ("/o/{slug}/members/{member}/password", &["member-password", "member-password-ask"]),
    ("/o/{slug}/workspaces", &["workspaces", "workspaces-kept", "workspace-rename"]),
    (
        "/o/{slug}/invitations/{invitation}",
        &[
            "team-invitation",
            "team-invitation-wrong",
            "team-invitation-delivered",
            "team-invitation-bounced",
            "team-invitation-reported",
            "team-link",
        ],
    ),
    ("/o/{slug}/invitations/{invitation}/link", &["offer-copy", "team-link-shown"]),
    ("/o/{slug}/invitations/{invitation}/send", &["offer-send"]),
    ("/o/{slug}/invitations/{invitation}/withdraw", &["team-invitation-withdraw"]),
    ("/o/{slug}/invitations/{invitation}/replace", &["team-link-replace"]),
    ("/o/{slug}/invitations/{invitation}/off", &["offer-off"]),
    ("/o/{slug}/invitations/{invitation}/on", &["offer-on"]),
    ("/o/{slug}/team/invite", &["wizard-who", "wizard-who-wrong"]),
    (
        "/o/{slug}/team/invite/{draft}/{step}",
        &[
            "wizard-person",
            "wizard-person-wrong",
            "wizard-known",
            "wizard-link",
            "wizard-staff",
            "wizard-workspaces",
            "wizard-find-workspace",
            "wizard-accounts",
            "wizard-permissions",
            "wizard-permissions-clone",
            "wizard-permissions-customize",
            "wizard-permissions-gate",
            "wizard-credentials",
            "wizard-check",
            "wizard-check-full",
            "wizard-change",
        ],
    ),
    ("/o/{slug}/settings", &["settings", "settings-wrong", "forbidden"]),
    (
        "/o/{slug}/settings/branding",
        &["branding", "branding-preview", "branding-wrong", "branding-saved", "logo-remove"],
    ),
    ("/o/{slug}/settings/seats", &["seats", "seats-none", "seats-trial"]),
    ("/o/{slug}/settings/keys", &["keys", "keys-none", "keys-wrong", "key-made"]),
    ("/o/{slug}/settings/keys/{key}/revoke", &["key-revoke"]),
    (
        "/o/{slug}/settings/webhooks",
        &["webhooks", "webhooks-none", "webhooks-wrong", "webhooks-some", "webhook-made"],
    ),
    (
        "/o/{slug}/settings/webhooks/{webhook}",
        &[
            "webhook",
            "webhook-none",
            "webhook-failing",
            "webhook-off",
            "webhook-gone",
            "webhook-failed",
            "webhook-wrong",
        ],
    ),
    ("/o/{slug}/settings/webhooks/{webhook}/secret", &["webhook-secret", "webhook-secret-new"]),
    ("/o/{slug}/settings/webhooks/{webhook}/delete", &["webhook-delete"]),
    (
        "/o/{slug}/settings/webhooks/{webhook}/deliveries/{job}",
        &["delivery", "delivery-waiting", "delivery-failed"],
    ),
    ("/o/{slug}/activity", &["activity", "activity-none", "activity-wrong", "menu"]),
    ("/o/{slug}/team/import", &["import", "import-check", "import-to-mend"]),
    ("/o/{slug}/team/import/{job}", &["import-done", "import-undo", "import-undone"]),
    ("/open", &["open", "open-unconfirmed"]),
    ("/me", &["me", "me-product", "me-none", "me-waiting", "me-unconfirmed", "security-workspaces"]),
    (
        "/w/{workspace}",
        &[
            "workspace-client",
            "workspace-owner",
            "workspace-none",
            "workspace-asked",
            "workspace-second-step",
            "workspace-people",
        ],
    ),
    ("/w/{workspace}/accounts/{resource}", &["account-delete"]),
    ("/w/{workspace}/add", &["add-from", "add-person", "add-access", "add-check"]),
    (
        "/w/{workspace}/members/{member}",
        &[
            "member-access",
            "member-access-customize",
            "member-access-many",
            "member-review",
            "member-review-many",
            "member-overtaken",
        ],
    ),
    ("/w/{workspace}/members/{member}/preview", &["member-preview"]),
    ("/w/{workspace}/members/{member}/remove", &["member-end"]),
    ("/me/notifications", &["notifications", "notifications-removed", "notification-asked"]),
    ("/me/notifications/settings", &["told", "told-two", "told-client"]),
    ("/me/security", &["security-overview", "security-overview-two"]),
    ("/me/security/password", &["security-password-mistake"]),
    (
        "/me/security/two-step",
        &[
            "security-two-step",
            "security-two-step-key",
            "security-two-step-mistake",
            "security-recovery-codes",
            "second-step-key",
        ],
    ),
    ("/me/security/two-step/off", &["security-off"]),
    ("/me/security/two-step/codes", &["security-codes", "security-codes-mistake"]),
    ("/me/security/email", &["security-email", "security-email-mistake", "security-email-under-way"]),
    ("/email/{token}", &["security-email-link", "security-email-confirmed", "security-email-stopped"]),
    (
        "/i/{token}",
        &[
            "invitation-new",
            "invitation-wrong",
            "invitation-sign-in",
            "invitation-one-click",
            "invitation-other-account",
            "link-new",
            "link-wrong",
            "link-one-click",
            "link-disabled",
            "link-full",
            "link-replaced",
            "link-expired",
            "link-expired-unread",
            "forged",
            "closed-expired",
            "closed-declined",
            "closed-replaced",
            "closed-used",
            "closed-revoked",
            "closed-removed",
            "closed-seats",
            "closed-trial",
            "closed-unproved",
            "closed-no-seat",
            "closed-plan",
            "closed-limited",
            "invitation-second-step",
            "invitation-asked",
        ],
    ),
    ("/i/{token}/ask", &["asked"]),
    ("/i/{token}/decline", &["decline", "declined"]),
    (
        "/reset/{token}",
        &[
            "reset",
            "reset-wrong",
            "reset-used",
            "reset-expired",
            "reset-expired-added",
            "security-new-password",
        ],
    ),
    ("/dev/mailbox", &["mailbox"]),
    ("/dev/mailbox/{job}", &["mail-added", "mail-message", "mail-owner"]),
];

/// What stands where no page does.
const NO_PAGES: &[&str] = &["nowhere", "nowhere-inside", "no-page", "no-page-inside", "broken", "unready"];

/// What is no page of ours.
const NOT_PAGES: &[(&str, &str)] = &[
    ("/", "only leads on"),
    ("/brand/{organization}/{hash}", "a picture, or a colour"),
    ("/o/{slug}/team/import/example.csv", "a file"),
    ("/o/{slug}/team/export.csv", "a file"),
    ("/o/{slug}/activity/export.csv", "a file"),
    ("/o/{slug}/activity/export.json", "a file"),
    ("/me/data.json", "a file"),
    ("/.well-known/security.txt", "a text"),
    ("/.well-known/jwks.json", "for programs"),
    ("/.well-known/change-password", "only leads on"),
];

/// Where the looks are taken.
const SOURCES: &[&str] = &[
    include_str!("failures.rs"),
    include_str!("hand_over.rs"),
    include_str!("invitee.rs"),
    include_str!("joining.rs"),
    include_str!("kept.rs"),
    include_str!("member.rs"),
    include_str!("menu.rs"),
    include_str!("screens.rs"),
    include_str!("security.rs"),
    include_str!("settings.rs"),
    include_str!("states.rs"),
    include_str!("team.rs"),
    include_str!("telling.rs"),
    include_str!("webhooks.rs"),
    include_str!("wizard.rs"),
];

/// Whether this name is given to a look: as it is, or put together of its parts.
fn is_looked_at(name: &str) -> bool {
    let quoted = |source: &str, words: &str| source.contains(&format!("\"{words}\""));
    let begins = |source: &str, words: &str| source.contains(&format!("\"{words}-"));
    SOURCES.iter().any(|source| {
        let mut parts = name.match_indices('-').map(|(at, _)| name.split_at(at));
        quoted(source, name) || parts.any(|(head, tail)| begins(source, head) && quoted(source, &tail[1..]))
    })
}

#[test]
fn every_page_is_looked_at_in_each_of_its_states() {
    let mut wrong = Vec::new();
    for (pattern, methods) in Route::PATTERNS {
        let is_page = !pattern.starts_with("/v1/") && !["/healthz", "/readyz"].contains(pattern);
        let is_known = SCREENS.iter().any(|(known, names)| known == pattern && !names.is_empty());
        let is_none = NOT_PAGES.iter().any(|(known, _)| known == pattern);
        if is_page && methods.contains(&Method::GET) && is_known == is_none {
            wrong.push(format!("{pattern} has no row, or two"));
        }
    }
    wrong.extend(
        NO_PAGES.iter().filter(|name| !is_looked_at(name)).map(|name| format!("nobody looks at {name}")),
    );
    for (pattern, names) in SCREENS {
        if !Route::PATTERNS.iter().any(|(known, _)| known == pattern) {
            wrong.push(format!("{pattern} is gone"));
        }
        wrong.extend(
            names.iter().filter(|name| !is_looked_at(name)).map(|name| format!("nobody looks at {name}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl Browser {
    /// That a look whose name is in the table is one at the page that the table says.
    pub async fn misplaced(&self, name: &str) -> Option<String> {
        let mut rows = SCREENS.iter().filter(|(_, names)| names.contains(&name)).peekable();
        rows.peek()?;
        let path = self.path().await;
        let is_there = rows.any(|(pattern, _)| is_of(&path, pattern));
        (!is_there).then(|| format!("{name} is a look at {path}, which the table has elsewhere"))
    }
}

/// Whether a path is of this pattern.
fn is_of(path: &str, pattern: &str) -> bool {
    let (path, pattern): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
    path.len() == pattern.len()
        && path.iter().zip(&pattern).all(|(part, wanted)| wanted.starts_with('{') || part == wanted)
}
