/*
 * The account's transactions, each once and in the order of their numbers.
 *
 * They come from the stream, in answers to requests and, when one is missing or
 * at a start, from the list since the last one that is done. Only the list may
 * have gaps; of the other two what does not follow leads to the list.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/oanda_int.h"

#define KEEP_EVERY_NS (500 * FIX_MSEC)
#define BATCH_NS (150 * FIX_MSEC) /* so long the rest of a batch may take */
#define WINDOW_S 86400            /* read at first, when nothing is kept */

static void
apply(struct oanda *b, const json_t *t, int64_t id)
{
	oanda_events_apply(b, t, id);
	b->last = id;
}

/* Is this one next? */
static void
take(struct oanda *b, const json_t *t)
{
	int64_t id = oanda_id(t, "id");

	if (id <= b->last)
		return;
	if (id == b->last + 1)
		apply(b, t, id);
	else
		oanda_log_sync(b);
}

static void
take_last(struct oanda *b, int64_t last)
{
	if (last > b->last)
		oanda_log_sync(b);
	else if (last == b->last)
		oanda_events_settle(b);
}

/* ----- the list ----- */

static void done_since(const struct rest_request *q, const struct rest_answer *a);

static void
ask_since(struct oanda *b)
{
	char path[64];

	snprintf(path, sizeof(path), "/transactions/sinceid?id=%" PRId64,
	    b->last);
	b->syncing = oanda_ask(b, REST_ASK, path, "", b->last, done_since) == 0;
	b->sync_again = false;
	b->sync_ns = b->syncing ? 0 : outside_mono() + FIX_SEC;
}

void
oanda_log_sync(struct oanda *b)
{
	if (b->step < OSTEP_LOG || b->last < 0)
		return;
	if (b->syncing)
		b->sync_again = true;
	else
		ask_since(b);
}

static void
failed(struct oanda *b)
{
	int64_t wait = FIX_SEC / 4 << (b->sync_fails < 5 ? b->sync_fails : 5);

	b->sync_fails++;
	b->sync_ns = outside_mono() + wait;
}

static void
take_list(struct oanda *b, const json_t *j)
{
	const json_t *list = json_object_get(j, "transactions"), *t;
	int64_t last = oanda_id(j, "lastTransactionID"), id, before = b->last;
	size_t i;

	json_array_foreach(list, i, t)
	{
		id = oanda_id(t, "id");
		if (id > b->last)
			apply(b, t, id);
	}
	if (b->last < last && b->last == before)
		failed(b); /* the list lags */
	else if (b->last < last || b->sync_again)
		oanda_log_sync(b);
	else
		oanda_synced(b);
}

static void
done_since(const struct rest_request *q, const struct rest_answer *a)
{
	struct oanda *b = q->arg;
	char text[200] = "", code[64];
	json_t *j;
	enum ofate fate = oanda_fate(b, a, &j, code, text, sizeof(text));

	b->syncing = false;
	if (q->arg1 > b->last) {
		oanda_log_sync(b); /* it was rewound: this list has a gap */
	} else if (fate == OFATE_DONE && oanda_id(j, "lastTransactionID") != 0 &&
		   json_is_array(json_object_get(j, "transactions"))) {
		b->sync_fails = 0;
		take_list(b, j);
	} else {
		failed(b);
	}
	json_decref(j);
}

void
oanda_log_rewind(struct oanda *b, int64_t id)
{
	b->last = id - 1;
	b->replaying = true;
	oanda_log_sync(b);
}

/* ----- the beginning ----- */

static int64_t
first_of(const json_t *j)
{
	const char *url = json_string_value(
	    json_array_get(json_object_get(j, "pages"), 0));
	const char *from = url == NULL ? NULL : strstr(url, "from=");

	return from == NULL ? 0 : strtoll(from + 5, NULL, 10);
}

static void
done_window(const struct rest_request *q, const struct rest_answer *a)
{
	struct oanda *b = q->arg;
	json_t *j = oanda_good(b, a, "transactions");
	int64_t first, last;

	if (j == NULL)
		return;
	first = first_of(j);
	last = oanda_id(j, "lastTransactionID");
	if (last == 0) {
		oanda_fail(b, "transactions: its answer has no "
			      "lastTransactionID");
	} else {
		b->last = first > 0 ? first - 1 : last;
		oanda_log_sync(b);
	}
	json_decref(j);
}

void
oanda_log_start(struct oanda *b)
{
	int64_t s = outside_utc() / FIX_SEC - WINDOW_S;
	int year, month, day;
	char path[100];

	if (b->last < 0 && b->told > 0)
		b->last = b->from < b->told ? b->from : b->told;
	if (b->last >= 0) {
		oanda_log_sync(b);
		return;
	}
	fix_civil_of(s / 86400, &year, &month, &day);
	snprintf(path, sizeof(path),
	    "/transactions?from=%04d-%02d-%02dT%02d%%3A%02d%%3A%02dZ"
	    "&pageSize=1000", year, month, day, (int)(s % 86400 / 3600),
	    (int)(s / 60 % 60), (int)(s % 60));
	if (oanda_ask(b, REST_ASK, path, "", 0, done_window) != 0)
		oanda_fail(b, "too many requests wait for the venue");
}

/* ----- answers, and the stream ----- */

static int
by_id(const void *x, const void *y)
{
	const json_t *const *a = x, *const *c = y;
	int64_t d = oanda_id(*a, "id") - oanda_id(*c, "id");

	return d < 0 ? -1 : d > 0;
}

void
oanda_log_answer(struct oanda *b, const json_t *j)
{
	static const char *const names[] = { "orderCreateTransaction",
		"orderRejectTransaction", "orderFillTransaction",
		"orderCancelTransaction", "orderReissueTransaction",
		"orderReissueRejectTransaction",
		"replacingOrderCancelTransaction",
		"orderCancelRejectTransaction" };
	const json_t *list[sizeof(names) / sizeof(names[0])], *t;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((t = json_object_get(j, names[i])) != NULL)
			list[n++] = t;
	qsort(list, n, sizeof(list[0]), by_id);
	for (size_t i = 0; i < n; i++)
		take(b, list[i]);
	take_last(b, oanda_id(j, "lastTransactionID"));
}

/* Nothing else has the venue's time of now. */
static void
on_heartbeat(struct oanda *b, const json_t *j)
{
	int64_t at;

	if (outside_time(json_text(j, "time"), &at) == 0)
		outside_clock(&b->clock_told, at - outside_utc());
	take_last(b, oanda_id(j, "lastTransactionID"));
}

void
oanda_stream_line(void *arg, struct fix_span text)
{
	struct oanda *b = arg;
	json_t *j = json_read(text);

	if (j == NULL)
		lines_again(b->stream, "what came is no JSON");
	else if (strcmp(json_text(j, "type"), "HEARTBEAT") == 0)
		on_heartbeat(b, j);
	else
		take(b, j);
	json_decref(j);
}

/* ----- time passes ----- */

/* Behind what is open nothing is needed any more. */
void
oanda_log_keep(struct oanda *b)
{
	int64_t from = b->last;
	struct record_out *out;
	const struct oorder *o;

	if (b->last <= b->told)
		return;
	TAILQ_FOREACH(o, &b->all, all)
	{
		if (!o->ended && o->first_id != 0 && o->first_id - 1 < from)
			from = o->first_id - 1;
	}
	if (from != b->from) {
		out = peer_begin(b->peer, "keep");
		record_put(out, "key", "from");
		record_put_int(out, "value", from);
		peer_send(b->peer);
	}
	out = peer_begin(b->peer, "keep");
	record_put(out, "key", "told");
	record_put_int(out, "value", b->last);
	peer_send(b->peer);
	b->from = from;
	b->told = b->last;
}

void
oanda_log_tick(struct oanda *b)
{
	int64_t now = outside_mono();

	if (b->sync_ns != 0 && now >= b->sync_ns) {
		b->sync_ns = 0;
		oanda_log_sync(b);
	}
	if (b->batch_ns != 0 && now - b->batch_ns > BATCH_NS) {
		b->batch_ns = now;
		oanda_log_sync(b);
	}
	if (now >= b->keep_due_ns && b->batch_ns == 0) {
		b->keep_due_ns = now + KEEP_EVERY_NS;
		oanda_log_keep(b);
	}
}
