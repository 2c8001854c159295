//! `trust graph`: who vouches for whom, as a picture.

use super::about::About;
use super::picture::draw;
use crate::exit::CliError;
use crate::fresh;
use crate::globals::Globals;
use crate::output;
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct GraphArgs {
    /// Write the picture (SVG) to a new file, for you alone to read [default: print it]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    about: About,
}

pub(super) fn run(args: &GraphArgs, globals: &Globals) -> Result<(), CliError> {
    if let Some(out) = &args.out {
        fresh::check_free(out)?;
    }
    let scene = args.about.look(globals)?;
    let picture = draw(&scene);
    let Some(out) = &args.out else {
        output::text(&picture);
        return Ok(());
    };
    fresh::write(out, picture.as_bytes())?;
    if globals.json {
        output::json(&json!({"file": out.display().to_string(), "bytes": picture.len()}));
    } else {
        output::text(&format!(
            "{} shows who vouches for whom: open it in a browser. It names organisations and nobody else; keep it all the same.",
            out.display()
        ));
        scene.hints().into_iter().for_each(output::text);
    }
    Ok(())
}
