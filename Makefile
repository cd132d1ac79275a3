# Two commands: `make compare` runs the main job, `make test` the whole test suite.
# Both only make .venv and hand over to tox, so `tox -e compare` and `tox` do the same.

PYTHON ?= python3
VENV := .venv
TOX := $(VENV)/bin/tox

.PHONY: compare test lint types clean

compare: $(TOX)
	$(TOX) run -e compare

test: $(TOX)
	$(TOX) run

lint types: $(TOX)
	$(TOX) run -e $@

$(TOX): tox.ini
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "harness needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check "tox>=4.23,<5"
	touch $(TOX)

clean:
	rm -rf $(VENV) .tox build dist
