/*
 * Complaints and small things that every command needs.
 *
 * A complaint is one line on stderr that begins with the command that makes
 * it, says what was expected and, where there is one, what to do. The exit
 * status keeps "not understood" (2) apart from "did not work" (1), so that a
 * script can tell its own mistake from the world's.
 */
#include "gateway/cli/cli.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
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

int
cli_temp_dir(char *path, size_t cap)
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(path, cap, "%s/fixgate-XXXXXX",
	    tmp == NULL || *tmp == '\0' ? "/tmp" : tmp);

	if (n < 0 || (size_t)n >= cap) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return mkdtemp(path) == NULL ? -1 : 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

void
cli_remove_dir(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
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
