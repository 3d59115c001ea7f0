/*
 * Histograms of times: 64 steps to each doubling, so a value is known to 1.6 %
 * from nanoseconds to minutes, in 18 KiB and without a division. The layout is
 * plain, so that other processes can map one.
 */
#ifndef FIXGATE_GATEWAY_HIST_H
#define FIXGATE_GATEWAY_HIST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HIST_STEPS 64u   /* to a doubling */
#define HIST_DOUBLES 34u /* 2^40 ns, 18 minutes; what is longer counts as that */
#define HIST_BUCKETS (HIST_STEPS * (HIST_DOUBLES + 1))

struct hist { /* zeroed: empty */
	uint64_t n, max_ns;
	uint64_t bucket[HIST_BUCKETS];
};

/** Count a time; one below 0 counts as 0. */
void hist_add(struct hist *h, int64_t ns);
/** Count a time that came n times. */
void hist_add_many(struct hist *h, int64_t ns, uint64_t n);
/**
 * The time that so many parts of a million are not longer than, as the upper end
 * of its step, never over max_ns.
 * @param ppm  500000 is the median @return 0 if nothing was counted
 */
int64_t hist_at(const struct hist *h, uint32_t ppm);
/** What came between two pictures of one histogram, the earlier first; its max_ns
 * is the upper end of the last step. */
void hist_between(
    const struct hist *from, const struct hist *to, struct hist *out);
/**
 * Write it as HdrHistogram's text (.hgrm): value in us, percentile, count, and
 * 1/(1-percentile), which the plotters of HdrHistogram read.
 * @return false: out has an error
 */
bool hist_write(const struct hist *h, FILE *out);

#endif
