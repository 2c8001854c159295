//! Headers that nobody foresaw: what may refuse is kept back, what may be hers is not read.

use super::*;

#[test]
fn headers_that_ask_her_are_known() {
    for name in [
        "Peut être partagé",
        "Accord diffusion",
        "Diffusion autorisée",
        "Publier ?",
        "Public?",
        "Share with other orgs",
        "OK for alert",
        "Alert others?",
        "Warn others?",
        "Можно делиться",
        "Согласие на публикацию",
        "Публиковать?",
        "¿Se puede compartir?",
        "Autoriza difusión",
        "可以分享",
        "同意公开",
        "Darf geteilt werden",
        "Можна публікувати",
    ] {
        let got = rows(
            format!("Phone,{name}\n+447700900123,yes\n+447700900124,no\n"),
            "GB",
        );
        assert_eq!(
            got.iter().map(fate).collect::<Vec<_>>(),
            ["share", "consent-refused"],
            "{name}"
        );
    }
}

#[test]
fn headers_that_forbid_are_known() {
    for name in [
        "Internal only",
        "Police only",
        "Do not share with others",
        "Interne seulement",
        "Только для полиции",
        "Solo interno",
        "仅限内部",
        "Nur intern",
    ] {
        let got = rows(
            format!("Phone,{name}\n+447700900123,yes\n+447700900124,no\n+447700900125,\n"),
            "GB",
        );
        assert_eq!(
            got.iter().map(fate).collect::<Vec<_>>(),
            ["consent-refused", "share", "share"],
            "{name}"
        );
    }
}

#[test]
fn a_no_under_an_unknown_header_keeps_its_row_back() {
    for (yes, no) in [
        ("yes", "no"),
        ("Y", "N"),
        ("oui", "non"),
        ("да", "нет"),
        ("sí", "no"),
        ("是", "否"),
        ("ja", "nein"),
        ("так", "ні"),
    ] {
        let bytes = format!(
            "Phone,Qwerty,What happened\n+447700900123,{yes},a\n+447700900124,{no},b\n+447700900125,,c\n"
        );
        let fates = |plan: &Understood<'_>| plan.rows().map(|r| fate(&r)).collect::<Vec<_>>();
        let first = plan(bytes.clone(), "GB");
        assert_eq!(
            fates(&first),
            ["share", "consent-in-doubt", "share"],
            "{no}"
        );
        assert!(
            first
                .notes
                .iter()
                .any(|n| n.contains("\"Qwerty\"") && n.contains("--map"))
        );
        // The mapping file as it was written decides nothing yet.
        let mut given = options("GB");
        given.map = Some(Mapping::from_toml(&first.mapping.to_toml()).unwrap());
        assert_eq!(
            fates(&plan_of(bytes.clone(), &given)),
            ["share", "consent-in-doubt", "share"]
        );
        // A person has decided.
        if let Some(map) = &mut given.map {
            map.columns[1].field = Field::Ignore;
        }
        assert_eq!(
            fates(&plan_of(bytes.clone(), &given)),
            ["share", "share", "share"]
        );
        // A mapping file that does not speak of the column has not.
        if let Some(map) = &mut given.map {
            map.columns.remove(1);
        }
        assert_eq!(
            fates(&plan_of(bytes, &given)),
            ["share", "consent-in-doubt", "share"]
        );
    }
}

#[test]
fn a_refusal_far_down_counts_and_other_words_do_not() {
    let mut text = String::from("Phone,Qwerty,Asdf\n");
    for n in 0..1000 {
        text.push_str(&format!("+447700900{:03},yes,no condom\n", n % 1000));
    }
    text.push_str("+447700900123,no,no show\n");
    let got = rows(text, "GB");
    assert_eq!(got.iter().filter(|r| fate(r) == "share").count(), 1000);
    assert_eq!(fate(&got[1000]), "consent-in-doubt");
}

#[test]
fn her_own_telephone_is_never_read() {
    for name in [
        "Телефон пострадавшей",
        "Тел. заявительницы",
        "Телефон девушки",
        "Worker tel",
        "Phone of the girl",
        "Teléfono de la chica",
        "Tél. de la collègue",
        "举报人电话",
        "Телефон потерпілої",
        "Telefon der Kollegin",
        "E-mail de la victime",
        "Survivor mobile",
        "Имя заявительницы",
    ] {
        let plan = plan(
            format!("{name};Phone;What happened\n07700900999;07700900123;bad\n"),
            "GB",
        );
        assert_eq!(plan.mapping.columns[0].field, Field::Reporter, "{name}");
        assert_eq!(
            handles(&plan.rows().next().unwrap()),
            ["phone:+447700900123"],
            "{name}"
        );
    }
    // Whose it is, nobody says; the other one is clearer, wherever it stands.
    for name in [
        "Contact phone",
        "Numéro de contact",
        "Контактный телефон",
        "Kontaktnummer",
    ] {
        let plan = plan(
            format!("{name};Phone;What happened\n07700900999;07700900123;bad\n"),
            "GB",
        );
        assert_eq!(
            handles(&plan.rows().next().unwrap()),
            ["phone:+447700900123"],
            "{name}"
        );
    }
    for name in ["Client contact phone", "Телефон клиента", "Caller ID"] {
        let plan = plan(format!("{name};What happened\n07700900123;bad\n"), "GB");
        assert_eq!(plan.mapping.columns[0].field, Field::Phone, "{name}");
    }
}

#[test]
fn a_second_telephone_is_read_if_it_is_one_more_of_the_same() {
    for (name, read) in [
        ("Phone 2", true),
        ("Other number", true),
        ("Autre numéro de téléphone", true),
        ("Доп. телефон", true),
        ("Client mobile", true),
        ("WhatsApp", true),
        ("Mobile", false),
        ("Телефон", false),
        ("Handy", false),
    ] {
        let plan = plan(
            format!("Phone;{name};What happened\n07700900123;07700900999;bad\n"),
            "GB",
        );
        let got = plan.rows().next().unwrap();
        if name == "Client mobile" {
            assert_eq!(handles(&got), ["phone:+447700900999"]);
            continue;
        }
        assert_eq!(
            handles(&got).contains(&"phone:+447700900999".to_owned()),
            read,
            "{name}"
        );
        if !read {
            assert!(
                plan.notes
                    .iter()
                    .any(|n| n.contains(&format!("\"{name}\"")) && n.contains("--map")),
                "{name}"
            );
        }
    }
}

#[test]
fn a_number_under_a_header_that_says_nothing_is_found() {
    for name in ["nr", "id", "Qwerty"] {
        let plan = plan(
            format!("Date;{name};What happened\n03/06/26;07700900123;bad\n"),
            "GB",
        );
        assert_eq!(
            handles(&plan.rows().next().unwrap()),
            ["phone:+447700900123"],
            "{name}"
        );
        assert!(
            plan.notes
                .iter()
                .any(|n| n.contains("by its content") && n.contains(name))
        );
    }
}

#[test]
fn a_list_whose_only_telephone_is_a_contact_is_read_and_says_so() {
    for (name, other, what, number, country, wanted) in [
        (
            "Contact number",
            "Area",
            "What happened",
            "07700 900123",
            "GB",
            "phone:+447700900123",
        ),
        (
            "Numéro de contact",
            "Ville",
            "Ce qu'il a fait",
            "06 39 98 12 34",
            "FR",
            "phone:+33639981234",
        ),
        (
            "Контактный телефон",
            "Город",
            "Что было",
            "8 495 000 78 57",
            "RU",
            "phone:+74950007857",
        ),
        (
            "Teléfono de contacto",
            "Ciudad",
            "Qué pasó",
            "612 345 678",
            "ES",
            "phone:+34612345678",
        ),
        (
            "联系电话",
            "城市",
            "经过",
            "13800138000",
            "CN",
            "phone:+8613800138000",
        ),
        (
            "Kontaktnummer",
            "Ort",
            "Was ist passiert",
            "0171 1234567",
            "DE",
            "phone:+491711234567",
        ),
        (
            "Número de contacto",
            "Cidade",
            "O que aconteceu",
            "912 345 678",
            "PT",
            "phone:+351912345678",
        ),
    ] {
        let plan = plan(
            format!("{other};{name};{what}\n;{number};bad bad bad\n;{number};worse and worse\n"),
            country,
        );
        assert_eq!(handles(&plan.rows().next().unwrap()), [wanted], "{name}");
        let said = |n: &String| n.contains(name) && n.contains("reporter");
        assert!(plan.notes.iter().any(said), "{name}: {:?}", plan.notes);
        assert_eq!(plan.mapping.columns[2].field, Field::Text, "{what}");
    }
    // The same list with a name of her in front: nothing is taken without being told.
    let plan = plan(
        "Reported by;Contact number;What happened\nAnna;07700900999;bad\n",
        "GB",
    );
    assert_ne!(fate(&plan.rows().next().unwrap()), "share");
    assert!(
        plan.notes
            .iter()
            .any(|n| n.contains("\"Contact number\"") && n.contains("--map"))
    );
}
