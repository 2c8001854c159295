//! What a member is told of quotas: numbers of today, and who granted what.

use parasol_protocol::engine::{Allowance, Share};

/// What may be asked of the keyholders today. Times are the home node's.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(super) struct QuotaBody {
    /// The home node's day.
    today: String,
    /// The charter's evaluations a day, of each keyholder and under each key.
    quota: u32,
    /// What grants add to it in all their days, if enough keyholders gave them.
    granted: u32,
    /// How many keyholders' grants it takes.
    needed: usize,
    /// The grants of keyholders that hold today.
    grants: Vec<GrantBody>,
    /// What all members of this node have asked for today, rounded up.
    asked: u32,
    /// What this member has asked for today.
    yours: u32,
    /// What she can still ask for, at least, if nobody else does meanwhile; absent where nothing is
    /// divided.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u32>,
    /// Seconds until the home node's next day.
    retry_after: u32,
}

#[derive(serde::Serialize, utoipa::ToSchema)]
struct GrantBody {
    /// The root key of the organisation that gave it.
    by: String,
    /// How many evaluations, in all its days together.
    evaluations: u32,
    /// Its first day.
    from: String,
    /// Its last day.
    until: String,
}

impl QuotaBody {
    pub(super) fn new(share: &Share, allowance: &Allowance) -> Self {
        let grants = allowance.grants.iter();
        Self {
            today: allowance.day.to_string(),
            quota: allowance.quota,
            granted: allowance.granted,
            needed: allowance.needed,
            grants: grants
                .map(|g| GrantBody {
                    by: g.issuer.to_string(),
                    evaluations: g.grant.evaluations,
                    from: g.issued.to_string(),
                    until: g.expires.to_string(),
                })
                .collect(),
            asked: share.all,
            yours: share.used,
            left: (share.left < u32::MAX).then_some(share.left),
            retry_after: share.again.seconds(),
        }
    }
}
