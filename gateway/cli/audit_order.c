/*
 * fixgate audit order: an order's life (query Q1), from the chain alone.
 *
 * In: an OrderID, or a ClOrdID, which is one client's: where several sessions
 * have used it, the actor says whose is meant. Three passes over the chain: which
 * OrderIDs the id leads to, which names those orders had in their sessions, and
 * then the events. Only what the gateway itself reported ties names together. A
 * request has no OrderID: it belongs to an order by session and ClOrdID, from an
 * hour before its first event to an hour after its last. report.order_chain() in
 * PostgreSQL answers the same.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "gateway/cli/audit.h"
#include "gateway/cli/show.h"

#define MARGIN_S 3600

struct life {
	struct audit_job *j;
	const char *who;  /* its session, by name or CompID; NULL: not said */
	json_t *sessions; /* that used the id: the OrderIDs it led to there */
	json_t *orders;   /* OrderIDs */
	json_t *names;    /* session, line end, ClOrdID */
	int64_t from_s, to_s;
	char session[AUDIT_TEXT], order_id[AUDIT_TEXT], name[2][AUDIT_TEXT];
	bool is_request; /* the event that was read: it has no OrderID */
};

static bool
has(const json_t *set, const char *key)
{
	return json_object_get(set, key) != NULL;
}

static bool
put(json_t *set, const char *key)
{
	return json_object_set_new_nocheck(set, key, json_true()) == 0;
}

static void
name_key(const struct life *l, unsigned i, char out[2 * AUDIT_TEXT])
{
	snprintf(out, 2 * AUDIT_TEXT, "%s\n%s", l->session, l->name[i]);
}

/* What the event says of an order. */
static void
look(struct life *l, const struct audit_seen *e)
{
	(void)audit_detail_text(e, "session", l->session);
	(void)audit_detail_text(e, "cl_ord_id", l->name[0]);
	(void)audit_detail_text(e, "orig_cl_ord_id", l->name[1]);
	(void)audit_detail_text(e, "order_id", l->order_id);
	l->is_request = l->order_id[0] == '\0' ||
			strcmp(l->order_id, "NONE") == 0;
}

static bool
is_meant(const struct life *l, const struct audit_seen *e)
{
	char peer[AUDIT_TEXT];

	if (l->who == NULL || strcmp(l->who, l->session) == 0)
		return true;
	return audit_detail_text(e, "peer", peer) && strcmp(l->who, peer) == 0;
}

/* First pass. */
static bool
find_order(struct life *l, const struct audit_seen *e)
{
	const char *id = l->j->id;
	char parent[AUDIT_TEXT];
	json_t *led;

	if (!audit_is_ours(e))
		return true;
	if (!l->is_request && strcmp(l->order_id, id) == 0)
		return put(l->orders, id);
	if ((strcmp(l->name[0], id) != 0 && strcmp(l->name[1], id) != 0) ||
	    !is_meant(l, e) || audit_detail_text(e, "parent_order_id", parent))
		return true;
	led = json_object_get(l->sessions, l->session);
	if (led == NULL) {
		led = json_object();
		if (json_object_set_new_nocheck(
			l->sessions, l->session, led) != 0)
			return false;
	}
	return l->is_request || put(led, l->order_id);
}

static int64_t
seconds_of(const struct audit_seen *e)
{
	struct tm tm = { 0 };
	struct fix_span t = e->field[AUDIT_TIMESTAMP];
	char text[20];

	if (t.len < sizeof(text))
		return 0;
	memcpy(text, t.p, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) == NULL ? 0 :
								  timegm(&tm);
}

/* Second pass. */
static bool
find_names(struct life *l, const struct audit_seen *e)
{
	char key[2 * AUDIT_TEXT];
	int64_t at = seconds_of(e);

	if (!audit_is_ours(e) || !has(l->orders, l->order_id))
		return true;
	if (at - MARGIN_S < l->from_s)
		l->from_s = at - MARGIN_S;
	if (at + MARGIN_S > l->to_s)
		l->to_s = at + MARGIN_S;
	for (unsigned i = 0; i < 2; i++) {
		name_key(l, i, key);
		if (l->name[i][0] != '\0' && !put(l->names, key))
			return false;
	}
	return true;
}

static bool
belongs(struct life *l, const struct audit_seen *e)
{
	char key[2 * AUDIT_TEXT], parent[AUDIT_TEXT];
	int64_t at = seconds_of(e);

	if (has(l->orders, l->order_id))
		return true;
	if (audit_detail_text(e, "parent_order_id", parent))
		return has(l->orders, parent);
	if (!l->is_request || at < l->from_s || at > l->to_s)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		name_key(l, i, key);
		if (l->name[i][0] != '\0' && has(l->names, key))
			return true;
	}
	return false;
}

static int
pass(struct life *l, bool (*see)(struct life *, const struct audit_seen *))
{
	uint8_t hash[AUDIT_HASH];
	struct audit_seen e;
	struct fix_rec r;
	int rc;

	if (audit_reopen(l->j) != CLI_OK)
		return CLI_FAILED;
	while ((rc = audit_next(l->j, &r, &e, hash)) == 1) {
		look(l, &e);
		if (!see(l, &e))
			return cli_fail("out of memory");
	}
	return rc < 0 ? CLI_FAILED : CLI_OK;
}

/* Whose ClOrdID is it? */
static int
choose(struct life *l)
{
	const char *session, *id;
	char key[2 * AUDIT_TEXT];
	json_t *led, *unused;

	if (json_object_size(l->sessions) > 1) {
		fprintf(stderr, "fixgate: %s is a ClOrdID of several sessions; "
		    "say with --actor whose is meant:\n", l->j->id);
		json_object_foreach(l->sessions, session, led)
			fprintf(stderr, "  %s\n", session);
		return CLI_FAILED;
	}
	json_object_foreach(l->sessions, session, led) {
		json_object_foreach(led, id, unused)
			if (!put(l->orders, id))
				return cli_fail("out of memory");
		/* Nothing but requests are there: */
		snprintf(key, sizeof(key), "%s\n%s", session, l->j->id);
		if (json_object_size(l->orders) == 0) {
			l->from_s = INT64_MIN;
			l->to_s = INT64_MAX;
			if (!put(l->names, key))
				return cli_fail("out of memory");
		}
	}
	if (json_object_size(l->sessions) + json_object_size(l->orders) == 0)
		return cli_fail("no order '%s' in the trail%s%s", l->j->id,
		    l->who == NULL ? "" : " of ", l->who == NULL ? "" : l->who);
	return CLI_OK;
}

/* Third pass; with --raw the message under its event, secrets masked. */
static int
print(struct life *l)
{
	struct fix_store_error err;
	uint8_t hash[AUDIT_HASH];
	struct fix_span json;
	struct audit_seen e;
	struct fix_rec r;
	bool shown = false;
	int rc;

	if (audit_reopen(l->j) != CLI_OK)
		return CLI_FAILED;
	while ((rc = fix_journal_next(l->j->reader, &r, &err)) == 1) {
		if (shown && l->j->raw && r.type == AUDIT_REC_RAW) {
			fputs("          ", stdout);
			show_raw(stdout, (struct fix_span){ r.data, r.len }, 0);
			putchar('\n');
		}
		if (!audit_event_of(&r, hash, &json))
			continue;
		if (audit_event_read(&e, json) != 0)
			return cli_fail("event %" PRIu64 " can't be read: "
			    "'fixgate audit verify' says more", r.order);
		look(l, &e);
		shown = belongs(l, &e) && audit_wanted(l->j, &e);
		if (shown && l->j->json)
			audit_print_json(&e, hash);
		else if (shown)
			audit_print(&e);
	}
	return rc < 0 ? cli_fail("%s", err.text) : CLI_OK;
}

int
audit_order(struct audit_job *j)
{
	struct life l = { .j = j, .who = j->actor, .from_s = INT64_MAX,
		.to_s = INT64_MIN };
	int status;

	j->actor = NULL;
	l.sessions = json_object();
	l.orders = json_object();
	l.names = json_object();
	status = l.names == NULL ? cli_fail("out of memory") :
				   pass(&l, find_order);
	if (status == CLI_OK)
		status = choose(&l);
	if (status == CLI_OK)
		status = pass(&l, find_names);
	if (status == CLI_OK)
		status = print(&l);
	json_decref(l.sessions);
	json_decref(l.orders);
	json_decref(l.names);
	return status;
}
