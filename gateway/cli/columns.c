/*
 * A table on a terminal: everything is collected, then each column is made as
 * wide as its widest cell. Widths are counted in characters, not bytes.
 */
#include "gateway/cli/columns.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 24

struct columns {
	const char *const *heads;
	unsigned n;
	unsigned width[MAX_COLUMNS];
	char **cells;
	size_t used, cap;
};

static unsigned
width_of(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool
is_right(const struct columns *c, unsigned i)
{
	return c->heads[i][0] == '>';
}

static const char *
head_of(const struct columns *c, unsigned i)
{
	return c->heads[i] + is_right(c, i);
}

struct columns *
columns_new(const char *const *heads)
{
	struct columns *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->heads = heads;
	while (c->n < MAX_COLUMNS && heads[c->n] != NULL) {
		c->width[c->n] = width_of(head_of(c, c->n));
		c->n++;
	}
	return c;
}

void
columns_free(struct columns *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->used; i++)
		free(c->cells[i]);
	free(c->cells);
	free(c);
}

void
columns_add(struct columns *c, const char *fmt, ...)
{
	unsigned col = (unsigned)(c->used % c->n), w;
	size_t cap = c->cap == 0 ? 256 : 2 * c->cap;
	char **cells, *text;
	va_list ap;
	int n;

	if (c->used == c->cap) {
		cells = realloc(c->cells, cap * sizeof(*cells));
		if (cells == NULL)
			abort(); /* a tool without memory has nothing to say */
		c->cells = cells;
		c->cap = cap;
	}
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	c->cells[c->used++] = text;
	w = width_of(text);
	if (w > c->width[col])
		c->width[col] = w;
}

size_t
columns_rows(const struct columns *c)
{
	return c->used / c->n;
}

static void
print_cell(const struct columns *c, FILE *out, unsigned col, const char *text)
{
	int pad = (int)(c->width[col] - width_of(text));

	if (is_right(c, col))
		fprintf(out, "%*s%s", pad, "", text);
	else if (col + 1 < c->n)
		fprintf(out, "%s%*s", text, pad, "");
	else
		fputs(text, out);
	fputs(col + 1 < c->n ? "  " : "\n", out);
}

void
columns_print(const struct columns *c, FILE *out, bool head)
{
	unsigned col;
	size_t i;

	for (col = 0; head && col < c->n; col++)
		print_cell(c, out, col, head_of(c, col));
	for (i = 0; i < columns_rows(c) * c->n; i++)
		print_cell(c, out, (unsigned)(i % c->n), c->cells[i]);
}
