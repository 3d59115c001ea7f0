/* Zones for tests, made of a rule alone. Included behind cmocka.h. */
#ifndef FIXGATE_TESTS_SESSION_ZONE_H
#define FIXGATE_TESTS_SESSION_ZONE_H

#include <stdio.h>
#include <string.h>

#include "session/schedule.h"

#define YORK "EST5EDT,M3.2.0,M11.1.0"
#define LONDON "GMT0BST,M3.5.0/1,M10.5.0"
#define CHATHAM "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45"

/* A TZif of a rule alone, as slim files nearly are. @return bytes */
static inline size_t
make_file(uint8_t *out, const char *rule)
{
	static const uint8_t body[6 + 4] = { 0, 0, 0, 0, 0, 0, 'L', 'M', 'T' };
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		memset(out + n, 0, 44);
		memcpy(out + n, "TZif2", 5);
		out[n + 39] = 1; /* one type */
		out[n + 43] = 4; /* "LMT" */
		n += 44;
		memcpy(out + n, body, sizeof(body));
		n += sizeof(body);
	}
	return n + (size_t)sprintf((char *)out + n, "\n%s\n", rule);
}

static inline struct fix_tz *
zone(const char *rule)
{
	uint8_t file[512];
	struct fix_tz *z = NULL;

	assert_int_equal(fix_tz_read(&z, file, make_file(file, rule)), 0);
	return z;
}

#endif
