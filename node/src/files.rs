//! Files that nobody but their owner may read, and that are there whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Between two tries for a lock that somebody else has.
const AGAIN: Duration = Duration::from_millis(10);
/// How long one waits for whoever rewrites files in a directory: it is done at once, unless it was
/// suspended in the middle of that.
const REWRITING: Duration = Duration::from_secs(1);

/// Writes a file with mode 0600, through a sibling that takes its place when it is on disk.
///
/// # Errors
/// If it cannot be written. Then what was there before still is.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(test)]
    watch::step(path);
    let sibling = sibling(path);
    let written = write_at(&sibling, bytes).and_then(|()| {
        #[cfg(test)]
        watch::step(path);
        fs::rename(&sibling, path)
    });
    if written.is_err() {
        clear(&sibling);
        return written;
    }
    sync_parent(path)
}

/// Removes what is left of a file that was not to be. It may hold a key, so it is written over if that can
/// be. If it cannot be removed either, the error before this one counts.
fn clear(sibling: &Path) {
    if destroy(sibling).is_err() {
        drop(fs::remove_file(sibling));
    }
}

/// Writes a file that is not there yet, with mode 0600. The name is taken before anything is written,
/// so what is there is never written over, by whatever way the path leads to it.
///
/// # Errors
/// If something is there, or it cannot be written. Then nothing is left behind.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)?;
    let written = write_private(path, bytes);
    if written.is_err() {
        // Nothing but the name. If it stays, the first error still counts.
        drop(fs::remove_file(path));
    }
    written
}

/// Writes files as [`write_private`] does one, all of them or none: each lies beside its place, on
/// disk, before the first takes its own, and if one cannot, those before it are put back. Only a crash
/// in the middle of that leaves some of them, and then the first ones, each whole.
///
/// # Errors
/// Says which cannot be written. Then what was there before still is.
pub fn write_together(files: &[(PathBuf, Vec<u8>)]) -> Result<(), (PathBuf, io::Error)> {
    let siblings: Vec<PathBuf> = files.iter().map(|(path, _)| sibling(path)).collect();
    let clear = || siblings.iter().for_each(|sibling| clear(sibling));
    for ((path, bytes), sibling) in files.iter().zip(&siblings) {
        #[cfg(test)]
        watch::step(path);
        if let Err(why) = write_at(sibling, bytes) {
            clear();
            return Err((path.clone(), why));
        }
    }
    let mut replaced: Vec<(&Path, Option<Vec<u8>>)> = Vec::new();
    for ((path, _), sibling) in files.iter().zip(&siblings) {
        #[cfg(test)]
        watch::step(path);
        let moved = read_if_there(path).and_then(|before| {
            fs::rename(sibling, path)?;
            replaced.push((path, before));
            sync_parent(path)
        });
        if let Err(why) = moved {
            for (path, before) in replaced.into_iter().rev() {
                // If that fails as well, the first error still counts.
                drop(match before {
                    Some(bytes) => write_private(path, &bytes),
                    None => fs::remove_file(path),
                });
            }
            clear();
            return Err((path.clone(), why));
        }
    }
    Ok(())
}

fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn sibling(path: &Path) -> PathBuf {
    let mut sibling = path.file_name().unwrap_or_default().to_owned();
    sibling.push(format!(".{}.new", std::process::id()));
    path.with_file_name(sibling)
}

fn write_at(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path)?;
    // A left-over of an earlier attempt keeps its old mode otherwise.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename of `path` itself durable.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

/// Removes a file after writing over it: what was in it should not be found in free space. No file
/// system promises more. One that is not there is gone already.
///
/// # Errors
/// If it cannot be written over or removed.
pub fn destroy(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    #[cfg(test)]
    watch::step(path);
    overwrite(&mut file)?;
    #[cfg(test)]
    watch::step(path);
    fs::remove_file(path)?;
    sync_parent(path)
}

/// Writes over a file that was opened and not read, whatever name it has by now.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn overwrite(file: &mut File) -> io::Result<()> {
    let length = file.metadata()?.len();
    file.write_all(&vec![0; usize::try_from(length).unwrap_or(0)])?;
    file.sync_all()
}

/// Destroys what a crash in the middle of writing has left of files whose names begin so.
///
/// # Errors
/// If the directory cannot be read, or one cannot be destroyed.
pub fn destroy_left_over(dir: &Path, begins: &str) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| name.starts_with(begins) && name.ends_with(".new")) {
            destroy(&path)?;
        }
    }
    Ok(())
}

/// Waits until nobody else rewrites or destroys files in a directory, be it another thread or another
/// program, and keeps others from it until what is returned is dropped. Whoever rewrites a file writes
/// one beside it first, which must not be taken for one that a crash left.
///
/// # Errors
/// If the directory cannot be opened or locked; of the kind `WouldBlock`, if somebody else does not
/// come to an end.
pub fn alone_in(dir: &Path) -> io::Result<File> {
    let held = File::open(dir)?;
    lock_within(&held, REWRITING)?;
    Ok(held)
}

/// Waits for a lock for so long at most: a program that was suspended holds its locks as long as it is,
/// and must stop no other.
///
/// # Errors
/// Of the kind `WouldBlock`, if somebody else has it still; else if it cannot be locked.
pub fn lock_within(file: &File, patience: Duration) -> io::Result<()> {
    let until = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(AGAIN),
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::WouldBlock,
                    "another program works on these files; is there one that was suspended?",
                ));
            }
        }
    }
}

/// Lets a test look at the disk between any two writes of its thread.
#[cfg(test)]
pub(crate) mod watch {
    use std::cell::RefCell;
    use std::path::Path;

    type Look = Box<dyn FnMut(&Path)>;

    thread_local! {
        static LOOK: RefCell<Option<Look>> = const { RefCell::new(None) };
    }

    /// From now on before each write, and between its parts.
    pub(crate) fn each(look: impl FnMut(&Path) + 'static) {
        LOOK.set(Some(Box::new(look)));
    }

    /// No longer.
    pub(crate) fn stop() {
        LOOK.set(None);
    }

    pub(super) fn step(path: &Path) {
        // Whoever looks does not write.
        if let Some(mut look) = LOOK.take() {
            look(path);
            LOOK.set(Some(look));
        }
    }
}

/// Makes a directory, and those above it that are missing, with mode 0700.
///
/// # Errors
/// If one cannot be made.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whether group or others may read or write the file.
///
/// # Errors
/// If its mode cannot be read.
pub fn is_exposed(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_stays_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "old and open").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(is_exposed(&path).unwrap());
        write_private(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(!is_exposed(&path).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_private(&dir.path().join("no/such/dir"), b"x").is_err());
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write_new(&path, b"first").unwrap();
        assert!(!is_exposed(&path).unwrap());
        fs::create_dir(dir.path().join("b")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("c")).unwrap();
        // Another way to the same file is the same file.
        for taken in ["a", "b/../a", "c"] {
            let why = write_new(&dir.path().join(taken), b"second").unwrap_err();
            assert_eq!(why.kind(), io::ErrorKind::AlreadyExists, "{taken}");
        }
        assert_eq!(fs::read(&path).unwrap(), b"first");
        // What cannot be written leaves no name behind.
        let path = dir.path().join("d");
        fs::create_dir(sibling(&path)).unwrap();
        assert!(write_new(&path, b"x").is_err());
        assert!(!path.exists());
    }

    #[test]
    fn files_that_are_written_together_are_all_there_or_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let names = || {
            let mut names: Vec<_> = fs::read_dir(dir.path())
                .unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        fs::write(path("a"), "old").unwrap();
        let three = ["a", "b", "c"].map(|n| (path(n), b"new".to_vec()));
        // The second cannot be written at all.
        fs::create_dir(sibling(&path("b"))).unwrap();
        let (which, _) = write_together(&three).unwrap_err();
        assert_eq!(which, path("b"));
        fs::remove_dir(sibling(&path("b"))).unwrap();
        assert_eq!(
            (fs::read(path("a")).unwrap(), names()),
            (b"old".to_vec(), vec!["a".into()])
        );
        // The third is written, and cannot take its place.
        fs::create_dir(path("c")).unwrap();
        let (which, _) = write_together(&three).unwrap_err();
        assert_eq!(which, path("c"));
        assert_eq!(fs::read(path("a")).unwrap(), b"old");
        assert_eq!(names(), ["a", "c"]);
        fs::remove_dir(path("c")).unwrap();
        write_together(&three).unwrap();
        assert_eq!(names(), ["a", "b", "c"]);
        assert!(
            three
                .iter()
                .all(|(path, _)| fs::read(path).unwrap() == b"new")
        );
    }
}
