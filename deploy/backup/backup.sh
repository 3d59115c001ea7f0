#!/bin/sh
# One backup of the audit trail's database, checked: backup.sh full|diff|incr.
# Run as postgres. The first one makes the stanza. @return 0: it is there, the
# archive works, and every file of the repository has its checksum.
set -eu

stanza=${FIXGATE_STANZA:-fixgate}

case ${1:-} in
full | diff | incr) ;;
*)
	echo "usage: backup.sh full|diff|incr" >&2
	exit 2
	;;
esac
pgbackrest --stanza="$stanza" stanza-create
pgbackrest --stanza="$stanza" check
pgbackrest --stanza="$stanza" --type="$1" backup
# verify ends with 0 whatever it finds: its words count.
found=$(pgbackrest --stanza="$stanza" --log-level-console=info verify)
case $found in
*"error"* | *"ERROR"* | *"invalid"* | *"missing"*)
	# "missing: 0" of each line is what all is well looks like.
	bad=$(printf '%s\n' "$found" |
	    grep -E 'ERROR|error|(missing|checksum invalid|size invalid|other): [1-9]' ||
	    true)
	if [ -n "$bad" ]; then
		printf 'backup.sh: the repository is damaged:\n%s\n' "$bad" >&2
		exit 1
	fi
	;;
esac
