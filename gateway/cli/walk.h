/* A message's fields as a tree: groups, their entries, and groups in them. */
#ifndef FIXGATE_GATEWAY_CLI_WALK_H
#define FIXGATE_GATEWAY_CLI_WALK_H

#include "gateway/cli/dicts.h"

#define WALK_DEPTH_MAX 16

/* What walk_fields() meets; depth 0 is the message itself. */
struct walk_ops {
	void *arg;
	void (*field)(void *arg, unsigned depth, uint32_t i);
	/* The count field i opens a group; entries follow, then close. */
	void (*open)(void *arg, unsigned depth, uint32_t i);
	void (*entry)(void *arg, unsigned depth, uint32_t k);
	void (*entry_end)(void *arg, unsigned depth);
	void (*close)(void *arg, unsigned depth);
};

/** Walk all fields in the order of the wire; each is met exactly once. */
void walk_fields(
    const struct fix_msg *m, struct dict_pair p, const struct walk_ops *ops);

#endif
