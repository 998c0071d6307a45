# Each target is one line on start.py, which sets up .venv and runs a command in it.
PYTHON ?= python3

.PHONY: lab test build bench pictures lock
lab test build bench pictures lock:
	@$(PYTHON) start.py $@
