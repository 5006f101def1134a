//! The pages: server-rendered, whole without JavaScript, every change by a form that carries a nonce.

pub mod access;
pub mod activity;
pub mod apart;
mod back;
pub mod brand;
pub mod code;
mod confirm;
pub mod desk;
pub mod email_link;
pub mod failure;
pub mod forgot_password;
pub mod form;
pub mod home;
pub mod import;
pub mod invitation;
pub mod invite;
pub mod kept;
pub mod mailbox;
pub mod me;
pub mod member;
pub mod my_data;
mod new_password;
pub mod notification_settings;
pub mod notifications;
pub mod open;
mod own;
mod parts;
pub mod placing;
mod qr;
pub mod reset;
mod said;
pub mod security;
mod sent_once;
pub mod settings;
pub mod sign_in;
pub mod team;
pub mod well_known;
pub mod workspace;
pub mod workspaces;

use askama::Template;
use http::StatusCode;
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::ids::OrganizationId;
use crate::domain::nonce;
use crate::domain::organization::Accent;
use crate::domain::secret::Bearer;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::view::View;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, FORM_COOKIE, Request};
use crate::web::route::Route;
use desk::Nav;

/// A form that undoes a removal.
#[derive(Debug, Clone)]
pub struct Undo {
    /// Where it goes.
    pub path: String,
    /// Its nonce.
    pub nonce: String,
    /// Which removal.
    pub removal: said::Removal,
    /// The list that it leads back to, as it is searched; empty for the one that they are in again.
    pub back: String,
}

/// What every page's layout needs.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The stylesheet's path, named by its content.
    pub stylesheet: &'static str,
    /// The script's, which improves a page that is whole without it.
    pub script: &'static str,
    /// What stands beside the page's title in a browser: the organization's logo, else a mark that names nobody.
    pub icon: &'static str,
    /// Where the organization's colour is, if it has one.
    pub accent: Option<String>,
    /// Whose page it is: an organization's name, or the product's.
    pub brand: String,
    /// Where that organization's logo is, if it has one.
    pub logo: Option<String>,
    /// The ways from here, for those who are signed in.
    pub nav: Option<Nav>,
    /// What was just done.
    pub said: Option<String>,
    /// And how it is undone, where it can be.
    pub undo: Option<Undo>,
    /// Whose product it is, where the page says so below.
    pub powered_by: Option<String>,
}

impl Frame {
    /// The product's own frame.
    #[must_use]
    pub fn product<P>(ctx: &Context<'_, P>) -> Self {
        Self::of(&ctx.config.product_name)
    }

    /// An organization's frame: no product's name on it (S0-06).
    #[must_use]
    pub fn of(brand: &str) -> Self {
        Self {
            stylesheet: env!("USHER_STYLESHEET"),
            script: env!("USHER_SCRIPT"),
            icon: env!("USHER_ICON"),
            accent: None,
            brand: brand.to_owned(),
            logo: None,
            nav: None,
            said: None,
            undo: None,
            powered_by: None,
        }
    }

    /// The same, with its colour and its logo.
    #[must_use]
    pub fn of_organization(
        id: OrganizationId,
        name: &str,
        accent: Option<&Accent>,
        logo: Option<&str>,
    ) -> Self {
        Self {
            logo: logo.map(|hash| Route::Brand(id, hash.to_owned()).path()),
            accent: accent.map(|accent| brand::path(id, accent)),
            ..Self::of(name)
        }
    }

    /// The frame of an invitation's page: with the brand of its link, and the organization's logo and colour.
    #[must_use]
    pub fn of_invitation(view: &View, product: &str) -> Self {
        let organization = view.invitation.organization_id;
        let accent = view.branding_accent.as_deref().and_then(Accent::parse);
        Self {
            powered_by: view.names_product().then(|| product.to_owned()),
            ..Self::of_organization(
                organization,
                view.masthead(product),
                accent.as_ref(),
                view.logo_hash.as_deref(),
            )
        }
    }

    /// The brand's first letter: what stands where a logo would.
    #[must_use]
    pub fn mark(&self) -> String {
        self.brand.graphemes(true).next().unwrap_or_default().to_uppercase()
    }
}

/// What is wrong with a form that was sent, shown above it and at each field.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

/// One thing that is wrong.
#[derive(Debug)]
pub struct Problem {
    /// The field's id; empty where it is the whole form.
    pub field: String,
    /// What to do about it.
    pub detail: String,
    /// What the field is called, where the sentence alone doesn't tell which one it is about; empty otherwise.
    pub name: String,
}

impl Problems {
    /// What a refusal says, field by field, or as a whole.
    #[must_use]
    pub fn of(error: Option<&Error>) -> Self {
        let Some(error) = error else { return Self::default() };
        let fields = match error {
            Error::Refused(refusal) => refusal.errors.as_slice(),
            Error::Internal(_) => &[],
        };
        if fields.is_empty() {
            return Self(vec![Problem {
                field: String::new(),
                detail: error.detail().into_owned(),
                name: String::new(),
            }]);
        }
        let of_field = |field: &crate::error::FieldError| {
            let alike = fields.iter().filter(|other| other.detail == field.detail).count() > 1;
            // What says "this" or "here" points at its field, which the summary is away from.
            let points = ["This is ", "This holds ", "Write something here"]
                .into_iter()
                .any(|this| field.detail.starts_with(this));
            let name = field.pointer.trim_start_matches('/');
            let is_one = name.split('/').all(|part| part.parse::<u32>().is_err());
            Problem {
                field: name.to_owned(),
                detail: field.detail.clone(),
                name: if is_one && (alike || points) {
                    words(&name.replace('/', "_"))
                } else {
                    String::new()
                },
            }
        };
        Self(fields.iter().map(of_field).collect())
    }

    /// The same on a page that has only these fields: what is wrong with a part of one is said at it, and what is wrong with
    /// none of them of the whole form. The longest comes first.
    #[must_use]
    pub fn gathered(mut self, fields: &[&str]) -> Self {
        for problem in &mut self.0 {
            let is_at = |field: &&&str| {
                problem
                    .field
                    .strip_prefix(**field)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            problem.field = fields.iter().find(is_at).map_or_else(String::new, |field| (*field).to_owned());
        }
        self
    }

    /// Whether all is well.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    #[must_use]
    pub fn each(&self) -> &[Problem] {
        &self.0
    }

    /// What is wrong with this field.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|problem| problem.field == field).map(|problem| problem.detail.as_str())
    }

    /// What a title begins with, so that a screen reader says first that something is wrong.
    #[must_use]
    pub fn prefix(&self) -> &'static str {
        if self.is_empty() { "" } else { "Error: " }
    }
}

/// A key as words: `priority_support` is "Priority support".
fn words(key: &str) -> String {
    let text = key.replace(['_', '-', '.'], " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A template of any kind, so that what becomes of a page is compiled once and not for each.
pub trait Markup {
    /// Its HTML.
    fn html(&self) -> Result<String>;
}

impl<T: Template> Markup for T {
    fn html(&self) -> Result<String> {
        Ok(self.render()?)
    }
}

/// A page as a reply.
fn page(status: StatusCode, template: &dyn Markup) -> Result<Reply> {
    Ok(reply::html(status, template.html()?))
}

/// The nonce for a page's forms, and the cookie it is bound to.
pub struct FormKey {
    cookie: Bearer,
    is_new: bool,
    /// What each form on the page carries.
    pub nonce: String,
}

impl FormKey {
    fn of<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Self {
        let known = request::cookie(request.headers(), FORM_COOKIE);
        let is_new = known.is_none();
        let cookie = known.unwrap_or_else(|| Bearer::new(ctx.platform.random()));
        let nonce = nonce::issue(&ctx.config.keys, &cookie, ctx.now());
        Self { cookie, is_new, nonce }
    }

    /// Gives the browser its cookie, if it has none yet.
    fn keep(&self, mut reply: Reply) -> Reply {
        if self.is_new {
            // Far longer than a form lives, so that hardly any dies with its cookie.
            reply::set_cookie(&mut reply, FORM_COOKIE, self.cookie.reveal(), 30 * 24 * 60 * 60);
        }
        reply
    }
}

/// Checks that a form was sent from a page of ours, in the browser that was shown it.
fn check_form<P: Platform>(ctx: &Context<'_, P>, request: &Request, nonce: &str) -> Result<()> {
    guard::check_same_origin(request.headers(), ctx.config)?;
    let cookie = request::cookie(request.headers(), FORM_COOKIE);
    let valid = cookie.is_some_and(|cookie| nonce::is_valid(&ctx.config.keys, &cookie, nonce, ctx.now()));
    if valid { Ok(()) } else { Err(Code::FormExpired.into()) }
}

/// The session's digest, for a page: a GET needs no origin, and a form was checked by its nonce.
fn session(request: &Request) -> Option<String> {
    request::cookie(request.headers(), request::SESSION_COOKIE).map(|session| session.digest())
}
