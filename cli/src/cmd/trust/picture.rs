//! The picture of a graph of vouches: an SVG without script or anything from elsewhere, drawn upright
//! so that it can be read on a phone.
//!
//! Roots stand on top, below them whom they vouch for, and so on by steps. A box says its level in
//! dots, words and colour, so that no one of them is needed.

use super::about::Scene;
use parasol_protocol::trust::{Ignored, Offer, Place, Roots};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const WIDTH: i32 = 720;
const MARGIN: i32 = 18;
const BOX: (i32, i32) = (216, 106);
const ACROSS: usize = 3;
/// Between rows of one band, and between bands.
const GAP: (i32, i32) = (52, 78);
/// More are not drawn.
const MOST: usize = 90;
/// More lines of text are not written.
const MOST_LINES: usize = 12;

const STYLE: &str = "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;fill:#1c1b22}\
.h{font-size:36px;font-weight:700}.s{font-size:24px;fill:#55525f}.b{font-size:24px;font-weight:600;fill:#55525f;paint-order:stroke;stroke:#fff;stroke-width:8px;stroke-linejoin:round}\
.n{font-size:27px;font-weight:700}.l{font-size:22px}.m{font-size:22px;fill:#55525f}\
.e{fill:none;stroke:#6b6780;stroke-width:3}.soon{stroke:#c2410c;stroke-width:4;stroke-dasharray:14 8}\
.not{stroke:#b9b6c4;stroke-width:2.5;stroke-dasharray:3 8}";

/// Colours of a box: its edge and its ground.
const fn colours(place: Option<Place>) -> (&'static str, &'static str) {
    match place {
        None => ("#9c99a8", "#f4f3f6"),
        Some(place) if place.vouching.distance == 0 => ("#b3123f", "#fdeef2"),
        Some(place) => match place.vouching.level {
            0 | 1 => ("#a15c00", "#fff5e6"),
            2 => ("#1f5fa8", "#ebf3fc"),
            _ => ("#1a7a4a", "#e9f7ef"),
        },
    }
}

/// Where a box stands.
#[derive(Clone, Copy)]
struct Spot {
    x: i32,
    y: i32,
    /// From the top, over all bands.
    row: usize,
}

/// Draws it.
pub fn draw(scene: &Scene) -> String {
    let places = scene.graph.places();
    let mut people: Vec<(usize, u8, &String, Option<Place>)> = scene
        .graph
        .keys()
        .chain(&scene.members)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|name| {
            let place = places.get(name).copied();
            let band = place.map_or(usize::MAX, |p| p.vouching.distance);
            let level = place.map_or(0, |p| p.vouching.level);
            (band, u8::MAX - level, name, place)
        })
        .collect();
    people.sort_unstable_by_key(|(band, level, name, _)| (*band, *level, *name));
    let left_out = people.len().saturating_sub(MOST);
    people.truncate(MOST);
    let mut paper = Paper::default();
    paper.head(scene);
    let mut spots = BTreeMap::new();
    for band in people.chunk_by(|a, b| a.0 == b.0) {
        let steps = band.first().map_or(0, |one| one.0);
        paper.band(steps, band.len(), scene.roots);
        for (n, (_, _, name, place)) in band.iter().enumerate() {
            let spot = paper.spot(n);
            spots.insert((*name).clone(), spot);
            paper.box_of(spot, name, *place, scene);
        }
        paper.close_band(band.len());
    }
    paper.edges(scene, &spots);
    paper.foot(scene, left_out);
    paper.finish(scene)
}

/// What is drawn so far.
#[derive(Default)]
struct Paper {
    boxes: String,
    edges: String,
    /// Where the next thing goes.
    y: i32,
    /// Rows of boxes that are closed.
    rows: usize,
}

impl Paper {
    fn text(&mut self, class: &str, x: i32, words: &str) {
        // Writing to a text cannot fail.
        let _ = write!(
            self.boxes,
            r#"<text class="{class}" x="{x}" y="{}">{}</text>"#,
            self.y,
            escaped(words)
        );
    }

    fn head(&mut self, scene: &Scene) {
        self.y = 54;
        self.text(
            "h",
            MARGIN,
            &format!("Whom {} trusts", cut(&scene.whose, 22)),
        );
        self.y += 36;
        self.text(
            "s",
            MARGIN,
            &format!("for {}, on {}", scene.asked, scene.day),
        );
        self.y += 36;
        if scene.is_past() {
            self.text("s", MARGIN, "without the vouches that have expired since");
            self.y += 36;
        }
        self.y += 18;
    }

    fn band(&mut self, steps: usize, count: usize, roots: Roots) {
        let said = match steps {
            0 => match roots {
                Roots::Own => "Trusted by your own decision".to_owned(),
                Roots::Charter => "In the charter".to_owned(),
                Roots::Given => "Roots".to_owned(),
            },
            1 => "Vouched for by one of them".to_owned(),
            usize::MAX => "Not in".to_owned(),
            n => format!("{n} steps away"),
        };
        self.text("b", MARGIN, &format!("{said} ({count})"));
        // Room for the lines to arrive below the words.
        self.y += 42;
    }

    fn spot(&self, n: usize) -> Spot {
        let (column, row) = ((n % ACROSS) as i32, (n / ACROSS) as i32);
        Spot {
            x: MARGIN + column * (BOX.0 + MARGIN),
            y: self.y + row * (BOX.1 + GAP.0),
            row: self.rows + n / ACROSS,
        }
    }

    fn close_band(&mut self, count: usize) {
        let rows = count.div_ceil(ACROSS);
        self.rows += rows;
        self.y += rows as i32 * (BOX.1 + GAP.0) - GAP.0 + GAP.1;
    }

    fn box_of(&mut self, spot: Spot, name: &String, place: Option<Place>, scene: &Scene) {
        let (edge, ground) = colours(place);
        let dashes = if place.is_none() {
            r#" stroke-dasharray="7 6""#
        } else {
            ""
        };
        let _ = write!(
            self.boxes,
            r#"<rect x="{}" y="{}" width="{}" height="{}" rx="14" fill="{ground}" stroke="{edge}" stroke-width="4"{dashes}/>"#,
            spot.x, spot.y, BOX.0, BOX.1
        );
        let level = match place {
            None if scene.blocked.contains(name) => "blocked here".to_owned(),
            None => why_not(name, scene),
            Some(place) if place.vouching.distance == 0 => match scene.roots {
                Roots::Own => "●●● by you".to_owned(),
                Roots::Charter => "●●● charter".to_owned(),
                Roots::Given => "●●● root".to_owned(),
            },
            Some(place) => match place.vouching.level {
                0 | 1 => "●○○ one way".to_owned(),
                2 => "●●○ two ways".to_owned(),
                _ => "●●● three ways".to_owned(),
            },
        };
        let last = match place {
            _ if scene.dropped.contains(name) => "dropped here".to_owned(),
            Some(place) if place.budget > 0 => format!("may bring in {}", place.budget),
            Some(_) => "them alone".to_owned(),
            None => String::new(),
        };
        let keep = self.y;
        for (class, down, words) in [("n", 34, cut(name, 12)), ("l", 63, level), ("m", 91, last)] {
            self.y = spot.y + down;
            self.text(class, spot.x + 14, &words);
        }
        self.y = keep;
    }

    fn edges(&mut self, scene: &Scene, spots: &BTreeMap<String, Spot>) {
        let soon: BTreeSet<(String, String, u32)> = scene
            .ending()
            .into_iter()
            .map(|o| (o.from, o.to, o.slot))
            .collect();
        let mut drawn: Vec<(Offer<String>, Option<Ignored>)> = scene.graph.vouches().collect();
        // What has no effect lies below what has.
        drawn.sort_by_key(|(_, why)| why.is_none());
        let mut out: BTreeMap<String, i32> = BTreeMap::new();
        let mut into: BTreeMap<String, i32> = BTreeMap::new();
        for (offer, why) in drawn {
            let (Some(from), Some(to)) = (spots.get(&offer.from), spots.get(&offer.to)) else {
                continue;
            };
            if offer.from == offer.to {
                continue;
            }
            let class = match why {
                Some(_) => "e not",
                None if soon.contains(&(offer.from.clone(), offer.to.clone(), offer.slot)) => {
                    "e soon"
                }
                None => "e",
            };
            let a = beside(out.entry(offer.from.clone()).or_default());
            let b = beside(into.entry(offer.to.clone()).or_default());
            let (x1, x2) = (from.x + BOX.0 / 2 + a, to.x + BOX.0 / 2 + b);
            let way = way(*from, *to, x1, x2, b);
            let tip = if why.is_some() {
                ""
            } else {
                r#" marker-end="url(#tip)""#
            };
            let _ = write!(
                self.edges,
                r#"<path class="{class}" d="{way}"{tip}><title>{}</title></path>"#,
                escaped(&match why {
                    None => offer.in_words(&String::clone),
                    Some(why) => format!("{}: {why}", offer.in_words(&String::clone)),
                })
            );
        }
    }

    fn foot(&mut self, scene: &Scene, left_out: usize) {
        let ending = scene.ending();
        if !ending.is_empty() {
            self.text("b", MARGIN, "Ends soon");
            self.y += 34;
            for offer in ending.iter().take(MOST_LINES) {
                let until = offer.until.map_or_else(String::new, |d| d.to_string());
                let words = format!(
                    "{until}   {} → {}",
                    cut(&offer.from, 14),
                    cut(&offer.to, 14)
                );
                self.text("l", MARGIN, &words);
                self.y += 32;
            }
            if ending.len() > MOST_LINES {
                self.text(
                    "m",
                    MARGIN,
                    &format!("and {} more", ending.len() - MOST_LINES),
                );
                self.y += 32;
            }
            self.y += 20;
        }
        if left_out > 0 {
            self.text(
                "m",
                MARGIN,
                &format!("{left_out} more are not drawn: see `parasol trust show`"),
            );
            self.y += 44;
        }
        for (class, words) in [
            ("e", "vouches for"),
            ("e soon", "vouches for, and it ends within 60 days"),
            ("e not", "a vouch without effect"),
        ] {
            let y = self.y - 8;
            let _ = write!(
                self.boxes,
                r#"<path class="{class}" d="M{MARGIN} {y}h64"/>"#
            );
            self.text("m", MARGIN + 84, words);
            self.y += 34;
        }
        self.text(
            "m",
            MARGIN,
            "Ways share nobody but their end. The more, the more",
        );
        self.y += 30;
        self.text(
            "m",
            MARGIN,
            "organisations must be fooled for a fake to get there.",
        );
        self.y += 24;
    }

    fn finish(self, scene: &Scene) -> String {
        let height = self.y + MARGIN;
        let name = escaped(&format!("Whom {} trusts", scene.whose));
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="100%" style="max-width:{WIDTH}px;height:auto" role="img" aria-label="{name}"><title>{name}</title><style>{STYLE}</style><defs><marker id="tip" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="5" markerHeight="5" orient="auto"><path d="M0 0L10 5L0 10z" fill="#55525f"/></marker></defs><rect width="{WIDTH}" height="{height}" fill="#fff"/>{}{}</svg>"##,
            self.edges, self.boxes
        )
    }
}

/// The way of a line: in the room between two rows; past other rows in a lane between the columns, so
/// that it lies behind no box.
fn way(from: Spot, to: Spot, x1: i32, x2: i32, apart: i32) -> String {
    if from.row == to.row {
        // Beside each other: around below.
        let (y, low) = (from.y + BOX.1, from.y + BOX.1 + 40);
        return format!("M{x1} {y}C{x1} {low} {x2} {low} {x2} {}", y + 3);
    }
    let down = to.row > from.row;
    let (y1, y2, turn) = if down {
        (from.y + BOX.1, to.y - 3, 1)
    } else {
        (from.y, to.y + BOX.1 + 3, -1)
    };
    if from.row.abs_diff(to.row) == 1 {
        let bend = turn * ((y2 - y1).abs() / 2).max(20);
        return format!("M{x1} {y1}C{x1} {} {x2} {} {x2} {y2}", y1 + bend, y2 - bend);
    }
    let middle = (x1 + x2) / 2;
    let lanes = (0..=ACROSS as i32).map(|n| MARGIN / 2 + n * (BOX.0 + MARGIN));
    let lane = lanes.min_by_key(|x| (x - middle).abs()).unwrap_or(middle) + apart.clamp(-6, 6);
    let (room, bend) = (turn * 40, turn * 26);
    format!(
        "M{x1} {y1}C{x1} {} {lane} {} {lane} {}V{}C{lane} {} {x2} {} {x2} {y2}",
        y1 + bend,
        y1 + bend / 2,
        y1 + room,
        y2 - room,
        y2 - bend / 2,
        y2 - bend,
    )
}

/// Where along its side a box's next line begins: the middle, then right and left of it in turn.
fn beside(count: &mut i32) -> i32 {
    *count += 1;
    let step = *count / 2 * 13;
    let side = if *count % 2 == 0 { step } else { -step };
    side.clamp(-(BOX.0 / 2 - 16), BOX.0 / 2 - 16)
}

/// Why somebody is not in, in few words.
fn why_not(name: &String, scene: &Scene) -> String {
    let said = match scene.graph.vouches_for(name).find_map(|(_, why)| why) {
        None => "no vouch",
        Some(Ignored::OverBudget { .. }) => "over budget",
        Some(Ignored::Revoked) => "taken back",
        Some(Ignored::Ended | Ignored::Later) => "not in force",
        Some(Ignored::SlotTwice) => "two in one slot",
        Some(Ignored::OutOfScope) => "about other things",
        Some(Ignored::Blocked) => "blocked here",
        Some(Ignored::TooFar) => "too far",
        Some(Ignored::Oneself) => "only for itself",
        Some(Ignored::IssuerUnknown) => "by nobody known",
    };
    said.to_owned()
}

/// A name that fits.
fn cut(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let begun: String = name.chars().take(most.saturating_sub(1)).collect();
    format!("{begun}…")
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // What XML cannot hold, or what could turn the text around.
            c if c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}') =>
            {
                out.push('�');
            }
            c => out.push(c),
        }
    }
    out
}
