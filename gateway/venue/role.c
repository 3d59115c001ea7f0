/*
 * Which process a venue is: ours of its type, or, for Type=process, a program
 * of anybody's that speaks fixgate-venue-link(7). Such a program finds its link
 * at descriptor 3 and its settings in the first record there, so that no secret
 * stands in its arguments or environment.
 */
#include "config.h"

#include "gateway/venue/role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/crypt/crypt.h"
#include "gateway/trader/role.h"
#include "gateway/venue/alpaca.h"
#include "gateway/venue/binance.h"
#include "gateway/venue/oanda.h"
#include "gateway/venue/record.h"
#include "gateway/venue/tws.h"

bool
venue_check(const struct plan *p)
{
	const struct conf_section *s = NULL;
	unsigned before = conf_faults(p->conf);

	while ((s = conf_next(p->conf, "VENUE", s)) != NULL) {
		if (setup_venue_type(s) == SETUP_VENUE_BINANCE)
			binance_check_settings(s);
		if (setup_venue_type(s) == SETUP_VENUE_ALPACA)
			alpaca_check_settings(s);
		if (setup_venue_type(s) == SETUP_VENUE_OANDA)
			oanda_check_settings(s);
	}
	return conf_faults(p->conf) == before;
}

bool
venue_outside(const struct conf_section *s)
{
	enum setup_venue_type t = setup_venue_type(s);

	return t != SETUP_VENUE_SIM && t != SETUP_VENUE_TOLD &&
	       t != SETUP_VENUE_FIX;
}

static const struct conf_section *
section(const struct plan *p, const char *name)
{
	const struct conf_section *s = NULL;

	while ((s = conf_next(p->conf, "VENUE", s)) != NULL)
		if (strcmp(conf_name(s), name) == 0)
			return s;
	return NULL;
}

void
venue_settings(const struct plan *p, const char *name, int fd)
{
	const struct conf_section *s = section(p, name);
	uint8_t buf[RECORD_HEAD + RECORD_MAX];
	struct record_out o;
	const char *key;
	ssize_t n;

	if (s == NULL || setup_venue_type(s) != SETUP_VENUE_PROCESS)
		return;
	record_begin(&o, buf, sizeof(buf), "settings");
	for (unsigned i = 0; (key = conf_known("VENUE", i)) != NULL; i++)
		if (conf_has(s, key, NULL) && strcmp(key, "Command") != 0)
			record_put(&o, key, conf_secret(s, key, NULL));
	n = record_end(&o);
	if (n < 0 || send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
		log_error("venue %s: its settings are too long to be sent",
		    name);
	crypt_wipe(buf, sizeof(buf));
}

static int
run_command(const struct conf_section *s, int fd)
{
	char line[4096];
	sigset_t none;

	snprintf(line, sizeof(line), "exec %s", conf_str(s, "Command", ""));
	if (fd == VENUE_LINK_FD)
		(void)fcntl(fd, F_SETFD, 0);
	else if (dup2(fd, VENUE_LINK_FD) < 0)
		return ROLE_AGAIN;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	log_flush();
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	log_error("/bin/sh: %s", strerror(errno));
	return ROLE_AGAIN;
}

int
role_venue(const struct plan *p, const char *name, int fd)
{
	const struct conf_section *s = section(p, name);
	int status = ROLE_GIVE_UP;

	(void)prctl(PR_SET_NAME, name); /* in ps, top and /proc */
	for (uint32_t i = 0; i < p->setup->n_listens; i++)
		if (p->listen_fds[i] >= 0)
			close(p->listen_fds[i]);
	if (s == NULL) {
		log_error("there is no [VENUE %s]", name);
		return status;
	}
	switch (setup_venue_type(s)) {
	case SETUP_VENUE_PROCESS:
		return run_command(s, fd);
	case SETUP_VENUE_TWS:
		return tws_run(s, fd);
	case SETUP_VENUE_BINANCE:
		return binance_run(s, fd);
	case SETUP_VENUE_ALPACA:
		return alpaca_run(s, fd);
	case SETUP_VENUE_OANDA:
		return oanda_run(s, fd);
	case SETUP_VENUE_SIM:
	case SETUP_VENUE_TOLD:
	case SETUP_VENUE_FIX:
		log_error("venue %s runs in the trader", name);
		break;
	}
	return status;
}
