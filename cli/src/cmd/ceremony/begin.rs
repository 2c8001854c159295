//! `ceremony start`: a plan from what is in force.

use super::StartArgs;
use super::office::Office;
use super::picture::{Part, Picture, State};
use super::words;
use crate::exit::CliError;
use crate::output;
use parasol_node::ceremony::{Known, keys_for};
use parasol_node::entropy::OsEntropy;
use parasol_node::keys::certified_shares;
use parasol_protocol::ceremony::{PlanError, PlanTerms};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::entropy::Entropy as _;
use parasol_protocol::ids::{NodeKey, OrganisationKey, PlanDigest};
use parasol_protocol::oprf::ShareIndex;
use std::collections::{BTreeMap, BTreeSet};

/// Plans a ceremony, signs the plan and puts it on the node's desk.
pub(super) fn begin(office: &mut Office, args: &StartArgs) -> Result<PlanDigest, CliError> {
    check_idle(office, args)?;
    check_wanted(office, args)?;
    let in_force = office.known.clone();
    if args.from_before {
        let before = office.desk.before(&in_force, Some(office.today));
        let before = before.map_err(words::desk)?;
        office.known.certificate = Some(before.ok_or_else(nothing_kept)?);
    }
    let begun = begin_upon(office, args, in_force.certificate.as_ref());
    office.known = in_force;
    begun
}

fn nothing_kept() -> CliError {
    CliError::refused(
        "nothing-kept",
        "this node keeps nothing of before: that is done for some days only, while the certificate in force names fewer holders than there are keyholders",
    )
    .next("renew what is in force, without --from-before")
}

/// The same upon the certificate that the office goes by for the moment; this one is in force.
fn begin_upon(
    office: &Office,
    args: &StartArgs,
    in_force: Option<&Certificate>,
) -> Result<PlanDigest, CliError> {
    let away = away(office, &args.without)?;
    let nodes = nodes(office, &away, &args.nodes)?;
    let holders = holders(office, &away, &nodes)?;
    let dealers = match office.certificate().filter(|c| !c.dealt()) {
        Some(certificate) => dealers(office, certificate, &nodes)?,
        None => BTreeMap::new(),
    };
    let mut id = [0; 32];
    OsEntropy.fill(&mut id);
    let keys = keys_for(office.today);
    let me = office.me();
    let basis = office.basis();
    let drafted = PlanTerms::draft(&basis, id, office.today, &holders, &dealers, &keys, me);
    let mut terms = drafted.map_err(refused)?;
    let signed = office.desk.signed().map_err(words::desk)?;
    let signed = signed.map_or(0, |last| last.epoch.saturating_add(1));
    let next = in_force.map_or(0, |c| c.epoch().saturating_add(1));
    terms.epoch = terms.epoch.max(signed).max(next);
    if let Some(epoch) = args.epoch {
        if epoch < terms.epoch {
            return Err(CliError::usage(
                "epoch",
                format_args!("the next number that can be used is {}", terms.epoch),
            )
            .next("leave --epoch out, or give a higher number"));
        }
        terms.epoch = epoch;
    }
    let plan = terms.sign(&office.node.keys.record);
    // What is in force ends the way back where another comes into force since.
    let known = Known {
        certificate: in_force.cloned(),
        ..office.known.clone()
    };
    office.desk.start_anew(&plan, &known).map_err(words::desk)
}

/// What people read of a plan that does not hold.
fn refused(error: PlanError) -> CliError {
    words::plan(&error)
}

/// Whether another ceremony is under way here.
fn check_idle(office: &Office, args: &StartArgs) -> Result<(), CliError> {
    for name in office.names()? {
        let picture = Picture::of(office, &name);
        let live = matches!(picture.state, State::Waiting { .. } | State::Compare);
        if live && picture.part == Part::Joined {
            return Err(CliError::refused(
                "under-way",
                format_args!(
                    "this node takes part in the ceremony {}, which is under way",
                    picture.short
                ),
            )
            .next(format_args!(
                "let it come to its end, or call it off first: parasol ceremony stop {} {}",
                words::dir(&args.dir),
                picture.short
            )));
        }
    }
    Ok(())
}

/// Whether what is asked for can be done with the certificate that is in force.
fn check_wanted(office: &Office, args: &StartArgs) -> Result<(), CliError> {
    let real = office.certificate().is_some_and(|c| !c.dealt());
    if args.generate && real {
        return Err(CliError::refused(
            "keys-in-force",
            "the federation has keys, and new ones in their place would open no report that there is",
        )
        .next("renew their shares with --renew; keys for seasons ahead are made along with it. Only if so many shares are lost that nobody can renew them: stop all nodes, take certificate.cbor out of every node's directory, and begin with --generate; what was sealed before stays closed for ever"));
    }
    if args.renew && !real {
        let why = if office.certificate().is_some() {
            "the keys in force were dealt by one machine, which could have kept them: they are never renewed"
        } else {
            "the federation has no keys yet, so there is nothing to renew"
        };
        return Err(
            CliError::refused("nothing-to-renew", why).next("make new ones with --generate")
        );
    }
    Ok(())
}

/// The organisations that are to be left out.
fn away(office: &Office, names: &[String]) -> Result<BTreeSet<OrganisationKey>, CliError> {
    let charter = office.charter();
    let mut away = BTreeSet::new();
    for name in names {
        let by_key = || name.parse().ok().and_then(|key| charter.organisation(&key));
        let member = charter.named(name).or_else(by_key).ok_or_else(|| {
            let names: Vec<&str> = charter
                .terms()
                .organisations
                .iter()
                .map(|o| o.name.as_str())
                .collect();
            CliError::input(
                "unknown-organisation",
                format_args!("`{name}` is no organisation of the charter"),
            )
            .next(format_args!(
                "there are: {}",
                output::clean(&names.join(", "))
            ))
        })?;
        if charter
            .answers_for(&office.node.organisation)
            .map(|o| o.root)
            == Some(member.root)
        {
            return Err(CliError::input(
                "without-oneself",
                "whoever starts a ceremony takes part in it: your own organisation cannot be left out",
            )
            .next("let the node of another organisation start it"));
        }
        away.insert(member.root);
    }
    Ok(away)
}

/// Of each organisation that takes part, its node.
fn nodes(
    office: &Office,
    away: &BTreeSet<OrganisationKey>,
    wanted: &[NodeKey],
) -> Result<BTreeMap<OrganisationKey, NodeKey>, CliError> {
    let me = office.me();
    let mut found: BTreeMap<OrganisationKey, Vec<NodeKey>> = BTreeMap::new();
    for (node, delegated) in office.known.directory.nodes(office.today) {
        if !away.contains(&delegated.organisation) {
            found.entry(delegated.organisation).or_default().push(node);
        }
    }
    let mut chosen = BTreeMap::new();
    for (root, nodes) in found {
        let named: Vec<NodeKey> = nodes
            .iter()
            .filter(|n| wanted.contains(n))
            .copied()
            .collect();
        let node = match (nodes.as_slice(), named.as_slice()) {
            (_, [one]) | ([one], []) => *one,
            (several, []) if several.contains(&me) => me,
            (several, _) => {
                let keys: Vec<String> = several.iter().map(ToString::to_string).collect();
                return Err(CliError::input(
                    "several-nodes",
                    format_args!(
                        "{} has several nodes, and one of them takes part: {}",
                        office.organisation(&root),
                        keys.join(", ")
                    ),
                )
                .next(
                    "say which with --node KEY; it is in the `terms` file of that node's directory",
                ));
            }
        };
        chosen.insert(root, node);
    }
    let strange = wanted
        .iter()
        .find(|key| !chosen.values().any(|node| node == *key));
    match strange {
        Some(key) => Err(CliError::input(
            "unknown-node",
            format_args!("{key} is the record key of no node that could take part"),
        )
        .next("check the key; its organisation must have delegated to it, and this node must know that")),
        None => Ok(chosen),
    }
}

/// The charter's keyholders that take part, by their share indices.
fn holders(
    office: &Office,
    away: &BTreeSet<OrganisationKey>,
    nodes: &BTreeMap<OrganisationKey, NodeKey>,
) -> Result<BTreeMap<ShareIndex, NodeKey>, CliError> {
    let terms = office.charter().terms();
    let mut holders = BTreeMap::new();
    for organisation in terms
        .organisations
        .iter()
        .filter(|o| !away.contains(&o.root))
    {
        let Some(index) = organisation.keyholder.and_then(|i| ShareIndex::new(i).ok()) else {
            continue;
        };
        let node = nodes.get(&organisation.root).ok_or_else(|| {
            let name = output::clean(&organisation.name);
            CliError::input(
                "no-node",
                format_args!("{name} is a keyholder, and this node knows of no node of its that may work today"),
            )
            .next(format_args!(
                "take in its delegation with `parasol node take`, or leave it out with --without {name}"
            ))
        })?;
        holders.insert(index, *node);
    }
    if holders.len() < usize::from(terms.threshold) {
        return Err(CliError::input(
            "too-few",
            format_args!(
                "{} would take part, and the charter needs {} of them to answer anything",
                output::count(holders.len(), "keyholder", "keyholders"),
                terms.threshold
            ),
        )
        .next("wait until more of them are there"));
    }
    Ok(holders)
}

/// As many of the old holders as it takes to share the old shares out: this node first.
fn dealers(
    office: &Office,
    certificate: &Certificate,
    nodes: &BTreeMap<OrganisationKey, NodeKey>,
) -> Result<BTreeMap<ShareIndex, NodeKey>, CliError> {
    let me = office.me();
    let Some(key) = certificate.keys().next() else {
        return Ok(BTreeMap::new());
    };
    let mut there: Vec<(ShareIndex, NodeKey)> = Vec::new();
    for index in key.shares().keys() {
        let root = certificate.holder(index.get());
        let root = root.and_then(|root| office.charter().answers_for(root).map(|o| o.root));
        there.extend(root.and_then(|root| Some((*index, *nodes.get(&root)?))));
    }
    // Who has lost its share holds a new one, and others share out.
    let mine = certified_shares(&office.dir, certificate);
    let holds = mine.is_ok_and(|shares| shares.is_some_and(|shares| !shares.is_empty()));
    there.retain(|(_, node)| *node != me || holds);
    there.sort_by_key(|(index, node)| (*node != me, *index));
    let needed = usize::from(key.threshold());
    if there.len() < needed {
        return Err(CliError::input(
            "too-few",
            format_args!(
                "{} of the old shares would take part, and it takes {needed} to renew anything",
                output::count(there.len(), "holder", "holders"),
            ),
        )
        .next("wait until more of those who hold shares now are there"));
    }
    there.truncate(needed);
    Ok(there.into_iter().collect())
}
