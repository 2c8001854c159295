//! `report`: file a report.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::home::Profile;
use crate::import::language_tag;
use crate::keep::Keep;
use crate::output;
use crate::output::tell;
use crate::session::{Session, today};
use parasol_node::entropy::OsEntropy;
use parasol_protocol::area::{Area, default_cities};
use parasol_protocol::cbor;
use parasol_protocol::client::{BrowseChoice, Draft, Federation, Publish, Receipt, Seal};
use parasol_protocol::handle::{Country, Handle, mask_numbers, parse};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::{
    DEFAULT_REPORT_LIFE, ENTRY_COUNTS, MAX_CODES, MAX_REPORT_LIFE, MAX_TEXT,
};
use parasol_protocol::particulars::{Basis, Code, Level, Particulars, Summary, Words};
use parasol_protocol::record::report::Audience;
use parasol_protocol::time::Month;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Read as _;

/// The most bytes of all handles of a report together: its largest sealed part, less the padding.
const MOST_HANDLES: usize = 1023;
/// The same of its summary.
const MOST_SUMMARY: usize = 95;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct ReportArgs {
    /// What others may look the person up by: numbers, e-mail addresses, accounts, plates, pages
    #[arg(value_name = "HANDLE", required = true)]
    pub handles: Vec<String>,
    /// How bad it was: nuisance, risk or danger [default: what the codes say]
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// What happened, as robbery or non-payment; may be given several times
    #[arg(long = "code", value_name = "CODE", value_delimiter = ',')]
    pub codes: Vec<Code>,
    /// The month, as 2026-03; a day would give the person who reports away
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Option<Month>,
    /// A country, a region or a large city, as FR, FR-75C or FR:lyon
    #[arg(long, value_name = "AREA")]
    pub area: Option<String>,
    /// What happened, in a few words; name nobody
    #[arg(long, value_name = "TEXT", conflicts_with = "text_stdin")]
    pub text: Option<String>,
    /// Read the text from standard input
    #[arg(long)]
    pub text_stdin: bool,
    /// The language of the text, as fr [default: the profile's]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<String>,
    /// How your organisation knows: first-hand, outreach or partner
    #[arg(long, value_name = "BASIS", default_value = "first-hand")]
    pub basis: Basis,
    /// Who it is for: the whole federation, or your own organisation alone
    #[arg(long, value_name = "WHO", default_value = "federation", value_parser = ["federation", "own"])]
    pub audience: String,
    /// What whoever browses the area sees of it: none, codes or text
    #[arg(long, value_name = "WHAT", default_value = "none")]
    pub browse: BrowseChoice,
    /// For how many days it is carried [default: about 18 months]
    #[arg(long, value_name = "DAYS")]
    pub days: Option<u32>,
    /// The country of national numbers and plates, as FR [default: the profile's]
    #[arg(long, value_name = "COUNTRY")]
    pub country: Option<String>,
}

/// Does it.
///
/// # Errors
/// If something given cannot be used, or it could not be published; then the draft is kept.
pub fn run(args: &ReportArgs, globals: &Globals) -> Result<(), CliError> {
    let (home, profile) = globals.open_profile()?;
    let keep = Keep::new(home.clone(), profile.name.clone());
    let mut opened = None;
    // Which areas there are stands in the charter, but most can be read without it.
    let area = match args.area.as_deref() {
        None => None,
        Some(typed) => Some(
            match Area::parse_in(typed, country_of(args, &profile)?, &default_cities()) {
                Ok(area) => area,
                Err(_) => {
                    let session = Session::with(home.clone(), profile.clone()).map_err(|why| {
                    why.next(format_args!(
                        "no draft was kept, because only the node may know the area {typed}; give a country or a region, as FR or FR-75C, and the report is kept"
                    ))
                })?;
                    let area = session.area(typed, args.country.as_deref())?;
                    opened = Some(session);
                    area
                }
            },
        ),
    };
    let mut draft = read(args, &profile, area)?;
    let handles: Vec<String> = draft
        .particulars
        .handles
        .iter()
        .map(Handle::to_canonical_string)
        .collect();
    let path = keep.draft(&draft)?;
    let kept = |why: CliError| {
        why.next(format_args!(
            "the report is kept as a draft in {}; send it later with `parasol drafts send`",
            path.display()
        ))
    };
    let session = match opened {
        Some(session) => session,
        None => Session::with(home, profile).map_err(kept)?,
    };
    if let Err(why) = settle(args, &session, &mut draft) {
        keep.drop_draft(&path)?;
        return Err(why);
    }
    let receipt = send(&session, draft).map_err(kept)?;
    if globals.json {
        output::json(&json!({
            "id": receipt.id().to_string(),
            "expires": receipt.grip.expires.to_string(),
            "handles": handles,
        }));
    } else {
        output::text(&format!(
            "Published until {}: {}\n  id {}\n  Take it back with: parasol retract {}",
            receipt.grip.expires,
            handles.join("  "),
            receipt.id(),
            output::short(&receipt.id())
        ));
    }
    Ok(())
}

/// Settles what only the charter and the node's clock can tell.
fn settle(args: &ReportArgs, session: &Session, draft: &mut Draft) -> Result<(), CliError> {
    if let Some(typed) = args.area.as_deref() {
        draft.particulars.summary.area = Some(session.area(typed, args.country.as_deref())?);
    }
    let most = session.federation.charter().terms().lives.report;
    check_days(args.days, most)?;
    let days = args.days.unwrap_or(DEFAULT_REPORT_LIFE.min(most));
    draft.expires = session.federation.home_today().plus(days);
    Ok(())
}

fn check_days(days: Option<u32>, most: u32) -> Result<(), CliError> {
    match days {
        Some(days) if !(1..=most).contains(&days) => Err(CliError::input(
            "days",
            format_args!("a report is carried for 1 to {most} days, not for {days}"),
        )),
        _ => Ok(()),
    }
}

/// Seals and publishes a draft, and keeps what is needed to take it back. The draft stays in the
/// home until all that is done.
///
/// # Errors
/// If it cannot be sealed or published.
pub fn send(session: &Session, draft: Draft) -> Result<Receipt, CliError> {
    let federation = &session.federation;
    let seal = |federation: &Federation| {
        session.carry_raw(Seal::new(federation, vec![draft.clone()], &mut OsEntropy)?)
    };
    let (sealed, warnings) = session
        .with_keys(seal)
        .map_err(|why| session.trouble(why))?;
    for warning in &warnings {
        tell!("warning: {warning}");
    }
    // Sealed, it is kept once more: sent again after a cut, the same bytes go out.
    let mut path = None;
    for draft in &sealed {
        path = Some(session.keep.draft(draft)?);
    }
    let publish = Publish::new(federation, sealed).map_err(|why| session.trouble(why))?;
    let filed = session.carry(publish)?.into_iter().next();
    let receipt = filed
        .ok_or_else(|| CliError::other("internal", "the node gave no outcome"))?
        .map_err(|why| session.trouble(why))?;
    session.keep.receipt(&receipt)?;
    if let Some(path) = path {
        session.keep.drop_draft(&path)?;
    }
    Ok(receipt)
}

fn country_of(args: &ReportArgs, profile: &Profile) -> Result<Option<Country>, CliError> {
    let country = args.country.as_deref().or(profile.country.as_deref());
    country
        .map(|c| Country::parse(c).map_err(|e| CliError::usage("unknown-country", e)))
        .transpose()
}

fn read(args: &ReportArgs, profile: &Profile, area: Option<Area>) -> Result<Draft, CliError> {
    let country = country_of(args, profile)?;
    check_days(args.days, MAX_REPORT_LIFE)?;
    let mut handles = BTreeSet::new();
    for typed in &args.handles {
        let parsed = parse(typed, None, country).map_err(|e| CliError::input(e.code(), e))?;
        let handle = parsed.handle.clone();
        for warning in &parsed.warnings {
            tell!("note: {}: {warning}", handle.to_canonical_string());
        }
        handles.insert(handle);
    }
    let codes: BTreeSet<Code> = args.codes.iter().copied().collect();
    if codes.len() > MAX_CODES {
        return Err(CliError::usage(
            "codes",
            format_args!("a report holds at most {MAX_CODES} codes; give the gravest"),
        ));
    }
    let level = args
        .level
        .or_else(|| codes.iter().map(|c| c.level()).max())
        .ok_or_else(|| {
            CliError::usage("level", "how bad was it? Nothing says so")
                .next("add --level nuisance, risk or danger, or say with --code what happened")
        })?;
    if args.month.is_some_and(|m| m > today().month()) {
        return Err(CliError::input(
            "month",
            "the month is in the future; write when it happened",
        ));
    }
    if args.browse != BrowseChoice::Nothing && area.is_none() {
        return Err(
            CliError::usage("browse", "there is no area to browse it by")
                .next("add --area, or leave --browse away"),
        );
    }
    let text = if args.text_stdin {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .take(64 * 1024)
            .read_to_string(&mut text)
            .map_err(|e| CliError::input("stdin", e))?;
        Some(text)
    } else {
        args.text.clone()
    };
    let lang = known_language(args.lang.as_deref(), profile)?;
    let words = match text {
        Some(text) => words(&text, lang)?,
        None => None,
    };
    let summary = Summary {
        level,
        codes,
        month: args.month,
        area,
        basis: args.basis,
    };
    let particulars = Particulars {
        summary,
        words,
        handles,
    };
    let mut draft = fresh(particulars)?;
    draft.expires = today().plus(args.days.unwrap_or(DEFAULT_REPORT_LIFE));
    draft.browse = args.browse;
    draft.audience = if args.audience == "own" {
        Audience::Own
    } else {
        Audience::Federation
    };
    check_sizes(&draft)?;
    Ok(draft)
}

/// A draft made without the federation, which is known only once the node answers.
fn fresh(particulars: Particulars) -> Result<Draft, CliError> {
    let most = ENTRY_COUNTS.last().copied().unwrap_or(0);
    let count = particulars.handles.len();
    let Some(first) = particulars
        .handles
        .first()
        .filter(|_| count <= most)
        .map(Handle::to_canonical_string)
    else {
        return Err(CliError::input(
            "too-many-handles",
            format_args!("a report holds at most {most} handles, not {count}; file two reports"),
        ));
    };
    // The smallest draft there is; all in it is then replaced.
    let bytes = cbor::encode(|e| {
        cbor::put_array(e, 9);
        cbor::put_uint(e, 1);
        let summary = cbor::encode(|e| {
            cbor::put_map(e, 3);
            cbor::put_uint(e, 1);
            cbor::put_uint(e, u64::from(Level::Nuisance.number()));
            cbor::put_uint(e, 2);
            cbor::put_array(e, 0);
            cbor::put_uint(e, 5);
            cbor::put_uint(e, u64::from(Basis::FirstHand.number()));
        });
        cbor::put_bytes(e, &summary);
        cbor::put_bytes(e, &[]);
        let handles = cbor::encode(|e| {
            cbor::put_array(e, 1);
            cbor::put_text(e, &first);
        });
        cbor::put_bytes(e, &handles);
        cbor::put_uint(e, 0);
        cbor::put_bool(e, false);
        cbor::put_uint(e, 0);
        cbor::put_bytes(e, &[0; 32]);
        cbor::put_array(e, 0);
    });
    let mut draft = Draft::from_bytes(&bytes).map_err(|e| {
        CliError::input(
            "handle",
            format_args!("{first} cannot stand in a report: {e}"),
        )
    })?;
    draft.particulars = particulars;
    draft.lock = SecretKey::generate(&mut OsEntropy);
    Ok(draft)
}

/// Checks that what a draft says fits into the sealed parts of a report.
fn check_sizes(draft: &Draft) -> Result<(), CliError> {
    const LARGEST: usize = 64 * 1024;
    let bytes = draft.to_bytes();
    let sizes = cbor::decode(&bytes, LARGEST, |d| {
        cbor::tuple(d, 9)?;
        d.u8()?;
        let summary = cbor::bytes(d, LARGEST)?.len();
        cbor::bytes(d, LARGEST)?;
        let handles = cbor::bytes(d, LARGEST)?.len();
        d.u32()?;
        d.bool()?;
        d.u8()?;
        cbor::bytes(d, LARGEST)?;
        cbor::tuple(d, 0)?;
        Ok((summary, handles))
    });
    match sizes {
        Ok((_, handles)) if handles > MOST_HANDLES => Err(CliError::input(
            "handles-too-long",
            format_args!(
                "the handles are too long together: {handles} bytes, and a report holds {MOST_HANDLES}; leave long addresses of pages away, or file two reports"
            ),
        )),
        Ok((summary, _)) if summary > MOST_SUMMARY => Err(CliError::input(
            "summary-too-long",
            "there are too many codes beside so long an area; give fewer codes or a larger area",
        )),
        Ok(_) if Draft::from_bytes(&bytes).is_ok() => Ok(()),
        _ => Err(CliError::input(
            "too-long",
            "the report is too long: shorten it, or file two reports",
        )),
    }
}

/// The language given, else the profile's, else that it is not known.
///
/// # Errors
/// If it is no language tag.
pub fn language(given: Option<&str>, session: &Session) -> Result<String, CliError> {
    known_language(given, &session.profile)
}

fn known_language(given: Option<&str>, profile: &Profile) -> Result<String, CliError> {
    let lang = given.or(profile.lang.as_deref()).unwrap_or("und");
    language_tag(lang).ok_or_else(|| {
        CliError::usage(
            "lang",
            "that is no language; write its short name, as fr or pt-BR",
        )
    })
}

/// A text as a report may hold it, its numbers and addresses masked; `None` if nothing is in it.
///
/// # Errors
/// If it is too long.
pub fn words(text: &str, lang: String) -> Result<Option<Words>, CliError> {
    let (text, masked) = mask_numbers(text.trim());
    if masked > 0 {
        tell!(
            "note: {} in the text {} masked: handles belong with the others, where only who knows one finds them",
            output::count(
                masked,
                "number, address or plate",
                "numbers, addresses or plates"
            ),
            if masked == 1 { "was" } else { "were" }
        );
    }
    if text.len() > MAX_TEXT {
        return Err(CliError::input(
            "text-too-long",
            format_args!(
                "the text is too long: {} bytes, and at most {MAX_TEXT} fit (a letter with an accent takes 2, a Cyrillic one too)",
                text.len()
            ),
        )
        .next("shorten it"));
    }
    Ok((!text.is_empty()).then_some(Words { lang, text }))
}
