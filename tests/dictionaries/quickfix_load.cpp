// QuickFIX itself loads our dictionaries: the file format is what
// counterparties exchange. TAP; the files are in TOP_SRCDIR.
#include <quickfix/DataDictionary.h>

#include <cstdio>
#include <cstdlib>
#include <string>

int main()
{
	static const struct {
		const char *file;
		const char *version;
	} files[] = {
		{ "FIX40", "FIX.4.0" }, { "FIX41", "FIX.4.1" },
		{ "FIX42", "FIX.4.2" }, { "FIX43", "FIX.4.3" },
		{ "FIX44", "FIX.4.4" }, { "FIX50", "FIX.5.0" },
		{ "FIX50SP1", "FIX.5.0" }, { "FIX50SP2", "FIX.5.0" },
		{ "FIXT11", "FIXT.1.1" },
	};
	const char *top = std::getenv("TOP_SRCDIR");
	int n = 0, failed = 0;

	for (const auto &f : files) {
		std::string path = std::string(top == nullptr ? "." : top) +
		    "/dictionaries/" + f.file + ".xml", why;
		try {
			FIX::DataDictionary d(path);
			if (d.getVersion() != f.version)
				why = "is " + d.getVersion();
		} catch (const std::exception &e) {
			why = e.what();
		}
		failed += !why.empty();
		std::printf("%sok %d - QuickFIX loads our %s\n",
		    why.empty() ? "" : "not ", ++n, f.file);
		if (!why.empty())
			std::printf("# %s\n", why.c_str());
		std::fflush(stdout);
	}
	std::printf("1..%d\n", n);
	return failed != 0;
}
