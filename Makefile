PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/)python3
# Debian's own where it will do: the program is delivered for it, and it is faster than one built without optimisation.
UV_VERSION := 0.13.9
VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
DEB := build/tui-installer_$(VERSION)_all.deb
BIN := .venv/bin
VENV_STALE := $(shell cmp -s requirements/dev.txt .venv/requirements.txt || echo stale)
CODE := $(sort $(patsubst %/,%,$(dir $(wildcard tui_installer/*.py screens/*.py tests/*.py debian/*.py))))
SHIPPED := tui_installer screens assets debian docs vendor
SHIPPED_TEXTS := LICENSE README.md SECURITY.md CONTRIBUTING.md DESIGN.md CHANGELOG.md
SHIPPED_FILES := $(shell find $(wildcard $(SHIPPED)) -name __pycache__ -prune -o -name wheels -prune -o -type f -print)
FROM_DEBIAN := lxml netifaces-plus psutil  # compiled: the .deb takes Debian's own
LAB_SCENARIOS := tests/lab/scenarios/vlan-trixie.toml tests/lab/scenarios/nics-bookworm.toml

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never
unexport PYTHONDONTWRITEBYTECODE  # some hundred processes of the tests would compile everything each

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test quick fuzz crash-test check types style format lock made pictures asked docs vendor deb release package-test clone-test lab lab-test lab-xen lab-full bench-join bench-scale bench-serial matrix noise clean FORCE

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

DEMO ?= corosync
DEMO_WORLD := build/demo/$(DEMO)

demo: .venv ## try the program on a simulated host (DEMO=NAME: another one; DEMO_NEW=1: from the start; FAULT=NAME)
	$(if $(DEMO_NEW),@rm -rf $(DEMO_WORLD))
	@$(BIN)/tui-installer --demo=$(DEMO) --world=$(DEMO_WORLD) $(if $(FAULT),--fault=$(FAULT)); \
		code=$$?; echo "kept in $(DEMO_WORLD); its commands: $(BIN)/tui-installer --world=$(DEMO_WORLD) status"; exit $$code

WORKERS := $(shell expr $$(nproc) + 2)
# Two more than there are processors: some tests wait.
FLOOR := 80  # percent of the branches that the tests go through

test: check ## all checks and tests
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder -p tests.covering --floor=$(FLOOR)

QUICK := tests/engine tests/formats tests/model tests/probes tests/steps
SLOW := tests/steps/rhcs/test_catalogue.py tests/steps/rhcs/test_grub2.py tests/steps/rhcs/test_nights.py tests/steps/rhcs/test_shutdown.py \
	tests/steps/test_adding.py tests/steps/test_cman.py tests/steps/test_scale.py

quick: .venv ## the tests of files, parsers, engine and plans, for while one works
	$(BIN)/pytest -q -n auto $(QUICK) $(SLOW:%=--ignore=%)

fuzz: .venv ## ten minutes of texts that are nearly right, for all that reads text from outside
	FUZZ_SECONDS=$(or $(SECONDS),600) FUZZ_SEED=$(or $(SEED),1) $(BIN)/pytest -q -n0 -s tests/fuzz

crash-test: .venv ## SIGKILL at every record of the journal and around every act: a join, taking back, repairs (STACK=NAME; EVERY=3 FROM=0: a third)
	CRASH_TEST=$(or $(STACK),all) CRASH_EVERY=$(or $(EVERY),1) CRASH_FROM=$(or $(FROM),0) $(BIN)/pytest -q -rP -n auto tests/crash

check: .venv ## format, lint, types, import contracts, duplicates, sizes
	@$(MAKE) --no-print-directory -j2 types style

types:
	$(BIN)/mypy $(CODE)

style:
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.packaging.duplicates
	$(BIN)/python -m tests.packaging.sizes

matrix: .venv ## every tool that a look asks, failing in each of its ways
	MATRIX=all $(BIN)/pytest -q -n auto tests/failures/test_matrix.py

noise: .venv ## 1,000 lines of noise on every screen, half of them where members are changed: no host is changed
	NOISE=500 $(BIN)/pytest -q -n auto tests/screens/test_approval.py -k noise

format: .venv ## put the code into shape
	$(BIN)/ruff check --fix-only -q $(CODE)
	$(BIN)/ruff format $(CODE)

lock: .tools/uv-$(UV_VERSION) ## pin all requirements anew (UPGRADE=1: newest versions)
	$(COMPILE) -o requirements/runtime.txt
	$(COMPILE) -o requirements/dev.txt -c requirements/runtime.txt --group dev
	$(subst pyproject.toml,--group bench,$(COMPILE)) -o requirements/bench.txt
	$(subst pyproject.toml,--group docs,$(COMPILE)) -o requirements/docs.txt
	$(COMPILE) -o vendor/requirements.txt -c requirements/runtime.txt $(FROM_DEBIAN:%=--no-emit-package %)

COMPILE = .tools/bin/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

made: .venv ## write anew what is made from the code: manual page, completion, schema and reference of the answers
	$(BIN)/python -m debian.made

pictures: .venv ## take the pictures in README.md and docs/ anew, from the demo
	PICTURES=new $(BIN)/pytest -q -n0 tests/screens/test_guide.py

asked: .venv ## take anew from looks at simulated hosts what looks ask ahead of a host behind ssh
	ASKED=new $(BIN)/pytest -q -n auto tests/engine/test_foresight.py

docs: build/mkdocs ## build the documents as a site into build/site
	rm -rf build/site-source build/site
	mkdir -p build/site-source
	cp -r docs/. assets/runbook CONTRIBUTING.md DESIGN.md CHANGELOG.md SECURITY.md LICENSE build/site-source
	cp README.md build/site-source/index.md
	sed -i 's#](docs/#](#g; s#](\.\./assets/#](#g; s#](\.\./#](#g' build/site-source/*.md
	PYTHONPATH=build/mkdocs $(BIN)/python -m mkdocs build --strict --quiet -f docs/mkdocs.yml

build/mkdocs: requirements/docs.txt | .venv
	$(BIN)/pip install -qq --upgrade --no-deps --require-hashes --target build/mkdocs -r $<
	@touch $@

vendor: vendor/wheels/.fetched ## fetch the wheels that the .deb brings along

deb: $(DEB) ## build the Debian package into build/

release: .venv ## set the version, commit, tag and build it (TO=0.2.0)
	$(BIN)/python -m debian.release $(TO)

package-test: $(DEB) .venv ## install, start, remove, purge and upgrade the package on clean Debian 12 and 13 (as root)
	$(BIN)/python -m tests.packaging.trees

clone-test: .venv ## README.md's commands as printed, in a new clone on minimal Debian 12 and 13 (as root; WITH=tests: make test too)
	$(BIN)/python -m tests.packaging.clone $(WITH)

lab: $(DEB) .venv ## start real hosts; this terminal becomes the console of the fresh one
	$(BIN)/python -m tests.lab up $(or $(SCENARIO),vlan-trixie)
	$(BIN)/python -m tests.lab attach

lab-test: $(DEB) .venv ## join real hosts (SCENARIO=FILE: only that one)
	$(BIN)/python -m tests.lab test --jobs 2 $(or $(SCENARIO),$(LAB_SCENARIOS))

lab-xen: $(DEB) .venv ## boot a real machine into Xen by keys, and let it fall back (ONLY=--first: into Xen; --failures=WORDS; --machine: no trees; --uefi)
	$(BIN)/python -m tests.lab.xen $(DEB) $(ONLY)

lab-full: $(DEB) .venv ## all scenarios of the lab
	$(BIN)/python -m tests.lab test --all

bench-join: $(DEB) .venv ## measure a join
	$(BIN)/python -m tests.bench_join

bench-scale: .venv ## count what a thousand LUNs cost, and write docs/scale.md (LUNS=250: fewer)
	$(BIN)/python -m tests.bench_scale --write $(if $(LUNS),--luns $(LUNS))

bench-serial: .venv build/bench/urwid ## measure the screens on a serial line (TERMS="vt220 xterm": on these)
	$(BIN)/python -m tests.bench_serial $(TERMS)

build/bench/urwid: requirements/bench.txt | .venv
	$(BIN)/pip install -qq --upgrade --no-deps --require-hashes --target build/bench -r $<
	@touch $@

clean: ## remove what was built
	rm -rf build dist .venv .tools vendor/wheels *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(CODE) -name __pycache__ -prune -exec rm -rf {} +

.venv: .venv/.project

.venv/.project: .venv/requirements.txt pyproject.toml
	$(BIN)/pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

.venv/requirements.txt: $(if $(VENV_STALE),FORCE)
	@$(PYTHON) -c 'import ensurepip, venv' || { echo 'needed once, as root: apt-get update && apt-get install -y make git python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -qq --require-hashes -r requirements/dev.txt
	@cp requirements/dev.txt $@

.tools/uv-$(UV_VERSION):
	$(PYTHON) -m venv --clear .tools
	.tools/bin/pip install -qq uv==$(UV_VERSION)
	@touch $@

vendor/wheels/.fetched: vendor/requirements.txt | .venv
	rm -rf vendor/wheels
	$(BIN)/pip download -qq --no-deps --require-hashes --only-binary :all: \
		--python-version 3.11 --implementation py --abi none --platform any -r $< -d vendor/wheels
	@touch $@

# A copy is built, for dpkg-buildpackage writes beside the tree that it builds;
# with -d, for else it wants a compiler, and nothing is compiled.
$(DEB): $(SHIPPED_FILES) vendor/wheels/.fetched $(SHIPPED_TEXTS)
	@{ command -v dpkg-buildpackage && command -v dh && command -v dh_python3; } >/dev/null || \
		{ echo 'needed once: apt-get install -y --no-install-recommends debhelper dh-python dpkg-dev' >&2; exit 1; }
	rm -rf build/deb
	mkdir -p build/deb/source
	cp -r $(SHIPPED) $(SHIPPED_TEXTS) build/deb/source
	cd build/deb/source && dpkg-buildpackage -b -d -us -uc >../build.log 2>&1 || { tail -n 30 ../build.log >&2; exit 1; }
	mv build/deb/$(@F) $@
