/*
 * The engine as a library: prints the fields of FIX messages on standard input,
 * with their names.
 *
 *	cc fields.c $(pkg-config --cflags --libs fixgate) -o fields
 *	./fields FIX44.xml < messages
 */
#include <stdio.h>

#include "dictionaries/dict.h"
#include "fix/scan.h"

static struct fix_field fields[FIX_FIELDS_MAX];

static void
print(const struct fix_dict *dict, const struct fix_msg *m)
{
	for (uint32_t i = 0; i < m->n; i++) {
		const struct fix_dict_field *f =
		    fix_dict_field(dict, m->fields[i].tag);
		struct fix_span v = fix_msg_at(m, i);

		printf("%6u %-20s %.*s\n", (unsigned)m->fields[i].tag,
		    f != NULL ? f->name : "?", (int)v.len, (const char *)v.p);
	}
}

int
main(int argc, char **argv)
{
	static uint8_t in[1 << 20];
	struct fix_dict *dict;
	struct fix_dict_error e;
	size_t len = fread(in, 1, sizeof(in), stdin), at = 0;
	unsigned messages = 0;

	if (argc != 2 || fix_dict_load(&dict, argv[1], &e) != 0) {
		fprintf(stderr, "%s\n", argc != 2 ? "usage: fields DICTIONARY" :
		    e.text);
		return 1;
	}
	while (at < len) {
		struct fix_scan s = { .max_bytes = 65536 };
		struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };
		ssize_t n = fix_scan(&s, in + at, len - at, &m);

		if (n <= 0)
			break;
		if (s.why == FIX_G_NONE) {
			printf("message %u\n", ++messages);
			print(dict, &m);
		} else {
			printf("%zd bytes of garbage: %s\n", n,
			    fix_garbled_name(s.why));
		}
		at += (size_t)n;
	}
	fix_dict_free(dict);
	return messages > 0 ? 0 : 1;
}
