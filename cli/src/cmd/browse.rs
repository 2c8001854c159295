//! `browse`: the reports of an area that their authors opened to it.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::session::Session;
use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::Browse;
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
}

/// Does it.
///
/// # Errors
/// If there is no such area, or too few keyholders answer.
pub fn run(args: &BrowseArgs, globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals)?;
    let mut areas = session.area(&args.area)?.within(&session.cities());
    areas.truncate(MAX_BATCH);
    let browse = Browse::new(&session.federation, areas, args.month, &mut OsEntropy)
        .map_err(|why| session.trouble(why))?;
    let browsed = session.carry(browse)?;
    session.keep.opened(&browsed.reports)?;
    if globals.json {
        let reports: Vec<Value> = browsed.reports.iter().map(output::found_json).collect();
        let mut all = Map::new();
        all.insert("reports".into(), reports.into());
        all.insert("sources".into(), browsed.sources.len().into());
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
    output::troubles_text(&[], &browsed.warnings, &browsed.refused);
    Ok(())
}
