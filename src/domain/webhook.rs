//! Webhooks: which events a program may be told, where it may be told them, and how often that is tried.
//!
//! The rule of addresses: they are checked as they are written, because what a name resolves to can't be pinned on the
//! platform. So an address in numbers is taken in its one usual spelling only, and none that is private; a name is one of the
//! public kind.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use http::Uri;

/// As long as an address may be, in bytes.
const LONGEST: usize = 1000;

macro_rules! events {
    ($($(#[doc = $doc:literal])* $name:literal;)*) => {
        /// The types of events, each with what it tells.
        pub const EVENTS: &[(&str, &str)] = &[$(($name, concat!($($doc),*))),*];
    };
}

events! {
    /// An invitation or a link for many was made.
    "invitation.created";
    /// Its mail was taken by the mail provider.
    "invitation.sent";
    /// Its mail was taken by the receiver’s mail server.
    "invitation.delivered";
    /// Its mail could not be delivered.
    "invitation.bounced";
    /// Its receiver reported the mail.
    "invitation.complained";
    /// No mail provider took its mail.
    "invitation.failed";
    /// Somebody came in by it.
    "invitation.accepted";
    /// Whoever it is for said no.
    "invitation.declined";
    /// It was withdrawn.
    "invitation.revoked";
    /// Its time is over. Told within minutes of that.
    "invitation.expired";
    /// Somebody is in: by an invitation, added at once, or put back.
    "member.added";
    /// Their role or name was changed.
    "member.updated";
    /// They were removed, or left.
    "member.removed";
    /// Somebody was put into a workspace.
    "membership.added";
    /// What they were given there was changed.
    "membership.updated";
    /// They were taken out of it.
    "membership.removed";
    /// The organization’s name, brand, policy or plan was changed.
    "organization.updated";
    /// The last seat was taken or reserved.
    "seats.limit_reached";
}

/// What a webhook is sent to try it out, whichever events it wants.
pub const TEST: &str = "webhook.test";

/// The name of this event, if it is one.
#[must_use]
pub fn event(name: &str) -> Option<&'static str> {
    EVENTS.iter().map(|(known, _)| *known).find(|known| *known == name)
}

/// How long after each try that failed the next one comes: a little over a day from the first to the last.
pub const STEPS: [Duration; 10] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(4),
    Duration::from_hours(8),
    Duration::from_hours(9),
];

/// The wait after this try (1 is the first) failed: its step, and up to a quarter more or less, so that what failed together
/// doesn't come back together. Nothing after the last.
#[must_use]
pub fn wait(attempt: i64, random: [u8; 2]) -> Option<Duration> {
    let step = STEPS.get(usize::try_from(attempt - 1).ok()?)?;
    let millis = u64::try_from(step.as_millis()).unwrap_or(u64::MAX);
    let spread = u64::from(u16::from_be_bytes(random)) * (millis / 2) / u64::from(u16::MAX);
    Some(Duration::from_millis(millis - millis / 4 + spread))
}

/// How long a webhook whose last deliveries failed, so many in a row, is left alone: what has not been tried yet waits. Ten
/// seconds, doubled each time up to ten minutes.
#[must_use]
pub fn rest(failures: i64) -> Duration {
    let doublings = u32::try_from(failures.clamp(1, 16) - 1).unwrap_or(0);
    Duration::from_secs((10_u64 << doublings).min(600))
}

/// Why an address is none for a webhook. The texts tell what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Not an address at all.
    #[error("Use an address such as https://app.example.com/webhooks/usher, of at most 1000 letters.")]
    Malformed,
    /// Not `https`.
    #[error("Use an address that begins with https://.")]
    NotHttps,
    /// Holds a name and a password.
    #[error("Leave name and password out of the address: deliveries are signed.")]
    Credentials,
    /// Leads to a machine's own or a private network.
    #[error("Use the public name of a server: this one is private, local, or written in an unusual way.")]
    Private,
}

/// Checks where a webhook is to be reached. `here` if Usher itself runs on a loopback address: then `http` to this machine is
/// an address too.
///
/// # Errors
/// Why not.
pub fn check_url(text: &str, here: bool) -> Result<(), BadUrl> {
    let plain = text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain || text.contains(['#', '\\', '"', '<', '>', '`', '{', '}', '|', '^']) {
        return Err(BadUrl::Malformed);
    }
    let uri: Uri = text.parse().map_err(|_| BadUrl::Malformed)?;
    let authority = uri.authority().ok_or(BadUrl::Malformed)?;
    if authority.as_str().contains('@') {
        return Err(BadUrl::Credentials);
    }
    let host = authority.host().to_ascii_lowercase();
    if authority.as_str().len() > host.len() && authority.port_u16().is_none_or(|port| port == 0) {
        return Err(BadUrl::Malformed);
    }
    let this_machine = matches!(&*host, "127.0.0.1" | "[::1]" | "localhost");
    match uri.scheme_str() {
        Some("http") if here && this_machine => Ok(()),
        Some("https") if is_public(&host) => Ok(()),
        Some("https") => Err(BadUrl::Private),
        _ => Err(BadUrl::NotHttps),
    }
}

/// Where an address leads, for a person to know it by: its host and its path. What stands after those may be a secret.
#[must_use]
pub fn place(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('?').next().unwrap_or(rest).trim_end_matches('/')
}

/// Why a webhook was turned off, in words after that it was.
#[must_use]
pub fn turned_off(why: &str) -> &'static str {
    match why {
        "failures" => "after 5 days of failures",
        "gone" => "because its receiver is gone",
        _ => "by choice",
    }
}

/// Names that lead nowhere public, or to a cloud's own data about its machines.
const LOCAL: [&str; 12] = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "localdomain",
    "arpa",
    "onion",
    "invalid",
];

fn is_public(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok_and(is_public_v6);
    }
    let labels: Vec<&str> = host.split('.').collect();
    let fits = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let Some(last) = labels.last().filter(|_| labels.iter().all(fits)) else { return false };
    // Browsers and runtimes read whatever ends in a number as an address: 0x7f.1 and 2130706433 are 127.0.0.1.
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if number {
        let address = host.parse::<Ipv4Addr>();
        return address.is_ok_and(|address| address.to_string() == host && is_public_v4(address));
    }
    labels.len() > 1 && !LOCAL.contains(last)
}

#[allow(clippy::unnested_or_patterns, reason = "a line for each block, as they are given out")]
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = matches!(
        (a, b, c),
        (0 | 10 | 127 | 240..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=239, _, _)
    );
    !reserved
}

/// Only what is given out to the public (`2000::/3`), and of that nothing that carries an address of the older kind in it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let documentation = first == 0x2001 && second == 0x0db8 || first == 0x3fff;
    let special = first == 0x2001 && second < 0x0200 || first == 0x2002;
    (0x2000..=0x3fff).contains(&first) && !documentation && !special
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_webhook_is_known_by_its_host_and_path() {
        for (url, told) in [
            ("https://app.example.com/webhooks/usher?token=a", "app.example.com/webhooks/usher"),
            ("https://app.example.com/", "app.example.com"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("https://app.example.com?token=a/b", "app.example.com"),
        ] {
            assert_eq!(place(url), told);
        }
    }

    #[test]
    fn an_address_is_public_and_https() {
        for good in [
            "https://app.example.com/webhooks/usher",
            "https://app.example.com",
            "https://APP.example.com:8443/a?token=b",
            "https://hooks.example.co.uk/",
            "https://8.8.8.8/hook",
            "https://[2606:4700::1111]/hook",
            "https://xn--bcher-kva.example/",
        ] {
            assert_eq!(check_url(good, false), Ok(()), "{good}");
        }
        for (wrong, why) in [
            ("", BadUrl::Malformed),
            ("/hook", BadUrl::Malformed),
            ("https:///hook", BadUrl::Malformed),
            ("https://exa mple.com", BadUrl::Malformed),
            ("https://example.com/#part", BadUrl::Malformed),
            ("https://example.com\\@evil.example/", BadUrl::Malformed),
            ("https://bücher.example/", BadUrl::Malformed),
            ("https://example.com:0/", BadUrl::Malformed),
            ("https://example.com:99999/", BadUrl::Malformed),
            ("http://app.example.com/", BadUrl::NotHttps),
            ("ftp://app.example.com/", BadUrl::NotHttps),
            ("https://me:secret@app.example.com/", BadUrl::Credentials),
            ("https://example.com@127.0.0.1/", BadUrl::Credentials),
        ] {
            assert_eq!(check_url(wrong, false), Err(why), "{wrong}");
        }
        let long = format!("https://example.com/{}", "a".repeat(1000));
        assert_eq!(check_url(&long, false), Err(BadUrl::Malformed));
    }

    /// Private, link-local and loopback addresses, in every spelling that a URL parser knows.
    #[test]
    fn what_leads_to_a_private_network_is_refused_in_any_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0x7F.0.0.1",
            "017700000001",
            "0177.0.0.1",
            "127.0.0.1.",
            "127.000.000.001",
            "0",
            "0.0.0.0",
            "10.0.0.1",
            "10.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.168.257",
            "169.254.169.254",
            "169.254.43518",
            "100.64.0.1",
            "100.100.100.200",
            "198.18.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "999.1.1.1",
            "1.2.3.4.5",
            "%31%32%37.0.0.1",
            "[::1]",
            "[::]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[::ffff:10.0.0.1]",
            "[fe80::1]",
            "[fe80::1%25eth0]",
            "[fc00::1]",
            "[fd12:3456::1]",
            "[ff02::1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001::1]",
            "[2001:db8::1]",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "printer",
            "router.local",
            "metadata.google.internal",
            "db.lan",
            "1.0.0.127.in-addr.arpa",
            "a..b.example",
            "-",
            ".example.com",
        ] {
            let refused = check_url(&format!("https://{host}/"), false);
            assert!(matches!(refused, Err(BadUrl::Private | BadUrl::Malformed)), "{host}: {refused:?}");
            assert!(check_url(&format!("https://{host}/"), true).is_err(), "{host}, on this machine");
        }
    }

    #[test]
    fn on_ones_own_machine_it_may_be_this_machine() {
        for url in ["http://127.0.0.1:9000/hook", "http://[::1]:9000/", "http://localhost:9000/"] {
            assert_eq!(check_url(url, true), Ok(()), "{url}");
            assert_eq!(check_url(url, false), Err(BadUrl::NotHttps), "{url}");
        }
        for url in ["http://127.0.0.2/", "http://10.0.0.1/", "http://2130706433/", "http://app.example.com/"]
        {
            assert_eq!(check_url(url, true), Err(BadUrl::NotHttps), "{url}");
        }
    }

    #[test]
    fn tries_begin_within_seconds_and_go_on_for_a_day() {
        let first = |random| wait(1, random).unwrap().as_secs_f64();
        assert!(first([0, 0]) >= 5.0 && first([255, 255]) <= 15.0);
        let hours =
            |random| (1..=10).map(|attempt| wait(attempt, random).unwrap().as_secs()).sum::<u64>() / 3600;
        assert_eq!((hours([0, 0]), hours([255, 255])), (18, 30));
        let usual: Duration = STEPS.iter().sum();
        assert!(usual > Duration::from_hours(24));
        assert_eq!((wait(0, [0, 0]), wait(11, [0, 0])), (None, None));
        // The queue delays no message for longer than twelve hours.
        assert!(wait(10, [255, 255]).unwrap() < Duration::from_hours(12));
    }

    proptest! {
        #[test]
        fn no_spelling_of_a_private_address_is_taken(a: u8, b: u8, c: u8, d: u8, form in 0..5) {
            let whole = u32::from_be_bytes([a, b, c, d]);
            let host = match form {
                0 => format!("{a}.{b}.{c}.{d}"),
                1 => whole.to_string(),
                2 => format!("{whole:#x}"),
                3 => format!("0{a:o}.{b}.{c}.{d}"),
                _ => format!("[::ffff:{a}.{b}.{c}.{d}]"),
            };
            let taken = check_url(&format!("https://{host}/"), false).is_ok();
            prop_assert_eq!(taken, form == 0 && is_public_v4(Ipv4Addr::new(a, b, c, d)));
        }

        #[test]
        fn a_rest_is_bounded(failures: i64) {
            prop_assert!((10..=600).contains(&rest(failures).as_secs()));
        }
    }
}
