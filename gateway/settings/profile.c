/*
 * The profiles that came with fixgate, by name.
 */
#include "gateway/settings/profile.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct profile *
profile_named(const char *name)
{
	for (const struct profile *p = profiles; p->name != NULL; p++)
		if (strcasecmp(p->name, name) == 0)
			return p;
	return NULL;
}

void
profile_names(char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (const struct profile *p = profiles; p->name != NULL; p++) {
		int k = snprintf(out + n, cap - n, "%s%s", n == 0 ? "" : ", ",
		    p->name);

		if (k < 0 || (size_t)k >= cap - n)
			return;
		n += (size_t)k;
	}
}

const char *
profile_summary(const struct profile *p, size_t *len)
{
	const char *from = p->text + strspn(p->text, "# ");

	*len = strcspn(from, "\n");
	return from;
}
