# The commands of this project. Each does its own set-up; nothing needs to be activated.

PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: setup
setup:
	@test -n "$(PYTHON)" || { echo "setup: install Python 3.11, 3.12 or 3.13 with venv (Debian, Ubuntu: apt-get install python3 python3-venv)." >&2; exit 1; }
	@$(PYTHON) tools/setup.py
