/*
 * Input: a byte that says what follows.
 *   0  a list; one that is taken is written and read back to the same
 *   1  the file of a backup, sealed by a key of zeros
 *   2  a list, a NUL, and what is sealed under it: pieces are made of it here,
 *      so that what stands behind a good key is met as well
 * Of a file that is taken each entry of its list was offered, once and in
 * order.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/backup/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[CRYPT_KEY];

struct offered {
	const struct backup_list *l;
	size_t n; /* of the list that were passed */
};

static int
offer(void *arg, const struct backup_file *f, struct fix_store_error *e)
{
	struct offered *o = arg;

	(void)e;
	while (o->n < o->l->n &&
	       strcmp(o->l->v[o->n].holder, o->l->id) != 0)
		o->n++;
	assert(o->n < o->l->n && &o->l->v[o->n] == f);
	assert(backup_name_ok(f->name) && f->bytes <= f->size);
	o->n++;
	return -1;
}

static void
read_file(uint8_t *p, size_t n)
{
	struct backup_list l = { 0 };
	struct fix_store_error e = { "" };
	struct offered o = { &l, 0 };
	FILE *f = n == 0 ? NULL : fmemopen(p, n, "r");

	if (f == NULL)
		return;
	if (bk_read_list(&l, f, NULL, &e) == 0 &&
	    bk_read(f, &l, key, offer, &o, &e) == 0)
		for (; o.n < l.n; o.n++)
			assert(strcmp(l.v[o.n].holder, l.id) != 0);
	else
		assert(e.text[0] != '\0');
	backup_list_free(&l);
	fclose(f);
}

static void
read_list(struct fix_span text)
{
	struct backup_list l, again;
	char *out;

	if (backup_list_parse(&l, text) != 0) {
		assert(l.n == 0 && l.v == NULL);
		return;
	}
	out = backup_list_text(&l);
	assert(out != NULL);
	assert(backup_list_parse(&again, fix_span_of(out)) == 0);
	assert(again.n == l.n && again.sealed == l.sealed &&
	       strcmp(again.base_file, l.base_file) == 0);
	for (size_t i = 0; i < l.n; i++)
		assert(memcmp(&again.v[i], &l.v[i], sizeof(l.v[i])) == 0);
	free(out);
	backup_list_free(&l);
	backup_list_free(&again);
}

static void
put_length(uint8_t *at, size_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(n >> 8 * i);
}

/* One piece, the last one. @return bytes of the sealed part, 0 */
static size_t
seal(uint8_t *out, size_t cap, struct fix_span plain)
{
	uint8_t aad[BK_AAD];
	ssize_t n;

	memcpy(out, BK_MAGIC, 8);
	memset(out + 8, 0, BK_HEAD - 8);
	bk_aad(aad, out, 0, true);
	n = crypt_seal(out + BK_HEAD + 4, cap - BK_HEAD - 8, key,
	    (struct fix_span){ aad, sizeof(aad) }, plain);
	if (n < 0)
		return 0;
	put_length(out + BK_HEAD, (size_t)n);
	put_length(out + BK_HEAD + 4 + n, 0);
	return BK_HEAD + 8 + (size_t)n;
}

static void
read_sealed(const uint8_t *p, size_t n)
{
	const uint8_t *nul = memchr(p, 0, n);
	struct backup_list l;
	uint8_t *file;
	char *text;
	size_t at;

	if (nul == NULL || n > BK_PIECE ||
	    backup_list_parse(
		&l, (struct fix_span){ p, (size_t)(nul - p) }) != 0)
		return;
	file = malloc(2 * BK_PIECE + 64 * n);
	assert(file != NULL);
	at = seal(file, 2 * BK_PIECE,
	    (struct fix_span){ nul + 1, n - (size_t)(nul + 1 - p) });
	memset(l.id, '0', BK_ID - 1);
	l.sealed = at;
	assert(EVP_Digest(file, at, l.sealed_sum, NULL, EVP_sha256(), NULL) ==
	       1);
	text = backup_list_text(&l);
	if (text != NULL && strlen(text) < 64 * n) {
		put_length(file + at, strlen(text));
		memcpy(file + at + 4, text, strlen(text));
		read_file(file, at + 4 + strlen(text));
	}
	free(text);
	free(file);
	backup_list_free(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p;

	if (size < 2)
		return 0;
	p = malloc(size - 1);
	assert(p != NULL);
	memcpy(p, data + 1, size - 1);
	if (data[0] % 3 == 0)
		read_list((struct fix_span){ p, size - 1 });
	else if (data[0] % 3 == 1)
		read_file(p, size - 1);
	else
		read_sealed(p, size - 1);
	free(p);
	return 0;
}
