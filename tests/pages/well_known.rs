//! What other programs look for at fixed addresses.

use std::time::Duration;

use usher::domain::time::Timestamp;

use crate::support::World;
use crate::support::client::Team;

/// RFC 9116: a contact, an end in the future, and where it itself is.
#[test]
fn security_txt_says_whom_to_tell_and_until_when_that_holds() {
    for (setting, contact) in [
        ("security@example.test", "mailto:security@example.test"),
        ("https://example.test/security", "https://example.test/security"),
    ] {
        let world = World::with_settings(&[("SECURITY_CONTACT", setting)]);
        world.pass(Duration::from_hours(100_000));
        let answer = world.client().get("/.well-known/security.txt").ok();
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        let text = answer.text();
        let field = |name: &str| {
            let mut values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            let value = values.next().unwrap().to_owned();
            assert_eq!(values.next(), None, "{name} once");
            value
        };
        assert_eq!(field("Contact"), contact);
        assert_eq!(field("Canonical"), "http://localhost:8787/.well-known/security.txt");
        let ends = Timestamp::parse(&field("Expires")).unwrap();
        // Less than a year, as the RFC recommends.
        assert!(ends > world.now().plus(Duration::from_hours(80 * 24)));
        assert!(ends < world.now().plus(Duration::from_hours(360 * 24)));
    }
}

#[test]
fn without_a_contact_there_is_no_security_txt() {
    assert_eq!(World::new().client().get("/.well-known/security.txt").status, 404);
}

/// A program that keeps passwords leads its user to the form that changes one, through the sign-in if need be.
#[test]
fn change_password_leads_to_the_form() {
    let team = Team::new();
    for mut person in [team.owner.clone(), team.world.client()] {
        let answer = person.get("/.well-known/change-password");
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/me/security/password")));
    }
    let way = team.world.client().get("/me/security/password");
    assert!(way.header("location").unwrap().starts_with("/sign-in?to="));
}
