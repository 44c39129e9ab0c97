# Needs only python3 (3.11 or newer) and make: the first target that is run builds .venv.
PYTHON ?= python3
WORKERS ?= auto
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --no-compile -c constraints.txt
PACKAGES := causalrep discovery identifiability simulators

# Compiled modules are kept: without them every process compiles scikit-learn anew, six seconds each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint docs bench bench-lcd bench-rlcd bench-rank-tests bench-neural bench-neural-disentanglement bench-confounders bench-oica bench-scores bench-calibration bench-rep4ex bench-latent-polynomials bench-suites bench-kills bench-reliability rivals clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: .venv/installed ## simulate, fit and score, then the same on real data (under a minute)
	$(BIN)/causalrep demo

test: .venv/installed ## run the quick tests
	$(BIN)/pytest -n $(WORKERS)

test-slow: .venv/installed ## run the slow tests
	$(BIN)/pytest -n $(WORKERS) -m slow

lint: .venv/developing ## check style, types, imports and dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyrefly check
	$(BIN)/lint-imports
	$(BIN)/deptry $(PACKAGES)

docs: .venv/developing ## build the site into docs/_build/html, warnings being errors
	$(BIN)/sphinx-build -W --keep-going -j auto -q docs docs/_build/html
	@echo "The site is in docs/_build/html/index.html"

bench: bench-lcd bench-rlcd bench-rank-tests bench-neural bench-neural-disentanglement bench-confounders bench-oica bench-scores bench-calibration bench-rep4ex bench-latent-polynomials bench-kills bench-reliability ## run every benchmark

bench-lcd: .venv/installed ## compare methods of linear causal disentanglement
	$(BIN)/python docs/benchmarks/lcd.py

bench-rlcd: .venv/installed .venv-rivals/installed ## compare discovery with hidden nodes to other libraries
	$(BIN)/python docs/benchmarks/rlcd.py

bench-rank-tests: .venv/installed ## measure level, power and speed of the tests of rank
	$(BIN)/python docs/benchmarks/rank_tests.py

bench-neural: .venv/installed ## time the training of ensembles against the usual loop
	$(BIN)/python docs/benchmarks/neural.py --write

bench-neural-disentanglement: .venv/installed ## compare interventional autoencoders and contrastive learning to baselines
	$(BIN)/python docs/benchmarks/neural_disentanglement.py --write

bench-confounders: .venv/installed .venv-rivals/installed ## compare methods for hidden common causes
	$(BIN)/python docs/benchmarks/confounders.py

bench-oica: .venv/installed ## compare overcomplete independent component analyses
	$(BIN)/python docs/benchmarks/oica.py

bench-scores: .venv/installed ## measure coverage of intervals of scores, and tests of a class
	$(BIN)/python docs/benchmarks/score_intervals.py

bench-calibration: .venv/installed ## measure the level of every test and the cover of every interval
	$(BIN)/python docs/benchmarks/calibration.py $(ARGS)

bench-reliability: .venv/installed ## feed bad inputs, damaged files and long streams to everything public
	$(BIN)/python docs/benchmarks/reliability.py $(ARGS)

bench-latent-polynomials: .venv/installed ## find latents whose mechanisms change, by parts of the method
	$(BIN)/python docs/benchmarks/latent_polynomials.py --write

bench-rep4ex: .venv/installed ## predict what unseen actions would do, against other ways
	$(BIN)/python docs/benchmarks/rep4ex.py --write

bench-suites: .venv/installed ## run every suite of causalrep benchmark (hours; goes on where it stopped)
	$(BIN)/python docs/benchmarks/suites.py --write

bench-kills: .venv/installed ## kill sweeps and neural fits at random moments, and look for what was lost
	$(BIN)/python docs/benchmarks/kills.py $(ARGS)

rivals: .venv-rivals/installed ## build .venv-rivals, where other libraries live by themselves

clean: ## remove what was built, the environments excepted
	rm -rf dist docs/_build docs/gallery docs/reference .pytest_cache .ruff_cache .hypothesis
	rm -rf .coverage .import_linter_cache docs/sg_execution_times.rst causalrep-report

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("causalrep needs Python 3.11 or newer; name one by PYTHON=..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) -e ".[test]"
	@touch $@

.venv/developing: .venv/installed
	$(PIP) -e ".[dev]"
	@touch $@

.venv-rivals/installed: docs/benchmarks/rivals.txt constraints.txt
	test -x .venv-rivals/bin/python || $(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/python -m pip install --quiet --no-compile -c constraints.txt -r docs/benchmarks/rivals.txt
	@touch $@
