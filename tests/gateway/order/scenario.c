/*
 * Runs a table of scenarios: each in FIX 4.2, 4.4 and 5.0SP2, and each once more
 * with a death and return before every line, where it may be run so.
 */
#include "tests/gateway/order/scenario.h"

#include <stdio.h>

#define SCENARIOS_MAX 200

static const enum fix_version faces[] = { FIX_V_42, FIX_V_44, FIX_V_50SP2 };

struct task {
	const struct scenario *what;
	enum fix_version face;
	bool restarting;
};

static struct task tasks[6 * SCENARIOS_MAX];
static char names[6 * SCENARIOS_MAX][160];
static struct CMUnitTest tests[6 * SCENARIOS_MAX];

static void
run(void **state)
{
	const struct task *t = *state;
	struct rig *r = rig_new(t->face);

	if (t->restarting)
		script_run_restarting(r, t->what->text);
	else
		script_run(r, t->what->text);
	rig_free(r);
}

static void
add(size_t *n, const struct scenario *what, enum fix_version face,
    bool restarting)
{
	tasks[*n].what = what;
	tasks[*n].face = face;
	tasks[*n].restarting = restarting;
	snprintf(names[*n], sizeof(names[*n]), "%s (%s%s)", what->name,
	    fix_version_name(face),
	    restarting ? ", restarted before every line" : "");
	tests[*n].name = names[*n];
	tests[*n].test_func = run;
	tests[*n].initial_state = &tasks[*n];
	(*n)++;
}

int
scenario_main(const char *group, const struct scenario *all, size_t count)
{
	size_t i, n = 0;

	assert_true(count <= SCENARIOS_MAX);
	for (i = 0; i < 3 * count; i++) {
		if (faces[i % 3] != FIX_V_42 &&
		    strncmp(all[i / 3].name, "4.2 ", 4) == 0)
			continue;
		add(&n, &all[i / 3], faces[i % 3], false);
		if (script_may_restart(all[i / 3].text))
			add(&n, &all[i / 3], faces[i % 3], true);
	}
	return _cmocka_run_group_tests(group, tests, n, NULL, NULL);
}
