/*
 * Print intervals for another program to compare: tests/session/zones.py.
 *
 * A line of input: a start zone's file, its seconds of day, an end zone's file,
 * its seconds of day, weekdays (a bit each, 0 all) or -1 for a week from start
 * to end day, start day, end day, from, until (seconds of UTC). For each line
 * one of output: start and end of every interval that starts in [from, until),
 * then R and the resets at the start's time in it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/schedule.h"

static uint8_t buf[1 << 20];

static struct fix_tz *
zone(const char *path)
{
	static struct {
		char path[256];
		struct fix_tz *z;
	} known[16];
	struct fix_tz *z = NULL;
	unsigned i = 0;
	FILE *f;

	while (i < 15 && known[i].z != NULL && strcmp(known[i].path, path) != 0)
		i++;
	if (known[i].z != NULL)
		return known[i].z;
	f = fopen(path, "rb");
	if (f == NULL ||
	    fix_tz_read(&z, buf, fread(buf, 1, sizeof(buf), f)) != 0) {
		fprintf(stderr, "%s can't be read\n", path);
		exit(1);
	}
	fclose(f);
	snprintf(known[i].path, sizeof(known[i].path), "%s", path);
	known[i].z = z;
	return z;
}

static void
print(const struct fix_schedule *s, int64_t from, int64_t until)
{
	struct fix_utc t = { from * FIX_SEC };
	struct fix_interval v;

	while (fix_schedule_at(s, t, &v) && v.start.ns < until * FIX_SEC) {
		if (v.start.ns >= from * FIX_SEC)
			printf("%" PRId64 " %" PRId64 " ", v.start.ns / FIX_SEC,
			    v.end.ns / FIX_SEC);
		t = v.end;
	}
	printf("R");
	t.ns = from * FIX_SEC - 1;
	while (fix_schedule_next_reset(s, t, &t) && t.ns < until * FIX_SEC)
		printf(" %" PRId64, t.ns / FIX_SEC);
	putchar('\n');
}

int
main(void)
{
	char from_zone[256], to_zone[256];
	struct fix_schedule s;
	int64_t from, until;
	int start, end, days, a, b;

	while (
	    scanf("%255s %d %255s %d %d %d %d %" SCNd64 " %" SCNd64, from_zone,
		&start, to_zone, &end, &days, &a, &b, &from, &until) == 9) {
		memset(&s, 0, sizeof(s));
		s.hours.kind = days < 0 ? FIX_SCHED_WEEKLY : FIX_SCHED_DAILY;
		s.hours.weekdays = days < 0 ? 0 : (uint8_t)days;
		s.hours.start_day = a;
		s.hours.end_day = b;
		s.hours.start_s = start;
		s.hours.end_s = end;
		s.hours.start_tz = s.reset_tz = zone(from_zone);
		s.hours.end_tz = zone(to_zone);
		s.resets = true;
		s.reset_s = start;
		print(&s, from, until);
	}
	return 0;
}
