/*
 * The end-of-day file: lines with commas, as fixgate-dropcopy(1) says, the same
 * bytes each time it is made of the same records.
 *
 *	#fixgate dropcopy,1,NAME,DAY          DAY: 20261126, or "all"
 *	Record,Session,MsgSeqNum,ExecID,...   the names of the columns
 *	123,CLIENT44,17,E0-1-5,F,...          an execution a line
 *	#session,CLIENT44,2,17                count and last number of each
 *	#end,2,SHA-256                        of all lines before, with their
 *ends
 */
#include "gateway/cli/copyfile.h"

#include <openssl/evp.h>
#include <string.h>

#include "fix/time.h"

void
copy_file_sum(const uint8_t *p, size_t len, char out[COPY_SUM_MAX])
{
	unsigned char sum[EVP_MAX_MD_SIZE] = { 0 };

	(void)EVP_Digest(p, len, sum, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

void
copy_file_names(FILE *out)
{
	fputs("Record,Session,MsgSeqNum,ExecID,ExecType,ExecRefID,OrderID,"
	      "ClOrdID,Account,Symbol,Side,LastQty,LastPx,TransactTime\n",
	    out);
}

/* A ClOrdID may hold a comma. */
static void
text(FILE *out, const char *s)
{
	bool quote = strpbrk(s, ",\"") != NULL;

	fputc(',', out);
	if (quote)
		fputc('"', out);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	if (quote)
		fputc('"', out);
}

static void
amount(FILE *out, int64_t e8)
{
	uint8_t s[FIX_DEC_MAX];

	fprintf(out, ",%.*s", (int)fix_e8_format(s, e8), (const char *)s);
}

void
copy_file_row(FILE *out, const struct copy_item *i, const char *client)
{
	uint8_t when[FIX_STAMP_MAX];
	struct fix_utc t = { i->when_ns };

	fprintf(out, "%llu", (unsigned long long)i->record);
	text(out, client);
	fprintf(out, ",%llu", (unsigned long long)i->seq);
	text(out, i->exec_id);
	fprintf(out, ",%c", i->kind);
	text(out, i->ref_id);
	text(out, i->order_id);
	text(out, i->cl_ord_id);
	text(out, i->account);
	text(out, i->symbol);
	fprintf(out, ",%c", i->side);
	amount(out, i->qty_e8);
	amount(out, i->px_e8);
	fprintf(out, ",%.*s\n", (int)fix_utc_format(when, t, 3),
	    (const char *)when);
}

/* ----- reading ----- */

#define COLUMNS 14u

/* A line's cells, unquoted, cut off if too long. @return how many */
static unsigned
cells(const uint8_t *p, const uint8_t *end, char out[COLUMNS][COPY_ID_MAX + 1])
{
	unsigned n = 0;

	while (n < COLUMNS) {
		bool quoted = p < end && *p == '"';
		size_t len = 0;

		for (p += quoted; p < end; p++) {
			if (quoted && *p == '"') {
				quoted = p + 1 < end && p[1] == '"';
				p += quoted;
				if (!quoted)
					continue;
			} else if (!quoted && *p == ',') {
				break;
			}
			if (len < COPY_ID_MAX && *p != '\0')
				out[n][len++] = (char)*p;
		}
		out[n++][len] = '\0';
		if (p >= end)
			break;
		p++;
	}
	return n;
}

static int64_t
e8_of(const char *s)
{
	struct fix_dec d;
	int64_t e8;

	return fix_dec_parse(fix_span_of(s), &d) == 0 &&
		       fix_dec_to_e8(d, &e8) == 0
		   ? e8
		   : 0;
}

static int
row(struct copy_log *log, const uint8_t *p, const uint8_t *end)
{
	char c[COLUMNS][COPY_ID_MAX + 1];
	struct copy_item i = { 0 };

	if (cells(p, end, c) != COLUMNS || strcmp(c[0], "Record") == 0)
		return 0;
	log->rows++;
	memcpy(i.exec_id, c[3], sizeof(i.exec_id));
	i.kind = c[4][0];
	memcpy(i.ref_id, c[5], sizeof(i.ref_id));
	memcpy(i.order_id, c[6], sizeof(i.order_id));
	memcpy(i.cl_ord_id, c[7], sizeof(i.cl_ord_id));
	memcpy(i.account, c[8], sizeof(i.account));
	memcpy(i.symbol, c[9], sizeof(i.symbol));
	i.side = c[10][0];
	i.qty_e8 = e8_of(c[11]);
	i.px_e8 = e8_of(c[12]);
	return log->fn(log->arg, &i, false);
}

int
copy_file_read(struct copy_log *log, const uint8_t *p, size_t len)
{
	static const char last[] = "#end,";
	const uint8_t *at = p, *end = p + len, *nl;
	char sum[COPY_SUM_MAX];
	int rc = 0;

	log->bad_sum = true;
	while (at < end && rc == 0) {
		size_t left = (size_t)(end - at);

		nl = memchr(at, '\n', left);
		if (nl == NULL)
			nl = end;
		if (left > sizeof(last) && memcmp(at, last, 5) == 0) {
			copy_file_sum(p, (size_t)(at - p), sum);
			log->bad_sum =
			    nl - at < 64 || memcmp(nl - 64, sum, 64) != 0;
		} else if (*at != '#') {
			rc = row(log, at, nl);
		}
		at = nl < end ? nl + 1 : end;
	}
	return rc;
}
