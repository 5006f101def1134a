//! Every setting, with its default. Without its secrets, or with weak ones, Usher refuses to serve.

use std::time::Duration;

use serde_json::Value;

use crate::domain::email_address::EmailAddress;
use crate::domain::keys::{KeyError, KeyRing};
use crate::domain::order;
use crate::domain::quota::Quota;
use crate::domain::signature;
use crate::domain::template::Templates;
use crate::domain::text::Name;
use crate::json;
use crate::mail::Sender;
use crate::mail::providers::{postmark, resend};

/// What the product is called where no setting says otherwise.
pub const PRODUCT: &str = "Usher";

/// What the deployment is set to. Has no `Debug`: it holds secrets.
pub struct Config {
    /// `ORIGIN`: where browsers find this deployment, such as `https://join.example.com`. Every link begins with it.
    pub origin: String,
    /// `PRODUCT_NAME`: what pages and mails call the product where no organization's name belongs. Default `Usher`.
    pub product_name: String,
    /// `PRODUCT_URL`: where the host product takes over whom we have signed in, such as `https://app.example.com/callback`. Without
    /// it nobody is handed over.
    pub product: Option<Product>,
    /// `OPERATOR_KEY` (secret): the bearer key of whoever runs this deployment. At least 32 characters.
    pub operator_key: String,
    /// `ROOT_KEYS` (secret): `name:base64url` of 32 random bytes, several by comma; the first signs, all verify.
    pub keys: KeyRing,
    /// `MAIL_PROVIDER`: who carries the mail; a second one, after a comma, takes over what the first one can't send. Default
    /// `cloudflare`.
    pub mail_provider: MailProvider,
    /// The second one.
    pub mail_fallback: Option<MailProvider>,
    /// `MAIL_FROM`: the address that mail comes from; its domain must be set up with the provider. The name beside it is
    /// the organization's.
    pub mail_from: EmailAddress,
    /// The templates that organizations can be made from: the files in `src/domain/templates/`.
    pub templates: Templates,
    /// `LIMITS`: `off` lifts the limits per network, for load tests; only where ORIGIN is a loopback address.
    pub limits: bool,
    /// `INVITATIONS_PER_DAY`: what one organization may invite, add at once, and mail again, in a day. Default 2000.
    ///
    /// `MAILS_PER_ADDRESS`: how many mails about invitations, and about changes of address to it, one address gets in a day,
    /// from all senders together. Default 10.
    ///
    /// `MAILS_PER_SENDER`: how many of these one organization may send to that address, or one account that is to have it, so
    /// that none uses them up for the others. Default 4.
    pub quota: Quota,
    /// What opens the hooks for others' events.
    pub hooks: Hooks,
    /// `PLAN_FEATURES`: the features of each plan that Stripe sells, as JSON: `{"agency": ["custom_client_permissions"]}`. A plan
    /// that is not named has none.
    pub plan_features: String,
    /// `SECURITY_CONTACT`: whom to tell of a weakness, an address or an `https` page. In `/.well-known/security.txt`, which is
    /// not there without it.
    pub security_contact: Option<String>,
    /// `SUPPORT_CONTACT`: whom people ask who can't help themselves, an address or an `https` page: who lost the app and the
    /// recovery codes of their second factor. Pages link it, as `mailto:` where it is an address.
    pub support_contact: Option<String>,
    /// `D1_DELAY`: milliseconds to wait before each D1 call, so that races show; only where ORIGIN is a loopback address.
    pub d1_delay: Duration,
}

/// The host product.
#[derive(Debug, Clone)]
pub struct Product {
    /// Where it takes somebody over.
    pub url: String,
    /// That page's origin.
    pub origin: String,
}

/// Who carries the mail. Has no `Debug`: it holds secrets.
pub enum MailProvider {
    /// The `send_email` binding (`cloudflare`).
    Cloudflare,
    /// Kept for `/dev/mailbox` (`mailbox`); only where ORIGIN is a loopback address, and never with another.
    Mailbox,
    /// Resend (`resend`). `RESEND_API_KEY` (secret) is its key; `RESEND_URL` is where its API is, for tests: only where ORIGIN
    /// is a loopback address.
    Resend(Account),
    /// Postmark (`postmark`). `POSTMARK_TOKEN` (secret) is its server's token; `POSTMARK_URL` as above.
    Postmark(Account),
}

/// The secrets of the hooks. One that is not set is not there. Has no `Debug`.
pub struct Hooks {
    /// `RESEND_WEBHOOK_SECRET` (secret): `whsec_…`, as Resend shows it.
    pub resend: Option<signature::Secret>,
    /// `POSTMARK_WEBHOOK_SECRET` (secret): the password in the address that Postmark is given. At least 32 characters.
    pub postmark: Option<String>,
    /// `STRIPE_WEBHOOK_SECRET` (secret): `whsec_…`, as Stripe shows it.
    pub stripe: Option<String>,
}

/// An account with a provider. Has no `Debug`: it holds a secret.
pub struct Account {
    /// Where its API is, without a slash at the end.
    pub url: String,
    /// What opens it.
    pub key: String,
}

/// The setting that keeps Usher from serving, and why. Names it; never holds its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} {why}")]
pub struct ConfigError {
    /// The setting's name.
    pub setting: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl Config {
    /// Reads every setting.
    ///
    /// # Errors
    /// The first one that is missing or can't be used; or `CLOSED`, if it is set to anything.
    pub fn read(setting: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        // A secret that was piped in ends with a line break.
        let get =
            |name: &str| setting(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let needed = |name: &'static str| get(name).ok_or_else(|| refuse(name, "is missing"));

        // First, so that nothing else keeps it from being said.
        if get("CLOSED").is_some() {
            return Err(refuse(
                "CLOSED",
                "is set: nobody is answered and no job is done until it is taken away",
            ));
        }
        let origin = needed("ORIGIN")?;
        let loopback = check_origin("ORIGIN", &origin)?;
        let product = get("PRODUCT_URL").map(|url| product(&url, loopback)).transpose()?;
        let operator_key = needed("OPERATOR_KEY")?;
        check_secret("OPERATOR_KEY", &operator_key)?;
        let keys = KeyRing::parse(&needed("ROOT_KEYS")?, &origin)
            .map_err(|why: KeyError| refuse("ROOT_KEYS", why.to_string()))?;

        let (mail_provider, mail_fallback) = providers(&get, loopback)?;
        let mail_from = needed("MAIL_FROM")?.parse().map_err(|_| {
            refuse("MAIL_FROM", "must be an e-mail address, such as invites@mail.example.com")
        })?;
        let limits =
            match only_here("LIMITS", get("LIMITS").filter(|value| value != "on"), loopback)?.as_deref() {
                None => true,
                Some("off") => false,
                Some(_) => return Err(refuse("LIMITS", "must be on or off")),
            };
        let d1_delay =
            match only_here("D1_DELAY", get("D1_DELAY").filter(|value| value != "0"), loopback)? {
                None => Duration::ZERO,
                Some(millis) => millis
                    .parse()
                    .ok()
                    .filter(|millis| *millis <= 1000)
                    .map(Duration::from_millis)
                    .ok_or_else(|| refuse("D1_DELAY", "must be a number of milliseconds, at most 1000"))?,
            };
        let number = |name: &'static str, usual: u32| match get(name) {
            None => Ok(usual),
            Some(number) => number
                .parse()
                .ok()
                .filter(|number| (1..=1_000_000).contains(number))
                .ok_or_else(|| refuse(name, "must be a number from 1 to 1000000")),
        };
        let quota = Quota {
            invitations: number("INVITATIONS_PER_DAY", 2000)?,
            mails: number("MAILS_PER_ADDRESS", 10)?,
            share: number("MAILS_PER_SENDER", 4)?,
        };
        let hooks = hooks(&get)?;
        let plan_features = get("PLAN_FEATURES").unwrap_or_else(|| "{}".to_owned());
        if !are_features(&plan_features) {
            return Err(refuse(
                "PLAN_FEATURES",
                r#"must be JSON such as {"agency": ["custom_client_permissions"]}"#,
            ));
        }
        let contact = |name: &'static str| match get(name) {
            Some(page)
                if page.starts_with("https://") && page.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Some(page))
            }
            Some(address) => {
                let address: EmailAddress = address
                    .parse()
                    .map_err(|_| refuse(name, "must be an e-mail address, or the https address of a page"))?;
                Ok(Some(format!("mailto:{}", address.as_str())))
            }
            None => Ok(None),
        };
        let (security_contact, support_contact) = (contact("SECURITY_CONTACT")?, contact("SUPPORT_CONTACT")?);
        let product_name = Name::parse(&get("PRODUCT_NAME").unwrap_or_else(|| PRODUCT.to_owned()))
            .map_err(|why| refuse("PRODUCT_NAME", why.to_string()))?
            .as_str()
            .to_owned();

        Ok(Self {
            origin,
            product_name,
            product,
            operator_key,
            keys,
            mail_provider,
            mail_fallback,
            mail_from,
            templates: Templates::built_in(),
            limits,
            quota,
            hooks,
            plan_features,
            support_contact,
            security_contact,
            d1_delay,
        })
    }

    /// Whether the pages for developers exist: only together with the mailbox, which is only where nobody else comes.
    #[must_use]
    pub fn is_development(&self) -> bool {
        matches!(self.mail_provider, MailProvider::Mailbox)
    }

    /// Whether this runs on somebody's own machine: ORIGIN is a loopback address.
    #[must_use]
    pub fn is_here(&self) -> bool {
        check_origin("ORIGIN", &self.origin).unwrap_or(false)
    }

    /// Who a mail about an account comes from, which is no organization's: the product.
    #[must_use]
    pub fn own_sender(&self) -> Sender {
        Sender { name: self.product_name.clone(), address: self.mail_from.as_str().to_owned() }
    }

    /// Who a mail of this organization comes from: the organization's name, at the deployment's own address. Never an
    /// inviter's address, which would fail DMARC.
    #[must_use]
    pub fn sender(&self, organization: &str) -> Sender {
        Sender {
            name: format!("{organization} via {}", self.product_name),
            address: self.mail_from.as_str().to_owned(),
        }
    }
}

fn refuse(setting: &'static str, why: impl Into<String>) -> ConfigError {
    ConfigError { setting, why: why.into() }
}

/// What opens the hooks.
fn hooks(get: &dyn Fn(&str) -> Option<String>) -> Result<Hooks, ConfigError> {
    let strong = |name, secret: Option<String>| match secret {
        Some(secret) => check_secret(name, &secret).map(|()| Some(secret)),
        None => Ok(None),
    };
    let of_resend = get("RESEND_WEBHOOK_SECRET").map(|secret| {
        signature::Secret::parse(&secret)
            .ok_or_else(|| refuse("RESEND_WEBHOOK_SECRET", "must be as Resend shows it, with its whsec_"))
    });
    Ok(Hooks {
        resend: of_resend.transpose()?,
        postmark: strong("POSTMARK_WEBHOOK_SECRET", get("POSTMARK_WEBHOOK_SECRET"))?,
        stripe: strong("STRIPE_WEBHOOK_SECRET", get("STRIPE_WEBHOOK_SECRET"))?,
    })
}

/// Whether this is an object of lists of names.
fn are_features(text: &str) -> bool {
    let names = |list: &Value| list.as_array().is_some_and(|names| names.iter().all(Value::is_string));
    match json::row(text) {
        Ok(Value::Object(plans)) => plans.values().all(names),
        _ => false,
    }
}

/// A setting that is for development, which nobody else reaches.
fn only_here(
    name: &'static str,
    value: Option<String>,
    loopback: bool,
) -> Result<Option<String>, ConfigError> {
    match value {
        Some(_) if !loopback => Err(refuse(name, "is allowed only where ORIGIN is a loopback address")),
        value => Ok(value),
    }
}

/// Who carries the mail, and who takes over.
fn providers(
    get: &dyn Fn(&str) -> Option<String>,
    loopback: bool,
) -> Result<(MailProvider, Option<MailProvider>), ConfigError> {
    let names = get("MAIL_PROVIDER").unwrap_or_else(|| "cloudflare".to_owned());
    let account = |secret, key: Option<String>, place, url: Option<String>, usual: &str| {
        let key = key.ok_or_else(|| refuse(secret, "is missing"))?;
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse(secret, "holds what no key of theirs does"));
        }
        let url = only_here(place, url, loopback)?.unwrap_or_else(|| usual.to_owned());
        Ok(Account { url: url.trim_end_matches('/').to_owned(), key })
    };
    let provider = |name: &str| match name {
        "cloudflare" => Ok(MailProvider::Cloudflare),
        "mailbox" if names == name => {
            only_here("MAIL_PROVIDER", Some(names.clone()), loopback).map(|_| MailProvider::Mailbox)
        }
        "resend" => {
            let (key, url) = (get("RESEND_API_KEY"), get("RESEND_URL"));
            account("RESEND_API_KEY", key, "RESEND_URL", url, resend::URL).map(MailProvider::Resend)
        }
        "postmark" => {
            let (key, url) = (get("POSTMARK_TOKEN"), get("POSTMARK_URL"));
            account("POSTMARK_TOKEN", key, "POSTMARK_URL", url, postmark::URL).map(MailProvider::Postmark)
        }
        _ => Err(refuse(
            "MAIL_PROVIDER",
            "must be mailbox, or one or two of cloudflare, resend and postmark, by a comma",
        )),
    };
    let (first, second) = match names.split_once(',') {
        Some((first, second)) => (first.trim(), Some(second.trim())),
        None => (names.as_str(), None),
    };
    if second == Some(first) {
        return Err(refuse("MAIL_PROVIDER", "names the same one twice"));
    }
    Ok((provider(first)?, second.map(provider).transpose()?))
}

/// Where the host product takes over. What follows goes into the address, so nothing of a query is there yet.
fn product(url: &str, loopback: bool) -> Result<Product, ConfigError> {
    let wrong = || refuse("PRODUCT_URL", "must be like https://app.example.com/callback, without ? and #");
    let slash = url.find("://").and_then(|at| url.get(at + 3..)?.find('/').map(|more| at + 3 + more));
    let (origin, path) = url.split_at_checked(slash.ok_or_else(wrong)?).ok_or_else(wrong)?;
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !br#"?#"<>\^`{|}"#.contains(&byte));
    let product = Product { origin: origin.to_owned(), url: url.to_owned() };
    check_origin("PRODUCT_URL", origin)?;
    if origin.starts_with("http:") && !loopback {
        return Err(refuse("PRODUCT_URL", "must be https where ORIGIN is no loopback address"));
    }
    if plain { Ok(product) } else { Err(wrong()) }
}

/// Checks that ORIGIN is one, and answers whether it is a loopback address.
fn check_origin(setting: &'static str, origin: &str) -> Result<bool, ConfigError> {
    let wrong = || refuse(setting, "must be https://host or, on this machine only, http://localhost:port");
    let (scheme, host) = origin.split_once("://").ok_or_else(wrong)?;
    // As browsers write it in `Origin`, letter by letter: small letters, and no port where it is the scheme's own.
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !host.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let usual = if scheme == "https" { "443" } else { "80" };
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok() && port != usual);
    let of_labels = name.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|letter| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    });
    let plain = port_fits && (of_labels || name == "[::1]");
    let loopback = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    match scheme {
        "https" if plain => Ok(loopback),
        "http" if plain && loopback => Ok(true),
        _ => Err(wrong()),
    }
}

fn check_secret(setting: &'static str, secret: &str) -> Result<(), ConfigError> {
    let letters = order::once(secret.bytes());
    let counts_up = secret
        .as_bytes()
        .windows(8)
        .any(|run| run.iter().zip(run.iter().skip(1)).all(|(one, next)| next.wrapping_sub(*one) == 1));
    if counts_up || secret.len() < 32 || letters.len() < 12 || secret.to_lowercase().contains("changeme") {
        return Err(refuse(setting, "is weak: use at least 32 random characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
