/*
 * A log that a subscriber hands in, to be held against the journal: FIX
 * messages in anything, or an end-of-day file. Whatever it holds, ids end,
 * kinds are letters, and what was written as a file reads back the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "gateway/cli/copyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct copy_list list;

static void
ends(const char id[COPY_ID_MAX + 1])
{
	assert(memchr(id, '\0', COPY_ID_MAX + 1) != NULL);
}

static int
take(void *arg, const struct copy_item *i, bool again)
{
	(void)arg, (void)again;
	ends(i->exec_id);
	ends(i->ref_id);
	ends(i->order_id);
	ends(i->cl_ord_id);
	ends(i->account);
	ends(i->symbol);
	return list.n < 1000 ? copy_list_add(&list, i) : 1;
}

/* Can a file hold it as it is? Lines, and letters where letters are. */
static bool
plain(const struct copy_item *i)
{
	const char *const texts[] = { i->exec_id, i->ref_id, i->order_id,
		i->cl_ord_id, i->account, i->symbol };

	for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
		if (strpbrk(texts[k], "\n") != NULL)
			return false;
	return i->kind >= '0' && i->kind <= 'Z' && i->side >= '0' &&
	       i->side <= 'Z';
}

static int
same(void *arg, const struct copy_item *i, bool again)
{
	const struct copy_item *was = arg;

	assert(!again && strcmp(i->exec_id, was->exec_id) == 0);
	assert(strcmp(i->cl_ord_id, was->cl_ord_id) == 0);
	assert(strcmp(i->symbol, was->symbol) == 0);
	assert(i->kind == was->kind && i->side == was->side);
	assert(i->qty_e8 == was->qty_e8 && i->px_e8 == was->px_e8);
	return 0;
}

static void
write_and_read(struct copy_item *i)
{
	struct copy_log log = { .fn = same, .arg = i };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert(out != NULL);
	fputs(COPY_FILE_HEAD "X,all\n", out);
	copy_file_row(out, i, "CLIENT");
	assert(fclose(out) == 0);
	assert(copy_log_read(&log, (const uint8_t *)text, len) == 0);
	assert(log.rows == 1 && log.bad_sum);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct copy_log log = { .fn = take };

	if (size > 65536)
		return 0;
	if (copy_log_read(&log, data, size) < 0)
		return 0;
	copy_list_sort(&list);
	for (size_t i = 0; i < list.n; i++) {
		assert(copy_list_find(&list, list.v[i].exec_id) != NULL);
		if (i < 10 && plain(&list.v[i]))
			write_and_read(&list.v[i]);
	}
	copy_list_free(&list);
	return 0;
}
