# On a fresh machine, run `make demo` or `make test`. Both need Node.js 20 or later, npm and make.

BIN = node_modules/.bin
INSTALLED = node_modules/.package-lock.json
BUILT = dist/cli.js
SOURCES = $(shell find src ui -type f -name '*.ts' 2>/dev/null)
SHELL_SCRIPTS = $(shell find fixtures test -type f -name '*.sh')

.PHONY: all demo test build lint lint-rules lint-types lint-format lint-arrows lint-shell check bench simulate chaos soak crash test-nodes lesser vm tools screens clean

all: build

## Runs a fleet of real workers, including a crash, an orphan, a zombie and the loss of the keeper.
demo: $(BUILT)
	@sh fixtures/demo/run.sh

## Installs, builds, lints and runs all tests.
test: $(BUILT) tools
	@$(MAKE) --no-print-directory -j2 --output-sync lint
	@$(MAKE) --no-print-directory check
	@sh test/lesser/run.sh quick
	@SEED=1 DURATION=30s RATE=4 $(MAKE) --no-print-directory chaos

build: $(BUILT)

$(BUILT): $(INSTALLED) build.mjs $(wildcard build/*.mjs) package.json $(SOURCES)
	node build.mjs

# npm writes this file last, but with the timestamp of the lock file; touch sets the time of the installation.
$(INSTALLED): package-lock.json
	@node -e 'if (parseInt(process.versions.node) < 20) { console.error("brood needs Node.js 20 or later; this is " + process.version); process.exit(1); }'
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

lint: lint-rules lint-types lint-format lint-arrows lint-shell

lint-rules: $(INSTALLED)
	$(BIN)/eslint .

lint-types: $(INSTALLED)
	$(BIN)/tsc --noEmit

lint-format: $(INSTALLED)
	$(BIN)/prettier --check --log-level warn .

lint-arrows: $(INSTALLED)
	$(BIN)/depcruise --config .dependency-cruiser.cjs src ui test bench

lint-shell:
	@if command -v shellcheck >/dev/null; then shellcheck -S warning -x -P SCRIPTDIR $(SHELL_SCRIPTS); fi

## Runs only the tests; VITEST='-t name' or VITEST=test/fleet selects some.
check: $(BUILT)
	$(BIN)/vitest run $(VITEST)

## Installs the programs that the end-to-end tests run. Where that is not possible, the tests that need them are skipped and reported.
tools:
	@sh test/tools.sh tests nginx:nginx-light redis-server:redis-server python3:python3 lsof:lsof ss:iproute2 ipcs:util-linux

## Compares brood with other supervisors in seven tables. ONLY=compare, answer, logging, processes, survive, ipc or top selects one
## table; PEERS='brood runit' and N='100 1000' select peers and sizes.
bench: $(BUILT)
	@sh test/tools.sh bench s6-svscan:s6 runsvdir:runit supervisord:supervisor 'cc:gcc libc6-dev' python3:python3 lsof:lsof htop:htop
	@$(BIN)/esbuild bench/main.ts bench/asking.ts bench/reading.ts bench/frames.ts --bundle --external:koffi --external:blessed --external:@lydell/node-pty --platform=node --format=esm --target=node20 --log-level=warning --outdir=.cache/bench --out-extension:.js=.mjs
	@node .cache/bench/main.mjs

## Runs the core against its model in 10,000 random stories, with new seeds in each run. STORIES and SEED set the number and the first
## seed; BROOD_SEED=N make check VITEST=test/simulation replays one story.
simulate: $(INSTALLED)
	@$(BIN)/esbuild test/simulation/main.ts --bundle --platform=node --format=esm --target=node20 --packages=external --log-level=warning --outfile=.cache/simulation/main.mjs
	@node .cache/simulation/main.mjs

## Runs 200 workers under random faults from a seed and checks them from the outside. Parameters: SEED, DURATION (default 5m), WORKERS
## and RATE (MB/s).
chaos: $(BUILT)
	@$(BIN)/esbuild test/chaos/main.ts --bundle --platform=node --format=esm --target=node20 --log-level=warning --outfile=.cache/chaos/main.mjs
	@node .cache/chaos/main.mjs

## Compresses 24 hours of a typical fleet into ten minutes: memory, descriptors and files must stay flat. Parameters: DURATION, SEED;
## LEAK=heap, descriptors or files plants a leak, which must be detected.
soak: $(BUILT)
	@$(BIN)/esbuild test/soak/main.ts --bundle --platform=node --format=esm --target=node20 --log-level=warning --outfile=.cache/soak/main.mjs
	@node .cache/soak/main.mjs

## Kills every process of the supervisor at every point at which it changes state; each fleet must recover. Takes over an hour. POINT='…'
## selects the points whose label contains the text, COUNT=50 SEED=1 a sample; JOBS=3 runs three at a time.
crash: $(BUILT)
	@$(BIN)/esbuild test/crash/main.ts --bundle --platform=node --format=esm --target=node20 --packages=external --log-level=warning --outfile=.cache/crash/main.mjs
	@node .cache/crash/main.mjs

## Runs the end-to-end tests of the built program under each supported version of Node.js.
test-nodes: $(BUILT)
	@sh test/nodes/run.sh

## Runs the end-to-end tests with system calls refused, as by an older kernel and by container profiles. FILTERS='old old-profile' and
## VITEST='test/end-to-end/stop.test.ts' select filters and tests.
lesser: $(BUILT) tools
	@VITEST='$(VITEST)' sh test/lesser/run.sh all

## Runs smoke checks and TESTS in a virtual machine with a Debian kernel (5.10; SUITE=bookworm: 6.1) and systemd; prints TAP.
## Needs root; LIMIT=20m bounds the run.
vm: $(BUILT)
	@sh test/vm/run.sh

## Makes the screenshots of `brood top` in the README from a real run of the demo fleet.
screens: $(BUILT)
	@$(BIN)/esbuild test/ui/make-screens.ts --bundle --platform=node --format=esm --target=node20 --packages=external --log-level=warning --outfile=test/.screens/make.mjs
	@node test/.screens/make.mjs; status=$$?; rm -rf test/.screens; exit $$status

clean:
	rm -rf dist node_modules coverage .cache
