/*
 * What commands share when they read their options: numbers with a range,
 * mistyped options, those of TLS, and the way from -c FILE to the folders of that gateway.
 *
 * The settings file is read with the gateway's own reader, so ${NAME} and
 * relative paths mean here what they mean there.
 */
#include "gateway/cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/wire.h"

int
opt_number(const char *option, const char *text, uint64_t lo, uint64_t hi,
    uint64_t *out)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 ||
	    n < lo || n > hi) {
		cli_usage("%s takes a number from %llu to %llu, not '%s'",
		    option, (unsigned long long)lo, (unsigned long long)hi,
		    text);
		return -FIX_E_FORMAT;
	}
	*out = n;
	return 0;
}

bool
opt_tls(struct wire_tls *tls, int c)
{
	switch (c) {
	case OPT_TLS:
		break;
	case OPT_CA:
		tls->ca = optarg;
		break;
	case OPT_TLS_NAME:
		tls->name = optarg;
		break;
	case OPT_CERT:
		tls->cert = optarg;
		break;
	case OPT_KEY:
		tls->key = optarg;
		break;
	default:
		return false;
	}
	tls->use = true;
	return true;
}

int
opt_place(struct place *p, const char *text)
{
	char *colon, *end;

	if (snprintf(p->copy, sizeof(p->copy), "%s", text) >=
	    (int)sizeof(p->copy))
		return -FIX_E_FORMAT;
	colon = strrchr(p->copy, ':');
	p->host = "127.0.0.1";
	p->port = colon == NULL ? p->copy : colon + 1;
	if (colon != NULL && colon > p->copy) {
		*colon = '\0';
		p->host = p->copy;
		end = colon - 1;
		if (*p->copy == '[' && *end == ']') {
			*end = '\0';
			p->host = p->copy + 1;
		}
	}
	return *p->port == '\0' || *p->host == '\0' ? -FIX_E_FORMAT : 0;
}

int
opt_unknown(int argc, char **argv, int optind_now)
{
	const char *word =
	    optind_now > 0 && optind_now <= argc ? argv[optind_now - 1] : "";

	return cli_usage("unknown option or missing value: %s", word);
}

static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	(void)arg;
	if (error)
		fprintf(stderr, "%s:%u: %s\n", file, line, text);
}

static char *
join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

static int
set_paths(struct gateway_paths *g, const char *dir, const char *control)
{
	g->data = strdup(dir);
	g->trading = join(dir, "trading");
	if (g->trading == NULL || g->data == NULL)
		return -FIX_E_NOMEM;
	g->journal = join(g->trading, "journal");
	g->tables = join(g->trading, "tables");
	g->control = control != NULL ? strdup(control) :
	    join(g->trading, "control.sock");
	if (g->journal == NULL || g->tables == NULL || g->control == NULL)
		return -FIX_E_NOMEM;
	return 0;
}

int
gateway_read(struct gateway_paths *g, const char *file)
{
	const struct conf_sink sink = { NULL, tell };
	const struct conf_section *gw;
	const char *dir;

	memset(g, 0, sizeof(*g));
	if (file == NULL) {
		cli_usage("which gateway? Name its settings file with -c");
		return -FIX_E_CONFIG;
	}
	if (conf_read(&g->conf, file, &sink) != 0) {
		cli_fail("can't use the settings file %s", file);
		return -FIX_E_CONFIG;
	}
	gw = conf_next(g->conf, "GATEWAY", NULL);
	dir = conf_path(gw, "DataDir", NULL);
	if (dir == NULL ||
	    set_paths(g, dir, conf_path(gw, "ControlSocket", NULL)) != 0) {
		cli_fail("%s sets no DataDir in [GATEWAY], so there is nothing "
			 "to read",
		    file);
		gateway_done(g);
		return -FIX_E_CONFIG;
	}
	return 0;
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* DIR/NAME/journal, if it is there. */
static bool
take_trading(struct gateway_paths *g, const char *dir, const char *name)
{
	char *trading = join(dir, name);

	if (trading != NULL && is_dir(trading)) {
		g->trading = trading;
		g->journal = join(trading, "journal");
		g->tables = join(trading, "tables");
		g->control = join(trading, "control.sock");
		if (g->journal != NULL && g->tables != NULL &&
		    g->control != NULL && is_dir(g->journal))
			return true;
		gateway_done(g);
		return false;
	}
	free(trading);
	return false;
}

int
gateway_at(struct gateway_paths *g, const char *dir)
{
	memset(g, 0, sizeof(*g));
	if (take_trading(g, dir, "trading") ||
	    take_trading(g, dir, "data/trading") || take_trading(g, dir, "."))
		return 0;
	if (is_dir(dir)) {
		g->journal = strdup(dir);
		return g->journal == NULL ? -FIX_E_NOMEM : 0;
	}
	cli_fail("%s is no folder; expected a journal, or the DataDir that "
		 "holds one",
	    dir);
	return -FIX_E_NOTFOUND;
}

void
gateway_done(struct gateway_paths *g)
{
	conf_free(g->conf);
	free(g->data);
	free(g->trading);
	free(g->journal);
	free(g->tables);
	free(g->control);
	memset(g, 0, sizeof(*g));
}
