//! Destroys shares of keys in the files of a node's directory.
//!
//! ```text
//! keys/shares.cbor, keys/shares-7-….cbor     the shares that a certificate names
//! keys/shares-7-….cbor.gone                  what a file held before; it is overwritten, and goes
//! ```
//!
//! The new file is on disk before the old bytes are touched, so that a crash leaves one or the other
//! whole; and the old bytes have a name until they are overwritten, so that the next start finds them.
//! A file system that writes elsewhere than where it is told (snapshots, a log, a flash disk's own
//! ways) may keep them all the same: no program can change that from here.

use crate::files::{alone_in, destroy, overwrite, write_private};
use crate::keys::{decode_shares, encode_shares};
use parasol_protocol::oprf::KeyName;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Added to the name of a file that is to be overwritten.
const GONE: &str = ".gone";

/// Rewrites every shares file of a node's directory that holds one of these keys without them, and
/// overwrites what was there. Says how many held one. Done again it changes nothing.
///
/// # Errors
/// If a file cannot be read, written or overwritten. What was done is done; do the rest again.
pub fn forget_keys(dir: &Path, names: &BTreeSet<KeyName>) -> io::Result<usize> {
    let keys = dir.join("keys");
    let mut changed = 0;
    let _alone = match alone_in(&keys) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other?,
    };
    let (mut files, mut left_over) = (Vec::new(), Vec::new());
    let listed = match fs::read_dir(&keys) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    for entry in listed {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with("shares") {
            continue;
        }
        if name.ends_with(".cbor") {
            files.push(entry.path());
        } else if name.ends_with(GONE) || name.ends_with(".new") {
            // Whoever writes one is alone here meanwhile: it was left by a crash.
            left_over.push(entry.path());
        }
    }
    // What one file does not let be done is no reason to leave the others.
    let mut failed = None;
    for path in left_over {
        failed = failed.or(clear(&path).err());
    }
    for path in files {
        match forget_in(&path, names) {
            Ok(held) => changed += usize::from(held),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    File::open(&keys)?.sync_all()?;
    failed.map_or(Ok(changed), Err)
}

/// Overwrites what an earlier attempt left, or a file that never got its name.
fn clear(path: &Path) -> io::Result<()> {
    let live = path.with_extension("");
    if is_one_file(path, &live)? {
        fs::remove_file(path)
    } else {
        destroy(path)
    }
}

fn forget_in(path: &Path, names: &BTreeSet<KeyName>) -> io::Result<bool> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        // It went meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut shares = decode_shares(&bytes).map_err(|why| {
        let text = format!("{} is damaged: {why}", path.display());
        io::Error::new(io::ErrorKind::InvalidData, text)
    })?;
    let before = shares.len();
    shares.retain(|name, _| !names.contains(name));
    if shares.len() == before {
        return Ok(false);
    }
    replace(path, &encode_shares(&shares), |of, name| {
        fs::hard_link(of, name)
    })
}

/// Puts other bytes in the place of a file's, and overwrites those that were there. Says whether it was
/// there still.
fn replace(
    path: &Path,
    bytes: &[u8],
    link: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> io::Result<bool> {
    let mut gone = path.as_os_str().to_owned();
    gone.push(GONE);
    let gone = PathBuf::from(gone);
    match link(path, &gone) {
        Ok(()) => {
            write_private(path, bytes)?;
            destroy(&gone)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // Some file systems know no second name. The old bytes have none then while they are overwritten:
        // a crash in that moment leaves them in free space, and without this they would stay for ever.
        Err(_) => {
            let mut old = OpenOptions::new().write(true).open(path)?;
            write_private(path, bytes)?;
            overwrite(&mut old)?;
        }
    }
    Ok(true)
}

/// Whether two names are of one file.
fn is_one_file(a: &Path, b: &Path) -> io::Result<bool> {
    let (a, b) = (fs::metadata(a)?, fs::metadata(b));
    Ok(b.is_ok_and(|b| (a.dev(), a.ino()) == (b.dev(), b.ino())))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;
    use crate::entropy::OsEntropy;
    use crate::files::{create_private_dir, watch};
    use parasol_protocol::oprf::{KeyShare, deal};
    use parasol_protocol::time::Season;
    use std::cell::Cell;
    use std::collections::BTreeMap;
    use std::io::Read as _;
    use std::rc::Rc;

    fn season(n: u32) -> Season {
        Season::from_index(4053).plus(n)
    }

    fn names(of: u32) -> BTreeSet<KeyName> {
        BTreeSet::from([KeyName::Handle(season(of)), KeyName::Area(season(of))])
    }

    /// A node directory with the shares of two epochs.
    struct Bench {
        dir: tempfile::TempDir,
        shares: BTreeMap<KeyName, KeyShare>,
    }

    impl Bench {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            create_private_dir(&dir.path().join("keys")).unwrap();
            let all = names(0).into_iter().chain(names(1));
            let shares = std::iter::once(KeyName::Bucket).chain(all).map(|name| {
                let dealt = deal(name, 2, 3, &mut OsEntropy).unwrap();
                (name, dealt.shares.into_iter().next().unwrap())
            });
            let bench = Self {
                shares: shares.collect(),
                dir,
            };
            for name in ["shares.cbor", "shares-7.cbor"] {
                write_private(&bench.path(name), &encode_shares(&bench.shares)).unwrap();
            }
            bench
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join("keys").join(name)
        }

        fn kept(&self, name: &str) -> BTreeSet<KeyName> {
            let bytes = fs::read(self.path(name)).unwrap();
            decode_shares(&bytes).unwrap().into_keys().collect()
        }

        fn list(&self) -> Vec<String> {
            let all = fs::read_dir(self.dir.path().join("keys")).unwrap();
            let mut all: Vec<String> = all
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            all.sort();
            all
        }
    }

    /// What lies beside a file that is being written must not be destroyed as a crash's leavings.
    #[test]
    fn nobody_else_clears_up_between_its_writes() {
        let bench = Bench::new();
        let keys = bench.dir.path().join("keys");
        let (place, seen) = (keys.clone(), Rc::new(Cell::new(0)));
        let count = Rc::clone(&seen);
        watch::each(move |path| {
            if path.starts_with(&place) {
                assert!(File::open(&place).unwrap().try_lock().is_err());
                count.set(count.get() + 1);
            }
        });
        forget_keys(bench.dir.path(), &names(0)).unwrap();
        watch::stop();
        assert!(seen.get() > 0);
        File::open(&keys).unwrap().try_lock().unwrap();
    }

    #[test]
    fn every_file_loses_the_keys_and_the_old_bytes_are_overwritten() {
        let bench = Bench::new();
        // Whoever has the file open looks at the bytes where they lay.
        let mut before = File::open(bench.path("shares-7.cbor")).unwrap();
        assert_eq!(forget_keys(bench.dir.path(), &names(0)).unwrap(), 2);
        let rest: BTreeSet<KeyName> = names(1).into_iter().chain([KeyName::Bucket]).collect();
        for name in ["shares.cbor", "shares-7.cbor"] {
            assert_eq!(bench.kept(name), rest);
        }
        let mut old = Vec::new();
        before.read_to_end(&mut old).unwrap();
        assert!(!old.is_empty() && old.iter().all(|byte| *byte == 0));
        assert_eq!(bench.list(), ["shares-7.cbor", "shares.cbor"]);
        // Again, it changes nothing.
        let bytes = fs::read(bench.path("shares.cbor")).unwrap();
        assert_eq!(forget_keys(bench.dir.path(), &names(0)).unwrap(), 0);
        assert_eq!(fs::read(bench.path("shares.cbor")).unwrap(), bytes);
    }

    /// As exFAT, and most of what USB sticks come with.
    #[test]
    fn where_a_file_has_one_name_only_it_is_overwritten_all_the_same() {
        for (why, done) in [
            (io::ErrorKind::PermissionDenied, Some(true)),
            (io::ErrorKind::Unsupported, Some(true)),
            (io::ErrorKind::NotFound, Some(false)),
            (io::ErrorKind::AlreadyExists, None),
        ] {
            let bench = Bench::new();
            let path = bench.path("shares.cbor");
            let before = fs::read(&path).unwrap();
            let mut old = File::open(&path).unwrap();
            let replaced = replace(&path, b"new", |_, _| Err(why.into()));
            assert_eq!(replaced.ok(), done, "{why}");
            let mut bytes = Vec::new();
            old.read_to_end(&mut bytes).unwrap();
            if done == Some(true) {
                assert_eq!(fs::read(&path).unwrap(), b"new");
                assert_eq!(bytes, vec![0; before.len()]);
            } else {
                assert_eq!(bytes, before);
            }
            assert_eq!(bench.list(), ["shares-7.cbor", "shares.cbor"]);
        }
    }

    #[test]
    fn what_a_crash_left_is_overwritten_at_the_next_time() {
        let bench = Bench::new();
        let gone = bench.path("shares.cbor.gone");
        // After the name was given and before the new file was there: it is the file itself.
        fs::hard_link(bench.path("shares.cbor"), &gone).unwrap();
        assert_eq!(forget_keys(bench.dir.path(), &BTreeSet::new()).unwrap(), 0);
        assert_eq!(bench.kept("shares.cbor").len(), 5);
        assert_eq!(bench.list(), ["shares-7.cbor", "shares.cbor"]);
        // After the new one took its place.
        fs::write(&gone, encode_shares(&bench.shares).as_slice()).unwrap();
        let mut old = File::open(&gone).unwrap();
        // The program may have the number again that it had: in a container it always has.
        let number = std::process::id();
        for new in [number, u32::MAX] {
            fs::write(bench.path(&format!("shares-8.cbor.{new}.new")), b"half").unwrap();
        }
        assert_eq!(forget_keys(bench.dir.path(), &names(0)).unwrap(), 2);
        let mut bytes = Vec::new();
        old.read_to_end(&mut bytes).unwrap();
        assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0));
        assert_eq!(bench.list(), ["shares-7.cbor", "shares.cbor"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_of_and_keeps_no_other() {
        let bench = Bench::new();
        fs::write(bench.path("shares.cbor"), b"no shares").unwrap();
        assert!(forget_keys(bench.dir.path(), &names(0)).is_err());
        assert_eq!(fs::read(bench.path("shares.cbor")).unwrap(), b"no shares");
        assert_eq!(bench.kept("shares-7.cbor").len(), 3);
        let none = tempfile::tempdir().unwrap();
        assert_eq!(forget_keys(none.path(), &names(0)).unwrap(), 0);
    }
}
