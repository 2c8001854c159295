//! Whose telephone it is: words in headers for a person on our side, and for the client.

use super::fold::holds;

/// Whether a folded header combines a number, an address or a name with a person on our side.
pub fn is_ours(folded: &str) -> bool {
    let named = MEANS.iter().any(|stem| folded.contains(stem))
        || SHORT_MEANS.iter().any(|word| holds(folded, word));
    if !named {
        return false;
    }
    let begins = |stems: &[&str]| {
        folded
            .split(' ')
            .any(|word| stems.iter().any(|stem| word.starts_with(stem)))
    };
    let written_together = HAN_OURS.iter().any(|word| folded.contains(word));
    if begins(OURS) || written_together {
        return true;
    }
    // A contact may be anyone's; that of the client is the client's.
    let perhaps = begins(PERHAPS) || PRONOUNS.iter().any(|word| holds(folded, word));
    perhaps && folded != "caller id" && !is_clients(folded)
}

/// Whether a folded header names the client.
pub fn is_clients(folded: &str) -> bool {
    CLIENT.iter().any(|stem| folded.contains(stem))
        || ["john", "punter", "his", "date s"]
            .iter()
            .any(|word| holds(folded, word))
}

/// Whether a folded header says that it is one more of the same.
pub fn is_further(folded: &str) -> bool {
    FURTHER
        .iter()
        .any(|stem| folded.split(' ').any(|word| word.starts_with(stem)))
        || ["alt", "2nd", "3rd", "2eme", "доп", "еще", "mas", "ще"]
            .iter()
            .any(|word| holds(folded, word))
        || ["其他", "其它", "另", "备用", "備用", "第二"]
            .iter()
            .any(|word| folded.contains(word))
}

/// Stems wherever they stand, as German writes words together.
const MEANS: &[&str] = &[
    "phone",
    "telefon",
    "telemovel",
    "mobile",
    "movil",
    "celular",
    "handy",
    "whatsapp",
    "viber",
    "portable",
    "number",
    "numero",
    "nummer",
    "mail",
    "correo",
    "courriel",
    "name",
    "nombre",
    "prenom",
    "telegram",
    "instagram",
    "facebook",
    "wechat",
    "account",
    "compte",
    "cuenta",
    "coordonnees",
    "телефон",
    "номер",
    "мобильн",
    "мобільн",
    "сотов",
    "вотсап",
    "ватсап",
    "почт",
    "пошт",
    "имеил",
    "емеил",
    "меил",
    "телеграм",
    "инстаграм",
    "аккаунт",
    "акаунт",
    "фамили",
    "电话",
    "電話",
    "手机",
    "手機",
    "号码",
    "號碼",
    "微信",
    "邮箱",
    "郵箱",
    "邮件",
    "姓名",
    "名字",
    "联系方式",
    "聯繫方式",
    "账号",
    "帐号",
];
const SHORT_MEANS: &[&str] = &[
    "tel",
    "cell",
    "mob",
    "nom",
    "num",
    "nome",
    "insta",
    "tg",
    "gsm",
    "sms",
    "nick",
    "alias",
    "тел",
    "моб",
    "имя",
    "имени",
    "фио",
    "тг",
    "ник",
    "ім я",
    "нік",
];

/// Stems of words for people on our side.
const OURS: &[&str] = &[
    "worker",
    "girl",
    "colleague",
    "coworker",
    "victim",
    "survivor",
    "reporter",
    "reporting",
    "informant",
    "complainant",
    "provider",
    "escort",
    "lady",
    "ladies",
    "woman",
    "women",
    "staff",
    "author",
    "submitter",
    "sender",
    "witness",
    "friend",
    "victime",
    "plaignant",
    "collegue",
    "travailleu",
    "signala",
    "signalement",
    "declarant",
    "temoin",
    "fille",
    "copine",
    "femme",
    "auteure",
    "victima",
    "denunciante",
    "chica",
    "companera",
    "trabajadora",
    "informante",
    "reportante",
    "amiga",
    "mujer",
    "autora",
    "заявител",
    "девуш",
    "пострадавш",
    "потерпевш",
    "автор",
    "коллег",
    "работниц",
    "сотрудни",
    "свидетел",
    "подруг",
    "жертв",
    "сообщивш",
    "отправител",
    "женщин",
    "потерпіл",
    "заявни",
    "постраждал",
    "дівчин",
    "колег",
    "працівниц",
    "жінк",
    "свідк",
    "opfer",
    "melder",
    "meldend",
    "kolleg",
    "betroffene",
    "geschadigt",
    "zeugin",
    "madchen",
    "sexarbeiter",
    "hinweisgeber",
    "vitima",
    "colega",
    "trabalhadora",
    "menina",
    "denunciant",
];
const HAN_OURS: &[&str] = &[
    "受害",
    "举报",
    "舉報",
    "姐妹",
    "本人",
    "报告人",
    "報告人",
    "提交人",
    "上报人",
    "填写人",
    "记录人",
    "同事",
    "女孩",
    "工作者",
    "证人",
    "当事人",
    "反映人",
    "我的",
    "你的",
    "您的",
];
/// Stems and words that may mean either side.
const PERHAPS: &[&str] = &["contact", "kontakt", "контакт", "caller", "member"];
const PRONOUNS: &[&str] = &[
    "my", "our", "your", "own", "mon", "notre", "votre", "мои", "наш", "ваш", "tu", "mi",
];

const CLIENT: &[&str] = &[
    "client",
    "customer",
    "kunde",
    "клиент",
    "клієнт",
    "客人",
    "客户",
    "客戶",
    "嫖客",
    "offender",
    "perpetrator",
    "suspect",
    "abuser",
    "attacker",
    "agresseur",
    "agresor",
    "aggressor",
    "нападавш",
    "обидчик",
    "tater",
    "对方",
];

const FURTHER: &[&str] = &[
    "other",
    "another",
    "second",
    "alternat",
    "additional",
    "further",
    "extra",
    "backup",
    "autre",
    "deuxieme",
    "supplementaire",
    "другои",
    "другие",
    "дополнит",
    "второи",
    "запасн",
    "інш",
    "додатков",
    "otro",
    "otra",
    "segund",
    "adicional",
    "outro",
    "outra",
    "weiter",
    "ander",
    "zweit",
    "zusatz",
];
