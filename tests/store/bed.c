/* See bed.h. */
#include "tests/store/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

int
up(struct bed *b)
{
	b->cfg.disk = b->d = memdisk_attach(b->m);
	assert_non_null(b->d);
	return fix_journal_open(&b->j, &b->cfg, &b->e);
}

void
down(struct bed *b)
{
	fix_journal_close(b->j);
	b->d->ops->close(b->d);
}

int
bed_setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	b->m = memdisk_new(1);
	b->cfg.segment_bytes = SEG;
	*state = b;
	return up(b);
}

int
bed_teardown(void **state)
{
	struct bed *b = *state;

	down(b);
	memdisk_free(b->m);
	free(b);
	return 0;
}

void
reopen(struct bed *b)
{
	down(b);
	if (up(b) != 0)
		fail_msg("%s", b->e.text);
}

int
append(struct bed *b, const char *text, uint64_t *pos)
{
	struct fix_span part = fix_span_of(text);
	struct fix_now now = { { 11 }, { 22 } };

	return fix_journal_append(b->j, 3, 4, 5, now, &part, 1, pos);
}
