//! `federation`: make one on this machine, or show the one you are in.

use crate::exit::CliError;
use crate::founding::{HOME, found, ports};
use crate::globals::Globals;
use crate::import::language_tag;
use crate::output;
use crate::session::Session;
use parasol_node::keys::NodeIdentity;
use parasol_node::setup::{Member, built_in};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::Charter;
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::trust::{Local, Question, Vouching, counted};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What can be done with federations.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum FederationCommand {
    /// Make a federation on this machine: a directory for each node, and a home with its profiles
    /// (DIR/home, or what --home says)
    Init(InitArgs),
    /// Show the federation: its organisations, its numbers, its keys
    Show(ShowArgs),
}

/// Arguments of `federation init`.
#[derive(clap::Args, Clone, Debug)]
pub struct InitArgs {
    /// The directory to make; it must be empty or not exist
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The federation's name
    #[arg(
        long,
        value_name = "NAME",
        default_value = "a federation on one machine"
    )]
    pub name: String,
    /// An organisation: its short name, country and language, as lilas:FR:fr; once for each
    #[arg(long = "member", value_name = "NAME:COUNTRY[:LANG]", value_parser = member)]
    pub members: Vec<(String, String, String)>,
    /// So many made-up organisations, if none is named; the first 15 hold the keys
    #[arg(
        long,
        value_name = "N",
        default_value_t = 3,
        conflicts_with = "members"
    )]
    pub nodes: u16,
    /// How many keyholders it takes to look something up [default: more than half]
    #[arg(long, value_name = "T")]
    pub threshold: Option<u16>,
    /// The first of two ports for each node [default: free ones]
    #[arg(long, value_name = "BASE")]
    pub port: Option<u16>,
}

/// Arguments of `federation show`.
#[derive(clap::Args, Clone, Debug)]
pub struct ShowArgs {
    /// A node's directory, or a federation's on this machine [default: ask the profile's node]
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

fn member(text: &str) -> Result<(String, String, String), String> {
    let mut parts = text.split(':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(country), lang, None) if !name.is_empty() => Ok((
            name.to_owned(),
            country.to_ascii_uppercase(),
            language_tag(lang.unwrap_or("en"))
                .ok_or("the language must be its short name, as fr or pt-BR")?,
        )),
        _ => Err("write a short name, a country and perhaps a language, as lilas:FR:fr".to_owned()),
    }
}

/// Does it.
///
/// # Errors
/// Says what went wrong and what to do.
pub fn run(command: &FederationCommand, globals: &Globals) -> Result<(), CliError> {
    match command {
        FederationCommand::Init(args) => init(args, globals),
        FederationCommand::Show(args) => show(args, globals),
    }
}

fn init(args: &InitArgs, globals: &Globals) -> Result<(), CliError> {
    let count = match args.members.len() {
        0 => args.nodes,
        n => u16::try_from(n).unwrap_or(u16::MAX),
    };
    let ports = ports(count, args.port)?;
    let members: Vec<Member> = if args.members.is_empty() {
        built_in(&ports)
    } else {
        let named = args.members.iter().zip(&ports);
        named
            .map(
                |((name, jurisdiction, lang), (http_port, p2p_port))| Member {
                    name: name.clone(),
                    jurisdiction: jurisdiction.clone(),
                    lang: lang.clone(),
                    http_port: *http_port,
                    p2p_port: *p2p_port,
                },
            )
            .collect()
    };
    if members.len() < usize::from(count) {
        return Err(
            CliError::usage("nodes", "at most 64 organisations can be made up")
                .next("name them with --member"),
        );
    }
    let names: Vec<String> = members.iter().map(|m| m.name.clone()).collect();
    let elsewhere = home_asked_for(globals);
    let made = found(
        &args.dir,
        &args.name,
        args.threshold,
        members,
        elsewhere.as_deref(),
    )?;
    let home = elsewhere.unwrap_or_else(|| made.dir.join(HOME));
    let dir = made.dir.display();
    if globals.json {
        output::json(&json!({
            "dir": made.dir,
            "federation": made.federation.to_string(),
            "members": names,
            "home": home,
        }));
        return Ok(());
    }
    output::text(&format!(
        "Made the federation {} in {dir}.",
        made.federation
    ));
    output::text(
        "Its nodes made the keys in a ceremony. All of them are on this machine, with the root keys: for trying out only.",
    );
    output::text("");
    output::text("Start each node in a terminal of its own:");
    for name in &names {
        output::text(&format!("    parasol node run {dir}/{name}"));
    }
    output::text(&format!("Then, with PARASOL_HOME={}:", home.display()));
    output::text(&format!(
        "    parasol --profile {} node status",
        names.first().map_or("", String::as_str)
    ));
    Ok(())
}

/// Where the profiles are to go instead of into the federation's own directory. Only --home says so:
/// PARASOL_HOME is the home that one works with, which has profiles of its own.
fn home_asked_for(globals: &Globals) -> Option<PathBuf> {
    let asked = globals
        .home
        .as_ref()
        .filter(|h| !h.as_os_str().is_empty())?;
    let everyday = std::env::var_os("PARASOL_HOME").is_some_and(|set| set == asked.as_os_str());
    (!everyday).then(|| asked.clone())
}

fn show(args: &ShowArgs, globals: &Globals) -> Result<(), CliError> {
    if let Some(dir) = &args.dir {
        let (charter, certificate) = from_directory(dir)?;
        print(&charter, certificate.as_ref(), None, globals);
        return Ok(());
    }
    let session = Session::open(globals)?;
    let federation = &session.federation;
    let standing = Standing {
        counted: counted(
            federation.directory(),
            &session.local,
            &Question::REPORTS,
            federation.today(),
        ),
        local: &session.local,
    };
    print(
        federation.charter(),
        Some(federation.certificate()),
        Some(&standing),
        globals,
    );
    Ok(())
}

/// Whose word counts for a profile.
struct Standing<'a> {
    local: &'a Local,
    counted: BTreeMap<OrganisationKey, Vouching>,
}

impl Standing<'_> {
    fn of(&self, organisation: &OrganisationKey) -> &'static str {
        if self.local.blocked.contains(organisation) {
            "blocked"
        } else if self.local.dropped.contains(organisation) {
            "dropped"
        } else if self.local.roots.contains_key(organisation) {
            "root"
        } else if self.counted.contains_key(organisation) {
            "vouched for"
        } else {
            "not counted"
        }
    }
}

fn print(
    charter: &Charter,
    certificate: Option<&Certificate>,
    standing: Option<&Standing<'_>>,
    globals: &Globals,
) {
    if globals.json {
        print_json(charter, certificate, standing);
    } else {
        print_text(charter, certificate, standing);
    }
}

fn from_directory(dir: &Path) -> Result<(Charter, Option<Certificate>), CliError> {
    let read = |dir: &Path| NodeIdentity::read(dir).map(|node| (node.charter, node.certificate));
    let nodes = crate::demo::node_dirs(dir);
    match nodes.first() {
        Some(first) if !dir.join("node.toml").exists() => read(first),
        _ => read(dir),
    }
    .map_err(|e| CliError::home("node-directory", e))
}

fn print_json(
    charter: &Charter,
    certificate: Option<&Certificate>,
    standing: Option<&Standing<'_>>,
) {
    let terms = charter.terms();
    let organisations: Vec<_> = terms
        .organisations
        .iter()
        .map(|o| {
            json!({
                "name": o.name,
                "root": o.root.to_string(),
                "jurisdiction": o.jurisdiction,
                "keyholder": o.keyholder,
                "standing": standing.map(|s| s.of(&o.root)),
            })
        })
        .collect();
    let keys = certificate.iter().flat_map(|c| c.keys());
    let keys: Vec<String> = keys.map(|k| k.name().to_string()).collect();
    output::text(&format!(
        "{}",
        json!({
            "federation": charter.federation().to_string(),
            "name": terms.name,
            "made": terms.made.to_string(),
            "threshold": terms.threshold,
            "keyholders": charter.keyholders(),
            "organisations": organisations,
            "report_life_days": terms.lives.report,
            "quotas": {"records": terms.quotas.records, "evaluations": terms.quotas.evaluations},
            "bucket_bits": terms.bucket_bits,
            "cities": terms.cities.len(),
            "epoch": certificate.map(Certificate::epoch),
            "dealt": certificate.map(Certificate::dealt),
            "keys": keys,
        })
    ));
}

fn print_text(
    charter: &Charter,
    certificate: Option<&Certificate>,
    standing: Option<&Standing<'_>>,
) {
    let terms = charter.terms();
    output::text(&terms.name);
    output::text(&format!("  federation    {}", charter.federation()));
    output::text(&format!("  made          {}", terms.made));
    output::text(&format!(
        "  keys          {} of {} keyholders are needed for a look-up; {}",
        terms.threshold,
        charter.keyholders(),
        certificate.map_or_else(
            || "there are none yet, see `parasol ceremony`".to_owned(),
            |c| format!("generation {}", c.epoch())
        )
    ));
    if certificate.is_some_and(Certificate::dealt) {
        output::text(
            "                one machine dealt them and could have kept them: for trying out only",
        );
    }
    output::text(&format!(
        "  a report      lives {} at most",
        output::count(terms.lives.report as usize, "day", "days")
    ));
    output::text(&format!(
        "  a day         {} records, {} evaluations a key, for each organisation",
        terms.quotas.records, terms.quotas.evaluations
    ));
    output::text(&format!("  cities        {}", terms.cities.len()));
    output::text(&format!("  organisations {}", terms.organisations.len()));
    let mut organisations: Vec<_> = terms.organisations.iter().collect();
    organisations.sort_by_key(|o| (o.keyholder.is_none(), o.keyholder, &o.name));
    for o in organisations {
        let share = o
            .keyholder
            .map_or("no keyholder".to_owned(), |i| format!("keyholder {i}"));
        let standing = standing.map_or_else(String::new, |s| format!("{:<12} ", s.of(&o.root)));
        output::text(&format!(
            "    {:<14} {}  {share:<13} {standing}{}",
            o.name, o.jurisdiction, o.root
        ));
    }
}
