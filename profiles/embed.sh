#!/bin/sh
# The profiles as a C file, for fixgate to work where it is not installed.
# usage: embed.sh FILE.conf...
printf '#include "gateway/settings/profile.h"\n\nconst struct profile profiles[] = {\n'
for file; do
	printf '\t{ "%s",\n' "$(basename "$file" .conf)"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/\t    "&\\n"/' "$file"
	printf '\t},\n'
done
printf '\t{ NULL, NULL },\n};\n'
