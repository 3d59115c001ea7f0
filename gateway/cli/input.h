/* A stream of anything, cut into the FIX messages that it holds: raw bytes, or
 * lines of a log where something printable stands for SOH. */
#ifndef FIXGATE_GATEWAY_CLI_INPUT_H
#define FIXGATE_GATEWAY_CLI_INPUT_H

#include "fix/scan.h"

#define INPUT_MSG_MAX (16u << 20) /* bytes of one message */

struct input;

struct input_item {
	const struct fix_msg *msg; /* fields; NULL: they can't be made out */
	struct fix_span bytes;     /* all of it, SOH between fields */
	enum fix_garbled why;      /* FIX_G_NONE: nothing is wrong */
	bool cut;                  /* it ends before its end */
	uint64_t line;             /* where it begins, from 1 */
};

/** @param fn  called for each message; everything is borrowed for the call */
struct input *input_new(
    void (*fn)(void *arg, const struct input_item *it), void *arg);
void input_free(struct input *in);
/** @return 0, -FIX_E_NOMEM */
int input_feed(
    struct input *in, const uint8_t *bytes, size_t len) FIX_MUST_CHECK;
/** No more comes: what is left is cut off. */
void input_end(struct input *in);
/** Lines so far in which no message began, blank ones aside. */
uint64_t input_idle_lines(const struct input *in);

/** Say what is wrong with an item, as a phrase. */
void input_say_why(const struct input_item *it, char *text, size_t cap);

#endif
