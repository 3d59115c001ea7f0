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

#include "gateway/settings/setup.h"

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

/* The zone behind a time, or else the session's. */
static void
read_zone(struct setup *s, const struct conf_section *sec, const char *key,
    const char *v, struct fix_tz **tz, const char **name)
{
	const char *own = strchr(v, ' '), *zone;
	const struct setup_zone *z;

	zone = conf_str(sec, "TimeZone",
	    conf_bool(sec, "UseLocalTime", false) ? "local" : "UTC");
	if (own != NULL && own[strspn(own, " ")] != '\0')
		zone = own + strspn(own, " ");
	z = zone_of(s, sec,
	    own == NULL && conf_has(sec, "TimeZone", NULL) ? "TimeZone" : key,
	    zone);
	*tz = z == NULL ? NULL : z->tz;
	*name = z == NULL ? NULL : z->name;
}

/* "17:00:00 US/Eastern": its seconds, and its zone, or else the default. */
static int32_t
read_time(struct setup *s, const struct conf_section *sec, const char *key,
    const char *def, struct fix_tz **tz, const char **name)
{
	const char *v = conf_str(sec, key, def);
	unsigned h = 0, m = 0, sec_of = 0;

	(void)sscanf(v, "%2u:%2u:%2u", &h, &m, &sec_of);
	read_zone(s, sec, key, v, tz, name);
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
read_days(const struct conf_section *sec, struct fix_hours *out)
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
read_hours(
    struct setup *s, const struct conf_section *sec, struct fix_hours *out)
{
	if (conf_bool(sec, "NonStopSession", false))
		return;
	if (!conf_has(sec, "StartTime", NULL) &&
	    !conf_has(sec, "EndTime", NULL)) {
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

static int
logon_day(const struct conf_section *sec, const char *key, int def)
{
	const char *v = conf_str(sec, key, NULL);

	return v == NULL ? def : conf_weekday(v, strlen(v));
}

/* QuickFIX's rule: it lies from the one to the other, both included. */
static bool
lies_within(const struct fix_hours *h, int day, int32_t at_s)
{
	bool weekly = h->kind == FIX_SCHED_WEEKLY;
	int32_t period = weekly ? 7 * 86400 : 86400;
	int32_t from = h->start_s, to = h->end_s;

	if (weekly) {
		from += h->start_day * 86400;
		to += h->end_day * 86400;
		at_s += day * 86400;
	}
	to = (to - from + period) % period;
	return to == 0 || (at_s - from + period) % period <= to;
}

static void
check_within(const struct conf_section *sec, const struct fix_schedule *s)
{
	const struct fix_hours *h = &s->hours, *l = &s->logon;

	if (h->kind == FIX_SCHED_ALWAYS || h->start_tz != h->end_tz ||
	    l->start_tz != h->start_tz || l->end_tz != h->start_tz)
		return; /* no one clock to compare by */
	if (!lies_within(h, l->start_day, l->start_s))
		conf_fault(sec,
		    conf_has(sec, "LogonTime", NULL) ? "LogonTime" : "LogonDay",
		    "logons must begin between StartTime and EndTime");
	if (!lies_within(h, l->end_day, l->end_s))
		conf_fault(sec,
		    conf_has(sec, "LogoutTime", NULL) ? "LogoutTime"
						      : "LogoutDay",
		    "logons must end between StartTime and EndTime");
}

/* Without LogonTime and LogoutTime the session is logged on as long as its
 * interval lasts. */
static void
read_logon(
    struct setup *s, const struct conf_section *sec, struct fix_schedule *out)
{
	struct fix_hours *l = &out->logon;
	bool days =
	    conf_has(sec, "LogonDay", NULL) || conf_has(sec, "LogoutDay", NULL);
	bool always = out->hours.kind == FIX_SCHED_ALWAYS;

	if (!days && !conf_has(sec, "LogonTime", NULL) &&
	    !conf_has(sec, "LogoutTime", NULL))
		return;
	if (days && out->hours.kind == FIX_SCHED_DAILY)
		conf_fault(sec, NULL,
		    "LogonDay and LogoutDay are for a weekly session, with "
		    "StartDay and EndDay");
	if (always && (!conf_has(sec, "LogonTime", NULL) ||
			  !conf_has(sec, "LogoutTime", NULL) ||
			  (days && (!conf_has(sec, "LogonDay", NULL) ||
				       !conf_has(sec, "LogoutDay", NULL)))))
		conf_fault(sec, NULL,
		    "a session without StartTime needs both LogonTime and "
		    "LogoutTime, and both LogonDay and LogoutDay or none");
	l->kind = days || out->hours.kind == FIX_SCHED_WEEKLY ? FIX_SCHED_WEEKLY
							      : FIX_SCHED_DAILY;
	l->start_day = logon_day(sec, "LogonDay", out->hours.start_day);
	l->end_day = logon_day(sec, "LogoutDay", out->hours.end_day);
	l->start_s = read_time(s, sec, "LogonTime",
	    conf_str(sec, "StartTime", "00:00:00"), &l->start_tz,
	    &l->start_zone);
	l->end_s = read_time(s, sec, "LogoutTime",
	    conf_str(sec, "EndTime", conf_str(sec, "StartTime", "00:00:00")),
	    &l->end_tz, &l->end_zone);
	check_within(sec, out);
}

static void
read_reset(
    struct setup *s, const struct conf_section *sec, struct fix_schedule *out)
{
	bool set = conf_has(sec, "ResetSeqTime", NULL);
	bool on = conf_bool(sec, "EnableResetSeqTime", set);
	bool initiator =
	    conf_word(sec, "ConnectionType", "initiator|acceptor", 1) == 0;

	if (on && !set)
		conf_fault(sec, "EnableResetSeqTime",
		    "needs ResetSeqTime: when do numbers begin anew?");
	if (!on || !set)
		return;
	out->resets = true;
	out->peer_resets = conf_word(sec, "ResetSeqStarter", "us|peer",
			       initiator ? 0 : 1) == 1;
	out->reset_s = read_time(s, sec, "ResetSeqTime", "00:00:00",
	    &out->reset_tz, &out->reset_zone);
	if (strcmp(conf_str(sec, "BeginString", ""), "FIX.4.0") == 0)
		conf_fault(sec, "ResetSeqTime",
		    "FIX.4.0 has no ResetSeqNumFlag (141) to reset by: use "
		    "StartTime and EndTime");
	if (out->peer_resets && conf_bool(sec, "RefuseResetSeqNum", false))
		conf_fault(sec, "ResetSeqTime",
		    "the peer is to reset, and RefuseResetSeqNum refuses it");
}

void
setup_schedule(
    struct setup *s, const struct conf_section *sec, struct fix_schedule *out)
{
	struct fix_hours *h = &out->hours;

	memset(out, 0, sizeof(*out));
	read_hours(s, sec, h);
	read_logon(s, sec, out);
	read_reset(s, sec, out);
	out->calendar = setup_calendar(s, sec);
	if (out->calendar != NULL && h->kind == FIX_SCHED_ALWAYS)
		read_zone(s, sec, "Calendar", "", &h->start_tz,
		    &h->start_zone); /* whose dates? */
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
