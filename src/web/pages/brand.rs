//! An organization's colour as a stylesheet of its own, so that no page needs an inline style.

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};

use crate::domain::ids::OrganizationId;
use crate::domain::organization::Accent;
use crate::domain::shades::Shades;
use crate::error::{Code, Error, Result};
use crate::web::reply::{self, Reply};
use crate::web::route::Route;

/// Where a colour's stylesheet is. Its name is the colour, so what is there never changes, and nothing is read to write it.
#[must_use]
pub fn path(organization: OrganizationId, accent: &Accent) -> String {
    let name = format!("{}.css", accent.as_str().trim_start_matches('#'));
    Route::Brand(organization, name).path()
}

/// `GET /brand/{org}/{colour}.css`, for everybody and for ever.
///
/// # Errors
/// 404 for what is no colour.
pub fn stylesheet(colour: &str) -> Result<Reply> {
    let accent = Accent::parse(&format!("#{colour}")).ok_or_else(|| Error::from(Code::NotFound))?;
    let shades = Shades::of(&accent);
    let dark = format!("--link:{};--mark:{}", shades.text_dark, shades.edge_dark);
    let css = format!(
        ":root,.light,.dark{{--fill:{fill};--fill-hover:{hover};--on-fill:{on};--link:{text_light};--mark:{edge_light}}}\
         .dark{{{dark}}}@media screen and (prefers-color-scheme:dark){{:root{{--fill:{fill};--fill-hover:{hover};\
         --on-fill:{on};{dark}}}}}",
        fill = shades.fill,
        hover = shades.fill_hover,
        on = shades.on_fill,
        text_light = shades.text_light,
        edge_light = shades.edge_light,
    );
    let mut reply = reply::with_body(StatusCode::OK, "text/css; charset=utf-8", css);
    let for_ever = HeaderValue::from_static("public, max-age=31536000, immutable");
    reply.headers_mut().insert(CACHE_CONTROL, for_ever);
    Ok(reply)
}
