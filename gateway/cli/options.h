/* Options that several commands share. */
#ifndef FIXGATE_GATEWAY_CLI_OPTIONS_H
#define FIXGATE_GATEWAY_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/settings/conf.h"

/** A whole number from lo to hi, or a complaint that names the option.
 * @return 0, -FIX_E_FORMAT */
int opt_number(const char *option, const char *text, uint64_t lo, uint64_t hi,
    uint64_t *out) FIX_MUST_CHECK;
/** getopt_long() met what it does not know: complain. @return CLI_USAGE */
int opt_unknown(int argc, char **argv, int optind_now);

/* Options of TLS: rows for getopt_long(), told apart by opt_tls(). */
enum { OPT_TLS = 1024, OPT_CA, OPT_TLS_NAME, OPT_CERT, OPT_KEY };
/* clang-format off */
#define OPT_TLS_ROWS \
	{ "tls", no_argument, NULL, OPT_TLS }, \
	{ "ca", required_argument, NULL, OPT_CA }, \
	{ "tls-name", required_argument, NULL, OPT_TLS_NAME }, \
	{ "cert", required_argument, NULL, OPT_CERT }, \
	{ "key", required_argument, NULL, OPT_KEY }
/* clang-format on */
struct wire_tls;
/** Take an option of TLS, which turns it on; its text stays optarg's.
 * @param c  what getopt_long() gave @return false: none of them */
bool opt_tls(struct wire_tls *tls, int c) FIX_MUST_CHECK;

/* HOST:PORT, [V6]:PORT, cut in two. */
struct place {
	char copy[160];
	const char *host, *port; /* in copy */
};
/** @param text  may be ":PORT" or "PORT" for 127.0.0.1
 * @return 0; -FIX_E_FORMAT, not told */
int opt_place(struct place *p, const char *text) FIX_MUST_CHECK;

/* What the tools need of a gateway's settings file. */
struct gateway_paths {
	struct conf *conf;
	char *data;    /* DataDir; of gateway_read() only */
	char *trading; /* folder of the trading store */
	char *journal;
	char *tables;
	char *control; /* socket */
};

/**
 * Read the settings file of -c FILE.
 *
 * Faults are printed with file and line; notices are the gateway's to tell.
 * @return 0, -FIX_E_CONFIG
 */
int gateway_read(struct gateway_paths *g, const char *file) FIX_MUST_CHECK;
void gateway_done(struct gateway_paths *g);
/** Paths of a folder, without a settings file: DIR itself, DIR/trading or a
 * journal. @return 0, -FIX_E_NOTFOUND, with a complaint */
int gateway_at(struct gateway_paths *g, const char *dir) FIX_MUST_CHECK;

#endif
