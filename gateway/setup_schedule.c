/*
 * When a session is open: QuickFIX's settings become a fix_schedule.
 *
 * Zones are files of tzdata, read once each and shared. A time may carry a
 * zone of its own behind it, as QuickFIX/J writes it; else TimeZone counts,
 * else UseLocalTime's, which is the host's; else UTC. Without StartTime and
 * EndTime a session is always open and never begins anew by itself.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/setup.h"

#define ZONE_DIR "/usr/share/zoneinfo"
#define ZONE_LOCAL "/etc/localtime"
#define ZONE_MAX (1u << 20) /* bytes of a file */

struct setup_zone {
	struct setup_zone *next;
	struct fix_tz *tz; /* NULL: UTC, or a file that was complained about */
	char name[];
};

/* A name that leads out of the folder is none. */
static bool
name_ok(const char *name)
{
	return name[0] != '\0' && name[0] != '/' && name[0] != '.' &&
	       strlen(name) < 64 && strstr(name, "..") == NULL &&
	       strspn(name,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789/_+-") == strlen(name);
}

static int
read_file(const char *path, struct fix_tz **out)
{
	uint8_t *buf = malloc(ZONE_MAX);
	FILE *f = fopen(path, "rb");
	int rc = -FIX_E_NOMEM;

	if (f == NULL)
		rc = -FIX_E_IO;
	else if (buf != NULL)
		rc = fix_tz_read(out, buf, fread(buf, 1, ZONE_MAX, f));
	if (f != NULL)
		fclose(f);
	free(buf);
	return rc;
}

static bool
is_utc(const char *name)
{
	static const char *const names[] = { "UTC", "GMT", "Etc/UTC", "Etc/GMT",
		"Z", NULL };

	for (unsigned i = 0; names[i] != NULL; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void
load(struct setup_zone *z, const struct conf_section *sec, const char *key)
{
	const char *dir = getenv("TZDIR");
	char path[512] = ZONE_LOCAL;
	int rc;

	if (strcmp(z->name, "local") != 0 && !name_ok(z->name)) {
		conf_fault(sec, key,
		    "'%.60s' is no name of a time zone, as "
		    "America/New_York is",
		    z->name);
		return;
	}
	if (strcmp(z->name, "local") != 0)
		snprintf(path, sizeof(path), "%s/%s",
		    dir != NULL ? dir : ZONE_DIR, z->name);
	rc = read_file(path, &z->tz);
	if (rc == -FIX_E_IO && strcmp(z->name, "local") == 0)
		return; /* a host without it runs on UTC */
	if (rc == -FIX_E_IO)
		conf_fault(sec, key,
		    "no time zone %s: %s can't be read (is "
		    "tzdata installed?)",
		    z->name, path);
	else if (rc != 0)
		conf_fault(
		    sec, key, "time zone file %s: %s", path, fix_strerror(rc));
}

/* @return NULL: UTC, or out of memory, which was told */
static const struct setup_zone *
zone_of(struct setup *s, const struct conf_section *sec, const char *key,
    const char *name)
{
	struct setup_zone *z;

	if (is_utc(name))
		return NULL;
	for (z = s->zones; z != NULL; z = z->next)
		if (strcmp(z->name, name) == 0)
			return z;
	z = calloc(1, sizeof(*z) + strlen(name) + 1);
	if (z == NULL) {
		conf_fault(sec, key, "out of memory");
		return NULL;
	}
	memcpy(z->name, name, strlen(name));
	z->next = s->zones;
	s->zones = z;
	load(z, sec, key);
	return z;
}

/* "17:00:00 US/Eastern": its seconds, and its zone, or else the default. */
static int32_t
read_time(struct setup *s, const struct conf_section *sec, const char *key,
    const char *def, const struct fix_tz **tz, const char **name)
{
	const char *v = conf_str(sec, key, def), *zone, *own;
	unsigned h = 0, m = 0, sec_of = 0;
	const struct setup_zone *z;

	zone = conf_str(sec, "TimeZone",
	    conf_bool(sec, "UseLocalTime", false) ? "local" : "UTC");
	(void)sscanf(v, "%2u:%2u:%2u", &h, &m, &sec_of);
	own = strchr(v, ' ');
	if (own != NULL && own[strspn(own, " ")] != '\0')
		zone = own + strspn(own, " ");
	z = zone_of(s, sec,
	    own == NULL && conf_has(sec, "TimeZone", NULL) ? "TimeZone" : key,
	    zone);
	*tz = z == NULL ? NULL : z->tz;
	*name = z == NULL ? NULL : z->name;
	return (int32_t)(h * 3600 + m * 60 + sec_of);
}

/* "Mon,Tue Wednesday" */
static uint8_t
read_weekdays(const struct conf_section *sec)
{
	const char *v = conf_str(sec, "Weekdays", "");
	unsigned bits = 0;
	int day;

	while (*(v += strspn(v, ", \t")) != '\0') {
		size_t n = strcspn(v, ", \t");

		day = conf_weekday(v, n);
		if (day < 0)
			conf_fault(sec, "Weekdays",
			    "expected days as "
			    "Mon,Tue,Wed, not '%.*s'",
			    (int)(n > 40 ? 40 : n), v);
		else
			bits |= 1u << day;
		v += n;
	}
	return (uint8_t)bits;
}

static int
read_day(const struct conf_section *sec, const char *key)
{
	const char *v = conf_str(sec, key, NULL);
	int day = v == NULL ? -1 : conf_weekday(v, strlen(v));

	if (v == NULL)
		conf_fault(sec, NULL,
		    "a weekly session needs StartDay and "
		    "EndDay: there is no %s",
		    key);
	return day < 0 ? 0 : day;
}

static void
read_days(const struct conf_section *sec, struct fix_schedule *out)
{
	bool weekly =
	    conf_has(sec, "StartDay", NULL) || conf_has(sec, "EndDay", NULL);

	out->kind = weekly ? FIX_SCHED_WEEKLY : FIX_SCHED_DAILY;
	if (weekly) {
		out->start_day = read_day(sec, "StartDay");
		out->end_day = read_day(sec, "EndDay");
	}
	if (!conf_has(sec, "Weekdays", NULL))
		return;
	if (weekly)
		conf_fault(sec, "Weekdays",
		    "either Weekdays, or StartDay and "
		    "EndDay");
	out->weekdays = read_weekdays(sec);
}

static void
tell_unkept(const struct conf_section *sec)
{
	static const char *const keys[] = { "LogonTime", "LogoutTime",
		"LogonDay", "LogoutDay", NULL };

	for (unsigned i = 0; keys[i] != NULL; i++)
		if (conf_has(sec, keys[i], NULL))
			conf_notice(sec, keys[i],
			    "%s is not kept yet: Logons "
			    "are taken while the session is open",
			    keys[i]);
}

void
setup_schedule(
    struct setup *s, const struct conf_section *sec, struct fix_schedule *out)
{
	bool start = conf_has(sec, "StartTime", NULL);

	memset(out, 0, sizeof(*out));
	tell_unkept(sec);
	if (conf_bool(sec, "NonStopSession", false))
		return;
	if (!start && !conf_has(sec, "EndTime", NULL)) {
		if (conf_has(sec, "StartDay", NULL) ||
		    conf_has(sec, "EndDay", NULL) ||
		    conf_has(sec, "Weekdays", NULL))
			conf_fault(sec, NULL,
			    "days of a session need "
			    "StartTime and EndTime");
		return;
	}
	read_days(sec, out);
	out->start_s = read_time(
	    s, sec, "StartTime", "00:00:00", &out->start_tz, &out->start_zone);
	out->end_s =
	    read_time(s, sec, "EndTime", conf_str(sec, "StartTime", "00:00:00"),
		&out->end_tz, &out->end_zone);
}

void
setup_zones_free(struct setup *s)
{
	struct setup_zone *z, *next;

	for (z = s->zones; z != NULL; z = next) {
		next = z->next;
		fix_tz_free(z->tz);
		free(z);
	}
	s->zones = NULL;
}
