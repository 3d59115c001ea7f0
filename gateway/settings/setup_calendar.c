/*
 * The calendars that sessions name: each list of files is read once and shared.
 *
 * Calendar=nyse.cal,ours.cal names files beside the settings file. What is in
 * them is session/calendar.h's business; here they become bytes, and what is
 * wrong with them is told with the settings' line and their own.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/settings/setup.h"

#define FILE_MAX (4u << 20) /* bytes of a calendar file */

struct setup_calendar {
	struct setup_calendar *next;
	struct fix_calendar *calendar; /* NULL: was complained about */
	char names[];                  /* the setting's value */
};

/* @return bytes at *out, to be freed; -1: errno says why */
static ssize_t
read_all(const char *path, uint8_t **out)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	*out = NULL;
	if (f == NULL)
		return -1;
	*out = malloc(FILE_MAX + 1);
	n = *out == NULL ? 0 : fread(*out, 1, FILE_MAX + 1, f);
	if (*out == NULL || ferror(f) != 0 || n > FILE_MAX) {
		if (n > FILE_MAX)
			errno = EFBIG;
		free(*out);
		fclose(f);
		return -1;
	}
	fclose(f);
	return (ssize_t)n;
}

static bool
add_file(
    struct fix_calendar *c, const struct conf_section *sec, const char *name)
{
	const char *path = conf_path_in(sec, "Calendar", name);
	struct fix_calendar_error e;
	uint8_t *bytes;
	ssize_t n = read_all(path, &bytes);
	int rc;

	if (n < 0) {
		conf_fault(sec, "Calendar", "calendar %s can't be read: %s",
		    path, strerror(errno));
		return false;
	}
	rc = fix_calendar_add(c, path, bytes, (size_t)n, &e);
	free(bytes);
	if (rc == -FIX_E_NOMEM)
		conf_fault(sec, "Calendar", "out of memory");
	else if (rc != 0 && e.line != 0)
		conf_fault(sec, "Calendar", "calendar %s:%u: %s", path, e.line,
		    e.text);
	else if (rc != 0)
		conf_fault(sec, "Calendar", "calendar %s: %s", path, e.text);
	return rc == 0;
}

/* @return false after a complaint */
static bool
add_files(
    struct fix_calendar *c, const struct conf_section *sec, const char *names)
{
	char name[512];

	while (*(names += strspn(names, ", \t")) != '\0') {
		size_t n = strcspn(names, ",");
		size_t len = n;

		while (len > 0 &&
		       (names[len - 1] == ' ' || names[len - 1] == '\t'))
			len--;
		if (len >= sizeof(name)) {
			conf_fault(sec, "Calendar", "a name is too long");
			return false;
		}
		memcpy(name, names, len);
		name[len] = '\0';
		if (!add_file(c, sec, name))
			return false;
		names += n;
	}
	return true;
}

struct fix_calendar *
setup_calendar(struct setup *s, const struct conf_section *sec)
{
	const char *names = conf_str(sec, "Calendar", NULL);
	struct setup_calendar *k;

	if (names == NULL)
		return NULL;
	for (k = s->calendars; k != NULL; k = k->next)
		if (strcmp(k->names, names) == 0)
			return k->calendar;
	k = calloc(1, sizeof(*k) + strlen(names) + 1);
	if (k != NULL)
		k->calendar = fix_calendar_new();
	if (k == NULL || k->calendar == NULL) {
		conf_fault(sec, "Calendar", "out of memory");
		free(k);
		return NULL;
	}
	memcpy(k->names, names, strlen(names));
	k->next = s->calendars;
	s->calendars = k;
	if (!add_files(k->calendar, sec, names)) {
		fix_calendar_free(k->calendar);
		k->calendar = NULL;
	}
	return k->calendar;
}

void
setup_calendars_free(struct setup *s)
{
	struct setup_calendar *k, *next;

	for (k = s->calendars; k != NULL; k = next) {
		next = k->next;
		fix_calendar_free(k->calendar);
		free(k);
	}
	s->calendars = NULL;
}
