/*
 * fixgate drill: what recovery takes, measured. In: the name of a scenario. Out:
 * a report, signed, in a file and, by its sum, in the audit trail of a gateway
 * that is named.
 *
 * t0 is the fault, t1 when a check saw it, t2 the first answer to an order that
 * was sent after it, t3 when the audit trail was whole again. RTO is the later
 * of t2 and t3, from t0. RPO is the time, before t0, whose answered orders are
 * missing afterwards.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/drill.h"
#include "gateway/crypt/crypt.h"
#include "store/audit_note.h"

static const char help[] =
    "usage: fixgate drill NAME [--short] [--report FILE] [--sign KEY]\n"
    "                     [-c FILE] [--sabotage]\n"
    "Break something for real in a scratch place, recover, and say what it "
    "took.\n\n"
    "  database_failure      the trail's PostgreSQL dies, a standby takes over\n"
    "  data_corruption       bits flip in the journal and in the newest copy\n"
    "  ransomware_simulation all that can be written is overwritten\n"
    "  region_outage         a region is gone, another one goes on\n\n"
    "      --short           seconds instead of minutes of load\n"
    "  -r, --report FILE     the report, JSON; its signature goes to FILE.sig\n"
    "  -s, --sign KEY        file of the signing key (PEM), made if missing\n"
    "                        [FILE.pem]\n"
    "  -c, --config FILE     a running gateway, whose audit trail gets the\n"
    "                        result\n"
    "      --sabotage        spoil what recovery needs: the drill must fail\n"
    "  -h, --help\n";

static const struct scenario {
	const char *name;
	int64_t rto_s, rpo_s; /* the guide's targets; -1: what the copy has */
	bool (*run)(struct drill *d);
} scenarios[] = {
	{ "database_failure", 900, 0, drill_database },
	{ "data_corruption", 7200, -1, drill_corruption },
	{ "ransomware_simulation", 14400, -1, drill_ransomware },
	{ "region_outage", 3600, 300, drill_region },
};

#define N_SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

struct job {
	const char *report, *sign, *conf;
	struct gateway_paths paths; /* of conf, read before all else: our own
	                               gateways have another environment */
};

static json_t *
ms_of(const struct drill *d, int64_t ns)
{
	return ns == 0 ? json_null()
		       : json_integer((ns - d->fault_ns) / FIX_MSEC);
}

static int64_t
rto_ns(const struct drill *d)
{
	int64_t end = d->back_ns > d->trail_ns ? d->back_ns : d->trail_ns;

	return end - d->fault_ns;
}

static void
judge(struct drill *d)
{
	bool measured = d->fault_ns != 0 && d->found_ns != 0 &&
			d->back_ns != 0 && d->trail_ns != 0;

	if (!drill_check(d, measured, "all of it came to its end"))
		return;
	drill_check(d, d->acked > 0, "%" PRIu64 " orders were answered before",
	    d->acked);
	drill_check(d, rto_ns(d) <= d->rto_target_s * FIX_SEC,
	    "RTO %" PRId64 " ms, %" PRId64 " s allowed",
	    rto_ns(d) / FIX_MSEC, d->rto_target_s);
	if (d->rpo_target_s >= 0)
		drill_check(d, d->lost_ns <= d->rpo_target_s * FIX_SEC,
		    "RPO %" PRId64 " ms, %" PRId64 " s allowed; %" PRIu64
		    " orders lost",
		    d->lost_ns / FIX_MSEC, d->rpo_target_s, d->lost);
	else
		drill_check(d, d->copied_ns != 0 &&
			(d->lost == 0 ||
			    drill_end_of_load(d) - d->lost_ns >=
				d->copied_ns),
		    "RPO %" PRId64 " ms: all that was answered before the copy "
		    "was begun is there; %" PRIu64 " orders lost",
		    d->lost_ns / FIX_MSEC, d->lost);
}

static char *
report_text(const struct drill *d)
{
	struct utsname host = { .nodename = "?" };
	json_t *j, *target = d->rpo_target_s < 0
				 ? json_string("point in time")
				 : json_integer(d->rpo_target_s);
	char *text;

	(void)uname(&host);
	j = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, "
		      "s:{s:o, s:o, s:o}, s:{s:I, s:I}, s:{s:I, s:o}, "
		      "s:{s:I, s:I, s:I}, s:O, s:O, s:b}",
	    "format", "fixgate-drill/1", "drill", d->name, "fixgate",
	    PACKAGE_VERSION, "host", host.nodename, "short", d->brief,
	    "sabotage", d->sabotage, "began_ns", (json_int_t)d->began_ns,
	    "fault_ns", (json_int_t)d->fault_ns, "ms_after_fault", "detected",
	    ms_of(d, d->found_ns), "orders_accepted", ms_of(d, d->back_ns),
	    "audit_caught_up", ms_of(d, d->trail_ns), "rto", "ms",
	    (json_int_t)(rto_ns(d) / FIX_MSEC), "target_s",
	    (json_int_t)d->rto_target_s, "rpo", "ms",
	    (json_int_t)(d->lost_ns / FIX_MSEC), "target_s", target, "orders",
	    "answered_before", (json_int_t)d->acked, "lost",
	    (json_int_t)d->lost, "first_lost", (json_int_t)d->first_lost,
	    "steps", d->steps, "checks", d->checks, "passed", !d->failed);
	text = j == NULL ? NULL
			 : json_dumps(j, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(j);
	return text;
}

static int
put_text(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "we");

	if (f == NULL || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		return cli_fail("%s: %s", path, strerror(errno));
	return CLI_OK;
}

static int
sign_report(const struct job *o, const char *text, const uint8_t sum[32])
{
	struct audit_note note = { .size = strlen(text),
		.when = { drill_now() } };
	char path[PATH_MAX], out[AUDIT_NOTE_MAX], pub[AUDIT_VKEY_MAX];
	struct fix_store_error e = { "" };
	struct audit_key *key = NULL;
	ssize_t n;
	int rc;

	snprintf(path, sizeof(path), "%.4000s.pem", o->report);
	if (audit_key_open(&key, o->sign == NULL ? path : o->sign,
		"fixgate-drill", &e) != 0)
		return cli_fail("%s", e.text);
	memcpy(note.root, sum, sizeof(note.root));
	n = audit_note_write(out, &note, key);
	snprintf(path, sizeof(path), "%.4000s.sig", o->report);
	rc = n < 0 ? cli_fail("the report can't be signed")
		   : put_text(path, out, (size_t)n);
	audit_key_text(key, pub);
	snprintf(path, sizeof(path), "%.4000s.pub",
	    o->sign == NULL ? o->report : o->sign);
	if (rc == CLI_OK)
		rc = put_text(path, pub, strlen(pub));
	audit_key_free(key);
	return rc;
}

static int
deliver(const struct drill *d, const struct job *o)
{
	char *text = report_text(d);
	uint8_t sum[32];
	int rc = CLI_OK;

	if (text == NULL || EVP_Digest(text, strlen(text), sum, NULL,
				EVP_sha256(), NULL) != 1) {
		free(text);
		return cli_fail("out of memory");
	}
	if (o->report != NULL) {
		rc = put_text(o->report, text, strlen(text));
		if (rc == CLI_OK)
			rc = sign_report(o, text, sum);
	}
	if (rc == CLI_OK && o->conf != NULL)
		rc = drill_announce(d, &o->paths, rto_ns(d), sum);
	free(text);
	return rc;
}

static bool
set_scene(struct drill *d)
{
	static const char *const not_ours[] = { "DATA_DIR", "FIX_PORT",
		"API_PORT", "METRICS_PORT", "DATABASE_URL" };
	uint8_t key[CRYPT_KEY];
	char text[CRYPT_KEY_TEXT];
	ssize_t n = readlink("/proc/self/exe", d->self, sizeof(d->self) - 1);

	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		unsetenv(not_ours[i]);
	if (n < 0 || cli_temp_dir(d->dir, sizeof(d->dir)) != 0 ||
	    crypt_new(key) != 0) {
		cli_fail("can't make a temporary folder: %s", strerror(errno));
		return false;
	}
	snprintf(d->log, sizeof(d->log), "%.4000s/log", d->dir);
	crypt_key_text(text, key);
	setenv("ENCRYPTION_KEY", text, 1);
	d->steps = json_array();
	d->checks = json_array();
	return d->steps != NULL && d->checks != NULL;
}

static int
play(const struct scenario *s, struct drill *d, const struct job *o)
{
	int rc;

	d->name = s->name;
	d->rto_target_s = s->rto_s;
	d->rpo_target_s = s->rpo_s;
	d->began_ns = drill_now();
	if (!set_scene(d))
		return CLI_FAILED;
	if (!s->run(d))
		drill_check(d, false, "the drill was carried out");
	drill_load_stop(d);
	demo_kill(&d->gate);
	judge(d);
	rc = deliver(d, o);
	printf("%s: %s\n", d->name,
	    d->failed	    ? "FAILED"
	    : rc == CLI_OK ? "passed"
			   : "passed, but nobody was told");
	if (!d->failed)
		cli_remove_dir(d->dir);
	else
		printf("the folder %s is left\n", d->dir);
	json_decref(d->steps);
	json_decref(d->checks);
	return rc != CLI_OK ? rc : d->failed ? CLI_FAILED : CLI_OK;
}

static const char *
scenario_name(const void *arg, size_t i)
{
	(void)arg;
	return i < N_SCENARIOS ? scenarios[i].name : NULL;
}

static int
find(const char *name, const struct scenario **out)
{
	const char *near;

	for (size_t i = 0; i < N_SCENARIOS; i++)
		if (strcmp(scenarios[i].name, name) == 0) {
			*out = &scenarios[i];
			return CLI_OK;
		}
	near = cli_nearest(name, scenario_name, NULL);
	return cli_usage("there is no drill '%s'%s%s%s", name,
	    near == NULL ? "; see --help" : "; is '",
	    near == NULL ? "" : near, near == NULL ? "" : "' meant?");
}

int
cmd_drill(int argc, char **argv)
{
	static const struct option options[] = {
		{ "short", no_argument, NULL, 'S' },
		{ "report", required_argument, NULL, 'r' },
		{ "sign", required_argument, NULL, 's' },
		{ "config", required_argument, NULL, 'c' },
		{ "sabotage", no_argument, NULL, 'X' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const struct scenario *s = NULL;
	static struct drill d;
	struct job o = { 0 };
	int c, rc;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "r:s:c:h", options, NULL)) != -1) {
		if (c == 'S')
			d.brief = true;
		else if (c == 'X')
			d.sabotage = true;
		else if (c == 'r')
			o.report = optarg;
		else if (c == 's')
			o.sign = optarg;
		else if (c == 'c')
			o.conf = optarg;
		else if (c == 'h')
			return cli_help(help);
		else
			return opt_unknown(argc, argv, optind);
	}
	if (optind + 1 != argc)
		return cli_usage("which drill? One name is expected");
	if (find(argv[optind], &s) != CLI_OK)
		return CLI_USAGE;
	signal(SIGPIPE, SIG_IGN);
	if (o.conf != NULL && gateway_read(&o.paths, o.conf) != 0)
		return CLI_USAGE;
	rc = play(s, &d, &o);
	if (o.conf != NULL)
		gateway_done(&o.paths);
	return rc;
}
