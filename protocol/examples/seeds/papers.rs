//! Seeds for the target of files that go from hand to hand: as the command writes them, or the vectors
//! have them.

use crate::{Seeds, all, file, hexed, listed};
use parasol_protocol::cbor;

/// The root of an organisation that there is not, in two of the three parts that give it back.
const PARTS: [&str; 2] = [
    "acid rescue focus gossip budget pluck cement farm person embark lumber assume will identify \
     tomato notable uncle sun decide abandon coast venue tomato kidney mesh tunnel mango",
    "capable rescue ugly inner magic dash attend debate goat secret horse truly silk nature oval \
     orange acoustic guard bomb afford object dad bridge source suggest winter helmet",
];

/// Another one's words, as they stand on paper.
const WORDS: &str = " 1 dilemma    2 orbit      3 dolphin    4 loud\n 5 plug       6 endless    \
    7 effort     8 ivory\n 9 chat      10 scan      11 people    12 demand\n13 since     14 glad      \
    15 quantum   16 push\n17 violin    18 basic     19 where     20 mass\n21 steel     22 cook      \
    23 ready     24 innocent\n";

const GRAPH: &str = r#"{"roots": [{"name": "us", "budget": 10}], "vouches": [
    {"from": "us", "to": "them", "budget": 3, "slot": 1},
    {"from": "them", "to": "others", "budget": 0, "slot": 1},
    {"from": "others", "to": "others", "budget": 0, "slot": 1},
    {"from": "us", "to": "others", "budget": 0, "slot": 2}]}"#;

const MORE: &str = r#"{"vouches": [{"from": "us", "to": "more", "budget": 1, "slot": 3}]}"#;

const QUOTA: &str = r#"{"today": "2026-11-22", "quota": 60000, "asked": 3, "yours": 1, "left": 59997,
    "granted": 40000, "needed": 1, "grants": [{"by": "00", "from": "2026-11-22",
    "until": "2026-11-29", "evaluations": 40000}]}"#;

/// What a node asks its root to sign.
fn request() -> Vec<u8> {
    let charter = hexed(&file("ok/charter.json")["cases"][0]["hex"]);
    cbor::encode(|e| {
        cbor::put_array(e, 9);
        cbor::put_text(e, "parasol request 1");
        cbor::put_text(e, "node");
        cbor::put_bytes(e, &listed(&[charter]));
        for n in 1..=4 {
            cbor::put_bytes(e, &[n; 32]);
        }
        cbor::put_bytes(e, &[5; 64]);
        cbor::put_bytes(e, &[6; 64]);
    })
}

/// A draft of a charter that says what the vectors' says.
fn draft() -> String {
    let keys = ["01", "02", "03"].map(|n| n.repeat(32));
    let organisation = |n: usize, country: &str| {
        format!(
            "[[organisation]]\nname = \"org-{n}\"\nroot = \"{}\"\njurisdiction = \"{country}\"\nkeyholder = {}\nbudget = 10\n",
            keys[n],
            n + 1
        )
    };
    format!(
        "name = \"Three trees\"\nmade = \"2026-11-22\"\nthreshold = 2\ncities = [\"FR:lyon\"]\n\
         [lives]\nreport = 600\ntranslation = 600\nsecond = 600\ndispute = 600\nvouch = 365\ndelegation = 90\n\
         [quotas]\nrecords = 20000\nevaluations = 60000\n{}{}{}\
         [[former]]\nroot = \"{}\"\nsuccessor = \"{}\"\nstays = [\"{}\"]\n",
        organisation(0, "FR"),
        organisation(1, "GB"),
        organisation(2, "RU"),
        "04".repeat(32),
        keys[0],
        "05".repeat(32),
    )
}

/// Records of roots: that is what a node takes in as a file.
fn by_roots() -> Vec<Vec<u8>> {
    let records = file("ok/charter.json")["cases"][0]["records"].clone();
    records.as_array().unwrap().iter().map(hexed).collect()
}

pub fn write() {
    let texts = |all: &[&str]| all.iter().map(|text| text.as_bytes().to_vec()).collect();
    let (records, own) = (all("ok/records.json"), by_roots());
    let certificate = all("ok/certificate.json");
    let set: Vec<Vec<u8>> = [own.clone(), certificate.clone()].concat();
    let profile = format!(
        "name = \"x\"\norganisation = \"{0}\"\nnode = \"http://127.0.0.1:8440\"\ntoken = \"{0}\"\n\
         federation = \"{0}\"\nepoch = 2\ncertificate = \"{0}\"\ncharter = \"3:{0}\"\n\
         roots = [\"rowan=50\"]\nblocked = [\"lilas\"]\ncountry = \"FR\"\nlang = \"fr\"\n",
        "07".repeat(32)
    );
    let grant = format!(
        "to = \"{}\"\nevaluations = 40000\nuntil = \"2026-11-29\"\n",
        "07".repeat(32)
    );
    let tried = [GRAPH, MORE].join("\0");
    Seeds::of("papers")
        .mode(0, vec![request()], Vec::new())
        .mode(
            1,
            vec![own[0].clone(), listed(&own), listed(&set)],
            [all("ok/charter.json"), certificate, records.clone()].concat(),
        )
        .mode(
            2,
            [records.clone(), vec![listed(&records)]].concat(),
            all("bad/records.json"),
        )
        .mode(
            3,
            texts(&[WORDS]),
            texts(&[&WORDS.replace("dolphin", "dolfin")]),
        )
        .mode(4, texts(&[&PARTS.join("\0")]), texts(&[PARTS[0]]))
        .mode(
            5,
            texts(&[GRAPH, &tried]),
            texts(&["{\"roots\": [], \"vouches\": []}"]),
        )
        .mode(6, texts(&[&draft()]), Vec::new())
        .mode(7, texts(&[&grant]), Vec::new())
        .mode(8, texts(&[&profile]), Vec::new())
        .mode(9, texts(&[QUOTA]), Vec::new())
        .write();
}
