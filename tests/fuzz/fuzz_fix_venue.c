/*
 * What a venue that speaks FIX may say: any message gives an event whose
 * strings end, or none; an id of any length keeps to its bound.
 *
 * Input: one message as it would be read from a store.
 */
#include <stdlib.h>

#include "fix/scan.h"
#include "gateway/venue/fix.h"

#define CAP 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fix_field fields[CAP];

static void
need(bool good)
{
	if (!good)
		abort();
}

static void
bounded(const char *s, size_t max)
{
	need(s == NULL || strnlen(s, max + 1) <= max);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix_msg m = { .fields = fields, .cap = CAP };
	struct venue_fix_said s;
	enum venue_fix_says says;

	if (size > 8192 || fix_split(data, size, &m) != 0)
		return 0;
	says = venue_fix_read(&m, 0, &s);
	bounded(s.e.cl_ord_id, VENUE_ID_MAX);
	bounded(s.e.orig_cl_ord_id, VENUE_ID_MAX);
	bounded(s.e.venue_order_id, VENUE_ID_MAX);
	bounded(s.e.exec_id, VENUE_ID_MAX);
	bounded(s.e.ref_exec_id, VENUE_ID_MAX);
	bounded(s.e.text, VENUE_FIX_TEXT_MAX);
	bounded(s.note, VENUE_WHY_MAX);
	need((unsigned)s.e.kind < VENUE_N_EVENT);
	if (says == VENUE_FIX_EVENT && s.e.kind == VENUE_FILL)
		need(s.e.last_qty_e8 > 0);
	need(s.e.kind != VENUE_UP && s.e.kind != VENUE_DOWN);
	return 0;
}
