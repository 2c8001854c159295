//! Whose telephone it is: words in headers for a person on our side, and for the client.

use super::fold::holds;

/// Whether a folded header combines a number, an address or a name with a person on our side.
pub fn is_ours(folded: &str) -> bool {
    names_a_means(folded) && speaks_of_us(folded)
}

/// Whether a folded header speaks of a number, an address or a name.
fn names_a_means(folded: &str) -> bool {
    MEANS.iter().any(|stem| folded.contains(stem))
        || SHORT_MEANS.iter().any(|word| holds(folded, word))
}

/// Whether a folded header speaks of someone on our side, be it of a number or of anything else.
pub fn speaks_of_us(folded: &str) -> bool {
    let written_together = HAN_OURS.iter().any(|word| folded.contains(word));
    if begins(folded, OURS) || written_together || PHRASES.iter().any(|p| holds(folded, p)) {
        return true;
    }
    if folded == "caller id" || is_clients(folded) {
        return false;
    }
    let any = |words: &[&str]| words.iter().any(|word| holds(folded, word));
    if begins(folded, PERHAPS) || any(HERS) {
        return true;
    }
    // "The number that he called you from" is his.
    let polite = folded.replace("s il vous plait", "");
    any(YOU) && !HE.iter().any(|word| holds(&polite, word))
}

/// Whether a folded header says "contact" and not whose: the client's where nothing else can be, and
/// else perhaps hers.
pub fn is_bare_contact(folded: &str) -> bool {
    (begins(folded, CONTACT) || folded.contains("联系") || folded.contains("聯繫"))
        && !speaks_of_us(folded)
        && !is_clients(folded)
}

/// Whether a folded header names a messenger that goes by numbers, and nobody.
pub fn is_messenger(folded: &str) -> bool {
    let bare: Vec<&str> = folded
        .split(' ')
        .filter(|word| {
            !word.bytes().all(|b| b.is_ascii_digit())
                && ![
                    "no",
                    "n",
                    "nr",
                    "number",
                    "numero",
                    "номер",
                    "phone",
                    "tel",
                    "тел",
                    "телефон",
                ]
                .contains(word)
        })
        .collect();
    MEDIA.contains(&bare.join(" ").as_str())
}

fn begins(folded: &str, stems: &[&str]) -> bool {
    folded
        .split(' ')
        .any(|word| stems.iter().any(|stem| word.starts_with(stem)))
}

/// Whether a folded header names the client.
pub fn is_clients(folded: &str) -> bool {
    CLIENT.iter().any(|stem| folded.contains(stem))
        || [
            "john", "punter", "his", "him", "date s", "man", "mann", "guy", "lui", "mec", "его",
            "него", "його", "ihm",
        ]
        .iter()
        .any(|word| holds(folded, word))
}

/// Whether a folded header speaks of the client, be it only as "he".
pub fn speaks_of_him(folded: &str) -> bool {
    is_clients(folded) || HE.iter().any(|word| holds(folded, word))
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
    "contact",
    "contacts",
    "contacto",
    "contactos",
    "contato",
    "kontakt",
    "kontakte",
    "контакт",
    "контакты",
    "контакти",
    "联系",
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
    "submitted",
    "respondent",
    "repondant",
    "encuestad",
    "befragte",
    "teilnehmer",
    "респондент",
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
    "denunci",
    "relata",
    "member",
    "membre",
    "adherent",
    "usager",
    "участниц",
    "volunteer",
    "benevole",
    "волонт",
    "joignable",
    "erreichbar",
    "callback",
    "rappel",
    "ruckruf",
    "перезвон",
    "обратн",
    "зворотн",
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
    "你",
    "您",
];
/// Words that say the same together.
const PHRASES: &[&str] = &[
    "call back",
    "call you back",
    "who reports",
    "who reported",
    "who called",
    "person who called",
    "qui signale",
    "qui a signale",
    "qui appelle",
    "qui declare",
    "que reporta",
    "quien reporta",
    "quien llama",
    "quien informa",
    "de quem",
    "quem reporta",
    "quem liga",
    "кто сообщ",
    "кто звонил",
    "wer meldet",
    "wer anruft",
];
/// Stems and words that may mean either side; that of the client is the client's.
const PERHAPS: &[&str] = &["caller"];
const HERS: &[&str] = &[
    "my",
    "our",
    "your",
    "yours",
    "own",
    "contact us",
    "reach us",
    "to us",
    "mon",
    "notre",
    "votre",
    "vos",
    "ton",
    "мои",
    "моя",
    "наш",
    "наши",
    "ваш",
    "ваши",
    "твои",
    "твіи",
    "міи",
    "tu",
    "tus",
    "mi",
    "mis",
    "su",
    "sus",
    "nuestro",
    "seu",
    "seus",
    "sua",
    "meu",
    "minha",
    "nosso",
    "teu",
    "mein",
    "meine",
    "dein",
    "deine",
    "ihr",
    "ihre",
    "unser",
    "unsere",
];
const YOU: &[&str] = &[
    "you",
    "me",
    "we",
    "vous",
    "nous",
    "te",
    "toi",
    "t",
    "вас",
    "вам",
    "вами",
    "нам",
    "нами",
    "нас",
    "мне",
    "тебе",
    "тебя",
    "тобои",
    "тобою",
    "contigo",
    "contactarte",
    "llamarte",
    "ti",
    "voce",
    "uns",
    "dich",
    "dir",
];
const HE: &[&str] = &[
    "he",
    "they",
    "il",
    "он",
    "они",
    "ele",
    "er",
    "він",
    "called you",
    "texted you",
    "contacted you",
    "messaged you",
    "rang you",
    "wrote to you",
    "t a appelee",
    "t a contactee",
    "vous a appelee",
    "vous a contactee",
    "te llamo",
    "te contacto",
    "te escribio",
    "звонили",
    "звонил",
    "писал",
    "писали",
];
/// Stems of "contact".
const CONTACT: &[&str] = &["contact", "kontakt", "контакт", "contato"];
/// Messengers that go by numbers: a column of one stands beside the telephone as one of Telegram names
/// does. "Mobile" is no such word: it may be where she herself is called.
const MEDIA: &[&str] = &[
    "whatsapp",
    "whats app",
    "viber",
    "signal",
    "вотсап",
    "ватсап",
    "вацап",
    "ваибер",
    "вибер",
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
    "agressor",
    "aggressor",
    "auteur des faits",
    "hombre",
    "homem",
    "homme",
    "мужчин",
    "чоловік",
    "男",
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
