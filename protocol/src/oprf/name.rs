//! Which key: the bucket key, or the handle or area key of a season.

use std::fmt;

use crate::time::Season;

/// The name of a shared key.
///
/// Keys are ordered as they are listed here, seasons from early to late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// Chooses what a look-up downloads. It stays the same across seasons.
    Bucket,
    /// Turns a handle into a label and a wrap key, for reports that expire in this season.
    Handle(Season),
    /// Turns an area into what opens a browsable report that expires in this season.
    Area(Season),
}

impl KeyName {
    /// The season whose end destroys the key, or `None` for the bucket key, which has no end.
    pub fn season(self) -> Option<Season> {
        match self {
            Self::Bucket => None,
            Self::Handle(season) | Self::Area(season) => Some(season),
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket => f.write_str("bucket"),
            Self::Handle(season) => write!(f, "handle/{season}"),
            Self::Area(season) => write!(f, "area/{season}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_like_paths_and_sort_by_kind_then_season() {
        let (early, late) = (
            Season::from_index(2026 * 2 + 1),
            Season::from_index(2027 * 2),
        );
        let sorted = [
            KeyName::Bucket,
            KeyName::Handle(early),
            KeyName::Handle(late),
            KeyName::Area(early),
        ];
        assert!(sorted.is_sorted());
        assert_eq!(
            sorted.map(|name| name.to_string()),
            ["bucket", "handle/2026H2", "handle/2027H1", "area/2026H2"]
        );
        assert_eq!(KeyName::Area(late).season(), Some(late));
        assert_eq!(KeyName::Bucket.season(), None);
    }
}
