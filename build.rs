//! Names the stylesheet and the script by their content, as the build does when it copies them (`/assets/usher.<hash>.css`),
//! and lists the
//! templates: each file of `src/domain/templates/` is one.

use sha2::{Digest, Sha256};

fn main() {
    name_asset("USHER_STYLESHEET", "css");
    name_asset("USHER_SCRIPT", "js");
    list_templates();
}

fn name_asset(variable: &str, extension: &str) {
    let file = format!("assets/usher.{extension}");
    println!("cargo:rerun-if-changed={file}");
    let digest = Sha256::digest(std::fs::read(file).unwrap_or_default());
    let hash = digest.iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    println!("cargo:rustc-env={variable}=/assets/usher.{hash:016x}.{extension}");
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
