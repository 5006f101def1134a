//! Names the stylesheet by its content, as the build does when it copies it: `/assets/usher.<hash>.css`.

use sha2::{Digest, Sha256};

fn main() {
    println!("cargo:rerun-if-changed=assets/usher.css");
    let css = std::fs::read("assets/usher.css").unwrap_or_default();
    let hash: String = Sha256::digest(&css).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo:rustc-env=USHER_STYLESHEET=/assets/usher.{hash}.css");
}
