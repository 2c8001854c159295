//! Lists in other languages, encodings and layouts.

use super::*;
use parasol_protocol::particulars::{Code, Level};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

#[test]
fn a_spanish_list_with_semicolons_quotes_and_line_ends_inside() {
    let text = "Fecha;Ciudad;Teléfono del cliente;Matrícula;¿Qué pasó?;Nivel de peligro;¿Se puede compartir?;Reportado por\r\n\
        03/06/2026;Madrid;612 34 56 78 / 613 34 56 78;1234 BCD;\"No pagó; llamó desde 611223344\r\ny me \"\"amenazó\"\" con una navaja\";alto;sí;Lucía\r\n\
        4 de julio de 2026;Barcelona;+34 612 34 56 79;;Se quitó el condón sin avisar;medio;no;Lucía\r\n\
        la semana pasada;el hotel de siempre;0034612345680;;Regateó mucho;bajo;SÍ;\r\n";
    let rows = rows(text, "ES");
    assert_eq!(
        rows.iter().map(fate).collect::<Vec<_>>(),
        ["share", "consent-refused", "share"]
    );
    assert_eq!(
        handles(&rows[0]),
        [
            "phone:+34612345678",
            "phone:+34613345678",
            "plate:ES/1234BCD"
        ]
    );
    let first = shared(&rows[0]);
    assert_eq!(first.level, Level::Danger);
    assert_eq!(first.codes, [Code::Weapon, Code::NonPayment, Code::Threats]);
    assert_eq!(first.month.unwrap().to_string(), "2026-06");
    assert_eq!(first.lang.as_deref(), Some("es"));
    let story = first.text.as_deref().unwrap();
    assert!(
        story.contains("\"amenazó\"") && story.contains('\n') && !story.contains("611223344"),
        "{story}"
    );
    assert_eq!(warnings(&rows[0]), ["text-masked"]);
    assert_eq!(warnings(&rows[2]), ["area-withheld", "date-withheld"]);
    assert_eq!(shared(&rows[2]).level, Level::Nuisance);
}

#[test]
fn a_chinese_list_in_gb18030() {
    let text = "日期,城市,电话号码,微信号,车牌号,事情经过,危险等级,是否同意分享,举报人\n\
        2026年3月5日,上海,138 0013 8000,wx_client88,沪A12345,没有付钱就走了，还威胁要公开照片,高,是,小红\n\
        2026年4月,北京,+86 139 1234 5678,,,偷拍视频,中,否,小红\n\
        上周,某地,13712345678,,,迟到,低,,小丽\n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(text);
    let plan = plan(bytes.into_owned(), "CN");
    assert_eq!(plan.encoding, "gb18030");
    assert_eq!(plan.mapping.lang.as_deref(), Some("zh"));
    let rows: Vec<Row> = plan.rows().collect();
    assert_eq!(
        rows.iter().map(fate).collect::<Vec<_>>(),
        ["share", "consent-refused", "consent-unclear"]
    );
    let got = handles(&rows[0]);
    assert!(got.contains(&"phone:+8613800138000".to_owned()), "{got:?}");
    assert!(
        got.contains(&"account:wechat/wx_client88".to_owned()),
        "{got:?}"
    );
    assert!(got.iter().any(|h| h.starts_with("plate:CN/")), "{got:?}");
    let first = shared(&rows[0]);
    assert_eq!(first.level, Level::Danger);
    assert_eq!(
        first.codes,
        [Code::NonPayment, Code::Threats, Code::OutingBlackmail]
    );
    assert_eq!(first.month.unwrap().to_string(), "2026-03");
}

#[test]
fn tabs_utf_16_titles_and_russian() {
    let text = "Чёрный список, конфиденциально\t\t\t\n\t\t\t\nДата\tТелефон\tЧто случилось\tКто сообщил\n\
        3 марта 2026 г.\t8 (495) 000-42-04\tИзбил, отобрал телефон\tАня\n\
        вчера\t123\tугрожал\tАня\n";
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let plan = plan(bytes, "RU");
    assert_eq!(
        (plan.encoding, plan.separator, plan.header_row),
        ("UTF-16LE", Some('\t'), Some(3))
    );
    let rows: Vec<Row> = plan.rows().collect();
    assert_eq!(
        rows.iter().map(fate).collect::<Vec<_>>(),
        ["share", "no-good-handle"]
    );
    assert_eq!((rows[0].line, rows[0].number), (4, 1));
    assert_eq!(shared(&rows[0]).level, Level::Danger);
    assert_eq!(shared(&rows[0]).lang.as_deref(), Some("ru"));
}

#[test]
fn no_header_at_all() {
    let text = "12/25/2025,Chicago,(312) 555-0142,Refused to pay and got angry,4\n\
        01/03/2026,Boston,617-555-0143,Stole my phone from the table,3\n\
        02/14/2026,Somewhere,617-555-0144,Assault in the hallway again,5\n";
    let plan = plan(text, "US");
    assert_eq!(plan.header_row, None);
    assert!(plan.notes.iter().any(|n| n.contains("no header")));
    let rows: Vec<Row> = plan.rows().collect();
    assert_eq!(phones(&rows[0]), ["+13125550142"]);
    let months: Vec<_> = rows
        .iter()
        .map(|r| shared(r).month.unwrap().to_string())
        .collect();
    assert_eq!(months, ["2025-12", "2026-01", "2026-02"]);
    assert_eq!(
        rows.iter()
            .map(|r| shared(r).level.number())
            .collect::<Vec<_>>(),
        [3, 2, 3]
    );
    assert!(shared(&rows[0]).area.is_some());
}

#[test]
fn a_single_column_of_numbers() {
    let got = rows("07700 900123\n07700 900124, 07700 900125\nwithheld\n", "GB");
    assert_eq!(
        got.iter().map(fate).collect::<Vec<_>>(),
        ["share", "share", "no-handle"]
    );
    assert_eq!(phones(&got[1]).len(), 2);
    assert_eq!(rows("phone\n07700 900123\n", "GB").len(), 1);
}

#[test]
fn a_workbook_with_titles_typed_dates_formulas_and_numbers() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("m/d/yy");
    sheet.write(0, 0, "BAD DATE LIST - confidential").unwrap();
    for (at, name) in [
        "Date",
        "Phone #",
        "Rating (1 low - 5 danger)",
        "What happened",
        "Reported by",
    ]
    .iter()
    .enumerate()
    {
        sheet.write(2, u16::try_from(at).unwrap(), *name).unwrap();
    }
    sheet
        .write_with_format(3, 0, ExcelDateTime::from_ymd(2026, 6, 12).unwrap(), &date)
        .unwrap();
    sheet.write(3, 1, 4_165_550_180_f64).unwrap();
    sheet
        .write(3, 2, Formula::new("=2+3").set_result("5"))
        .unwrap();
    sheet.write(3, 3, "Pretended to be police").unwrap();
    sheet.write(3, 4, "Sam").unwrap();
    sheet.write(5, 0, "approx. September").unwrap();
    sheet
        .write(5, 1, Formula::new("=A1").set_result("416-555-0181"))
        .unwrap();
    sheet.write(5, 2, 1).unwrap();
    let plan = plan(book.save_to_buffer().unwrap(), "CA");
    assert_eq!(
        (plan.encoding, plan.header_row, plan.total),
        ("XLSX", Some(3), 2)
    );
    let rows: Vec<Row> = plan.rows().collect();
    assert_eq!(phones(&rows[0]), ["+14165550180"]);
    assert_eq!(phones(&rows[1]), ["+14165550181"]);
    assert_eq!((rows[0].line, rows[1].line), (4, 6));
    assert_eq!(shared(&rows[0]).level, Level::Danger);
    assert_eq!(shared(&rows[0]).month.unwrap().to_string(), "2026-06");
    assert_eq!(shared(&rows[0]).codes, [Code::ImpersonatesPolice]);
    assert_eq!(warnings(&rows[1])[0], "date-withheld");
}
