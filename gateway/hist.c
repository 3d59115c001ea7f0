/*
 * Buckets are linear below HIST_STEPS ns; above, the highest bit chooses the
 * doubling and the six bits behind it the step.
 */
#include "gateway/hist.h"

#include <string.h>

#define STEP_BITS 6

static unsigned
bucket_of(uint64_t ns)
{
	unsigned high, at;

	if (ns < HIST_STEPS)
		return (unsigned)ns;
	high = 63u - (unsigned)__builtin_clzll(ns);
	at = (high - STEP_BITS + 1) * HIST_STEPS +
	     (unsigned)(ns >> (high - STEP_BITS) & (HIST_STEPS - 1));
	return at < HIST_BUCKETS ? at : HIST_BUCKETS - 1;
}

/* The longest time that counts in a bucket. */
static uint64_t
upper_end(unsigned i)
{
	unsigned doubling = i / HIST_STEPS;

	if (doubling == 0)
		return i;
	return ((uint64_t)(HIST_STEPS + i % HIST_STEPS + 1) << (doubling - 1)) -
	       1;
}

void
hist_add_many(struct hist *h, int64_t ns, uint64_t n)
{
	uint64_t v = ns < 0 ? 0 : (uint64_t)ns;

	if (n == 0)
		return;
	h->bucket[bucket_of(v)] += n;
	h->n += n;
	if (v > h->max_ns)
		h->max_ns = v;
}

void
hist_add(struct hist *h, int64_t ns)
{
	hist_add_many(h, ns, 1);
}

int64_t
hist_at(const struct hist *h, uint32_t ppm)
{
	unsigned __int128 want = (unsigned __int128)h->n * ppm;
	uint64_t rank = (uint64_t)((want + 999999) / 1000000), seen = 0, v;

	if (h->n == 0)
		return 0;
	rank = rank == 0 ? 1 : rank;
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen < rank)
			continue;
		v = upper_end(i);
		return (int64_t)(v < h->max_ns ? v : h->max_ns);
	}
	return (int64_t)h->max_ns;
}

void
hist_between(const struct hist *from, const struct hist *to, struct hist *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		uint64_t n = to->bucket[i] - from->bucket[i];

		/* The writer goes on while a picture is taken. */
		if (to->bucket[i] <= from->bucket[i])
			continue;
		out->bucket[i] = n;
		out->n += n;
		out->max_ns = upper_end(i);
	}
	if (out->max_ns > to->max_ns)
		out->max_ns = to->max_ns;
}

/* Nanoseconds as microseconds with three places. */
static void
put_us(FILE *out, uint64_t ns)
{
	fprintf(out, "%9llu.%03llu", (unsigned long long)(ns / 1000),
	    (unsigned long long)(ns % 1000));
}

static void
put_line(FILE *out, uint64_t ns, uint64_t seen, uint64_t n)
{
	uint64_t parts = (uint64_t)((unsigned __int128)seen * 1000000000 / n);

	put_us(out, ns);
	fprintf(out, " %llu.%09llu %10llu",
	    (unsigned long long)(parts / 1000000000),
	    (unsigned long long)(parts % 1000000000), (unsigned long long)seen);
	if (seen < n)
		fprintf(out, " %14llu.%02llu\n",
		    (unsigned long long)(n / (n - seen)),
		    (unsigned long long)(n % (n - seen) * 100 / (n - seen)));
	else
		fprintf(out, "\n");
}

bool
hist_write(const struct hist *h, FILE *out)
{
	uint64_t seen = 0;

	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile",
	    "TotalCount", "1/(1-Percentile)");
	for (unsigned i = 0; i < HIST_BUCKETS && h->n > 0; i++) {
		uint64_t v = upper_end(i);

		if (h->bucket[i] == 0)
			continue;
		seen += h->bucket[i];
		put_line(out, v < h->max_ns ? v : h->max_ns, seen, h->n);
	}
	fprintf(out, "#[Max = ");
	put_us(out, h->max_ns);
	fprintf(out, ", Total count = %llu]\n", (unsigned long long)h->n);
	return fflush(out) == 0 && ferror(out) == 0;
}
