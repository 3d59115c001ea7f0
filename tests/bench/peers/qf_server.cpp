/* The peer: a QuickFIX acceptor with file store and dictionary that answers
 * each NewOrderSingle with one ExecutionReport. qf_server SETTINGS */
#include <csignal>
#include <iostream>
#include <string>
#include <unistd.h>

#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/MessageCracker.h>
#include <quickfix/Session.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/fix44/ExecutionReport.h>
#include <quickfix/fix44/NewOrderSingle.h>

class Server : public FIX::Application
{
	int orders = 0;

      public:
	void onCreate(const FIX::SessionID &) {}
	void onLogon(const FIX::SessionID &) {}
	void onLogout(const FIX::SessionID &) {}
	void toAdmin(FIX::Message &, const FIX::SessionID &) {}
	void toApp(FIX::Message &, const FIX::SessionID &) noexcept {}
	void fromAdmin(const FIX::Message &, const FIX::SessionID &) noexcept {}

	void
	fromApp(const FIX::Message &m, const FIX::SessionID &id) noexcept
	{
		FIX::ClOrdID cl;
		FIX::Symbol symbol;
		FIX::Side side;
		FIX::OrderQty qty;
		FIX::Price price;
		std::string number = std::to_string(++orders);

		m.getField(cl);
		m.getField(symbol);
		m.getField(side);
		m.getField(qty);
		m.getField(price);
		FIX44::ExecutionReport r(FIX::OrderID("O" + number),
		    FIX::ExecID("E" + number), FIX::ExecType('0'),
		    FIX::OrdStatus('0'), side, FIX::LeavesQty(qty),
		    FIX::CumQty(0), FIX::AvgPx(0));
		r.set(cl);
		r.set(symbol);
		r.set(qty);
		r.set(price);
		r.set(FIX::OrdType('2'));
		r.set(FIX::TransactTime());
		FIX::Session::sendToTarget(r, id);
	}
};

int
main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	try {
		FIX::SessionSettings settings(argv[1]);
		Server server;
		FIX::FileStoreFactory store(settings);
		FIX::SocketAcceptor acceptor(server, store, settings);

		acceptor.start();
		std::cout << "ready\n" << std::flush;
		pause();
		acceptor.stop();
	} catch (const std::exception &e) {
		std::cerr << e.what() << "\n";
		return 1;
	}
	return 0;
}
