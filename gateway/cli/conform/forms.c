/*
 * Steps that stand for a message whose form depends on the version, turned into
 * what is really expected.
 *
 * FIX 4.2 brought 371, 372, 373 and BusinessMessageReject(j); 4.3 the reasons
 * above 11, which a 4.2 engine leaves out. So before 4.2 a Reject has 45 and 58
 * only, and stands for the BusinessMessageReject too.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/cli/conform/play_int.h"

static void
add(struct cc_step *out, enum cc_op op, const char *tag, const char *value)
{
	out->fields[out->n_fields++] = (struct cc_field){ op, tag, value };
}

static bool
has(const struct cc_step *s, const char *tag)
{
	for (unsigned i = 0; i < s->n_fields; i++)
		if (strcmp(s->fields[i].tag, tag) == 0)
			return true;
	return false;
}

static bool
is_new(const char *tag)
{
	return strcmp(tag, "371") == 0 || strcmp(tag, "372") == 0 ||
	       strcmp(tag, "373") == 0 || strcmp(tag, "380") == 0 ||
	       strcmp(tag, "379") == 0;
}

/* The step's own fields, as far as the version has them. */
static void
copy_fields(const struct play *p, const struct cc_step *s, struct cc_step *out)
{
	enum fix_version v = p->cfg->setup.version;

	for (unsigned i = 0; i < s->n_fields; i++) {
		struct cc_field f = s->fields[i];

		if (v < FIX_V_42 && is_new(f.tag))
			continue;
		if (v == FIX_V_42 && strcmp(f.tag, "373") == 0 &&
		    f.op == CC_IS && strtoul(f.value, NULL, 10) > 11)
			f.op = CC_MAY_BE;
		out->fields[out->n_fields++] = f;
	}
}

static void
refusal(const struct play *p, const struct cc_step *s, struct cc_step *out)
{
	enum fix_version v = p->cfg->setup.version;

	out->what = s->verb == CC_BMR && v >= FIX_V_42 ? "j" : "3";
	if (!has(s, "45"))
		add(out, CC_IS, "45", "$last");
	if (v >= FIX_V_42 && !has(s, "372"))
		add(out, CC_MAY_BE, "372", p->last_type);
}

static void
answer(const struct cc_step *s, struct cc_step *out, char *name, size_t cap)
{
	out->what = "D|8";
	if (s->as != NULL) {
		snprintf(name, cap, "${%s}", s->as);
		add(out, CC_IS, "11", name);
	}
	out->as = NULL;
}

int
play_form(struct play *p, const struct cc_step *s, struct form *f)
{
	f->step = *s;
	f->step.fields = calloc(s->n_fields + 2, sizeof(*f->step.fields));
	f->step.n_fields = 0;
	if (f->step.fields == NULL)
		return -FIX_E_NOMEM;
	if (s->verb == CC_REJECT || s->verb == CC_BMR)
		refusal(p, s, &f->step);
	else if (s->verb == CC_ANSWER)
		answer(s, &f->step, f->name, sizeof(f->name));
	if (s->verb == CC_REJECT || s->verb == CC_BMR)
		copy_fields(p, s, &f->step);
	else
		for (unsigned i = 0; i < s->n_fields; i++)
			f->step.fields[f->step.n_fields++] = s->fields[i];
	f->step.verb = CC_EXPECT;
	return 0;
}

void
play_form_clear(struct form *f)
{
	free(f->step.fields);
}
