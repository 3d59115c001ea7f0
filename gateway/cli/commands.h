/* Every command of fixgate; main.c has the table. argv[0] is the command's
 * name; each returns an enum cli_status. */
#ifndef FIXGATE_GATEWAY_CLI_COMMANDS_H
#define FIXGATE_GATEWAY_CLI_COMMANDS_H

int cmd_audit(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_conform(int argc, char **argv);
int cmd_control(int argc, char **argv);
int cmd_credential(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_dictionary(int argc, char **argv);
int cmd_drill(int argc, char **argv);
int cmd_dropcopy(int argc, char **argv);
int cmd_keys(int argc, char **argv);
int cmd_journal(int argc, char **argv);
int cmd_orders(int argc, char **argv);
int cmd_profiles(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_risk(int argc, char **argv);
/** Its word replay, which needs no running gateway. */
int cmd_risk_replay(int argc, char **argv);
int cmd_schedule(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_sessions(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_witness(int argc, char **argv);

#endif
