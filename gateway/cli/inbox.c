/*
 * What came in and was not waited for yet.
 *
 * A script says "new ..." and then "wait 8 39=2"; the fill may have come before
 * the second line is read. So messages are kept, and a wait looks through them
 * first; what it finds, and all before it, is used up. The oldest go when there
 * are too many.
 */
#include "gateway/cli/inbox.h"

#include <stdlib.h>
#include <strings.h>

#include "fix/scan.h"

#define KEEP 4096 /* messages */
#define WANTS 16  /* TAG=VALUE of one wait */

struct want {
	uint32_t tag;
	char value[128];
};

struct inbox {
	struct fix_span kept[KEEP]; /* ring, each malloced */
	uint64_t first, end;        /* numbers of messages in it */
	uint64_t next;              /* first not looked at by this wait */
	char type[64];
	struct want wants[WANTS];
	unsigned n_wants;
	struct dict_pair dicts;
	struct fix_field fields[FIX_FIELDS_MAX];
};

struct inbox *
inbox_new(void)
{
	return calloc(1, sizeof(struct inbox));
}

static void
forget_to(struct inbox *b, uint64_t number)
{
	for (; b->first < number; b->first++)
		free((void *)(uintptr_t)b->kept[b->first % KEEP].p);
	if (b->next < b->first)
		b->next = b->first;
}

void
inbox_free(struct inbox *b)
{
	if (b == NULL)
		return;
	forget_to(b, b->end);
	free(b);
}

void
inbox_add(struct inbox *b, const struct fix_msg *m)
{
	uint8_t *copy = malloc(m->len);

	if (copy == NULL)
		return;
	memcpy(copy, m->bytes, m->len);
	if (b->end - b->first == KEEP)
		forget_to(b, b->first + 1);
	b->kept[b->end % KEEP].p = copy;
	b->kept[b->end % KEEP].len = m->len;
	b->end++;
}

static bool
add_want(struct inbox *b, const char *word)
{
	struct want *w = &b->wants[b->n_wants];
	const char *eq = strchr(word, '=');
	struct fix_span tag = { (const uint8_t *)word, 0 };
	int64_t n;

	if (eq == NULL || b->n_wants == WANTS)
		return false;
	tag.len = (size_t)(eq - word);
	if (fix_int_parse(tag, &n) != 0 || n <= 0 || n > FIX_TAG_MAX ||
	    !fix_span_copy(fix_span_of(eq + 1), w->value, sizeof(w->value)))
		return false;
	w->tag = (uint32_t)n;
	b->n_wants++;
	return true;
}

bool
inbox_want(struct inbox *b, const char *text, struct dict_pair dicts)
{
	char words[1024], *save = NULL, *p;

	b->dicts = dicts;
	b->n_wants = 0;
	b->next = b->first;
	if (!fix_span_copy(fix_span_of(text), words, sizeof(words)))
		return false;
	p = strtok_r(words, " \t", &save);
	if (p == NULL || strchr(p, '=') != NULL ||
	    !fix_span_copy(fix_span_of(p), b->type, sizeof(b->type)))
		return false;
	while ((p = strtok_r(NULL, " \t", &save)) != NULL)
		if (!add_want(b, p))
			return false;
	return true;
}

static bool
is_wanted(const struct inbox *b, const struct fix_msg *m)
{
	const char *name = dicts_msg_name(b->dicts, fix_msg_type(m));
	struct fix_span v;
	unsigned i;

	if (!fix_span_is(fix_msg_type(m), b->type) &&
	    (name == NULL || strcasecmp(name, b->type) != 0))
		return false;
	for (i = 0; i < b->n_wants; i++) {
		if (!fix_msg_get(m, b->wants[i].tag, &v))
			return false;
		name = dicts_value_name(b->dicts, b->wants[i].tag, v);
		if (!fix_span_is(v, b->wants[i].value) &&
		    (name == NULL || strcasecmp(name, b->wants[i].value) != 0))
			return false;
	}
	return true;
}

bool
inbox_match(struct inbox *b)
{
	struct fix_msg m = { NULL, 0, b->fields, 0, FIX_FIELDS_MAX };
	struct fix_span v;

	for (; b->next < b->end; b->next++) {
		v = b->kept[b->next % KEEP];
		m.n = 0;
		if (fix_split(v.p, v.len, &m) == 0 && m.n >= 3 &&
		    is_wanted(b, &m)) {
			forget_to(b, b->next + 1);
			return true;
		}
	}
	return false;
}
