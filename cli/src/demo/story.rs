//! The story: three organisations, one list, told in numbered steps.
//!
//! Every step is a command that anyone can type, run here as it would be there.

use super::fleet::Fleet;
use super::place::Place;
use super::signals::Signals;
use crate::args::Cli;
use crate::exit::CliError;
use crate::output::{self, quote};
use clap::Parser as _;
use parasol_node::files::{create_private_dir, write_private};
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Who is in the story.
const CAST: [&str; 3] = ["lilas", "ryabina", "rowan"];

/// An old list of each, as it might lie on their shelves. All in them is made up.
const LISTS: [(&str, &[u8]); 3] = [
    ("lilas.csv", include_bytes!("../../demo/lilas.csv")),
    ("ryabina.csv", include_bytes!("../../demo/ryabina.csv")),
    ("rowan.csv", include_bytes!("../../demo/rowan.csv")),
];

/// How long records may take to reach all nodes before the story goes on regardless.
const SETTLE: Duration = Duration::from_secs(10);

/// How long the nodes may take to renew their shares.
const RENEW: Duration = Duration::from_secs(60);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The number in the report by hand, as lilas types it and as others do. It is made up.
const NUMBER: &str = "06 39 98 47 11";
const SPELLINGS: [&str; 2] = ["0033 6 39 98 47 11", "+33 (0)6.39.98.47.11"];

fn no_room() -> CliError {
    CliError::usage(
        "no-story",
        "the story needs three organisations: lilas, ryabina and rowan",
    )
    .next("use --nodes 3 or more, or --exec CMD for a federation without a story")
}

/// Checks that so many nodes are enough for the story, before anything is made.
///
/// # Errors
/// If they are not.
pub fn check_room(nodes: Option<u16>) -> Result<(), CliError> {
    match nodes {
        Some(0..3) => Err(no_room()),
        _ => Ok(()),
    }
}

/// Says what comes, before the nodes start.
///
/// # Errors
/// If this federation has no room for the story.
pub fn open(place: &Place) -> Result<(), CliError> {
    if CAST
        .iter()
        .any(|who| !place.names().iter().any(|n| n == who))
    {
        return Err(no_room());
    }
    let charter = place.charter()?;
    output::text(
        "Parasol: a list of dangerous clients that organisations share and nobody can read as a whole.",
    );
    output::text("All people, numbers and events in this story are made up.");
    output::text("");
    let verb = if place.fresh() {
        "Made"
    } else {
        "Taken up again:"
    };
    output::text(&format!(
        "{verb} a federation of {} organisations; any {} of them together can look something up, \
         fewer can open nothing.",
        place.names().len(),
        charter.terms().threshold
    ));
    for organisation in place.names().iter().filter_map(|n| charter.named(n)) {
        output::text(&format!(
            "  {:<12} {}",
            organisation.name, organisation.jurisdiction
        ));
    }
    if place.fresh() {
        output::text(
            "Their nodes have made its keys together, in a ceremony: each holds a share, and nobody \
             has ever held a key.",
        );
    }
    output::text("(Here all nodes are on one machine, for trying out. Starting them.)");
    Ok(())
}

/// Tells the story.
///
/// # Errors
/// If a step fails.
pub fn tell(place: &Place, fleet: &mut Fleet, signals: &Signals) -> Result<(), CliError> {
    let charter = place.charter()?;
    let mut teller = Teller {
        place,
        signals,
        steps: 0,
    };
    let lists = write_lists(place)?;
    if !place.fresh() {
        // The story before left somebody out, who gets shares again by itself: not in the middle of
        // this one.
        wait(RENEW, || place.all_hold("lilas"));
    }

    teller.step("Each organisation brings the list that it kept until now, as it is.")?;
    for (who, list) in CAST.iter().zip(&lists) {
        teller.run(who, &["import".as_ref(), list.as_os_str()])?;
    }

    teller
        .step("A worker in Lyon tells lilas of a man who pulled a knife. Lilas files a report.")?;
    teller.run_text(
        "lilas",
        &[
            "report",
            NUMBER,
            "--level",
            "danger",
            "--code",
            "weapon",
            "--code",
            "robbery",
            "--area",
            "FR:lyon",
            "--lang",
            "fr",
            "--text",
            "A sorti un couteau et a pris l'argent. Voiture grise.",
        ],
    )?;
    fleet.settle(SETTLE);

    teller.step(
        "In Russia and in Britain people look him up, each spelling the number their own way.",
    )?;
    teller.run_text("ryabina", &["check", SPELLINGS[0]])?;
    teller.run_text("rowan", &["check", SPELLINGS[1]])?;
    let ids = teller.find("ryabina")?;
    let id = ids.first().cloned().ok_or_else(|| {
        CliError::other(
            "story",
            "the report did not arrive at ryabina within ten seconds",
        )
        .next("look into the nodes' logs; with --dir DIR they stay")
    })?;

    teller.step("Ryabina adds a Russian translation; rowan reads it.")?;
    teller.run_text(
        "ryabina",
        &[
            "translate",
            &id,
            "--lang",
            "ru",
            "--text",
            "Достал нож и забрал деньги. Серая машина.",
        ],
    )?;
    fleet.settle(SETTLE);
    teller.run_text("rowan", &["check", SPELLINGS[1]])?;

    teller.step("The police raid rowan and copy the disk. This is what they have.")?;
    teller.run_text("rowan", &["inspect", "--node"])?;
    teller.say("And this is the report that you just read, as it lies there:");
    teller.run_text("rowan", &["inspect", &id])?;

    let alive = charter.keyholders().saturating_sub(1);
    let raided = alive >= usize::from(charter.terms().threshold);
    if raided {
        teller.step("They take the machine away. Rowan's node is gone.")?;
        fleet.kill("rowan")?;
        teller.say("(killed)");
        teller.run_text("ryabina", &["check", SPELLINGS[0]])?;
        teller.step(
            "They have rowan's shares of the keys now. So the others renew theirs without rowan: \
             the keys stay as they are, and the stolen shares fit nothing any more.",
        )?;
    } else {
        teller.step("All keyholders are needed here, so none of them can be taken away.")?;
        teller.say("With a lower --threshold this step would kill a node and look up again.");
        teller.step("All of them renew their shares: the keys stay as they are.")?;
    }
    let lilas = place.dir().join("lilas").into_os_string();
    let mut words: Vec<&OsStr> = ["ceremony", "start"].map(OsStr::new).to_vec();
    words.push(&lilas);
    if raided {
        words.extend(["--without", "rowan"].map(OsStr::new));
    }
    let before = place.epoch("lilas");
    let known = place.ceremonies("lilas");
    teller.run_plain(&words)?;
    if raided {
        teller.say("Rowan's node was there a moment ago. Nodes leave such a one out only if their people say so:");
        let new = place.ceremonies("lilas");
        agree(&teller, place, fleet, new.difference(&known))?;
    }
    teller.say("While the nodes are at it, look-ups go on:");
    teller.run_text("ryabina", &["check", SPELLINGS[0]])?;

    teller.step("It was the wrong number. Lilas takes the report back.")?;
    for id in &ids {
        teller.run_text("lilas", &["retract", id])?;
    }
    fleet.settle(SETTLE);

    teller.step("The new shares are in force, and look-ups go on.")?;
    renewed(place, fleet, before)?;
    teller.run_plain(&["ceremony".as_ref(), "status".as_ref(), &lilas])?;

    teller.step("The report is gone everywhere.")?;
    teller.run_text("ryabina", &["check", SPELLINGS[0]])?;
    teller.run_text("lilas", &["check", NUMBER])?;
    for who in ["ryabina", "lilas"] {
        if !teller.find(who)?.is_empty() {
            return Err(CliError::other(
                "story",
                format_args!("{who} still finds the report"),
            ));
        }
    }
    Ok(())
}

/// At each node that runs somebody agrees to a ceremony that lilas has begun, as soon as it is there.
fn agree<'a>(
    teller: &Teller<'_>,
    place: &Place,
    fleet: &Fleet,
    begun: impl Iterator<Item = &'a String>,
) -> Result<(), CliError> {
    let off = fleet.off();
    for name in begun {
        let others = place.names().iter().filter(|who| *who != "lilas");
        for who in others.filter(|who| !off.contains(*who)) {
            if !wait(RENEW, || place.ceremonies(who).contains(name)) {
                return Err(CliError::other(
                    "story",
                    format_args!("the plan of a ceremony did not come to {who}"),
                )
                .next("look into the nodes' logs; with --dir DIR they stay"));
            }
            let dir = place.dir().join(who).into_os_string();
            let short: String = name.chars().take(8).collect();
            teller.run_plain(&["ceremony".as_ref(), "join".as_ref(), &dir, short.as_ref()])?;
        }
    }
    Ok(())
}

/// Waits until all nodes that run have taken new shares into use.
fn renewed(place: &Place, fleet: &Fleet, before: u32) -> Result<(), CliError> {
    let off = fleet.off();
    let on = || place.names().iter().filter(|name| !off.contains(name));
    if wait(RENEW, || on().all(|name| place.epoch(name) > before)) {
        return Ok(());
    }
    Err(CliError::other(
        "story",
        format_args!(
            "the shares were not renewed within {} seconds",
            RENEW.as_secs()
        ),
    )
    .next("look into the nodes' logs; with --dir DIR they stay"))
}

/// Waits until something is so, but not for ever. Says whether it is.
fn wait(at_most: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + at_most;
    while !is_so() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(LOOK);
    }
    true
}

/// Says how to go on, for someone who stays.
///
/// # Errors
/// If the federation's files are damaged.
pub fn invite(place: &Place) -> Result<(), CliError> {
    let exe = std::env::current_exe().map_err(|e| CliError::other("exe", e))?;
    let exe = exe.display();
    output::text("");
    output::text("The nodes stay up until you press Ctrl-C. In another terminal:");
    output::text("");
    output::text(&format!(
        "    export PARASOL_HOME={}",
        quote(&place.home().to_string_lossy())
    ));
    output::text(&format!("    alias parasol={}", quote(&exe.to_string())));
    output::text("    parasol --profile ryabina check 06.39.98.12.07 --country FR");
    output::text(
        "    parasol --profile lilas report \"06 39 98 55 01\" --level risk --code non-payment",
    );
    output::text(&format!(
        "    parasol --profile lilas import {}",
        quote("your-list.xlsx")
    ));
    output::text("    parasol --profile ryabina federation show");
    output::text(&format!(
        "    parasol ceremony status {}",
        quote(&place.dir().join("ryabina").to_string_lossy())
    ));
    output::text("    parasol --profile ryabina inspect --node");
    output::text("    parasol help");
    if place.temporary() {
        output::text("");
        output::text("All of it is removed when you stop; give --dir DIR to keep it.");
    }
    Ok(())
}

struct Teller<'a> {
    place: &'a Place,
    signals: &'a Signals,
    steps: u32,
}

impl Teller<'_> {
    /// Begins a step, unless someone asked to stop.
    fn step(&mut self, what: &str) -> Result<(), CliError> {
        if self.signals.asked().is_some() {
            return Err(CliError::other(
                "interrupted",
                "stopped in the middle of the story",
            ));
        }
        self.steps += 1;
        output::text("");
        output::text(&format!("{}. {what}", self.steps));
        Ok(())
    }

    fn say(&self, what: &str) {
        output::text("");
        output::text(what);
    }

    fn run_text(&self, who: &str, args: &[&str]) -> Result<(), CliError> {
        let args: Vec<_> = args.iter().map(std::ffi::OsStr::new).collect();
        self.run(who, &args)
    }

    /// Shows a command as one would type it, and runs it in this process.
    fn run(&self, who: &str, args: &[&std::ffi::OsStr]) -> Result<(), CliError> {
        let typed: Vec<String> = args.iter().map(|a| quote(&a.to_string_lossy())).collect();
        output::text("");
        output::text(&format!("$ parasol --profile {who} {}", typed.join(" ")));
        let cli =
            Cli::try_parse_from(self.line(who, args)).map_err(|e| CliError::other("story", e))?;
        cli.execute()?;
        Ok(())
    }

    /// The same of a command that takes no profile.
    fn run_plain(&self, args: &[&OsStr]) -> Result<(), CliError> {
        let typed: Vec<String> = args.iter().map(|a| quote(&a.to_string_lossy())).collect();
        output::text("");
        output::text(&format!("$ parasol {}", typed.join(" ")));
        let line = std::iter::once(OsStr::new("parasol")).chain(args.iter().copied());
        let cli = Cli::try_parse_from(line).map_err(|e| CliError::other("story", e))?;
        cli.execute()?;
        Ok(())
    }

    fn line(&self, who: &str, args: &[&std::ffi::OsStr]) -> Vec<OsString> {
        let mut line: Vec<OsString> = vec!["parasol".into(), "--profile".into(), who.into()];
        line.push("--home".into());
        line.push(self.place.home().into());
        line.extend(args.iter().map(OsString::from));
        line
    }

    /// The ids of the reports that an organisation finds for the story's number.
    fn find(&self, who: &str) -> Result<Vec<String>, CliError> {
        let trouble = |e: &dyn std::fmt::Display| CliError::other("story", e);
        let exe = std::env::current_exe().map_err(|e| trouble(&e))?;
        let args = ["--json", "check", SPELLINGS[0]].map(std::ffi::OsStr::new);
        let output = Command::new(exe)
            .args(self.line(who, &args).into_iter().skip(1))
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| trouble(&e))?;
        let answer: Value = serde_json::from_slice(&output.stdout).map_err(|e| trouble(&e))?;
        let reports = answer
            .pointer("/results/0/reports")
            .and_then(Value::as_array);
        let ids = reports
            .into_iter()
            .flatten()
            .filter_map(|r| r.get("id")?.as_str());
        Ok(ids.map(str::to_owned).collect())
    }
}

fn write_lists(place: &Place) -> Result<Vec<PathBuf>, CliError> {
    let dir = place.home().join("lists");
    let trouble = |e| {
        CliError::home(
            "demo-dir",
            format_args!("cannot write {}: {e}", dir.display()),
        )
    };
    create_private_dir(&dir).map_err(trouble)?;
    let mut paths = Vec::new();
    for (name, content) in LISTS {
        let path = dir.join(name);
        write_private(&path, content).map_err(trouble)?;
        paths.push(path);
    }
    Ok(paths)
}
