//! Names the stylesheet by its content, as the build does when it copies it: `/assets/usher.<hash>.css`.

use sha2::{Digest, Sha256};

fn main() {
    println!("cargo:rerun-if-changed=assets/usher.css");
    let css = std::fs::read("assets/usher.css").unwrap_or_default();
    let digest = Sha256::digest(&css);
    let hash = digest.iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    println!("cargo:rustc-env=USHER_STYLESHEET=/assets/usher.{hash:016x}.css");
}
