//! What must hold whatever the list.

use super::*;
use parasol_protocol::particulars::{Code, Level};

#[test]
fn levels_of_every_kind() {
    let of = |header: &str, cells: &[&str]| -> Vec<u8> {
        let text: String = cells
            .iter()
            .map(|c| format!("07700900123,{c},x\n"))
            .collect();
        rows(format!("Phone,{header},Note\n{text}"), "GB")
            .iter()
            .map(|r| shared(r).level.number())
            .collect()
    };
    assert_eq!(of("Level", &["1", "2", "3", "4", "5"]), [1, 1, 2, 3, 3]);
    assert_eq!(of("Level (1-10)", &["1", "2", "3"]), [1, 1, 1]);
    assert_eq!(of("Danger", &["1", "5", "10"]), [1, 2, 3]);
    assert_eq!(of("Danger (1-5)", &["1", "2", "3"]), [1, 1, 2]);
    assert_eq!(
        of("Severity", &["low", "Medium", "HIGH", "extreme"]),
        [1, 2, 3, 3]
    );
    assert_eq!(of("Severity", &["!", "!!", "!!!"]), [1, 2, 3]);
    assert_eq!(of("Severity", &["1", "5/5", "!!!", "low"]), [1, 3, 3, 1]);
}

#[test]
fn without_a_level_the_codes_decide_else_risk_with_a_warning() {
    let got = rows(
        "Phone,Level,What happened\n07700900123,,Robbery with a knife\n07700900124,,Did not say much\n\
         07700900125,??,No show\n07700900126,purple,Was late\n07700900127,3,\n",
        "GB",
    );
    assert_eq!(
        got.iter().map(|r| shared(r).level).collect::<Vec<_>>(),
        [
            Level::Danger,
            Level::Risk,
            Level::Nuisance,
            Level::Risk,
            Level::Danger
        ]
    );
    assert_eq!(warnings(&got[0]), Vec::<&str>::new());
    assert_eq!(warnings(&got[1]), ["level-guessed"]);
    assert_eq!(warnings(&got[2]), Vec::<&str>::new());
    assert_eq!(warnings(&got[3]), ["level-unclear"]);
}

#[test]
fn the_order_of_day_and_month_is_that_of_the_column() {
    let months = |text: &str, country: &str| -> Vec<String> {
        rows(text, country)
            .iter()
            .map(|r| shared(r).month.unwrap().to_string())
            .collect()
    };
    let undecided = "Date,Phone\n03/06/26,+447700900123\n";
    assert_eq!(months(undecided, "GB"), ["2026-06"]);
    assert_eq!(months(undecided, "US"), ["2026-03"]);
    let american = "Date,Phone\n03/06/26,+447700900123\n03/16/26,+447700900124\n";
    assert_eq!(months(american, "GB"), ["2026-03", "2026-03"]);
    let british = "Date,Phone\n03/06/26,+447700900123\n16/03/26,+447700900124\n";
    assert_eq!(months(british, "US"), ["2026-06", "2026-03"]);
}

#[test]
fn a_refusal_keeps_the_row_whatever_else_is_in_it() {
    let got = rows(
        "Phone,Alert ok?,Note\n07700900123,yes,a\n07700900124,N,b\n07700900125,no,c\n07700900126,,d\n,no,e\n07700900127,ask,f\n",
        "GB",
    );
    assert_eq!(
        got.iter().map(fate).collect::<Vec<_>>(),
        [
            "share",
            "consent-refused",
            "consent-refused",
            "consent-unclear",
            "consent-refused",
            "consent-unclear"
        ]
    );
    let got = rows("Phone,Do not share\n07700900123,\n07700900124,x\n", "GB");
    assert_eq!(
        got.iter().map(fate).collect::<Vec<_>>(),
        ["share", "consent-refused"]
    );
}

#[test]
fn one_good_handle_is_enough_and_none_is_not() {
    let got = rows(
        "Phone,Email,Name,Note\n07700900123,pas@net,Marc,x\n12,,Marc,x\n,,@marc_client,x\n,,Marc,x\nwithheld,,,y\n",
        "GB",
    );
    assert_eq!(
        got.iter().map(fate).collect::<Vec<_>>(),
        ["share", "no-good-handle", "share", "no-handle", "no-handle"]
    );
    assert!(warnings(&got[0]).contains(&"handle-skipped"));
    assert_eq!(handles(&got[2]), ["account:telegram/marc_client"]);
}

#[test]
fn a_number_that_may_not_exist_goes_with_a_warning() {
    let got = rows("Phone\n07700900123\n", "GB");
    match &got[0].outcome {
        Outcome::Share(_, warnings) => assert!(warnings.contains(&RowWarning::NumberNotValid)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn national_numbers_need_a_country_and_international_ones_do_not() {
    let got = rows("Phone\n07700900123\n+33 6 39 98 06 14\n0033639980615\n", "");
    assert_eq!(
        got.iter().map(fate).collect::<Vec<_>>(),
        ["no-good-handle", "share", "share"]
    );
    let plan = plan("Phone\n07700900123\n", "");
    assert!(plan.notes.iter().any(|n| n.contains("--country")));
}

#[test]
fn empty_rows_and_repeated_headers_are_no_rows() {
    let got = rows(
        "Phone,Note\n07700900123,a\n,\n\n\"\",\" \"\nPhone,Note\n07700900124,b\n",
        "GB",
    );
    assert_eq!(
        got.iter().map(|r| (r.number, r.line)).collect::<Vec<_>>(),
        [(1, 2), (2, 7)]
    );
    let table = Table::read(b"Phone,Note\n,\n".to_vec(), &Reading::default()).unwrap();
    assert!(matches!(
        understand(table, &options("GB")),
        Err(ImportError::NoRows)
    ));
}

#[test]
fn a_huge_cell_costs_its_own_row_alone() {
    let huge = "x".repeat(1 << 20);
    let got = rows(
        format!("Phone,Note\n07700900123,a\n07700900124,\"{huge}\"\n07700900125,b\n"),
        "GB",
    );
    assert_eq!(
        got.iter().map(fate).collect::<Vec<_>>(),
        ["share", "cell-too-long", "share"]
    );
}

#[test]
fn long_text_is_cut_between_characters() {
    let story = "ж".repeat(1000);
    let got = rows(
        format!("Телефон;Описание\n+7 495 000 78 57;{story}\n"),
        "RU",
    );
    assert_eq!(shared(&got[0]).text.as_deref().unwrap().len(), MAX_TEXT);
    assert!(warnings(&got[0]).contains(&"text-cut"));
}

#[test]
fn the_reporter_is_in_no_entry_and_in_no_reject() {
    let bytes = "Phone,What happened,Reported by,Your phone\n07700900123,bad,Sam Secret,07700900999\n12,worse,Sam Secret,07700900999\n";
    let plan = plan(bytes, "GB");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rejects.csv");
    assert_eq!(write_rejects(&path, &plan, plan.rows()).unwrap(), 1);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.starts_with('\u{feff}'));
    for secret in ["Sam", "Secret", "900999"] {
        assert!(!written.contains(secret));
        assert!(!format!("{:?}", plan.rows().collect::<Vec<_>>()).contains(secret));
    }
    let first = plan.rows().next().unwrap();
    assert_eq!(handles(&first), ["phone:+447700900123"]);
    assert_eq!(shared(&first).text.as_deref(), Some("bad"));
}

#[test]
fn rejects_import_again_after_correction() {
    let bytes = "Notes on 2026;;;;;\n\nDate;Nº;Danger;Consent;What happened;Signed by reporter\n\
        03/06/26;12;2;yes;bad;Sam\n25/06/26;07700900124;9;yes;\"worse; \"\"much\"\" worse\";Sam\n04/07/26;13;7;yes;late;Sam\n";
    let mut given = options("GB");
    let mut map = plan_of(bytes, &given).mapping;
    map.columns[1].field = Field::Phone;
    given.map = Some(map);
    let plan = plan_of(bytes, &given);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rejects.csv");
    assert_eq!(write_rejects(&path, &plan, plan.rows()).unwrap(), 2);
    let corrected = std::fs::read_to_string(&path)
        .unwrap()
        .replace(",12,", ",+447700900112,")
        .replace(",13,", ",+447700900113,");
    let again = rows(corrected.clone(), "US");
    assert_eq!(
        again.iter().map(fate).collect::<Vec<_>>(),
        ["share", "share"],
        "{corrected}"
    );
    // Scale and order of the whole list hold for the few rows too.
    assert_eq!(
        again
            .iter()
            .map(|r| shared(r).level.number())
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(shared(&again[0]).month.unwrap().to_string(), "2026-06");
    assert_eq!(shared(&again[1]).month.unwrap().to_string(), "2026-07");
    // And what is rejected twice carries one reason, not two.
    let twice = super::plan(std::fs::read(&path).unwrap(), "GB");
    let second = directory.path().join("again.csv");
    write_rejects(&second, &twice, twice.rows()).unwrap();
    assert_eq!(
        std::fs::read_to_string(&second)
            .unwrap()
            .matches(REASON)
            .count(),
        1
    );
    assert_eq!(
        std::fs::read_to_string(&second).unwrap(),
        std::fs::read_to_string(&path).unwrap()
    );
}

#[test]
fn an_edited_mapping_decides() {
    let bytes = "A;B;C;D\n07700900123;x;spicy;mugged\n07700900124;07700900999;mild;nothing\n";
    let map = Mapping::from_toml(
        "country = \"GB\"\nlang = \"en\"\nheader-line = 1\n\
         [level.values]\n\"spicy\" = 3\n\"Mild\" = 1\n[codes]\n\"nothing\" = [\"no-show\"]\n\
         [[column]]\nname = \"A\"\nfield = \"phone\"\n[[column]]\nname = \"C\"\nfield = \"level\"\n\
         [[column]]\nnumber = 4\nname = \"D\"\nfield = \"text\"\n[[column]]\nname = \"E\"\nfield = \"area\"\n",
    )
    .unwrap();
    let options = Options {
        map: Some(map),
        ..options("")
    };
    let plan = plan_of(bytes, &options);
    assert!(plan.notes.iter().any(|n| n.contains("\"E\"")));
    let rows: Vec<Row> = plan.rows().collect();
    assert_eq!(
        rows.iter()
            .map(|r| shared(r).level.number())
            .collect::<Vec<_>>(),
        [3, 1]
    );
    assert_eq!(handles(&rows[1]), ["phone:+447700900124"]);
    assert_eq!(shared(&rows[0]).codes, [Code::Robbery]);
    assert_eq!(shared(&rows[1]).codes, [Code::NoShow]);
    assert_eq!(shared(&rows[1]).lang.as_deref(), Some("en"));
}

#[test]
fn a_mapping_follows_columns_that_moved() {
    let map = plan(
        "Phone,Date,What happened\n07700900123,2026-01-02,bad\n",
        "GB",
    )
    .mapping;
    let options = Options {
        map: Some(Mapping::from_toml(&map.to_toml()).unwrap()),
        ..options("")
    };
    let plan = plan_of(
        "A list\nWhat happened,Phone,Date\nworse,07700900124,2026-02-03\n",
        &options,
    );
    let rows: Vec<Row> = plan.rows().collect();
    assert_eq!(handles(&rows[0]), ["phone:+447700900124"]);
    assert_eq!(shared(&rows[0]).text.as_deref(), Some("worse"));
}

#[test]
fn many_rows_take_neither_long_nor_much() {
    let mut text = String::from("Date;City;Phone;What happened;Level\n");
    for n in 0..200_000 {
        text.push_str(&format!(
            "03/06/26;Leeds;07700 {:06};Refused to pay, became aggressive;{}\n",
            900_000 + n % 1000,
            n % 5 + 1
        ));
    }
    let plan = plan(text, "GB");
    assert_eq!(plan.total, 200_000);
    assert_eq!(plan.rows().filter(|r| fate(r) == "share").count(), 200_000);
}
