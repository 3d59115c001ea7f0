# Conformance cases as a C table: names and texts, for those who have not
# installed anything.
function base(path) {
	sub(/.*\//, "", path)
	return path
}
BEGIN {
	print "/* Made by builtin.awk from tests/conformance/cases. */"
	print "#include \"gateway/cli/conform/builtin.h\"\n"
	print "const struct cc_file cc_builtin[] = {"
}
FNR == 1 {
	if (NR > 1)
		print "\t},"
	printf "\t{ \"%s\",\n", base(FILENAME)
}
{
	gsub(/\\/, "&&") # a replacement of backslashes differs from awk to awk
	gsub(/"/, "\\\"")
	printf "\t    \"%s\\n\"\n", $0
}
END {
	if (NR > 0)
		print "\t},"
	print "\t{ 0, 0 },\n};"
}
