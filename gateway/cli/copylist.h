/*
 * Executions as a list: those of a journal that a subscriber may see, and what
 * a log says that it has got.
 */
#ifndef FIXGATE_GATEWAY_CLI_COPYLIST_H
#define FIXGATE_GATEWAY_CLI_COPYLIST_H

#include <stdio.h>

#include "fix/order.h"

#define COPY_ID_MAX 64

struct copy_item { /* one execution; FIX.4.4's ExecType, whatever the face */
	uint64_t record; /* journal's; 0: of a log */
	uint64_t seq;    /* MsgSeqNum of the client's message */
	int64_t when_ns; /* TransactTime(60); 0: not said */
	int64_t qty_e8, px_e8;
	uint32_t session;
	uint32_t seen;  /* in the log, unmarked */
	uint32_t again; /* and marked as a repetition */
	char kind;      /* 'F', 'G', 'H' */
	char side;
	char exec_id[COPY_ID_MAX + 1];
	char ref_id[COPY_ID_MAX + 1], order_id[COPY_ID_MAX + 1];
	char cl_ord_id[COPY_ID_MAX + 1], account[COPY_ID_MAX + 1];
	char symbol[COPY_ID_MAX + 1];
};

struct copy_list {
	struct copy_item *v;
	size_t n, cap;
};

/** An execution of a report in the face of FIX.4.4. */
void copy_item_of(struct copy_item *out, const struct fix_exec *e);
/** @return 0, -FIX_E_NOMEM */
int copy_list_add(
    struct copy_list *l, const struct copy_item *i) FIX_MUST_CHECK;
void copy_list_free(struct copy_list *l);
/** By ExecID, so that copy_list_find() finds. */
void copy_list_sort(struct copy_list *l);
struct copy_item *copy_list_find(const struct copy_list *l, const char *id);

/* What a log says. */
struct copy_log {
	/* An execution; again: it is marked as told before (43, 97, or asked
	 * for again). Return non-zero to stop. */
	int (*fn)(void *arg, const struct copy_item *i, bool again);
	void *arg;
	uint64_t messages, rows; /* that were read */
	bool bad_sum;            /* an end-of-day file that was changed */
	int rc;
};

/**
 * Read a log: FIX messages anywhere in it (fixgate-decode(1)), or an end-of-day
 * file. Untrusted bytes.
 * @return 0, -FIX_E_NOMEM, or what fn returned
 */
int copy_log_read(
    struct copy_log *log, const uint8_t *p, size_t len) FIX_MUST_CHECK;

#define COPY_FILE_HEAD "#fixgate dropcopy,1,"

/** The names of the columns, and a row, with a line's end. */
void copy_file_names(FILE *out);
void copy_file_row(FILE *out, const struct copy_item *i, const char *client);

#endif
