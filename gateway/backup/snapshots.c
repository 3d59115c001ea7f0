/*
 * Which snapshots there are, which one the next stands on, which may go. A
 * snapshot's name says all of that: when it was begun, and whether it is full.
 */
#include "gateway/backup/snapshots.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY_S 86400

void
snap_name(char out[SNAP_NAME], int64_t when_s, bool full)
{
	time_t t = (time_t)when_s;
	struct tm tm = { 0 };
	size_t n;

	(void)gmtime_r(&t, &tm);
	n = strftime(out, SNAP_NAME, "%Y%m%dT%H%M%SZ", &tm);
	snprintf(out + n, SNAP_NAME - n, "-%s.fgb", full ? "full" : "more");
}

bool
snap_parse(struct snap *out, const char *name)
{
	char again[SNAP_NAME];
	struct tm tm = { 0 };
	const char *end = strptime(name, "%Y%m%dT%H%M%SZ", &tm);

	if (end == NULL || strlen(name) >= SNAP_NAME)
		return false;
	*out = (struct snap){ .when_s = timegm(&tm),
		.full = strcmp(end, "-full.fgb") == 0 };
	memcpy(out->name, name, strlen(name) + 1);
	snap_name(again, out->when_s, out->full);
	return strcmp(again, name) == 0;
}

static int
by_time(const void *a, const void *b)
{
	const struct snap *x = a, *y = b;

	if (x->when_s != y->when_s)
		return x->when_s < y->when_s ? -1 : 1;
	return strcmp(x->name, y->name);
}

static bool
was_sent(const char *folder, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%.4000s/%s.sent", folder, name);
	return access(path, F_OK) == 0;
}

int
snap_list(struct snaps *out, const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	struct snap one, *v;
	int rc = d == NULL ? -FIX_E_IO : 0;

	*out = (struct snaps){ NULL, 0 };
	while (rc == 0 && (e = readdir(d)) != NULL) {
		if (!snap_parse(&one, e->d_name))
			continue;
		one.sent = was_sent(folder, one.name);
		v = realloc(out->v, (out->n + 1) * sizeof(*v));
		rc = v == NULL ? -FIX_E_NOMEM : 0;
		if (rc == 0) {
			out->v = v;
			out->v[out->n++] = one;
		}
	}
	if (d != NULL)
		closedir(d);
	if (rc == 0 && out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), by_time);
	return rc;
}

static const struct snap *
newest_full(const struct snaps *s)
{
	for (size_t i = s->n; i-- > 0;)
		if (s->v[i].full)
			return &s->v[i];
	return NULL;
}

const struct snap *
snap_base(const struct snaps *s, int64_t now_s)
{
	const struct snap *f = newest_full(s);

	return f != NULL && f->when_s / DAY_S == now_s / DAY_S ? f : NULL;
}

bool
snap_old(const struct snaps *s, size_t i, const struct snap_cfg *cfg,
    int64_t now_s, bool *waits)
{
	bool leaves = cfg->command != NULL || cfg->s3 != NULL, old;
	const struct snap *f = newest_full(s), *x = &s->v[i];
	unsigned days = x->full ? cfg->keep_daily_days : cfg->keep_days;

	old = f != NULL && x->when_s < f->when_s &&
	      now_s - x->when_s > (int64_t)days * DAY_S;
	*waits = old && leaves && !x->sent;
	return old && !*waits;
}
