//! What is typed again and again: how a charter is changed, and a node delegated.

/// Another version of a charter, of a draft in a file, or of what stands and the options after it if
/// that is `-`.
pub fn propose(draft: &str, charter: &str, root: &str, more: &[&str]) -> Vec<String> {
    let words = [
        "charter",
        "propose",
        draft,
        "--charter",
        charter,
        "--root",
        root,
    ];
    owned(&[&words, more])
}

/// A version that was proposed is signed by another root.
pub fn sign(id: &str, charter: &str, root: &str) -> Vec<String> {
    owned(&[&["charter", "sign", id, "--charter", charter, "--root", root]])
}

/// A node's request is answered by its organisation's root.
pub fn delegate(request: &str, root: &str, out: &str, more: &[&str]) -> Vec<String> {
    let words = ["org", "delegate", request, "--root", root, "--out", out];
    owned(&[&words, more])
}

fn owned(words: &[&[&str]]) -> Vec<String> {
    words.concat().into_iter().map(str::to_owned).collect()
}
