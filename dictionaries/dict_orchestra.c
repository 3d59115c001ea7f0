/*
 * FIX Orchestra: what the FIX Trading Community publishes (RC4 and 1.0).
 *
 *   <repository name version>
 *     <codeSets> <codeSet name type> <code name value>
 *     <fields> <field id name type unionDataType lengthId>
 *     <components> <component id name>   members
 *     <groups> <group id name> <numInGroup id>  members
 *     <messages> <message name msgType category> <structure>  members
 *
 * Members are <fieldRef id presence>, <componentRef id presence> and
 * <groupRef id presence>; the ids of components and of groups are two number
 * spaces. A field's type is a data type or a code set, and a union type means
 * that values outside the code set are good too. Only the base scenario is
 * read. Documentation, workflow, rules and actors are passed over. The header
 * and trailer are the components of that name, and messages of category
 * Session are the session's.
 */
#include "dictionaries/dict_impl.h"

enum place {
	P_SKIP,
	P_ROOT,
	P_CODE_SETS,
	P_CODE_SET,
	P_FIELDS,
	P_COMPONENTS,
	P_GROUPS,
	P_MESSAGES,
	P_MESSAGE,   /* its structure is within */
	P_STRUCTURE, /* of a message: members */
	P_BLOCK,     /* a component or group: members */
	P_LEAF
};

static void
set_version(struct dict_reader *r)
{
	static const struct {
		const char *text;
		enum fix_version v;
	} known[] = {
		{ "FIX.4.0", FIX_V_40 },
		{ "FIX.4.1", FIX_V_41 },
		{ "FIX.4.2", FIX_V_42 },
		{ "FIX.4.3", FIX_V_43 },
		{ "FIX.4.4", FIX_V_44 },
		{ "FIX.5.0SP1", FIX_V_50SP1 },
		{ "FIX.5.0SP2", FIX_V_50SP2 },
		{ "FIX.5.0", FIX_V_50 },
		{ "FIX.Latest", FIX_V_LATEST },
	};
	const char *name = dict_attr_str(r, "name", true);
	const char *version = dict_attr_str(r, "version", true);
	size_t i, n;

	r->src.d->version = FIX_V_NONE;
	if (name == NULL || version == NULL)
		return;
	r->fixt =
	    strncmp(name, "FIXT", 4) == 0 || strncmp(version, "FIXT", 4) == 0;
	if (r->fixt)
		return;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		n = strlen(known[i].text);
		if (strncmp(version, known[i].text, n) == 0 &&
		    (version[n] == '\0' || version[n] == '_')) {
			r->src.d->version = known[i].v;
			return;
		}
	}
	dict_fail(&r->src, FIX_E_CONFIG, r->line,
	    "FIX version %.40s is not known", version);
}

static enum place
on_code_set(struct dict_reader *r)
{
	struct dict_src_codes *c = dict_add_codes(&r->src, r->line);
	const char *type;

	if (c == NULL)
		return P_SKIP;
	c->name = dict_attr_str(r, "name", true);
	type = dict_attr_str(r, "type", true);
	if (c->name == NULL || type == NULL)
		return P_SKIP;
	c->type = dict_type_named(type, strlen(type));
	if (c->type == FIX_N_TYPE)
		dict_fail(&r->src, FIX_E_CONFIG, r->line,
		    "code set %s has the unknown type %s", c->name, type);
	c->first = c->end = r->src.n_values;
	return P_CODE_SET;
}

static enum place
on_code(struct dict_reader *r)
{
	struct dict_src_value *v = dict_add_value(&r->src, r->line);

	if (v == NULL)
		return P_SKIP;
	v->value = dict_attr_str(r, "value", true);
	v->name = dict_attr_str(r, "name", true);
	r->src.codes[r->src.n_codes - 1].end = r->src.n_values;
	return P_LEAF;
}

static enum place
on_field(struct dict_reader *r)
{
	struct dict_src_field *f = dict_add_field(&r->src, r->line);
	const char *type;

	if (f == NULL || !dict_attr_num(r, "id", FIX_TAG_MAX, &f->tag))
		return P_SKIP;
	f->name = dict_attr_str(r, "name", true);
	type = dict_attr_str(r, "type", true);
	if (f->name == NULL || type == NULL)
		return P_SKIP;
	f->type = dict_type_named(type, strlen(type));
	if (f->type == FIX_N_TYPE)
		f->codes = type; /* looked up when all code sets are known */
	f->open = !dict_attr_is(r, "unionDataType", "") &&
		  dict_attr_str(r, "unionDataType", false) != NULL;
	return P_LEAF;
}

static enum place
on_block(struct dict_reader *r, enum dict_block_kind kind)
{
	struct dict_block *b = dict_add_block(&r->src, r->line);

	if (b == NULL)
		return P_SKIP;
	b->kind = kind;
	b->name = dict_attr_str(r, "name", true);
	if (b->name == NULL)
		return P_SKIP;
	b->first = b->end = r->src.n_refs;
	if (kind == DICT_K_MSG) {
		b->type = dict_attr_str(r, "msgType", true);
		b->admin = dict_attr_is(r, "category", "Session");
		return P_MESSAGE;
	}
	if (!dict_attr_num(r, "id", FIX_TAG_MAX, &b->id))
		return P_SKIP;
	if (kind == DICT_K_COMPONENT && strcmp(b->name, "StandardHeader") == 0)
		b->kind = DICT_K_HEADER;
	if (kind == DICT_K_COMPONENT && strcmp(b->name, "StandardTrailer") == 0)
		b->kind = DICT_K_TRAILER;
	return P_BLOCK;
}

static enum place
on_ref(struct dict_reader *r, enum dict_ref_kind kind)
{
	struct dict_ref *m;

	if (dict_attr_is(r, "presence", "forbidden"))
		return P_SKIP;
	m = dict_add_ref(&r->src, r->line);
	if (m == NULL)
		return P_SKIP;
	m->kind = kind;
	m->required = dict_attr_is(r, "presence", "required");
	m->end = r->src.n_refs;
	(void)dict_attr_num(r, "id", FIX_TAG_MAX, &m->id);
	r->src.blocks[r->src.n_blocks - 1].end = r->src.n_refs;
	return P_LEAF;
}

static enum place
in_members(struct dict_reader *r, const char *element)
{
	struct dict_block *b = &r->src.blocks[r->src.n_blocks - 1];

	if (strcmp(element, "fieldRef") == 0)
		return on_ref(r, DICT_R_FIELD);
	if (strcmp(element, "componentRef") == 0)
		return on_ref(r, DICT_R_BLOCK);
	if (strcmp(element, "groupRef") == 0)
		return on_ref(r, DICT_R_GROUP);
	if (strcmp(element, "numInGroup") == 0 && b->kind == DICT_K_GROUP &&
	    b->count_tag == 0)
		(void)dict_attr_num(r, "id", FIX_TAG_MAX, &b->count_tag);
	return P_SKIP;
}

static enum place
in_root(const char *element)
{
	static const struct {
		const char *name;
		enum place p;
	} sections[] = {
		{ "codeSets", P_CODE_SETS },
		{ "fields", P_FIELDS },
		{ "components", P_COMPONENTS },
		{ "groups", P_GROUPS },
		{ "messages", P_MESSAGES },
	};
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (strcmp(element, sections[i].name) == 0)
			return sections[i].p;
	}
	return P_SKIP;
}

static enum place
enter(struct dict_reader *r, enum place parent, const char *element)
{
	switch (parent) {
	case P_ROOT:
		return in_root(element);
	case P_CODE_SETS:
		return strcmp(element, "codeSet") == 0 ? on_code_set(r)
						       : P_SKIP;
	case P_CODE_SET:
		return strcmp(element, "code") == 0 ? on_code(r) : P_SKIP;
	case P_FIELDS:
		return strcmp(element, "field") == 0 ? on_field(r) : P_SKIP;
	case P_COMPONENTS:
		return strcmp(element, "component") == 0
			   ? on_block(r, DICT_K_COMPONENT)
			   : P_SKIP;
	case P_GROUPS:
		return strcmp(element, "group") == 0 ? on_block(r, DICT_K_GROUP)
						     : P_SKIP;
	case P_MESSAGES:
		return strcmp(element, "message") == 0 ? on_block(r, DICT_K_MSG)
						       : P_SKIP;
	case P_MESSAGE:
		return strcmp(element, "structure") == 0 ? P_STRUCTURE : P_SKIP;
	case P_STRUCTURE:
	case P_BLOCK:
		return in_members(r, element);
	case P_SKIP:
	case P_LEAF:
		break;
	}
	return P_SKIP;
}

static bool
is_base(struct dict_reader *r)
{
	return dict_attr_is(r, "scenario", "base") ||
	       dict_attr_str(r, "scenario", false) == NULL;
}

static void
on_start(struct dict_reader *r, const char *element)
{
	enum place p = P_ROOT;

	if (r->depth == 1)
		set_version(r);
	else if (!is_base(r))
		p = P_SKIP;
	else
		p = enter(r, (enum place)r->stack[r->depth - 2], element);
	r->stack[r->depth - 1] = (uint8_t)p;
}

static void
on_end(struct dict_reader *r, const char *element)
{
	const struct dict_block *b;

	(void)element;
	if (r->stack[r->depth - 1] != P_BLOCK)
		return;
	b = &r->src.blocks[r->src.n_blocks - 1];
	if (b->kind == DICT_K_GROUP && b->count_tag == 0)
		dict_fail(&r->src, FIX_E_CONFIG, b->line,
		    "group %s has no numInGroup", b->name);
}

const struct dict_format dict_format_orchestra = { on_start, on_end };
