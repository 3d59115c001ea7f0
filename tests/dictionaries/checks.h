/*
 * For tests of the check: messages that are good in every version, and
 * asserting what the check says of one.
 */
#ifndef FIXGATE_TESTS_DICTIONARIES_CHECKS_H
#define FIXGATE_TESTS_DICTIONARIES_CHECKS_H

#include "tests/dictionaries/faces.h"

static struct face faces[N_FACES];

#define HEAD "49=TW|56=ISLD|34=2|52=20250314-14:30:15|"
#define BEAT "35=0|" HEAD

/* A NewOrderSingle that is good in every version. */
#define ORDER                                                                  \
	"35=D|" HEAD "11=ID|21=1|55=AAPL|54=1|60=20250314-14:30:15|38=100|"    \
	"40=2|44=187.25|"
#define ORDER_4041 "35=D|" HEAD "11=ID|21=1|55=AAPL|54=1|38=100|40=2|44=187.25|"

static inline const char *
order_of(const struct face *f)
{
	return f->version < FIX_V_42 ? ORDER_4041 : ORDER;
}

static inline bool
is_fixt(const struct face *f)
{
	return f->version >= FIX_V_50;
}

static inline void
good_as(const struct face *f, const struct fix_check *c, const char *text)
{
	struct fix_fault fault = { 0 };
	struct said s;

	if (fix_dict_check(
		f->transport, f->app, say(&s, f->begin, text), c, &fault) != 0)
		fail_msg("%s: reason %d tag %u in %s", f->name, fault.reason,
		    fault.tag, text);
}

/* @return index of the faulty field */
static inline uint32_t
bad_as(const struct face *f, const struct fix_check *c, const char *text,
    int reason, uint32_t tag)
{
	struct fix_fault fault = { 0 };
	struct said s;

	if (fix_dict_check(
		f->transport, f->app, say(&s, f->begin, text), c, &fault) != 1)
		fail_msg("%s: no fault in %s", f->name, text);
	if (fault.reason != reason || fault.tag != tag)
		fail_msg("%s: reason %d tag %u, not %d %u, in %s", f->name,
		    fault.reason, fault.tag, reason, tag, text);
	return fault.field;
}

static inline void
good(const struct face *f, const char *text)
{
	good_as(f, &fix_check_all, text);
}

static inline uint32_t
bad(const struct face *f, const char *text, int reason, uint32_t tag)
{
	return bad_as(f, &fix_check_all, text, reason, tag);
}

static inline void
bad_all(const char *text, int reason, uint32_t tag)
{
	int i;

	for (i = 0; i < N_FACES; i++)
		(void)bad(&faces[i], text, reason, tag);
}

/* The order with something behind it. */
static inline const char *
order_and(const struct face *f, const char *more)
{
	static char text[2048];

	snprintf(text, sizeof(text), "%s%s", order_of(f), more);
	return text;
}

static inline struct face *
face(enum fix_version v)
{
	return &faces[v - FIX_V_40];
}

static inline int
set_up(void **state)
{
	(void)state;
	faces_load(faces);
	return 0;
}

static inline int
tear_down(void **state)
{
	(void)state;
	faces_free(faces);
	return 0;
}

#endif
