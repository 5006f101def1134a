//! Names the stylesheet, the script and the icon by their content, as the build does when it copies them (`/assets/usher.<hash>.css`),
//! lists the templates (each file of `src/domain/templates/` is one), makes the set of common passwords, and says where types
//! know their schema (`cfg(described)`): anywhere but in the Worker, which carries the API's description as a file.

use sha2::{Digest, Sha256};

#[path = "src/domain/password/place.rs"]
mod place;

use place::{CHANCE_BITS, place};

fn main() {
    name_asset("USHER_STYLESHEET", "css");
    name_asset("USHER_SCRIPT", "js");
    name_asset("USHER_ICON", "svg");
    list_templates();
    make_common_passwords();
    println!("cargo:rustc-check-cfg=cfg(described)");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|target| target != "wasm32") {
        println!("cargo:rustc-cfg=described");
    }
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
    write("templates.rs", list.as_bytes());
}

/// The places of the common passwords, in their order, as the gaps between them: see `src/domain/password/common.rs`, which
/// reads them.
fn make_common_passwords() {
    let file = "src/domain/password/common.txt";
    println!("cargo:rerun-if-changed={file}");
    let list = std::fs::read_to_string(file).unwrap_or_default();
    let passwords: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    let count = passwords.len() as u64;
    let mut places: Vec<u64> = passwords.iter().map(|password| place(password, count)).collect();
    places.sort_unstable();
    let mut bits = Vec::new();
    let mut reached = 0;
    for place in places {
        let gap = place - reached;
        reached = place;
        bits.extend((0..gap >> CHANCE_BITS).map(|_| 1_u8));
        bits.push(0);
        bits.extend((0..CHANCE_BITS).rev().map(|bit| u8::from(gap >> bit & 1 == 1)));
    }
    let bytes: Vec<u8> = bits
        .chunks(8)
        .map(|eight| eight.iter().enumerate().fold(0, |byte, (place, bit)| byte | (bit << (7 - place))))
        .collect();
    write("common.bin", &bytes);
    let code = format!(
        "/// How many there are.\nconst COUNT: u64 = {count};\n/// Their places.\nstatic SET: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/common.bin\"));\n"
    );
    write("common.rs", code.as_bytes());
}

fn write(name: &str, bytes: &[u8]) {
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    assert!(std::fs::write(out.join(name), bytes).is_ok(), "{name} can't be written");
}
