//! Prints what the other programs have written down, as one table.

fn main() {
    parasol_benches::print_all(&[
        "loopback", "lookup", "store", "million", "cbor", "admit", "seal", "gossip", "trust",
        "ceremony", "keys", "programs",
    ]);
}
