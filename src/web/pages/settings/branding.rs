//! How an organization shows itself to those it invites (S0-06 to S0-09, S0-24): what it is called there, its colour, a message,
//! its logo. What it comes to is shown beside the form, before it is saved.

use askama::Template;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Tab, tabs};
use crate::domain::authority::Actor;
use crate::domain::organization::{Accent, Branding};
use crate::domain::shades::{Shades, Swatch};
use crate::error::{Code, Error, Result};
use crate::flow::change_organization as flow;
use crate::flow::{Context, logo};
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::store::organizations::{self, Organization};
use crate::web::api::organizations::read_change;
use crate::web::pages::desk::{Desk, Place, Way};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, brand, said};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/branding.html")]
struct Page<'a> {
    frame: Frame,
    tabs: Vec<Way>,
    nonce: &'a str,
    action: String,
    chosen: &'a Chosen,
    /// Whether a picture was sent, which is to be chosen again.
    picture: bool,
    /// What is shown is not saved.
    unsaved: bool,
    /// Whether there is something to go back to.
    undoes: bool,
    /// The preview's frame: whose page the invitation will be.
    shown: Frame,
    person: &'a str,
    /// Who its mails come from.
    sender: String,
    colour: Option<Told>,
    problems: Problems,
}

/// What is said of a colour.
struct Told {
    words: String,
    swatches: [Swatch; 3],
}

#[derive(Template)]
#[template(path = "pages/logo_remove.html")]
struct Remove<'a> {
    frame: Frame,
    nonce: &'a str,
    action: String,
}

/// What stands in the form.
#[derive(Default)]
struct Chosen {
    name: String,
    accent: String,
    message: String,
}

impl Chosen {
    fn saved(branding: Branding) -> Self {
        Self {
            name: branding.name.unwrap_or_default(),
            accent: branding.accent.map_or_else(String::new, |accent| accent.as_str().to_owned()),
            message: branding.message.unwrap_or_default(),
        }
    }

    fn sent(form: &Form) -> Self {
        let text = |name: &str| form.text(name).trim().to_owned();
        let accent = text("branding/accent");
        // A colour is copied without its # as often as with it.
        let bare = accent.len() == 6 && accent.bytes().all(|digit| digit.is_ascii_hexdigit());
        Self {
            name: text("branding/name"),
            accent: if bare { format!("#{accent}") } else { accent },
            message: text("branding/message"),
        }
    }

    /// The same as the body of a PATCH: what is empty is cleared.
    fn body(&self) -> Map<String, Value> {
        let said = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        let branding = json!({
            "name": said(&self.name),
            "accent": said(&self.accent),
            "message": said(&self.message),
        });
        let mut body = Map::new();
        body.insert("branding".to_owned(), branding);
        body
    }
}

/// `GET /o/{slug}/settings/branding`, for owner and admins; with `?remove=logo` whether to take the logo away.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Query {
        remove: String,
    }
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let desk = desk.administered()?;
    let query: Query = request::query(request).unwrap_or_default();
    if query.remove == "logo" && desk.setting.logo_hash.is_some() {
        return desk.reply(&Remove {
            frame: desk.frame(Place::Settings),
            nonce: &desk.key.nonce,
            action: path(&desk),
        });
    }
    page(ctx, &desk, Sent::Nothing, None).await
}

/// What of the form stands in the page again.
enum Sent<'a> {
    Nothing,
    /// To be looked at, or refused; a picture with it is nothing that a page can keep.
    Words {
        form: &'a Form,
        picture: bool,
    },
}

/// `POST`: saves it, shows what it would come to, or takes away the logo.
pub async fn change<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let (form, picture) = Form::read_with_file(ctx, request, "logo").await?;
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let desk = desk.administered()?;
    let done = match form.text("do") {
        _ if form.fresh().is_err() => form.fresh().map(|()| None),
        // What can't be saved is told at once; what can is shown.
        "preview" => read_change(&desk.actor, Chosen::sent(&form).body()).map(|_| None),
        "save" => save(ctx, &desk.actor, &form, picture.as_deref()).await.map(Some),
        "undo" => undo(ctx, &desk).await.map(Some),
        "remove_logo" => logo::clear(ctx, &desk.actor).await.map(|()| Some("The logo is removed.")),
        _ => return Err(Code::InvalidForm.into()),
    };
    let sent = match form.text("do") {
        "save" | "preview" => Sent::Words { form: &form, picture: picture.is_some() },
        _ => Sent::Nothing,
    };
    match done {
        Ok(None) => page(ctx, &desk, sent, None).await,
        Ok(Some(sentence)) => Ok(said::see_other(&path(&desk), sentence)),
        Err(error @ Error::Refused(_)) => page(ctx, &desk, sent, Some(&error)).await,
        Err(error) => Err(error),
    }
}

/// Saves words, colour and picture. If a part of it can't be read, none of it is saved.
async fn save<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    form: &Form,
    picture: Option<&[u8]>,
) -> Result<&'static str> {
    let to = read_change(actor, Chosen::sent(form).body())?;
    let logo = picture.map(logo::read).transpose().map_err(|error| match error {
        Error::Refused(refusal) => Error::field("/logo", refusal.code, refusal.detail),
        error @ Error::Internal(_) => error,
    })?;
    flow::change(ctx, actor, &to).await?;
    if let (Some(logo), Some(bytes)) = (logo, picture) {
        logo::set(ctx, actor, logo, bytes).await?;
    }
    Ok("The branding is saved.")
}

/// Puts back name, colour and message as they were before they were last changed. Doing it again takes that back.
async fn undo<P: Platform>(ctx: &Context<'_, P>, desk: &Desk) -> Result<&'static str> {
    let actor = &desk.actor;
    let found = ctx.platform.run(organizations::select(actor.organization_id)).await?;
    let before = found.first::<Organization>()?.and_then(|found| found.branding_before);
    let before = before.ok_or_else(|| Error::from(Code::InvalidForm))?;
    let to = read_change(actor, Chosen::saved(before).body())?;
    flow::change(ctx, actor, &to).await?;
    Ok("The branding is as it was before.")
}

fn path(desk: &Desk) -> String {
    Route::BrandingPage(desk.setting.slug.clone()).path()
}

async fn page<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    sent: Sent<'_>,
    refused: Option<&Error>,
) -> Result<Reply> {
    let organization = desk.actor.organization_id;
    let found: Option<Organization> = ctx.platform.run(organizations::select(organization)).await?.first()?;
    let found = found.ok_or_else(|| Error::from(Code::NotFound))?;
    let undoes = found.branding_before.is_some();
    let saved = Chosen::saved(found.branding);
    let unsaved = matches!(sent, Sent::Words { .. });
    let (chosen, picture) = match sent {
        Sent::Nothing => (saved, false),
        Sent::Words { form, picture } => (Chosen::sent(form), picture),
    };
    let accent = Accent::parse(&chosen.accent);
    // The page itself wears the colour that is looked at.
    let worn = accent.as_ref().map(|accent| brand::path(organization, accent));
    let frame = Frame {
        accent: worn.or_else(|| desk.frame(Place::Settings).accent.filter(|_| !chosen.accent.is_empty())),
        ..desk.frame(Place::Settings)
    };
    let shown = if chosen.name.is_empty() { &desk.setting.organization_name } else { &chosen.name };
    let page = Page {
        tabs: tabs(&desk.setting.slug, Tab::Branding),
        nonce: &desk.key.nonce,
        action: path(desk),
        picture,
        undoes: undoes && !unsaved,
        unsaved,
        shown: Frame { logo: frame.logo.clone(), ..Frame::of(shown) },
        person: &desk.setting.user_name,
        sender: ctx.config.sender(shown).name,
        colour: accent.map(|accent| {
            let shades = Shades::of(&accent);
            Told { words: shades.told(&accent), swatches: shades.swatches() }
        }),
        chosen: &chosen,
        problems: Problems::of(refused),
        frame,
    };
    match refused {
        Some(error) => desk.refused(error, &page),
        None => desk.reply_with(StatusCode::OK, &page),
    }
}
