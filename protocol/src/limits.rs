//! Sizes and counts that hold for every federation (`spec/01-conventions.md`, section 5).
//! What a federation may choose for itself stands in its charter.

/// Seasons in which a live report can expire.
pub const LIVE_SEASONS: u32 = 5;
/// The longest life of a report, in days.
pub const MAX_REPORT_LIFE: u32 = 730;
/// The life of a report when its author says nothing: about 18 months.
pub const DEFAULT_REPORT_LIFE: u32 = 548;
/// The life of a retraction. It outlives the last season that any report with its lock could use.
pub const RETRACTION_LIFE: u32 = MAX_REPORT_LIFE + 186;
/// The longest life of a vouch.
pub const MAX_VOUCH_LIFE: u32 = 730;
/// The longest time for which a delegation may sign.
pub const MAX_DELEGATION_DAYS: u32 = 90;
/// How long after its last signing day a delegation is kept: as long as what it signed can live.
pub const DELEGATION_AFTERLIFE: u32 = RETRACTION_LIFE;
/// The longest life of a revocation or an affirmation: that of all that the key signed.
pub const MAX_REVOCATION_LIFE: u32 = MAX_DELEGATION_DAYS + DELEGATION_AFTERLIFE;
/// The life of an ending: what expired in the season is long gone everywhere when it goes, and whoever
/// was away for shorter than that learns of it.
pub const ENDING_LIFE: u32 = RETRACTION_LIFE;
/// By how many days a season's last day must be past before a node says that it is over: more than
/// clocks are honestly wrong.
pub const ENDING_MARGIN: u32 = 2;
/// Records that a root key may sign a day.
pub const ROOT_QUOTA: u32 = 64;
/// The most evaluations that a grant gives, of each keyholder and under each key.
pub const MAX_GRANT: u32 = 500_000;
/// The longest life of a grant, in days.
pub const MAX_GRANT_LIFE: u32 = 30;
/// Grants that an organisation's nodes may publish a day, all together.
pub const GRANT_QUOTA: u32 = 8;

/// The largest record, in bytes.
pub const MAX_RECORD: usize = 8 * 1024;
/// The largest charter or key certificate, in bytes.
pub const MAX_COSIGNED: usize = 256 * 1024;
/// How deep CBOR may nest.
pub const MAX_DEPTH: usize = 8;
/// The ceiling of all sealed parts of a report together.
pub const MAX_SEALED: usize = 4096;
/// Numbers of handle entries that a report may have; the surplus is random.
pub const ENTRY_COUNTS: [usize; 3] = [4, 8, 16];
/// Ids that one affirmation lists.
pub const MAX_AFFIRMED: usize = 128;
/// Areas that the scope of a vouch lists.
pub const MAX_VOUCH_AREAS: usize = 32;
/// Codes in a report.
pub const MAX_CODES: usize = 12;
/// Bytes of free text in a report, a translation or a dispute, as UTF-8.
pub const MAX_TEXT: usize = 1800;
/// The most bits of a bucket.
pub const MAX_BUCKET_BITS: u8 = 20;
/// Organisations in a charter.
pub const MAX_ORGANISATIONS: usize = 1000;
/// Keyholders in a charter.
pub const MAX_KEYHOLDERS: usize = 64;
/// How many others the charter may let an organisation bring in.
pub const MAX_BUDGET: u32 = 10_000;
/// Former roots in a charter.
pub const MAX_FORMER: usize = 1000;
/// Records that stay of one former root.
pub const MAX_FORMER_RECORDS: usize = 256;
/// Versions that one version of the charter may set aside.
pub const MAX_RIVALS: usize = 16;
/// How far above the epoch in force the next one may be: ceremonies that stopped use numbers up, and
/// nobody may use them all up.
pub const MAX_EPOCH_GAP: u32 = 1000;
/// Keys that one ceremony makes: those of all seasons that live or are made ahead, and to spare.
pub const MAX_CEREMONY_KEYS: usize = 16;
/// The largest message of a ceremony, in bytes.
pub const MAX_CEREMONY_MESSAGE: usize = 64 * 1024;
/// The most messages that a board of the largest ceremony holds: two of each step of each participant.
pub const MAX_CEREMONY_MESSAGES: usize = 2 * MAX_KEYHOLDERS * 6 * 2;
/// The largest board of a ceremony, in bytes.
pub const MAX_BOARD: usize = 8 * 1024 * 1024;
/// How long after its day a plan may still be joined: files travel slowly.
pub const MAX_PLAN_DAYS: u32 = 30;
/// Days by which a plan's day may lie ahead of a participant's own: as far as honest clocks are apart
/// (`spec/08-security.md`, section 11; `spec/11-ceremonies.md`, section 2).
pub const MAX_PLAN_AHEAD: u32 = 2;
