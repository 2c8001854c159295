//! A version of the charter as text that people change: TOML.

use parasol_protocol::charter::{Former, Lives, Organisation, Quotas, Terms};
use serde::{Deserialize, Serialize};

/// A draft. What is left out stays as it is; lists are whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The federation's name.
    pub name: String,
    /// The day from which lives and quotas hold; today, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
    /// How many keyholders a look-up takes.
    pub threshold: u16,
    lives: LivesText,
    quotas: QuotasText,
    /// Cities, as FR:lyon.
    #[serde(default)]
    pub cities: Vec<String>,
    organisation: Vec<OrganisationText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<FormerText>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LivesText {
    report: u32,
    translation: u32,
    second: u32,
    dispute: u32,
    vouch: u32,
    delegation: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotasText {
    records: u32,
    evaluations: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganisationText {
    name: String,
    root: String,
    jurisdiction: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyholder: Option<u16>,
    budget: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormerText {
    root: String,
    successor: String,
    #[serde(default)]
    stays: Vec<String>,
}

impl Draft {
    /// A version as a draft.
    pub fn of(terms: &Terms) -> Self {
        let l = terms.lives;
        Self {
            name: terms.name.clone(),
            made: None,
            threshold: terms.threshold,
            lives: LivesText {
                report: l.report,
                translation: l.translation,
                second: l.second,
                dispute: l.dispute,
                vouch: l.vouch,
                delegation: l.delegation,
            },
            quotas: QuotasText {
                records: terms.quotas.records,
                evaluations: terms.quotas.evaluations,
            },
            cities: terms.cities.clone(),
            organisation: terms
                .organisations
                .iter()
                .map(|o| OrganisationText {
                    name: o.name.clone(),
                    root: o.root.to_string(),
                    jurisdiction: o.jurisdiction.clone(),
                    keyholder: o.keyholder,
                    budget: o.budget,
                })
                .collect(),
            former: terms
                .former
                .iter()
                .map(|f| FormerText {
                    root: f.root.to_string(),
                    successor: f.successor.to_string(),
                    stays: f.records.iter().map(ToString::to_string).collect(),
                })
                .collect(),
        }
    }

    /// The text.
    ///
    /// # Errors
    /// If it cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, String> {
        toml::to_string(self).map_err(|e| e.to_string())
    }

    /// Reads the text.
    ///
    /// # Errors
    /// Says which line is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())
    }

    /// Puts the draft's contents into the terms.
    ///
    /// # Errors
    /// If a key, an id or a day is none.
    pub fn apply(self, terms: &mut Terms) -> Result<(), String> {
        if let Some(made) = &self.made {
            terms.made = made
                .parse()
                .map_err(|_| format!("made = \"{made}\" is no day, as 2026-11-22"))?;
        }
        let mut organisations = Vec::new();
        for o in self.organisation {
            organisations.push(Organisation {
                root: parsed(&o.root, "root", &o.name)?,
                name: o.name,
                jurisdiction: o.jurisdiction,
                keyholder: o.keyholder,
                budget: o.budget,
            });
        }
        organisations.sort_by_key(|o| o.root);
        let mut former = Vec::new();
        for f in self.former {
            let ids = f.stays.iter().map(|id| parsed(id, "id", "a former root"));
            let mut records = ids.collect::<Result<Vec<_>, _>>()?;
            records.sort_unstable();
            former.push(Former {
                root: parsed(&f.root, "root", "a former root")?,
                successor: parsed(&f.successor, "successor", "a former root")?,
                records,
            });
        }
        former.sort_by_key(|f| f.root);
        let mut cities = self.cities;
        cities.sort();
        let l = self.lives;
        terms.name = self.name;
        terms.threshold = self.threshold;
        terms.lives = Lives {
            report: l.report,
            translation: l.translation,
            second: l.second,
            dispute: l.dispute,
            vouch: l.vouch,
            delegation: l.delegation,
        };
        terms.quotas = Quotas {
            records: self.quotas.records,
            evaluations: self.quotas.evaluations,
        };
        terms.cities = cities;
        terms.organisations = organisations;
        terms.former = former;
        Ok(())
    }
}

fn parsed<T: std::str::FromStr>(text: &str, what: &str, of: &str) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|e| format!("the {what} of {of}: {e}"))
}
