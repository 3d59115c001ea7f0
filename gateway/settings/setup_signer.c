/*
 * How an initiator's Logon is signed: LogonSigner and what goes with it. A
 * fault names the session's line, and never what a key holds.
 */
#include "config.h"

#include "gateway/settings/setup.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/auth/signer.h"

struct setup_signer {
	struct setup_signer *next;
	struct signer signer;
};

static void
unknown(const struct conf_section *sec, const char *name)
{
	const struct signer_type *t;
	char names[256] = "";
	size_t n = 0;

	for (unsigned i = 0; (t = signer_type_at(i)) != NULL; i++)
		if (n < sizeof(names))
			n += (size_t)snprintf(names + n, sizeof(names) - n,
			    "%s%s", i == 0 ? "" : ", ", t->name);
	conf_fault(sec, "LogonSigner", "LogonSigner must be one of %s, not "
				       "'%.60s'",
	    names, name);
}

void
setup_signer(struct setup *s, const struct conf_section *sec,
    struct fix_session_cfg *f)
{
	const char *name = conf_str(sec, "LogonSigner", NULL);
	const char *fields = conf_str(sec, "LogonFields", NULL);
	const struct signer_type *type;
	struct setup_signer *one;
	const char *why;

	if (f->role != FIX_INITIATOR || (name == NULL && fields == NULL))
		return;
	if (name == NULL)
		name = f->username != NULL && f->password != NULL ? "password"
								   : "none";
	type = signer_type_named(name);
	if (type == NULL) {
		unknown(sec, name);
		return;
	}
	one = calloc(1, sizeof(*one));
	if (one == NULL) {
		conf_fault(sec, "LogonSigner", "out of memory");
		return;
	}
	one->next = s->signers;
	s->signers = one;
	why = signer_init(&one->signer, type, f->username, f->password,
	    conf_secret(sec, "LogonKey", NULL), fields);
	if (why != NULL)
		conf_fault(sec,
		    conf_has(sec, "LogonSigner", NULL) ? "LogonSigner"
						       : "LogonFields",
		    "LogonSigner=%s: %s", type->name, why);
	f->logon_fields = signer_fields;
	f->logon_arg = &one->signer;
}

void
setup_signers_free(struct setup *s)
{
	struct setup_signer *one;

	while ((one = s->signers) != NULL) {
		s->signers = one->next;
		proof_wipe(one, sizeof(*one));
		free(one);
	}
}
