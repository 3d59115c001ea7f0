/* Sorting out measured times: percentiles in nanoseconds. */
#ifndef FIXGATE_TESTS_BENCH_MEASURE_H
#define FIXGATE_TESTS_BENCH_MEASURE_H

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline int64_t
measure_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* CPU time of this thread: what other processes do is not counted. */
static inline int64_t
measure_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Stay on one core; one that is not there changes nothing. */
static inline void
measure_pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

/* A virtual machine may give free memory back to its host, and pays ten times
 * for a page that the host has to find again. Whoever is measured gets pages that
 * were in use just now. */
static inline void
measure_warm(size_t bytes)
{
	volatile char *p = (volatile char *)malloc(bytes);

	for (size_t i = 0; p != NULL && i < bytes; i += 4096)
		p[i] = 1;
	free((void *)(uintptr_t)p);
}

static inline int
measure_cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static inline void
measure_sort(int64_t *v, size_t n)
{
	qsort(v, n, sizeof(*v), measure_cmp);
}

/* One record a line, for tests/bench/bench.py. */
static inline void
measure_print(const char *name, const char *unit, int64_t *v, size_t n)
{
	measure_sort(v, n);
	printf("{\"name\": \"%s\", \"unit\": \"%s\", \"p50\": %ld, "
	    "\"p99\": %ld, \"p99.9\": %ld, \"n\": %zu}\n", name, unit,
	    (long)v[n / 2], (long)v[n * 99 / 100], (long)v[n * 999 / 1000], n);
	fflush(stdout);
}

#endif
