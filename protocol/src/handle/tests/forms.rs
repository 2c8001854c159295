//! What is canonical, and what a reading of something else warns of.

use super::super::{Handle, HandleError, HandleKind, HandleWarning, parse};
use super::country;

#[test]
fn kinds_are_called_as_they_are_written() {
    for kind in HandleKind::ALL {
        assert_eq!(kind.to_string(), kind.as_str());
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
}

/// On a site without an entry a name may be in any script, marks that join no letter included.
#[test]
fn names_of_any_script_have_marks_and_no_signs() {
    let form = |name: &str| Handle::from_canonical(&format!("account:example.org/{name}"));
    assert!(form("x\u{300}y").is_ok());
    assert!(form("x$y").is_err());
    assert!(form("x\u{200b}y").is_err());
}

#[test]
fn only_canonical_text_is_canonical() {
    for text in [
        "",
        "phone:",
        "phone:06 39 98 12 34",
        "phone:+33 639981234",
        "phone:0033639981234",
        "Phone:+33639981234",
        "tel:+33639981234",
        "phone:+330639981234",
        "+33639981234",
        "email:Jean@example.com",
        "email:jean@Example.com",
        "email: jean@example.com",
        "account:tg/serg_kzn",
        "account:telegram/Serg_kzn",
        "account:telegram/@serg_kzn",
        "account:@serg_kzn",
        "url:t.me/serg_kzn",
        "url:https://example.com/a",
        "url:example.com/a/",
        "url:www.example.com",
        "url:example.com/?utm_source=a",
        "plate:FR/AB-123-CD",
        "plate:fr/AB123CD",
        "plate:AB123CD",
        "plate:FR:AB123CD",
        "plate:RU/А123ВЕ77",
        "account:whatsapp/+33639981234",
        "url:wa.me/33639981234",
    ] {
        assert_eq!(
            Handle::from_canonical(text),
            Err(HandleError::NotCanonical),
            "{text}"
        );
    }
    let handle = Handle::from_canonical("phone:+33639981234").unwrap();
    assert_eq!(handle.oprf_input(), b"parasol handle 1|phone:+33639981234");
    assert_eq!(
        (handle.kind(), handle.canonical()),
        (HandleKind::Phone, "+33639981234")
    );
    assert_eq!(format!("{handle:?}"), "Handle(phone:…)");
}

#[test]
fn warns_without_refusing() {
    for (text, kind, home, want) in [
        (
            "+1 999 555 0125",
            HandleKind::Phone,
            "",
            &[HandleWarning::PossibleNotValid] as &[_],
        ),
        ("06 39 98 12 34", HandleKind::Phone, "FR", &[]),
        ("Tél. 06 39 98 12 34", HandleKind::Phone, "FR", &[]),
        (
            "06 39 98 12 34 (WhatsApp)",
            HandleKind::Phone,
            "FR",
            &[HandleWarning::RemarkIgnored],
        ),
        (
            "020 7946 0958 ext 4",
            HandleKind::Phone,
            "GB",
            &[HandleWarning::ExtensionDropped],
        ),
        (
            "С965СС199",
            HandleKind::Plate,
            "RU",
            &[HandleWarning::LookAlikesFolded],
        ),
        ("C965CC199", HandleKind::Plate, "RU", &[]),
        (
            "@serg_kzn",
            HandleKind::Account,
            "",
            &[HandleWarning::TelegramAssumed],
        ),
        ("tg: @serg_kzn", HandleKind::Account, "", &[]),
        (
            "Jean <jean@example.com>",
            HandleKind::Email,
            "",
            &[HandleWarning::RemarkIgnored],
        ),
    ] {
        let parsed = parse(text, Some(kind), country(home)).unwrap();
        let got: Vec<_> = parsed
            .warnings
            .into_iter()
            .filter(|w| *w != HandleWarning::PossibleNotValid || want.contains(w))
            .collect();
        assert_eq!(got, want, "{text}");
    }
}
