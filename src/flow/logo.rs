//! An organization's logo: set, taken away, and served under a name that never means another picture.

use base64ct::{Base64, Encoding};

use crate::domain::authority::Actor;
use crate::domain::ids::OrganizationId;
use crate::domain::logo::{LARGEST, Logo};
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::{Context, check_still_acts};
use crate::json;
use crate::platform::{Platform, Statement};
use crate::store::acting::Acting;
use crate::store::audit::Entry;
use crate::store::logos::{self, Stored};

/// How long KV keeps a copy: what it is a copy of never changes.
const COPY_SECONDS: u64 = 30 * 24 * 60 * 60;

/// Reads a picture that somebody sent as a logo.
///
/// # Errors
/// `not_a_logo` for what is no PNG, JPEG or WebP, `payload_too_large` for what is too large.
pub fn read(bytes: &[u8]) -> Result<Logo> {
    if bytes.len() > LARGEST {
        let detail = "The picture is too large. Use one of at most 1 MiB.";
        return Err(Refusal::new(Code::PayloadTooLarge).because(detail).into());
    }
    Logo::read(bytes).ok_or_else(|| Code::NotALogo.into())
}

/// Sets the logo that was [`read`] from these bytes. Answers its name. Setting the one that is there is no change.
pub async fn set<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    logo: Logo,
    bytes: &[u8],
) -> Result<String> {
    let stored =
        Stored { content_type: logo.format.content_type().to_owned(), base64: Base64::encode_string(bytes) };
    let entry = ctx.entry(&actor.principal);
    let put = logos::put(entry.id, &logo.hash, &stored);
    change(ctx, actor, &entry, Some(&logo.hash), put).await?;
    Ok(logo.hash)
}

/// Takes the logo away: the product's is shown instead. Where there is none that is no error.
pub async fn clear<P: Platform>(ctx: &Context<'_, P>, actor: &Actor) -> Result<()> {
    let entry = ctx.entry(&actor.principal);
    change(ctx, actor, &entry, None, logos::delete(entry.id)).await
}

async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    entry: &Entry,
    hash: Option<&String>,
    write: Statement,
) -> Result<()> {
    let by = Acting::of(actor);
    let claim = logos::claim(entry, &by, actor.organization_id, hash);
    let results = ctx.platform.batch(vec![claim, write, logos::note(entry.id, hash), by.select()]).await?;
    let [claim, .., acts] = results.as_slice() else {
        return Err(Error::Internal("a claim and who made it".to_owned()));
    };
    // A logo that is as wanted already stays so.
    if claim.any() { Ok(()) } else { check_still_acts(&by, acts) }
}

/// A logo by its name: its content type and bytes. From KV if it has a copy.
pub async fn serve<P: Platform>(
    ctx: &Context<'_, P>,
    organization: OrganizationId,
    hash: &str,
) -> Result<(String, Vec<u8>)> {
    let key = format!("logo:{organization}:{hash}");
    let copy = ctx.platform.get(&key).await.and_then(|copy| json::row::<Stored>(&copy).ok());
    let stored = if let Some(stored) = copy {
        stored
    } else {
        let found: Option<Stored> = ctx.platform.run(logos::select(organization, hash)).await?.first()?;
        let stored = found.ok_or_else(|| Error::from(Code::NotFound))?;
        if let Ok(copy) = serde_json::to_string(&stored) {
            ctx.platform.put(&key, &copy, COPY_SECONDS).await;
        }
        stored
    };
    let bytes = Base64::decode_vec(&stored.base64)
        .map_err(|error| Error::Internal(format!("a logo that is no base64: {error}")))?;
    Ok((stored.content_type, bytes))
}
