//! The platforms that have a name of their own, and what a name on each looks like.
//!
//! Any other site is written by its domain: `account:example.com/name`. Adding a platform here
//! changes canonical forms, so it takes a new [`super::RULES_VERSION`].

/// One platform.
pub(super) struct Platform {
    /// How it is written in a canonical form.
    pub slug: &'static str,
    /// What else people call it, lower case.
    pub aliases: &'static [&'static str],
    /// Domains of its pages; their subdomains belong too.
    pub hosts: &'static [&'static str],
    /// First segments of a path that lead to the name in the next one.
    pub before_name: &'static [&'static str],
    /// First segments of a path that are not a name.
    pub reserved: &'static [&'static str],
    pub name: NameRule,
    /// Its people are known by their phone numbers.
    pub by_phone: bool,
}

/// What names look like.
pub(super) struct NameRule {
    /// Beside letters and digits.
    pub extra: &'static str,
    pub min: usize,
    pub max: usize,
    /// Letters of any script, not only A to Z.
    pub any_script: bool,
    /// Starts with a letter, or is a number as a whole.
    pub letter_first: bool,
    /// Dots make no difference.
    pub drop_dots: bool,
}

const PLAIN: NameRule = NameRule {
    extra: "._-",
    min: 2,
    max: 64,
    any_script: true,
    letter_first: false,
    drop_dots: false,
};

/// What a name looks like on a site that has no entry.
pub(super) const ANY_SITE: NameRule = NameRule {
    extra: "._-~+!:",
    min: 1,
    ..PLAIN
};

const NONE: Platform = Platform {
    slug: "",
    aliases: &[],
    hosts: &[],
    before_name: &[],
    reserved: &[],
    name: PLAIN,
    by_phone: false,
};

const fn ascii(extra: &'static str, min: usize, max: usize) -> NameRule {
    NameRule {
        extra,
        min,
        max,
        any_script: false,
        letter_first: false,
        drop_dots: false,
    }
}

/// All of them.
pub(super) const PLATFORMS: [Platform; 28] = [
    Platform {
        slug: "telegram",
        aliases: &[
            "tg",
            "tgm",
            "телеграм",
            "телеграмм",
            "телега",
            "тг",
            "télégram",
            "телеґрам",
            "تيليجرام",
            "تلگرام",
            "电报",
        ],
        hosts: &["t.me", "telegram.me", "telegram.dog"],
        before_name: &["s"],
        reserved: &[
            "joinchat",
            "addstickers",
            "addemoji",
            "share",
            "c",
            "proxy",
            "socks",
            "login",
            "boost",
            "iv",
            "addlist",
            "m",
        ],
        name: NameRule {
            letter_first: true,
            ..ascii("_", 4, 32)
        },
        by_phone: true,
    },
    Platform {
        slug: "instagram",
        aliases: &["ig", "insta", "инстаграм", "инста"],
        hosts: &["instagram.com", "instagr.am"],
        before_name: &["stories"],
        reserved: &[
            "p", "reel", "reels", "explore", "tv", "accounts", "direct", "share", "s",
        ],
        name: ascii("._", 1, 30),
        ..NONE
    },
    Platform {
        slug: "snapchat",
        aliases: &["snap", "sc", "снап", "снапчат"],
        hosts: &["snapchat.com"],
        before_name: &["add"],
        reserved: &["t", "p", "spotlight", "discover", "map"],
        name: ascii("._-", 3, 15),
        ..NONE
    },
    Platform {
        slug: "twitter",
        aliases: &["x", "твиттер", "推特"],
        hosts: &["twitter.com", "x.com"],
        reserved: &[
            "i", "intent", "home", "search", "share", "hashtag", "explore", "settings", "messages",
        ],
        name: ascii("_", 1, 15),
        ..NONE
    },
    Platform {
        slug: "facebook",
        aliases: &["fb", "фейсбук", "脸书"],
        hosts: &["facebook.com", "fb.com", "fb.me", "m.me", "messenger.com"],
        before_name: &["t"],
        reserved: &[
            "groups",
            "pages",
            "pg",
            "events",
            "share",
            "watch",
            "marketplace",
            "story.php",
            "photo",
            "photo.php",
            "reel",
            "login",
            "sharer",
            "permalink.php",
            "hashtag",
            "p",
        ],
        name: NameRule {
            drop_dots: true,
            ..ascii(".", 3, 50)
        },
        ..NONE
    },
    Platform {
        slug: "whatsapp",
        aliases: &[
            "wa",
            "whats",
            "whatsap",
            "watsapp",
            "wapp",
            "ватсап",
            "вотсап",
            "вацап",
            "واتساب",
        ],
        name: ascii("._", 3, 35),
        by_phone: true,
        ..NONE
    },
    Platform {
        slug: "signal",
        aliases: &["сигнал"],
        name: ascii("._", 3, 40),
        by_phone: true,
        ..NONE
    },
    Platform {
        slug: "viber",
        aliases: &["вайбер"],
        by_phone: true,
        ..NONE
    },
    Platform {
        slug: "wechat",
        aliases: &["weixin", "微信", "微信号", "vx", "wx", "вичат"],
        name: ascii("_-", 5, 20),
        by_phone: true,
        ..NONE
    },
    Platform {
        slug: "qq",
        name: ascii("", 5, 12),
        ..NONE
    },
    Platform {
        slug: "vk",
        aliases: &["vkontakte", "вк", "вконтакте"],
        hosts: &["vk.com", "vk.ru", "vkontakte.ru", "vk.me"],
        reserved: &[
            "feed",
            "im",
            "write",
            "away.php",
            "share.php",
            "search",
            "video",
            "photos",
            "groups",
            "friends",
        ],
        name: ascii("._", 2, 32),
        ..NONE
    },
    Platform {
        slug: "ok",
        aliases: &["odnoklassniki", "одноклассники"],
        hosts: &["ok.ru", "odnoklassniki.ru"],
        before_name: &["profile"],
        reserved: &["group", "video", "dk"],
        ..NONE
    },
    Platform {
        slug: "tiktok",
        aliases: &["тикток", "抖音", "douyin"],
        hosts: &["tiktok.com"],
        reserved: &["t", "tag", "music", "discover", "foryou", "video", "embed"],
        name: ascii("._", 2, 24),
        ..NONE
    },
    Platform {
        slug: "onlyfans",
        aliases: &["of"],
        hosts: &["onlyfans.com"],
        reserved: &["my", "posts", "help"],
        name: ascii("._-", 3, 50),
        ..NONE
    },
    Platform {
        slug: "mym",
        aliases: &["mymfans"],
        hosts: &["mym.fans"],
        reserved: &["app"],
        name: ascii("._-", 2, 50),
        ..NONE
    },
    Platform {
        slug: "fansly",
        hosts: &["fansly.com"],
        reserved: &["post", "explore"],
        name: ascii("._-", 2, 50),
        ..NONE
    },
    Platform {
        slug: "kik",
        hosts: &["kik.me"],
        name: ascii("._", 2, 30),
        ..NONE
    },
    Platform {
        slug: "discord",
        aliases: &["дискорд"],
        hosts: &["discord.com", "discordapp.com"],
        before_name: &["users"],
        reserved: &["channels", "invite", "app", "servers"],
        name: NameRule {
            any_script: true,
            ..ascii("._#", 2, 37)
        },
        ..NONE
    },
    Platform {
        slug: "line",
        hosts: &["line.me"],
        before_name: &["ti", "p"],
        reserved: &["r"],
        name: ascii("._-", 1, 30),
        ..NONE
    },
    Platform {
        slug: "kakaotalk",
        aliases: &["kakao", "카카오톡", "카톡"],
        name: ascii("._-", 1, 30),
        ..NONE
    },
    Platform {
        slug: "zalo",
        by_phone: true,
        ..NONE
    },
    Platform {
        slug: "skype",
        aliases: &["скайп"],
        name: ascii("._-:,", 2, 64),
        ..NONE
    },
    Platform {
        slug: "reddit",
        hosts: &["reddit.com"],
        before_name: &["user", "u"],
        reserved: &["r", "comments"],
        name: ascii("_-", 3, 20),
        ..NONE
    },
    Platform {
        slug: "threads",
        hosts: &["threads.net", "threads.com"],
        reserved: &["t"],
        name: ascii("._", 1, 30),
        ..NONE
    },
    Platform {
        slug: "youtube",
        aliases: &["yt"],
        hosts: &["youtube.com"],
        before_name: &["user", "c"],
        reserved: &[
            "watch", "channel", "shorts", "playlist", "results", "embed", "live",
        ],
        ..NONE
    },
    Platform {
        slug: "tinder",
        aliases: &["тиндер"],
        hosts: &["tinder.com"],
        reserved: &["app"],
        ..NONE
    },
    Platform {
        slug: "badoo",
        aliases: &["баду"],
        hosts: &["badoo.com"],
        before_name: &["profile"],
        ..NONE
    },
    Platform {
        slug: "grindr",
        ..NONE
    },
];

/// A platform by its slug or by what people call it, in lower case.
pub(super) fn by_name(name: &str) -> Option<&'static Platform> {
    PLATFORMS
        .iter()
        .find(|p| p.slug == name || p.aliases.contains(&name))
}

/// A platform by the host of its pages.
pub(super) fn by_host(host: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().find(|p| {
        p.hosts
            .iter()
            .any(|own| host == *own || host.strip_suffix(own).is_some_and(|sub| sub.ends_with('.')))
    })
}
