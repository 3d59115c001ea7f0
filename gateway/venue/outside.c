/*
 * Small things that every venue outside of the trader needs.
 */
#include "gateway/venue/outside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fix/time.h"
#include "gateway/log.h"

#define CLOCK_OFF_NS (5 * FIX_SEC)

bool
outside_family(const char *id, char out[OUTSIDE_ID])
{
	const char *dash = strrchr(id, '-');
	size_t n = dash == NULL ? 0 : (size_t)(dash - id);

	if (n == 0 || strlen(id) >= OUTSIDE_ID || memchr(id, '-', n) == NULL)
		return false;
	memcpy(out, id, n);
	out[n] = '\0';
	return true;
}

bool
outside_is_later(const char *family, const char *id, const char *than)
{
	size_t n = strlen(family), a, b;

	if (strncmp(id, family, n) != 0 || id[n] != '-' ||
	    strncmp(than, family, n) != 0 || than[n] != '-' ||
	    strlen(id) >= OUTSIDE_ID)
		return false;
	a = strlen(id);
	b = strlen(than);
	return a != b ? a > b : strcmp(id, than) > 0;
}

void
outside_refuse(struct peer *p, const char *type, const char *id, int reason,
    const char *text)
{
	struct record_out *out = peer_begin(p, type);

	record_put(out, "id", id);
	record_put_int(out, "reason", reason);
	record_put(out, "text", text);
	peer_send(p);
}

bool
outside_news(char *told, size_t cap, const char *why)
{
	if (strncmp(told, why, cap - 1) == 0)
		return false;
	snprintf(told, cap, "%s", why);
	return true;
}

void
outside_down(struct peer *p, char *told, size_t cap, const char *why)
{
	struct record_out *out;

	if (!outside_news(told, cap, why))
		return;
	log_warn("%s", why);
	out = peer_begin(p, "down");
	record_put(out, "text", why);
	peer_send(p);
}

const char *
outside_advice(long status, bool explained)
{
	if (status == 503)
		return ": the venue is being maintained, wait for it";
	return (status == 403 || status == 418) && !explained ?
	    ": this address is refused: fewer requests are needed, or ask the "
	    "venue" : "";
}

/* ----- times ----- */

void
outside_clock(bool *told, int64_t off_ns)
{
	if (*told || (off_ns < CLOCK_OFF_NS && off_ns > -CLOCK_OFF_NS))
		return;
	*told = true;
	log_warn("the venue's clock is %" PRId64 " s ahead of ours: see that "
		 "the time of this host is kept", off_ns / FIX_SEC);
}

/* n digits. @return false: others */
static bool
digits(const char **p, unsigned n, int *out)
{
	*out = 0;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

static bool
one(const char **p, const char *of)
{
	if (**p == '\0' || strchr(of, **p) == NULL)
		return false;
	(*p)++;
	return true;
}

/* Behind the point; what is finer than a nanosecond is cut. */
static bool
fraction(const char **p, int64_t *ns)
{
	int64_t unit = FIX_SEC;

	*ns = 0;
	if (**p != '.')
		return true;
	(*p)++;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		unit /= 10;
		*ns += (**p - '0') * unit;
	}
	return true;
}

static bool
zone(const char **p, int64_t *seconds)
{
	bool east = **p == '+';
	int h, m;

	*seconds = 0;
	if (one(p, "Zz"))
		return true;
	if (!one(p, "+-") || !digits(p, 2, &h) || !one(p, ":") ||
	    !digits(p, 2, &m) || h > 23 || m > 59)
		return false;
	*seconds = (h * 60 + m) * 60;
	if (!east)
		*seconds = -*seconds;
	return true;
}

int
outside_time(const char *p, int64_t *out)
{
	int year, month, day, h, m, s;
	int64_t ns, off, seconds;

	if (!digits(&p, 4, &year) || !one(&p, "-") || !digits(&p, 2, &month) ||
	    !one(&p, "-") || !digits(&p, 2, &day) || !one(&p, "Tt ") ||
	    !digits(&p, 2, &h) || !one(&p, ":") || !digits(&p, 2, &m) ||
	    !one(&p, ":") || !digits(&p, 2, &s) || !fraction(&p, &ns) ||
	    !zone(&p, &off) || *p != '\0')
		return -FIX_E_FORMAT;
	if (month < 1 || month > 12 || day < 1 || day > 31 || h > 23 ||
	    m > 59 || s > 60)
		return -FIX_E_FORMAT;
	if (year < 1970 || year > 2261)
		return -FIX_E_RANGE;
	seconds = fix_days_of(year, month, day) * 86400 + h * 3600 + m * 60 +
		  s - off;
	if (seconds < 0 || seconds >= INT64_MAX / FIX_SEC)
		return -FIX_E_RANGE;
	*out = seconds * FIX_SEC + ns;
	return 0;
}
