/*
 * ${NAME} and ${NAME:-default}: what the environment puts into a value. The
 * result is bytes of one value and nothing more: it is never read as a line
 * again, and an environment value with control characters is refused.
 */
#include <stdlib.h>

#include "gateway/settings/conf_int.h"

bool
conf_has_control(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] < 0x20 && p[i] != '\t')
			return true;
	return false;
}

static bool
is_name_char(char ch, bool first)
{
	return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
	       ch == '_' || (!first && ch >= '0' && ch <= '9');
}

/* Name and default of a ${...} whose inside is [p, end). */
static bool
split_variable(
    const char *p, const char *end, char name[CONF_NAME_MAX], const char **def)
{
	const char *q = p;

	while (q < end && is_name_char(*q, q == p))
		q++;
	if (q == p || q - p >= CONF_NAME_MAX)
		return false;
	memcpy(name, p, (size_t)(q - p));
	name[q - p] = '\0';
	*def = NULL;
	if (q == end)
		return true;
	if (end - q < 2 || q[0] != ':' || q[1] != '-')
		return false;
	*def = q + 2;
	return true;
}

/* What stands for ${inside}; false, and told, if nothing does. */
static bool
variable(struct conf_expand *x, const char *p, const char *end,
    const char **out, size_t *out_len)
{
	char name[CONF_NAME_MAX];
	const char *def, *env;

	if (!split_variable(p, end, name, &def)) {
		conf_tell(x->c, true, x->line,
		    "'${%.*s}' is neither ${NAME} nor ${NAME:-default}",
		    (int)(end - p > 64 ? 64 : end - p), p);
		return false;
	}
	env = getenv(name);
	if (def != NULL && (env == NULL || *env == '\0')) {
		*out = def;
		*out_len = (size_t)(end - def);
		return true;
	}
	if (env == NULL) {
		conf_tell(x->c, true, x->line,
		    "${%s} is not set in the environment and has no default",
		    name);
		return false;
	}
	*out = env;
	*out_len = strlen(env);
	if (!conf_has_control(env, *out_len))
		return true;
	conf_tell(x->c, true, x->line,
	    "${%s} holds a control character, which no value may", name);
	return false;
}

static bool
append(struct conf_expand *x, const char *p, size_t len)
{
	if (len > CONF_LINE_MAX - x->n) {
		conf_tell(x->c, true, x->line,
		    "the value is longer than %u bytes", CONF_LINE_MAX);
		return false;
	}
	memcpy(x->out + x->n, p, len);
	x->n += len;
	return true;
}

bool
conf_expand(struct conf_expand *x, const char *p, const char *end)
{
	const char *close, *v;
	size_t len;

	x->n = 0;
	while (p < end) {
		if (end - p >= 3 && memcmp(p, "$${", 3) == 0) {
			if (!append(x, "${", 2))
				return false;
			p += 3;
		} else if (end - p >= 2 && p[0] == '$' && p[1] == '{') {
			close = memchr(p, '}', (size_t)(end - p));
			if (close == NULL) {
				conf_tell(x->c, true, x->line,
				    "'${' without a '}' behind it");
				return false;
			}
			if (!variable(x, p + 2, close, &v, &len) ||
			    !append(x, v, len))
				return false;
			p = close + 1;
		} else if (!append(x, p++, 1)) {
			return false;
		}
	}
	x->out[x->n] = '\0';
	return true;
}
