/*
 * Every FIX version with its dictionaries, and messages written as text: '|'
 * stands for SOH, 8=, 9= and 10= are put round it.
 */
#ifndef FIXGATE_TESTS_DICTIONARIES_FACES_H
#define FIXGATE_TESTS_DICTIONARIES_FACES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dictionaries/dict.h"
#include "fix/scan.h"

struct face {
	const char *name;
	const char *begin;
	enum fix_version version;
	const struct fix_dict *transport;
	const struct fix_dict *app;
};

#define N_FACES 8

static inline void
faces_load(struct face f[N_FACES])
{
	static const struct face all[N_FACES] = {
		{ "FIX40", "FIX.4.0", FIX_V_40, NULL, NULL },
		{ "FIX41", "FIX.4.1", FIX_V_41, NULL, NULL },
		{ "FIX42", "FIX.4.2", FIX_V_42, NULL, NULL },
		{ "FIX43", "FIX.4.3", FIX_V_43, NULL, NULL },
		{ "FIX44", "FIX.4.4", FIX_V_44, NULL, NULL },
		{ "FIX50", "FIXT.1.1", FIX_V_50, NULL, NULL },
		{ "FIX50SP1", "FIXT.1.1", FIX_V_50SP1, NULL, NULL },
		{ "FIX50SP2", "FIXT.1.1", FIX_V_50SP2, NULL, NULL },
	};
	struct fix_dict_error e;
	struct fix_dict *d, *t;
	int i;

	if (fix_dict_load_version(&t, FIX_V_NONE, &e) != 0)
		fail_msg("%s", e.text);
	for (i = 0; i < N_FACES; i++) {
		f[i] = all[i];
		if (fix_dict_load_version(&d, f[i].version, &e) != 0)
			fail_msg("%s", e.text);
		f[i].app = d;
		f[i].transport = f[i].version >= FIX_V_50 ? t : d;
	}
}

static inline void
faces_free(struct face f[N_FACES])
{
	struct fix_dict *d;
	int i;

	for (i = 0; i < N_FACES; i++) {
		memcpy(&d, &f[i].app, sizeof(d)); /* ours to free */
		fix_dict_free(d);
	}
	memcpy(&d, &f[N_FACES - 1].transport, sizeof(d));
	fix_dict_free(d);
}

/* A message and the bytes it is over. */
struct said {
	uint8_t bytes[8192];
	struct fix_field fields[512];
	struct fix_msg m;
};

/** The text as a message that came over the wire. */
static inline const struct fix_msg *
say(struct said *s, const char *begin, const char *text)
{
	struct fix_scan scan = { .max_bytes = sizeof(s->bytes) };
	unsigned sum = 0;
	int n, i;

	n = snprintf((char *)s->bytes, sizeof(s->bytes), "8=%s|9=%zu|%s", begin,
	    strlen(text), text);
	assert_in_range(n, 1, (int)sizeof(s->bytes) - 16);
	for (i = 0; i < n; i++) {
		if (s->bytes[i] == '|')
			s->bytes[i] = 1;
		sum += s->bytes[i];
	}
	n += snprintf((char *)s->bytes + n, 16, "10=%03u", sum % 256);
	s->bytes[n++] = 1;
	s->m = (struct fix_msg){ .fields = s->fields, .cap = 512 };
	if (fix_scan(&scan, s->bytes, (size_t)n, &s->m) != n ||
	    scan.why != FIX_G_NONE)
		fail_msg("no message: %s (%s)", text,
		    fix_garbled_name(scan.why));
	return &s->m;
}

#endif
