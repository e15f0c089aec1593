# Every target sets up what it needs; make.py does the work, and is there for machines without make.
PYTHON ?= python3

.PHONY: book pdf serve quick test test-all lint bench bench-serve bench-pages exercises artefacts
book pdf serve quick test test-all lint bench bench-serve bench-pages exercises artefacts:
	@$(PYTHON) make.py $@
