//! `report`: file a report.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::session::Session;
use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::{BrowseChoice, Draft, Publish, Receipt, Seal};
use parasol_protocol::handle::mask_numbers;
use parasol_protocol::limits::MAX_CODES;
use parasol_protocol::particulars::{
    Basis, Code, Level, Particulars, Summary, Words, is_language_tag,
};
use parasol_protocol::record::report::Audience;
use parasol_protocol::time::Month;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Read as _;

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
    let session = Session::open(globals)?;
    let draft = read(args, &session)?;
    let handles: Vec<String> = draft
        .particulars
        .handles
        .iter()
        .map(parasol_protocol::handle::Handle::to_canonical_string)
        .collect();
    let path = session.keep.draft(&draft)?;
    let receipt = send(&session, draft).map_err(|why| {
        why.next(format_args!(
            "the report is kept as a draft in {}; send it later with `parasol drafts send`",
            path.display()
        ))
    })?;
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

/// Seals and publishes a draft, and keeps what is needed to take it back. The draft stays in the
/// home until all that is done.
///
/// # Errors
/// If it cannot be sealed or published.
pub fn send(session: &Session, draft: Draft) -> Result<Receipt, CliError> {
    let federation = &session.federation;
    let seal =
        Seal::new(federation, vec![draft], &mut OsEntropy).map_err(|why| session.trouble(why))?;
    let (sealed, warnings) = session.carry(seal)?;
    for warning in &warnings {
        eprintln!("warning: {warning}");
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

fn read(args: &ReportArgs, session: &Session) -> Result<Draft, CliError> {
    let country = session.country(args.country.as_deref())?;
    let mut handles = BTreeSet::new();
    for typed in &args.handles {
        let (handle, warnings) = session.handle(typed, country)?;
        for warning in warnings {
            eprintln!("note: {}: {warning}", handle.to_canonical_string());
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
    if args
        .month
        .is_some_and(|m| m > session.federation.today().month())
    {
        return Err(CliError::input(
            "month",
            "the month is in the future; write when it happened",
        ));
    }
    let area = args.area.as_deref().map(|a| session.area(a)).transpose()?;
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
    let lang = language(args.lang.as_deref(), session)?;
    let summary = Summary {
        level,
        codes,
        month: args.month,
        area,
        basis: args.basis,
    };
    let particulars = Particulars {
        summary,
        words: text.and_then(|text| words(&text, lang)),
        handles,
    };
    let mut draft = Draft::new(&session.federation, particulars, &mut OsEntropy);
    if let Some(days) = args.days {
        draft.expires = session.federation.home_today().plus(days);
    }
    draft.browse = args.browse;
    draft.audience = if args.audience == "own" {
        Audience::Own
    } else {
        Audience::Federation
    };
    Ok(draft)
}

/// The language given, else the profile's, else that it is not known.
///
/// # Errors
/// If it is no language tag.
pub fn language(given: Option<&str>, session: &Session) -> Result<String, CliError> {
    let lang = given.or(session.profile.lang.as_deref()).unwrap_or("und");
    if is_language_tag(lang) {
        Ok(lang.to_owned())
    } else {
        Err(CliError::usage(
            "lang",
            "that is no language; write its short name, as fr or pt-BR",
        ))
    }
}

/// A text as a report may hold it, its numbers and addresses masked; `None` if nothing is in it.
pub fn words(text: &str, lang: String) -> Option<Words> {
    let (text, masked) = mask_numbers(text.trim());
    if masked > 0 {
        eprintln!(
            "note: {masked} numbers, addresses or plates in the text were masked: handles belong with the others, where only who knows one finds them"
        );
    }
    (!text.is_empty()).then_some(Words { lang, text })
}
