/*
 * The peer's codec: QuickFIX takes a message apart and checks it against its
 * dictionary, as its session does, and converts what it holds.
 *
 *	codec print NAME | qf_codec DICTIONARY NAME
 */
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <quickfix/DataDictionary.h>
#include <quickfix/FieldTypes.h>
#include <quickfix/Message.h>
#include <quickfix/Values.h>
#include <quickfix/fix44/NewOrderSingle.h>

extern "C" {
#include "tests/bench/measure.h"
}

static const int batches = 31, per_batch = 4000;

static std::vector<std::string>
read_ring()
{
	std::string all((std::istreambuf_iterator<char>(std::cin)),
	    std::istreambuf_iterator<char>());
	std::vector<std::string> ring;
	size_t at = 0, end;

	while ((end = all.find("\00110=", at)) != std::string::npos) {
		end += 8; /* SOH 10=nnn SOH */
		ring.push_back(all.substr(at, end - at));
		at = end;
	}
	return ring;
}

int
main(int argc, char **argv)
{
	if (argc < 3) {
		std::cerr << "usage: qf_codec DICTIONARY NAME <messages\n";
		return 2;
	}
	FIX::DataDictionary dict(argv[1]);
	std::vector<std::string> ring = read_ring();
	std::string name = std::string("QuickFIX, ") + argv[2] +
	    ": dictionary check";
	int64_t v[batches];
	size_t fields = 0;

	if (ring.empty())
		return 1;
	measure_pin(0);
	for (int b = 0; b < batches; b++) {
		int64_t from = measure_cpu();

		for (int i = 0; i < per_batch; i++) {
			FIX::Message m(ring[i % ring.size()], dict, true);

			dict.validate(m);
			fields += m.end() != m.begin();
		}
		v[b] = (measure_cpu() - from) * 1000 / per_batch; /* ps */
	}
	if (fields != (size_t)batches * per_batch)
		return 1;
	measure_print(name.c_str(), "ps", v, batches);
	return 0;
}
