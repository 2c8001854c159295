//! A directory for what a target has to have on a disk: in memory, if there is such a file system,
//! so that nothing wears out and nothing waits.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const NAME: &str = "parasol-fuzz-";

static PLACE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let root = match memory.is_dir() {
        true => memory.to_owned(),
        false => std::env::temp_dir(),
    };
    // What processes left that are no more.
    for entry in fs::read_dir(&root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|n| n.strip_prefix(NAME));
        if number.is_some_and(|n| !Path::new("/proc").join(n).exists()) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
    root.join(format!("{NAME}{}", std::process::id()))
});

/// This process's directory, with nothing in it.
pub fn empty() -> &'static Path {
    if PLACE.exists() {
        fs::remove_dir_all(&*PLACE).unwrap();
    }
    fs::create_dir_all(&*PLACE).unwrap();
    &PLACE
}

/// A file in it with these contents.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PLACE.join(name);
    fs::create_dir_all(&*PLACE).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}
