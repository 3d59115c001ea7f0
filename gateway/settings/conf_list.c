/* fixgated --keys: every setting with its type and one line of meaning. */
#include <stdio.h>
#include <string.h>

#include "gateway/settings/conf.h"
#include "gateway/settings/conf_keys.h"

static void
print_key(FILE *to, const struct conf_key *k)
{
	bool numbered = conf_is_numbered(k);
	char name[64];

	snprintf(name, sizeof(name), "%s%s", k->name, numbered ? "1" : "");
	fprintf(to, "    %-28s %s: %s\n", name,
	    k->words != NULL && !numbered ? k->words : conf_type_name(k->type),
	    k->meaning);
}

int
conf_list(FILE *to)
{
	const struct conf_kind *kind;
	const struct conf_key *k;

	for (unsigned i = 0; (kind = conf_kind_at(i)) != NULL; i++) {
		fprintf(to, "[%s%s]  %s\n", kind->kind,
		    kind->naming == CONF_NAMED ? " NAME" : "", kind->meaning);
		for (unsigned j = 0; (k = conf_key_at(kind, j)) != NULL; j++)
			if (k->type != CONF_T_IGNORED &&
			    strcmp(kind->kind, "SESSION") != 0 &&
			    strcmp(kind->kind, "DROPCOPY") != 0)
				print_key(to, k);
	}
	return 0;
}
