//! A command's dealings with the home node: who one is, the way there, and the verified federation.

use crate::answers::{WHEN_USED_UP, refusal};
use crate::carry::Carrier;
use crate::exit::{CliError, Kind};
use crate::globals::Globals;
use crate::home::{Home, Profile};
use crate::keep::Keep;
use crate::output::{clean, tell};
use parasol_protocol::area::{Area, City, cities_of};
use parasol_protocol::charter::Organisation;
use parasol_protocol::client::{Error, Exchange, Federation, Unanswered, ViewError};
use parasol_protocol::handle::{Country, Handle, HandleWarning, parse};
use parasol_protocol::ids::{OrganisationKey, RecordId};
use parasol_protocol::time::{Day, Timestamp};
use parasol_protocol::trust::{Local, ROOT_BUDGET};
use parasol_protocol::wire::client::MAX_MESSAGE;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Everything a command needs once it talks to the home node.
#[derive(Debug)]
pub struct Session {
    /// What the home keeps.
    pub keep: Keep,
    /// Who one is.
    pub profile: Profile,
    /// The federation, verified.
    pub federation: Federation,
    /// Whom one trusts, and whom not.
    pub local: Local,
    carrier: Carrier,
    /// The federation as it is since its keys were renewed, if that has happened meanwhile.
    renewed: Mutex<Option<Arc<Federation>>>,
}

/// Today, by this machine's clock.
pub fn today() -> Day {
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX));
    Timestamp::from_millis(millis).day()
}

impl Session {
    /// Opens the profile, and asks its node for the federation.
    ///
    /// # Errors
    /// If there is no such profile, the node does not answer, or what it says does not hold.
    pub fn open(globals: &Globals) -> Result<Self, CliError> {
        let (home, profile) = globals.open_profile()?;
        Self::with(home, profile)
    }

    /// The same with a profile that is already read.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn with(home: Home, profile: Profile) -> Result<Self, CliError> {
        let carrier = Carrier::new(&profile.node, &profile.token);
        let reply = carrier
            .get("/v1/directory", MAX_MESSAGE)
            .map_err(|why| trouble(why.into(), &profile))?;
        let (known, seen) = (profile.federation()?, profile.generation()?);
        let federation = Federation::after(
            &reply,
            &profile.organisation()?,
            known.as_ref(),
            seen.as_ref(),
            today(),
        )
        .map_err(|why| {
            CliError::refused("directory", why).next(format_args!(
                "check the address {} in the profile",
                profile.node
            ))
        })?;
        if federation.clocks_disagree() {
            tell!(
                "warning: this machine says it is {}, the node says {}: one of the clocks is wrong",
                federation.today(),
                federation.home_today()
            );
        }
        let profile = pinned(&home, profile, &federation)?;
        let absent: Vec<&str> = federation
            .without_nodes()
            .map(|member| member.name.as_str())
            .collect();
        if !absent.is_empty() {
            tell!(
                "warning: no node of {} is in the directory that your node gave: {} may have none now, or your node keeps it from you; ask them if it should be there",
                absent.join(", "),
                if absent.len() == 1 { "it" } else { "they" }
            );
        }
        let local = local(&profile, &federation)?;
        let keep = Keep::new(home, profile.name.clone());
        keep.forget_old()?;
        Ok(Self {
            keep,
            profile,
            federation,
            local,
            carrier,
            renewed: Mutex::new(None),
        })
    }

    /// Does what takes the keyholders' answers. If their shares were renewed since the federation was
    /// fetched, it is fetched again, and the work is done once more with the new certificate.
    ///
    /// # Errors
    /// As the work ends.
    pub fn with_keys<T>(&self, work: impl Fn(&Federation) -> Result<T, Error>) -> Result<T, Error> {
        let latest = self.latest();
        let federation = latest.as_deref().unwrap_or(&self.federation);
        let before = federation.generation().epoch;
        match work(federation) {
            Err(why) if why.is_behind() => match self.renew(before) {
                Some(federation) => work(&federation),
                None => Err(why),
            },
            other => other,
        }
    }

    fn latest(&self) -> Option<Arc<Federation>> {
        let latest = self.renewed.lock();
        latest.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The federation by a later certificate, if the node has one.
    fn renew(&self, before: u32) -> Option<Arc<Federation>> {
        let reply = self.carrier.get("/v1/directory", MAX_MESSAGE).ok()?;
        let (own, known) = (self.profile.organisation().ok()?, self.federation.id());
        let seen = self.federation.generation();
        let federation = Federation::after(&reply, &own, Some(known), Some(&seen), today()).ok()?;
        federation.follows(&seen).ok()?;
        federation
            .follows_charter(&self.federation.charter().pin())
            .ok()?;
        if federation.generation().epoch <= before {
            return None;
        }
        let federation = Arc::new(federation);
        let mut latest = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = Some(Arc::clone(&federation));
        Some(federation)
    }

    /// Carries an exchange to its end.
    ///
    /// # Errors
    /// As the exchange ends, with the next step to take.
    pub fn carry<E: Exchange>(&self, exchange: E) -> Result<E::Done, CliError> {
        self.carry_raw(exchange).map_err(|why| self.trouble(why))
    }

    /// Carries an exchange to its end, for a caller that looks into the error.
    ///
    /// # Errors
    /// As the exchange ends.
    pub fn carry_raw<E: Exchange>(&self, exchange: E) -> Result<E::Done, Error> {
        self.carrier.carry(exchange)
    }

    /// Fetches what lies at a path of the home node.
    ///
    /// # Errors
    /// If there is no answer, or it is an error.
    pub fn get(&self, path: &str) -> Result<Vec<u8>, CliError> {
        self.carrier
            .get(path, MAX_MESSAGE)
            .map_err(|why| self.trouble(why.into()))
    }

    /// Hands the node a record that a root key signed.
    ///
    /// # Errors
    /// If it does not answer, or does not carry the record.
    pub fn carry_in(&self, record: &[u8]) -> Result<(), CliError> {
        let answer = self.carrier.send("/v1/records", record, MAX_MESSAGE);
        answer.map(drop).map_err(|why| self.trouble(why.into()))
    }

    /// Hands the node one of many such records: the inner error is about this record alone, and
    /// another one may do.
    ///
    /// # Errors
    /// If the node does not answer, or takes nothing at all now.
    pub fn offer(&self, record: &[u8]) -> Result<Result<(), CliError>, CliError> {
        let Err(why) = self.carrier.send("/v1/records", record, MAX_MESSAGE) else {
            return Ok(Ok(()));
        };
        let judged = matches!(
            why,
            Unanswered::Status {
                status: 400 | 422,
                ..
            }
        );
        let why = self.trouble(why.into());
        if judged { Ok(Err(why)) } else { Err(why) }
    }

    /// The bytes of a record, by its id or the beginning of it.
    ///
    /// # Errors
    /// If the node does not carry one such record.
    pub fn record(&self, id: &str) -> Result<Vec<u8>, CliError> {
        check_id(id)?;
        let none = || {
            CliError::input(
                "no-record",
                format_args!("{} carries no record {id}", self.profile.node),
            )
            .next("check the id; it may also have expired or been taken back")
        };
        // The node goes by whole bytes.
        let asked = id.get(..id.len() & !1).unwrap_or(id);
        match self
            .carrier
            .get(&format!("/v1/records/{asked}"), MAX_MESSAGE)
        {
            Err(Unanswered::Status { status: 404, .. }) => Err(none()),
            Ok(bytes) if !RecordId::of(&bytes).to_string().starts_with(id) => Err(none()),
            other => other.map_err(|why| self.trouble(why.into())),
        }
    }

    /// Says what went wrong, and what to do.
    pub fn trouble(&self, why: Error) -> CliError {
        trouble(why, &self.profile)
    }

    /// The country of national numbers: the one given, else the profile's.
    ///
    /// # Errors
    /// If there is no such country.
    pub fn country(&self, given: Option<&str>) -> Result<Option<Country>, CliError> {
        given
            .or(self.profile.country.as_deref())
            .map(|c| Country::parse(c).map_err(|e| CliError::usage("unknown-country", e)))
            .transpose()
    }

    /// Reads a handle as typed.
    ///
    /// # Errors
    /// If it cannot be one.
    pub fn handle(
        &self,
        typed: &str,
        country: Option<Country>,
    ) -> Result<(Handle, Vec<HandleWarning>), CliError> {
        parse(typed, None, country)
            .map(|p| (p.handle.clone(), p.warnings.clone()))
            .map_err(|e| CliError::input(e.code(), e))
    }

    /// The cities that the charter lists.
    pub fn cities(&self) -> Vec<City> {
        cities_of(&self.federation.charter().terms().cities)
    }

    /// Reads an area as typed: of several cities of one name, that of the country given, else of
    /// the profile's.
    ///
    /// # Errors
    /// If it is none that a report may name, or there is no such country.
    pub fn area(&self, typed: &str, country: Option<&str>) -> Result<Area, CliError> {
        let country = self.country(country)?;
        Area::parse_in(typed, country, &self.cities()).map_err(|e| CliError::input(e.code(), e))
    }
}

/// The profile with what it pins, written down if it is new: which federation, and which generation
/// of its keys.
fn pinned(home: &Home, profile: Profile, federation: &Federation) -> Result<Profile, CliError> {
    if let Some(pin) = profile.pin()? {
        federation.follows_charter(&pin).map_err(|why| {
            CliError::refused("old-charter", why).next(
                "tell who runs the node; if the organisations did go back on that version, take `charter` out of the profile",
            )
        })?;
    }
    if let Some(seen) = profile.generation()? {
        federation.follows(&seen).map_err(|why| match why {
            ViewError::TwoCertificates(_) => CliError::refused("two-certificates", why).next(
                "ask and report nothing until your organisation has cleared this up with the keyholders; \
                 if they did make the keys anew under the same number, take `epoch` and `certificate` out of the profile",
            ),
            why => CliError::refused("old-certificate", why).next(
                "tell who runs the node; use another node of your organisation if it has one",
            ),
        })?;
    }
    let now = federation.generation();
    let mut next = profile.clone();
    next.federation = Some(federation.id().to_string());
    next.epoch = Some(now.epoch);
    next.certificate = Some(hex::encode(now.digest));
    let pin = federation.charter().pin();
    next.charter = Some(format!("{}:{}", pin.version, pin.id));
    if next != profile {
        home.save(&next)?;
    }
    Ok(next)
}

/// Whom a profile trusts, and whom not.
fn local(profile: &Profile, federation: &Federation) -> Result<Local, CliError> {
    let mut local = Local::default();
    let find = |list: &str, named: &str| {
        organisation(federation, named).ok_or_else(|| {
            CliError::home(
                format!("unknown-{list}"),
                format_args!(
                    "profile {}: {named} stands in its list `{list}`, and no organisation of the federation has that name or root key",
                    profile.name
                ),
            )
            .next(format_args!(
                "correct the list in the profile; there are: {}",
                names(federation)
            ))
        })
    };
    for named in &profile.roots {
        let (named, budget) = root_of(named).ok_or_else(|| {
            CliError::home(
                "bad-profile",
                format_args!(
                    "profile {}: {named} stands among its roots, and is not like rowan or rowan=50",
                    profile.name
                ),
            )
            .next("write a short name or a root key; after = how many it may bring in")
        })?;
        match find("root", named) {
            Ok(root) => {
                local.roots.insert(heir(federation, &root), budget);
            }
            // Who has left the charter is nobody's root any more, and that is no fault of the profile.
            Err(_) if ever(federation, named).is_some() => {}
            Err(error) => return Err(error),
        }
    }
    for (list, names, decisions) in [
        ("blocked", &profile.blocked, &mut local.blocked),
        ("dropped", &profile.dropped, &mut local.dropped),
    ] {
        for named in names {
            let about = decided(federation, named);
            if about.is_empty() {
                // A name that nobody has ever had: what was meant must not go unheeded.
                find(list, named)?;
            }
            decisions.extend(about);
        }
    }
    Ok(local.of(*federation.organisation()))
}

/// Who answers for a root key now.
fn heir(federation: &Federation, key: &OrganisationKey) -> OrganisationKey {
    federation
        .charter()
        .answers_for(key)
        .map_or(*key, |o| o.root)
}

/// The organisation that had this name or root key in the latest version of the charter that had it.
fn ever(federation: &Federation, named: &str) -> Option<OrganisationKey> {
    let named = named.trim();
    let is = |o: &&Organisation| o.name == named || o.root.to_string().eq_ignore_ascii_case(named);
    let mut versions = federation.charter().and_before();
    versions.find_map(|charter| {
        charter
            .terms()
            .organisations
            .iter()
            .find(is)
            .map(|o| o.root)
    })
}

/// Whom a decision is about: the key that it names, and whoever answers for that key now. A decision
/// outlives a change of the charter; what nobody has ever been called is about nobody.
pub fn decided(federation: &Federation, named: &str) -> Vec<OrganisationKey> {
    let key = named.trim().parse().ok();
    let key = key.or_else(|| organisation(federation, named));
    let key = key.or_else(|| ever(federation, named));
    key.into_iter()
        .flat_map(|key| [key, heir(federation, &key)])
        .collect()
}

/// A root as a profile names it, with its budget.
fn root_of(text: &str) -> Option<(&str, u32)> {
    match text.split_once('=') {
        None => Some((text.trim(), ROOT_BUDGET)),
        Some((name, budget)) => Some((name.trim(), budget.trim().parse().ok()?)),
    }
}

/// The organisation of this short name or root key: a member of the charter, or one that some vouch
/// is for or from.
pub fn organisation(federation: &Federation, named: &str) -> Option<OrganisationKey> {
    let named = named.trim();
    let is = |key: &OrganisationKey| key.to_string().eq_ignore_ascii_case(named);
    let member = federation.members().find(|m| m.name == named || is(&m.key));
    let vouches = federation.directory().vouches();
    member
        .map(|m| m.key)
        .or_else(|| vouches.map(|v| v.vouch.subject).find(is))
}

/// The short names of all organisations.
pub fn names(federation: &Federation) -> String {
    let names: Vec<&str> = federation.members().map(|m| m.name.as_str()).collect();
    names.join(", ")
}

/// Checks that a text can be the beginning of an id.
///
/// # Errors
/// If it is too short, too long, or not hexadecimal.
pub fn check_id(id: &str) -> Result<(), CliError> {
    let hex = id
        .bytes()
        .all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    if hex && (8..=64).contains(&id.len()) {
        Ok(())
    } else {
        Err(CliError::usage(
            "bad-id",
            "that is not a record's id: give at least its first 8 characters, as `check` shows them",
        ))
    }
}

fn trouble(why: Error, profile: &Profile) -> CliError {
    let code = why.code();
    match &why {
        Error::Unreachable => CliError::unreachable(
            code,
            format_args!("the node at {} does not answer", profile.node),
        )
        .next("check that it runs (`parasol node status`) and that the address in the profile is right"),
        Error::Quota { again, .. } => CliError::refused(code, &why)
            .next(WHEN_USED_UP)
            .after(again.seconds().into()),
        Error::TooFewKeyholders { .. } | Error::NoSource => CliError::unreachable(code, &why),
        Error::Refused { status, body } => refusal(*status, body),
        Error::NotPublished { code, message } => {
            CliError::refused(clean(code), clean(message))
        }
        Error::NoKey(_)
        | Error::Expiry { .. }
        | Error::Count { .. }
        | Error::Seal(_)
        | Error::Attachment(_)
        | Error::OwnSecond => CliError::input(code, &why),
        _ => CliError::new(Kind::Other, code, &why),
    }
}
