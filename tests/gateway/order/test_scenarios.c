/*
 * The order state scenarios (FIX volume 4 matrices and the gateway's own
 * races), each told in the three faces. Names begin with the scenario's id.
 */
#include "tests/gateway/order/scenario.h"

#define ACK "> D X 100\n= D 100\nV ack\n< 8 X 0/0 100 0 100\n"
#define F20 ACK "V fill 20\n< 8 X F/1 100 20 80 20\n"
#define F10 ACK "V fill 10\n< 8 X F/1 100 10 90 10\n"

static const struct scenario scenarios[] = {
	{ "A1 an order is acknowledged and filled in parts",
	    F20 "V fill 10\n< 8 X F/1 100 30 70 10\n"
		"V fill 70\n< 8 X F/2 100 100 0 70 6=10\n= -\n" },
	{ "A1 the venue refuses an order before its ack",
	    "> D X 100\nV reject why=3 text=NO\n"
	    "< 8 X 8/8 100 0 0 103=3 58=NO\n" },
	{ "A1 the venue refuses an order after its ack",
	    ACK "V reject why=0\n< 8 X 8/8 100 0 0 103=0\n" },
	{ "A2 done for day ends a day order",
	    F20 "V fill 10\n< 8 X F/1 100 30 70 10\n"
		"V done\n< 8 X 3/3 100 30 0\n" },
	{ "A3 a fill without an ack makes New first",
	    "> D X 100\nV fill 100\n< 8 X 0/0 100 0 100\n"
	    "< 8 X F/2 100 100 0 100\n" },
	{ "A4 pending new is an answer to a status request only",
	    "> D X 100\n> H X\n< 8 X I/A 100 0 100 17=0\n"
	    "V ack\n< 8 X 0/0 100 0 100\n" },

	{ "B1 a cancel is pending, then done",
	    ACK "> F Y,X\n= F\n< 8 Y,X 6/6 100 0 100\n"
		"V canceled\n< 8 Y,X 4/4 100 0 0\n" },
	{ "B1 a cancel is refused and the order goes on",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\n"
		"V refused why=2\n< 9 Y,X 0 2/1\n"
		"V fill 100\n< 8 X F/2 100 100 0 100\n" },
	{ "B2 fills cross a cancel and carry the order's id",
	    F20 "V fill 30\n< 8 X F/1 100 50 50 30\n"
		"> F Y,X\n< 8 Y,X 6/6 100 50 50\n"
		"V fill 10\n< 8 X F/6 100 60 40 10\n"
		"V canceled\n< 8 Y,X 4/4 100 60 0\n" },
	{ "B2 fills cross a cancel that is refused",
	    F20 "> F Y,X\n< 8 Y,X 6/6 100 20 80\n"
		"V fill 10\n< 8 X F/6 100 30 70 10\n"
		"V refused why=2\n< 9 Y,X 1 2/1\n" },
	{ "B3 filled while a cancel is pending shows 6 until the reject",
	    F20 "> F Y,X\n< 8 Y,X 6/6 100 20 80\n"
		"V fill 80\n< 8 X F/6 100 100 0 80\n"
		"V refused why=0\n< 9 Y,X 2 0/1\n" },
	{ "B3b a cancel of a filled order shows no pending",
	    ACK "V fill 100\n< 8 X F/2 100 100 0 100\n= -\n"
		"> F Y,X\n< 9 Y,X 2 0/1\n= -\n" },
	{ "B4 a cancel before the ack, the ack comes late",
	    "> D X 100\n> F Y,X\n= D\n= F\n< 8 Y,X 6/6 100 0 100\n"
	    "V ack\n< 8 X 0/6 100 0 100\n"
	    "V canceled\n< 8 Y,X 4/4 100 0 0\n" },
	{ "B4 a cancel before the ack, no ack at all",
	    "> D X 100\n> F Y,X\n< 8 Y,X 6/6 100 0 100\n"
	    "V canceled\n< 8 Y,X 4/4 100 0 0\n" },
	{ "B6 a cancel of an unknown order leaves its ids free",
	    "> F Y,X\n< 9 Y,X 8 1/1 37=NONE\n" ACK
	    "> F Y,X\n< 8 Y,X 6/6 100 0 100\n" },
	{ "B6 a replace of an unknown order likewise",
	    "> G Y,X 50\n< 9 Y,X 8 1/2 37=NONE\n> D Y 100\n= D\nV ack\n"
	    "< 8 Y 0/0 100 0 100\n" },
	{ "B7 a second cancel is refused, the first continues",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\n"
		"> F Z,X\n< 9 Z,X 6 3/1\n"
		"V canceled\n< 8 Y,X 4/4 100 0 0\n" },
	{ "B8 a cancel of a canceled order echoes the id that it named",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\n"
		"V canceled\n< 8 Y,X 4/4 100 0 0\n"
		"> F Z,X\n< 9 Z,X 4 0/1\n> F W,Y\n< 9 W,Y 4 0/1\n" },
	{ "B8 a cancel of a rejected order",
	    "> D X 100\nV reject why=0\n< 8 X 8/8 100 0 0\n"
	    "> F Y,X\n< 9 Y,X 8 0/1\n" },
	{ "B9 another session's order is unknown",
	    ACK "> F Y,X s=2\n< 9 Y,X 8 1/1 37=NONE\n= -\n" },
	{ "B10 a ClOrdID that was used is refused on F and G",
	    ACK "42|> F X,X\n42|< 9 X,X 0 2/1\n"
		"4+|> F X,X\n4+|< 9 X,X 0 6/1\n"
		"> G Y,X 2000\n42|< 9 Y,X 0 2/2\n4+|< 9 Y,X 0 99/2\n"
		"> F Y,X\n42|< 9 Y,X 0 2/1\n4+|< 9 Y,X 0 6/1\n= -\n" },

	{ "a refusal of the order answers a pending cancel",
	    "> D X 100\n> F Y,X\n< 8 Y,X 6/6 100 0 100\nV reject why=0\n"
	    "< 8 X 8/8 100 0 0\n< 9 Y,X 8 0/1\n" },
	{ "an expired order answers a pending cancel",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\nV expired\n"
		"< 8 X C/C 100 0 0\n< 9 Y,X C 0/1\nV refused why=0\n" },

	{ "C1 a replace to more",
	    ACK "> G Y,X 110\n= G 110\n< 8 Y,X E/E 100 0 100\n"
		"V replaced 110\n42|< 8 Y,X 5/5 110 0 110\n"
		"4+|< 8 Y,X 5/0 110 0 110\n"
		"V fill 10\n< 8 Y F/1 110 10 100 10\n" },
	{ "C1 a replace is refused",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\n"
		"V refused why=2\n< 9 Y,X 0 2/2\n"
		"V fill 10\n< 8 X F/1 100 10 90 10\n" },
	{ "C2 a fill crosses a replace",
	    F10 "> G Y,X 120\n< 8 Y,X E/E 100 10 90\n"
		"V fill 1\n< 8 X F/E 100 11 89 1\n"
		"V replaced 120\n< 8 Y,X 5/1 120 11 109\n"
		"V fill 109\n< 8 Y F/2 120 120 0 109\n" },
	{ "C3 a filled order is not opened again",
	    ACK "V fill 100\n< 8 X F/2 100 100 0 100\n"
		"> G Y,X 120\n< 9 Y,X 2 0/2\n" },
	{ "C3 unless the replace was out before",
	    ACK "> G Y,X 120\n< 8 Y,X E/E 100 0 100\n"
		"V fill 100\n< 8 X F/E 100 100 0 100\n"
		"V replaced\n< 8 Y,X 5/1 120 100 20\n"
		"V fill 20\n< 8 Y F/2 120 120 0 20\n" },
	{ "C4 a price change loses against the last fill",
	    F10 "> G Y,X 100 @11\n< 8 Y,X E/E 100 10 90\n"
		"V fill 90\n< 8 X F/E 100 100 0 90\n"
		"V refused why=0\n< 9 Y,X 2 0/2\n" },
	{ "C5 a replace to less crosses fills",
	    F10 "V fill 5\n< 8 X F/1 100 15 85 5\n"
		"> G Y,X 80\n< 8 Y,X E/E 100 15 85\n"
		"V fill 1\n< 8 X F/E 100 16 84 1\n"
		"V replaced 80\n< 8 Y,X 5/1 80 16 64\n"
		"V fill 64\n< 8 Y F/2 80 80 0 64\n" },
	{ "C6 a replace down to what is filled",
	    ACK "> G Y,X 70\n< 8 Y,X E/E 100 0 100\n"
		"V fill 70\n< 8 X F/E 100 70 30 70\n"
		"V replaced 70\n< 8 Y,X 5/2 70 70 0\n" },
	{ "C7 a replace below what is filled is amended to it",
	    ACK "> G Y,X 70\n< 8 Y,X E/E 100 0 100\n"
		"V fill 80\n< 8 X F/E 100 80 20 80\n"
		"V replaced 70\n< 8 Y,X 5/2 80 80 0\n" },
	{ "C7 or refused, if the venue says so",
	    ACK "> G Y,X 70\n< 8 Y,X E/E 100 0 100\n"
		"V fill 80\n< 8 X F/E 100 80 20 80\n"
		"V refused why=2\n< 9 Y,X 1 2/2\n"
		"V fill 20\n< 8 X F/2 100 100 0 20\n" },
	{ "C8 a replace with the same values is relayed",
	    ACK "> G Y,X 100\n= G 100\n< 8 Y,X E/E 100 0 100\n"
		"V replaced 100\n42|< 8 Y,X 5/5 100 0 100\n"
		"4+|< 8 Y,X 5/0 100 0 100\n" },
	{ "C9 a replace without quantity or of fixed fields is refused",
	    ACK "= -\n> G Y,X 0\n42|< 9 Y,X 0 2/2\n4+|< 9 Y,X 0 99/2\n"
		"> G Z,X 100 side=2\n< 9 Z,X 0 2/2\n"
		"> G V,X 100 sym=DEF\n< 9 V,X 0 2/2\n"
		"> G W,X 100 acc=ACC2\n< 9 W,X 0 2/2\n= -\n" },
	{ "C10 risk refuses a replace, the order keeps working",
	    ACK "= -\n> G Y,X 1001\n42|< 9 Y,X 0 2/2 58=QTY_MAX\n"
		"4+|< 9 Y,X 0 99/2 58=QTY_MAX\n= -\n"
		"V fill 100\n< 8 X F/2 100 100 0 100\n" },

	{ "D1 two replaces, fills carry the id in force",
	    F10 "> G Y,X 80\n< 8 Y,X E/E 100 10 90\n"
		"V fill 5\n< 8 X F/E 100 15 85 5\n"
		"V replaced 80\n< 8 Y,X 5/1 80 15 65\n"
		"V fill 20\n< 8 Y F/1 80 35 45 20\n"
		"> G Z,Y 60\n< 8 Z,Y E/E 80 35 45\n"
		"V fill 5\n< 8 Y F/E 80 40 40 5\n"
		"V replaced 60\n< 8 Z,Y 5/1 60 40 20\n"
		"V fill 20\n< 8 Z F/2 60 60 0 20\n" },
	{ "D2 after a refused replace the next names the last good id",
	    F10 "> G Y,X 2000\n42|< 9 Y,X 1 2/2\n4+|< 9 Y,X 1 99/2\n"
		"V fill 5\n< 8 X F/1 100 15 85 5\n"
		"> G Z,X 60\n< 8 Z,X E/E 100 15 85\n"
		"V replaced\n< 8 Z,X 5/1 60 15 45\n" },
	{ "D3 as D2, refused after the pending report",
	    F10 "> G Y,X 80\n< 8 Y,X E/E 100 10 90\n"
		"V fill 5\n< 8 X F/E 100 15 85 5\n"
		"V refused why=2\n< 9 Y,X 1 2/2\n"
		"> G Z,X 60\n< 8 Z,X E/E 100 15 85\n"
		"V replaced\n< 8 Z,X 5/1 60 15 45\n"
		"V fill 45\n< 8 Z F/2 60 60 0 45\n" },
	{ "D4 a second replace waits unreported for the first",
	    F10 "> G Y,X 80\n< 8 Y,X E/E 100 10 90\n> G Z,Y 70\n"
		"= G 80\n= -\n"
		"V replaced\n< 8 Y,X 5/1 80 10 70\n= G 70\n"
		"< 8 Z,Y E/E 80 10 70\n"
		"V replaced\n< 8 Z,Y 5/1 70 10 60\n"
		"V fill 60\n< 8 Z F/2 70 70 0 60\n" },
	{ "D6 both of two replaces are refused, fills go on",
	    F10 "> G Y,X 80\n< 8 Y,X E/E 100 10 90\n> G Z,Y 70\n"
		"V refused why=2\n< 9 Y,X 1 2/2\n"
		"< 8 Z,X E/E 100 10 90\n"
		"V refused why=2\n42|< 9 Z,Y 1 2/2\n4+|< 9 Z,X 1 2/2\n"
		"V fill 90\n< 8 X F/2 100 100 0 90\n" },
	{ "D7 a ninth request behind a pending one is refused",
	    ACK "> G A,X 101\n< 8 A,X E/E 100 0 100\n"
		"> G B,A 102\n> G C,B 103\n> G D,C 104\n> G E,D 105\n"
		"> G F,E 106\n> G G,F 107\n> G H,G 108\n> G I,H 109\n"
		"> G J,I 110\n42|< 9 J,I E 3/2\n4+|< 9 J,X E 3/2\n" },
	{ "D8 a cancel behind a pending replace goes out after it",
	    ACK "> G Y,X 110\n= G\n< 8 Y,X E/E 100 0 100\n> F Z,X\n= -\n"
		"V replaced\n42|< 8 Y,X 5/5 110 0 110\n"
		"4+|< 8 Y,X 5/0 110 0 110\n= F\n"
		"< 8 Z,Y 6/6 110 0 110\n"
		"V canceled\n< 8 Z,Y 4/4 110 0 0\n" },
	{ "D8 also when the replace is refused",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\n> F Z,Y\n"
		"V refused why=2\n< 9 Y,X 0 2/2\n< 8 Z,X 6/6 100 0 100\n"
		"V canceled\n< 8 Z,X 4/4 100 0 0\n" },
	{ "D8 a replace behind a cancel that is done is too late",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\n> G Z,X 110\n"
		"V canceled\n< 8 Y,X 4/4 100 0 0\n< 9 Z,X 4 0/2\n" },
	{ "D9 rebase: a request that names a refused one is worked",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\n> G Z,Y 90\n"
		"V refused why=2\n< 9 Y,X 0 2/2\n< 8 Z,X E/E 100 0 100\n"
		"V replaced\n42|< 8 Z,X 5/5 90 0 90\n"
		"4+|< 8 Z,X 5/0 90 0 90\n" },
	{ "D9 strict: it is refused",
	    "> D X 100 s=3\nV ack\n< 8 X 0/0 100 0 100\n"
	    "> G Y,X 110 s=3\n< 8 Y,X E/E 100 0 100\n> G Z,Y 90 s=3\n"
	    "V refused why=2\n< 9 Y,X 0 2/2\n"
	    "42|< 9 Z,Y 0 2/2 58=CHAIN\n4+|< 9 Z,X 0 99/2 58=CHAIN\n"
	    "> G W,X 90 s=3\n< 8 W,X E/E 100 0 100\n" },

	{ "E2 the venue cancels by itself",
	    F10 "V killed why=2\n< 8 X 4/4 100 10 0 378=2\n" },
	{ "E3 the venue changes the quantity",
	    ACK "V restated 110 why=2\n< 8 X D/0 110 0 110 378=2\n"
		"V fill 10\n< 8 X F/1 110 10 100 10\n"
		"V restated 120 why=2\n< 8 X D/1 120 10 110 378=2\n" },
	{ "E4 a partial decline",
	    ACK "V restated 90 why=5\n< 8 X D/0 90 0 90 378=5\n"
		"V fill 90\n< 8 X F/2 90 90 0 90\n" },
	{ "E5 canceled because not best",
	    ACK "V killed why=9\n42|< 8 X 4/4 100 0 0 378=4\n"
		"4+|< 8 X 4/4 100 0 0 378=9\n" },
	{ "E6 triggered is told where a version has it",
	    "> D X 100 type=3 stop=10\nV ack\n< 8 X 0/0 100 0 100\n"
	    "V triggered\n50|< 8 X L/0 100 0 100\n" },
	{ "E7 an unsolicited cancel answers a pending one",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\n"
		"V killed why=2\n< 8 Y,X 4/4 100 0 0\n"
		"V refused why=0\n" },
	{ "E7 and makes a pending replace too late",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\n> F Z,Y\n"
		"V killed why=2\n< 8 X 4/4 100 0 0\n< 9 Y,X 4 0/2\n"
		"42|< 9 Z,Y 4 0/1\n4+|< 9 Z,X 4 0/1\nV refused why=0\n" },
	{ "E8 a cancel of a filled order is ignored",
	    ACK "V fill 100\n< 8 X F/2 100 100 0 100\nV killed\n"
		"! is filled, but its venue says\n"
		"> H X\n< 8 X I/2 100 100 0\n" },

	{ "F1 a second D with the same id tells the first's state",
	    F10 "= -\n> D X 150\n< 8 X 8/1 100 10 90 103=6\n= -\n" },
	{ "F1 also when the first has ended",
	    F10 "V killed\n< 8 X 4/4 100 10 0\n"
		"> D X 150\n< 8 X 8/4 100 10 0 103=6\n" },
	{ "F1 also after a restart",
	    ACK "R\n> D X 150\n< 8 X 8/0 100 0 100 103=6\n" },
	{ "F2 PossResend of a known id gives its state",
	    ACK "> D X 100 97\n< 8 X I/0 100 0 100 17=0\n"
		"> D Y 150 97\n= D 150\nV ack\n< 8 Y 0/0 150 0 150\n" },
	{ "F2 PossResend of F and G repeats the last answer",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\n"
		"> F Y,X 97\n< 8 Y,X I/6 100 0 100\n"
		"V refused why=2\n< 9 Y,X 0 2/1\n"
		"> F Y,X 97\n< 9 Y,X 0 2/1\n" },
	{ "F2 PossDup of a known id is dropped",
	    ACK "= -\n> D X 100 43\n> F Y,X\n< 8 Y,X 6/6 100 0 100\n= F\n"
		"> F Y,X 43\n= -\n> D Z 100 43\n= D\nV ack\n"
		"< 8 Z 0/0 100 0 100\n" },
	{ "F4 an id that risk refused is used up",
	    "> D X 2000\n50|< 8 X 8/8 2000 0 0 103=26 58=QTY_MAX\n"
	    "42|< 8 X 8/8 2000 0 0 103=3 58=QTY_MAX\n"
	    "44|< 8 X 8/8 2000 0 0 103=3 58=QTY_MAX\n"
	    "> D X 100\n< 8 X 8/8 2000 0 0 103=6\n= -\n" },

	{ "G1 status of an unknown order",
	    "> H Y side=2 sym=DEF 790=Q1\n42|< 8 Y I/8 0 0 0 103=5 37=NONE\n"
	    "4+|< 8 Y I/8 0 0 0 103=5 37=NONE 790=Q1 54=2 55=DEF 17=0\n" },
	{ "G2 status follows the chain",
	    ACK "> H X\n< 8 X I/0 100 0 100\n"
		"V fill 20\n< 8 X F/1 100 20 80 20\n"
		"> H X\n< 8 X I/1 100 20 80\n"
		"> G Y,X 120\n< 8 Y,X E/E 100 20 80\n"
		"> H X\n< 8 X I/E 100 20 80\n> H Y\n< 8 Y,X I/E 100 20 80\n"
		"V replaced\n< 8 Y,X 5/1 120 20 100\n"
		"> H X\n< 8 Y,X I/1 120 20 100\n> H Y\n< 8 Y I/1 120 20 100\n"
		"> H Y 37=OK\n< 8 Y I/1 120 20 100 37=OK\n"
		"> H Y 37=NO\n< 8 Y I/8 0 0 0 37=NONE\n"
		"50|> H - 37=OK\n50|< 8 Y I/1 120 20 100 37=OK\n" },
	{ "G3 status echoes its id and changes nothing",
	    ACK "= -\n42|> H X 790=Q\n42|< 8 X I/0 100 0 100 17=0\n"
		"4+|> H X 790=Q\n4+|< 8 X I/0 100 0 100 17=0 790=Q\n= -\n" },
	{ "G2 a replaced order of which nothing is filled shows 5 in 4.2",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\nV replaced\n"
		"42|< 8 Y,X 5/5 110 0 110\n4+|< 8 Y,X 5/0 110 0 110\n"
		"> H Y\n42|< 8 Y I/5 110 0 110\n4+|< 8 Y I/0 110 0 110\n"
		"> G Z,Y 0\n42|< 9 Z,Y 5 2/2\n4+|< 9 Z,Y 0 99/2\n" },

	{ "I1 an unfilled FOK is canceled",
	    "> D X 100 tif=4\nV ack\n< 8 X 0/0 100 0 100\n"
	    "V killed\n< 8 X 4/4 100 0 0\n" },
	{ "I2 the rest of an IOC is canceled",
	    "> D X 100 tif=3\nV ack\n< 8 X 0/0 100 0 100\n"
	    "V fill 10\n< 8 X F/1 100 10 90 10\n"
	    "V killed\n< 8 X 4/4 100 10 0\n" },
	{ "I3 a day order expires",
	    ACK "V expired\n< 8 X C/C 100 0 0\n> F Y,X\n< 9 Y,X C 0/1\n" },

	{ "N1 a fill before the ack; the ack is swallowed",
	    "> D X 100\nV fill 40\n< 8 X 0/0 100 0 100\n"
	    "< 8 X F/1 100 40 60 40\nV ack\n" },
	{ "N2 an execution told twice counts once",
	    ACK "V fill 40 =E1\n< 8 X F/1 100 40 60 40\nV fill 40 =E1\n"
		"V fill 41 =E1\n! other values\n> H X\n< 8 X I/1 100 40 60\n" },
	{ "N3 a CumQty of the venue that is not ours is an alert",
	    ACK "V fill 20 cum=30\n< 8 X F/1 100 20 80 20\n! CumQty\n"
		"V fill 10 cum=30\n< 8 X F/1 100 30 70 10\n" },
	{ "N4 a fill of an unknown order goes to suspense",
	    "V fill 40 id=NOBODY =E1\n! in suspense\nV fill 40 id=NOBODY =E1\n"
	    "V bust ref=E1\n! in suspense\n" },
	{ "a late fill of an order that ended before its ack",
	    "> D X 100\n> F Y,X\n< 8 Y,X 6/6 100 0 100\nV canceled\n"
	    "< 8 Y,X 4/4 100 0 0\nV fill 10\n42|< 8 Y F/4 100 10 0 10\n"
	    "4+|< 8 X F/4 100 10 0 10\n" },
	{ "a resting GT order that is filled is filled",
	    "> D X 100 tif=1\nV ack\n< 8 X 0/0 100 0 100\nV done\n"
	    "< 8 X 3/3 100 0 100\nV fill 40\n< 8 X F/3 100 40 60 40\n"
	    "V fill 60 =E\n< 8 X F/2 100 100 0 60\n"
	    "V bust ref=E\n< 8 X H/1 100 40 60 19=E\n" },
	{ "a resting GT order that is replaced is at work again",
	    "> D X 100 tif=1\nV ack\n< 8 X 0/0 100 0 100\nV done\n"
	    "< 8 X 3/3 100 0 100\n> G Y,X 90 tif=1\n"
	    "< 8 Y,X E/E 100 0 100\nV replaced\n"
	    "42|< 8 Y,X 5/5 90 0 90\n4+|< 8 Y,X 5/0 90 0 90\n" },
	{ "N5 an overfill is taken",
	    ACK "V fill 110\n< 8 X F/2 100 110 0 110\n! overfilled\n" },
	{ "N6 no ack in time: the venue is asked, the client sees no change",
	    "> D X 100\n= D\nT 4\n= -\nT 2\n= H\n> H X\n< 8 X I/A 100 0 100\n"
	    "V status 39=0 cum=0\n< 8 X 0/0 100 0 100\n" },
	{ "N6 the venue never got it: rejected",
	    "> D X 100\n= D\nT 6\n= H\nV unknown\n"
	    "42|< 8 X 8/8 100 0 0 103=0 58=know\n"
	    "4+|< 8 X 8/8 100 0 0 103=99 58=know\n" },
	{ "N7 an ack of an order that we rejected is canceled",
	    "> D X 100\n= D\nV reject why=0\n< 8 X 8/8 100 0 0\n"
	    "V ack\n! lives at its venue\n= F\nV canceled\n"
	    "< 8 X 4/4 100 0 0\n" },
	{ "N7 a fill of an order that we rejected counts",
	    "> D X 100\n= D\nV reject why=0\n< 8 X 8/8 100 0 0\n"
	    "V fill 30\n! lives at its venue\n< 8 X F/1 100 30 70 30\n= F\n"
	    "V canceled\n< 8 X 4/4 100 30 0\n" },
	{ "N8 the venue goes and comes back: asked, not canceled",
	    F20 "= -\nV down\n> H X\n< 8 X I/1 100 20 80\n= -\nV up\n= H\n"
		"V status 39=1 cum=20\nV fill 80\n< 8 X F/2 100 100 0 80\n" },
	{ "N8 canceled at the venue while we were away",
	    F20 "V down\nV up\nV status 39=4 cum=20\n< 8 X 4/4 100 20 0\n" },
	{ "N8 unknown at the venue after it was acknowledged",
	    F20 "V down\nV up\nV unknown\n< 8 X 4/4 100 20 0 58=know\n" },
	{ "N8 executions that are missing keep the order in doubt",
	    F20 "= -\nV down\nV up\n= H\nV status 39=2 cum=100\n"
		"! executions are missing\nT 6\n= H\n"
		"V fill 80\n< 8 X F/2 100 100 0 80\n"
		"V status 39=2 cum=100\n" },
	{ "N8 a cancel while the venue is away goes out first",
	    ACK "= -\nV down\n> F Y,X\n< 8 Y,X 6/6 100 0 100\n= -\nV up\n"
		"= F\n= H\nV canceled\n< 8 Y,X 4/4 100 0 0\n" },
	{ "N8 a replace or a new order while the venue is away is refused",
	    ACK "V down\n> G Y,X 110\n42|< 9 Y,X 0 2/2 58=connected\n"
		"4+|< 9 Y,X 0 99/2 58=connected\n"
		"> D Z 100\n42|< 8 Z 8/8 100 0 0 103=0 58=connected\n"
		"4+|< 8 Z 8/8 100 0 0 103=99 58=connected\n" },
	{ "N8 a replace that got lost is refused, not sent again",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\nV down\nV up\n"
		"V status 39=0 cum=0 100 @10\n42|< 9 Y,X 0 2/2\n"
		"4+|< 9 Y,X 0 99/2\n" },
	{ "N8 a replace that was done while we were away",
	    ACK "> G Y,X 110\n< 8 Y,X E/E 100 0 100\nV down\nV up\n"
		"V status 39=0 cum=0 110 @10\n42|< 8 Y,X 5/5 110 0 110\n"
		"4+|< 8 Y,X 5/0 110 0 110\n" },
	{ "N8 a cancel that got lost is sent again",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\n= F\nV down\nV up\n= H\n"
		"V status 39=0 cum=0\n= F\nV canceled\n< 8 Y,X 4/4 100 0 0\n" },
	{ "N11 a cancel refused as unknown: asked, order lives",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\n= F\nV refused why=1\n= H\n"
		"V status 39=0 cum=0\n42|< 9 Y,X 0 2/1\n4+|< 9 Y,X 0 99/1\n" },
	{ "N11 a cancel refused as unknown: asked, order is gone",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\nV refused why=1\n"
		"V unknown\n< 8 Y,X 4/4 100 0 0\n" },
	{ "N11 a venue that disowns an order unasked is asked",
	    ACK "= -\nV unknown\n= H\nV status 39=0 cum=0\n"
		"V unknown\n= H\nV unknown\n< 8 X 4/4 100 0 0\n" },
	{ "N12 filled, says the venue, but quantities win",
	    F20 "V down\nV up\nV status 39=2 cum=20\n! not by its executions\n"
		"> H X\n< 8 X I/1 100 20 80\n" },
	{ "N13 a restart in the middle changes nothing for the client",
	    F20 "> G Y,X 120\n< 8 Y,X E/E 100 20 80\n> G Z,Y 130\n> F W,Z\nR\n"
		"> H X\n< 8 X I/E 100 20 80\nV up\n"
		"V status 39=1 cum=20 120 @10\n< 8 Y,X 5/1 120 20 100\n"
		"< 8 Z,Y E/E 120 20 100\nV replaced\n< 8 Z,Y 5/1 130 20 110\n"
		"< 8 W,Z 6/6 130 20 110\nV canceled\n"
		"< 8 W,Z 4/4 130 20 0\n> D X 100\n"
		"42|< 8 X 8/4 130 20 0 103=6\n4+|< 8 X 8/4 130 20 0 103=6\n" },
	{ "N13 a restart before the order reached the venue",
	    "> D X 100\nR\nV up\nV unknown\n< 8 X 8/8 100 0 0\n" },
	{ "N13 a restart after it reached the venue",
	    "> D X 100\nR\nV up\nV status 39=0 cum=0\n< 8 X 0/0 100 0 100\n" },
	{ "N13 a fill told again after a restart counts once",
	    ACK "V fill 20 =E1\n< 8 X F/1 100 20 80 20\nR\nV up\n"
		"V fill 20 =E1\nV fill 30 =E2\n< 8 X F/1 100 50 50 30\n"
		"V bust ref=E1\n< 8 X H/1 100 30 70 19=E1\n" },

	{ "orders are refused for what they lack or ask too much of",
	    "> D A 0\n42|< 8 A 8/8 0 0 0 103=0\n4+|< 8 A 8/8 0 0 0 103=13\n"
	    "> D B 100 sym=NONE\n< 8 B 8/8 100 0 0 103=1 58=SYMBOL\n"
	    "> D C 100 acc=NONE\n42|< 8 C 8/8 100 0 0 103=0 58=ACCOUNT\n"
	    "4+|< 8 C 8/8 100 0 0 103=15 58=ACCOUNT\n"
	    "> D D 100 inst=G\n42|< 8 D 8/8 100 0 0 103=0 58=ExecInst\n"
	    "4+|< 8 D 8/8 100 0 0 103=11 58=ExecInst\n"
	    "> D E 100 110=50\n42|< 8 E 8/8 100 0 0 103=0 58=MinQty\n"
	    "4+|< 8 E 8/8 100 0 0 103=11 58=MinQty\n"
	    "> D F 100 type=3\n42|< 8 F 8/8 100 0 0 103=0 58=StopPx\n"
	    "4+|< 8 F 8/8 100 0 0 103=99 58=StopPx\n"
	    "> D G 100 tif=6\n42|< 8 G 8/8 100 0 0 103=4 58=ExpireTime\n"
	    "4+|< 8 G 8/8 100 0 0 103=4 58=ExpireTime\n"
	    "> D H 100 type=1\nV ack\n< 8 H 0/0 100 0 100\n" },
	{ "what can't be carried to a venue refuses the order",
	    "> D A 100 111=50\n42|< 8 A 8/8 100 0 0 103=0 58=MaxFloor\n"
	    "4+|< 8 A 8/8 100 0 0 103=11 58=MaxFloor\n"
	    "> D B 152=5000\n42|< 8 B 8/8 - 0 0 103=0 58=CashOrderQty\n"
	    "4+|< 8 B 8/8 - 0 0 103=11 58=CashOrderQty\n"
	    "> D C 100 type=9\n42|< 8 C 8/8 100 0 0 103=0 58=OrdType\n"
	    "4+|< 8 C 8/8 100 0 0 103=11 58=OrdType\n"
	    "> D D 100 tif=7\n42|< 8 D 8/8 100 0 0 103=0 58=TimeInForce\n"
	    "4+|< 8 D 8/8 100 0 0 103=11 58=TimeInForce\n"
	    "> D E -5\n42|< 8 E 8/8 0 0 0 103=0 58=OrderQty\n"
	    "4+|< 8 E 8/8 0 0 0 103=13 58=OrderQty\n"
	    "> D F 100 inst=1\nV ack\n< 8 F 0/0 100 0 100\n" },
	{ "an ExpireDate ends with its day in UTC",
	    /* it is 2027-01-15 */
	    "> D A 100 tif=6 432=20270114\n< 8 A 8/8 100 0 0 103=4 58=EXP\n"
	    "> D B 100 tif=6 432=20270115\nV ack\n< 8 B 0/0 100 0 100\n"
	    "> D C 100 tif=6 432=20271332\n< 8 C 8/8 100 0 0 103=4\n" },
	{ "an execution without ExecID is taken, with an alert",
	    ACK "V fill 10 =\n! without ExecID\n< 8 X F/1 100 10 90 10\n" },
	{ "a bust and a correct need no ExecID of their own",
	    ACK "V fill 10 @10 =A\n< 8 X F/1 100 10 90 10\n"
		"V correct ref=A 20 @11 =\n< 8 X G/1 100 20 80 20 6=11\n"
		"V bust ref=A =\n< 8 X H/0 100 0 100\n"
		"V bust ref=A =\n! busted before\n" },
	{ "a correct that is told twice counts once",
	    ACK "V fill 10 =A\n< 8 X F/1 100 10 90 10\n"
		"V correct ref=A 20 =B\n< 8 X G/1 100 20 80 20 19=A\n"
		"V correct ref=A 20 =B\n"
		"V correct ref=A 30 =C\n< 8 X G/1 100 30 70 30 19=B\n" },
	{ "a correct to an impossible quantity is an alert",
	    ACK "V fill 10 =A\n< 8 X F/1 100 10 90 10\n"
		"V correct ref=A 0 =B\n! impossible\n" },
	{ "a venue may give an order another id",
	    "> D X 100\nV ack vid=V1\n< 8 X 0/0 100 0 100\n"
	    "V fill 10 vid=V2\n< 8 X F/1 100 10 90 10\n"
	    "V fill 10 id= vid=V2\n< 8 X F/1 100 20 80 10\n"
	    "V fill 10 id= vid=V1\n! in suspense\n"
	    "V fill 10 vid=0123456789012345678901234567890123456789\n"
	    "! too long\n< 8 X F/1 100 30 70 10\n" },
	{ "status by the id of the cancel after it",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\nV canceled\n"
		"< 8 Y,X 4/4 100 0 0\n> H Y\n< 8 Y I/4 100 0 0\n"
		"> H X\n42|< 8 Y,X I/4 100 0 0\n4+|< 8 X I/4 100 0 0\n" },
	{ "without OrigClOrdID the OrderID names the order",
	    ACK "50|> F Y 37=OK\n50|< 8 Y,X 6/6 100 0 100\n"
		"50|> F Z 37=OK\n50|< 9 Z,X 6 3/1\n"
		"50|> F W 37=OK s=2\n50|< 9 W 8 1/1 37=NONE\n"
		"50|> H - 37=OK s=2\n50|< 8 - I/8 0 0 0 37=NONE\n" },
	{ "a stop price in force is the venue's",
	    "> D X 100 type=4 stop=9\nV ack\n< 8 X 0/0 100 0 100\n"
	    "> G Y,X 90 type=4 stop=8 @11\n< 8 Y,X E/E 100 0 100 44=10\n"
	    "V replaced @12\n42|< 8 Y,X 5/5 90 0 90 44=12\n"
	    "4+|< 8 Y,X 5/0 90 0 90 44=12\n" },
	{ "filled after a replace that was done while we were away",
	    ACK "> G Y,X 60\n< 8 Y,X E/E 100 0 100\nV fill 60\n"
		"< 8 X F/E 100 60 40 60\nV down\nV up\n"
		"V status 39=2 cum=60 60 @10\n< 8 Y,X 5/2 60 60 0\n" },
	{ "a venue that knows fewer executions is an alert",
	    F20 "V down\nV up\nV status 39=1 cum=10\n! fewer executions\n" },
	{ "filled with a cancel out when the connection broke",
	    ACK "> F Y,X\n< 8 Y,X 6/6 100 0 100\nV fill 100\n"
		"< 8 X F/6 100 100 0 100\nV down\nV up\nV unknown\n"
		"< 9 Y,X 2 0/1\n" },
	{ "an OrderID that is not the order's makes it unknown",
	    ACK "= -\n> F Y,X 37=NO\n< 9 Y,X 8 1/1 37=NONE\n"
		"> F Y,X 37=OK\n< 8 Y,X 6/6 100 0 100 37=OK\n= F\n"
		"V canceled\n< 8 Y,X 4/4 100 0 0\n" },
	{ "a venue's id leads to the order too",
	    "> D X 100\nV ack vid=V77\n< 8 X 0/0 100 0 100\n"
	    "V fill 10 id= vid=V77\n< 8 X F/1 100 10 90 10\n" },
	{ "what a venue says is made printable",
	    "> D X 100\nV reject why=3 text=NO\001\377\n"
	    "< 8 X 8/8 100 0 0 58=NO??\n" },
};

int
main(void)
{
	return scenario_main("order state scenarios", scenarios,
	    sizeof(scenarios) / sizeof(scenarios[0]));
}
