//! `browse`: the reports of an area that their authors opened to it, and one's own organisation's.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::session::Session;
use parasol_node::entropy::OsEntropy;
use parasol_protocol::area::Area;
use parasol_protocol::client::{Browse, Browsed, Federation, Found, Own};
use parasol_protocol::oprf::MAX_BATCH;
use parasol_protocol::time::Month;
use serde_json::{Map, Value};

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct BrowseArgs {
    /// A country, a region or a large city, as FR, FR-75C or FR:lyon; what lies in it counts too
    #[arg(value_name = "AREA")]
    pub area: String,
    /// The month in which it happened, as 2026-03 [default: any]
    #[arg(value_name = "YYYY-MM")]
    pub month: Option<Month>,
    /// The country that is meant where several have a city of that name [default: the profile's]
    #[arg(long, value_name = "COUNTRY")]
    pub country: Option<String>,
}

/// Does it.
///
/// # Errors
/// If there is no such area, or too few keyholders answer.
pub fn run(args: &BrowseArgs, globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals)?;
    let area = session.area(&args.area, args.country.as_deref())?;
    let mut areas = area.within(&session.cities());
    areas.truncate(MAX_BATCH);
    let browse = |federation: &Federation| {
        let browse = Browse::new(federation, areas.clone(), args.month, &mut OsEntropy)?;
        session.carry_raw(browse.counting(session.local.clone()))
    };
    let mut browsed = session
        .with_keys(browse)
        .map_err(|why| session.trouble(why))?;
    let closed = add_own(&session, &areas, args.month, &mut browsed)?;
    session.keep.opened(&browsed.reports)?;
    if globals.json {
        let reports: Vec<Value> = browsed.reports.iter().map(output::found_json).collect();
        let mut all = Map::new();
        all.insert("reports".into(), reports.into());
        all.insert("sources".into(), browsed.sources.len().into());
        all.insert("uncounted".into(), browsed.uncounted.into());
        all.insert("closed".into(), closed.into());
        all.extend(
            output::troubles_json(&[], &browsed.warnings, &browsed.refused)
                .into_iter()
                .map(|(name, list)| (name.to_owned(), list)),
        );
        output::json(&Value::Object(all));
        return Ok(());
    }
    for found in &browsed.reports {
        output::text(&output::found_text(found));
    }
    if browsed.reports.is_empty() {
        output::text(
            "no report can be browsed there. That does not mean safe: most reports open only to who knows a number",
        );
    }
    if let Some(said) = output::uncounted(browsed.uncounted) {
        output::text(&said);
    }
    if closed > 0 {
        output::text(&format!(
            "\nnot shown: {} kept to your own organisation, of whatever area and month, filed from elsewhere; this home has no keys to them",
            output::count(closed, "report", "reports")
        ));
    }
    output::troubles_text(&[], &browsed.warnings, &browsed.refused);
    Ok(())
}

/// Adds the reports that one's own organisation keeps to itself, as far as their keys lie here. Gives
/// how many others there are.
fn add_own(
    session: &Session,
    areas: &[Area],
    month: Option<Month>,
    browsed: &mut Browsed,
) -> Result<usize, CliError> {
    let own = session.carry(Own::new(true))?;
    let keys = session.keep.keys_of(&own)?;
    let (found, refused, closed) = own.open(&session.federation, &keys, &session.local);
    let fits = |f: &Found| {
        let there = f.summary.area.as_ref().is_some_and(|a| areas.contains(a));
        f.own && there && (month.is_none() || f.summary.month == month)
    };
    browsed.reports.extend(found.into_iter().filter(fits));
    browsed.refused.extend(refused);
    browsed.reports.sort_by(|a, b| {
        let rank = |f: &Found| (f.summary.level, f.summary.month);
        rank(b).cmp(&rank(a)).then(a.id.cmp(&b.id))
    });
    Ok(closed)
}
