/*
 * The main() of a fuzz target that is built without a fuzzer: it gives every
 * file of a corpus to the target, so that plain `make check` proves that what
 * was once found stays mended.
 *
 * In: folders or files as arguments; without any, the corpus of the program's
 * own name (fuzz_scan: tests/fuzz/corpus/scan). Out: TAP, a line for each file.
 * A target that fails ends the program, which TAP tells as a missing plan.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_FILE (1 << 20)

static unsigned done;

/* The bytes of a file, at the end of a block of just their size, so that a
 * sanitizer sees a read behind them. */
static uint8_t *
slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	struct stat st;

	if (f == NULL)
		return NULL;
	if (fstat(fileno(f), &st) == 0 && st.st_size <= MAX_FILE) {
		*size = (size_t)st.st_size;
		p = malloc(*size + (*size == 0));
		if (p != NULL && fread(p, 1, *size, f) != *size) {
			free(p);
			p = NULL;
		}
	}
	fclose(f);
	return p;
}

static int
one_file(const char *path)
{
	size_t size = 0;
	uint8_t *data = slurp(path, &size);

	if (data == NULL) {
		printf("# %s: %s\n", path, strerror(errno));
		return -1;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	printf("ok %u - %s\n", ++done, path);
	fflush(stdout);
	return 0;
}

static int
visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int
one_path(const char *path)
{
	struct dirent **names;
	char file[4096];
	int i, n = scandir(path, &names, visible, alphasort), rc = 0;

	if (n < 0)
		return one_file(path);
	for (i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (rc == 0)
			rc = one_file(file);
		free(names[i]);
	}
	free(names);
	return rc;
}

/* The corpus of fuzz_x: corpus/x. */
static int
own_corpus(const char *program)
{
	const char *top = getenv("TOP_SRCDIR");
	const char *name = strstr(program, "fuzz_");
	char path[4096];

	if (name == NULL) {
		printf("# %s: not named fuzz_...\n", program);
		return -1;
	}
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
	    top == NULL ? "." : top, name + strlen("fuzz_"));
	return one_path(path);
}

int
main(int argc, char **argv)
{
	int i, rc = 0;

	if (argc < 2)
		rc = own_corpus(program_invocation_short_name);
	for (i = 1; i < argc && rc == 0; i++)
		rc = one_path(argv[i]);
	if (rc != 0 || done == 0) {
		printf("Bail out! no corpus\n");
		return 1;
	}
	printf("1..%u\n", done);
	return 0;
}
