//! What the commands of `trust` look at: a question on a day, from one's own roots or the charter's,
//! or a graph in a file.

use super::eval;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::session::{Session, today};
use parasol_protocol::client::Federation;
use parasol_protocol::directory::Directory;
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::record::vouch::Topic;
use parasol_protocol::time::Day;
use parasol_protocol::trust::{Graph, Local, Offer, Question, Roots, local_view, objective_view};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A vouch that ends within so many days is said to end soon.
const SOON: u32 = 60;

/// What is looked at.
#[derive(clap::Args, Clone, Debug)]
pub struct About {
    /// The kind of record: report, translation, second, dispute or notice
    #[arg(long, value_name = "KIND", default_value = "report", value_parser = topic)]
    pub about: Topic,
    /// The area, as FR or FR:lyon [default: none, so that only vouches for everywhere lead on]
    #[arg(long = "in", value_name = "AREA")]
    pub area: Option<String>,
    /// The day, as 2026-03-14 [default: today]. Of an earlier one what has expired since is missing
    #[arg(long, value_name = "DAY")]
    pub on: Option<Day>,
    /// Look from the organisations of the charter with the budgets that it gives them, as every node
    /// does, instead of from your own roots
    #[arg(long, conflicts_with = "graph")]
    pub objective: bool,
    /// Take the graph from a file as `trust eval` does, without a federation
    #[arg(long, value_name = "FILE", conflicts_with_all = ["area", "on"])]
    pub graph: Option<PathBuf>,
}

fn topic(text: &str) -> Result<Topic, String> {
    Topic::named(text).ok_or_else(|| {
        let all: Vec<&str> = Topic::ALL.iter().map(|t| t.name()).collect();
        format!("write one of: {}", all.join(", "))
    })
}

/// A graph with names for keys, and what it is of.
pub struct Scene {
    /// The graph.
    pub graph: Graph<String>,
    /// Whom all of this is about: the organisations of the charter, or none if it came from a file.
    pub members: BTreeSet<String>,
    /// Whose view it is.
    pub whose: String,
    /// The question in words.
    pub asked: String,
    /// The day that is looked at.
    pub day: Day,
    /// Who is blocked, and who is dropped.
    pub blocked: BTreeSet<String>,
    /// Of whom nothing is shown.
    pub dropped: BTreeSet<String>,
    /// The way to the node, unless the graph came from a file.
    pub federated: Option<Federated>,
    /// Whose choice its roots are.
    pub roots: Roots,
    limited: bool,
    past: bool,
}

/// What a graph is made from again with other vouches.
pub struct Federated {
    /// The way to the node.
    pub session: Session,
    local: Option<Local>,
    question: Question,
}

impl Federated {
    /// The graph that comes of these records.
    pub fn graph(&self, directory: &Directory, day: Day) -> Graph<String> {
        let graph = match &self.local {
            Some(local) => local_view(directory, local, &self.question, day),
            None => objective_view(directory, &self.question, day),
        };
        named(&graph, &self.session.federation)
    }
}

impl About {
    /// Looks.
    ///
    /// # Errors
    /// If the file cannot be read, or there is no way to the node, or no such area.
    pub fn look(&self, globals: &Globals) -> Result<Scene, CliError> {
        if let Some(path) = &self.graph {
            return Ok(Scene {
                graph: eval::read(path)?,
                members: BTreeSet::new(),
                whose: path.display().to_string(),
                asked: "everything".to_owned(),
                day: today(),
                blocked: BTreeSet::new(),
                dropped: BTreeSet::new(),
                federated: None,
                roots: Roots::Given,
                limited: false,
                past: false,
            });
        }
        let session = Session::open(globals)?;
        let area = match &self.area {
            Some(typed) => Some(session.area(typed, None)?),
            None => None,
        };
        let asked = match &area {
            Some(area) => format!("{}s in {area}", self.about.name()),
            None => format!("{}s that name no area", self.about.name()),
        };
        let today = session.federation.today();
        let day = self.on.unwrap_or(today);
        let (whose, local) = if self.objective {
            ("the charter".to_owned(), None)
        } else {
            (session.profile.name.clone(), Some(session.local.clone()))
        };
        let named = |keys: fn(&Local) -> &BTreeSet<OrganisationKey>| {
            let keys = local.iter().flat_map(keys);
            keys.map(|key| session.federation.name(key)).collect()
        };
        let (blocked, dropped) = (named(|l| &l.blocked), named(|l| &l.dropped));
        let members = session.federation.members();
        let members = members.map(|m| m.name.clone()).collect();
        let vouches = session.federation.directory().vouches();
        let limited = vouches.into_iter().any(|v| v.vouch.scope.is_limited());
        let federated = Federated {
            session,
            local,
            question: Question {
                topic: self.about,
                area,
            },
        };
        let directory = federated.session.federation.directory();
        Ok(Scene {
            graph: federated.graph(directory, day),
            members,
            whose,
            asked,
            day,
            blocked,
            dropped,
            federated: Some(federated),
            roots: if self.objective {
                Roots::Charter
            } else {
                Roots::Own
            },
            limited,
            past: day < today,
        })
    }
}

impl Scene {
    /// The vouches that count and end soon, the first to end first.
    pub fn ending(&self) -> Vec<Offer<String>> {
        let last = self.day.plus(SOON);
        let counting = self.graph.vouches().filter(|(_, why)| why.is_none());
        let mut ending: Vec<_> = counting
            .map(|(offer, _)| offer)
            .filter(|o| o.until.is_some_and(|until| until <= last))
            .collect();
        ending.sort_by_key(|o| (o.until, o.from.clone(), o.slot));
        ending
    }

    /// Whether it is of a day that is over.
    pub const fn is_past(&self) -> bool {
        self.past
    }

    /// What to say besides: if some vouches speak for some kinds or areas only, or if some that were in
    /// force on that day cannot be known any more.
    pub fn hints(&self) -> Vec<&'static str> {
        let limited = self.limited.then_some(
            "some vouches speak for some kinds of record or some areas only: ask about others with --about and --in",
        );
        let past = self.past.then_some(
            "that day is over, and a vouch is carried no longer than it lasts: those that have expired since are not in this, nor is what they led to",
        );
        limited.into_iter().chain(past).collect()
    }

    /// What is looked at, for programs.
    pub fn about_json(&self) -> Value {
        json!({"view": self.whose, "asked": self.asked, "day": self.day.to_string()})
    }

    /// What a key means here.
    ///
    /// # Errors
    /// If nobody here has that name.
    pub fn find(&self, named: &str) -> Result<String, CliError> {
        let named = named.trim();
        let known = |name: &String| name.eq_ignore_ascii_case(named);
        let mut keys = self.graph.keys();
        let in_graph = keys.find(|name| known(name)).cloned();
        let by_key = self.federated.as_ref().and_then(|f| {
            let federation = &f.session.federation;
            let key = crate::session::organisation(federation, named)?;
            Some(federation.name(&key))
        });
        in_graph.or(by_key).ok_or_else(|| {
            let mut names: Vec<&str> = self.graph.keys().map(String::as_str).collect();
            names.truncate(20);
            CliError::input(
                "unknown-organisation",
                format_args!("nobody here is called {named}"),
            )
            .next(if names.is_empty() {
                "there is nobody at all: the graph has neither roots nor vouches".to_owned()
            } else {
                format!("give a short name or a root key, as: {}", names.join(", "))
            })
        })
    }
}

/// The same graph with names for keys.
fn named(graph: &Graph<OrganisationKey>, federation: &Federation) -> Graph<String> {
    let name = |key: &OrganisationKey| federation.name(key);
    let offers = graph.vouches().map(|(o, _)| Offer {
        from: name(&o.from),
        to: name(&o.to),
        budget: o.budget,
        slot: o.slot,
        standing: o.standing,
        until: o.until,
    });
    let roots = graph.roots().map(|(key, budget)| (name(key), budget));
    Graph::new(roots, offers)
}
