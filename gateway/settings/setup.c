/*
 * Sessions from the settings file: QuickFIX's names become a
 * trader_session_cfg, its dictionaries are loaded once each, acceptors are
 * gathered by the address and port they listen on.
 *
 * A dictionary named in the file is looked for beside the settings file, then,
 * by the last part of its name, among the ones that came with fixgate: so a
 * QuickFIX file that says DataDictionary=spec/FIX44.xml works where that folder
 * is missing. Limits and venues are in setup_risk.c and setup_venue.c.
 */
#include "config.h"

#include "fix/order.h"
#include "gateway/settings/deviate.h"
#include "gateway/settings/setup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define SESSIONS_MAX 100000

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Dictionary of a path, loaded at its first use. */
static const struct fix_dict *
dict_at(struct setup *s, const struct conf_section *sec, const char *key,
    const char *path)
{
	struct fix_dict_error e = { "" };
	struct setup_dict *d;
	int rc;

	for (d = s->dicts; d != NULL; d = d->next)
		if (strcmp(d->path, path) == 0)
			return d->dict;
	d = calloc(1, sizeof(*d) + strlen(path) + 1);
	if (d == NULL)
		return NULL;
	memcpy(d->path, path, strlen(path));
	d->next = s->dicts;
	s->dicts = d;
	rc = setup_dict_load(s, d, &e);
	if (rc != 0)
		conf_fault(sec, key, "dictionary does not load: %s",
		    e.text[0] != '\0' ? e.text : fix_strerror(rc));
	return d->dict;
}

/* Dictionary that a key names, or else our own called base ("FIX44"). */
static const struct fix_dict *
dict_of(struct setup *s, const struct conf_section *sec, const char *key,
    const char *base)
{
	const char *path = conf_path(sec, key, NULL), *last;
	char ours[1024];

	if (path != NULL && access(path, F_OK) == 0)
		return dict_at(s, sec, key, path);
	if (path == NULL) {
		snprintf(ours, sizeof(ours), "%s/%s.xml",
		    fix_dict_default_dir(), base);
		return dict_at(s, sec, key, ours);
	}
	last = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
	snprintf(ours, sizeof(ours), "%s/%s", fix_dict_default_dir(), last);
	if (access(ours, F_OK) != 0) {
		conf_fault(sec, key, "dictionary %s is not there, nor is %s",
		    path, ours);
		return NULL;
	}
	if (strchr(conf_str(sec, key, ""), '/') != NULL)
		conf_notice(sec, key, "%s is not there: %s serves", path, ours);
	return dict_at(s, sec, key, ours);
}

/* FIX version of the session's application messages. */
static enum fix_version
version_of(const struct conf_section *sec, const char *begin)
{
	const char *appl = conf_str(sec, "DefaultApplVerID", NULL);
	enum fix_version v;

	if (strcmp(begin, "FIXT.1.1") != 0) {
		v = fix_version_of_begin(fix_span_of(begin));
		if (v == FIX_V_NONE)
			conf_fault(sec, "BeginString",
			    "BeginString must be FIX.4.0 to FIX.4.4 or "
			    "FIXT.1.1, not '%.40s'",
			    begin);
		return v;
	}
	if (appl == NULL) {
		conf_fault(sec, NULL,
		    "a FIXT.1.1 session needs "
		    "DefaultApplVerID, as in DefaultApplVerID=FIX.5.0SP2");
		return FIX_V_NONE;
	}
	v = strcasecmp(appl, "FIXLatest") == 0
		? FIX_V_LATEST
		: fix_version_of_appl(fix_span_of(appl));
	if (v == FIX_V_NONE)
		conf_fault(sec, "DefaultApplVerID",
		    "DefaultApplVerID must be "
		    "2 to 10, or a name as FIX.5.0SP2, not '%.40s'",
		    appl);
	return v;
}

/* A FIXT.1.1 session's application dictionaries: v's, by its own name or the
 * short one, and those of further versions that the file names. */
static void
read_apps(struct setup *s, const struct conf_section *sec,
    struct fix_session_cfg *f, enum fix_version v)
{
	char key[48];

	for (unsigned i = FIX_V_40; i < FIX_N_VERSION; i++) {
		snprintf(key, sizeof(key), "AppDataDictionary.%s",
		    i == FIX_V_LATEST ? "FIXLatest" : fix_version_name(i));
		if (!conf_has(sec, key, NULL))
			continue;
		f->apps[i] = dict_of(s, sec, key, fix_version_file(i));
		if (f->apps[i] != NULL && fix_dict_version(f->apps[i]) != i)
			conf_notice(sec, key, "this dictionary says that it is "
			    "of %s", fix_version_name(
			    fix_dict_version(f->apps[i])));
	}
	if (f->apps[v] != NULL) {
		f->app = f->apps[v];
		return;
	}
	if (v == FIX_V_LATEST && !conf_has(sec, "AppDataDictionary", NULL))
		conf_notice(sec, "DefaultApplVerID",
		    "FIX Latest is checked with the dictionary of FIX.5.0SP2: "
		    "what is younger is refused, unless AppDataDictionary "
		    "names one that has it");
	f->app = dict_of(s, sec, "AppDataDictionary",
	    fix_version_file(v == FIX_V_LATEST ? FIX_V_50SP2 : v));
}

static void
read_dicts(struct setup *s, const struct conf_section *sec,
    struct fix_session_cfg *f, enum fix_version v)
{
	if (strcmp(f->begin_string, "FIXT.1.1") == 0) {
		f->transport =
		    dict_of(s, sec, "TransportDataDictionary", "FIXT11");
		read_apps(s, sec, f, v);
	} else {
		f->transport =
		    dict_of(s, sec, "DataDictionary", fix_version_file(v));
		f->app = f->transport;
	}
	setup_check(s, sec, f);
}

static unsigned
read_digits(const struct conf_section *sec)
{
	static const unsigned digits[] = { FIX_WHOLE_SECONDS, 3, 6, 9,
		FIX_WHOLE_SECONDS, 3, 6, 9 };
	int def = conf_bool(sec, "MillisecondsInTimeStamp", true) ? 1 : 0;

	return digits[conf_word(sec, "TimestampPrecision",
	    "0|3|6|9|seconds|millis|micros|nanos", def)];
}

static unsigned
read_s(const struct conf_section *sec, const char *key, long def)
{
	return (unsigned)conf_int(sec, key, 1, 86400, def);
}

static void
read_manners(const struct conf_section *sec, struct fix_session_cfg *f)
{
	f->heart_bt_int_s = read_s(sec, "HeartBtInt", 30);
	f->max_latency_s = read_s(sec, "MaxLatency", 120);
	f->logon_timeout_s = read_s(sec, "LogonTimeout", 10);
	f->logout_timeout_s = read_s(sec, "LogoutTimeout", 2);
	f->max_msg_bytes =
	    conf_bytes(sec, "MaxMessageSize", 1024, 1u << 20, 65536);
	setup_resend(sec, f);
	f->time_digits = read_digits(sec);
	f->reset_on_logon = conf_bool(sec, "ResetOnLogon", false);
	f->reset_on_logout = conf_bool(sec, "ResetOnLogout", false);
	f->reset_on_disconnect = conf_bool(sec, "ResetOnDisconnect", false);
	f->refuse_reset_flag = conf_bool(sec, "RefuseResetSeqNum", false);
	f->no_check_latency = !conf_bool(sec, "CheckLatency", true);
	f->no_check_comp_id = !conf_bool(sec, "CheckCompID", true);
	f->no_persist = !conf_bool(sec, "PersistMessages", true);
	f->next_expected = conf_bool(sec, "SendNextExpectedMsgSeqNum",
	    conf_bool(sec, "EnableNextExpectedMsgSeqNum", false));
	f->last_processed =
	    conf_bool(sec, "EnableLastMsgSeqNumProcessed", false);
	f->deviations = deviate_read(sec);
	f->low_seq_text = conf_str(sec, "LowMsgSeqNumText", NULL);
	f->max_seq =
	    (uint64_t)conf_int(sec, "MaxMsgSeqNum", 0, LONG_MAX - 1, 0);
	if (f->max_seq > 0 && f->max_seq < UINT16_MAX)
		conf_fault(sec, "MaxMsgSeqNum",
		    "MaxMsgSeqNum must be 0 or at least %u", UINT16_MAX);
	f->no_empty_groups = !conf_bool(sec, "EchoEmptyGroups", true);
	f->sort_fields = !conf_bool(sec, "PreserveMessageFieldsOrder", true);
}

static const char *
need(const struct conf_section *sec, const char *key, const char *def)
{
	const char *v = conf_str(sec, key, def);

	if (v == NULL)
		conf_fault(sec, NULL, "this session has no %s", key);
	else if (strlen(v) > 64)
		conf_fault(sec, key, "%s must be at most 64 bytes", key);
	return v == NULL ? "" : v;
}

static const char *
ignore_fields(const struct conf_section *sec)
{
	const char *list = conf_str(sec, "IgnoreFields", NULL), *at = list;

	while (at != NULL && *(at += strspn(at, ", \t")) != '\0') {
		size_t n = strcspn(at, ", \t");
		int64_t tag;

		if (fix_int_parse((struct fix_span){ (const uint8_t *)at, n },
			&tag) != 0 || tag < 1 || tag > FIX_TAG_MAX)
			conf_fault(sec, "IgnoreFields", "IgnoreFields must be "
			    "tags with commas, not '%.*s'",
			    (int)(n > 40 ? 40 : n), at);
		else if (fix_order_reads((uint32_t)tag))
			conf_fault(sec, "IgnoreFields", "field %" PRId64
			    " of an order counts: it can't be ignored", tag);
		at += n;
	}
	return list;
}

static void
read_session(struct setup *s, const struct conf_section *sec, bool drop_copy,
    struct trader_session_cfg *out)
{
	struct fix_session_cfg *f = &out->fix;
	enum fix_version v;

	f->role = conf_word(sec, "ConnectionType", "acceptor|initiator", 0) == 1
		      ? FIX_INITIATOR
		      : FIX_ACCEPTOR;
	f->begin_string = need(sec, "BeginString", NULL);
	f->sender_comp_id = need(sec, "SenderCompID", NULL);
	f->target_comp_id =
	    need(sec, "TargetCompID",
		drop_copy ? conf_name(sec) :
		setup_is_template(sec) ? "*" : NULL);
	f->sender_sub_id = conf_str(sec, "SenderSubID", NULL);
	f->sender_location_id = conf_str(sec, "SenderLocationID", NULL);
	f->target_sub_id = conf_str(sec, "TargetSubID", NULL);
	f->target_location_id = conf_str(sec, "TargetLocationID", NULL);
	f->username = conf_str(sec, "Username", NULL);
	f->password = conf_secret(sec, "Password", NULL);
	setup_signer(s, sec, f);
	setup_bounds(sec, out);
	read_manners(sec, f);
	setup_schedule(s, sec, &out->schedule);
	out->desk.no_pending_reports =
	    conf_word(sec, "PendingReports", "always|never", 0) == 1;
	out->desk.strict =
	    conf_word(sec, "ReplaceAfterReject", "rebase|refuse", 0) == 1;
	out->desk.replace_filled =
	    conf_word(sec, "ReplaceFilled", "refuse|allow", 0) == 1;
	out->desk.refuse_empty =
	    conf_word(sec, "MassStatusEmpty", "report|reject", 0) == 1;
	out->is_drop_copy = drop_copy;
	setup_flow(sec, out);
	out->ignore_fields = ignore_fields(sec);
	out->hold_low_seq = conf_bool(sec, "HoldAfterLowMsgSeqNum", true);
	if (*f->begin_string == '\0')
		return;
	v = version_of(sec, f->begin_string);
	out->desk.version = v;
	setup_copy(sec, out);
	if (strcmp(f->begin_string, "FIXT.1.1") == 0)
		f->default_appl = v;
	if (v != FIX_V_NONE)
		read_dicts(s, sec, f, v);
}

static bool
same_socket(const struct setup_socket *a, const struct setup_socket *b)
{
	return a->nodelay == b->nodelay && a->keepalive == b->keepalive &&
	       a->reuse == b->reuse && a->sndbuf == b->sndbuf &&
	       a->rcvbuf == b->rcvbuf;
}

/* The listener of an acceptor: an earlier session's, or a new one. */
static void
read_listen(
    struct setup *s, const struct conf_section *sec, struct setup_link *l)
{
	const char *address = conf_str(sec, "SocketAcceptAddress", "127.0.0.1");
	const char *proxies = conf_str(sec, "TrustedProxies", NULL);
	unsigned port;
	struct setup_listen *at;

	if (!conf_has(sec, "SocketAcceptPort", NULL))
		conf_fault(sec, NULL, "this acceptor has no SocketAcceptPort");
	port = (unsigned)conf_int(sec, "SocketAcceptPort", 0, 65535, 0);
	for (l->listen = 0; l->listen < s->n_listens; l->listen++) {
		at = &s->listens[l->listen];
		if (at->port != port || strcmp(at->address, address) != 0)
			continue;
		if (at->tls != l->tls || !setup_same_tls(&at->tls_cfg, &l->tls_cfg))
			conf_fault(sec, "SocketAcceptPort",
			    "%s port %u has "
			    "other TLS settings in the session of line %u",
			    address, port, conf_line(at->section));
		if (!same_socket(&at->sock, &l->sock) ||
		    !same(at->proxies_text, proxies))
			conf_fault(sec, "SocketAcceptPort",
			    "%s port %u has "
			    "other socket settings or TrustedProxies in the "
			    "session of line %u",
			    address, port, conf_line(at->section));
		return;
	}
	at = &s->listens[s->n_listens++];
	at->address = address;
	at->port = port;
	at->tls = l->tls;
	at->tls_cfg = l->tls_cfg;
	at->sock = l->sock;
	at->section = sec;
	setup_proxies(sec, at);
}

static void
read_link(struct setup *s, const struct conf_section *sec, struct setup_link *l,
    bool initiator)
{
	l->section = sec;
	l->initiator = initiator;
	setup_tls(sec, l);
	setup_reach(l);
	if (!initiator)
		read_listen(s, sec, l);
	setup_auth(s, sec, l);
}

static bool
same_identity(const struct fix_session_cfg *a, const struct fix_session_cfg *b)
{
	return same(a->begin_string, b->begin_string) &&
	       same(a->sender_comp_id, b->sender_comp_id) &&
	       same(a->target_comp_id, b->target_comp_id) &&
	       same(a->sender_sub_id, b->sender_sub_id) &&
	       same(a->sender_location_id, b->sender_location_id) &&
	       same(a->target_sub_id, b->target_sub_id) &&
	       same(a->target_location_id, b->target_location_id);
}

static int
by_identity(const void *a, const void *b, void *arg)
{
	const struct trader_session_cfg *s = arg;
	const struct fix_session_cfg *x = &s[*(const uint32_t *)a].fix;
	const struct fix_session_cfg *y = &s[*(const uint32_t *)b].fix;
	int d = strcmp(x->target_comp_id, y->target_comp_id);

	if (d == 0)
		d = strcmp(x->sender_comp_id, y->sender_comp_id);
	if (d == 0)
		d = strcmp(x->begin_string, y->begin_string);
	return d;
}

/* No two sessions may be the same one. Sorted first: there may be thousands. */
static int
check_twins(struct setup *s)
{
	uint32_t *at = calloc(s->n_sessions, sizeof(*at));

	if (at == NULL)
		return -FIX_E_NOMEM;
	for (uint32_t i = 0; i < s->n_sessions; i++)
		at[i] = i;
	qsort_r(at, s->n_sessions, sizeof(*at), by_identity, s->sessions);
	for (uint32_t i = 1; i < s->n_sessions; i++)
		for (uint32_t j = i; j-- > 0;) {
			if (by_identity(&at[i], &at[j], s->sessions) != 0)
				break;
			if (!same_identity(&s->sessions[at[i]].fix,
				&s->sessions[at[j]].fix))
				continue;
			conf_fault(s->links[at[i]].section, NULL,
			    "the same session as in line %u",
			    conf_line(s->links[at[j]].section));
		}
	free(at);
	return 0;
}

static uint32_t
count(const struct conf *c, const char *kind)
{
	const struct conf_section *sec = NULL;
	uint32_t n = 0;

	while ((sec = conf_next(c, kind, sec)) != NULL)
		n++;
	return n;
}

static void
read_kind(struct setup *s, const char *kind, bool drop_copy, bool templates)
{
	const struct conf_section *sec = NULL;
	uint32_t i;

	while ((sec = conf_next(s->conf, kind, sec)) != NULL) {
		if (drop_copy && setup_is_template(sec))
			conf_fault(sec, NULL,
			    "a drop copy session can't be a template");
		else if (setup_is_template(sec) != templates)
			continue;
		i = setup_all(s);
		*(templates ? &s->n_templates : &s->n_sessions) += 1;
		read_session(s, sec, drop_copy, &s->sessions[i]);
		read_link(s, sec, &s->links[i],
		    s->sessions[i].fix.role == FIX_INITIATOR);
		if (!templates)
			continue;
		s->sessions[i].accounts = conf_str(sec, "Accounts", NULL);
		setup_template(sec, &s->links[i]);
	}
}

int
setup_read(struct setup **out, const struct conf *c)
{
	return setup_read_after(out, c, NULL);
}

int
setup_read_after(
    struct setup **out, const struct conf *c, const struct setup *old)
{
	uint32_t n = count(c, "SESSION") + count(c, "DROPCOPY");
	unsigned before = conf_faults(c);
	struct setup *s = calloc(1, sizeof(*s));
	int rc = -FIX_E_NOMEM;

	if (s == NULL || n > SESSIONS_MAX)
		goto fail;
	s->conf = c;
	s->old = old;
	s->sessions = calloc(n + 1, sizeof(*s->sessions));
	s->links = calloc(n + 1, sizeof(*s->links));
	s->listens = calloc(n + 1, sizeof(*s->listens));
	if (s->sessions == NULL || s->links == NULL || s->listens == NULL)
		goto fail;
	read_kind(s, "SESSION", false, false);
	read_kind(s, "DROPCOPY", true, false);
	read_kind(s, "SESSION", false, true);
	rc = s->n_sessions == 0 ? 0 : check_twins(s);
	if (rc == 0)
		rc = setup_users(s);
	if (rc != 0)
		goto fail;
	rc = -FIX_E_CONFIG;
	if (conf_faults(c) > before)
		goto fail;
	s->old = NULL;
	*out = s;
	return 0;
fail:
	setup_free(s);
	return rc;
}

void
setup_free(struct setup *s)
{
	if (s == NULL)
		return;
	setup_dicts_free(s);
	setup_zones_free(s);
	setup_blocks_free(s);
	setup_signers_free(s);
	for (uint32_t i = 0; i < setup_all(s) && s->links != NULL; i++)
		setup_reach_free(&s->links[i]);
	for (uint32_t i = 0; i < s->n_listens; i++)
		addr_list_free(&s->listens[i].proxies);
	setup_calendars_free(s);
	free(s->sessions);
	free(s->links);
	free(s->listens);
	free(s->users);
	free(s);
}

static void
put_id(char *out, size_t cap, const char *sep, const char *part)
{
	size_t n = strlen(out);

	if (part != NULL && n < cap)
		snprintf(out + n, cap - n, "%s%s", sep, part);
}

size_t
setup_session_id(const struct trader_session_cfg *s, char *out, size_t cap)
{
	out[0] = '\0';
	put_id(out, cap, "", s->fix.begin_string);
	put_id(out, cap, ":", s->fix.sender_comp_id);
	put_id(out, cap, "/", s->fix.sender_sub_id);
	put_id(out, cap, "/", s->fix.sender_location_id);
	put_id(out, cap, "->", s->fix.target_comp_id);
	put_id(out, cap, "/", s->fix.target_sub_id);
	put_id(out, cap, "/", s->fix.target_location_id);
	return strlen(out);
}

uint32_t
setup_session_named(const struct setup *s, const char *name)
{
	uint32_t found = 0;
	char id[512];

	for (uint32_t i = 0; i < s->n_sessions; i++) {
		setup_session_id(&s->sessions[i], id, sizeof(id));
		if (strcmp(id, name) == 0)
			return i + 1;
	}
	for (uint32_t i = 0; i < s->n_sessions; i++)
		if (strcmp(s->sessions[i].fix.target_comp_id, name) == 0) {
			if (found != 0)
				return 0;
			found = i + 1;
		}
	return found;
}
