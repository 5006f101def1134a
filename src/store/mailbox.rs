//! The development mailbox: where mail goes that must not leave the machine.

use serde::{Deserialize, Serialize};

use crate::domain::ids::JobId;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::mail::Mail;
use crate::platform::{Database, DatabaseError, Statement};
use crate::{params, sql};

/// One message as it was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// The job that sent it.
    pub id: JobId,
    /// The recipient's address.
    pub to: String,
    /// The sender, with their name.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// When.
    pub sent_at: Timestamp,
}

/// Keeps a message, once for each key: sending again under the same key changes nothing, as with a real provider.
///
/// # Errors
/// The database's.
pub async fn keep(
    db: &impl Database,
    key: JobId,
    mail: &Mail,
    now: Timestamp,
) -> std::result::Result<(), DatabaseError> {
    db.run(Statement::new(
        sql!(
            "INSERT INTO mailbox (id, recipient, sender, subject, text, html, sent_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING"
        ),
        params![key, &mail.to, mail.from.to_string(), &mail.subject, &mail.text, &mail.html, now],
    ))
    .await
    .map(|_| ())
}

/// Every message, oldest first.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl Database) -> Result<Vec<Kept>> {
    let kept = db
        .run(Statement::new(
            sql!(
                "SELECT id, recipient AS \"to\", sender AS \"from\", subject, text, html, sent_at
             FROM mailbox ORDER BY sent_at, rowid"
            ),
            params![],
        ))
        .await?;
    Ok(kept.rows()?)
}
