PYTHON ?= python3
BIN := .venv/bin

.venv/stamp: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-compile -e ".[dev]" -c constraints.txt
	touch $@
