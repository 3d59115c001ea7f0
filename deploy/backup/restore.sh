#!/bin/sh
# The audit trail's database as it was: restore.sh FOLDER [TIME]. FOLDER must be
# empty or missing; TIME is a moment as PostgreSQL writes it, with its zone,
# "2026-11-26 14:15:00+00"; without it all that was archived comes back. Run as
# postgres, then start PostgreSQL on FOLDER: it replays up to there and stands,
# open for writing.
set -eu

stanza=${FIXGATE_STANZA:-fixgate}

die() {
	echo "restore.sh: $*" >&2
	exit 1
}

[ $# = 1 ] || [ $# = 2 ] || {
	echo "usage: restore.sh FOLDER [TIME]" >&2
	exit 2
}
if [ -d "$1" ] && [ -n "$(ls -A "$1")" ]; then
	die "$1 is not empty: nothing is written over a database"
fi
mkdir -p -m 700 "$1"
if [ $# = 2 ]; then
	pgbackrest --stanza="$stanza" --pg1-path="$1" --type=time \
	    --target="$2" --target-action=promote restore
else
	pgbackrest --stanza="$stanza" --pg1-path="$1" restore
fi
# What is restored must not archive into the repository of the one it was made
# from before someone has decided which of the two is the database.
echo "archive_mode = off" >>"$1/postgresql.auto.conf"
echo "restored into $1: start PostgreSQL there, compare with 'fixgate audit" \
    "verify', then set archive_mode on again"
