/* Messages received, so that one that came before it was waited for counts. */
#ifndef FIXGATE_GATEWAY_CLI_INBOX_H
#define FIXGATE_GATEWAY_CLI_INBOX_H

#include "gateway/cli/dicts.h"

struct inbox;

struct inbox *inbox_new(void); /* NULL: out of memory */
void inbox_free(struct inbox *b);
void inbox_add(struct inbox *b, const struct fix_msg *m);

/**
 * Say what is waited for: "TYPE [TAG=VALUE...]", TYPE a MsgType or a message's
 * name, VALUE as it is or its word in the dictionary.
 * @return false: not understood
 */
bool inbox_want(struct inbox *b, const char *text, struct dict_pair dicts);
/** Is it there, behind the last one that was waited for? It is taken then, with
 * all before it. */
bool inbox_match(struct inbox *b);

#endif
