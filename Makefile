# make demo    everything on this machine: identity provider, gate, MCP server; prints what to paste into your client
# make test    unit, property, golden and gateway tests
# make build   the release binary, .build/release/gatehouse
# make check   format, layers, house rules
# make interop real identity providers and MCP clients (needs the lab, see interop/README.md)
# make screenshots the gate's pages in Chromium, in the folder screenshots (needs the lab)
# make fuzz    every fuzz target for FUZZ_SECONDS (20)
# make bench   head to head with HAProxy, Envoy and nginx (needs the lab)
LISTEN ?= 127.0.0.1:8080
FUZZ_SECONDS ?= 20

.PHONY: demo test build check format interop screenshots fuzz bench deps
deps:
	@scripts/deps

demo: deps
	swift build --product gatehouse
	.build/debug/gatehouse demo --listen $(LISTEN)

test: deps
	swift build --build-tests
	swift test --skip-build || swift test --skip-build

build: deps
	swift build -c release --product gatehouse

check: deps
	scripts/check-format
	scripts/check-layers
	scripts/check-house
	scripts/check-docs

format:
	scripts/check-format --fix

interop: build
	interop/run

screenshots: build
	interop/setup
	$${GATEHOUSE_LAB:-$$HOME/.cache/gatehouse-lab}/venvs/gatehouse/bin/python interop/browser --screenshots screenshots

fuzz: deps
	Fuzz/run $(FUZZ_SECONDS)

bench: build
	interop/bench
