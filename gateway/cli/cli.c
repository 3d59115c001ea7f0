/*
 * Complaints and small things that every command needs.
 *
 * A complaint is one line on stderr that begins with the command that makes
 * it, says what was expected and, where there is one, what to do. The exit
 * status keeps "not understood" (2) apart from "did not work" (1), so that a
 * script can tell its own mistake from the world's.
 */
#include "gateway/cli/cli.h"

#include <stdarg.h>
#include <string.h>

static const char *speaker = "";

void
cli_speak_as(const char *command)
{
	speaker = command;
}

static void complain(const char *fmt, va_list ap) FIX_PRINTF(1, 0);

static void
complain(const char *fmt, va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "fixgate%s%s: ", *speaker != '\0' ? " " : "", speaker);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int
cli_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	return CLI_FAILED;
}

int
cli_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	if (*speaker == '\0')
		fputs("Try 'fixgate --help'.\n", stderr);
	else
		fprintf(stderr, "Try 'fixgate %s --help'.\n", speaker);
	return CLI_USAGE;
}

int
cli_help(const char *text)
{
	fputs(text, stdout);
	return CLI_OK;
}

#define WORD_MAX 32

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Levenshtein's distance, over words of at most WORD_MAX bytes. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1], diag, up, i, j;
	unsigned la = (unsigned)strlen(a), lb = (unsigned)strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		diag = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			up = row[j];
			row[j] = least(up + 1, row[j - 1] + 1,
			    diag + (a[i - 1] != b[j - 1]));
			diag = up;
		}
	}
	return row[lb];
}

const char *
cli_nearest(const char *word, const char *(*name)(const void *arg, size_t i),
    const void *arg)
{
	const char *best = NULL, *n;
	unsigned d, best_d = 3;
	size_t i;

	for (i = 0; (n = name(arg, i)) != NULL; i++) {
		d = distance(word, n);
		if (strlen(word) >= 3 && strncmp(n, word, strlen(word)) == 0)
			d = 0;
		if (d < best_d && d < strlen(n)) {
			best = n;
			best_d = d;
		}
	}
	return best;
}
