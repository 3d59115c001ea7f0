/*
 * Settings that venues outside of the trader share.
 */
#include <string.h>

#include "fix/time.h"
#include "gateway/venue/outside.h"
#include "gateway/venue/rest.h"

int64_t
outside_order_wait(const struct conf_section *s)
{
	return FIX_MSEC *
	       (int64_t)conf_int(s, "MaxOrderWait", 1, 3600000, 5000);
}

void
outside_check_url(const struct conf_section *s, const char *key, const char *a,
    const char *z, bool needed)
{
	const char *url = conf_str(s, key, NULL), *fault;

	if (url == NULL && needed)
		conf_fault(s, NULL, "[VENUE %s] needs %s", conf_name(s), key);
	if (url == NULL)
		return;
	fault = rest_url_fault(url);
	if (fault == NULL && strncmp(url, a, strlen(a)) != 0 &&
	    strncmp(url, z, strlen(z)) != 0)
		fault = "it is of another kind";
	if (fault != NULL)
		conf_fault(s, key, "%s: %s", key, fault);
}
