/*
 * The file of reference prices, and a look into the simulated venue.
 *
 * One symbol a line: SYMBOL PRICE [TICK [SIZE [LEVELS]]], blanks between, '#'
 * begins a comment. Every fault names file and line, and the first one ends
 * the reading: a venue with half its symbols is worse than none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fix/decimal.h"
#include "gateway/venue/sim_inside.h"

#define ERR_MAX 512
#define FILE_MAX_BYTES (16u << 20)
#define N_WORDS 5

struct entry {
	struct sim_symbol s;
	unsigned line;
};

struct reader {
	const char *file;
	unsigned line;
	char *err;
	struct entry *list;
	size_t n, cap;
};

static int
fault(struct reader *r, const char *what, struct fix_span word)
{
	char shown[40];
	size_t i;

	fix_span_copy(word, shown, sizeof(shown));
	for (i = 0; shown[i] != '\0'; i++)
		if (shown[i] < ' ' || shown[i] > '~')
			shown[i] = '?';
	snprintf(r->err, ERR_MAX, "%s:%u: %s%s%s", r->file, r->line, what,
	    word.len > 0 ? ": " : "", shown);
	return -FIX_E_CONFIG;
}

static bool
blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Words of a line, up to a comment. @return how many, at most N_WORDS + 1 */
static unsigned
split(struct fix_span line, struct fix_span word[N_WORDS + 1])
{
	const uint8_t *p = line.p, *end = line.p + line.len, *from;
	unsigned n = 0;

	while (n <= N_WORDS) {
		while (p < end && blank(*p))
			p++;
		if (p == end || *p == '#')
			break;
		from = p;
		while (p < end && !blank(*p) && *p != '#')
			p++;
		word[n++] = (struct fix_span){ from, (size_t)(p - from) };
	}
	return n;
}

static bool
positive(struct fix_span word, int64_t *out)
{
	struct fix_dec d;

	return fix_dec_parse(word, &d) == 0 && fix_dec_to_e8(d, out) == 0 &&
	       *out > 0;
}

static bool
printable(struct fix_span word)
{
	size_t i;

	for (i = 0; i < word.len; i++)
		if (word.p[i] <= ' ' || word.p[i] > '~')
			return false;
	return true;
}

static int
read_symbol(struct reader *r, unsigned n, struct fix_span word[N_WORDS + 1],
    struct sim_symbol *s)
{
	int64_t levels = 10;

	*s = (struct sim_symbol){ .tick_e8 = FIX_E8 / 100,
		.size_e8 = 100 * FIX_E8 };
	if (!printable(word[0]) ||
	    !fix_span_copy(word[0], s->symbol, sizeof(s->symbol)))
		return fault(
		    r, "a symbol is 1 to 32 printable characters", word[0]);
	if (n < 2)
		return fault(r, "the price is missing after", word[0]);
	if (!positive(word[1], &s->ref_e8))
		return fault(r, "the price must be a number over 0", word[1]);
	if (n > 2 && !positive(word[2], &s->tick_e8))
		return fault(r, "the tick must be a number over 0", word[2]);
	if (n > 3 && !positive(word[3], &s->size_e8))
		return fault(r, "the size must be a number over 0", word[3]);
	if (n > 4 && (fix_int_parse(word[4], &levels) != 0 || levels < 0 ||
			 levels > SIM_LEVELS_MAX))
		return fault(
		    r, "levels must be a number from 0 to 1000", word[4]);
	if (n > N_WORDS)
		return fault(r, "nothing may follow the levels", word[5]);
	s->levels = (unsigned)levels;
	return 0;
}

static int
add(struct reader *r, const struct sim_symbol *s, struct fix_span word)
{
	struct entry *more;
	size_t cap = r->cap == 0 ? 16 : 2 * r->cap;

	if (r->n == SIM_SYMBOLS_MAX)
		return fault(r, "too many symbols", word);
	if (r->n == r->cap) {
		more = reallocarray(r->list, cap, sizeof(*more));
		if (more == NULL)
			return fault(r, "out of memory", word);
		r->list = more;
		r->cap = cap;
	}
	r->list[r->n++] = (struct entry){ *s, r->line };
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int rc = strcmp(x->s.symbol, y->s.symbol);

	return rc != 0 ? rc : (x->line > y->line) - (x->line < y->line);
}

/* Sorted, so that the same symbol twice stands side by side. */
static int
check_twice(struct reader *r)
{
	const struct entry *e;
	size_t i;

	if (r->n > 0)
		qsort(r->list, r->n, sizeof(*r->list), by_name);
	for (i = 1; i < r->n; i++) {
		e = &r->list[i];
		if (strcmp(e[-1].s.symbol, e->s.symbol) != 0)
			continue;
		r->line = e->line;
		return fault(r, "this symbol stands there twice",
		    fix_span_of(e->s.symbol));
	}
	return 0;
}

static int
hand_over(struct reader *r, struct sim_symbol **out)
{
	size_t i;

	if (r->n == 0)
		return fault(r, "no symbol in this file", fix_span_of(NULL));
	*out = malloc(r->n * sizeof(**out));
	if (*out == NULL)
		return fault(r, "out of memory", fix_span_of(NULL));
	for (i = 0; i < r->n; i++)
		(*out)[i] = r->list[i].s;
	return (int)r->n;
}

static int
read_lines(struct reader *r, struct fix_span text)
{
	const uint8_t *p = text.p, *end = text.p + text.len, *nl;
	struct fix_span word[N_WORDS + 1], line;
	struct sim_symbol s;
	unsigned n;
	int rc = 0;

	while (rc == 0 && p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		line = (struct fix_span){ p,
			(size_t)((nl == NULL ? end : nl) - p) };
		p = nl == NULL ? end : nl + 1;
		r->line++;
		n = split(line, word);
		if (n == 0)
			continue;
		rc = read_symbol(r, n, word, &s);
		if (rc == 0)
			rc = add(r, &s, word[0]);
	}
	return rc == 0 ? check_twice(r) : rc;
}

int
venue_sim_parse_prices(
    const char *name, struct fix_span text, struct sim_symbol **out, char *err)
{
	struct reader r = { .file = name, .err = err };
	int rc;

	*out = NULL;
	*err = '\0';
	rc = read_lines(&r, text);
	if (rc == 0)
		rc = hand_over(&r, out);
	free(r.list);
	return rc;
}

static int
read_all(FILE *f, uint8_t **text, size_t *len)
{
	uint8_t *buf = malloc(FILE_MAX_BYTES + 1);

	if (buf == NULL)
		return ENOMEM;
	*len = fread(buf, 1, FILE_MAX_BYTES + 1, f);
	if (!ferror(f) && *len <= FILE_MAX_BYTES) {
		*text = buf;
		return 0;
	}
	free(buf);
	return ferror(f) ? errno : EFBIG;
}

int
venue_sim_read_prices(const char *path, struct sim_symbol **out, char *err)
{
	FILE *f = fopen(path, "re");
	uint8_t *text = NULL;
	size_t len = 0;
	int rc = f == NULL ? errno : read_all(f, &text, &len);

	*out = NULL;
	if (f != NULL)
		fclose(f);
	if (rc != 0) {
		snprintf(err, ERR_MAX, "%s: %s", path, strerror(rc));
		return -FIX_E_IO;
	}
	rc = venue_sim_parse_prices(
	    path, (struct fix_span){ text, len }, out, err);
	free(text);
	return rc;
}

static struct sim_view
view_of(const struct sim_order *o)
{
	struct sim_view v = { .cl_ord_id = o->id[0].text,
		.symbol = o->book == NULL ? "" : o->book->cfg.symbol,
		.number = o->number,
		.side = o->side,
		.status = o->status,
		.qty_e8 = o->qty_e8,
		.cum_e8 = o->cum_e8,
		.price_e8 = o->price_e8,
		.stop_e8 = o->stop_e8 };

	return v;
}

struct each {
	int (*fn)(void *arg, const struct sim_view *o);
	void *arg;
	int rc;
};

static void
show(void *arg, struct node *n)
{
	const struct sim_id *id = (const struct sim_id *)(const void *)n;
	struct sim_view view = view_of(id->order);
	struct each *e = arg;

	if (e->rc == 0 && id == &id->order->id[0])
		e->rc = e->fn(e->arg, &view);
}

int
venue_sim_each(struct venue *v,
    int (*fn)(void *arg, const struct sim_view *o), void *arg)
{
	struct each e = { fn, arg, 0 };

	hmap_each(&((struct sim *)v)->ids, show, &e);
	return e.rc;
}

bool
venue_sim_best(const struct venue *v, const char *symbol, char side,
    int64_t *px_e8, int64_t *qty_e8)
{
	const struct sim *s = (const struct sim *)v;
	const struct sim_book *b = sim_book_of(s, symbol);
	const struct sim_level *l;
	const struct sim_order *o;
	sim_wide sum = 0;

	if (b == NULL)
		return false;
	l = side == '1' ? b->bids.next[0] : b->offers.next[0];
	if (l == NULL)
		return false;
	for (o = l->first; o != NULL; o = o->next)
		sum += o->floor_e8 == 0 || o->shown_e8 > sim_leaves(o)
			   ? sim_leaves(o)
			   : o->shown_e8;
	*px_e8 = l->px_e8;
	*qty_e8 = sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
	return true;
}
