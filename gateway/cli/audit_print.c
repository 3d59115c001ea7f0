/*
 * Events on paper: a line for people, JSON and CSV for programs.
 *
 * The JSON of an export is the stored one with event_hash put where it sorts,
 * so that a line without it is what was hashed. In CSV every value is quoted,
 * and one that a spreadsheet would take for a formula gets an apostrophe in
 * front: what a counterparty sends ends up there.
 */
#include <stdlib.h>

#include "fix/scan.h"
#include "gateway/cli/audit.h"
#include "gateway/cli/show.h"

/* The binding names' order, which is not the sorted one. */
static const enum audit_field order[] = { AUDIT_EVENT_ID, AUDIT_TIMESTAMP,
	AUDIT_EVENT_TYPE, AUDIT_ACTOR, AUDIT_ACTION, AUDIT_RESOURCE_TYPE,
	AUDIT_RESOURCE_ID, AUDIT_DETAILS, AUDIT_IP, AUDIT_AGENT,
	AUDIT_PREVIOUS };

_Static_assert(sizeof(order) / sizeof(order[0]) == AUDIT_N_FIELD,
    "every field has its column");

static bool
is(const struct audit_seen *e, enum audit_field f, const char *want)
{
	char text[AUDIT_TEXT];
	struct fix_span v = e->field[f];

	if (v.len >= sizeof(text))
		return false;
	text[audit_plain(text, v)] = '\0';
	return strcmp(text, want) == 0;
}

bool
audit_detail_text(const struct audit_seen *e, const char *key,
    char out[AUDIT_TEXT])
{
	struct fix_span v;
	bool number;

	out[0] = '\0';
	if (!audit_detail_of(e, key, &v, &number) || v.len >= AUDIT_TEXT)
		return false;
	out[audit_plain(out, v)] = '\0';
	return true;
}

bool
audit_is_ours(const struct audit_seen *e)
{
	return fix_span_is(e->field[AUDIT_RESOURCE_TYPE], "order") &&
	       !fix_span_is(e->field[AUDIT_EVENT_TYPE], "MESSAGE_RECEIVED") &&
	       !fix_span_is(e->field[AUDIT_EVENT_TYPE], "DROP_COPY_SENT");
}

static bool
detail_is(const struct audit_seen *e, const char *key, const char *want)
{
	char text[AUDIT_TEXT];

	return audit_detail_text(e, key, text) && strcmp(text, want) == 0;
}

static bool
numbered(const struct audit_job *j, const struct audit_seen *e)
{
	int64_t seq;

	if (j->first == 0 && j->last == 0)
		return true;
	return audit_detail_number(e, "seq", &seq) &&
	       (uint64_t)seq >= j->first &&
	       (j->last == 0 || (uint64_t)seq <= j->last);
}

static bool
any_detail_is(const struct audit_seen *e, const char *const *keys,
    const char *want)
{
	for (; *keys != NULL; keys++)
		if (detail_is(e, *keys, want))
			return true;
	return false;
}

/* As text: a date is before all times of its day, and the last of them, too. */
static int
against(const struct audit_seen *e, const char *when)
{
	struct fix_span t = e->field[AUDIT_TIMESTAMP];
	size_t n = strlen(when);

	return memcmp(t.p, when, n < t.len ? n : t.len);
}

bool
audit_wanted(const struct audit_job *j, const struct audit_seen *e)
{
	static const char *const ids[] = { "order_id", "cl_ord_id",
		"orig_cl_ord_id", "exec_id", "parent_order_id", NULL };
	static const char *const names[] = { "peer", "session", NULL };

	if (j->type != NULL && !is(e, AUDIT_EVENT_TYPE, j->type))
		return false;
	if (!numbered(j, e))
		return false;
	if (j->by != NULL && !is(e, AUDIT_ACTOR, j->by))
		return false;
	if (j->actor != NULL && !is(e, AUDIT_ACTOR, j->actor) &&
	    !any_detail_is(e, names, j->actor))
		return false;
	if (j->order != NULL && !any_detail_is(e, ids, j->order))
		return false;
	if (j->account != NULL && !detail_is(e, "account", j->account))
		return false;
	if (j->since != NULL && against(e, j->since) < 0)
		return false;
	return j->until == NULL || against(e, j->until) <= 0;
}

static void
print_plain(struct fix_span v, size_t max)
{
	char text[AUDIT_TEXT];
	struct fix_span plain = { (const uint8_t *)text, 0 };

	if (v.len >= sizeof(text))
		v.len = 0;
	plain.len = audit_plain(text, v);
	show_text(stdout, plain, max);
}

void
audit_print(const struct audit_seen *e)
{
	static const char *const keys[] = { "cl_ord_id", "orig_cl_ord_id",
		"account", "symbol", "quantity", "price", "last_quantity",
		"last_price", "verdict", "control", "scope", "limit", "value",
		"state", "text" };
	struct fix_span v;
	bool number;

	if (audit_detail_of(e, "seq", &v, &number))
		printf("%8.*s  ", (int)v.len, (const char *)v.p);
	printf("%.26s  %-21.*s  ", (const char *)e->field[AUDIT_TIMESTAMP].p,
	    (int)e->field[AUDIT_EVENT_TYPE].len,
	    (const char *)e->field[AUDIT_EVENT_TYPE].p);
	print_plain(e->field[AUDIT_ACTOR], 40);
	fputs("  ", stdout);
	print_plain(e->field[AUDIT_RESOURCE_ID], 60);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!audit_detail_of(e, keys[i], &v, &number))
			continue;
		printf(" %s=", keys[i]);
		print_plain(v, 80);
	}
	putchar('\n');
}

void
audit_print_json(const struct audit_seen *e, const uint8_t *hash)
{
	char hex[AUDIT_HEX + 1];

	audit_hex(hex, hash);
	fwrite(e->json.p, 1, e->hash_at, stdout);
	printf(", \"event_hash\": \"%s\"", hex);
	fwrite(e->json.p + e->hash_at, 1, e->json.len - e->hash_at, stdout);
	putchar('\n');
}

void
audit_print_csv_head(void)
{
	for (size_t i = 0; i < AUDIT_N_FIELD; i++)
		printf("%s,", audit_field_name(order[i]));
	puts("event_hash");
}

static void
print_quoted(const char *p, size_t n)
{
	putchar('"');
	if (n > 0 && strchr("=+-@\t\r\n", *p) != NULL)
		putchar('\'');
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			putchar('"');
		putchar(p[i]);
	}
	putchar('"');
}

void
audit_print_csv(const struct audit_seen *e, const uint8_t *hash)
{
	static char text[AUDIT_EVENT_MAX];
	char hex[AUDIT_HEX + 1];

	for (size_t i = 0; i < AUDIT_N_FIELD; i++) {
		struct fix_span v = e->field[order[i]];

		if (order[i] == AUDIT_DETAILS)
			print_quoted((const char *)v.p, v.len);
		else
			print_quoted(text, audit_plain(text, v));
		putchar(',');
	}
	audit_hex(hex, hash);
	printf("\"%s\"\n", hex);
}

static void
print_message(struct fix_span message)
{
	static struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };
	struct fix_dict_error e;
	struct show sh;

	puts("\nmessage");
	fputs("  ", stdout);
	show_raw(stdout, message, 0);
	putchar('\n');
	if (fix_split(message.p, message.len, &m) != 0 || m.n < 3)
		return;
	show_init(&sh, stdout, dicts_new(NULL, &e), -1);
	putchar('\n');
	show_full(&sh, &m);
	dicts_free(sh.dicts);
}

void
audit_print_full(const struct audit_seen *e, const uint8_t *hash,
    struct fix_span message)
{
	struct fix_span key, v;
	char hex[AUDIT_HEX + 1];
	bool number;
	size_t at = 0;

	for (size_t i = 0; i < AUDIT_N_FIELD; i++) {
		if (order[i] == AUDIT_DETAILS)
			continue;
		printf("%-20s ", audit_field_name(order[i]));
		if (e->field[order[i]].p == NULL)
			putchar('-');
		else
			print_plain(e->field[order[i]], 0);
		putchar('\n');
	}
	audit_hex(hex, hash);
	printf("%-20s %s\ndetails\n", "event_hash", hex);
	while (audit_detail_next(e, &at, &key, &v, &number)) {
		printf("  %-*.*s ", 20, (int)key.len, (const char *)key.p);
		print_plain(v, 0);
		putchar('\n');
	}
	if (message.len > 0)
		print_message(message);
}
