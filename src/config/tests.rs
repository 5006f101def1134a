//! What settings are refused, and what is read of the others.

use super::*;

const GOOD: [(&str, &str); 4] = [
    ("ORIGIN", "https://join.example.test"),
    ("OPERATOR_KEY", "op_3vQ9c1Yb7TgJx5kR2mWz8NfLdHs4PqAe"),
    ("ROOT_KEYS", "k1:vQ3m1Yb7TgJx5kR2mWz8NfLdHs4PqAeU0cXoZtI6w9E"),
    ("MAIL_FROM", "invites@mail.example.test"),
];

fn read(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::read(|name| {
        let of = |list: &[(&str, &str)]| {
            list.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        of(changes).or_else(|| of(&GOOD))
    })
}

/// V11: missing, short, repetitive and example secrets.
#[test]
fn it_refuses_to_serve_without_strong_secrets_and_names_the_setting() {
    assert!(read(&[]).is_ok());
    for (setting, value) in [
        ("CLOSED", "on"),
        ("ORIGIN", ""),
        ("ORIGIN", "join.example.test"),
        ("ORIGIN", "https://join.example.test/"),
        ("ORIGIN", "http://join.example.test"),
        ("ORIGIN", "http://localhost.evil.test"),
        ("OPERATOR_KEY", ""),
        ("OPERATOR_KEY", "short"),
        ("OPERATOR_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("OPERATOR_KEY", "changeme-0123456789-abcdefghijklmnop"),
        ("OPERATOR_KEY", "abcdefghijklmnopqrstuvwxyz0123456789"),
        ("ORIGIN", "https://Join.example.test"),
        ("ORIGIN", "https://join.example.test:443"),
        ("ORIGIN", "https://join.example.test:99999"),
        ("ORIGIN", "https://.."),
        ("PRODUCT_URL", "app.example.test/callback"),
        ("PRODUCT_URL", "https://app.example.test"),
        ("PRODUCT_URL", "https://app.example.test/callback?to=1"),
        ("PRODUCT_URL", "https://app.example.test/callback#1"),
        ("PRODUCT_URL", "https://app.example.test/a b"),
        ("PRODUCT_URL", "https://app.example.test;script-src/callback"),
        ("PRODUCT_URL", "https://user@app.example.test/callback"),
        ("PRODUCT_URL", "http://app.example.test/callback"),
        ("PRODUCT_URL", "http://localhost:3000/callback"),
        ("PRODUCT_URL", "javascript://app.example.test/callback"),
        ("ROOT_KEYS", ""),
        ("ROOT_KEYS", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("MAIL_FROM", ""),
        ("MAIL_FROM", "Usher <invites@mail.example.test>"),
        ("MAIL_PROVIDER", "pigeon"),
        ("MAIL_PROVIDER", "cloudflare,pigeon"),
        ("MAIL_PROVIDER", "cloudflare,cloudflare"),
        ("MAIL_PROVIDER", "cloudflare,mailbox"),
        ("MAIL_PROVIDER", "mailbox,cloudflare"),
        ("MAIL_PROVIDER", ","),
        ("PRODUCT_NAME", "Buy at evil.com"),
        ("INVITATIONS_PER_DAY", "0"),
        ("INVITATIONS_PER_DAY", "many"),
        ("MAILS_PER_ADDRESS", "-1"),
        ("MAILS_PER_SENDER", "0"),
        ("RESEND_WEBHOOK_SECRET", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
        ("RESEND_WEBHOOK_SECRET", "whsec_C2FV"),
        ("POSTMARK_WEBHOOK_SECRET", "postmark"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_secret"),
        ("PLAN_FEATURES", "agency"),
        ("PLAN_FEATURES", "[]"),
        ("PLAN_FEATURES", r#"{"agency": "custom_client_permissions"}"#),
        ("SUPPORT_CONTACT", "the office"),
        ("SECURITY_CONTACT", "http://example.test"),
        ("SECURITY_CONTACT", "https://example.test/\nExpires: never"),
    ] {
        let error = read(&[(setting, value)]).err().map(|error| error.setting);
        assert_eq!(error, Some(setting), "{setting}={value}");
    }
}

#[test]
fn a_provider_needs_its_key_and_is_reached_at_its_own_address() {
    let providers =
        |changes: &[(&str, &str)]| read(changes).map(|config| (config.mail_provider, config.mail_fallback));
    for (setting, changes) in [
        ("RESEND_API_KEY", vec![("MAIL_PROVIDER", "resend")]),
        ("RESEND_API_KEY", vec![("MAIL_PROVIDER", "resend"), ("RESEND_API_KEY", "re_1\nX-Other: 1")]),
        ("POSTMARK_TOKEN", vec![("MAIL_PROVIDER", "resend,postmark"), ("RESEND_API_KEY", "re_1")]),
        (
            "RESEND_URL",
            vec![
                ("MAIL_PROVIDER", "resend"),
                ("RESEND_API_KEY", "re_1"),
                ("RESEND_URL", "http://localhost:1"),
            ],
        ),
    ] {
        assert_eq!(providers(&changes).err().map(|error| error.setting), Some(setting), "{changes:?}");
    }
    let both = [("MAIL_PROVIDER", "postmark, resend"), ("RESEND_API_KEY", "re_1"), ("POSTMARK_TOKEN", "pm")];
    let Ok((MailProvider::Postmark(first), Some(MailProvider::Resend(second)))) = providers(&both) else {
        panic!("both are read, in their order")
    };
    assert_eq!((&*first.url, &*first.key), ("https://api.postmarkapp.com", "pm"));
    assert_eq!((&*second.url, &*second.key), ("https://api.resend.com", "re_1"));
    let here = [
        ("ORIGIN", "http://localhost:8787"),
        ("MAIL_PROVIDER", "resend"),
        ("RESEND_API_KEY", "re_1"),
        ("RESEND_URL", "http://127.0.0.1:9/"),
    ];
    let Ok((MailProvider::Resend(account), None)) = providers(&here) else { panic!("it is read") };
    assert_eq!(account.url, "http://127.0.0.1:9");
}

#[test]
fn the_host_product_is_an_https_page_or_one_on_this_machine() {
    let of = |changes: &[(&str, &str)]| {
        read(changes).ok().and_then(|config| config.product).map(|product| (product.origin, product.url))
    };
    assert_eq!(of(&[]), None);
    let url = "https://app.example.test/callback";
    let found = Some(("https://app.example.test".to_owned(), url.to_owned()));
    assert_eq!(of(&[("PRODUCT_URL", url)]), found);
    let url = "http://localhost:3000/a/b";
    let found = Some(("http://localhost:3000".to_owned(), url.to_owned()));
    assert_eq!(of(&[("ORIGIN", "http://localhost:8787"), ("PRODUCT_URL", url)]), found);
}

#[test]
fn what_is_for_development_only_is_refused_on_an_origin_that_others_reach() {
    for (setting, value) in [("MAIL_PROVIDER", "mailbox"), ("LIMITS", "off"), ("D1_DELAY", "5")] {
        assert_eq!(read(&[(setting, value)]).err().map(|error| error.setting), Some(setting));
        for origin in
            ["http://localhost:8787", "http://127.0.0.1:1", "http://[::1]:8787", "https://localhost"]
        {
            assert!(read(&[("ORIGIN", origin), (setting, value)]).is_ok(), "{origin} {setting}");
        }
    }
    assert!(read(&[("LIMITS", "on"), ("D1_DELAY", "0")]).is_ok());
}
