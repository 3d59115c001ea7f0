/*
 * QuickFIX's schema: what counterparties exchange.
 *
 *   <fix type major minor servicepack>
 *     <header> <trailer>                     members
 *     <messages> <message name msgtype msgcat>  members
 *     <components> <component name>             members
 *     <fields> <field number name type> <value enum description>
 *
 * Members are <field name required>, <component name required> and
 * <group name required>, which holds members again. Names may be used before
 * they are defined, so they are resolved afterwards, in dict_build.c. Elements
 * that are none of these are passed over with all they hold: other engines
 * have added some. Of a field's attributes, allowOtherValues='Y' (QuickFIX/J)
 * makes its values mere names, and so does valuesOf='PartyRole', which is ours:
 * the names are those of another field. QuickFIX reads over both.
 */
#include "dictionaries/dict_impl.h"

enum place {
	P_SKIP, /* not ours: whatever is in it neither */
	P_ROOT,
	P_FIELDS,
	P_MESSAGES,
	P_COMPONENTS,
	P_DEFINITION, /* of a field */
	P_MEMBERS,    /* of a block or a group */
	P_LEAF
};

static void
set_version(struct dict_reader *r)
{
	static const enum fix_version fives[] = { FIX_V_50, FIX_V_50SP1,
		FIX_V_50SP2 };
	uint32_t major, minor = 0, sp = 0;

	r->src.d->version = FIX_V_NONE;
	if (!dict_attr_num(r, "major", 9, &major))
		return;
	if (!dict_attr_is(r, "minor", "0") &&
	    !dict_attr_num(r, "minor", 9, &minor))
		return;
	if (!dict_attr_is(r, "servicepack", "0"))
		(void)(dict_attr_is(r, "servicepack", "1") && (sp = 1));
	if (dict_attr_is(r, "servicepack", "2"))
		sp = 2;
	r->fixt = dict_attr_is(r, "type", "FIXT");
	if (r->fixt && major == 1 && minor == 1)
		return;
	if (major == 4 && minor <= 4)
		r->src.d->version = (enum fix_version)(FIX_V_40 + minor);
	else if (major == 5 && minor == 0)
		r->src.d->version = fives[sp];
	else
		dict_fail(&r->src, FIX_E_CONFIG, r->line,
		    "FIX version %u.%u is not known", major, minor);
}

static enum place
on_field_definition(struct dict_reader *r)
{
	struct dict_src_field *f = dict_add_field(&r->src, r->line);
	const char *type;

	if (f == NULL || !dict_attr_num(r, "number", FIX_TAG_MAX, &f->tag))
		return P_SKIP;
	f->name = dict_attr_str(r, "name", true);
	type = dict_attr_str(r, "type", true);
	if (f->name == NULL || type == NULL)
		return P_SKIP;
	f->type = dict_type_named(type, strlen(type));
	if (f->type == FIX_N_TYPE)
		dict_fail(&r->src, FIX_E_CONFIG, r->line,
		    "field %s has the unknown type %s", f->name, type);
	/* "char" is any text before FIX 4.2. */
	if (f->type == FIX_T_CHAR && r->src.d->version != FIX_V_NONE &&
	    r->src.d->version < FIX_V_42)
		f->type = FIX_T_STRING;
	f->open = dict_attr_is(r, "allowOtherValues", "Y");
	f->like = dict_attr_str(r, "valuesOf", false);
	f->first = r->src.n_values;
	f->end = f->first;
	return P_DEFINITION;
}

static enum place
on_value(struct dict_reader *r)
{
	struct dict_src_value *v = dict_add_value(&r->src, r->line);

	if (v == NULL)
		return P_SKIP;
	v->value = dict_attr_str(r, "enum", true);
	v->name = dict_attr_str(r, "description", false);
	if (v->name == NULL)
		v->name = v->value;
	r->src.fields[r->src.n_fields - 1].end = r->src.n_values;
	return P_LEAF;
}

static enum place
on_block(struct dict_reader *r, enum dict_block_kind kind)
{
	struct dict_block *b = dict_add_block(&r->src, r->line);

	if (b == NULL)
		return P_SKIP;
	b->kind = kind;
	if (kind == DICT_K_COMPONENT || kind == DICT_K_MSG)
		b->name = dict_attr_str(r, "name", true);
	if (kind == DICT_K_MSG) {
		b->type = dict_attr_str(r, "msgtype", true);
		b->admin = dict_attr_is(r, "msgcat", "admin");
	}
	b->first = b->end = r->src.n_refs;
	r->open[r->depth - 1] = UINT32_MAX;
	return P_MEMBERS;
}

static enum place
on_member(struct dict_reader *r, enum dict_ref_kind kind)
{
	struct dict_ref *m = dict_add_ref(&r->src, r->line);

	if (m == NULL)
		return P_SKIP;
	m->kind = kind;
	m->name = dict_attr_str(r, "name", true);
	m->required = dict_attr_is(r, "required", "Y") ||
		      dict_attr_is(r, "required", "y");
	m->end = r->src.n_refs;
	r->open[r->depth - 1] = r->src.n_refs - 1;
	return kind == DICT_R_GROUP ? P_MEMBERS : P_LEAF;
}

static enum place
in_root(struct dict_reader *r, const char *element)
{
	if (strcmp(element, "header") == 0)
		return on_block(r, DICT_K_HEADER);
	if (strcmp(element, "trailer") == 0)
		return on_block(r, DICT_K_TRAILER);
	if (strcmp(element, "messages") == 0)
		return P_MESSAGES;
	if (strcmp(element, "components") == 0)
		return P_COMPONENTS;
	if (strcmp(element, "fields") == 0)
		return P_FIELDS;
	return P_SKIP;
}

static enum place
in_members(struct dict_reader *r, const char *element)
{
	if (strcmp(element, "field") == 0)
		return on_member(r, DICT_R_FIELD);
	if (strcmp(element, "component") == 0)
		return on_member(r, DICT_R_BLOCK);
	if (strcmp(element, "group") == 0)
		return on_member(r, DICT_R_GROUP);
	return P_SKIP;
}

static enum place
enter(struct dict_reader *r, enum place parent, const char *element)
{
	switch (parent) {
	case P_ROOT:
		return in_root(r, element);
	case P_FIELDS:
		return strcmp(element, "field") == 0 ? on_field_definition(r)
						     : P_SKIP;
	case P_DEFINITION:
		return strcmp(element, "value") == 0 ? on_value(r) : P_SKIP;
	case P_MESSAGES:
		return strcmp(element, "message") == 0 ? on_block(r, DICT_K_MSG)
						       : P_SKIP;
	case P_COMPONENTS:
		return strcmp(element, "component") == 0
			   ? on_block(r, DICT_K_COMPONENT)
			   : P_SKIP;
	case P_MEMBERS:
		return in_members(r, element);
	case P_SKIP:
	case P_LEAF:
		break;
	}
	return P_SKIP;
}

static void
on_start(struct dict_reader *r, const char *element)
{
	enum place p = P_ROOT;

	if (r->depth == 1)
		set_version(r);
	else
		p = enter(r, (enum place)r->stack[r->depth - 2], element);
	r->stack[r->depth - 1] = (uint8_t)p;
}

static void
on_end(struct dict_reader *r, const char *element)
{
	uint32_t ref = r->open[r->depth - 1];

	(void)element;
	if (r->stack[r->depth - 1] != P_MEMBERS)
		return;
	if (ref == UINT32_MAX)
		r->src.blocks[r->src.n_blocks - 1].end = r->src.n_refs;
	else
		r->src.refs[ref].end = r->src.n_refs;
}

const struct dict_format dict_format_quickfix = { on_start, on_end };
