/*
 * Words of the case language that stand for sets: versions, guards, needs, and
 * spans of time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fix/time.h"
#include "gateway/cli/conform/case.h"

#define ALL_VERSIONS ((1u << (FIX_V_50SP2 + 1)) - (1u << FIX_V_40))
#define FIXT_VERSIONS ((1u << (FIX_V_50SP2 + 1)) - (1u << FIX_V_50))

/* "4.4", "FIX.4.4", "5.0SP2", "FIXT.1.1/FIX.5.0SP2", as written up to len. */
static enum fix_version
version_of(const char *p, size_t len)
{
	static const char fixt[] = "FIXT.1.1/";
	char name[16];
	int v;

	if (len > strlen(fixt) && memcmp(p, fixt, strlen(fixt)) == 0) {
		p += strlen(fixt);
		len -= strlen(fixt);
	}
	if (len >= sizeof(name))
		return FIX_V_NONE;
	memcpy(name, p, len);
	name[len] = '\0';
	for (v = FIX_V_40; v <= FIX_V_50SP2; v++) {
		const char *full = fix_version_name((enum fix_version)v);

		if (strcmp(full, name) == 0 || strcmp(full + 4, name) == 0)
			return (enum fix_version)v;
	}
	return FIX_V_NONE;
}

static uint32_t
from_to(enum fix_version lo, enum fix_version hi)
{
	if (lo == FIX_V_NONE || hi == FIX_V_NONE || lo > hi)
		return 0;
	return (1u << (hi + 1)) - (1u << lo);
}

uint32_t
cc_versions(const char *text)
{
	const char *dash = strchr(text, '-');
	size_t n = strlen(text);
	enum fix_version v;

	if (strcmp(text, "all") == 0)
		return ALL_VERSIONS;
	if (strcmp(text, "FIXT") == 0 || strcmp(text, "FIXT.1.1") == 0)
		return FIXT_VERSIONS;
	if (dash != NULL)
		return from_to(version_of(text, (size_t)(dash - text)),
		    version_of(dash + 1, strlen(dash + 1)));
	if (*text == '<') {
		v = version_of(text + 1, n - 1);
		return v > FIX_V_40 ? (1u << v) - (1u << FIX_V_40) : 0;
	}
	if (n > 1 && text[n - 1] == '+')
		return from_to(version_of(text, n - 1), FIX_V_50SP2);
	v = version_of(text, n);
	return v == FIX_V_NONE ? 0 : 1u << v;
}

static int64_t
unit_of(const char *text)
{
	if (strcmp(text, "s") == 0)
		return FIX_SEC;
	if (strcmp(text, "ms") == 0)
		return FIX_MSEC;
	return strcmp(text, "hb") == 0 ? 1000 : 0;
}

bool
cc_time(const char *text, struct cc_time *out)
{
	int64_t whole = 0, part = 0, scale = 1, unit;
	const char *p = text;

	for (; *p >= '0' && *p <= '9' && whole < 1000000; p++)
		whole = whole * 10 + (*p - '0');
	if (p == text)
		return false;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9' && scale < 1000; p++) {
			part = part * 10 + (*p - '0');
			scale *= 10;
		}
	unit = unit_of(p);
	if (unit == 0)
		return false;
	out->beats = strcmp(p, "hb") == 0;
	out->n = whole * unit + part * unit / scale;
	return true;
}

static bool
starts(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static const char *
default_of(const char *name)
{
	return starts(name, "Check") || starts(name, "Validate") ||
		       starts(name, "PersistMessages") ||
		       starts(name, "UseDataDictionary")
		   ? "Y"
		   : "N";
}

bool
cc_has_setting(const struct cc_setup *s, const char *name_value)
{
	const char *eq = strchr(name_value, '=');
	size_t len = eq == NULL ? 0 : (size_t)(eq - name_value) + 1;

	for (unsigned i = s->n_settings; i-- > 0;)
		if (strncmp(s->settings[i], name_value, len) == 0)
			return strcmp(s->settings[i], name_value) == 0;
	return strcmp(name_value + len, default_of(name_value)) == 0;
}

/* @return 1, 0, -FIX_E_FORMAT */
static int
word_met(const char *w, const struct cc_setup *s)
{
	uint32_t v;

	if (strcmp(w, "acceptor") == 0)
		return s->role == CC_ROLE_ACCEPTOR;
	if (strcmp(w, "initiator") == 0)
		return s->role == CC_ROLE_INITIATOR;
	if (strcmp(w, "echo") == 0)
		return (s->abilities & CC_CAN_ECHO) != 0;
	if (strcmp(w, "orders") == 0)
		return (s->abilities & CC_CAN_ORDERS) != 0;
	if (strcmp(w, "operator") == 0)
		return (s->abilities & CC_CAN_OPERATOR) != 0;
	if (strchr(w, '=') != NULL && *w != '=')
		return cc_has_setting(s, w);
	v = cc_versions(w);
	return v == 0 ? -FIX_E_FORMAT : (v >> s->version & 1) != 0;
}

int
cc_guard(const char *guard, const struct cc_setup *s)
{
	char copy[128], *w, *rest = copy;
	int met = 1, rc;

	if (strlen(guard) >= sizeof(copy) || *guard == '\0')
		return -FIX_E_FORMAT;
	memcpy(copy, guard, strlen(guard) + 1);
	while ((w = strsep(&rest, ",")) != NULL) {
		bool not = *w == '!';

		rc = word_met(w + not, s);
		if (rc < 0)
			return rc;
		if ((rc != 0) == not )
			met = 0;
	}
	return met;
}

bool
cc_applies(
    const struct cc_case *c, const struct cc_setup *s, char *why, size_t cap)
{
	if ((c->versions >> s->version & 1) == 0)
		snprintf(why, cap, "not a case of this version");
	else if ((c->roles & s->role) == 0)
		snprintf(why, cap, "not a case of an engine that %s",
		    s->role == CC_ROLE_ACCEPTOR ? "accepts" : "connects");
	else if ((c->abilities & CC_CAN_ECHO & ~s->abilities) != 0)
		snprintf(why, cap, "the engine must send orders back (echo)");
	else if ((c->abilities & CC_CAN_ORDERS & ~s->abilities) != 0)
		snprintf(why, cap, "the engine must work orders (orders)");
	else if ((c->abilities & CC_CAN_OPERATOR & ~s->abilities) != 0)
		snprintf(why, cap, "the engine must be operated (operator)");
	else if (c->heartbeat != 0 && s->heartbeat != 0 &&
		 c->heartbeat != s->heartbeat)
		snprintf(why, cap, "needs HeartBtInt=%u", c->heartbeat);
	else {
		for (unsigned i = 0; i < c->n_settings; i++)
			if (!cc_has_setting(s, c->settings[i])) {
				snprintf(why, cap, "needs %s", c->settings[i]);
				return false;
			}
		return true;
	}
	return false;
}
