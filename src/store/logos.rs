//! Organizations' logos. The bytes stand in the database as base64, since D1 answers a blob as a list of numbers; KV holds
//! copies.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{EventId, OrganizationId};
use crate::platform::Statement;
use crate::store::acting::Acting;
use crate::store::audit::Entry;
use crate::{params, sql};

/// A logo's bytes, and what they are.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stored {
    /// As HTTP names it.
    pub content_type: String,
    /// The bytes.
    pub base64: String,
}

/// Claims a change of the logo, by somebody who still is who they were: to this hash, or to none. `RETURNING` tells.
#[must_use]
pub fn claim(entry: &Entry, by: &Acting, organization: OrganizationId, hash: Option<&String>) -> Statement {
    let mut params = entry.params("organization.logo_changed");
    params.extend(params![organization, hash, by.was()]);
    Statement::new(
        sql!(audited!(
            "o.id",
            "json_object('logo', o.logo_hash)",
            "json_object('logo', ?7)",
            concat!(
                "FROM organizations o WHERE o.id = ?6 AND o.logo_hash IS NOT ?7 AND ",
                still_acts!("?3", "?8")
            )
        )),
        params,
    )
}

/// Puts a logo in the place of the one before.
#[must_use]
pub fn put(claim: EventId, hash: &str, stored: &Stored) -> Statement {
    Statement::new(
        sql!(
            "INSERT INTO logos (organization_id, hash, content_type, base64)
         SELECT organization_id, ?2, ?3, ?4 FROM audit_events WHERE id = ?1
         ON CONFLICT (organization_id) DO UPDATE SET hash = ?2, content_type = ?3, base64 = ?4"
        ),
        params![claim, hash, &stored.content_type, &stored.base64],
    )
}

/// Takes the logo away.
#[must_use]
pub fn delete(claim: EventId) -> Statement {
    Statement::new(
        sql!(
            "DELETE FROM logos WHERE organization_id = (SELECT organization_id FROM audit_events WHERE id = ?1)"
        ),
        params![claim],
    )
}

/// Notes at the organization which logo it has.
#[must_use]
pub fn note(claim: EventId, hash: Option<&String>) -> Statement {
    Statement::new(
        sql!(
            "UPDATE organizations SET logo_hash = ?2
         WHERE id = (SELECT organization_id FROM audit_events WHERE id = ?1)"
        ),
        params![claim, hash],
    )
}

/// Reads the logo of this name.
#[must_use]
pub fn select(organization: OrganizationId, hash: &str) -> Statement {
    Statement::new(
        sql!("SELECT content_type, base64 FROM logos WHERE organization_id = ?1 AND hash = ?2"),
        params![organization, hash],
    )
}
