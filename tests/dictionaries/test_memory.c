/*
 * Memory: a load that runs out of it at any point fails cleanly, and a check
 * takes none at all. malloc and its kin are wrapped at link time (libxml2 has
 * its own and is not); a leak is for the sanitizer build to find.
 */
#include "tests/dictionaries/faces.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static unsigned long calls;
static unsigned long fail_at; /* this call fails; 0: none */

static bool
fails(void)
{
	calls++;
	return fail_at != 0 && calls == fail_at;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

static void
a_load_fails_cleanly_at_every_allocation(void **state)
{
	struct fix_dict_error e;
	struct fix_dict *d;
	unsigned long n;
	char path[1024];
	int rc = -1;

	(void)state;
	snprintf(path, sizeof(path), "%s/FIX42.xml", fix_dict_default_dir());
	for (n = 1; rc != 0; n++) {
		assert_in_range(n, 1, 10000);
		calls = 0;
		fail_at = n;
		rc = fix_dict_load(&d, path, &e);
		fail_at = 0;
		if (rc == 0)
			break;
		assert_int_equal(rc, -FIX_E_NOMEM);
		assert_null(d);
		assert_non_null(strstr(e.text, "out of memory"));
	}
	assert_true(n > 10); /* there was something to fail */
	assert_int_equal(calls, n - 1);
	fix_dict_free(d);
}

#define GROUP_ORDER                                                            \
	"35=D|49=A|56=B|34=2|52=20250314-14:30:15|11=ID|54=1|"                 \
	"60=20250314-14:30:15|40=1|453=1|448=A|447=D|452=1|"

static void
a_check_allocates_nothing(void **state)
{
	static const char *const texts[] = { GROUP_ORDER, "35=*|49=A|",
		"35=D|49=A|56=B|34=2|52=20250314-14:30:15|999=|",
		"35=D|49=A|56=B|34=2|11=ID|52=20250314-14:30:15|" };
	struct fix_check c = fix_check_all;
	struct face faces[N_FACES];
	struct fix_fault f;
	struct said s;
	size_t i;

	(void)state;
	faces_load(faces);
	c.fields_out_of_order = false;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		say(&s, "FIX.4.4", texts[i]);
		calls = 0;
		(void)!fix_dict_check(
		    faces[4].transport, faces[4].app, &s.m, &fix_check_all, &f);
		(void)!fix_dict_check(
		    faces[4].transport, faces[4].app, &s.m, &c, &f);
		assert_int_equal(calls, 0);
	}
	faces_free(faces);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_load_fails_cleanly_at_every_allocation),
		cmocka_unit_test(a_check_allocates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
