/*
 * Tables and journal from outside.
 *
 * The gateway brings its tables up to the journal when it has time; so what
 * they say may be a moment old, and after a crash as old as the last batch. A
 * reader copies them into memory and folds the journal's tail over the copy
 * with the gateway's own code, so that both see the same. Records applied twice
 * do no harm: each says what stands now, not what to add.
 */
#include "gateway/cli/view.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/trader/tables.h"

#define MAP_BYTES ((size_t)16 << 30) /* TableSize's default */

struct copy {
	struct fix_store *to;
	enum fix_table table;
};

static int
copy_pair(void *arg, struct fix_span key, struct fix_span value)
{
	struct copy *c = arg;

	return fix_store_put(c->to, c->table, key, value);
}

static int
copy_tables(struct view *v, struct fix_store *from)
{
	const struct fix_span all = { NULL, 0 };
	struct copy c = { v->store, FIX_TAB_META };
	unsigned t;
	int rc;

	v->tables_at = fix_store_applied(from);
	rc = fix_store_begin(v->store);
	for (t = FIX_TAB_META + 1; rc == 0 && t < FIX_N_TABLE; t++) {
		c.table = (enum fix_table)t;
		rc = fix_store_each(from, c.table, all, all, copy_pair, &c);
	}
	return rc == 0 ? fix_store_commit(v->store, v->tables_at) : rc;
}

static int
load_tables(
    struct view *v, const struct gateway_paths *g, struct fix_store_error *e)
{
	const struct conf_section *gw =
	    g->conf == NULL ? NULL : conf_next(g->conf, "GATEWAY", NULL);
	size_t bytes =
	    conf_bytes(gw, "TableSize", 1 << 20, SIZE_MAX, MAP_BYTES);
	struct fix_store *from;
	int rc = fix_store_open(&from, g->tables, bytes, false, e);

	if (rc == -FIX_E_NOTFOUND)
		return 0; /* everything is in the journal then */
	if (rc != 0)
		return rc;
	rc = copy_tables(v, from);
	fix_store_close(from);
	return rc;
}

static int
follow(struct view *v, struct fix_disk *disk, struct fix_store_error *e)
{
	struct tables *t = tables_new(v->store);
	ssize_t rc = -FIX_E_NOMEM;

	if (t != NULL)
		while ((rc = tables_follow(t, disk, 65536, e)) > 0)
			;
	if (rc == 0)
		rc = tables_commit(t);
	if (t != NULL)
		tables_free(t);
	v->journal_at = fix_store_applied(v->store);
	return (int)rc;
}

int
view_open(struct view *v, const struct gateway_paths *g)
{
	struct fix_store_error e = { "" };
	struct fix_disk *disk = NULL;
	int rc, fd;

	memset(v, 0, sizeof(*v));
	rc = fix_disk_dir(&disk, g->journal, false);
	if (rc != 0) {
		cli_fail("no journal in %s: this gateway has not run yet",
		    g->journal);
		return rc;
	}
	fd = view_dial(g);
	v->running = fd >= 0;
	if (fd >= 0)
		close(fd);
	rc = fix_store_open_mem(&v->store);
	if (rc == 0)
		rc = load_tables(v, g, &e);
	if (rc == 0)
		rc = follow(v, disk, &e);
	disk->ops->close(disk);
	if (rc == 0)
		return 0;
	cli_fail("can't read %s: %s", g->trading,
	    e.text[0] != '\0' ? e.text : fix_strerror(rc));
	view_close(v);
	return rc;
}

void
view_close(struct view *v)
{
	fix_store_close(v->store);
	v->store = NULL;
}

bool
view_session_row(const struct view *v, uint32_t number, struct rec_session *out)
{
	uint8_t key[4];
	struct fix_span k = { key, fix_key_u32(key, number) };

	return fix_store_get(v->store, FIX_TAB_SESSIONS, k, out,
		   sizeof(*out)) == (ssize_t)sizeof(*out);
}

static const char *
peer_of(const struct rec_session *s)
{
	const char *arrow = strstr(s->id, "->");

	return arrow == NULL ? s->id : arrow + 2;
}

void
view_session_name(const struct view *v, uint32_t number, char *out, size_t cap)
{
	struct rec_session s;

	if (view_session_row(v, number, &s) && s.id[0] != '\0')
		snprintf(out, cap, "%s", peer_of(&s));
	else
		snprintf(out, cap, "%u", number);
}

struct wanted {
	const char *name;
	uint32_t found;
};

static int
compare_name(void *arg, struct fix_span key, struct fix_span value)
{
	struct wanted *w = arg;
	struct rec_session s;
	uint32_t number;

	if (key.len != 4 || value.len != sizeof(s))
		return 0;
	memcpy(&s, value.p, sizeof(s));
	number = (uint32_t)key.p[0] << 24 | (uint32_t)key.p[1] << 16 |
		 (uint32_t)key.p[2] << 8 | key.p[3];
	if (strcmp(w->name, s.id) == 0 || strcmp(w->name, peer_of(&s)) == 0) {
		w->found = number;
		return 1;
	}
	return 0;
}

uint32_t
view_session(const struct view *v, const char *name)
{
	const struct fix_span all = { NULL, 0 };
	struct wanted w = { name, 0 };
	struct rec_session s;
	int64_t n;

	if (fix_store_each(
		v->store, FIX_TAB_SESSIONS, all, all, compare_name, &w) < 0)
		return 0;
	if (w.found == 0 && fix_int_parse(fix_span_of(name), &n) == 0 &&
	    n > 0 && n <= UINT32_MAX && view_session_row(v, (uint32_t)n, &s))
		w.found = (uint32_t)n;
	return w.found;
}

struct visit {
	int (*fn)(void *arg, const struct order *o);
	void *arg;
};

static int
visit_order(void *arg, struct fix_span key, struct fix_span value)
{
	struct visit *visit = arg;
	struct order o;

	(void)key;
	if (!order_of_kept(&o, value))
		return -FIX_E_FOREIGN;
	return visit->fn(visit->arg, &o);
}

int
view_orders(const struct view *v, int (*fn)(void *arg, const struct order *o),
    void *arg)
{
	const struct fix_span all = { NULL, 0 };
	struct visit visit = { fn, arg };

	return fix_store_each(
	    v->store, FIX_TAB_ORDERS, all, all, visit_order, &visit);
}

int
view_dial(const struct gateway_paths *g)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (g->control == NULL || strlen(g->control) >= sizeof(sa.sun_path))
		return -1;
	memcpy(sa.sun_path, g->control, strlen(g->control));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}
