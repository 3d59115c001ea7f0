/*
 * Identifiers: OrderID(37), ExecID(17) and the ids that venues see.
 *
 * An order's number is the incarnation of the desk (24 bits) and a counter (40
 * bits), so it never comes again, not even when the tables were pruned. In
 * text: node, incarnation, counter in base 36, with '-' between: unique over
 * all nodes and restarts, and taken by every venue. ExecIDs have an E in front
 * and a counter of their own.
 *
 * The id that a venue sees is the OrderID with one more part that counts the
 * requests on that order. So an event leads to its order by the id alone, for
 * every id that the order ever had, and nothing of the client goes outside.
 */
#include "gateway/order/desk.h"

#include <assert.h>

#define COUNT_BITS 40
#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)

static char *
put36(char *out, uint64_t v)
{
	char tmp[13];
	int n = 0;

	do {
		tmp[n++] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[v % 36];
		v /= 36;
	} while (v > 0);
	while (n > 0)
		*out++ = tmp[--n];
	return out;
}

static char *
put_parts(char *out, unsigned node, uint64_t incarnation, uint64_t count)
{
	out = put36(out, node);
	*out++ = '-';
	out = put36(out, incarnation);
	*out++ = '-';
	return put36(out, count);
}

uint64_t
ids_next_order(struct desk *d)
{
	d->order_count++;
	assert(d->order_count <= COUNT_MASK);
	return d->cfg.incarnation << COUNT_BITS | d->order_count;
}

uint64_t
desk_last(const struct desk *d)
{
	return d->cfg.incarnation << COUNT_BITS | d->order_count;
}

void
order_make_id(unsigned node, uint64_t number, char out[ORDER_ID_MAX + 1])
{
	*put_parts(out, node, number >> COUNT_BITS, number & COUNT_MASK) = '\0';
}

void
ids_order(const struct desk *d, uint64_t number, char out[ORDER_ID_MAX + 1])
{
	order_make_id(d->cfg.node, number, out);
}

void
ids_exec(struct desk *d, char out[ORDER_ID_MAX + 1])
{
	d->exec_count++;
	assert(d->exec_count <= COUNT_MASK);
	out[0] = 'E';
	*put_parts(out + 1, d->cfg.node, d->cfg.incarnation, d->exec_count) =
	    '\0';
}

void
ids_venue(struct order *o, char out[ORDER_ID_MAX + 1])
{
	size_t n = strlen(o->order_id);
	char tmp[16];
	size_t m = (size_t)(put36(tmp, o->requests++) - tmp);

	/* 2 + 1 + 5 + 1 + 8 of an OrderID leave room for 36^5 requests. */
	assert(n + 1 + m <= ORDER_ID_MAX);
	memcpy(out, o->order_id, n);
	out[n] = '-';
	memcpy(out + n + 1, tmp, m);
	out[n + 1 + m] = '\0';
}

static int
digit36(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return -1;
}

/* One part up to '-' or the end; *i moves behind it. False: not one. */
static bool
get36(struct fix_span s, size_t *i, uint64_t max, uint64_t *out)
{
	size_t begin = *i;
	uint64_t v = 0;

	for (; *i < s.len && s.p[*i] != '-'; (*i)++) {
		int digit = digit36(s.p[*i]);

		if (digit < 0 || *i - begin >= 9)
			return false;
		v = v * 36 + (uint64_t)digit;
	}
	if (*i == begin || v > max)
		return false;
	*out = v;
	(*i)++;
	return true;
}

uint64_t
ids_number(struct fix_span id)
{
	uint64_t node, incarnation, count;
	size_t i = 0;

	if (!get36(id, &i, 255, &node) ||
	    !get36(id, &i, IDS_INCARNATIONS - 1, &incarnation) ||
	    !get36(id, &i, COUNT_MASK, &count))
		return 0;
	return incarnation << COUNT_BITS | count;
}

uint64_t
order_number(struct fix_span order_id)
{
	return ids_number(order_id);
}

bool
ids_client_ok(struct fix_span id)
{
	size_t i;

	if (id.len == 0 || id.len > ORDER_CLORDID_MAX)
		return false;
	for (i = 0; i < id.len; i++) {
		if (id.p[i] < 0x21 || id.p[i] > 0x7e)
			return false;
	}
	return true;
}
