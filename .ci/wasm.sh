# How a crate becomes a Worker, for the scripts that build one: source it after lib.sh.

# fingerprint <file or folder…>
# What they have in them, and the compiler. By content, so that switching branches back and forth builds only what differs. Not
# all of them need exist.
fingerprint() {
  rustc --version
  { find "$@" -type f 2>/dev/null || true; } | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cksum
}

# wasm <folder of the crate> <folder for what is made>
# Leaves index.js and optimized.wasm there.
wasm() {
  WASM_BINDGEN_BIN="$cache/wasm-bindgen-cli-$(locked wasm-bindgen)/bin/wasm-bindgen" \
  ESBUILD_BIN="$PWD/node_modules/.bin/esbuild" \
  USHER_CARGO="$(command -v cargo)" PATH="$PWD/.ci/cdylib:$PATH" \
    run "$cache/worker-build-$(locked worker)/bin/worker-build" --release --no-opt --out-dir "$PWD/$2" "$1"

  # Not by worker-build: it keeps the names of all functions, which are as large as the code. The features are those
  # that rustc and wasm-bindgen use; "all" could let in encodings that the platform doesn't know yet. A fourth round finds
  # hardly anything. By name, functions made of one generic stand side by side, where gzip sees that they are alike: 3 %.
  # Nothing lies in the memory's first KiB but the far end of the stack, so an address and an offset can be one: 0.5 %.
  say "optimizing it"
  PATH="$PWD/node_modules/.bin:$PATH" run wasm-opt --low-memory-unused -Oz -Oz -Oz --reorder-functions-by-name --strip-debug \
    --enable-mutable-globals --enable-sign-ext --enable-nontrapping-float-to-int --enable-bulk-memory \
    --enable-multivalue --enable-reference-types --enable-exception-handling --enable-simd \
    "$2/index_bg.wasm" -o "$2/optimized.wasm"
}
