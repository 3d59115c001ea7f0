/* What changes between two dictionaries, and what that does to messages. */
#ifndef FIXGATE_GATEWAY_CLI_DICT_DIFF_H
#define FIXGATE_GATEWAY_CLI_DICT_DIFF_H

#include "dictionaries/dict.h"

#define DIFF_STRICTER 1u /* some message that is valid by a is not by b */
#define DIFF_LOOSER 2u   /* and the other way round */

enum diff_part {
	DIFF_MESSAGE, /* a message as a whole */
	DIFF_MEMBER,  /* what may stand in a message, the header, the trailer */
	DIFF_FIELD,   /* type, name, values of a field */
	DIFF_N_PART
};

struct diff_change {
	enum diff_part part;
	char mark;        /* '+' added, '-' removed, '~' changed */
	unsigned effect;  /* DIFF_STRICTER, DIFF_LOOSER, or none */
	uint32_t tag;     /* of the field; 0: a message as a whole */
	const char *type; /* MsgType, "header", "trailer"; NULL: of the field */
	char *text;       /* "453 NoPartyIDs > 447 PartyIDSource: required" */
};

struct diff {
	struct diff_change *changes; /* by part, stricter first, tag, text,
	                                type: equal ones stand together */
	uint32_t n, cap;
	unsigned effect;             /* of all of them together */
	bool no_memory;
};

/** Compare. @return 0, -FIX_E_NOMEM; either way diff_free() ends it */
int diff_dicts(struct diff *d, const struct fix_dict *a,
    const struct fix_dict *b) FIX_MUST_CHECK;
void diff_free(struct diff *d);
/** What all changes do to the messages of a type: those of its members, of the
 * header and trailer left out, and of the fields that it may hold. */
unsigned diff_effect_on(const struct diff *d, const struct fix_dict *a,
    const struct fix_dict *b, const char *type);
/** The same of header and trailer, so of every message. */
unsigned diff_effect_on_all(const struct diff *d, const struct fix_dict *a,
    const struct fix_dict *b);
const char *diff_effect_name(unsigned effect); /* "stricter", "", ... */
const char *diff_part_name(enum diff_part p);

#endif
