/*
 * Reading a dictionary's file.
 *
 * A dictionary may come from a counterparty, so it is untrusted input: it is
 * read as a stream of tags (libxml2's SAX2), no document tree is built, a
 * DOCTYPE stops the reading before anything in it is looked at, the network is
 * never asked, and size, depth and every count have a cap. The root element
 * tells the format: <fix> is QuickFIX's schema, <repository> FIX Orchestra.
 * Whatever is wrong is told once, as FILE:LINE: what.
 *
 * The formats are dict_xml.c and dict_orchestra.c; what they gather becomes
 * tables in dict_build.c.
 */
#include "dictionaries/dict_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTRS_MAX 64u

int
dict_fail(struct dict_src *s, int err, uint32_t line, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (s->err != 0)
		return s->err;
	s->err = -err;
	if (line > 0)
		n = snprintf(
		    s->e->text, sizeof(s->e->text), "%s:%u: ", s->file, line);
	else
		n = snprintf(s->e->text, sizeof(s->e->text), "%s: ", s->file);
	if (n < 0 || (size_t)n >= sizeof(s->e->text))
		return s->err;
	va_start(ap, fmt);
	(void)vsnprintf(
	    s->e->text + n, sizeof(s->e->text) - (size_t)n, fmt, ap);
	va_end(ap);
	return s->err;
}

static void
stop(struct dict_reader *r)
{
	xmlStopParser(r->parser);
}

static const struct dict_attr *
attr_of(const struct dict_reader *r, const char *name)
{
	uint32_t i;

	for (i = 0; i < r->n_attrs; i++) {
		if (strcmp(r->attrs[i].name, name) == 0)
			return &r->attrs[i];
	}
	return NULL;
}

const char *
dict_attr_str(struct dict_reader *r, const char *name, bool need)
{
	const struct dict_attr *a = attr_of(r, name);
	char *p;

	if (a == NULL) {
		if (need)
			dict_fail(&r->src, FIX_E_CONFIG, r->line,
			    "attribute %s is missing", name);
		return NULL;
	}
	if (a->len == 0 || a->len > DICT_TEXT_MAX) {
		dict_fail(&r->src, FIX_E_CONFIG, r->line, "attribute %s is %s",
		    name, a->len == 0 ? "empty" : "too long");
		return NULL;
	}
	p = dict_strdup(&r->src.d->arena, a->value, a->len);
	if (p == NULL)
		dict_fail(&r->src, FIX_E_NOMEM, r->line, "out of memory");
	return p;
}

bool
dict_attr_num(
    struct dict_reader *r, const char *name, uint32_t max, uint32_t *out)
{
	const struct dict_attr *a = attr_of(r, name);
	uint64_t v = 0;
	size_t i;

	for (i = 0; a != NULL && i < a->len && v <= max; i++) {
		if (a->value[i] < '0' || a->value[i] > '9')
			break;
		v = v * 10 + (uint64_t)(a->value[i] - '0');
	}
	if (a == NULL || i < a->len || v < 1 || v > max) {
		dict_fail(&r->src, FIX_E_CONFIG, r->line,
		    "attribute %s must be a number from 1 to %u", name, max);
		return false;
	}
	*out = (uint32_t)v;
	return true;
}

bool
dict_attr_is(struct dict_reader *r, const char *name, const char *value)
{
	const struct dict_attr *a = attr_of(r, name);

	return a != NULL && a->len == strlen(value) &&
	       memcmp(a->value, value, a->len) == 0;
}

static void
on_root(struct dict_reader *r, const char *element)
{
	if (strcmp(element, "fix") == 0)
		r->format = &dict_format_quickfix;
	else if (strcmp(element, "repository") == 0)
		r->format = &dict_format_orchestra;
	else
		dict_fail(&r->src, FIX_E_CONFIG, r->line,
		    "<%.40s> is no dictionary: <fix> (QuickFIX) or "
		    "<repository> (FIX Orchestra) is expected",
		    element);
}

static void
on_start(void *user, const xmlChar *element, const xmlChar *prefix,
    const xmlChar *uri, int n_ns, const xmlChar **ns, int n_attrs,
    int n_defaulted, const xmlChar **attrs)
{
	struct dict_reader *r = user;
	struct dict_attr list[ATTRS_MAX];
	uint32_t i;

	(void)prefix, (void)uri, (void)n_ns, (void)ns, (void)n_defaulted;
	r->line = (uint32_t)xmlSAX2GetLineNumber(r->parser);
	if (r->depth + 1 >= DICT_STACK_MAX || (uint32_t)n_attrs > ATTRS_MAX)
		dict_fail(&r->src, FIX_E_CONFIG, r->line,
		    "elements are nested too deeply or have too many "
		    "attributes");
	for (i = 0; r->src.err == 0 && i < (uint32_t)n_attrs; i++) {
		list[i].name = (const char *)attrs[i * 5];
		list[i].value = (const char *)attrs[i * 5 + 3];
		list[i].len = (size_t)(attrs[i * 5 + 4] - attrs[i * 5 + 3]);
	}
	r->attrs = list;
	r->n_attrs = i;
	if (r->src.err == 0 && r->format == NULL)
		on_root(r, (const char *)element);
	if (r->src.err == 0) {
		r->depth++;
		r->format->start(r, (const char *)element);
	}
	r->n_attrs = 0;
	r->attrs = NULL;
	if (r->src.err != 0)
		stop(r);
}

static void
on_end(void *user, const xmlChar *element, const xmlChar *prefix,
    const xmlChar *uri)
{
	struct dict_reader *r = user;

	(void)prefix, (void)uri;
	if (r->src.err != 0 || r->depth == 0)
		return;
	r->line = (uint32_t)xmlSAX2GetLineNumber(r->parser);
	r->format->end(r, (const char *)element);
	r->depth--;
	if (r->src.err != 0)
		stop(r);
}

static void
on_doctype(void *user, const xmlChar *name, const xmlChar *external,
    const xmlChar *system)
{
	struct dict_reader *r = user;

	(void)name, (void)external, (void)system;
	dict_fail(&r->src, FIX_E_CONFIG,
	    (uint32_t)xmlSAX2GetLineNumber(r->parser),
	    "a DOCTYPE is not allowed: no DTD, no entities");
	stop(r);
}

static void
on_error(void *user, xmlErrorPtr err)
{
	struct dict_reader *r = user;
	const char *text = err->message == NULL ? "not XML" : err->message;

	if (err->level < XML_ERR_ERROR)
		return;
	dict_fail(&r->src,
	    err->code == XML_ERR_NO_MEMORY ? FIX_E_NOMEM : FIX_E_CONFIG,
	    err->line > 0 ? (uint32_t)err->line : 1, "%.*s",
	    (int)strcspn(text, "\n"), text);
}

static int
parse(struct dict_reader *r, const void *xml, size_t len)
{
	xmlParserCtxtPtr p;

	p = xmlCreateMemoryParserCtxt(xml, (int)len);
	if (p == NULL)
		return dict_fail(&r->src, FIX_E_CONFIG, 1, "not XML");
	memset(p->sax, 0, sizeof(*p->sax));
	p->sax->initialized = XML_SAX2_MAGIC;
	p->sax->startElementNs = on_start;
	p->sax->endElementNs = on_end;
	p->sax->internalSubset = on_doctype;
	p->sax->serror = on_error;
	/* No entity but the five of XML can be there without a DTD; they are
	 * to be read as what they stand for. */
	(void)xmlCtxtUseOptions(p, XML_PARSE_NONET | XML_PARSE_NOENT);
	p->userData = r;
	r->parser = p;
	(void)xmlParseDocument(p);
	if (r->src.err == 0 && !p->wellFormed)
		dict_fail(&r->src, FIX_E_CONFIG, 1, "not well-formed XML");
	if (p->myDoc != NULL)
		xmlFreeDoc(p->myDoc);
	xmlFreeParserCtxt(p);
	r->parser = NULL;
	return r->src.err;
}

static void
src_free(struct dict_src *s)
{
	free(s->fields);
	free(s->values);
	free(s->codes);
	free(s->blocks);
	free(s->refs);
}

int
fix_dict_load_mem(struct fix_dict **out, const char *name, const void *xml,
    size_t len, struct fix_dict_error *e)
{
	struct dict_reader r = { 0 };
	int rc;

	*out = NULL;
	e->text[0] = '\0';
	r.src.file = name;
	r.src.e = e;
	if (len > DICT_BYTES_MAX)
		return dict_fail(&r.src, FIX_E_CONFIG, 0, "larger than %u MiB",
		    DICT_BYTES_MAX >> 20);
	if (len == 0)
		return dict_fail(&r.src, FIX_E_CONFIG, 1, "empty file");
	r.src.d = calloc(1, sizeof(*r.src.d));
	if (r.src.d == NULL)
		return dict_fail(&r.src, FIX_E_NOMEM, 0, "out of memory");
	r.src.d->self = r.src.d;
	rc = parse(&r, xml, len);
	if (rc == 0)
		rc = dict_build(&r.src);
	src_free(&r.src);
	if (rc != 0) {
		fix_dict_free(r.src.d);
		return rc;
	}
	*out = r.src.d;
	return 0;
}

static int
check_file(struct dict_src *s, int fd, size_t *len)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return dict_fail(s, FIX_E_IO, 0, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return dict_fail(s, FIX_E_IO, 0, "not a file");
	if (st.st_size > (off_t)DICT_BYTES_MAX)
		return dict_fail(s, FIX_E_CONFIG, 0, "larger than %u MiB",
		    DICT_BYTES_MAX >> 20);
	*len = (size_t)st.st_size;
	return 0;
}

/* The whole file, or NULL with the error noted. */
static uint8_t *
slurp(struct dict_src *s, const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t *buf = NULL;
	size_t got = 0;
	ssize_t n = 1;

	if (fd < 0) {
		dict_fail(s, FIX_E_IO, 0, "%s", strerror(errno));
		return NULL;
	}
	if (check_file(s, fd, len) == 0 && (buf = malloc(*len + 1)) == NULL)
		dict_fail(s, FIX_E_NOMEM, 0, "out of memory");
	while (s->err == 0 && got < *len && n > 0) {
		n = read(fd, buf + got, *len - got);
		if (n > 0)
			got += (size_t)n;
		else if (n < 0)
			dict_fail(s, FIX_E_IO, 0, "%s", strerror(errno));
	}
	(void)close(fd);
	*len = got;
	if (s->err == 0)
		return buf;
	free(buf);
	return NULL;
}

int
fix_dict_load(struct fix_dict **out, const char *path, struct fix_dict_error *e)
{
	struct dict_src s = { .file = path, .e = e };
	size_t len = 0;
	uint8_t *buf;
	int rc;

	*out = NULL;
	e->text[0] = '\0';
	buf = slurp(&s, path, &len);
	if (buf == NULL)
		return s.err;
	rc = fix_dict_load_mem(out, path, buf, len, e);
	free(buf);
	return rc;
}
