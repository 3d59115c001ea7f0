/*
 * A client's memory: store/kept.h's, in a folder that is the user's, or in a
 * temporary one that goes with the client.
 */
#include "gateway/cli/kept.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "gateway/cli/cli.h"
#include "store/kept.h"

struct kept {
	struct fix_kept *in;
	struct fix_keep face;
	char temp[PATH_MAX]; /* folder to remove, "": none */
};

static int
open_in(struct kept *k, const char *dir)
{
	struct fix_store_error e = { "" };
	int rc;

	if (dir == NULL) {
		if (cli_temp_dir(k->temp, sizeof(k->temp)) != 0) {
			k->temp[0] = '\0';
			cli_fail("can't make a temporary folder: %s",
			    strerror(errno));
			return -FIX_E_IO;
		}
		dir = k->temp;
	}
	rc = fix_kept_open(&k->in, dir, FIX_DURABLE_PROCESS, &e);
	if (rc != 0)
		cli_fail("session folder %s: %s", dir, e.text);
	else
		k->face = fix_kept_face(k->in);
	return rc;
}

int
kept_open(struct kept **out, const char *dir)
{
	struct kept *k = calloc(1, sizeof(*k));
	int rc;

	if (k == NULL)
		return -FIX_E_NOMEM;
	rc = open_in(k, dir);
	if (rc != 0) {
		kept_close(k);
		return rc;
	}
	*out = k;
	return 0;
}

void
kept_close(struct kept *k)
{
	if (k == NULL)
		return;
	fix_kept_close(k->in);
	if (k->temp[0] != '\0')
		cli_remove_dir(k->temp);
	free(k);
}

struct fix_session_numbers
kept_numbers(const struct kept *k)
{
	struct fix_session_numbers n;

	fix_kept_numbers(k->in, &n.next_in, &n.next_out);
	return n;
}

int
kept_note(struct kept *k, const struct fix_act *act, struct fix_now now)
{
	void *of = k->face.of;

	if (act->kind == FIX_ACT_RECEIVED)
		return k->face.received(of, act->seq, act->bytes, now);
	if (act->kind == FIX_ACT_NUMBERS)
		return k->face.numbers(
		    of, act->seq, act->seq_end, act->flag, now);
	return k->face.sent(of, act->seq, act->bytes, now);
}

int
kept_commit(struct kept *k)
{
	return k->face.commit(k->face.of);
}

int
kept_message(const struct kept *k, uint64_t seq, struct fix_span *out)
{
	return k->face.message(k->face.of, seq, out);
}
