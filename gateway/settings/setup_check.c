/*
 * What a session's dictionary check refuses, and what becomes of a message that
 * it does: QuickFIX's and QuickFIX/J's switches, and levels of our own.
 *
 * ValidationLevel=reject, 8:report, D:off is one level for every message and
 * then some for single MsgTypes. QuickFIX/J's RejectInvalidMessage=N and
 * ValidateIncomingMessage=N mean the same as report and off. Executions and
 * refusals have levels that no setting lowers by accident: session/check.c.
 */
#include "config.h"

#include "gateway/settings/setup.h"

#include <stdlib.h>
#include <strings.h>

#define TYPES_MAX 256 /* of one ValidationLevel */
#define TAGS_MAX 256  /* of one AllowUnknownEnumValues */

/* Memory that lives as long as the setup; its text or array comes behind. */
struct setup_block {
	struct setup_block *next;
	uint64_t data[];
};

static const char level_words[] = "reject, report or off";

static void *
keep(struct setup *s, size_t n)
{
	struct setup_block *b = calloc(1, sizeof(*b) + n);

	if (b == NULL)
		return NULL;
	b->next = s->blocks;
	s->blocks = b;
	return b->data;
}

void
setup_blocks_free(struct setup *s)
{
	struct setup_block *next;

	for (struct setup_block *b = s->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	s->blocks = NULL;
}

static bool
level_named(const char *word, enum fix_level *out)
{
	static const char *const names[] = {
		[FIX_LEVEL_REJECT] = "reject",
		[FIX_LEVEL_REPORT] = "report",
		[FIX_LEVEL_OFF] = "off",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == FIX_N_LEVEL,
	    "every level has a name");
	for (unsigned i = 0; i < FIX_N_LEVEL; i++)
		if (strcasecmp(word, names[i]) == 0) {
			*out = (enum fix_level)i;
			return true;
		}
	return false;
}

/* The next word between commas and blanks, cut out of text. */
static char *
next_word(char **text)
{
	char *p = *text + strspn(*text, ", \t"), *end;

	if (*p == '\0')
		return NULL;
	end = p + strcspn(p, ", \t");
	*text = *end == '\0' ? end : end + 1;
	*end = '\0';
	return p;
}

static bool
is_known_type(const struct fix_session_cfg *f, const char *type)
{
	struct fix_span t = fix_span_of(type);

	return *type == 'U' || fix_dict_msg_name(f->transport, t) != NULL ||
	       fix_dict_msg_name(f->app, t) != NULL;
}

static bool
is_refusal(const char *type)
{
	return type[0] != '\0' && type[1] == '\0' &&
	       strchr("359j", type[0]) != NULL;
}

/* "8:report" */
static void
read_type(const struct conf_section *sec, struct fix_session_cfg *f, char *word,
    char *colon, struct fix_type_level *out)
{
	*colon = '\0';
	out->type = word;
	if (!level_named(colon + 1, &out->level))
		conf_fault(sec, "ValidationLevel",
		    "level of MsgType %.20s must be %s, not '%.20s'", word,
		    level_words, colon + 1);
	else if (f->transport != NULL && f->app != NULL &&
		 !is_known_type(f, word))
		conf_fault(sec, "ValidationLevel",
		    "this session's dictionary has no MsgType '%.20s'", word);
	else if (out->level == FIX_LEVEL_REJECT && is_refusal(word))
		conf_fault(sec, "ValidationLevel",
		    "35=%s is a refusal itself and never rejected: say "
		    "%s:report",
		    word, word);
	for (uint32_t i = 0; i < f->n_levels; i++)
		if (strcmp(f->levels[i].type, word) == 0)
			conf_fault(sec, "ValidationLevel",
			    "MsgType %.20s has two levels", word);
}

static void
read_levels(
    struct setup *s, const struct conf_section *sec, struct fix_session_cfg *f)
{
	const char *v = conf_str(sec, "ValidationLevel", NULL);
	struct fix_type_level *list;
	bool any = false;
	char *text, *word, *colon;

	if (v == NULL)
		return;
	list = keep(s, TYPES_MAX * sizeof(*list));
	text = keep(s, strlen(v) + 1);
	if (list == NULL || text == NULL) {
		conf_fault(sec, "ValidationLevel", "out of memory");
		return;
	}
	memcpy(text, v, strlen(v));
	f->levels = list;
	while ((word = next_word(&text)) != NULL) {
		colon = strchr(word, ':');
		if (colon != NULL && f->n_levels < TYPES_MAX) {
			read_type(sec, f, word, colon, &list[f->n_levels]);
			f->n_levels++;
		} else if (colon != NULL) {
			conf_fault(sec, "ValidationLevel",
			    "more than %u MsgTypes", TYPES_MAX);
			return;
		} else if (any || !level_named(word, &f->level)) {
			conf_fault(sec, "ValidationLevel",
			    "expected one level (%s) and then TYPE:LEVEL, as "
			    "in 'reject, 8:report', not '%.20s'",
			    level_words, word);
			return;
		} else {
			any = true;
		}
	}
}

static void
read_open_tags(struct setup *s, const struct conf_section *sec, const char *v,
    struct fix_check *c)
{
	uint32_t *list = keep(s, TAGS_MAX * sizeof(*list));
	char *text = keep(s, strlen(v) + 1), *word;
	int64_t tag;

	if (list == NULL || text == NULL) {
		conf_fault(sec, "AllowUnknownEnumValues", "out of memory");
		return;
	}
	memcpy(text, v, strlen(v));
	c->open_enums = list;
	while ((word = next_word(&text)) != NULL) {
		if (fix_int_parse(fix_span_of(word), &tag) != 0 || tag < 1 ||
		    tag > FIX_TAG_MAX) {
			conf_fault(sec, "AllowUnknownEnumValues",
			    "AllowUnknownEnumValues must be Y, N or tags with "
			    "commas, not '%.40s'",
			    word);
			return;
		}
		if (c->n_open_enums == TAGS_MAX) {
			conf_fault(sec, "AllowUnknownEnumValues",
			    "more than %u tags", TAGS_MAX);
			return;
		}
		list[c->n_open_enums++] = (uint32_t)tag;
	}
}

/* QuickFIX's Y and N, or the fields that others may add to. */
static void
read_enums(
    struct setup *s, const struct conf_section *sec, struct fix_check *c)
{
	const char *v = conf_str(sec, "AllowUnknownEnumValues", "N");

	if (strcasecmp(v, "Y") == 0)
		c->enums = false;
	else if (strcasecmp(v, "N") != 0)
		read_open_tags(s, sec, v, c);
}

/* What other engines let one switch off, and nobody should. */
static void
tell_unwise(const struct conf_section *sec)
{
	static const char damaged[] =
	    "N takes messages that were damaged on the way, and what they "
	    "then say";

	if (!conf_bool(sec, "ValidateLengthAndChecksum", true))
		conf_notice(sec, "ValidateLengthAndChecksum", "%s", damaged);
	if (!conf_bool(sec, "ValidateChecksum", true))
		conf_notice(sec, "ValidateChecksum", "%s", damaged);
	if (conf_bool(sec, "RejectGarbledMessage", false))
		conf_notice(sec, "RejectGarbledMessage",
		    "Y believes the number of a garbled message: what it said "
		    "is lost, not asked for again");
}

static void
read_switches(
    struct setup *s, const struct conf_section *sec, struct fix_check *c)
{
	bool unknown = conf_bool(sec, "AllowUnknownMsgFields", false);

	*c = fix_check_all;
	c->fields_out_of_order =
	    conf_bool(sec, "ValidateFieldsOutOfOrder", true);
	c->fields_have_values =
	    conf_bool(sec, "ValidateFieldsHaveValues", true);
	c->user_defined_fields =
	    conf_bool(sec, "ValidateUserDefinedFields", true);
	c->unknown_msg_fields = c->unknown_fields = !unknown;
	c->required = conf_bool(sec, "ValidateRequiredFields", true);
	c->group_count = conf_bool(sec, "ValidateGroupCount", true);
	c->first_is_delimiter =
	    conf_bool(sec, "FirstFieldInGroupIsDelimiter", false);
	c->group_order = conf_bool(sec, "ValidateUnorderedGroupFields", true);
	read_enums(s, sec, c);
}

void
setup_check(
    struct setup *s, const struct conf_section *sec, struct fix_session_cfg *f)
{
	bool look = conf_bool(sec, "UseDataDictionary", true);

	f->level = FIX_LEVEL_REJECT;
	if (!conf_bool(sec, "RejectInvalidMessage", true))
		f->level = FIX_LEVEL_REPORT;
	if (!conf_bool(sec, "ValidateIncomingMessage", true))
		f->level = FIX_LEVEL_OFF;
	read_switches(s, sec, &f->check);
	read_levels(s, sec, f);
	tell_unwise(sec);
	if (look)
		return;
	if (f->n_levels > 0)
		conf_notice(sec, "ValidationLevel",
		    "means nothing with UseDataDictionary=N");
	f->level = FIX_LEVEL_OFF; /* groups are still known */
	f->n_levels = 0;
}
