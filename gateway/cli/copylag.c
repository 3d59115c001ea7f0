/*
 * Cursors and counts of drop copy sessions, from the tables and the journal; of
 * a running gateway the cursor is asked, since it is kept only now and then.
 */
#include "gateway/cli/copylag.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/columns.h"
#include "gateway/settings/setup.h"
#include "gateway/trader/copyrow.h"
#include "gateway/trader/inside.h"
#include "store/clock.h"

/* @return the record that a running gateway has read last, 0: not known */
static uint64_t
ask_gateway(const struct gateway_paths *g, uint32_t number)
{
	static const char command[] = "copies\n";
	int fd = view_dial(g);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	uint64_t record = 0, r;
	char line[256];
	unsigned n;

	if (in == NULL) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	if (send(fd, command, strlen(command), MSG_NOSIGNAL) > 0)
		while (fgets(line, sizeof(line), in) != NULL)
			if (sscanf(line, "%u %" SCNu64, &n, &r) == 2 &&
			    n == number)
				record = r;
	fclose(in);
	return record;
}

/* Since when has it been waiting for the next record? */
static int64_t
behind(const struct gateway_paths *g, uint64_t record)
{
	struct fix_journal_reader *r;
	struct fix_store_error e;
	struct fix_disk *disk;
	struct fix_rec rec;
	int64_t ns = 0;

	if (fix_disk_dir(&disk, g->journal, false) != 0)
		return 0;
	if (fix_journal_reader_open(&r, disk, record + 1, &e) == 0 ||
	    fix_journal_reader_open(&r, disk, 0, &e) == 0) {
		if (fix_journal_next(r, &rec, &e) == 1)
			ns = fix_clock_now().utc.ns - rec.wall.ns;
		fix_journal_reader_close(r);
	}
	disk->ops->close(disk);
	return ns > 0 ? ns : 0;
}

bool
copy_lag(const struct view *v, const struct gateway_paths *g, uint32_t number,
    const char *id, struct copy_lag *out)
{
	struct copy_cursor at;
	uint64_t live;

	memset(out, 0, sizeof(*out));
	if (!copy_cursor_read(v->store, id, &at))
		return false;
	live = v->running ? ask_gateway(g, number) : 0;
	out->record = live > at.record ? live : at.record;
	if (v->journal_at > out->record)
		out->records = v->journal_at - out->record;
	if (out->records > 0)
		out->behind_ns = behind(g, out->record);
	return true;
}

struct list {
	const struct view *view;
	const char *id;
	json_t *array;
	struct columns *columns;
	int rc;
};

static int
add(void *arg, struct fix_span key, struct fix_span value)
{
	struct list *l = arg;
	const uint8_t *p = key.p + key.len - 4;
	struct copy_row row;
	char name[64] = "(no client)";
	uint32_t n;

	if (key.len != strlen(l->id) + 5 || value.len != sizeof(row))
		return 0;
	memcpy(&row, value.p, sizeof(row));
	n = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
	    p[3];
	if (n > 0)
		view_session_name(l->view, n, name, sizeof(name));
	if (l->array != NULL) {
		json_array_append_new(l->array,
		    json_pack("{ss sI sI sI}", "session", name, "copies",
			(json_int_t)row.copies, "last", (json_int_t)row.last,
			"lost", (json_int_t)row.lost));
		return 0;
	}
	columns_add(l->columns, "%s", name);
	columns_add(l->columns, "%" PRIu64, row.copies);
	columns_add(l->columns, "%" PRIu64, row.last);
	columns_add(l->columns, "%" PRIu64, row.lost);
	return 0;
}

static void
print(struct list *l, const struct copy_lag *lag, bool known)
{
	json_t *o;

	if (l->array == NULL) {
		columns_print(l->columns, stdout, true);
		if (known)
			printf("record %" PRIu64 ", behind by %" PRIu64
			       " records, %" PRId64 ".%03d s\n",
			    lag->record, lag->records, lag->behind_ns / FIX_SEC,
			    (int)(lag->behind_ns % FIX_SEC / FIX_MSEC));
		else
			puts("it has got nothing yet");
		return;
	}
	o = json_pack("{sO sI sI sI}", "counts", l->array, "record",
	    (json_int_t)lag->record, "behind_records", (json_int_t)lag->records,
	    "behind_ns", (json_int_t)lag->behind_ns);
	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(o);
}

static int
list_counts(struct list *l, const struct gateway_paths *g)
{
	static const char *const heads[] = { "Session", ">Copies", ">Last",
		">Lost", NULL };
	const struct fix_span all = { NULL, 0 };
	struct fix_span prefix = { (const uint8_t *)l->id, strlen(l->id) + 1 };
	struct copy_lag lag;
	bool known =
	    copy_lag(l->view, g, view_session(l->view, l->id), l->id, &lag);

	l->columns = columns_new(heads);
	if (l->columns == NULL ||
	    fix_store_each(
		l->view->store, FIX_TAB_CURSORS, prefix, all, add, l) != 0)
		return cli_fail("the tables can't be read");
	print(l, &lag, known);
	return CLI_OK;
}

/* The session's id, as the trader makes it of its settings. */
static void
id_of(const struct conf_section *s, char *out, size_t cap)
{
	struct fix_session_cfg c = {
		.begin_string = conf_str(s, "BeginString", ""),
		.sender_comp_id = conf_str(s, "SenderCompID", ""),
		.sender_sub_id = conf_str(s, "SenderSubID", NULL),
		.sender_location_id = conf_str(s, "SenderLocationID", NULL),
		.target_comp_id = conf_str(s, "TargetCompID", conf_name(s)),
		.target_sub_id = conf_str(s, "TargetSubID", NULL),
		.target_location_id = conf_str(s, "TargetLocationID", NULL),
	};

	(void)client_id(&c, out, cap);
}

int
copy_counts(
    const struct gateway_paths *g, const struct conf_section *s, bool json)
{
	char id[256];
	struct view v;
	struct list l = { .view = &v, .id = id };
	int status;

	id_of(s, id, sizeof(id));
	if (view_open(&v, g) != 0)
		return CLI_FAILED;
	l.array = json ? json_array() : NULL;
	status = list_counts(&l, g);
	columns_free(l.columns);
	json_decref(l.array);
	view_close(&v);
	return status;
}
