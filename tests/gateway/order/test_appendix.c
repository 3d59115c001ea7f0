/*
 * The 37 scenarios of FIX 4.2's appendix D, in the face of 4.2, and rows of the
 * later matrices that stand in no other file. A name begins with the scenario's
 * id; "|" behind it is the branch where the venue refuses.
 */
#include "tests/gateway/order/scenario.h"

#define ACK "> D X 100\n= D 100\nV ack\n< 8 X 0/0 100 0 100\n"
#define F20 ACK "V fill 20\n< 8 X F/1 100 20 80 20\n"
#define F10 ACK "V fill 10\n< 8 X F/1 100 10 90 10\n"
#define GTC "> D X 100 tif=1\nV ack\n< 8 X 0/0 100 0 100\n"
#define DAY2                                                                   \
	GTC "V fill 20 =B\n< 8 X F/1 100 20 80 20\nV done\n"                   \
	    "< 8 X 3/3 100 20 80\nV restated why=1\n"                          \
	    "< 8 X D/1 100 20 80 378=1 424=80 425=0\n"
#define D13 F10 "> G Y,X 80\n< 8 Y,X E/E 100 10 90\n"

static const struct scenario scenarios[] = {
	{ "4.2 D1 filled in parts", F20 "V fill 10\n< 8 X F/1 100 30 70 10\n"
					"V fill 70\n< 8 X F/2 100 100 0 70\n" },
	{ "4.2 D1| refused", "> D X 100\nV reject why=0\n< 8 X 8/8 100 0 0\n" },
	{ "4.2 D1| refused after the ack",
	    ACK "V reject why=0\n< 8 X 8/8 100 0 0\n" },
	{ "4.2 D2 done for day",
	    F20 "V fill 10\n< 8 X F/1 100 30 70 10\nV done\n"
		"< 8 X 3/3 100 30 0\n" },
	{ "4.2 D3 canceled", ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\nV canceled\n"
				 "< 8 Y,X 4/4 100 0 0\n" },
	{ "4.2 D3| the cancel is refused",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\nV refused why=2\n"
		"< 9 Y,X 0 2/1\n" },
	{ "4.2 D4 fills cross the cancel",
	    F20 "V fill 30\n< 8 X F/1 100 50 50 30\n> F Y,X\n"
		"< 8 Y,X 6/6 100 50 50\nV fill 10\n< 8 X F/6 100 60 40 10\n"
		"V canceled\n< 8 Y,X 4/4 100 60 0\n" },
	{ "4.2 D4| the cancel is refused",
	    F20 "V fill 30\n< 8 X F/1 100 50 50 30\n> F Y,X\n"
		"< 8 Y,X 6/6 100 50 50\nV refused why=2\n< 9 Y,X 1 2/1\n" },
	{ "4.2 D5 filled before the cancel",
	    F20 "V fill 30\n< 8 X F/1 100 50 50 30\n> F Y,X\n"
		"< 8 Y,X 6/6 100 50 50\nV fill 50\n< 8 X F/6 100 100 0 50\n"
		"V refused why=0\n< 9 Y,X 2 0/1\n" },
	{ "4.2 D6 replaced, nothing filled",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\nV replaced\n"
		"< 8 Y,X 5/5 110 0 110\nV fill 10\n< 8 Y F/1 110 10 100 10\n"
		"V fill 20\n< 8 Y F/1 110 30 80 20\n" },
	{ "4.2 D6| the replace is refused",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\nV refused why=2\n"
		"< 9 Y,X 0 2/2\n" },
	{ "4.2 D7 a fill while the replace is pending",
	    F10 "> G Y,X 120\n< 8 Y,X E/E 100 10 90\nV fill 1\n"
		"< 8 X F/E 100 11 89 1\nV replaced\n< 8 Y,X 5/1 120 11 109\n"
		"V fill 109\n< 8 Y F/2 120 120 0 109\n" },
	{ "4.2 D7| the replace is refused",
	    F10 "> G Y,X 120\n< 8 Y,X E/E 100 10 90\nV refused why=2\n"
		"< 9 Y,X 1 2/2\n" },
	{ "4.2 D8 a filled order grows, where that is allowed",
	    "> D X 100 s=3\nV ack\n< 8 X 0/0 100 0 100\nV fill 100\n"
	    "< 8 X F/2 100 100 0 100\n> G Y,X 120 s=3\n"
	    "< 8 Y,X E/E 100 100 0\nV replaced\n< 8 Y,X 5/1 120 100 20\n"
	    "V fill 20\n< 8 Y F/2 120 120 0 20\n" },
	{ "4.2 D8| it is refused by default",
	    ACK "V fill 100\n< 8 X F/2 100 100 0 100\n> G Y,X 120\n"
		"< 9 Y,X 2 0/2\n" },
	{ "4.2 D9 a price change loses against the last fill",
	    F10 "> G Y,X 100 @11\n< 8 Y,X E/E 100 10 90\nV fill 90\n"
		"< 8 X F/E 100 100 0 90\nV refused why=0\n< 9 Y,X 2 0/2\n" },
	{ "4.2 D10 a replace to less crosses fills",
	    F10 "V fill 5\n< 8 X F/1 100 15 85 5\n> G Y,X 80\n"
		"< 8 Y,X E/E 100 15 85\nV fill 1\n< 8 X F/E 100 16 84 1\n"
		"V replaced\n< 8 Y,X 5/1 80 16 64\n"
		"V fill 64\n< 8 Y F/2 80 80 0 64\n" },
	{ "4.2 D10| the replace is refused",
	    F10 "> G Y,X 80\n< 8 Y,X E/E 100 10 90\nV fill 5\n"
		"< 8 X F/E 100 15 85 5\nV refused why=2\n< 9 Y,X 1 2/2\n" },
	{ "4.2 D11 replaced to what is filled",
	    ACK "> G Y,X 70\n< 8 Y,X E/E 100 0 100\nV fill 70\n"
		"< 8 X F/E 100 70 30 70\nV replaced\n< 8 Y,X 5/2 70 70 0\n" },
	{ "4.2 D12 replaced to less than is filled",
	    ACK "> G Y,X 70\n< 8 Y,X E/E 100 0 100\nV fill 80\n"
		"< 8 X F/E 100 80 20 80\nV replaced\n< 8 Y,X 5/2 80 80 0\n" },
	{ "4.2 D13 two replaces",
	    D13 "V fill 5\n< 8 X F/E 100 15 85 5\nV replaced\n"
		"< 8 Y,X 5/1 80 15 65\nV fill 20\n< 8 Y F/1 80 35 45 20\n"
		"> G Z,Y 60\n< 8 Z,Y E/E 80 35 45\nV replaced\n"
		"< 8 Z,Y 5/1 60 35 25\nV fill 25\n< 8 Z F/2 60 60 0 25\n" },
	{ "4.2 D14 refused at once, then another",
	    F10 "> G Y,X 2000\n< 9 Y,X 1 2/2\nV fill 5\n"
		"< 8 X F/1 100 15 85 5\nV fill 20\n< 8 X F/1 100 35 65 20\n"
		"> G Z,X 60\n< 8 Z,X E/E 100 35 65\nV replaced\n"
		"< 8 Z,X 5/1 60 35 25\nV fill 15\n< 8 Z F/1 60 50 10 15\n" },
	{ "4.2 D15 refused later, then another",
	    D13 "V fill 5\n< 8 X F/E 100 15 85 5\nV refused why=2\n"
		"< 9 Y,X 1 2/2\nV fill 20\n< 8 X F/1 100 35 65 20\n"
		"> G Z,X 60\n< 8 Z,X E/E 100 35 65\nV replaced\n"
		"< 8 Z,X 5/1 60 35 25\nV fill 15\n< 8 Z F/1 60 50 10 15\n" },
	{ "4.2 D16 two at once, worked in their order",
	    F10 "> G Y,X 80\n< 8 Y,X E/E 100 10 90\n> G Z,Y 70\n"
		"V replaced\n< 8 Y,X 5/1 80 10 70\n< 8 Z,Y E/E 80 10 70\n"
		"V replaced\n< 8 Z,Y 5/1 70 10 60\n"
		"V fill 60\n< 8 Z F/2 70 70 0 60\n" },
	{ "4.2 D17 too many behind a pending one",
	    F10 "> G Y,X 80\n< 8 Y,X E/E 100 10 90\n> G A,Y 70\n> G B,A 71\n"
		"> G C,B 72\n> G D,C 73\n> G E,D 74\n> G F,E 75\n> G G,F 76\n"
		"> G H,G 77\n> G Z,Y 78\n< 9 Z,Y E 3/2\n" },
	{ "4.2 D19 canceled by word of mouth",
	    F10 "V killed why=2\n< 8 X 4/4 100 10 0 378=2\n" },
	{ "4.2 D20 changed by word of mouth",
	    ACK "V restated 110 why=2\n< 8 X D/0 110 0 110 378=2\nV fill 10\n"
		"< 8 X F/1 110 10 100 10\nV restated 120 why=2\n"
		"< 8 X D/1 120 10 110 378=2\n" },
	{ "4.2 D21 declined in part",
	    ACK "V restated 90 why=5\n< 8 X D/0 90 0 90 378=5\nV fill 90\n"
		"< 8 X F/2 90 90 0 90\n" },
	{ "4.2 D22 a ClOrdID again",
	    F10 "> D X 100\n< 8 X 8/1 100 10 90 103=6\n" },
	{ "4.2 D24 status of nothing",
	    "> H Y\n< 8 Y I/8 0 0 0 103=5 37=NONE\n" },
	{ "4.2 D25 status", ACK "> H X\n< 8 X I/0 100 0 100 58=STATUS\n" },
	{ "4.2 D26 status through an order's life",
	    "> D X 100 s=3\n> H X s=3\n< 8 X I/A 100 0 100\nV ack\n"
	    "< 8 X 0/0 100 0 100\n> H X s=3\n< 8 X I/0 100 0 100\n"
	    "V fill 20\n< 8 X F/1 100 20 80 20\n> H X s=3\n"
	    "< 8 X I/1 100 20 80\nV fill 80\n< 8 X F/2 100 100 0 80\n"
	    "> H X s=3\n< 8 X I/2 100 100 0\n> G Y,X 120 s=3\n"
	    "< 8 Y,X E/E 100 100 0\nV replaced\n< 8 Y,X 5/1 120 100 20\n"
	    "> H X s=3\n< 8 Y,X I/1 120 100 20\n> H Y s=3\n"
	    "< 8 Y I/1 120 100 20\n" },
	{ "4.2 D27 the second day",
	    DAY2 "V fill 10\n< 8 X F/1 100 30 70 10 424=80 425=10\n" },
	{ "4.2 D28 a split of shares over night",
	    GTC "V fill 20 @50\n< 8 X F/1 100 20 80 20 6=50\nV done\n"
		"< 8 X 3/3 100 20 80\nV restated 200 why=0 cum=40\n"
		"< 8 X D/1 200 40 160 378=0 6=25 424=160 425=0\n"
		"V fill 50 @25\n< 8 X F/1 200 90 110 50 424=160 425=50\n"
		"V fill 110 @25\n< 8 X F/2 200 200 0 110 424=160 425=160\n" },
	{ "4.2 D29 canceled on the second day",
	    DAY2 "> F Y,X\n< 8 Y,X 6/6 100 20 80 424=80 425=0\nV canceled\n"
		 "< 8 Y,X 4/4 100 20 0 424=80 425=0\n" },
	{ "4.2 D29| the cancel is refused",
	    DAY2 "> F Y,X\n< 8 Y,X 6/6 100 20 80 424=80 425=0\n"
		 "V refused why=2\n< 9 Y,X 1 2/1\n" },
	{ "4.2 D30 replaced on the second day",
	    DAY2 "> G Y,X 150 tif=1\n< 8 Y,X E/E 100 20 80 424=80 425=0\n"
		 "V fill 10\n< 8 X F/E 100 30 70 10 424=80 425=10\n"
		 "V replaced\n< 8 Y,X 5/1 150 30 120 424=130 425=10\n" },
	{ "4.2 D30| the replace is refused",
	    DAY2 "> G Y,X 150 tif=1\n< 8 Y,X E/E 100 20 80 424=80 425=0\n"
		 "V refused why=2\n< 9 Y,X 1 2/2\n" },
	{ "4.2 D31 PossResend of a known and of a new order",
	    ACK "> D X 100 97\n< 8 X I/0 100 0 100\n> D Y 150 97\nV ack\n"
		"< 8 Y 0/0 150 0 150\n" },
	{ "4.2 D32 fill or kill",
	    "> D X 100 tif=4\nV ack\n< 8 X 0/0 100 0 100\nV killed\n"
	    "< 8 X 4/4 100 0 0\n" },
	{ "4.2 D33 immediate or cancel",
	    "> D X 100 tif=3\nV ack\n< 8 X 0/0 100 0 100\nV fill 10\n"
	    "< 8 X F/1 100 10 90 10\nV killed\n< 8 X 4/4 100 10 0\n" },
	{ "J1 4.2-D34 busts, corrects and a replace",
	    "> D X 100 s=3\nV ack\n< 8 X 0/0 100 0 100\n"
	    "V fill 10 @100 =C\n< 8 X F/1 100 10 90 10 6=100\n"
	    "V fill 90 @110 =D\n< 8 X F/2 100 100 0 90 6=109\n"
	    "V bust ref=C\n< 8 X H/1 100 90 10 6=110 19=C 31=0\n"
	    "V correct ref=D 90 @100 =E\n"
	    "< 8 X G/1 100 90 10 90 6=100 19=D\n"
	    "V fill 10 @120\n< 8 X F/2 100 100 0 10 6=102\n"
	    "V correct ref=E 90 @120 =H\n< 8 X G/2 100 100 0 90 6=120 19=E\n"
	    "> G Y,X 120 s=3\n< 8 Y,X E/E 100 100 0\nV replaced\n"
	    "< 8 Y,X 5/1 120 100 20\nV correct ref=H 95 @120\n"
	    "< 8 Y G/1 120 105 15 95 6=120 19=H\n" },
	{ "4.2 D35 bust and late fill after the cancel",
	    ACK "V fill 50 =B\n< 8 X F/1 100 50 50 50\n> F Y,X\n"
		"< 8 Y,X 6/6 100 50 50\nV canceled\n< 8 Y,X 4/4 100 50 0\n"
		"V bust ref=B\n< 8 Y H/4 100 0 0 19=B\nV fill 40\n"
		"< 8 Y F/4 100 40 0 40\n" },
	{ "4.2 D36 corrects of both days",
	    DAY2 "V fill 10 =E\n< 8 X F/1 100 30 70 10 424=80 425=10\n"
		 "V correct ref=B 15\n< 8 X G/1 100 25 75 15 19=B 424=85 "
		 "425=10\nV correct ref=E 5\n"
		 "< 8 X G/1 100 20 80 5 19=E 424=85 425=5\n" },
	{ "L1 4.2-D37 stopped: a guarantee, then a fill",
	    ACK "V stopped 10\n< 8 X 7/7 100 0 100 10 31=10\n"
		"V fill 10\n< 8 X F/7 100 10 90 10\n> H X\n"
		"< 8 X I/7 100 10 90\nV fill 90\n< 8 X F/2 100 100 0 90\n" },
	{ "L1 stopped, canceled",
	    ACK "V stopped 10\n< 8 X 7/7 100 0 100 10\n> F Y,X\n"
		"< 8 Y,X 6/6 100 0 100\nV refused why=2\n< 9 Y,X 7 2/1\n"
		"> F Z,X\n< 8 Z,X 6/6 100 0 100\nV canceled\n"
		"< 8 Z,X 4/4 100 0 0\n" },

	{ "B5 ack and cancel cross",
	    "> D X 100\nV ack\n< 8 X 0/0 100 0 100\n> F Y,X\n"
	    "< 8 Y,X 6/6 100 0 100\nV canceled\n< 8 Y,X 4/4 100 0 0\n" },
	{ "B1 a cancel is refused before it is pending",
	    ACK "> F X,X\n42|< 9 X,X 0 2/1\n4+|< 9 X,X 0 6/1\n> F Y,X\n"
		"< 8 Y,X 6/6 100 0 100\n" },
	{ "C1 a replace is refused before it is pending",
	    ACK "> G Y,X 2000\n42|< 9 Y,X 0 2/2\n4+|< 9 Y,X 0 99/2\n" },
	{ "C2 a replace is refused",
	    F10 "> G Y,X 120\n< 8 Y,X E/E 100 10 90\nV fill 1\n"
		"< 8 X F/E 100 11 89 1\nV refused why=2\n< 9 Y,X 1 2/2\n" },
	{ "C3 a filled order grows, where that is allowed",
	    "> D X 100 s=3\nV ack\n< 8 X 0/0 100 0 100\nV fill 100\n"
	    "< 8 X F/2 100 100 0 100\n> G Z,X 100 s=3\n< 9 Z,X 2 0/2\n"
	    "> G Y,X 120 s=3\n< 8 Y,X E/E 100 100 0\nV refused why=2\n"
	    "< 9 Y,X 2 2/2\n> G W,X 120 s=3\n< 8 W,X E/E 100 100 0\n"
	    "V replaced\n< 8 W,X 5/1 120 100 20\n> F V,W s=3\n"
	    "< 8 V,W 6/6 120 100 20\nV canceled\n< 8 V,W 4/4 120 100 0\n" },
	{ "D5 two at once are never pending together here",
	    F10 "> G Y,X 80\n< 8 Y,X E/E 100 10 90\n> G Z,Y 70\n> H X\n"
		"< 8 X I/E 100 10 90\nV replaced\n< 8 Y,X 5/1 80 10 70\n"
		"< 8 Z,Y E/E 80 10 70\nV replaced\n< 8 Z,Y 5/1 70 10 60\n" },
	{ "H2 a split of shares over night",
	    GTC "V fill 20 @50\n< 8 X F/1 100 20 80 20 6=50\nV done\n"
		"< 8 X 3/3 100 20 80\nV restated 200 why=0 cum=40\n"
		"< 8 X D/1 200 40 160 378=0 6=25 424=160 425=0\n"
		"V fill 50 @25\n< 8 X F/1 200 90 110 50 424=160 425=50\n" },
	{ "K1 canceled on a halt",
	    ACK "V killed why=6\n42|< 8 X 4/4 100 0 0 378=4\n"
		"4+|< 8 X 4/4 100 0 0 378=6\n" },
	{ "K1 reinstated after a halt: silence, then a fill",
	    ACK "V fill 10\n< 8 X F/1 100 10 90 10\n" },
	{ "L2 a cash quantity is refused where the venue takes none",
	    "> D X 152=5000 type=1\n42|< 8 X 8/8 - 0 0 103=0 58=CashOrderQty\n"
	    "4+|< 8 X 8/8 - 0 0 103=11 58=CashOrderQty\n" },
	{ "N3 executions in another order than their CumQty",
	    ACK "V fill 30 cum=50 =E2\n< 8 X F/1 100 30 70 30\n! CumQty\n"
		"V fill 20 cum=20 =E1\n< 8 X F/1 100 50 50 20\n! CumQty\n" },
	{ "N10 killed while a replace is pending",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\n> F Z,X\n"
		"V replaced\n42|< 8 Y,X 5/5 110 0 110\n"
		"4+|< 8 Y,X 5/0 110 0 110\n< 8 Z,Y 6/6 110 0 110\n"
		"V canceled\n< 8 Z,Y 4/4 110 0 0\n" },
};

int
main(void)
{
	return scenario_main("FIX 4.2 appendix D and later rows", scenarios,
	    sizeof(scenarios) / sizeof(scenarios[0]));
}
