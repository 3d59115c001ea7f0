/*
 * Messages that cases name instead of writing them out: valid in every version,
 * with as few fields as each allows.
 */
#include <stdio.h>

#include "gateway/cli/conform/play_int.h"

#define ANY FIX_V_40, FIX_V_50SP2

static const struct template
{
	const char *name, *type;
	enum fix_version from, to;
	const char *fields; /* values as in a case, blanks between */
}
templates[] = {
	{ "order", "D", FIX_V_40, FIX_V_41,
	    "11=$name 21=1 55=$symbol 54=1 38=100 40=2 44=10 59=0" },
	{ "order", "D", FIX_V_42, FIX_V_50SP2,
	    "11=$name 21=1 55=$symbol 54=1 60=$now 38=100 40=2 44=10 59=0" },
	{ "cancel", "F", FIX_V_40, FIX_V_40,
	    "41=$orig 11=$name 125=F 55=$symbol 54=1 38=100" },
	{ "cancel", "F", FIX_V_41, FIX_V_41,
	    "41=$orig 11=$name 55=$symbol 54=1 38=100" },
	{ "cancel", "F", FIX_V_42, FIX_V_50SP2,
	    "41=$orig 11=$name 55=$symbol 54=1 60=$now 38=100" },
	{ "replace", "G", FIX_V_40, FIX_V_41,
	    "41=$orig 11=$name 21=1 55=$symbol 54=1 38=200 40=2 44=10" },
	{ "replace", "G", FIX_V_42, FIX_V_50SP2,
	    "41=$orig 11=$name 21=1 55=$symbol 54=1 60=$now 38=200 40=2 "
	    "44=10" },
	{ "status", "H", ANY, "11=$name 55=$symbol 54=1" },
	{ "report", "8", FIX_V_40, FIX_V_40,
	    "37=$name 17=$name 20=0 39=0 55=$symbol 54=1 38=100 32=0 31=0 "
	    "14=0 6=0" },
	{ "report", "8", FIX_V_41, FIX_V_41,
	    "37=$name 17=$name 20=0 150=0 39=0 55=$symbol 54=1 38=100 32=0 "
	    "31=0 151=100 14=0 6=0" },
	{ "report", "8", FIX_V_42, FIX_V_42,
	    "37=$name 17=$name 20=0 150=0 39=0 55=$symbol 54=1 151=100 14=0 "
	    "6=0" },
	{ "report", "8", FIX_V_43, FIX_V_50SP2,
	    "37=$name 17=$name 150=0 39=0 55=$symbol 54=1 151=100 14=0 6=0" },
	{ "email", "C", FIX_V_40, FIX_V_40, "94=0 33=1 58=text" },
	{ "email", "C", FIX_V_41, FIX_V_50SP2,
	    "164=$name 94=0 147=subject 33=1 58=text" },
};

static const struct template *
find(const struct play *p, const char *name)
{
	enum fix_version v = p->cfg->setup.version;

	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
		if (strcmp(templates[i].name, name) == 0 &&
		    v >= templates[i].from && v <= templates[i].to)
			return &templates[i];
	return NULL;
}

const char *
play_template(const struct play *p, const char *name, const char **fields)
{
	const struct template *t = find(p, name);

	*fields = t == NULL ? "" : t->fields;
	return t == NULL ? NULL : t->type;
}

/* Fields of our Logon. The first of a case begins the session anew, where the
 * version has a flag for it and the engine does not do so anyway. */
void
play_logon_fields(const struct play *p, char *out, size_t cap)
{
	enum fix_version v = p->cfg->setup.version;
	bool dial = p->cfg->setup.role == CC_ROLE_ACCEPTOR;
	bool reset = p->reset_told || (dial && !p->logged_on && v >= FIX_V_41);
	size_t n;

	n = (size_t)snprintf(out, cap, "98=0 108=$heart");
	if (reset)
		n += (size_t)snprintf(out + n, cap - n, " 141=Y");
	if (v >= FIX_V_50)
		n += (size_t)snprintf(out + n, cap - n, " 1137=$appl");
	if (dial && v >= FIX_V_43 && p->cfg->username != NULL)
		n += (size_t)snprintf(out + n, cap - n, " 553=$username");
	if (dial && v >= FIX_V_43 && p->cfg->password != NULL)
		n += (size_t)snprintf(out + n, cap - n, " 554=$password");
}
