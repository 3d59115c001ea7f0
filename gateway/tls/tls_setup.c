/*
 * Contexts of a setup's listeners and initiators: a listener's knows the pins of
 * all sessions that share it, since which one a client wants is only said in its
 * Logon.
 */
#include "config.h"

#include <stdlib.h>

#include "gateway/tls/tls.h"

static SSL_CTX *
make(const struct setup_tls *cfg, bool server,
    const struct setup_peer **peers, uint32_t n, struct tls_fault *f)
{
	SSL_CTX *ctx = NULL;

	if (peers == NULL)
		*f = (struct tls_fault){ "SocketUseSSL", "out of memory" };
	else
		ctx = tls_context(cfg, server, peers, n, f);
	free(peers);
	return ctx;
}

SSL_CTX *
tls_of_listen(const struct setup *s, uint32_t listen, struct tls_fault *f)
{
	const struct setup_peer **peers =
	    calloc(setup_all(s) + 1, sizeof(*peers));
	uint32_t n = 0;

	for (uint32_t i = 0; peers != NULL && i < setup_all(s); i++)
		if (!s->links[i].initiator && s->links[i].listen == listen)
			peers[n++] = &s->links[i].peer;
	return make(&s->listens[listen].tls_cfg, true, peers, n, f);
}

SSL_CTX *
tls_of_link(const struct setup *s, uint32_t session, struct tls_fault *f)
{
	const struct setup_peer **peers = calloc(1, sizeof(*peers));

	if (peers != NULL)
		peers[0] = &s->links[session].peer;
	return make(&s->links[session].tls_cfg, false, peers, 1, f);
}
