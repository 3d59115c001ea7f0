/*
 * Sentences for the people who run the gateway. The store does not log: it
 * hands the sentence up, and gateway/ decides where it goes. A text that is too
 * long is cut; its beginning says which file and what.
 */
#include "store/fail.h"

#include <stdarg.h>
#include <stdio.h>

int
fix_store_fail(struct fix_store_error *e, int rc, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return rc;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return rc;
}

void
fix_store_fine(struct fix_store_error *e)
{
	if (e != NULL)
		e->text[0] = '\0';
}
