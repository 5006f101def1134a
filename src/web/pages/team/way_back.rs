//! The list that somebody came from, as it was searched: it goes along through what they do there, and they are back at it.

use crate::web::pages::form::Form;
use crate::web::route::Route;

/// A list in the address of a page that leads back to it.
#[must_use]
pub fn back_to(list: &str) -> String {
    serde_urlencoded::to_string([("back", list)]).unwrap_or_default()
}

/// The list that somebody came from, as it was searched, if the form says one of ours.
#[must_use]
pub fn came_from(form: &Form, slug: &str) -> Option<String> {
    let back = form.filled("back")?;
    let path = back.split('?').next().unwrap_or_default();
    let is_ours =
        path == Route::Team(slug.to_owned()).path() && back.bytes().all(|byte| byte.is_ascii_graphic());
    is_ours.then(|| back.to_owned())
}
