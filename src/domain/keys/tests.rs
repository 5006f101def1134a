//! What tokens open and what they don't, which keys are taken, and what is sealed.

use std::time::Duration;

use super::*;

const ORIGIN: &str = "https://usher.test";

fn secret(seed: u8) -> String {
    use sha2::Digest as _;
    Base64UrlUnpadded::encode_string(&Sha256::digest([seed]))
}

fn ring(keys: &[(&str, u8)]) -> KeyRing {
    let text = keys.iter().map(|(id, seed)| format!("{id}:{}", secret(*seed))).collect::<Vec<_>>().join(",");
    KeyRing::parse(&text, ORIGIN).ok().unwrap()
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Note {
    sub: String,
}

fn note() -> Note {
    Note { sub: "inv".to_owned() }
}

fn later() -> Timestamp {
    Timestamp::from_seconds(2_000_000_000)
}

#[test]
fn what_one_purpose_signed_no_other_takes() {
    let keys = ring(&[("k1", 1)]);
    for signed in Purpose::ALL {
        let token = keys.sign(signed, note(), later());
        for asked in Purpose::ALL {
            let told = keys.verify::<Note>(asked, &token);
            assert_eq!(told, (signed == asked).then(|| (note(), later())), "{signed:?} as {asked:?}");
        }
    }
}

/// V17: the clock just before, at and just after `exp`.
#[test]
fn a_token_ends_exactly_at_exp() {
    let keys = ring(&[("k1", 1)]);
    let token = keys.sign(Purpose::Invitation, note(), later());
    let open = |now| keys.open(Purpose::Invitation, &token, now);
    let millisecond = Duration::from_millis(1);
    assert_eq!(open(later().minus(millisecond)), Opened::Live(note()));
    assert_eq!(open(later()), Opened::Expired(note(), later()));
    assert_eq!(open(later().plus(millisecond)), Opened::Expired(note(), later()));
}

#[test]
fn root_keys_rotate_without_breaking_open_links() {
    let old = ring(&[("k1", 1)]).sign(Purpose::Invitation, note(), later());
    let both = ring(&[("k2", 2), ("k1", 1)]);
    assert!(both.verify::<Note>(Purpose::Invitation, &old).is_some());
    let new = both.sign(Purpose::Invitation, note(), later());
    assert!(ring(&[("k2", 2)]).verify::<Note>(Purpose::Invitation, &new).is_some(), "the first key signs");
    assert!(ring(&[("k2", 2)]).verify::<Note>(Purpose::Invitation, &old).is_none(), "k1 was taken away");
}

#[test]
fn another_key_under_a_known_name_and_an_unknown_name_are_refused() {
    let token = ring(&[("k1", 9)]).sign(Purpose::Invitation, note(), later());
    assert!(ring(&[("k1", 1)]).verify::<Note>(Purpose::Invitation, &token).is_none());
    let token = ring(&[("k9", 1)]).sign(Purpose::Invitation, note(), later());
    assert!(ring(&[("k1", 1)]).verify::<Note>(Purpose::Invitation, &token).is_none());
}

#[test]
fn another_deployments_token_is_refused_even_under_the_same_key() {
    let keys = format!("k1:{}", secret(1));
    let token =
        KeyRing::parse(&keys, "https://other.test").ok().unwrap().sign(Purpose::Invitation, note(), later());
    assert!(
        KeyRing::parse(&keys, ORIGIN).ok().unwrap().verify::<Note>(Purpose::Invitation, &token).is_none()
    );
}

#[test]
fn a_token_with_any_byte_changed_is_refused() {
    let keys = ring(&[("k1", 1)]);
    let token = keys.sign(Purpose::Invitation, note(), later());
    for place in 0..token.len() {
        for replacement in [b'A', b'B', b'z', b'_', b'.', b'=', b' ', 0x80 >> 1] {
            let mut bytes = token.clone().into_bytes();
            if bytes[place] == replacement {
                continue;
            }
            bytes[place] = replacement;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(keys.verify::<Note>(Purpose::Invitation, &changed).is_none(), "byte {place}: {changed}");
        }
    }
    for cut in 0..token.len() {
        assert!(keys.verify::<Note>(Purpose::Invitation, &token[..cut]).is_none());
    }
}

#[test]
fn alg_none_and_a_token_without_exp_are_refused() {
    let keys = ring(&[("k1", 1)]);
    let encode = |json: &str| Base64UrlUnpadded::encode_string(json.as_bytes());
    let claims = encode(&format!(r#"{{"iss":"{ORIGIN}","aud":"invitation","sub":"inv","exp":2000000000}}"#));
    let header = encode(r#"{"alg":"none","typ":"invitation+jwt","kid":"k1"}"#);
    assert!(keys.verify::<Note>(Purpose::Invitation, &format!("{header}.{claims}.")).is_none());

    let key = keys.keys[0].for_purpose(Purpose::Invitation).unwrap();
    let header = Header::empty().with_key_id("k1").with_token_type("invitation+jwt");
    let sealed = Sealed { iss: ORIGIN.to_owned(), aud: "invitation".to_owned(), rest: note() };
    let endless = Hs256.token(&header, &Claims::new(sealed), key).unwrap();
    assert!(keys.verify::<Note>(Purpose::Invitation, &endless).is_none());
}

#[test]
fn what_is_sealed_opens_for_whom_it_is_with_the_root_key_that_sealed_it_and_unchanged() {
    let keys = ring(&[("k1", 1)]);
    let sealed = keys.seal("ana", b"a secret", [7; NONCE]).unwrap();
    assert!(sealed.starts_with("k1.") && !sealed.contains("secret"));
    let both = ring(&[("k2", 2), ("k1", 1)]);
    assert_eq!(both.unseal("ana", &sealed).unwrap(), b"a secret");
    assert_eq!(keys.unseal("mia", &sealed), None);
    assert_eq!(ring(&[("k2", 2)]).unseal("ana", &sealed), None);
    assert_eq!(ring(&[("k1", 2)]).unseal("ana", &sealed), None);
    assert!(both.seal("ana", b"a secret", [8; NONCE]).unwrap().starts_with("k2."), "the first key seals");
    for place in 0..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
        assert_eq!(keys.unseal("ana", &String::from_utf8(bytes).unwrap()), None, "byte {place}");
    }
    for wrong in ["", "k1", "k1.", "k1.AAAA"] {
        assert_eq!(keys.unseal("ana", wrong), None);
    }
}

#[test]
fn missing_weak_and_ambiguous_root_keys_are_refused() {
    let strong = secret(1);
    for (text, why) in [
        (String::new(), KeyError::None),
        (" , ".to_owned(), KeyError::None),
        (strong.clone(), KeyError::Form(1)),
        (format!("a b:{strong}"), KeyError::Form(1)),
        ("k1:changeme!".to_owned(), KeyError::Form(1)),
        (format!("k1:{}", Base64UrlUnpadded::encode_string(&[1; 31])), KeyError::Weak("k1".to_owned())),
        (format!("k1:{}", Base64UrlUnpadded::encode_string(&[0; 32])), KeyError::Weak("k1".to_owned())),
        (
            format!("k1:{}", Base64UrlUnpadded::encode_string(&(0..32).collect::<Vec<u8>>())),
            KeyError::Weak("k1".to_owned()),
        ),
        (format!("k1:{strong},k1:{strong}"), KeyError::Twice("k1".to_owned())),
    ] {
        assert_eq!(KeyRing::parse(&text, ORIGIN).err(), Some(why), "{text}");
    }
}
