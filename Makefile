# What there is to do with Usher; the scripts behind it are in .ci/. Each target installs what it needs.

# The Worker may be this many bytes at most, Wasm and JavaScript, gzipped. The platform takes far more; a small one starts
# faster, and a dependency that costs much shows at once. `make test` fails above it.
WASM_BUDGET := 1100000

# For `make serve`.
PORT ?= 8788
STATE ?= .wrangler/serve-$(PORT)

# The pinned Node of node_modules: wrangler and Miniflare need a newer one than many machines have.
NODE := PATH="$(CURDIR)/node_modules/.bin:$$PATH" node

.DEFAULT_GOAL := help
.PHONY: help setup build dev serve test bench deploy openapi schemathesis screenshots fuzz

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  make serve takes PORT=8788 STATE=some/folder, and for tests LIMITS=off D1_DELAY=5 (milliseconds)"
	@echo "  make bench takes QUICK=1: everything once, in a minute, and nothing written; and GROWTH=10000 for fewer members"
	@echo "  make dev and make serve take PRODUCT_URL=http://localhost:3000/callback PRODUCT_NAME=Postbox"

setup: ## install the tools of the build and write the development secrets, once
	@.ci/lock .ci/tools build
	@.ci/lock .ci/secrets

build: setup ## build the Wasm and the assets into build/, if something changed
	@.ci/lock .ci/build

dev: build ## run on http://localhost:8787 with a demo, rebuilding on change
	@exec env $(NODE) .ci/dev.mjs

serve: build ## run without demo and watching, as the tests do
	@exec env USHER_STOP_WITH_PARENT=1 PORT="$(PORT)" STATE="$(STATE)" $(NODE) .ci/serve.mjs

test: ## check everything that must hold
	@exec env WASM_BUDGET=$(WASM_BUDGET) .ci/test

deploy: ## check, build, migrate and deploy to Cloudflare, and see that it is well
	@.ci/lock .ci/tools build
	@exec env WASM_BUDGET=$(WASM_BUDGET) .ci/deploy

bench: build ## measure it beside its peer and the limits, and write docs/performance.md (ten minutes)
	@exec env QUICK="$(QUICK)" GROWTH="$(GROWTH)" .ci/bench

openapi: ## write the API's description anew, after a change of what it tells of
	@USHER_WRITE_OPENAPI=1 cargo test --quiet --lib the_file_is_what_the_types_say

schemathesis: build ## have Schemathesis ask whatever the API's description lets it ask (needs Python)
	@exec .ci/schemathesis

screenshots: build ## take the pictures of the README anew
	@exec .ci/screenshots

fuzz: ## give each parser what a fuzzer finds, for a minute each
	@exec .ci/fuzz
