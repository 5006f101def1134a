//! Names the stylesheet by its content, as the build does when it copies it (`/assets/usher.<hash>.css`), and lists the
//! templates: each file of `src/domain/templates/` is one.

use sha2::{Digest, Sha256};

fn main() {
    println!("cargo:rerun-if-changed=assets/usher.css");
    let css = std::fs::read("assets/usher.css").unwrap_or_default();
    let digest = Sha256::digest(&css);
    let hash = digest.iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    println!("cargo:rustc-env=USHER_STYLESHEET=/assets/usher.{hash:016x}.css");
    list_templates();
}

fn list_templates() {
    let folder = std::path::Path::new("src/domain/templates");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut keys: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    keys.sort();
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let entries: Vec<String> = keys
        .iter()
        .map(|key| format!("(\"{key}\", include_str!(\"{root}/src/domain/templates/{key}.json\")),"))
        .collect();
    let list = format!(
        "/// The templates' files, by name.\nconst FILES: &[(&str, &str)] = &[{}];\n",
        entries.concat()
    );
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let written = std::fs::write(out.join("templates.rs"), list);
    assert!(written.is_ok(), "the list of templates can't be written");
}
