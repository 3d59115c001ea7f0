/*
 * What the text of a setting may look like, by its type, and which known name
 * is nearest to a mistyped one. Pure functions over strings: the reader uses
 * them to complain, the getters to read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/settings/conf_int.h"
#include "gateway/settings/conf_keys.h"

bool
conf_read_bool(const char *v, bool *out)
{
	static const char *const yes[] = { "Y", "yes", "true", NULL };
	static const char *const no[] = { "N", "no", "false", NULL };

	for (unsigned i = 0; yes[i] != NULL; i++) {
		*out = strcasecmp(v, yes[i]) == 0;
		if (*out || strcasecmp(v, no[i]) == 0)
			return true;
	}
	return false;
}

bool
conf_read_int(const char *v, long *out)
{
	char *end;

	if (*v != '-' && (*v < '0' || *v > '9'))
		return false;
	errno = 0;
	*out = strtol(v, &end, 10);
	return errno == 0 && end != v && *end == '\0';
}

bool
conf_read_bytes(const char *v, size_t *out)
{
	unsigned shift = 0;
	unsigned long n;
	char *end;

	if (*v < '0' || *v > '9')
		return false;
	errno = 0;
	n = strtoul(v, &end, 10);
	if (errno != 0)
		return false;
	if (*end == 'K' || *end == 'k')
		shift = 10;
	else if (*end == 'M' || *end == 'm')
		shift = 20;
	else if (*end == 'G' || *end == 'g')
		shift = 30;
	if (shift > 0)
		end++;
	if (*end != '\0' || n > SIZE_MAX >> shift)
		return false;
	*out = (size_t)n << shift;
	return true;
}

bool
conf_read_e8(const char *v, int64_t *out)
{
	struct fix_dec d;

	if (strcasecmp(v, "unlimited") == 0) {
		*out = INT64_MAX;
		return true;
	}
	return fix_dec_parse(fix_span_of(v), &d) == 0 &&
	       fix_dec_to_e8(d, out) == 0;
}

int
conf_word_index(const char *words, const char *v)
{
	size_t len = strlen(v), n;
	int i = 0;

	for (const char *p = words; *p != '\0'; i++) {
		n = strcspn(p, "|");
		if (n == len && strncasecmp(p, v, n) == 0)
			return i;
		p += n;
		if (*p == '|')
			p++;
	}
	return -1;
}

/* HH:MM[:SS], perhaps with a zone behind it, as QuickFIX/J writes it. */
static bool
is_time(const char *v)
{
	unsigned h, m, s = 0;
	int n = 0;

	if (sscanf(v, "%2u:%2u%n", &h, &m, &n) != 2 || h > 23 || m > 59)
		return false;
	v += n;
	if (*v == ':' && (sscanf(v, ":%2u%n", &s, &n) != 1 || s > 59))
		return false;
	if (*v == ':')
		v += n;
	return *v == '\0' || *v == ' ';
}

int
conf_weekday(const char *v, size_t len)
{
	static const char *const days[] = { "sunday", "monday", "tuesday",
		"wednesday", "thursday", "friday", "saturday" };

	for (int i = 0; i < 7; i++)
		if (len >= 2 && len <= strlen(days[i]) &&
		    strncasecmp(v, days[i], len) == 0)
			return i;
	return -1;
}

const char *
conf_form(const struct conf_key *k, const char *v)
{
	union {
		bool b;
		long l;
		size_t z;
		int64_t e8;
	} any;

	switch (k->type) {
	case CONF_T_BOOL:
		return conf_read_bool(v, &any.b) ? NULL : "Y or N";
	case CONF_T_INT:
		return conf_read_int(v, &any.l) ? NULL : "a whole number";
	case CONF_T_BYTES:
		return conf_read_bytes(v, &any.z)
			   ? NULL
			   : "bytes, with K, M or G behind the number";
	case CONF_T_DEC:
		return conf_read_e8(v, &any.e8)
			   ? NULL
			   : "a decimal of at most 8 places, or unlimited";
	case CONF_T_WORD:
		return conf_word_index(k->words, v) >= 0 ? NULL : k->words;
	case CONF_T_TIME:
		return is_time(v) ? NULL : "a time as 17:30:00";
	case CONF_T_DAY:
		return conf_weekday(v, strlen(v)) >= 0 ? NULL
						       : "a day of the week";
	case CONF_T_TEXT:
	case CONF_T_PATH:
	case CONF_T_SECRET:
		return *v != '\0' ? NULL : "set to something";
	case CONF_T_IGNORED:
	case CONF_N_TYPE:
		break;
	}
	return NULL;
}

#define NEAR_MAX 48 /* longer names have no neighbours */

/* Edits that lead from a to b: a letter more, less or changed, two swapped. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[3][NEAR_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NEAR_MAX || lb > NEAR_MAX)
		return NEAR_MAX;
	for (unsigned j = 0; j <= lb; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= la; i++) {
		unsigned *is = row[i % 3], *was = row[(i + 2) % 3];
		const unsigned *older = row[(i + 1) % 3];

		is[0] = i;
		for (unsigned j = 1; j <= lb; j++) {
			char x = (char)(a[i - 1] | 0x20);
			char y = (char)(b[j - 1] | 0x20);
			unsigned d = was[j - 1] + (x != y);

			d = was[j] + 1 < d ? was[j] + 1 : d;
			d = is[j - 1] + 1 < d ? is[j - 1] + 1 : d;
			if (i > 1 && j > 1 && x == (b[j - 2] | 0x20) &&
			    (a[i - 2] | 0x20) == y && older[j - 2] + 1 < d)
				d = older[j - 2] + 1;
			is[j] = d;
		}
	}
	return row[la % 3][lb];
}

const char *
conf_nearest(const char *written,
    const char *(*name_at)(const void *arg, unsigned i), const void *arg)
{
	unsigned limit = (unsigned)strlen(written) / 3 + 1, d;
	const char *best = NULL, *name;

	for (unsigned i = 0; (name = name_at(arg, i)) != NULL; i++) {
		d = distance(written, name);
		if (d <= limit) {
			best = name;
			limit = d;
			if (limit-- == 0)
				break;
		}
	}
	return best;
}
