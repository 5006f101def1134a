//! Settings, for those who run an organization: its name and rules (S1-13, S3-15), how it shows itself (S0-06 to S0-09, S0-24),
//! its plan and who holds its seats, the keys of its programs and the webhooks that tell them what happens.

mod branding;
mod general;
mod keys;
mod once;
mod seats;
pub mod webhooks;

pub use self::branding::{change as rebrand, show as branding};
pub use self::general::{change, show};
pub use self::keys::{ask as revoke_key, create as create_key, revoke as revoked_key, show as keys};
use self::once::ShownOnce;
pub use self::seats::show as seats;

use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::web::pages::desk::{Desk, Way};
use crate::web::request::Request;
use crate::web::route::Route;

/// The pages of the settings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    General,
    Branding,
    Seats,
    Keys,
    Webhooks,
}

/// The ways between them.
fn tabs(slug: &str, here: Tab) -> Vec<Way> {
    let slug = || slug.to_owned();
    let way = |label, tab, route: Route| Way { label, path: route.path(), here: tab == here };
    vec![
        way("General", Tab::General, Route::SettingsPage(slug())),
        way("Branding", Tab::Branding, Route::BrandingPage(slug())),
        way("Plan and seats", Tab::Seats, Route::SeatsPage(slug())),
        way("API keys", Tab::Keys, Route::KeysPage(slug())),
        way("Webhooks", Tab::Webhooks, Route::WebhooksPage(slug())),
    ]
}

/// The desk of this organization, for those who run it.
///
/// # Errors
/// As [`Desk::open`]'s, and 403 for anybody else there.
async fn opened<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Desk> {
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    desk.administered()
}
