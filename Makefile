# The whole of what a user needs to know: make help. Meson and ninja do the work.

.PHONY: help build demo test browser bench lint fuzz mutate soak clean
.DEFAULT_GOAL := build

help:
	@echo 'make build   the release binary: build/sheaf'
	@echo 'make demo    the whole thing with built-in services and a page to look at'
	@echo 'make test    unit tests, black-box tests, the client of web/, sanitizers, short fuzz runs'
	@echo 'make browser the page of the demo, in Debian'"'"'s chromium, on a machine that does little else'
	@echo 'make lint    the house style, by machine; make lint FILES="src/json/scan.c"'
	@echo 'make bench   measurements beside a floor and other gateways; make bench SECTIONS="small latency"'
	@echo 'make fuzz    each fuzz target for MINUTES (default 5); what it finds is kept'
	@echo 'make mutate  changes decisions of the code, one at a time: do tests notice? FILES="src/policy/breaker.c" SAMPLE=50'
	@echo 'make soak    load, expiry, eviction and purges for MINUTES (default 30): is a stale byte ever served?'
	@echo 'make clean   removes the build directories'
	@echo 'Each says which Debian packages are missing and installs them first.'

build:
	@tools/dependencies build
	@tools/configure build
	ninja -C build

demo: build
	build/sheaf demo

test:
	@tools/dependencies build test
	@tools/test

browser:
	@tools/dependencies build browser
	@tools/test browser

lint:
	@tools/dependencies build lint
	@tools/lint $(FILES)

bench: build
	@tools/dependencies build bench
	@bench/run $(SECTIONS)
	@bench/hit_ratios
	@bench/memory
	@bench/allocations
	@bench/instructions

fuzz:
	@tools/dependencies build fuzz
	@tools/fuzz $(or $(MINUTES),5)

mutate:
	@tools/dependencies build test
	@tools/mutate $(if $(SAMPLE),--sample $(SAMPLE)) $(FILES)

soak: build
	@tools/dependencies build test
	@tests/blackbox/soak.py $(or $(MINUTES),30)

clean:
	rm -rf build build-asan build-tsan build-fuzz build-lint build-bench build-neon build-coverage
