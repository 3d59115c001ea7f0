/*
 * Orders by their ids, by when they expire, and after they have ended.
 *
 * Ids live inside their order and stand in a hash map. Orders that expire stand
 * in a binary heap. Ended orders queue up and the oldest is forgotten when the
 * queue is longer than SIM_ENDED_MAX: that bounds both memory and what is kept.
 */
#include <stdlib.h>

#include "gateway/venue/sim_inside.h"

bool
sim_live(const struct sim_order *o)
{
	return o->status == '0' || o->status == '1';
}

int64_t
sim_leaves(const struct sim_order *o)
{
	return o->qty_e8 - o->cum_e8;
}

/* Never the same again, over restarts too; later is greater. */
uint64_t
sim_next_number(struct sim *s)
{
	return s->incarnation << 40 | ++s->last_number;
}

static int
by_symbol(const void *key, const void *book)
{
	return strcmp(key, ((const struct sim_book *)book)->cfg.symbol);
}

struct sim_book *
sim_book_of(const struct sim *s, const char *symbol)
{
	if (s->n_books == 0)
		return NULL;
	return bsearch(
	    symbol, s->books, s->n_books, sizeof(s->books[0]), by_symbol);
}

static bool
has_text(const struct node *n, const void *text)
{
	return strcmp(((const struct sim_id *)(const void *)n)->text, text) == 0;
}

static uint64_t
hash_of(const char *text)
{
	return hash_bytes(0, text, strlen(text));
}

struct sim_order *
sim_find(const struct sim *s, const char *cl_ord_id)
{
	struct node *n;

	if (*cl_ord_id == '\0')
		return NULL;
	n = hmap_find(&s->ids, hash_of(cl_ord_id), has_text, cl_ord_id);
	return n == NULL ? NULL : ((struct sim_id *)(void *)n)->order;
}

/* Room for the ids of one more order. @return 0, -FIX_E_NOMEM */
int
sim_reserve_id(struct sim *s)
{
	return hmap_reserve(&s->ids, SIM_N_ID) ? 0 : -FIX_E_NOMEM;
}

/* Give the order an id, or (empty) take it away. */
void
sim_set_id(struct sim *s, struct sim_order *o, unsigned i, const char *text)
{
	struct sim_id *id = &o->id[i];

	if (id->text[0] != '\0')
		hmap_del(&s->ids, &id->node);
	fix_span_copy(fix_span_of(text), id->text, sizeof(id->text));
	id->order = o;
	if (id->text[0] != '\0')
		hmap_put(&s->ids, &id->node, hash_of(id->text));
}

/* A replace was taken: its id is in force; the first and the last stay. */
void
sim_push_id(struct sim *s, struct sim_order *o, const char *text)
{
	char old[SIM_ID_MAX], before[SIM_ID_MAX];

	memcpy(old, o->id[0].text, sizeof(old));
	memcpy(before, o->id[1].text, sizeof(before));
	sim_set_id(s, o, 0, "");
	sim_set_id(s, o, 1, "");
	if (o->id[2].text[0] == '\0')
		sim_set_id(s, o, 2, before);
	sim_set_id(s, o, 1, old);
	sim_set_id(s, o, 0, text);
}

void
sim_add_ended(struct sim *s, struct sim_order *o)
{
	o->prev = s->last_ended;
	o->next = NULL;
	if (s->last_ended == NULL)
		s->first_ended = o;
	else
		s->last_ended->next = o;
	s->last_ended = o;
	s->n_ended++;
	if (s->n_ended > SIM_ENDED_MAX)
		sim_forget(s, s->first_ended);
}

/* It is over: out of the book, kept among the ended. */
void
sim_end(struct sim *s, struct sim_order *o, char status)
{
	sim_unrest(s, o);
	sim_expires_not(s, o);
	o->status = status;
	o->rank = sim_next_number(s);
	sim_keep_order(s, o);
	sim_add_ended(s, o);
}

/* Of the oldest ended order nothing stays. */
void
sim_forget(struct sim *s, struct sim_order *o)
{
	unsigned i;

	s->first_ended = o->next;
	if (o->next == NULL)
		s->last_ended = NULL;
	else
		o->next->prev = NULL;
	s->n_ended--;
	for (i = 0; i < SIM_N_ID; i++)
		sim_set_id(s, o, i, "");
	sim_unkeep(s, o->number);
	pool_put(&s->orders, o);
}

static void
heap_put(struct sim *s, size_t i, struct sim_order *o)
{
	s->heap[i] = o;
	o->in_heap = i + 1;
}

static void
heap_up(struct sim *s, size_t i, struct sim_order *o)
{
	for (; i > 0; i = (i - 1) / 2) {
		if (s->heap[(i - 1) / 2]->expire_ns <= o->expire_ns)
			break;
		heap_put(s, i, s->heap[(i - 1) / 2]);
	}
	heap_put(s, i, o);
}

static void
heap_down(struct sim *s, size_t i, struct sim_order *o)
{
	size_t kid;

	while ((kid = 2 * i + 1) < s->n_heap) {
		if (kid + 1 < s->n_heap &&
		    s->heap[kid + 1]->expire_ns < s->heap[kid]->expire_ns)
			kid++;
		if (s->heap[kid]->expire_ns >= o->expire_ns)
			break;
		heap_put(s, i, s->heap[kid]);
		i = kid;
	}
	heap_put(s, i, o);
}

/* Watch for its end. @return 0, -FIX_E_NOMEM */
int
sim_expires(struct sim *s, struct sim_order *o)
{
	struct sim_order **bigger;
	size_t cap = s->heap_cap == 0 ? 256 : 2 * s->heap_cap;

	sim_expires_not(s, o);
	if (o->expire_ns == 0)
		return 0;
	if (s->n_heap == s->heap_cap) {
		bigger = reallocarray(s->heap, cap, sizeof(*bigger));
		if (bigger == NULL)
			return -FIX_E_NOMEM;
		s->heap = bigger;
		s->heap_cap = cap;
	}
	heap_up(s, s->n_heap++, o);
	return 0;
}

void
sim_expires_not(struct sim *s, struct sim_order *o)
{
	size_t i = o->in_heap;
	struct sim_order *last;

	if (i == 0)
		return;
	o->in_heap = 0;
	last = s->heap[--s->n_heap];
	if (last == o)
		return;
	i--;
	if (i > 0 && s->heap[(i - 1) / 2]->expire_ns > last->expire_ns)
		heap_up(s, i, last);
	else
		heap_down(s, i, last);
}
