/*
 * Every allocation of risk/ comes here (the linker's --wrap): to count them,
 * and to let one fail.
 */
#ifndef FIXGATE_TESTS_RISK_WRAP_H
#define FIXGATE_TESTS_RISK_WRAP_H

#include <stdbool.h>
#include <stddef.h>

static unsigned long allocations;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t each);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t each);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t each);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t each);

static unsigned long fail_after = ~0ul;

static bool
may_allocate(void)
{
	allocations++;
	return fail_after == ~0ul || fail_after-- > 0;
}

void *
__wrap_malloc(size_t n)
{
	return may_allocate() ? __real_malloc(n) : NULL;
}

void *
__wrap_calloc(size_t n, size_t each)
{
	return may_allocate() ? __real_calloc(n, each) : NULL;
}

void *
__wrap_realloc(void *p, size_t n)
{
	return may_allocate() ? __real_realloc(p, n) : NULL;
}

void *
__wrap_reallocarray(void *p, size_t n, size_t each)
{
	return may_allocate() ? __real_reallocarray(p, n, each) : NULL;
}

#endif
