/*
 * A QuickFIX engine that a test drives by lines: an independent peer.
 *
 *	qf_peer SETTINGS initiator|acceptor|tls-initiator|tls-acceptor|tls
 *
 * The last only tells whether this QuickFIX has TLS: status 0 or 3.
 *
 * in:   send SESSION-INDEX 35=D|11=A1|...   (fields in order, no header)
 *       logout INDEX · stop
 * out:  ready · logon INDEX ID · logout INDEX · app INDEX 8=..|..
 *       admin INDEX 8=..|.. · error TEXT
 */
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Message.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/SocketInitiator.h>
#if HAVE_SSL
#include <quickfix/SSLSocketAcceptor.h>
#include <quickfix/SSLSocketInitiator.h>
#endif

static std::mutex out_lock;

static void
say(const std::string &line)
{
	std::lock_guard<std::mutex> guard(out_lock);
	std::cout << line << "\n" << std::flush;
}

static std::string
readable(const FIX::Message &m)
{
	std::string text = m.toString();

	for (char &c : text) {
		if (c == '\001')
			c = '|';
	}
	return text;
}

class Peer : public FIX::Application
{
	std::map<FIX::SessionID, int> numbers;

      public:
	std::vector<FIX::SessionID> ids;

	void
	onCreate(const FIX::SessionID &id)
	{
		numbers[id] = (int)ids.size();
		ids.push_back(id);
	}

	void
	onLogon(const FIX::SessionID &id)
	{
		say("logon " + std::to_string(numbers[id]) + " " +
		    id.toString());
	}

	void
	onLogout(const FIX::SessionID &id)
	{
		say("logout " + std::to_string(numbers[id]));
	}

	void
	toAdmin(FIX::Message &, const FIX::SessionID &)
	{
	}

	void
	toApp(FIX::Message &, const FIX::SessionID &) noexcept
	{
	}

	void
	fromAdmin(const FIX::Message &m, const FIX::SessionID &id) noexcept
	{
		say("admin " + std::to_string(numbers[id]) + " " + readable(m));
	}

	void
	fromApp(const FIX::Message &m, const FIX::SessionID &id) noexcept
	{
		say("app " + std::to_string(numbers[id]) + " " + readable(m));
	}
};

static void
send_line(Peer &peer, std::istringstream &in)
{
	size_t index;
	std::string text, field;
	FIX::Message m;

	in >> index;
	std::getline(in >> std::ws, text);
	std::istringstream fields(text);
	while (std::getline(fields, field, '|')) {
		size_t eq = field.find('=');

		if (eq == std::string::npos)
			continue;
		int tag = std::atoi(field.substr(0, eq).c_str());
		std::string value = field.substr(eq + 1);

		if (tag == 35 || tag == 97)
			m.getHeader().setField(tag, value);
		else
			m.setField(tag, value);
	}
	FIX::Session::sendToTarget(m, peer.ids.at(index));
}

static void
serve(Peer &peer)
{
	std::string line, word;

	while (std::getline(std::cin, line)) {
		std::istringstream in(line);

		in >> word;
		try {
			if (word == "stop")
				return;
			if (word == "send") {
				send_line(peer, in);
			} else if (word == "logout") {
				size_t index;

				in >> index;
				FIX::Session::lookupSession(
				    peer.ids.at(index))->logout();
			}
		} catch (const std::exception &e) {
			say(std::string("error ") + e.what());
		}
	}
}

template <class Engine>
static int
run(const FIX::SessionSettings &settings)
{
	Peer peer;
	FIX::FileStoreFactory store(settings);
	Engine engine(peer, store, settings);

	engine.start();
	say("ready");
	serve(peer);
	engine.stop();
	return 0;
}

static int
run_role(const FIX::SessionSettings &settings, const std::string &role)
{
	if (role == "acceptor")
		return run<FIX::SocketAcceptor>(settings);
	if (role == "initiator")
		return run<FIX::SocketInitiator>(settings);
#if HAVE_SSL
	if (role == "tls-acceptor")
		return run<FIX::SSLSocketAcceptor>(settings);
	if (role == "tls-initiator")
		return run<FIX::SSLSocketInitiator>(settings);
#endif
	std::cerr << "qf_peer: this QuickFIX has no " << role << "\n";
	return 3;
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		std::cerr << "usage: qf_peer SETTINGS ROLE\n";
		return 2;
	}
	try {
#if HAVE_SSL
		if (std::string(argv[2]) == "tls")
			return 0;
#endif
		if (std::string(argv[2]) == "tls")
			return 3;
		return run_role(FIX::SessionSettings(argv[1]), argv[2]);
	} catch (const std::exception &e) {
		std::cerr << "qf_peer: " << e.what() << "\n";
		return 1;
	}
}
