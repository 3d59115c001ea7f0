/*
 * Scenarios of orders that live for days, and of executions that are taken back
 * or corrected. Names begin with the scenario's id.
 */
#include "tests/gateway/order/scenario.h"

#define ACK "> D X 100\n= D 100\nV ack\n< 8 X 0/0 100 0 100\n"
#define F20 ACK "V fill 20\n< 8 X F/1 100 20 80 20\n"

static const struct scenario scenarios[] = {
	{ "H1 done for day keeps the leaves of a GT order",
	    "> D X 100 tif=1\nV ack\n< 8 X 0/0 100 0 100\n"
	    "V fill 20\n< 8 X F/1 100 20 80 20\n"
	    "V done\n< 8 X 3/3 100 20 80\n"
	    "V restated why=1\n< 8 X D/1 100 20 80 378=1 424=80 425=0\n"
	    "V fill 10\n< 8 X F/1 100 30 70 10 424=80 425=10\n"
	    "> F Y,X\n< 8 Y,X 6/6 100 30 70\n"
	    "V canceled\n< 8 Y,X 4/4 100 30 0 424=80 425=10\n" },
	{ "H1 the third day counts from its own morning",
	    "> D X 100 tif=1\nV ack\n< 8 X 0/0 100 0 100\n"
	    "V fill 20\n< 8 X F/1 100 20 80 20\n"
	    "V done\n< 8 X 3/3 100 20 80\n"
	    "V restated why=1\n< 8 X D/1 100 20 80 378=1 424=80 425=0\n"
	    "V fill 10\n< 8 X F/1 100 30 70 10 424=80 425=10\n"
	    "V done\n< 8 X 3/3 100 30 70 424=80 425=10\n"
	    "V restated why=1\n< 8 X D/1 100 30 70 378=1 424=70 425=0\n"
	    "V fill 70\n< 8 X F/2 100 100 0 70 424=70 425=70\n" },
	{ "H3 a replace on the next day is in total quantities",
	    "> D X 100 tif=1\nV ack\n< 8 X 0/0 100 0 100\n"
	    "V fill 20\n< 8 X F/1 100 20 80 20\n"
	    "V done\n< 8 X 3/3 100 20 80\n"
	    "V restated why=1\n< 8 X D/1 100 20 80 378=1 424=80 425=0\n"
	    "> G Y,X 150\n< 8 Y,X E/E 100 20 80 424=80 425=0\n"
	    "V fill 10\n< 8 X F/E 100 30 70 10 424=80 425=10\n"
	    "V replaced 150\n< 8 Y,X 5/1 150 30 120 424=130 425=10\n" },
	{ "J3 corrects of an earlier day and of today",
	    "> D X 100 tif=1\nV ack\n< 8 X 0/0 100 0 100\n"
	    "V fill 20 =B\n< 8 X F/1 100 20 80 20\n"
	    "V done\n< 8 X 3/3 100 20 80\n"
	    "V restated why=1\n< 8 X D/1 100 20 80 378=1 424=80 425=0\n"
	    "V fill 10 =E\n< 8 X F/1 100 30 70 10 424=80 425=10\n"
	    "V correct ref=B 15 @10\n"
	    "< 8 X G/1 100 25 75 15 19=B 424=85 425=10\n"
	    "V correct ref=E 5 @10\n"
	    "< 8 X G/1 100 20 80 5 19=E 424=85 425=5\n" },
	{ "J1 busts and corrects, AvgPx follows",
	    ACK "V fill 10 @100 =C\n< 8 X F/1 100 10 90 10 6=100\n"
		"V fill 90 @110 =D\n< 8 X F/2 100 100 0 90 6=109\n"
		"V bust ref=C\n< 8 X H/1 100 90 10 6=110 19=C 31=0\n"
		"V correct ref=D 90 @100 =E\n"
		"< 8 X G/1 100 90 10 90 6=100 19=D\n"
		"V fill 10 @120 =G\n< 8 X F/2 100 100 0 10 6=102\n"
		"V correct ref=E 90 @120 =H\n"
		"< 8 X G/2 100 100 0 90 6=120 19=E\n" },
	{ "J1 a correct after a replace carries the new id",
	    F20 "> G Y,X 120\n< 8 Y,X E/E 100 20 80\n"
		"V fill 80 @10 =D\n< 8 X F/E 100 100 0 80\n"
		"V replaced\n< 8 Y,X 5/1 120 100 20\n"
		"V correct ref=D 85 @10 =E\n< 8 Y G/1 120 105 15 85 19=D\n" },
	{ "J2 bust and late fill after a cancel",
	    ACK "V fill 50 =B\n< 8 X F/1 100 50 50 50\n"
		"> F Y,X\n< 8 Y,X 6/6 100 50 50\n"
		"V canceled\n< 8 Y,X 4/4 100 50 0\n"
		"V bust ref=B\n42|< 8 Y H/4 100 0 0 19=B\n"
		"4+|< 8 X H/4 100 0 0 19=B\n"
		"V fill 40\n42|< 8 Y F/4 100 40 0 40\n"
		"4+|< 8 X F/4 100 40 0 40\n" },
	{ "J4 done for day stays done after correct and bust",
	    ACK "V fill 20 =A\n< 8 X F/1 100 20 80 20\n"
		"V done\n< 8 X 3/3 100 20 0\n"
		"V correct ref=A 15 =B\n< 8 X G/3 100 15 0 15\n"
		"V bust ref=B\n< 8 X H/3 100 0 0\n" },
	{ "J5 a bust of an unknown execution changes nothing",
	    F20 "V bust ref=NO\n! unknown\n> H X\n< 8 X I/1 100 20 80\n" },
	{ "N2 what changes an order and is told twice counts once",
	    "> D X 100 tif=1 type=4 stop=10\nV ack\n< 8 X 0/0 100 0 100\n"
	    "V restated 110 why=2 =R\n< 8 X D/0 110 0 110 378=2\n"
	    "V restated 120 why=2 =S\n< 8 X D/0 120 0 120 378=2\n"
	    "V restated 110 why=2 =R\n"
	    "V triggered =T\n50|< 8 X L/0 120 0 120\nV triggered =T\n"
	    "V done =D\n< 8 X 3/3 120 0 120\nV done =D\n"
	    "V restated why=1 =E\n< 8 X D/0 120 0 120 378=1\nV done =D\n"
	    "V stopped 10 =G\n< 8 X 7/7 120 0 120 10\nV stopped 10 =G\n" },
	{ "J5 a second bust and a correct of a bust are ignored",
	    ACK "V fill 20 =A\n< 8 X F/1 100 20 80 20\n"
		"V bust ref=A =BB\n< 8 X H/0 100 0 100\n"
		"V bust ref=A =BB\nV bust ref=A\n! busted before\n"
		"V correct ref=A 10\n! busted before\n" },
};

int
main(void)
{
	return scenario_main("days, busts and corrects", scenarios,
	    sizeof(scenarios) / sizeof(scenarios[0]));
}
