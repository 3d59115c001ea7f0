/* A table of scenarios as a test program: see script.h for their language. */
#ifndef TESTS_GATEWAY_ORDER_SCENARIO_H
#define TESTS_GATEWAY_ORDER_SCENARIO_H

#include "tests/gateway/order/script.h"

struct scenario {
	const char *name, *text;
};

/** Each of them in the three faces (one whose name begins with "4.2 " in that
 * alone), and with a restart before every line where
 * it may. @return failures */
int scenario_main(const char *group, const struct scenario *all, size_t n);

#endif
