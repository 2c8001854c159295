//! Scenario files: JSON, read strictly. What is not known is an error that says where it is.

use super::sim::{
    Claim, Conditions, Event, Invariant, Lie, Load, MeshSizes, Off, Pace, Scenario, What, Which,
};
use serde_json::{Map, Value};

/// A scenario from the text of a file.
///
/// # Errors
/// What is wrong, where, and what to do.
pub fn read(name: &str, text: &str) -> Result<Scenario, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("{name}: not JSON: {e}"))?;
    let scenario = scenario(name, &value).map_err(|why| format!("{name}: {why}"))?;
    scenario.check().map_err(|why| format!("{name}: {why}"))?;
    Ok(scenario)
}

/// A value and where it is.
struct At<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> At<'a> {
    fn wrong<T>(&self, why: &str) -> Result<T, String> {
        Err(format!("{}: {}: {why}", self.path, self.value))
    }

    fn object(self) -> Result<Object<'a>, String> {
        match self.value {
            Value::Object(map) => Ok(Object {
                path: self.path,
                map,
                asked: Vec::new(),
            }),
            _ => self.wrong("this must be an object, {…}"),
        }
    }

    fn list(&self) -> Result<Vec<At<'a>>, String> {
        let Value::Array(list) = self.value else {
            return self.wrong("this must be a list, […]");
        };
        let item = |(n, value)| At {
            path: format!("{}[{n}]", self.path),
            value,
        };
        Ok(list.iter().enumerate().map(item).collect())
    }

    fn text(&self) -> Result<&'a str, String> {
        match self.value {
            Value::String(text) => Ok(text),
            _ => self.wrong("this must be text, in quotes"),
        }
    }

    fn number<T: TryFrom<u64>>(&self) -> Result<T, String> {
        let number = self.value.as_u64().and_then(|n| T::try_from(n).ok());
        match number {
            Some(number) => Ok(number),
            None => self.wrong("this must be a whole number, not below 0 and not too large"),
        }
    }

    /// Milliseconds.
    fn span(&self) -> Result<u64, String> {
        const HELP: &str =
            "this must be a time such as \"20ms\", \"5s\", \"10m\", \"6h\" or \"7d\"";
        let Value::String(text) = self.value else {
            return self.wrong(HELP);
        };
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let unit: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return self.wrong(HELP),
        };
        match number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)) {
            // A thousand years are enough.
            Some(millis) if millis < 1 << 45 => Ok(millis),
            _ => self.wrong(HELP),
        }
    }

    /// Milliseconds, before or after.
    fn signed_span(&self) -> Result<i64, String> {
        let text = self.text()?;
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let value = Value::String(rest.to_owned());
        let path = self.path.clone();
        let millis = At {
            path,
            value: &value,
        }
        .span()?;
        Ok(sign * i64::try_from(millis).map_err(|e| e.to_string())?)
    }

    /// Of a hundred.
    fn percent(&self) -> Result<u32, String> {
        let text = self.value.as_str().and_then(|t| t.strip_suffix('%'));
        match text.and_then(|t| t.parse().ok()) {
            Some(percent) if percent <= 100 => Ok(percent),
            _ => self.wrong("this must be a share such as \"30%\", in whole percents"),
        }
    }

    fn which(&self) -> Result<Which, String> {
        match self.value {
            Value::Array(_) => {
                let nodes: Result<_, String> = self.list()?.iter().map(At::number).collect();
                Ok(Which::These(nodes?))
            }
            Value::String(_) => Ok(Which::Percent(self.percent()?)),
            _ => {
                self.wrong("this must be nodes: a share such as \"30%\", or a list such as [0, 5]")
            }
        }
    }
}

/// An object of which every field must be asked for.
struct Object<'a> {
    path: String,
    map: &'a Map<String, Value>,
    asked: Vec<&'static str>,
}

impl<'a> Object<'a> {
    fn maybe(&mut self, name: &'static str) -> Option<At<'a>> {
        self.asked.push(name);
        let value = self.map.get(name)?;
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Some(At { path, value })
    }

    fn must(&mut self, name: &'static str) -> Result<At<'a>, String> {
        let place = self.place();
        let missing = || format!("{place} lacks {name}; add it");
        self.maybe(name).ok_or_else(missing)
    }

    fn place(&self) -> String {
        if self.path.is_empty() {
            "the file".to_owned()
        } else {
            self.path.clone()
        }
    }

    /// The value of a field, or another if there is no such field.
    fn or<T>(
        &mut self,
        name: &'static str,
        other: T,
        read: impl FnOnce(&At<'a>) -> Result<T, String>,
    ) -> Result<T, String> {
        self.maybe(name).map_or(Ok(other), |at| read(&at))
    }

    /// Nothing else may be there.
    fn end(self) -> Result<(), String> {
        let unknown = self.map.keys().find(|k| !self.asked.contains(&k.as_str()));
        match unknown {
            Some(name) => Err(format!(
                "{}: there is no field {name} here; the fields are {}",
                self.place(),
                self.asked.join(", ")
            )),
            None => Ok(()),
        }
    }
}

fn scenario(name: &str, value: &Value) -> Result<Scenario, String> {
    let path = String::new();
    let mut file = At { path, value }.object()?;
    file.must("about")?.text()?;
    let mut federation = file.must("federation")?.object()?;
    let organisations = federation.must("organisations")?.number()?;
    let nodes_each = federation.or("nodes_each", 1, At::number)?;
    let quota = federation.or("quota", 10_000, At::number)?;
    federation.end()?;
    let conditions = network(file.must("network")?)?;
    let pace = pace(file.must("pace")?)?;
    let load = load(file.must("load")?)?;
    let events = file.or("events", Vec::new(), |list| {
        list.list()?.into_iter().map(event).collect()
    })?;
    let settle = file.must("settle")?.span()?;
    let calm = file.or("calm", 0, At::span)?;
    let mut invariants = Vec::new();
    for at in file.must("assert")?.list()? {
        let text = at.text()?;
        let found = Invariant::PLAIN.into_iter().find(|i| i.name() == text);
        let Some(found) = found else {
            let names: Vec<&str> = Invariant::PLAIN.iter().map(|i| i.name()).collect();
            return at.wrong(&format!(
                "there is no such invariant; they are {}",
                names.join(", ")
            ));
        };
        invariants.push(found);
    }
    if let Some(at_most) = file.maybe("at_most") {
        let mut most = at_most.object()?;
        let hops = most.maybe("hops").map(|n| n.number()).transpose()?;
        let copies = most
            .maybe("copies")
            .map(|n| n.number::<u32>())
            .transpose()?;
        let settled = most.maybe("settled").map(|n| n.span()).transpose()?;
        most.end()?;
        invariants.extend(hops.map(Invariant::Hops));
        invariants.extend(copies.map(|n| Invariant::Copies(u64::from(n) * 100)));
        invariants.extend(settled.map(Invariant::Settled));
    }
    file.end()?;
    Ok(Scenario {
        name: name.to_owned(),
        organisations,
        nodes_each,
        quota,
        conditions,
        pace,
        load,
        events,
        settle,
        calm,
        invariants,
    })
}

fn network(at: At<'_>) -> Result<Conditions, String> {
    let mut of = at.object()?;
    let conditions = Conditions {
        delay: of.must("delay")?.span()?,
        jitter: of.or("jitter", 0, At::span)?,
        loss: of.or("lost", 0, At::percent)? * 10,
        duplication: of.or("twice", 0, At::percent)? * 10,
        timeout: of.or("timeout", 20_000, At::span)?,
    };
    of.end()?;
    Ok(conditions)
}

fn pace(at: At<'_>) -> Result<Pace, String> {
    let mut of = at.object()?;
    let mut pace = Pace::LIVE;
    pace.tick = of.must("tick")?.span()?;
    pace.settings.sync_every = of.must("catch_up")?.span()?;
    pace.settings.patience = of.or("patience", 30_000, At::span)?;
    pace.links = of.or("links", pace.links, At::number)?;
    if let Some(mesh) = of.maybe("mesh") {
        let mut sizes = mesh.object()?;
        pace.mesh = MeshSizes {
            low: sizes.must("low")?.number()?,
            degree: sizes.must("degree")?.number()?,
            high: sizes.must("high")?.number()?,
        };
        sizes.end()?;
    }
    of.end()?;
    Ok(pace)
}

fn load(at: At<'_>) -> Result<Load, String> {
    let mut of = at.object()?;
    let load = Load {
        records: of.must("records")?.number()?,
        over: of.must("over")?.span()?,
        days: of.or("days", 548, At::number)?,
        short: of.or("short", 0, At::percent)?,
        short_days: of.or("short_days", 2, At::number)?,
        own: of.or("own", 0, At::percent)?,
        attached: of.or("attached", 0, At::percent)?,
    };
    of.end()?;
    Ok(load)
}

fn event(at: At<'_>) -> Result<Event, String> {
    let mut of = at.object()?;
    let name = of.must("what")?;
    let begins = of.must("at")?.span()?;
    let until = of.maybe("until").map(|t| t.span()).transpose()?;
    let what = match name.text()? {
        "partition" => What::Partition(of.must("nodes")?.which()?),
        "crash" => What::Crash {
            nodes: of.must("nodes")?.which()?,
            after_outputs: of.maybe("after_outputs").map(|n| n.number()).transpose()?,
        },
        "churn" => What::Churn {
            every: of.must("every")?.span()?,
            down: of.must("down")?.span()?,
        },
        "slow" => What::Slow(of.must("nodes")?.which()?, of.must("by")?.span()?),
        "clock" => {
            let nodes = of.must("nodes")?.which()?;
            let off = match (of.maybe("off"), of.maybe("within")) {
                (Some(off), None) => Off::By(off.signed_span()?),
                (None, Some(span)) => Off::Within(span.span()?),
                _ => {
                    return Err(format!(
                        "{}: a clock is either off, such as \"-2d\", or wrong within, such as \"10m\"",
                        of.path
                    ));
                }
            };
            What::Clock(nodes, off)
        }
        "laggard" => What::Laggard(of.must("nodes")?.which()?),
        "retract" => What::Retract(of.must("share")?.percent()?),
        "taste" => What::Taste,
        "flood" => What::Flood {
            node: of.must("node")?.number()?,
            slots: of.must("slots")?.number()?,
            versions: of.must("versions")?.number()?,
            beyond: of.or("beyond", 0, At::number)?,
        },
        "lie" => {
            let nodes = of.must("nodes")?.which()?;
            let claim = of.must("claims")?;
            let claim = match claim.text()? {
                "true" => Claim::True,
                "empty" => Claim::Empty,
                "false" => Claim::False,
                _ => {
                    return claim
                        .wrong("a node claims its \"true\" set, an \"empty\" or a \"false\" one");
                }
            };
            let leaves_out = of.or("leaves_out", 0, At::percent)? * 10;
            What::Lying(nodes, Lie { claim, leaves_out })
        }
        _ => {
            return name.wrong(
                "there is no such event; they are partition, crash, churn, slow, clock, laggard, retract, taste, flood, lie",
            );
        }
    };
    of.end()?;
    Ok(Event {
        at: begins,
        until,
        what,
    })
}
