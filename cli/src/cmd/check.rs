//! `check`: look up phone numbers, addresses, accounts, plates or pages.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::session::Session;
use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::{Check, CheckOptions, Checked, Federation, Found, Own, Warning};
use parasol_protocol::handle::{Country, Handle, HandleKind, HandleWarning};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead as _;

/// Handles that are looked up together.
const TOGETHER: usize = 250;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct CheckArgs {
    /// What to look up, as it is written: numbers, e-mail addresses, accounts such as tg:name,
    /// plates, addresses of pages. A prefix phone:, email:, account:, plate: or url: says what it is
    #[arg(value_name = "HANDLE", required_unless_present = "stdin")]
    pub handles: Vec<String>,
    /// Read what to look up from standard input, one a line
    #[arg(long)]
    pub stdin: bool,
    /// The country of national numbers and plates, as FR [default: the profile's]
    #[arg(long, value_name = "COUNTRY")]
    pub country: Option<String>,
    /// Ask for so many parts of what may be about each of them, of 30 kB each: when an answer had no
    /// room for all
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub parts: u8,
}

/// What came of one thing typed.
enum Asked {
    /// A handle, and the country that a national number was read by.
    Handle(Handle, Vec<HandleWarning>, Option<Country>),
    Bad(CliError),
}

/// Does it.
///
/// # Errors
/// If nothing could be looked up.
pub fn run(args: &CheckArgs, globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals)?;
    let mut inputs = args.handles.clone();
    if args.stdin {
        for line in std::io::stdin().lock().lines() {
            let line = line.map_err(|e| CliError::input("stdin", e))?;
            let line = line.trim();
            if !line.is_empty() {
                inputs.push(line.to_owned());
            }
        }
    }
    let country = session.country(args.country.as_deref())?;
    let asked: Vec<Asked> = inputs
        .iter()
        .map(|input| match session.handle(input, country) {
            Ok((handle, warnings)) => {
                let read_by = country.filter(|_| is_national(&session, input, &handle));
                Asked::Handle(handle, warnings, read_by)
            }
            Err(why) => Asked::Bad(why),
        })
        .collect();
    let handles: BTreeSet<Handle> = asked
        .iter()
        .filter_map(|a| match a {
            Asked::Handle(handle, ..) => Some(handle.clone()),
            Asked::Bad(_) => None,
        })
        .collect();
    let looked = look_up(&session, handles.into_iter().collect(), args.parts)?;
    if globals.json {
        print_json(&inputs, &asked, &looked);
    } else if !matches!(asked.as_slice(), [Asked::Bad(_)]) {
        print_text(&inputs, &asked, &looked);
    }
    match asked.as_slice() {
        // What is wrong with the only one is said once, as the error.
        [Asked::Bad(why)] => Err(why.clone()),
        all if !all.is_empty() && all.iter().all(|a| matches!(a, Asked::Bad(_))) => {
            Err(CliError::input(
                "nothing-to-look-up",
                "nothing of this could be looked up: what is wrong with each stands beside it",
            ))
        }
        _ => Ok(()),
    }
}

/// Whether a number would be another one, or none, without a country to read it by.
fn is_national(session: &Session, input: &str, handle: &Handle) -> bool {
    handle.kind() == HandleKind::Phone
        && match session.handle(input, None) {
            Ok((alone, _)) => alone != *handle,
            Err(_) => true,
        }
}

/// The warnings worth giving, each once. That a number looks unused matters only if it was not found.
fn worth_saying(warnings: &[HandleWarning], found: bool) -> BTreeSet<HandleWarning> {
    let said = warnings.iter().copied();
    said.filter(|w| !found || *w != HandleWarning::PossibleNotValid)
        .collect()
}

/// What a look-up of any number of handles found.
#[derive(Debug, Default)]
pub struct LookedUp {
    /// The reports of each handle.
    pub reports: BTreeMap<Handle, Vec<Found>>,
    /// Those of which there may be more reports than were asked for.
    pub cut: BTreeSet<Handle>,
    /// The parts that it was done in, for their alarms and warnings.
    parts: Vec<Checked>,
}

impl LookedUp {
    fn sources(&self) -> usize {
        self.parts.iter().map(|c| c.sources).min().unwrap_or(0)
    }
    /// Whether there are seasons of which nothing could be looked at.
    fn lacks_seasons(&self) -> bool {
        let mut warnings = self.parts.iter().flat_map(|part| &part.warnings);
        warnings.any(|warning| matches!(warning, Warning::Season { .. }))
    }
    fn uncounted(&self) -> usize {
        self.parts.iter().map(|c| c.uncounted).sum()
    }
}

/// Looks handles up, one's own organisation's reports included, and keeps the keys of what opened.
///
/// # Errors
/// If too few keyholders or no other organisation's node answer.
pub fn look_up(session: &Session, handles: Vec<Handle>, parts: u8) -> Result<LookedUp, CliError> {
    let mut out = LookedUp::default();
    if handles.is_empty() {
        return Ok(out);
    }
    let own = session.carry(Own::new(true))?.records;
    let mut carried = None;
    for part in handles.chunks(TOGETHER) {
        let check = |federation: &Federation| {
            let options = CheckOptions {
                carried,
                own: own.clone(),
                local: Some(session.local.clone()),
                parts,
            };
            let check = Check::new(federation, part.to_vec(), options, &mut OsEntropy)?;
            session.carry_raw(check)
        };
        let mut checked = session
            .with_keys(check)
            .map_err(|why| session.trouble(why))?;
        carried = Some(checked.carried);
        for looked in std::mem::take(&mut checked.results) {
            if looked.cut {
                out.cut.insert(looked.handle.clone());
            }
            out.reports.insert(looked.handle, looked.reports);
        }
        out.parts.push(checked);
    }
    session.keep.opened(out.reports.values().flatten())?;
    Ok(out)
}

fn print_json(inputs: &[String], asked: &[Asked], looked: &LookedUp) {
    let results: Vec<Value> = inputs
        .iter()
        .zip(asked)
        .map(|(input, asked)| match asked {
            Asked::Bad(why) => json!({
                "input": input,
                "error": {"code": why.code(), "message": why.message()},
            }),
            Asked::Handle(handle, warnings, _) => {
                let reports = looked.reports.get(handle).map(Vec::as_slice);
                let reports = reports.unwrap_or_default();
                let warnings = worth_saying(warnings, !reports.is_empty());
                let reports: Vec<Value> = reports.iter().map(output::found_json).collect();
                let mut result = json!({
                    "input": input,
                    "type": handle.kind().as_str(),
                    "canonical": handle.to_canonical_string(),
                    "reports": reports,
                    "cut": looked.cut.contains(handle),
                });
                if let (Some(object), false) = (result.as_object_mut(), warnings.is_empty()) {
                    let warnings: Vec<&str> = warnings.iter().map(HandleWarning::code).collect();
                    object.insert("warnings".into(), warnings.into());
                }
                result
            }
        })
        .collect();
    let mut all = Map::new();
    all.insert("results".into(), results.into());
    all.insert("sources".into(), looked.sources().into());
    for part in &looked.parts {
        for (name, list) in output::troubles_json(&part.alarms, &part.warnings, &part.refused) {
            let mut more = list.as_array().cloned().unwrap_or_default();
            let entry = all.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(so_far) = entry.as_array_mut() {
                more.retain(|item| !so_far.contains(item));
                so_far.append(&mut more);
            }
        }
    }
    all.insert("uncounted".into(), looked.uncounted().into());
    output::json(&Value::Object(all));
}

fn print_text(inputs: &[String], asked: &[Asked], looked: &LookedUp) {
    let mut nothing = false;
    for (input, asked) in inputs.iter().zip(asked) {
        let (handle, warnings, read_by) = match asked {
            Asked::Bad(why) => {
                output::text(&format!(
                    "{}\n  cannot be looked up: {why}",
                    output::clean(input)
                ));
                continue;
            }
            Asked::Handle(handle, warnings, read_by) => (handle, warnings, read_by),
        };
        let mut lines = vec![handle.to_canonical_string()];
        let reports = looked
            .reports
            .get(handle)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let warnings = worth_saying(warnings, !reports.is_empty());
        lines.extend(warnings.iter().map(|w| format!("  note: {w}")));
        if reports.is_empty() {
            nothing = true;
            lines.extend(read_by.map(|country| {
                format!(
                    "  note: read as a number of {}; for another country write it with + or use --country",
                    country.as_str()
                )
            }));
            lines.push(
                if looked.cut.contains(handle) {
                    "  no record in what was fetched, and not all could be fetched: ask again with --parts 8"
                } else if looked.lacks_seasons() {
                    "  no record in what could be looked at, and not all could: see the warning"
                } else {
                    "  no record"
                }
                .to_owned(),
            );
        } else if looked.cut.contains(handle) {
            lines.push(
                "  note: there may be more reports than these: ask again with --parts 8".to_owned(),
            );
        }
        lines.extend(reports.iter().map(output::found_text));
        output::text(&lines.join("\n"));
    }
    if nothing {
        output::text(
            "\nNo record does not mean safe: most of what happens is never reported. Trust your own sense.",
        );
    }
    if let Some(said) = output::uncounted(looked.uncounted()) {
        output::text(&said);
    }
    for part in &looked.parts {
        output::troubles_text(&part.alarms, &part.warnings, &part.refused);
    }
}
