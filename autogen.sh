#!/bin/sh
# Make configure from configure.ac. Run once after a fresh clone.
set -e
cd "$(dirname "$0")"
mkdir -p m4 build-aux
exec autoreconf --force --install --warnings=all,no-obsolete,no-portability
