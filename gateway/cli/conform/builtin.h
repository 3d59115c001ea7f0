/* The cases that come with the program. */
#ifndef FIXGATE_GATEWAY_CLI_CONFORM_BUILTIN_H
#define FIXGATE_GATEWAY_CLI_CONFORM_BUILTIN_H

struct cc_file {
	const char *name; /* "2b.case"; NULL: the end */
	const char *text;
};

extern const struct cc_file cc_builtin[];

#endif
