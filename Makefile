# Two commands on a fresh machine: `make demo` and `make test`. They need Node.js 20 or later, npm and make.

BIN = node_modules/.bin
INSTALLED = node_modules/.package-lock.json
BUILT = dist/cli.js
SOURCES = $(shell find src ui -type f -name '*.ts' 2>/dev/null)
SHELL_SCRIPTS = $(shell find fixtures test -type f -name '*.sh')

.PHONY: all demo test build lint lint-rules lint-types lint-format lint-arrows lint-shell check bench simulate chaos soak crash test-nodes lesser vm tools screens clean

all: build

## The main job: a fleet of real workers with a crash, an orphan and a zombie among them.
demo: $(BUILT)
	@sh fixtures/demo/run.sh

## Installs, builds, lints and runs every test.
test: $(BUILT) tools
	@$(MAKE) --no-print-directory -j2 --output-sync lint
	@$(MAKE) --no-print-directory check
	@sh test/lesser/run.sh quick
	@SEED=1 DURATION=30s RATE=4 $(MAKE) --no-print-directory chaos

build: $(BUILT)

$(BUILT): $(INSTALLED) build.mjs $(wildcard build/*.mjs) package.json $(SOURCES)
	node build.mjs

# npm writes that file last, with the time of the lock file: its own time says when this was done.
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

## The tests alone; VITEST='-t name' or VITEST=test/fleet narrows.
check: $(BUILT)
	$(BIN)/vitest run $(VITEST)

## The programs that the end-to-end tests run; where they can't be installed, those tests are skipped and say so.
tools:
	@sh test/tools.sh tests nginx:nginx-light redis-server:redis-server python3:python3 lsof:lsof ss:iproute2 ipcs:util-linux

## Side by side with other supervisors: seven tables, ONLY=compare, answer, logging, processes, survive, ipc or top for one. PEERS='brood runit' and N='100 1000' narrow.
bench: $(BUILT)
	@sh test/tools.sh bench s6-svscan:s6 runsvdir:runit supervisord:supervisor 'cc:gcc libc6-dev' python3:python3 lsof:lsof htop:htop
	@$(BIN)/esbuild bench/main.ts bench/asking.ts bench/reading.ts bench/frames.ts --bundle --external:koffi --external:blessed --external:@lydell/node-pty --platform=node --format=esm --target=node20 --log-level=warning --outdir=.cache/bench --out-extension:.js=.mjs
	@node .cache/bench/main.mjs

## The core against its model, in 10,000 stories that no run before has told. STORIES and SEED narrow, BROOD_SEED=N make check
## VITEST=test/simulation tells one again.
simulate: $(INSTALLED)
	@$(BIN)/esbuild test/simulation/main.ts --bundle --platform=node --format=esm --target=node20 --packages=external --log-level=warning --outfile=.cache/simulation/main.mjs
	@node .cache/simulation/main.mjs

## 200 workers under blows that a seed determines, judged from the outside. SEED, DURATION (5m), WORKERS and RATE (MB/s) narrow.
chaos: $(BUILT)
	@$(BIN)/esbuild test/chaos/main.ts --bundle --platform=node --format=esm --target=node20 --log-level=warning --outfile=.cache/chaos/main.mjs
	@node .cache/chaos/main.mjs

## What happens to a typical fleet in 24 hours, in ten minutes: memory, descriptors and files must stay flat. DURATION, SEED; LEAK=heap,
## descriptors or files plants a leak, which must be found.
soak: $(BUILT)
	@$(BIN)/esbuild test/soak/main.ts --bundle --platform=node --format=esm --target=node20 --log-level=warning --outfile=.cache/soak/main.mjs
	@node .cache/soak/main.mjs

## Every process of the supervisor dies at every point at which it changes something; all must recover (an hour). POINT='…' runs
## those whose label contains it, COUNT=50 SEED=1 a sample, JOBS=3 so many at once.
crash: $(BUILT)
	@$(BIN)/esbuild test/crash/main.ts --bundle --platform=node --format=esm --target=node20 --packages=external --log-level=warning --outfile=.cache/crash/main.mjs
	@node .cache/crash/main.mjs

## The end-to-end tests of the built program under each Node.js that is supported.
test-nodes: $(BUILT)
	@sh test/nodes/run.sh

## The end-to-end tests with system calls refused, as by an older kernel and by container profiles. FILTERS='old old-profile' and
## VITEST='test/end-to-end/stop.test.ts' narrow.
lesser: $(BUILT) tools
	@VITEST='$(VITEST)' sh test/lesser/run.sh all

## A Debian kernel of its own (5.10; SUITE=bookworm for 6.1) with systemd, in a virtual machine: smoke checks and TESTS, as TAP.
## Needs root; LIMIT=20m.
vm: $(BUILT)
	@sh test/vm/run.sh

## The pictures of `brood top` in the README, from a real run of the demo's fleet.
screens: $(BUILT)
	@$(BIN)/esbuild test/ui/make-screens.ts --bundle --platform=node --format=esm --target=node20 --packages=external --log-level=warning --outfile=test/.screens/make.mjs
	@node test/.screens/make.mjs; status=$$?; rm -rf test/.screens; exit $$status

clean:
	rm -rf dist node_modules coverage .cache
