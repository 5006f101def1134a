//! The part that says whose credentials reach each account that is given. It is asked for only where the permissions work with
//! some (S2-13 to S2-15).

use askama::Template;

use super::{Chosen, ON_A_PAGE};
use crate::domain::order;
use crate::domain::template::Template as Made;
use crate::store::choices::Resource;

/// The fields `credentials/{resource}`.
#[derive(Template)]
#[template(path = "pages/access_credentials.html")]
pub struct Credentials {
    one: String,
    many: String,
    rows: Vec<Row>,
    /// How many are not listed.
    others: usize,
    /// What they were looked through for.
    find: String,
}

struct Row {
    id: String,
    name: String,
    about: String,
    /// Whether they are the member's own; else the owner's.
    own: bool,
}

impl Credentials {
    /// For the resources that are given one by one. There is nothing to ask of all of them.
    #[must_use]
    pub fn of(template: &Made, chosen: &Chosen, found: &[Resource], find: &str) -> Self {
        let given = |id: String| chosen.grants.iter().find(|given| given.id == id).filter(|_| !chosen.all);
        let all: Vec<Row> = found
            .iter()
            .filter_map(|resource| {
                let given = given(resource.id.to_string())?;
                let kind = template.kinds.iter().find(|kind| kind.key == resource.kind);
                Some(Row {
                    id: given.id.clone(),
                    name: resource.name.clone(),
                    about: kind.map_or_else(String::new, |kind| kind.label.clone()),
                    own: given.credentials.as_deref() == Some("member"),
                })
            })
            .collect();
        let sought = find.to_lowercase();
        let (mut rows, rest): (Vec<Row>, Vec<Row>) =
            all.into_iter().partition(|row| row.name.to_lowercase().starts_with(&sought));
        rows = order::by(rows, |row| row.name.to_lowercase());
        let others = rest.len() + rows.len().saturating_sub(ON_A_PAGE);
        rows.truncate(ON_A_PAGE);
        let (one, many) = template.noun();
        Self { one, many, rows, others, find: find.to_owned() }
    }

    /// Whether there is nothing to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.others == 0
    }
}
